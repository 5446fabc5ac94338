import { describe, expect, test } from '@jest/globals'
import type { Parcel } from '../../../adapters/contract.ts'
import { answerParcel } from '../../../adapters/sql-view/map-answer.ts'
import { inboxRow } from '../../../adapters/sql-view/map-inbox.ts'
import { referralParcel } from '../../../adapters/sql-view/map-referral.ts'
import type { SqlRow } from '../../../adapters/sql-view/source.ts'
import type { Bundle, Consent, Resource, Task } from '../../../fhir-profiles/r4.ts'
import { patientNumberSystem, system } from '../../../fhir-profiles/codes.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { clinicMapping, institution, mapContext } from './fixture.ts'

const mapping = clinicMapping()
const context = mapContext(mapping)

const letter: SqlRow = {
  REF_NO: 'R20260302-0001',
  PT_NO: 'C-0006',
  REQ_DEPT: 'IM',
  TO_INST_NO: '01100003',
  RSN_TXT: '신장내과 진료를 의뢰합니다',
  HIRA_RSN: '04',
  DX_CD: 'N183,E119',
  NOTE_TXT: '크레아티닌이 올랐습니다',
  URG_CD: 'U',
  REF_DTM: '202603021015',
  CNS_NM: '서도현',
  CNS_REL: '0',
  CNS_DTM: '202603021010',
  CNS_UNTIL: '20260531',
  CNS_FORM: '동의서-1',
  CHG_NO: 97,
}

const unsigned = { CNS_NM: null, CNS_REL: null, CNS_DTM: null, CNS_UNTIL: null, CNS_FORM: null }

function referral(changes: SqlRow = {}): Parcel {
  if (mapping.outbox === undefined) throw new Error('the clinic has an outbox')
  return referralParcel('out-1', mapping.outbox, { ...letter, ...changes }, context)
}

function resources(bundle: Bundle): readonly Resource[] {
  return (bundle.entry ?? []).flatMap((entry) => entry.resource ?? [])
}

function only<T extends Resource['resourceType']>(bundle: Bundle, type: T): Extract<Resource, { resourceType: T }> | undefined {
  // The type was compared; the compiler cannot narrow a union by a parameter.
  return resources(bundle).find((each) => each.resourceType === type) as Extract<Resource, { resourceType: T }> | undefined
}

describe('a referral leaves the clinic', () => {
  test('as a Task with its ServiceRequest, diagnoses, letter and signed consent, all valid R4', () => {
    const { bundle, gaps } = referral()
    expect(gaps).toEqual([])
    expect(resources(bundle).map((each) => each.resourceType)).toEqual([
      'Task',
      'ServiceRequest',
      'Condition',
      'Condition',
      'DocumentReference',
      'Consent',
    ])
    expect(validate(bundle)).toEqual([])
    expect(bundle.entry?.map((entry) => entry.request?.method)).toEqual(Array.from({ length: 6 }, () => 'POST'))
  })

  test("every reference inside the Bundle leads to an entry of it or to the clinic's own patient", () => {
    const { bundle } = referral({ CNS_REL: '1', CNS_NM: '서가족' })
    const known = new Set([...(bundle.entry ?? []).map((entry) => entry.fullUrl), 'Patient/C-0006', 'Organization/network'])
    const used = [...JSON.stringify(bundle).matchAll(/"reference":"([^"]+)"/g)].map((match) => match[1])
    expect(used.length).toBeGreaterThan(8)
    expect(used.filter((reference) => !known.has(reference))).toEqual([])
  })

  test('the same row gives the same bytes, another row other names', () => {
    expect(JSON.stringify(referral())).toBe(JSON.stringify(referral()))
    expect(referral({ REF_NO: 'R20260302-0002' }).bundle.entry?.[0]?.fullUrl).not.toBe(referral().bundle.entry?.[0]?.fullUrl)
  })

  test('parties, number, department and reason are said in national codes', () => {
    const { bundle } = referral()
    const task = only(bundle, 'Task')
    expect(task).toMatchObject({
      status: 'requested',
      intent: 'order',
      identifier: [{ system: 'https://care-network.kr/fhir/Identifier/task/31100001', value: 'R20260302-0001' }],
      requester: { identifier: { system: 'http://www.hl7korea.or.kr/Identifier/hira-krnpi', value: '31100001' } },
      owner: { identifier: { system: 'http://www.hl7korea.or.kr/Identifier/hira-krnpi', value: '01100003' } },
      authoredOn: '2026-03-02T10:15:00+09:00',
    })
    expect(only(bundle, 'ServiceRequest')).toMatchObject({
      priority: 'urgent',
      performerType: { coding: [{ system: 'http://www.hl7korea.or.kr/CodeSystem/hira-medical-department', code: '01' }] },
      reasonCode: [{ text: '신장내과 진료를 의뢰합니다' }, { coding: [{ code: '04' }] }],
    })
  })

  test('without a target the gateway routes: there is no owner, and an unknown department is readable but a Gap', () => {
    const { bundle, gaps } = referral({ ...unsigned, TO_INST_NO: null, REQ_DEPT: 'ZZ' })
    expect(only(bundle, 'Task')?.owner).toBeUndefined()
    expect(only(bundle, 'ServiceRequest')).toMatchObject({ performerType: { text: 'ZZ' } })
    expect(gaps.map((gap) => gap.element)).toEqual(['V_IF_REF_OUT.REQ_DEPT'])
  })

  test('a row without a number or a patient is empty but for its Gap', () => {
    const { bundle, gaps } = referral({ REF_NO: null, PT_NO: '' })
    expect(bundle.entry).toBeUndefined()
    expect(gaps.map((gap) => gap.element)).toEqual(['V_IF_REF_OUT.REF_NO', 'V_IF_REF_OUT.PT_NO'])
  })
})

describe('the consent signed for one referral', () => {
  test('opens this request to this receiver until its end, for treatment, and nothing else', () => {
    const { bundle } = referral()
    const consent: Consent | undefined = only(bundle, 'Consent')
    expect(consent?.provision).toEqual({
      type: 'permit',
      period: { end: '2026-05-31' },
      actor: [
        {
          role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
          reference: { type: 'Organization', identifier: { system: 'http://www.hl7korea.or.kr/Identifier/hira-krnpi', value: '01100003' } },
        },
      ],
      purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
      data: [{ meaning: 'related', reference: { reference: bundle.entry?.[1]?.fullUrl } }],
    })
    expect(consent).toMatchObject({
      status: 'active',
      organization: [{ reference: 'Organization/network' }],
      dateTime: '2026-03-02T10:10:00+09:00',
      verification: [{ verified: true, verifiedWith: { reference: 'Patient/C-0006' } }],
      sourceAttachment: { title: '동의서-1' },
    })
  })

  test('signed by a guardian it names the guardian as a related person', () => {
    const { bundle } = referral({ CNS_REL: '2', CNS_NM: '윤보호' })
    const guardian = bundle.entry?.find((entry) => entry.resource?.resourceType === 'RelatedPerson')
    expect(guardian?.resource).toMatchObject({ name: [{ text: '윤보호' }], relationship: [{ coding: [{ code: 'GUARD' }] }] })
    expect(only(bundle, 'Consent')).toMatchObject({
      performer: [{ reference: guardian?.fullUrl }],
      verification: [{ verifiedWith: { reference: guardian?.fullUrl } }],
    })
  })

  test.each([
    ['receiver', { TO_INST_NO: null }, 'V_IF_REF_OUT.TO_INST_NO'],
    ['end', { CNS_UNTIL: null }, 'V_IF_REF_OUT.CNS_UNTIL'],
    ['readable end', { CNS_UNTIL: '20260230' }, 'V_IF_REF_OUT.CNS_UNTIL'],
    ['known signer', { CNS_REL: '9' }, 'V_IF_REF_OUT.CNS_REL'],
    ['date of signing', { CNS_DTM: null }, 'V_IF_REF_OUT.CNS_DTM'],
    ['form', { CNS_FORM: null }, 'V_IF_REF_OUT.CNS_FORM'],
  ])('without a %s there is no consent at all: it would permit more than the paper', (_what, change: SqlRow, element) => {
    const { bundle, gaps } = referral(change)
    expect(only(bundle, 'Consent')).toBeUndefined()
    expect(only(bundle, 'Task')).toBeDefined()
    expect(gaps.map((gap) => gap.element)).toContain(element)
  })

  test('unsigned, the referral goes without one and nothing is missing', () => {
    const { bundle, gaps } = referral(unsigned)
    expect(only(bundle, 'Consent')).toBeUndefined()
    expect(gaps).toEqual([])
  })
})

describe('an answer leaves the clinic', () => {
  const row: SqlRow = {
    ANS_NO: 1,
    MSG_ID: 'parcel-9',
    STS_CD: '90',
    RSN_TXT: null,
    RPT_TXT: '경과가 좋습니다',
    ANS_DTM: '202603051500',
    PT_NO: 'C-0001',
    CHG_NO: 99,
  }
  const answer = (changes: SqlRow = {}): Parcel => {
    if (mapping.answers === undefined) throw new Error('the clinic answers')
    return answerParcel('ans-1', mapping.answers, { ...row, ...changes }, context)
  }

  test('with the parcel it answers, its status and its report', () => {
    const { bundle, kind, gaps } = answer()
    expect([kind, gaps]).toEqual(['referral-response', []])
    const task: Task | undefined = only(bundle, 'Task')
    expect(task).toMatchObject({
      status: 'completed',
      identifier: [{ system: 'https://care-network.kr/fhir/Identifier/parcel', value: 'parcel-9' }],
    })
    expect(task?.output?.[0]?.valueReference?.reference).toBe(bundle.entry?.[1]?.fullUrl)
    const data = only(bundle, 'DocumentReference')?.content[0]?.attachment.data ?? ''
    expect(Buffer.from(data, 'base64').toString('utf8')).toBe('경과가 좋습니다')
    expect(validate(bundle)).toEqual([])
  })

  test('a refusal carries its reason', () => {
    expect(only(answer({ STS_CD: '20', RSN_TXT: '수용 불가', RPT_TXT: null }).bundle, 'Task')).toMatchObject({
      status: 'rejected',
      statusReason: { text: '수용 불가' },
    })
  })

  test('an unknown status says nothing rather than something else', () => {
    const { bundle, gaps } = answer({ STS_CD: '77' })
    expect(bundle.entry).toBeUndefined()
    expect(gaps.map((gap) => gap.element)).toEqual(['V_IF_REF_ANS.STS_CD', 'V_IF_REF_ANS.STS_CD'])
  })
})

describe('a letter reaches the inbox', () => {
  const inbox = mapping.inbox
  const rowOf = (parcel: Parcel): SqlRow => {
    if (inbox === undefined) throw new Error('the clinic has an inbox')
    const reading = inboxRow(parcel, inbox, context, new Date('2026-03-05T06:00:00Z'))
    if (!reading.ok) throw new Error(reading.reason)
    return reading.row
  }
  const task: Task = { resourceType: 'Task', status: 'rejected', intent: 'order', statusReason: { coding: [{ display: '병상 없음' }] } }
  const parcel = (entry: readonly Resource[], kind: Parcel['kind'] = 'referral-response'): Parcel => ({
    id: 'p-1',
    kind,
    gaps: [],
    bundle: { resourceType: 'Bundle', type: 'collection', entry: entry.map((resource) => ({ resource })) },
  })

  test("with the clinic's own patient number only: another id in that column would open another chart", () => {
    const patient = (system: string): Resource => ({ resourceType: 'Patient', id: 'network-1', identifier: [{ system, value: 'X-1' }] })
    expect(rowOf(parcel([task, patient('urn:oid:1.2.410.100110.10.01100003')]))['PT_NO']).toBeNull()
    expect(rowOf(parcel([task, patient(`urn:oid:1.2.410.100110.10.${institution.number}`)]))['PT_NO']).toBe('X-1')
  })

  test("with status and department in the clinic's codes and the reason in words", () => {
    const request: Resource = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject: {},
      performerType: { coding: [{ system: 'http://www.hl7korea.or.kr/CodeSystem/hira-medical-department', code: '23' }] },
      reasonCode: [{ text: '회송' }],
    }
    expect(rowOf(parcel([task, request], 'referral-request'))).toMatchObject({
      STS_CD: '20',
      STS_RSN: '병상 없음',
      REQ_DEPT: 'FM',
      RSN_TXT: '회송',
      RCV_DTM: '202603051500',
    })
  })

  test('a report that is no text is announced, so that nobody takes the letter for complete', () => {
    const report: Resource = {
      resourceType: 'DocumentReference',
      id: 'd1',
      status: 'current',
      content: [{ attachment: { contentType: 'application/pdf', data: 'JVBERi0=' } }],
    }
    expect(rowOf(parcel([task, report]))['RPT_TXT']).toBe('[첨부 application/pdf: 이 시스템에서 볼 수 없음]')
  })

  test('of several documents an answer shows those its Task names', () => {
    const note = (id: string, text: string): Resource => ({
      resourceType: 'DocumentReference',
      id,
      status: 'current',
      content: [{ attachment: { contentType: 'text/plain; charset=utf-8', data: Buffer.from(text).toString('base64') } }],
    })
    const named: Task = { ...task, output: [{ type: { text: 'report' }, valueReference: { reference: 'DocumentReference/b' } }] }
    expect(rowOf(parcel([named, note('a', '의뢰서'), note('b', '회신서')]))['RPT_TXT']).toBe('회신서')
  })

  test('a recall is a row of its own', () => {
    expect(rowOf(parcel([], 'recall'))).toMatchObject({ MSG_ID: 'p-1', MSG_KIND: 'recall', STS_CD: null })
  })

  test('a recall names the messages it takes back, the patient by the clinic’s own number, and says what to do', () => {
    const taken = (value: string) => ({ type: { text: 'parcel' }, valueIdentifier: { system: system.parcel, value } })
    const recall: Task = {
      resourceType: 'Task',
      status: 'requested',
      intent: 'order',
      description: '사용을 멈추십시오',
      for: { identifier: { system: patientNumberSystem(institution.number), value: 'C-0001' } },
      requester: { display: 'care-network' },
      input: [taken('m1'), taken('m2')],
    }
    const row = rowOf(parcel([recall], 'recall'))
    expect(row).toMatchObject({
      PT_NO: 'C-0001',
      STS_CD: '00',
      RCL_MSG_ID: 'm1 m2',
      RSN_TXT: '사용을 멈추십시오',
      FROM_INST_NM: 'care-network',
    })
    expect(Object.entries(row).flatMap(([name, value]) => (value === null ? [] : name))).toHaveLength(8)
    expect(rowOf(parcel([{ ...recall, status: 'accepted' }], 'referral-response'))['RCL_MSG_ID']).toBeNull()
  })
})
