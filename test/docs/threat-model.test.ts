/** The threat model says what is so: every attack once, in few words, each with a test that exists or the issue that will bring one. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'

const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('docs/threat-model.md', root), 'utf8')
const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
const rows = text
  .split('\n')
  .filter((line) => /^\| A\d\d \|/.test(line))
  .map(cellsOf)
const links = [...text.matchAll(/`(test\/[^`]+\.ts)` › ([^;|\n]+)/g)].map(([, file = '', title = '']) => ({ file, title: title.trim() }))

/** As it stands in the source, in any of the three quotes; `%s` and `$name` of a table are written as they are there. */
function hasTitle(file: string, title: string): boolean {
  const at = new URL(file, root)
  if (!existsSync(at)) return false
  const source = readFileSync(at, 'utf8').replaceAll("\\'", "'")
  return /^A\d\d$/.test(title) ? source.includes(`'${title}'`) || source.includes(`'${title}: `) : source.includes(title)
}

describe('the threat model', () => {
  test('names all 68 attacks, each once and in order', () => {
    expect(rows.map(([id]) => id)).toEqual(Array.from({ length: 68 }, (_, at) => `A${String(at + 1).padStart(2, '0')}`))
  })

  test.each(rows)(
    '%s is short, has a defence, and is shown by a test or left to an issue',
    (_id, attack = '', defence = '', shown = '') => {
      expect(attack.split(/\s+/).length).toBeLessThanOrEqual(15)
      expect(defence).not.toBe('')
      expect(shown).toMatch(/`test\/|issue (A2|B|C|D)/)
      const open = /issue (A2|B|C|D)/.exec(defence)?.[0]
      if (open !== undefined) expect(shown).toContain(open)
    },
  )

  test.each(links)('$file holds "$title"', ({ file, title }) => {
    expect({ file, title, isThere: hasTitle(file, title) }).toEqual({ file, title, isThere: true })
  })

  test('says everywhere it names a test which title it means', () => {
    const named = rows.flatMap(([, , , shown = '']) => [...shown.matchAll(/`test\/[^`]+`/g)])
    const titled = rows.flatMap(([, , , shown = '']) => [...shown.matchAll(/`test\/[^`]+` › \S/g)])
    expect(titled.length).toBe(named.length)
  })

  test('every attack that is a table row of the attack tests is one of the 68', () => {
    const source = readFileSync(new URL('test/gateway/attacks.test.ts', root), 'utf8')
    const ids = new Set([...source.matchAll(/'(A\d\d)[':]/g)].map(([, id = '']) => id))
    const claimed = new Set(links.filter(({ file }) => file.endsWith('/attacks.test.ts')).map(({ title }) => title))
    expect(ids).toEqual(claimed)
  })
})
