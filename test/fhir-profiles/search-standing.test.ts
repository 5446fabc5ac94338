import { describe, expect, test } from '@jest/globals'
import { engineFor } from '../../fhir-profiles/fhirpath-engine.ts'
import { nativeExpressions } from '../../fhir-profiles/native-expressions.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { extractIndex, searchParametersOf, searchableTypes } from '../../fhir-profiles/search-parameters.ts'
import { narrowerIn, narrowerOf } from '../../fhir-profiles/search-narrower.ts'
import { groupsOf, hasOwnRows, standingOf, wholeParts } from '../../fhir-profiles/search-standing.ts'

const pressure: Resource = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }] },
  subject: { reference: 'Patient/1' },
  valueQuantity: { value: 1 },
  component: [{ code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }, valueQuantity: { value: 120 } }],
}
const namesOf = (resource: Resource): readonly string[] => [...new Set(extractIndex(resource, 'Asia/Seoul').map(({ param }) => param))]

describe('a parameter that says what others say', () => {
  test('is found by their rows, and none are written twice', () => {
    expect(standingOf('Observation', 'combo-code')).toEqual({ params: ['code', 'component-code'], target: undefined })
    expect(standingOf('Observation', 'patient')).toEqual({ params: ['subject'], target: 'Patient' })
    expect(standingOf('Patient', 'phonetic')).toEqual({ params: ['name'], target: undefined })
    expect(wholeParts('Observation', 'code-value-quantity')).toEqual(['code', 'value-quantity'])
    expect(groupsOf('Observation', 'combo-code-value-quantity')).toEqual(['code-value-quantity', 'component-code-value-quantity'])
    expect(namesOf(pressure)).toEqual([
      'code',
      'component-code',
      'component-code-value-quantity$1',
      'component-code-value-quantity$2',
      'component-value-quantity',
      'status',
      'subject',
      'value-quantity',
    ])
  })

  test('stands under parameters of its own type that have rows of their own', () => {
    for (const type of searchableTypes) {
      const all = searchParametersOf(type)
      for (const [name, parameter] of all) {
        const under = [...standingOf(type, name).params, ...(wholeParts(type, name) ?? [])]
        if (parameter.type !== 'composite') expect(under.map((each) => all.get(each)?.type)).toEqual(under.map(() => parameter.type))
        for (const each of under) if (each !== name) expect([type, name, each, hasOwnRows(type, each)]).toEqual([type, name, each, true])
        for (const each of groupsOf(type, name)) if (each !== name) expect(groupsOf(type, each)).toEqual([each])
      }
    }
  })
})

describe('a parameter that looks at a part of what another looks at', () => {
  test('says its part alone, and is asked along with the other', () => {
    expect(narrowerOf('Patient', 'telecom')).toEqual(['email', 'phone'])
    expect(narrowerOf('Patient', 'address')).toEqual(['address-city', 'address-country', 'address-postalcode', 'address-state'])
    expect(narrowerOf('Observation', 'component-code')).toEqual(['component-code-value-concept$1', 'component-code-value-quantity$1'])
    expect(narrowerOf('Patient', 'identifier')).toEqual([])
    expect(narrowerOf('NoType', 'telecom')).toEqual([])
  })

  test('has rows of its own and is of the same kind', () => {
    for (const type of searchableTypes) {
      const all = searchParametersOf(type)
      for (const [wider, names] of narrowerIn(type)) {
        for (const row of names) {
          const [name = '', part] = row.split('$')
          const kind = part === undefined ? all.get(name)?.type : all.get(name)?.parts[Number(part) - 1]?.type
          expect([type, row, hasOwnRows(type, name), kind]).toEqual([type, row, true, all.get(wider)?.type])
          // who asks for the wider one asks for no more than these
          expect([type, row, narrowerOf(type, row)]).toEqual([type, row, []])
        }
      }
    }
  })
})

test('what is computed in code is what the full engine computes', () => {
  const values = [
    {},
    { deceasedBoolean: true },
    { deceasedBoolean: false },
    { deceasedDateTime: '2026-03' },
    { deceasedBoolean: true, gender: 'male' },
  ]
  const extended = [
    { _deceasedBoolean: { extension: [{ url: 'urn:x', valueCode: 'unknown' }] } },
    { deceasedDateTime: '2026', _deceasedDateTime: { id: 'x' } },
  ]
  for (const [expression, native] of nativeExpressions) {
    for (const each of [...values, ...extended]) {
      const patient = { resourceType: 'Patient', ...each }
      expect([each, native(patient)]).toEqual([each, engineFor(expression)(patient)])
    }
  }
})
