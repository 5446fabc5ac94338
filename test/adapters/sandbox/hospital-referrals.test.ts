import { afterEach, describe, expect, test } from '@jest/globals'
import { DatabaseSync } from 'node:sqlite'
import type { Parcel } from '../../../adapters/contract.ts'
import type { Resource, Task } from '../../../fhir-profiles/r4.ts'
import { only } from '../hl7v2-mllp/bench.ts'
import { cleanUp, get, post, running, seeded, until } from './hospital-bench.ts'

afterEach(cleanUp)

const hospitalNumbers = 'urn:oid:1.2.410.100110.10.11100002'

function referral(id: string, patient: Partial<Extract<Resource, { resourceType: 'Patient' }>>): Parcel {
  const content: readonly Resource[] = [
    {
      resourceType: 'Task',
      id: 't',
      status: 'requested',
      intent: 'order',
      for: { reference: 'Patient/p' },
      focus: { reference: 'ServiceRequest/s' },
      requester: { identifier: { system: 'http://www.hl7korea.or.kr/Identifier/hira-krnpi', value: '31100001' }, display: '해맑은의원' },
    },
    {
      resourceType: 'ServiceRequest',
      id: 's',
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/p' },
      reasonCode: [{ text: '심장 정밀검사' }],
    },
    { resourceType: 'Patient', id: 'p', ...patient },
  ]
  return {
    id,
    kind: 'referral-request',
    bundle: { resourceType: 'Bundle', type: 'collection', entry: content.map((resource) => ({ resource })) },
    gaps: [],
  }
}

const soon = (): AbortSignal => AbortSignal.timeout(10_000)

function rows(dataFile: string, sql: string): readonly Readonly<Record<string, unknown>>[] {
  const reader = new DatabaseSync(dataFile, { readOnly: true })
  const found = reader.prepare(sql).all()
  reader.close()
  return found
}

describe('한빛종합병원 takes a referral', () => {
  test('once per message, and answers: accepted, then a report', async () => {
    const { hospital, gateway, adapter, dataFile } = await running()
    await until(() => gateway.taken.length === seeded)
    const parcel = referral('parcel-1', { identifier: [{ system: hospitalNumbers, value: 'H-0001' }], name: [{ text: '강하늘' }] })
    expect(await adapter.deliver(parcel, soon())).toEqual({ outcome: 'ok' })
    expect(await adapter.deliver(parcel, soon())).toEqual({ outcome: 'ok' })
    expect(rows(dataFile, 'select control_id from inbox')).toEqual([{ control_id: 'parcel-1' }])
    expect(await get(hospital, '/referrals')).toMatchObject({
      received: [{ id: 'parcel-1', patient: 'H-0001', institution: '해맑은의원', reason: '심장 정밀검사', state: 'received' }],
    })
    expect((await post(hospital, '/referrals/parcel-1/accept')).status).toBe(200)
    expect((await post(hospital, '/referrals/parcel-1/accept')).status).toBe(409)
    expect((await post(hospital, '/referrals/parcel-1/reply', { text: '심초음파 정상\n3개월 후 재검' })).status).toBe(200)
    await until(() => gateway.taken.length === seeded + 2)
    const [accepted, replied] = gateway.taken.slice(-2)
    if (accepted === undefined || replied === undefined) throw new Error('two answers were awaited')
    expect(only(accepted, 'Task')).toMatchObject({ status: 'accepted', identifier: [{ value: 'parcel-1' }] })
    expect(only(replied, 'Task').status).toBe('completed')
    const data = only(replied, 'DocumentReference').content[0]?.attachment.data ?? ''
    expect(Buffer.from(data, 'base64').toString('utf8')).toBe('심초음파 정상\n3개월 후 재검')
  })

  test('or rejects it with its reason', async () => {
    const { hospital, gateway, adapter } = await running()
    await until(() => gateway.taken.length === seeded)
    await adapter.deliver(
      referral('parcel-2', { identifier: [{ system: hospitalNumbers, value: 'H-0002' }], name: [{ text: '문지호' }] }),
      soon(),
    )
    expect((await post(hospital, '/referrals/parcel-2/reject', { reason: '' })).status).toBe(400)
    expect((await post(hospital, '/referrals/parcel-2/reject', { reason: '병상 부족' })).status).toBe(200)
    await until(() => gateway.taken.length === seeded + 1)
    const last = gateway.taken.at(-1)
    expect(last === undefined ? undefined : only(last, 'Task')).toMatchObject({ status: 'rejected', statusReason: { text: '병상 부족' } })
  })

  test('two people who share name and birthday stay two: who is new gets a chart of their own, and others hear of it', async () => {
    const { hospital, gateway, adapter } = await running()
    await until(() => gateway.taken.length === seeded)
    // Person 7, whom only the clinic knows; person 8 of the same name and birth date is known here.
    const phone = [{ system: 'phone', use: 'mobile', value: '010-5501-0007' }] as const
    await adapter.deliver(
      referral('parcel-3', {
        identifier: [{ system: 'urn:oid:1.2.410.100110.10.31100001', value: 'C-0007' }],
        name: [{ text: '김민준' }],
        birthDate: '1990-03-03',
        telecom: [...phone],
      }),
      soon(),
    )
    expect(await get(hospital, '/referrals')).toMatchObject({ received: [{ id: 'parcel-3', patient: null }] })
    await post(hospital, '/referrals/parcel-3/accept')
    await until(() => gateway.taken.length === seeded + 2)
    const [arrival, accepted] = gateway.taken.slice(-2)
    expect(arrival === undefined ? undefined : only(arrival, 'Patient')).toMatchObject({ id: 'H-9001', name: [{ text: '김민준' }] })
    expect(accepted === undefined ? undefined : only(accepted, 'Task').status).toBe('accepted')
  })
})

describe('한빛종합병원 refers', () => {
  test('and learns what became of it', async () => {
    const { hospital, gateway, adapter } = await running()
    await until(() => gateway.taken.length === seeded)
    const sent = await post(hospital, '/referrals', {
      patientNumber: 'H-0002',
      department: '01',
      toInstitutionNumber: '01100003',
      reason: '심장 정밀검사',
      icd: 'I109',
    })
    expect(sent.status).toBe(201)
    await until(() => gateway.taken.length === seeded + 1)
    const parcel = gateway.taken.at(-1)
    if (parcel === undefined) throw new Error('a referral was awaited')
    expect(parcel.kind).toBe('referral-request')
    const asked = only(parcel, 'Task')
    expect(asked).toMatchObject({ owner: { identifier: { value: '01100003' } }, requester: { identifier: { value: '11100002' } } })
    const answer: Task = {
      ...asked,
      status: 'rejected',
      statusReason: { text: '진료과 없음' },
      identifier: [...(asked.identifier ?? []), { system: 'https://care-network.kr/fhir/Identifier/parcel', value: 'answer-1' }],
    }
    const content: readonly Resource[] = [answer, only(parcel, 'Patient')]
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: content.map((resource) => ({ resource })) } as const
    expect(
      await adapter.deliver(
        { id: 'answer-1', kind: 'referral-response', bundle: { ...bundle, entry: [...bundle.entry] }, gaps: [] },
        soon(),
      ),
    ).toEqual({ outcome: 'ok' })
    expect(await get(hospital, '/referrals')).toMatchObject({
      sent: [
        { ...(typeof sent.body === 'object' ? { id: (sent.body as { id: string }).id } : {}), state: 'rejected', answer: '진료과 없음' },
      ],
    })
  })
})
