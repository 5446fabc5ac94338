import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { stringifyExact } from '../../../fhir-profiles/json.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { normaliseKcd, departmentOf } from '../../../adapters/hl7v2-mllp/map-code.ts'
import { all, handle, header, map, mapped, only, pid, resources } from './bench.ts'

const visit = (more: string): string => `PV1|1|O|||||||||||||||||V1${more}`

describe('ADT becomes the patient, the visit and what is known of both', () => {
  test('a patient with number, name, sex, birth date, address and phone', () => {
    const parcel = mapped(
      header('ADT^A04^ADT_A01'),
      `${pid}|||경기도 수원시 팔달구 향교로 11^^^^16455^KOR^H||010-0000-0001^PRN^CP~031-000-0000^WPN^PH`,
    )
    expect(parcel.kind).toBe('feed')
    expect(only(parcel, 'Patient')).toMatchObject({
      id: 'H-0001',
      identifier: [{ use: 'usual', system: 'urn:oid:1.2.410.100110.10.11100002', value: 'H-0001' }],
      name: [{ use: 'official', text: '견본하나', family: '견', given: ['본하나'] }],
      gender: 'female',
      birthDate: '1970-01-01',
      address: [{ text: '경기도 수원시 팔달구 향교로 11', postalCode: '16455', country: 'KOR', use: 'home' }],
      telecom: [
        { system: 'phone', value: '010-0000-0001', use: 'mobile' },
        { system: 'phone', value: '031-000-0000', use: 'work' },
      ],
    })
    expect(parcel.bundle).toMatchObject({ type: 'transaction', identifier: { value: 'M1@HIS.11100002' } })
    expect(parcel.bundle.entry?.[0]?.request).toEqual({ method: 'PUT', url: 'Patient/H-0001' })
  })

  test('a resident number is dropped by law, wherever it stands, and the Gap names the place but not the number', () => {
    const numbers = 'H-0001^^^^MR~700101-1234567^^^^PI~8507302234567^^^^NNKOR~900101^^^KR^SS'
    const parcel = mapped(header('ADT^A08'), `PID|1|7001011234567|${numbers}||견^본||19700101|F|||||||||||7001011234567`, visit(''))
    expect(JSON.stringify(parcel)).not.toMatch(/1234567|2234567|900101/)
    expect(parcel.gaps.filter(({ gap }) => gap === 'dropped-by-law').map(({ element }) => element)).toEqual(['PID-19', 'PID-2', 'PID-3'])
  })

  test('a resident number in free text is masked', () => {
    const parcel = mapped(header('ORU^R01'), `${pid}|||||||||||7001011234567`, 'OBR|1|||x^검사', 'NTE|1||보호자 850730-1234567 연락')
    expect(only(parcel, 'DiagnosticReport').conclusion).toBe('보호자 ******-******* 연락')
    expect(parcel.gaps).toContainEqual({
      gap: 'dropped-by-law',
      element: 'NTE-3',
      reason: 'the text held a resident number, which was masked',
    })
    expect(parcel.gaps).toContainEqual(expect.objectContaining({ gap: 'dropped-by-law', element: 'PID-19' }))
  })

  test.each([
    ['no PID', [header('ADT^A01'), visit('')], 'PID', 1],
    ['an empty PID-3', [header('ADT^A01'), 'PID|1||||견^본'], 'PID', 1],
    ['nothing but a resident number in PID-3', [header('ADT^A01'), 'PID|1||7001011234567^^^^SS||견^본'], 'PID', 1],
    ['a second patient without number', [header('ORU^R01'), pid, 'PID|2||||견^본'], 'PID', 2],
  ])('%s is refused with segment and field', (_, segments, segment, sequence) => {
    expect(map(...segments)).toMatchObject({
      ok: false,
      refusal: { code: 'AE', condition: 'requiredField', place: { segment, sequence, field: 3 } },
    })
  })

  test('a patient number that cannot be an id is kept as number and gets an id made from it', () => {
    const patient = only(mapped(header('ADT^A08'), 'PID|1||원/00 1^^^^MR||견^본', visit('')), 'Patient')
    expect(patient.identifier?.[0]?.value).toBe('원/00 1')
    expect(patient.id).toMatch(/^x-[0-9a-f]{40}$/)
  })

  test('an assigning authority that is another institution keeps its number apart', () => {
    const patient = only(
      mapped(header('ADT^A08'), 'PID|1||H-0001^^^^MR~C-0001^^^&1.2.410.100110.10.31100001&ISO^MR||견^본', visit('')),
      'Patient',
    )
    expect(patient.identifier?.map((item) => item.system)).toEqual([
      'urn:oid:1.2.410.100110.10.11100002',
      'urn:oid:1.2.410.100110.10.31100001',
    ])
  })

  test('a visit with class, department, payer and times', () => {
    const line =
      'PV1|1|I|7W^701^1|||||40011^한^지안^^^^^^MOHW|||NP|||||||||V1|4|||||||||||||||||||||||||202603010900|202603031100+0900'.replace(
        '|||||40011',
        '||||40011',
      )
    const encounter = only(mapped(header('ADT^A08'), pid, line), 'Encounter')
    expect(encounter).toMatchObject({
      id: 'V1',
      status: 'finished',
      class: { code: 'IMP' },
      serviceType: { coding: [{ system: 'http://www.hl7korea.or.kr/CodeSystem/hira-medical-department', code: '03' }] },
      subject: { reference: 'Patient/H-0001' },
      extension: [{ valueCodeableConcept: { coding: [{ code: '4' }] } }],
      participant: [
        {
          individual: {
            display: '한지안',
            identifier: { system: 'http://www.hl7korea.or.kr/Identifier/mohw-md-license-id', value: '40011' },
          },
        },
      ],
    })
  })

  test.each([
    ['A01', 'I', '', 'in-progress'],
    ['A04', 'O', '', 'in-progress'],
    ['A08', 'P', '', 'planned'],
    ['A08', 'O', '', 'unknown'],
    ['A08', 'O', `${'|'.repeat(25)}202603010900`, 'in-progress'],
    ['A04', 'O', `${'|'.repeat(25)}202603010900|202603011000`, 'finished'],
  ])('%s of class %s with times "%s" is a visit that is %s', (event, kind, times, status) => {
    expect(only(mapped(header(`ADT^${event}`), pid, `PV1|1|${kind}|||||||||||||||||V1${times}`), 'Encounter').status).toBe(status)
  })

  test('a visit without number is the same visit whenever it is told of again', () => {
    const line = `PV1|1|O${'|'.repeat(42)}202603010900`
    const [first, second] = ['M1', 'M2'].map((id) => only(mapped(header('ADT^A08', { id }), pid, line), 'Encounter').id)
    expect(first).toBe(second)
    const nameless = mapped(header('ADT^A08'), pid, 'PV1|1|O')
    expect(all(nameless, 'Encounter')).toEqual([])
    expect(nameless.gaps.map(({ element }) => element)).toContain('PV1-19')
  })

  test('a department nobody can translate is refused, because a patient may have refused exactly that one', () => {
    expect(map(header('ADT^A08'), pid, 'PV1|1|O||||||||XYZ|||||||||V1')).toMatchObject({
      ok: false,
      refusal: { code: 'AE', condition: 'tableValue', place: { segment: 'PV1', field: 10 } },
    })
  })

  test('where the configuration says so it is kept as a local code, with a Gap', async () => {
    const { taken } = await handle(Buffer.from([header('ADT^A08'), pid, 'PV1|1|O||||||||XYZ|||||||||V1'].join('\r')), {
      unknownDepartment: 'keep',
    })
    const [parcel] = taken
    expect(parcel === undefined ? undefined : only(parcel, 'Encounter').serviceType?.coding?.[0]).toMatchObject({
      code: 'XYZ',
      system: expect.stringContaining('/local/11100002/'),
    })
    expect(parcel?.gaps).toContainEqual(expect.objectContaining({ element: 'PV1-10' }))
  })

  test('allergies and diagnoses, with national codes as the lists print them', () => {
    const parcel = mapped(
      header('ADT^A04'),
      pid,
      visit(''),
      'AL1|1|DA|J01CA04^아목시실린^ATC|SV|두드러기~호흡곤란',
      'DG1|1||R05.^기침^KCD8||20260310|F',
      'DG1|2||I614^뇌내출혈||20260310|W',
      'DG1|3||F321^^I10|||A||||||||||||Y',
    )
    expect(only(parcel, 'AllergyIntolerance')).toMatchObject({
      category: ['medication'],
      criticality: 'high',
      clinicalStatus: { coding: [{ code: 'active' }] },
      code: { coding: [{ system: 'http://www.whocc.no/atc', code: 'J01CA04' }] },
      patient: { reference: 'Patient/H-0001' },
      encounter: { reference: 'Encounter/V1' },
      reaction: [{ manifestation: [{ text: '두드러기' }, { text: '호흡곤란' }], severity: 'severe' }],
    })
    const conditions = all(parcel, 'Condition')
    expect(conditions.map(({ code }) => [code?.coding?.[0]?.system, code?.coding?.[0]?.code])).toEqual([
      ['http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8', 'R05'],
      ['http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8', 'I61.4'],
      ['http://hl7.org/fhir/sid/icd-10', 'F32.1'],
    ])
    expect(conditions.map((item) => item.verificationStatus?.coding?.[0]?.code)).toEqual(['confirmed', 'provisional', 'provisional'])
    expect(conditions[2]?.meta?.security?.[0]?.code).toBe('R')
  })

  test('a diagnosis that the sender deletes is marked as entered in error', () => {
    const condition = only(mapped(header('ADT^A08'), pid, visit(''), `DG1|1||I10^고혈압^KCD8${'|'.repeat(18)}D`), 'Condition')
    expect(condition.verificationStatus?.coding?.[0]?.code).toBe('entered-in-error')
    expect(condition.clinicalStatus).toBeUndefined()
  })

  test('what has no place is named by segment and field, once, and never silently dropped', () => {
    const parcel = mapped(
      header('ADT^A08'),
      `${pid}||2106-3^White`,
      visit(''),
      'IN1|1|플랜',
      'IN1|2|다른',
      'ZPI|1|local',
      'AL1|1|DA|',
      'DG1|1||||20260310',
    )
    expect(parcel.gaps.map(({ element }) => element).toSorted()).toEqual([
      'AL1-2',
      'AL1-3',
      'DG1-3',
      'DG1-5',
      'IN1',
      'PID-10',
      'PV1-10',
      'ZPI',
    ])
  })

  test('the same message gives the same resources under the same ids', () => {
    const segments = [
      header('ADT^A04'),
      pid,
      visit(''),
      'AL1|1|DA|A1^약^ATC',
      'DG1|1||I10^고혈압^KCD8',
      'OBX|1|NM|8867-4^맥박^LN||72|/min^^UCUM|||||F',
    ]
    expect(stringifyExact(mapped(...segments))).toBe(stringifyExact(mapped(...segments)))
  })
})

describe('what is taken at all', () => {
  test.each([
    ['another type', header('MDM^T02'), 'AR', 'messageType', 9],
    ['another event', header('ADT^A03'), 'AR', 'eventCode', 9],
    ['another version', header('ADT^A01', { version: '3.0' }), 'AR', 'versionId', 12],
    ['no version', header('ADT^A01', { version: '' }), 'AR', 'versionId', 12],
    ['no MSH-9', header(''), 'AR', 'requiredField', 9],
    ['no MSH-10', header('ADT^A01', { id: '' }), 'AR', 'requiredField', 10],
  ])('%s is rejected', (_, head, code, condition, field) => {
    expect(map(head, pid)).toMatchObject({ ok: false, refusal: { code, condition, place: { segment: 'MSH', field } } })
  })

  test('training messages are refused where the configuration wants production only', async () => {
    const bytes = Buffer.from([header('ADT^A08').replace('|P|2.5.1', '|T|2.5.1'), pid].join('\r'))
    expect((await handle(bytes, { processingIds: ['P'] })).ack).toMatch(/MSA\|AR\|M1\rERR\|\|MSH\^1\^11\|202\^/)
  })
})

describe('national codes', () => {
  test.each([
    ['R05.', 'R05'],
    ['r05', 'R05'],
    ['I614', 'I61.4'],
    ['I61.4', 'I61.4'],
    ['I61.4.', 'I61.4'],
    ['U071', 'U07.1'],
    ['local-7', 'local-7'],
  ])('%s is %s', (written, meant) => {
    expect(normaliseKcd(written)).toBe(meant)
  })

  test('departments come in two digits, in four, or as the hospital calls them; a claim kind is no department', () => {
    expect(['03', '0300', 'NP', '3', '99', '1'].map((code) => departmentOf(code, { NP: '03' }))).toEqual([
      '03',
      '03',
      '03',
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('the samples of the folder', () => {
  test.each(['adt-a04', 'oru-r01-cp949', 'ref-i12', 'rri-i12'])('%s is taken, and everything made of it is valid R4', async (name) => {
    const bytes = readFileSync(new URL(`../../../adapters/hl7v2-mllp/samples/${name}.hl7`, import.meta.url))
    const settings: unknown = JSON.parse(readFileSync(new URL('../../../adapters/hl7v2-mllp/samples/config.json', import.meta.url), 'utf8'))
    const { taken, ack } = await handle(bytes, typeof settings === 'object' ? { ...settings } : {})
    expect(ack).toMatch(/MSA\|AA\|S00000\d\r$/)
    const [parcel] = taken
    expect(parcel === undefined ? [] : resources(parcel).flatMap((resource) => validate(resource))).toEqual([])
    expect(parcel === undefined ? [] : resources(parcel).length).not.toBe(0)
  })
})
