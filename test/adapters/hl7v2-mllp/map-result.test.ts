import { describe, expect, test } from '@jest/globals'
import { stringifyExact } from '../../../fhir-profiles/json.ts'
import type { Observation } from '../../../fhir-profiles/r4.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { all, header, map, mapped, only, pid, resources } from './bench.ts'

const order = 'OBR|1|P7|F7|24323-8^화학검사^LN|||202603100910'
const visit = 'PV1|1|O||||||||IM|||||||||V1'

function observation(obx: string): Observation {
  const parcel = mapped(header('ORU^R01^ORU_R01'), pid, order, obx)
  expect(resources(parcel).flatMap((resource) => validate(resource))).toEqual([])
  return only(parcel, 'Observation')
}

describe('ORU becomes a report and its observations', () => {
  test('with codes, units, range, flag, status, time and visit', () => {
    const parcel = mapped(
      header('ORU^R01^ORU_R01'),
      pid,
      visit,
      'OBR|1|P7|F7|24323-8^화학검사^LN|||202603100910|||||||||||||||20260310113000||CH|F',
      'NTE|1||공복 채혈',
      'OBX|1|NM|4548-4^당화혈색소^LN||7.10|%^%^UCUM|4.0-5.6|H|||F|||20260310091000-0500',
      'NTE|1||재검 권유',
    )
    expect(only(parcel, 'DiagnosticReport')).toMatchObject({
      status: 'final',
      category: [{ coding: [{ code: 'CH' }] }],
      identifier: [{ value: 'P7' }, { value: 'F7' }],
      subject: { reference: 'Patient/H-0001' },
      encounter: { reference: 'Encounter/V1' },
      effectiveDateTime: '2026-03-10T09:10:00+09:00',
      issued: '2026-03-10T11:30:00+09:00',
      conclusion: '공복 채혈',
      result: [{ reference: `Observation/${only(parcel, 'Observation').id}` }],
    })
    expect(only(parcel, 'Observation')).toMatchObject({
      status: 'final',
      category: [{ coding: [{ code: 'laboratory' }] }],
      code: { coding: [{ system: 'http://loinc.org', code: '4548-4', display: '당화혈색소' }] },
      encounter: { reference: 'Encounter/V1' },
      effectiveDateTime: '2026-03-10T09:10:00-05:00',
      interpretation: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'H' }] }],
      referenceRange: [{ text: '4.0-5.6' }],
      note: [{ text: '재검 권유' }],
    })
    // A laboratory's last zero is a statement of precision.
    expect(stringifyExact(only(parcel, 'Observation').valueQuantity)).toBe(
      '{"value":7.10,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}',
    )
    // What a result says of patient and visit is written only where nothing is known of them yet.
    expect(parcel.bundle.entry?.flatMap(({ request }) => (request?.ifNoneMatch === '*' ? [request.url] : []))).toEqual([
      'Patient/H-0001',
      'Encounter/V1',
    ])
    expect(parcel.gaps).toEqual([])
  })

  test('where no offset is given the sender’s own holds, then the configured one', () => {
    const obx = 'OBX|1|NM|x||1|||||F|||20260310091000'.replace('|||||F', '||||||F')
    const abroad = mapped(header('ORU^R01').replace('+0900', '-0800'), pid, order, obx)
    const silent = mapped(header('ORU^R01').replace('+0900', ''), pid, order, obx)
    expect([abroad, silent].map((parcel) => only(parcel, 'Observation').effectiveDateTime)).toEqual([
      '2026-03-10T09:10:00-08:00',
      '2026-03-10T09:10:00+09:00',
    ])
  })

  test.each([
    ['a number', 'NM||5.5', { valueQuantity: { value: 5.5, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' } }],
    ['a number below the limit', 'NM||<0.5', { valueQuantity: { value: 0.5, comparator: '<' } }],
    ['a number that is none', 'NM||positive', { valueString: 'positive mg/dL' }],
    ['a structured limit', 'SN||>^100', { valueQuantity: { value: 100, comparator: '>' } }],
    ['a titre', 'SN||^1^:^128', { valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }],
    ['an interval', 'SN||^2^-^4', { valueRange: { low: { value: 2 }, high: { value: 4 } } }],
    ['a text', 'ST||음성', { valueString: '음성' }],
    ['a formatted text', 'FT||첫 줄\\.br\\둘째 \\T\\ 끝', { valueString: '첫 줄\n둘째 & 끝' }],
    ['several lines', 'TX||첫 줄~둘째 줄', { valueString: '첫 줄\n둘째 줄' }],
    ['a code', 'CWE||A^A형^99BLD', { valueCodeableConcept: { text: 'A형', coding: [{ code: 'A' }] } }],
    ['a date', 'DT||20260301', { valueDateTime: '2026-03-01' }],
    ['a time stamp', 'TS||202603010900', { valueDateTime: '2026-03-01T09:00:00+09:00' }],
    ['a time of day', 'TM||0915', { valueTime: '09:15:00' }],
    ['nothing', 'NM||', { dataAbsentReason: { coding: [{ code: 'unknown' }] } }],
    ['a value that was deleted', 'NM||""', { dataAbsentReason: { coding: [{ code: 'unknown' }] } }],
  ])('%s', (_, value, expected) => {
    expect(observation(`OBX|1|${value.replace('||', '|x^검사||')}|mg/dL^^UCUM|||||F`.replace('|||||F', '|||||F'))).toMatchObject(expected)
  })

  test('an embedded document is not exchanged, and the Gap says so', () => {
    const parcel = mapped(header('ORU^R01'), pid, order, 'OBX|1|ED|x^영상||^image^jpeg^Base64^AAAA||||||F')
    expect(only(parcel, 'Observation').dataAbsentReason?.coding?.[0]?.code).toBe('unsupported')
    expect(parcel.gaps).toContainEqual({ gap: 'unmappable', element: 'OBX-5', reason: 'values of type ED are not exchanged' })
  })

  test.each([
    ['F', 'final'],
    ['C', 'corrected'],
    ['P', 'preliminary'],
    ['X', 'cancelled'],
    ['W', 'entered-in-error'],
    ['D', 'entered-in-error'],
    ['', 'unknown'],
  ])('result status %s is %s', (code, status) => {
    expect(observation(`OBX|1|ST|x||a||||||${code}`).status).toBe(status)
  })

  test.each([
    ['3.5-5.1', { low: { value: 3.5 }, high: { value: 5.1 } }],
    ['<150', { high: { value: 150 } }],
    ['>=60', { low: { value: 60 } }],
    ['음성', { text: '음성' }],
  ])('the range %s', (range, expected) => {
    expect(observation(`OBX|1|NM|x||1|mg/dL|${range}||||F`).referenceRange?.[0]).toMatchObject(expected)
  })

  test('a corrected result replaces the one it corrects, whatever its place in the message', () => {
    const first = mapped(header('ORU^R01'), pid, order, 'OBX|1|NM|a^가^LN||1||||||P', 'OBX|2|NM|b^나^LN||2||||||P')
    const second = mapped(header('ORU^R01', { id: 'M2' }), pid, order, 'OBX|1|NM|b^나^LN||3||||||C')
    expect(all(second, 'Observation')[0]?.id).toBe(all(first, 'Observation')[1]?.id)
    expect(only(second, 'DiagnosticReport').id).toBe(only(first, 'DiagnosticReport').id)
  })

  test('repeated tests of one order stay apart', () => {
    const parcel = mapped(
      header('ORU^R01'),
      pid,
      order,
      'OBX|1|NM|a^가^LN|1|1||||||F',
      'OBX|2|NM|a^가^LN|2|2||||||F',
      'OBX|3|NM|a^가^LN|2|3||||||F',
    )
    expect(new Set(all(parcel, 'Observation').map(({ id }) => id)).size).toBe(3)
  })

  test('two patients in one message keep their own results', () => {
    const other = pid.replace('H-0001', 'H-0002').replace('PID|1', 'PID|2')
    const parcel = mapped(header('ORU^R01'), pid, order, 'OBX|1|NM|a||1||||||F', other, order, 'OBX|1|NM|a||2||||||F')
    expect(all(parcel, 'Observation').map(({ subject, valueQuantity }) => [subject?.reference, valueQuantity?.value])).toEqual([
      ['Patient/H-0001', 1],
      ['Patient/H-0002', 2],
    ])
    expect(new Set(resources(parcel).map(({ resourceType, id }) => `${resourceType}/${id}`)).size).toBe(6)
  })

  test('an order without OBR-4 and an observation nobody names are refused with their place', () => {
    expect(map(header('ORU^R01'), pid, 'OBR|1|P7|F7')).toMatchObject({
      ok: false,
      refusal: { place: { segment: 'OBR', sequence: 1, field: 4 } },
    })
    expect(map(header('ADT^A08'), pid, 'OBX|1|TX|||글||||||F')).toMatchObject({
      ok: false,
      refusal: { place: { segment: 'OBX', sequence: 1, field: 3 } },
    })
  })

  test('lines of a typed report take the name of their order', () => {
    const parcel = mapped(header('ORU^R01'), pid, order, 'OBX|1|TX|||소견 없음||||||F')
    expect(only(parcel, 'Observation').code.coding?.[0]?.code).toBe('24323-8')
    expect(parcel.gaps.map(({ element }) => element)).toContain('OBX-3')
  })
})
