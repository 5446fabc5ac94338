import { describe, expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { describeShared } from '../../fhir-profiles/shared.ts'
import { handle, resources } from './bench.ts'

const root = fileURLToPath(new URL('../../../../shared/cases/hl7v2', import.meta.url))

interface Published {
  readonly name: string
  readonly bytes: Buffer
}

function fromLines(file: string, key: 'message' | 'text'): readonly Published[] {
  const path = join(root, file)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      // The shape is the README's beside the cases.
      const row = JSON.parse(line) as { readonly id: string } & Partial<Record<'message' | 'text', string>>
      return row[key] === undefined ? [] : [{ name: row.id, bytes: Buffer.from(row[key], 'utf8') }]
    })
}

function fromFolder(folder: string): readonly Published[] {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  const names = readdirSync(path).filter((name) => /\.(hl7|txt|xml)$/.test(name))
  return names.map((name) => ({ name: `${folder}/${name}`, bytes: readFileSync(join(path, name)) }))
}

const sets = {
  hapi: [...fromLines('hapi/messages.jsonl', 'message'), ...fromFolder('hapi/files')],
  'python-hl7': fromLines('python-hl7/cases.jsonl', 'text'),
  'lfh-converter': [...fromLines('lfh-converter/messages.jsonl', 'message'), ...fromFolder('lfh-converter/files')],
  'ms-converter': fromFolder('ms-converter'),
}

describeShared('every published message is taken as valid R4 or refused with a reason', () => {
  describe.each(Object.entries(sets))('%s', (_, messages) => {
    test('and none of them crashes, hangs, or is half taken', async () => {
      for (const { name, bytes } of messages) {
        const startedMs = performance.now()
        const { ack, taken, events } = await handle(bytes, { unknownDepartment: 'keep' })
        expect([name, performance.now() - startedMs < 5_000]).toEqual([name, true])
        const code = /\rMSA\|(AA|AE|AR)/.exec(ack)?.[1]
        expect([name, code === 'AA', taken.length]).toEqual([name, taken.length === 1, code === 'AA' ? 1 : 0])
        if (code !== 'AA') expect([name, /\rERR\|[^\r]*\|[1-9]\d\d\^/.test(ack)]).toEqual([name, true])
        expect([name, taken.flatMap((parcel) => resources(parcel).flatMap((resource) => validate(resource)))]).toEqual([name, []])
        expect([name, events.length]).toEqual([name, 1])
      }
    })
  })

  test('a department nobody mapped is the only thing the stricter default adds', async () => {
    for (const { name, bytes } of sets['lfh-converter']) {
      const [kept, strict] = [await handle(bytes, { unknownDepartment: 'keep' }), await handle(bytes)]
      const isSame = kept.taken.length === strict.taken.length
      expect([name, isSame || strict.ack.includes('PV1^1^10')]).toEqual([name, true])
    }
  })
})

interface PatientFacts {
  /** family name and given names */
  readonly names?: readonly (readonly [string | null, string[]?])[]
  readonly birthDate?: string
  readonly gender?: string
}

/** codings as system and code, value, status */
type ObservationFacts = readonly [readonly (readonly [string, string])[] | null, { readonly value?: number } | string | null, string]

interface Facts {
  readonly file: string
  readonly patient?: readonly PatientFacts[]
  readonly observations?: readonly ObservationFacts[]
}

describeShared('what any converter keeps, this one keeps', () => {
  const path = join(root, 'ms-converter', 'facts.jsonl')
  const facts = existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        // The shape is the README's beside the cases.
        .map((line) => JSON.parse(line) as Facts)
        .filter(({ file }) => /ADT-A0[148]|ADT04|LAB-ORU|ORU-R01|REF-I12/.test(file))
    : []

  test.each(facts.map((row) => [row.file, row] as const))('%s', async (file, row) => {
    const { taken } = await handle(readFileSync(join(root, file)), { unknownDepartment: 'keep' })
    const json = JSON.stringify(taken)
    const isResult = /ORU/.test(file)
    for (const { names, birthDate, gender } of isResult ? [] : (row.patient ?? [])) {
      const [family, given] = names?.[0] ?? []
      for (const word of [family, ...(given ?? []).slice(0, 1), birthDate, gender])
        if (word !== undefined && word !== null) expect(json).toContain(`"${word}"`)
    }
    for (const [codings, value] of row.observations ?? []) {
      const loinc = codings?.find(([system]) => system === 'http://loinc.org')?.[1]
      if (loinc === undefined) continue
      expect(json).toContain(`"code":"${loinc}"`)
      if (typeof value === 'object' && value?.value !== undefined)
        expect(json).toMatch(new RegExp(`"value":${String(value.value).replace('.', '\\.')}\\b`))
    }
  })
})
