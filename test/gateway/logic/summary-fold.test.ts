import { describe, expect, test } from '@jest/globals'
import { system } from '../../../fhir-profiles/codes.ts'
import type { Observation, Resource } from '../../../fhir-profiles/r4.ts'
import {
  allergies,
  allergy,
  at,
  base,
  build,
  clinic,
  concept,
  condition,
  entry,
  hospital,
  lab,
  listed,
  noKnownAllergy,
  problems,
  sectionIn,
  subject,
} from './summary-builders.ts'

describe('one fact, one line', () => {
  const number = [{ system: 'urn:oid:1.2.3', value: 'A-1' }]

  test('the same business identifier from two institutions is one entry, the newest', () => {
    const old = condition('old', { identifier: number, recordedDate: '2025-01-01' })
    const bundle = build([...at(clinic, old), ...at(hospital, condition('new', { identifier: number }))])
    expect(listed(bundle, problems)).toEqual(['new'])
  })

  test('a resent result of one source is one entry, the last received', () => {
    const resent = lab('o2', { meta: { lastUpdated: '2026-02-03T00:00:00Z' } })
    expect(listed(build(at(clinic, lab('o1'), resent)), '30954-2')).toEqual(['o2'])
  })

  test('two laboratories that agree are two measurements', () => {
    expect(listed(build([...at(clinic, lab('o1')), ...at(hospital, lab('o2'))]), '30954-2')).toEqual(['o1', 'o2'])
  })

  test.each<readonly [string, Partial<Observation>]>([
    ['another value', { valueQuantity: { value: 9.9, unit: '%' } }],
    ['another day', { effectiveDateTime: '2026-02-02T08:00:00+09:00' }],
    ['another test', { code: concept('2345-7', 'Glucose', system.loinc) }],
  ])('%s is never folded away, even under one order number', (_, changes) => {
    const order = [{ system: 'urn:oid:1.2.3', value: 'ORDER-1', type: { coding: [{ system: system.v2IdentifierType, code: 'PLAC' }] } }]
    const bundle = build(at(clinic, lab('o1', { identifier: order }), lab('o2', { identifier: order, ...changes })))
    expect(listed(bundle, '30954-2').sort()).toEqual(['o1', 'o2'])
  })

  test('a corrected copy replaces its original; a series under one number stays a series', () => {
    const first = lab('o1', { identifier: number })
    const corrected = lab('o2', {
      identifier: number,
      status: 'corrected',
      valueQuantity: { value: 6.1, unit: '%' },
      meta: { lastUpdated: '2026-02-09T00:00:00Z' },
    })
    const later = lab('o3', {
      identifier: number,
      effectiveDateTime: '2026-02-01T14:00:00+09:00',
      valueQuantity: { value: 9.9, unit: '%' },
    })
    expect(listed(build([...at(clinic, first), ...at(hospital, corrected)]), '30954-2')).toEqual(['o2'])
    expect(listed(build(at(clinic, first, later)), '30954-2')).toEqual(['o3', 'o1'])
  })

  test('a report that pointed to the folded copy points to the one that was kept', () => {
    const report: Resource = {
      resourceType: 'DiagnosticReport',
      id: 'r1',
      status: 'final',
      code: { text: '당뇨 검사' },
      subject,
      result: [{ reference: 'Observation/o1' }],
    }
    const bundle = build(at(clinic, lab('o1'), lab('o2', { meta: { lastUpdated: '2026-02-03T00:00:00Z' } }), report))
    expect(entry(bundle, 'r1')).toMatchObject({ result: [{ reference: `${base}/Observation/o2` }] })
  })

  test('an allergy beats "no known allergy", wherever either comes from', () => {
    expect(listed(build([...at(clinic, noKnownAllergy), ...at(hospital, allergy('a1'))]), allergies)).toEqual(['a1'])
  })

  test('"no known drug allergy" and a food allergy both stand', () => {
    const noDrug = allergy('ndka', { code: concept('409137002', 'No known drug allergy', system.snomed) })
    const peanut = allergy('a1', { category: ['food'], code: { text: '땅콩' } })
    expect(listed(build([...at(clinic, noDrug), ...at(hospital, peanut)]), allergies).sort()).toEqual(['a1', 'ndka'])
  })

  test('one allergy confirmed here and refuted there is shown twice, each with its status', () => {
    const verified = (code: string) => ({ verificationStatus: concept(code, code, system.allergyVerification) })
    const parts = [
      ...at(clinic, allergy('yes', { identifier: number, ...verified('confirmed') })),
      ...at(hospital, allergy('no', { identifier: number, ...verified('refuted') })),
    ]
    expect(listed(build(parts), allergies).sort()).toEqual(['no', 'yes'])
    expect(sectionIn(build(parts), allergies)?.text?.div).toMatch(/confirmed[^]*refuted|refuted[^]*confirmed/)
  })

  test('a hidden copy cannot swallow a visible one: what is not released changes nothing', () => {
    const visible = at(clinic, condition('c1', { identifier: number }))
    const newerElsewhere = at(hospital, condition('c2', { identifier: number, recordedDate: '2026-02-20' }))
    expect(listed(build(visible), problems)).toEqual(['c1'])
    expect(listed(build([...visible, ...newerElsewhere]), problems)).toEqual(['c2'])
  })
})
