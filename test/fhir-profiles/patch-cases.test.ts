/** The published patch cases: RFC 6902 as HL7 tests it, and FHIRPath Patch (fhir-test-cases). Readings of ours: docs/decisions/080-patches.md */
import { expect, test } from '@jest/globals'
import { applyFhirPathPatch } from '../../fhir-profiles/fhirpath-patch.ts'
import { marked, unmarked } from '../../fhir-profiles/json-marks.ts'
import { applyOperations, isOperation, type Operation } from '../../gateway/interactions/json-patch.ts'
import { resourceFromXml } from '../support/fhir-xml.ts'
import { describeShared, sharedFiles } from './shared.ts'

const rowsOf = (folder: string): readonly unknown[] =>
  sharedFiles(`fhirpath-patch/${folder}`, '.jsonl').flatMap(({ bytes }) =>
    bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line): unknown => JSON.parse(line)),
  )

// The shapes are said in the folder's own README, and each row is held against what came of it.
interface JsonRow {
  readonly comment?: string
  readonly doc: object
  readonly patch: readonly unknown[]
  readonly expected?: unknown
  readonly error?: string
}

interface FhirPathRow {
  readonly name: string
  readonly mode: 'both' | 'forwards' | 'reverse'
  readonly input: string
  readonly diff: string
  readonly output?: string
  readonly error?: string
}

const named = <T extends object>(list: readonly T[], nameOf: (row: T) => string) =>
  list.map((row, at) => ({ title: `${at + 1} ${nameOf(row)}`, row }))

describeShared('published JSON Patch cases', () => {
  const apply = (row: JsonRow): unknown => {
    const operations = row.patch.map((each): Operation => {
      if (!isOperation(each)) throw new Error('not an operation')
      return each
    })
    const copy = marked(row.doc)
    if (typeof copy !== 'object' || copy === null) throw new Error('a document is an object')
    const failed = applyOperations(copy, operations)
    return failed === undefined ? unmarked(copy) : new Error(`operation ${failed}`)
  }
  test.each(named(rowsOf('json-patch') as readonly JsonRow[], ({ comment = '' }) => comment))('$title', ({ row }) => {
    const result = apply(row)
    if (row.error === undefined) expect(result).toEqual(row.expected ?? row.doc)
    else expect(result).toBeInstanceOf(Error)
  })
})

describeShared('published FHIRPath Patch cases', () => {
  test.each(named(rowsOf('fhirpath-patch') as readonly FhirPathRow[], ({ name }) => name))('$title', ({ row }) => {
    const result = applyFhirPathPatch(resourceFromXml(row.input), resourceFromXml(row.diff))
    if (row.output === undefined) expect(result).toHaveProperty('fault')
    else expect(result).toEqual({ ok: resourceFromXml(row.output) })
  })
})
