import { describe, expect, test } from '@jest/globals'
import type { Parcel } from '../../../adapters/contract.ts'
import { toMessage, type Envelope } from '../../../adapters/hl7v2-mllp/map-out.ts'
import { parseMessage, type Message } from '../../../adapters/hl7v2-mllp/message.ts'
import type { Resource, Task } from '../../../fhir-profiles/r4.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { all, header, map, mapped, only, pid, resources } from './bench.ts'

const institutionNumbers = 'http://www.hl7korea.or.kr/Identifier/hira-krnpi'
const parcelIds = 'https://care-network.kr/fhir/Identifier/parcel'

describe('REF^I12 becomes a referral', () => {
  const letter = [
    header('REF^I12^REF_I12'),
    'RF1|P^Pending^HL70283|A^ASAP^HL70280|||O^Outpatient^HL70284|R7^HIS|20260302100000|||O^Provider ordered^HL70336~^심장 초음파 의뢰',
    'PRD|RP^Referring provider^HL70286|한^지안|||||40011^MD',
    'PRD|RT^Referred to provider^HL70286|||NP^^^&1.2.410.100110.10.01100003&ISO^^^^^누리대학교병원',
    `${pid}|||||010-0000-0001`,
    'DG1|1||I509^심부전^KCD8||20260301|W',
    'AL1|1|DA|J01CA04^아목시실린^ATC',
    `OBR|1||L1|2160-0^크레아티닌^LN${'|'.repeat(21)}F`,
    'OBX|1|NM|2160-0^크레아티닌^LN||1.62|mg/dL^^UCUM|||||F',
    'NTE|1||검체 용혈',
    'PV1|1|O||||||||IM|||||||||V1',
    'NTE|1||호흡곤란이 심해짐',
  ]

  test('with a Task that asks, from the sender to the institution and department that are named', () => {
    const parcel = mapped(...letter)
    expect(parcel.kind).toBe('referral-request')
    expect(only(parcel, 'Task')).toMatchObject({
      meta: { profile: ['https://care-network.kr/fhir/StructureDefinition/care-referral-task'] },
      status: 'requested',
      intent: 'order',
      priority: 'asap',
      identifier: [{ type: { coding: [{ code: 'PLAC' }] }, value: 'R7' }],
      focus: { reference: 'ServiceRequest/R7' },
      for: { reference: 'Patient/H-0001' },
      requester: { identifier: { system: institutionNumbers, value: '11100002' } },
      owner: { identifier: { system: institutionNumbers, value: '01100003' } },
      authoredOn: '2026-03-02T10:00:00+09:00',
    })
    expect(only(parcel, 'ServiceRequest')).toMatchObject({
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/H-0001' },
      encounter: { reference: 'Encounter/V1' },
      requester: { type: 'Practitioner', display: '한지안', identifier: { value: '40011' } },
      performer: [{ identifier: { value: '01100003' } }],
      performerType: { coding: [{ system: 'http://www.hl7korea.or.kr/CodeSystem/hira-medical-department', code: '03' }] },
      reasonCode: [{ coding: [{ code: 'O' }] }, { text: '심장 초음파 의뢰' }],
      reasonReference: [{ reference: `Condition/${only(parcel, 'Condition').id}` }],
      note: [{ text: '호흡곤란이 심해짐' }],
    })
    expect(only(parcel, 'Observation').note).toEqual([{ text: '검체 용혈' }])
    expect(only(parcel, 'ServiceRequest').supportingInfo?.length).toBe(3)
    expect(resources(parcel).flatMap((resource) => validate(resource))).toEqual([])
    expect(parcel.gaps).toEqual([])
  })

  test('without a receiver the network chooses, and the Gap says why', () => {
    const parcel = mapped(...letter.filter((line) => !line.startsWith('PRD|RT')))
    expect(only(parcel, 'Task').owner).toBeUndefined()
    expect(parcel.gaps).toContainEqual(expect.objectContaining({ element: 'PRD-1', gap: 'not-held' }))
  })

  test('the requester is the sender, whatever the message says', () => {
    const parcel = mapped(...letter.map((line) => line.replace('한^지안|||', '한^지안||^^^31100001|')))
    expect(only(parcel, 'Task').requester?.identifier?.value).toBe('11100002')
    expect(parcel.gaps.map(({ element }) => element)).toContain('PRD-4')
  })

  test('without a number nobody could answer it', () => {
    expect(map(...letter.map((line) => line.replace('R7^HIS', '')))).toMatchObject({
      ok: false,
      refusal: { code: 'AE', place: { segment: 'RF1', field: 6 } },
    })
  })
})

describe('RRI^I12 becomes an answer', () => {
  const answer = (rf1: string, ...more: readonly string[]): Parcel =>
    mapped(header('RRI^I12^RRI_I12'), 'MSA|AA|parcel-7', `RF1|${rf1}|||||parcel-7`, pid, ...more)
  const line = (text: string, status = 'F'): string => `OBX|1|TX|11488-4^회신^LN||${text}||||||${status}`

  test.each([
    ['acceptance', 'A^Accepted^HL70283', [], 'accepted'],
    ['receipt', 'P^Pending^HL70283', [], 'received'],
    ['interim note', 'A', ['OBR|1|||11488-4^회신^LN', line('중간 소견', 'P')], 'in-progress'],
    ['report', 'A', ['OBR|1|||11488-4^회신^LN', line('최종 소견')], 'completed'],
    ['refusal', 'R', ['PV1|1|N', 'NTE|1||병상 부족'], 'rejected'],
    ['exact status', 'A^Accepted^HL70283^on-hold^^http://hl7.org/fhir/task-status', ['PV1|1|N', 'NTE|1||보류'], 'on-hold'],
  ])('an %s', (_, rf1, more, status) => {
    const parcel = answer(rf1, ...more)
    expect(parcel.kind).toBe('referral-response')
    expect(only(parcel, 'Task')).toMatchObject({ identifier: [{ system: parcelIds, value: 'parcel-7' }], status, intent: 'order' })
    expect(resources(parcel).flatMap((resource) => validate(resource))).toEqual([])
  })

  test('a refusal carries its reason, an acceptance its note', () => {
    expect(only(answer('R', 'PV1|1|N', 'NTE|1||병상 부족'), 'Task').statusReason).toEqual({ text: '병상 부족' })
    expect(only(answer('A', 'PV1|1|N', 'NTE|1||외래 예약 요망'), 'Task').note).toEqual([{ text: '외래 예약 요망' }])
  })

  test('the report is one document, its lines in order, named by the Task', () => {
    const parcel = answer('A', 'OBR|1|||11488-4^진료회신서^LN', line('좌심실 정상'), line('3개월 후 재검'))
    const document = only(parcel, 'DocumentReference')
    const [attachment] = document.content.map((content) => content.attachment)
    expect(Buffer.from(attachment?.data ?? '', 'base64').toString('utf8')).toBe('좌심실 정상\n3개월 후 재검')
    expect(attachment).toMatchObject({ contentType: 'text/plain; charset=utf-8', title: '진료회신서' })
    expect(document.subject?.reference).toBe('Patient/H-0001')
    expect(only(parcel, 'Task').output).toEqual([
      {
        type: { coding: [{ system: 'https://care-network.kr/fhir/CodeSystem/task-output', code: 'report' }] },
        valueReference: { reference: `DocumentReference/${document.id}` },
      },
    ])
  })

  test('measured values beside the report stay measured values', () => {
    const parcel = answer(
      'A',
      'OBR|1||L9|2160-0^크레아티닌^LN',
      'OBX|1|NM|2160-0^크레아티닌^LN||0.9|mg/dL^^UCUM|0.5-1.1||||F',
      line('소견'),
    )
    expect(only(parcel, 'Observation').valueQuantity?.value).toBe(0.9)
    expect(all(parcel, 'DocumentReference').length).toBe(1)
  })

  test('an answer to nothing, and an answer that says nothing, are refused', () => {
    expect(map(header('RRI^I12'), 'RF1|A', pid)).toMatchObject({ ok: false, refusal: { place: { segment: 'MSA', field: 2 } } })
    expect(map(header('RRI^I12'), 'MSA|AA|p', 'RF1|Q|||||p', pid)).toMatchObject({
      ok: false,
      refusal: { place: { segment: 'RF1', field: 1 } },
    })
  })
})

const envelope: Envelope = {
  now: new Date('2026-03-02T01:00:00Z'),
  utcOffset: '+09:00',
  sendingApplication: 'CARENET',
  sendingFacility: 'CARENET',
  receivingApplication: 'EMR',
  receivingFacility: '11100002',
  charset: 'UNICODE UTF-8',
  departments: { NP: '03' },
}

function sent(
  kind: Parcel['kind'],
  content: readonly Resource[],
): { readonly message: Message; readonly text: string; readonly left: readonly string[] } {
  const entry = content.map((resource) => ({ fullUrl: `urn:care-network:${resource.resourceType}/${resource.id}`, resource }))
  const result = toMessage({ id: 'parcel-1', kind, bundle: { resourceType: 'Bundle', type: 'collection', entry }, gaps: [] }, envelope)
  if (!result.ok) throw new Error(result.reason)
  const parsed = parseMessage(result.text)
  if (!parsed.ok) throw new Error(parsed.fault)
  return { message: parsed.message, text: result.text, left: result.left }
}

const task: Task = {
  resourceType: 'Task',
  id: 't1',
  status: 'requested',
  intent: 'order',
  identifier: [
    { type: { coding: [{ code: 'PLAC' }] }, system: 'urn:clinic', value: 'C-77' },
    { system: parcelIds, value: 'parcel-1' },
  ],
  focus: { reference: 'ServiceRequest/s1' },
  for: { reference: 'Patient/p1' },
  requester: { reference: 'Organization/clinic', identifier: { system: institutionNumbers, value: '31100001' }, display: '해맑은의원' },
  owner: { reference: 'Organization/hospital' },
}
const patient: Resource = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [
    { system: 'urn:oid:1.2.410.100110.10.11100002', value: 'H-0001' },
    { system: 'urn:oid:1.2.410.100110.10.31100001', value: 'C-0001' },
    { value: '700101-1234567' },
  ],
  name: [{ text: '견본하나' }],
  gender: 'female',
  birthDate: '1970-01-01',
  telecom: [{ system: 'phone', use: 'mobile', value: '010-0000-0001' }],
}

describe('a referral that goes out is REF^I12', () => {
  const request: Resource = {
    resourceType: 'ServiceRequest',
    id: 's1',
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/p1' },
    performerType: { coding: [{ system: 'http://www.hl7korea.or.kr/CodeSystem/hira-medical-department', code: '03' }] },
    reasonCode: [{ text: '불면 | 우울' }],
    note: [{ text: '첫 줄\n둘째 줄' }],
  }
  const lab: Resource = {
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '3016-3', display: 'TSH' }] },
    effectiveDateTime: '2026-03-01T09:00:00+09:00',
    valueQuantity: { value: 2.1, unit: 'm[IU]/L', system: 'http://unitsofmeasure.org', code: 'm[IU]/L' },
  }
  const condition: Resource = {
    resourceType: 'Condition',
    id: 'c1',
    subject: { reference: 'Patient/p1' },
    code: { coding: [{ system: 'http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8', code: 'F32.1' }] },
  }

  test('MSH-10 is the parcel, and everything an EMR needs is in its place', () => {
    const { message, left } = sent('referral-request', [
      task,
      patient,
      request,
      condition,
      lab,
      { resourceType: 'Provenance', target: [], agent: [], recorded: '2026-03-01T00:00:00Z' },
    ])
    expect([message.header.at(9), message.header.at(9, 2), message.header.at(10), message.header.at(7), message.header.at(6)]).toEqual([
      'REF',
      'I12',
      'parcel-1',
      '20260302100000+0900',
      '11100002',
    ])
    const rf1 = message.first('RF1')
    expect([rf1?.at(6), rf1?.at(11), rf1?.at(10, 2), rf1?.at(2)]).toEqual(['parcel-1', 'C-77', '불면 | 우울', 'R'])
    const [from, to] = message.every('PRD')
    expect([from?.at(1), from?.at(4, 4), from?.at(4, 9)]).toEqual(['RP', '31100001', '해맑은의원'])
    expect([to?.at(1), to?.at(4), to?.at(4, 9)]).toEqual(['RT', 'NP', 'hospital'])
    const person = message.first('PID')
    expect(person?.all(3).map((item) => [item.part(1), item.part(4, 2)])).toEqual([
      ['H-0001', '1.2.410.100110.10.11100002'],
      ['C-0001', '1.2.410.100110.10.31100001'],
    ])
    expect([person?.at(5), person?.at(7), person?.at(8), person?.at(13)]).toEqual(['견본하나', '19700101', 'F', '010-0000-0001'])
    expect(message.first('DG1')?.at(3)).toBe('F32.1')
    expect([message.first('OBX')?.at(3), message.first('OBX')?.at(5), message.first('OBX')?.at(6)]).toEqual(['3016-3', '2.1', 'm[IU]/L'])
    expect(message.segments.at(-1)?.all(3)[0]?.text).toBe('첫 줄\n둘째 줄')
    expect(left).toEqual(['Provenance'])
  })

  test('no resident number leaves, even if one was in the Bundle', () => {
    expect(sent('referral-request', [task, patient, request]).text).not.toContain('1234567')
  })

  test('without a Task there is nothing to send', () => {
    expect(
      toMessage({ id: 'p', kind: 'referral-request', bundle: { resourceType: 'Bundle', type: 'collection' }, gaps: [] }, envelope),
    ).toMatchObject({ ok: false, where: 'Bundle.entry' })
    expect(toMessage({ id: 'p', kind: 'feed', bundle: { resourceType: 'Bundle', type: 'collection' }, gaps: [] }, envelope)).toMatchObject({
      ok: false,
    })
  })
})

describe('an answer that goes out is RRI^I12', () => {
  const report = (contentType: string, data: string): Resource => ({
    resourceType: 'DocumentReference',
    id: 'd1',
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] },
    content: [{ attachment: { contentType, data: Buffer.from(data).toString('base64') } }],
  })

  test.each([
    ['accepted', 'A'],
    ['rejected', 'R'],
    ['received', 'P'],
    ['completed', 'A'],
    ['failed', 'R'],
  ] as const)('%s is %s, with the exact word beside it', (status, code) => {
    const { message } = sent('referral-response', [{ ...task, status }, patient])
    expect([message.first('RF1')?.at(1), message.first('RF1')?.at(1, 4)]).toEqual([code, status])
  })

  test('the EMR finds its own referral by its number, and by its message where that is known', () => {
    const own = sent('referral-response', [{ ...task, status: 'accepted' }, patient]).message
    expect([own.first('RF1')?.at(6), own.first('MSA')?.at(2)]).toEqual(['C-77', 'C-77'])
    const identifier = [...(task.identifier ?? []), { system: parcelIds, value: 'M9@HIS.11100002' }]
    expect(
      sent('referral-response', [{ ...task, status: 'accepted', identifier }, patient])
        .message.first('MSA')
        ?.at(2),
    ).toBe('M9')
  })

  test('reason, note and report arrive as text; another format arrives whole', () => {
    const refusal = sent('referral-response', [
      { ...task, status: 'rejected', statusReason: { text: '병상 부족' }, note: [{ text: '3월 이후 가능' }] },
      patient,
    ]).message
    expect(refusal.every('NTE').map((nte) => nte.all(3)[0]?.text)).toEqual(['병상 부족', '3월 이후 가능'])
    const letter = sent('referral-response', [
      { ...task, status: 'completed' },
      patient,
      report('text/plain', '첫 줄\n둘째 줄'),
    ]).message.first('OBX')
    expect([letter?.at(2), letter?.all(5)[0]?.text]).toEqual(['FT', '첫 줄\n둘째 줄'])
    const pdf = sent('referral-response', [{ ...task, status: 'completed' }, patient, report('application/pdf', '%PDF')]).message.first(
      'OBX',
    )
    expect([pdf?.at(2), pdf?.at(5, 2), pdf?.at(5, 3), pdf?.at(5, 5)]).toEqual([
      'ED',
      'application',
      'pdf',
      Buffer.from('%PDF').toString('base64'),
    ])
  })

  test('what we send we also understand', () => {
    const { text } = sent('referral-response', [{ ...task, status: 'completed', output: [] }, patient, report('text/plain', '소견')])
    const segments = text.split('\r').filter((segment) => segment !== '')
    const back = mapped(...segments)
    expect(only(back, 'Task')).toMatchObject({ status: 'completed', identifier: [{ value: 'C-77' }] })
    expect(Buffer.from(only(back, 'DocumentReference').content[0]?.attachment.data ?? '', 'base64').toString('utf8')).toBe('소견')
  })

  test('a withdrawn consent is told as a cancelled referral', () => {
    const { message } = sent('recall', [task, patient])
    expect([message.header.at(9, 2), message.first('RF1')?.at(6), message.first('PID')?.at(3)]).toEqual(['I14', 'parcel-1', 'H-0001'])
    expect(message.first('NTE')?.all(3)[0]?.text).toContain('동의를 철회')
  })
})
