import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { alsoTaken, corpus, exempt, factRows, missingFrom, root, supported } from './corpus-facts.ts'
import { handle } from './bench.ts'

const isHere = existsSync(root)
const messages = corpus()
const facts = new Map(factRows().map((row) => [row.file, row.facts]))

const ours = { unknownDepartment: 'keep' }

const suite = isHere ? describe : describe.skip

suite('published HL7 v2 messages (skipped: ../shared absent)', () => {
  const withFacts = messages.filter(({ name, type }) => supported.includes(type) && facts.has(name))

  test.each(withFacts.map((message) => [message.name, message] as const))('%s lands with every fact it holds', async (name, { bytes }) => {
    const { taken, ack } = await handle(bytes, ours)
    expect(ack).toContain('MSA|AA')
    const gaps = taken.flatMap((parcel) => parcel.gaps.map(({ element }) => element))
    const missing = missingFrom(taken, facts.get(name) ?? [])
    const unexplained = missing.filter(
      (fact) => !exempt.some(({ is, gap }) => is(fact) && (gap === undefined || gaps.some((element) => gap.test(element)))),
    )
    expect(unexplained).toEqual([])
  })

  test('thirteen of them have facts, so that an empty corpus proves nothing', () => {
    expect(withFacts.length).toBe(13)
  })

  test('what is not taken is refused with AR or AE, and a fault in the content names segment and field', async () => {
    for (const { name, type, bytes } of messages) {
      const { ack, taken } = await handle(bytes, ours)
      const [, code = '', place = '', condition = ''] = /\rMSA\|(A[AER])(?:\|[^\r]*)?(?:\rERR\|\|([^|]*)\|(\d+))?/.exec(ack) ?? []
      expect([name, code === 'AA']).toEqual([name, taken.length === 1])
      if (code === 'AA') expect([name, supported.includes(type) || alsoTaken.includes(type)]).toEqual([name, true])
      else expect([name, /^[A-Z][A-Z0-9]{2}\^\d+\^\d+$/.test(place) || condition === '100']).toEqual([name, true])
      if (!supported.includes(type) && code !== 'AA' && condition === '200') expect([name, code]).toEqual([name, 'AR'])
    }
  })

  test('the table in docs/hl7v2.md is what happens', async () => {
    const table = await tableOf()
    const docs = readFileSync(new URL('../../../docs/hl7v2.md', import.meta.url), 'utf8')
    expect(table.filter((line) => !docs.includes(line))).toEqual([])
  })
})

/** Counts, as the rows docs/hl7v2.md prints. */
async function tableOf(): Promise<readonly string[]> {
  const counts = new Map<string, number>()
  const add = (row: string, by = 1): void => void counts.set(row, (counts.get(row) ?? 0) + by)
  for (const { name, type, bytes } of messages) {
    const { ack, taken } = await handle(bytes, ours)
    const isSupported = supported.includes(type)
    add('messages')
    add(isSupported ? 'of a supported type' : 'of another type')
    if (taken.length === 1) add(`landed: ${type}`)
    else add(`refused${isSupported ? ` although ${type}` : ''}: ${reasonOf(ack)}`)
    if (isSupported && taken.length === 1 && facts.has(name)) {
      const all = facts.get(name) ?? []
      add('facts compared', all.length)
      for (const fact of missingFrom(taken, all)) add(`facts exempt: ${exempt.find(({ is }) => is(fact))?.field ?? 'none'}`)
    }
  }
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([row, count]) => `| ${row} | ${count} |`)
}

function reasonOf(ack: string): string {
  const [, place = '', , reason = ''] = /\rERR\|\|([^|]*)\|(\d+)[^|]*\|E\|\|\|\|([^|\r]*)/.exec(ack) ?? []
  const [segment, , field] = place.split('^')
  const where = segment === undefined || segment === '' ? '' : `${segment}-${field ?? ''} `
  return `${where}${reason.replace(/line \d+/, 'a line')}`
}
