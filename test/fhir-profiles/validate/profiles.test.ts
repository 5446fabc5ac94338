import { describe, expect, test } from '@jest/globals'
import { definitionOf } from '../../../fhir-profiles/definitions/definition-of.ts'
import { definitionsWith } from '../../../fhir-profiles/definitions/definitions.ts'
import { jsonPositions } from '../../../fhir-profiles/json-position.ts'
import { validatorWith } from '../../../fhir-profiles/validate/validator.ts'
import type { Terminology } from '../../../fhir-profiles/validate/validator.ts'

const url = 'https://care-network.kr/test/profile'
const terminology: Terminology = { inValueSet: () => 'unknown', knowsSystem: () => false, display: () => undefined }

/** What a profile of one differential says of a resource: ids of its errors. */
function errorsOf(elements: readonly Record<string, unknown>[], resource: Record<string, unknown>): readonly string[] {
  const type = resource['resourceType']
  const base = `http://hl7.org/fhir/StructureDefinition/${String(type)}`
  const profile = definitionOf({
    resourceType: 'StructureDefinition',
    url,
    name: 'Test',
    kind: 'resource',
    type,
    baseDefinition: base,
    derivation: 'constraint',
    differential: { element: elements },
  })
  if (profile === undefined) throw new Error('the profile of the test is none')
  const validator = validatorWith({ definitions: definitionsWith([profile]), terminology })
  const findings = validator.validate(resource, { profiles: [url] })
  return findings.filter(({ severity }) => severity === 'error').map(({ id }) => id)
}

const identifiers = (discriminator: string, rules: string, ordered = false) => [
  {
    path: 'Patient.identifier',
    slicing: { discriminator: [{ type: discriminator, path: discriminator === 'exists' ? 'period' : 'system' }], rules, ordered },
  },
  { path: 'Patient.identifier', sliceName: 'mrn', min: 1, max: '1' },
]
const system = (slice: string, value: string) => [
  { id: `Patient.identifier:${slice}.system`, path: 'Patient.identifier.system', min: 1, fixedUri: value },
]
const withSystems = (...systems: readonly string[]) => ({
  resourceType: 'Patient',
  identifier: systems.map((each) => ({ system: each, value: '1' })),
})

describe('slices', () => {
  const open = [...identifiers('value', 'open'), ...system('mrn', 'http://a')]

  test('by value: the slice is found, missed and counted', () => {
    expect(errorsOf(open, withSystems('http://a', 'http://b'))).toEqual([])
    expect(errorsOf(open, withSystems('http://b'))).toEqual(['too-few'])
    expect(errorsOf(open, withSystems('http://a', 'http://a'))).toEqual(['too-many'])
  })

  test('closed slices refuse what fits none; open at the end lets it come last', () => {
    const closed = [...identifiers('value', 'closed'), ...system('mrn', 'http://a')]
    const atEnd = [...identifiers('value', 'openAtEnd'), ...system('mrn', 'http://a')]
    expect(errorsOf(closed, withSystems('http://a', 'http://b'))).toEqual(['in-no-slice'])
    expect(errorsOf(atEnd, withSystems('http://a', 'http://b'))).toEqual([])
    expect(errorsOf(atEnd, withSystems('http://b', 'http://a'))).toEqual(['slices-not-first'])
  })

  test('ordered slices come in their order', () => {
    const two = [
      ...identifiers('value', 'open', true),
      ...system('mrn', 'http://a'),
      { path: 'Patient.identifier', sliceName: 'other' },
      ...system('other', 'http://b'),
    ]
    expect(errorsOf(two, withSystems('http://a', 'http://b'))).toEqual([])
    expect(errorsOf(two, withSystems('http://b', 'http://a'))).toEqual(['slices-out-of-order'])
  })

  test('by existence', () => {
    const exists = [...identifiers('exists', 'open'), { id: 'Patient.identifier:mrn.period', path: 'Patient.identifier.period', min: 1 }]
    expect(errorsOf(exists, withSystems('http://a'))).toEqual(['too-few'])
    expect(errorsOf(exists, { resourceType: 'Patient', identifier: [{ value: '1', period: { start: '2020' } }] })).toEqual([])
  })

  test('a slice is sliced again', () => {
    const again = [
      ...open.slice(0, 1),
      { path: 'Patient.identifier', sliceName: 'mrn', slicing: { discriminator: [{ type: 'value', path: 'use' }], rules: 'open' } },
      ...system('mrn', 'http://a'),
      { id: 'Patient.identifier:mrn/old', path: 'Patient.identifier', sliceName: 'mrn/old', max: '1' },
      { id: 'Patient.identifier:mrn/old.use', path: 'Patient.identifier.use', min: 1, fixedCode: 'old' },
    ]
    const used = (...uses: readonly string[]) => ({
      resourceType: 'Patient',
      identifier: uses.map((use) => ({ use, system: 'http://a', value: '1' })),
    })
    expect(errorsOf(again, used('old', 'usual'))).toEqual([])
    expect(errorsOf(again, used('old', 'old'))).toEqual(['too-many'])
  })
})

test('fixed values, patterns, types and what is not allowed', () => {
  const observation = {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://a', code: 'b' }] },
    valueString: 'x',
  }
  expect(errorsOf([{ path: 'Observation.status', fixedCode: 'amended' }], observation)).toEqual(['not-the-fixed-value'])
  expect(errorsOf([{ path: 'Observation.code', patternCodeableConcept: { coding: [{ code: 'b' }] } }], observation)).toEqual([])
  expect(errorsOf([{ path: 'Observation.code', patternCodeableConcept: { coding: [{ code: 'c' }] } }], observation)).toEqual([
    'pattern-not-met',
  ])
  expect(errorsOf([{ path: 'Observation.value[x]', type: [{ code: 'Quantity' }] }], observation)).toEqual(['type-not-allowed'])
  expect(errorsOf([{ path: 'Observation.value[x]', max: '0' }], observation)).toEqual(['not-allowed'])
  expect(errorsOf([{ path: 'Observation.code.coding.display', min: 1 }], observation)).toEqual(['too-few'])
})

test('a finding tells expression, line, column and both languages, and no value of the resource', () => {
  const text = '{\n "resourceType": "Patient",\n "gender": "비밀"\n}'
  const validator = validatorWith({ terminology: { ...terminology, inValueSet: () => 'no' } })
  const findings = validator.validate(JSON.parse(text), { positions: () => jsonPositions(text) })
  const [found] = findings.filter(({ id }) => id === 'code-not-in-value-set')
  expect(found).toMatchObject({ severity: 'error', code: 'code-invalid', expression: 'Patient.gender', line: 3, column: 12 })
  expect(found?.korean).toContain('필수 값 집합')
  expect(JSON.stringify(findings)).not.toContain('비밀')
})
