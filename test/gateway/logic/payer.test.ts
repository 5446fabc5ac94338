import { describe, expect, test } from '@jest/globals'
import { system } from '../../../fhir-profiles/codes.ts'
import type { CodeableConcept, Resource, ServiceRequest } from '../../../fhir-profiles/r4.ts'
import { groundsOf, payerOf } from '../../../gateway/logic/payer.ts'

const subject = { reference: 'Patient/p' }
const request: ServiceRequest = { resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject }
const type = (code: string): CodeableConcept => ({ coding: [{ system: system.insuranceType, code }] })
const coverage = (id: string, code: string): Extract<Resource, { resourceType: 'Coverage' }> => ({
  resourceType: 'Coverage',
  id,
  status: 'active',
  beneficiary: subject,
  payor: [{ display: '보험자' }],
  type: type(code),
})
const visit = (code: string): Resource => ({
  resourceType: 'Encounter',
  status: 'finished',
  class: { code: 'AMB' },
  extension: [{ url: 'http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-insuranceTypes', valueCodeableConcept: type(code) }],
})

describe('who pays is what the sender says', () => {
  test.each<[string, ServiceRequest, readonly Resource[], string | undefined]>([
    ['nothing said', request, [], undefined],
    ['a contained coverage', { ...request, contained: [coverage('c', '5')], insurance: [{ reference: '#c' }] }, [], '5'],
    ['a coverage of the Bundle', request, [coverage('c', '5')], '5'],
    [
      'the one the referral names, of two',
      { ...request, insurance: [{ reference: 'Coverage/b' }] },
      [coverage('a', '4'), coverage('b', '5')],
      '5',
    ],
    ['two that contradict each other say nothing', request, [coverage('a', '4'), coverage('b', '5')], undefined],
    ['the visit, where the referral is silent', request, [visit('5')], '5'],
    ['the referral before the visit', request, [visit('5'), coverage('a', '4')], '4'],
    ['a code of nobody', request, [coverage('a', '8')], undefined],
    ['free care', request, [visit('9')], '9'],
  ])('%s', (_what, asked, enclosed, payer) => {
    expect(payerOf(asked, enclosed)).toBe(payer)
  })
})

describe('exemptions are claimed, or said by urgency, department and diagnosis', () => {
  const kcd = (code: string): Resource => ({ resourceType: 'Condition', subject, code: { coding: [{ system: system.kcd8, code }] } })
  test.each<[string, Partial<ServiceRequest>, readonly Resource[], readonly string[], readonly string[]]>([
    ['none', {}, [kcd('E119')], ['01'], []],
    ['stat is an emergency', { priority: 'stat' }, [], [], ['emergency']],
    ['urgent is not', { priority: 'urgent' }, [], [], []],
    ['a delivery', {}, [kcd('O80.0')], ['10'], ['childbirth']],
    ['pregnancy alone is no delivery', {}, [kcd('O24.4')], ['10'], []],
    ['haemophilia', {}, [kcd('D66')], [], ['haemophilia']],
    ['dental surgery', {}, [], ['50'], ['dental']],
    [
      'a registration is claimed',
      { reasonCode: [{ coding: [{ system: system.tierExemption, code: 'rare-disease' }] }] },
      [],
      [],
      ['rare-disease'],
    ],
    ['a claim in other words is none', { reasonCode: [{ text: 'rare-disease' }] }, [], [], []],
  ])('%s', (_what, changes, enclosed, departments, grounds) => {
    expect(groundsOf({ ...request, ...changes }, enclosed, departments)).toEqual(grounds)
  })
})
