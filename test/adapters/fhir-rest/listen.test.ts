import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Parcel, Receipt } from '../../../adapters/contract.ts'
import { fhirRest } from '../../../adapters/fhir-rest/adapter.ts'
import { canonicalBase, profile, system } from '../../../fhir-profiles/codes.ts'
import type { Resource, Task } from '../../../fhir-profiles/r4.ts'
import { adapterPorts, referralParcel } from '../../support/adapter-suite.ts'
import { type TertiaryUnderTest, openTertiary } from './tertiary-harness.ts'

let emr: TertiaryUnderTest
let kept: Map<string, string>
let stop: AbortController
let listening: Promise<void> | undefined
let parcels: Parcel[]
let lines: string[]

beforeEach(async () => {
  emr = await openTertiary()
  kept = new Map()
  parcels = []
  lines = []
})
afterEach(async () => {
  await hush()
  await emr.close()
})

/** starts an adapter on what is remembered, as after a restart of the gateway */
function listen(answer: (parcel: Parcel) => Receipt = () => ({ outcome: 'ok' })) {
  stop = new AbortController()
  const ports = adapterPorts(emr, kept)
  lines = ports.lines
  const adapter = fhirRest.create(emr.config, ports)
  listening = adapter.listen?.(async (parcel) => {
    parcels.push(parcel)
    return answer(parcel)
  }, stop.signal)
  return adapter
}

async function hush(): Promise<void> {
  stop?.abort()
  await listening
  listening = undefined
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(holds()).toBe(true)
}

const quiet = () => new Promise((resolve) => setTimeout(resolve, 120))
const statuses = () => parcels.map((parcel) => taskOf(parcel).status)

function taskOf(parcel: Parcel): Task {
  const task = parcel.bundle.entry?.map((entry) => entry.resource).find((resource) => resource?.resourceType === 'Task')
  if (task?.resourceType !== 'Task') throw new Error('the parcel holds no Task')
  return task
}

async function deliver(id: string): Promise<void> {
  const adapter = fhirRest.create(emr.config, adapterPorts(emr, kept))
  expect((await adapter.deliver(referralParcel(id, emr.institution.number, 'T-0001'), new AbortController().signal)).outcome).toBe('ok')
  await adapter.close()
}

test('a referral that was only delivered is no answer yet', async () => {
  await deliver('p-1')
  listen()
  await quiet()
  expect(parcels).toEqual([])
})

test('acceptance and completion are told in order, also when both fell between two looks, with the report', async () => {
  await deliver('p-2')
  await emr.desk('POST', 'tasks/p-2/accept')
  await emr.desk('POST', 'tasks/p-2/start')
  await emr.desk('POST', 'tasks/p-2/complete', { report: '양성 결절, 6개월 후 추적' })
  listen()
  await until(() => parcels.length === 3)
  expect(statuses()).toEqual(['accepted', 'in-progress', 'completed'])
  for (const parcel of parcels) {
    expect(parcel.kind).toBe('referral-response')
    expect(taskOf(parcel).identifier).toEqual([{ system: system.parcel, value: 'p-2' }])
  }
  const report = parcels[2]?.bundle.entry?.[1]?.resource
  expect(taskOf(parcels[2] ?? never()).output?.[0]?.valueReference?.reference).toBe(`DocumentReference/${report?.id ?? ''}`)
  const data = report?.resourceType === 'DocumentReference' ? report.content[0]?.attachment.data : ''
  expect(Buffer.from(data ?? '', 'base64').toString('utf8')).toBe('양성 결절, 6개월 후 추적')
})

test('a rejection comes with its reason', async () => {
  await deliver('p-3')
  listen()
  await emr.desk('POST', 'tasks/p-3/reject', { reason: '병상 없음' })
  await until(() => parcels.length === 1)
  expect(taskOf(parcels[0] ?? never())).toMatchObject({ status: 'rejected', statusReason: { text: '병상 없음' } })
})

test('nothing is told twice over restarts, and nothing of what happened in between is lost', async () => {
  await deliver('p-4')
  listen()
  await emr.desk('POST', 'tasks/p-4/accept')
  await until(() => parcels.length === 1)
  await hush()
  await emr.desk('POST', 'tasks/p-4/start')
  listen()
  await until(() => parcels.length === 2)
  await quiet()
  expect(statuses()).toEqual(['accepted', 'in-progress'])
})

test('a gateway that cannot store an answer gets it again with the same id, while other answers go on', async () => {
  await deliver('p-5')
  await deliver('p-6')
  await emr.desk('POST', 'tasks/p-5/accept')
  await emr.desk('POST', 'tasks/p-6/accept')
  let refused = 0
  listen((parcel) => (parcel.id.startsWith('Task/p-5/') && refused++ < 2 ? { outcome: 'transient', reason: 'later' } : { outcome: 'ok' }))
  await until(() => parcels.length === 4)
  await quiet()
  expect(parcels.map((parcel) => parcel.id).toSorted()).toEqual([...Array(3).fill('Task/p-5/_history/2'), 'Task/p-6/_history/2'])
})

test('an answer the gateway cannot use is not sent for ever', async () => {
  await deliver('p-7')
  await emr.desk('POST', 'tasks/p-7/accept')
  listen(() => ({ outcome: 'fatal', reason: 'no such transition', where: 'Task.status' }))
  await until(() => parcels.length === 1)
  await quiet()
  expect(parcels).toHaveLength(1)
  expect(lines).toContain('listen.refused {"where":"Task.status"}')
})

test('an EMR that forgets our identifier is still understood by the id of its Task', async () => {
  await deliver('p-8')
  const task = (await emr.fhir('GET', 'Task/p-8')).body
  await emr.fhir('PUT', 'Task/p-8', { ...task, identifier: [], status: 'accepted' })
  listen()
  await until(() => parcels.length === 1)
  expect(taskOf(parcels[0] ?? never()).identifier).toEqual([{ system: system.parcel, value: 'p-8' }])
})

test('a report about another patient does not travel', async () => {
  await deliver('p-9')
  await emr.fhir('PUT', 'DocumentReference/wrong', {
    resourceType: 'DocumentReference',
    id: 'wrong',
    status: 'current',
    subject: { reference: 'Patient/pt-1002' },
    content: [{ attachment: { title: 'x' } }],
  })
  const task = (await emr.fhir('GET', 'Task/p-9')).body
  const output = [{ type: { text: 'report' }, valueReference: { reference: 'DocumentReference/wrong' } }]
  await emr.fhir('PUT', 'Task/p-9', { ...task, status: 'completed', output })
  listen()
  await until(() => parcels.length === 1)
  expect(parcels[0]?.bundle.entry).toHaveLength(1)
  expect(parcels[0]?.gaps.map((gap) => gap.gap)).toEqual(['not-permitted-by-source'])
})

test('a report that is a link inside the hospital travels with its content', async () => {
  await deliver('p-10')
  await emr.fhir('PUT', 'Binary/b-1', { resourceType: 'Binary', id: 'b-1', contentType: 'application/pdf', data: 'JVBERg==' })
  await emr.fhir('PUT', 'DocumentReference/d-1', {
    resourceType: 'DocumentReference',
    id: 'd-1',
    status: 'current',
    subject: { reference: 'Patient/pt-1001' },
    content: [{ attachment: { url: 'Binary/b-1' } }],
  })
  const task = (await emr.fhir('GET', 'Task/p-10')).body
  await emr.fhir('PUT', 'Task/p-10', {
    ...task,
    status: 'completed',
    output: [{ type: { text: 'report' }, valueReference: { reference: 'DocumentReference/d-1' } }],
  })
  listen()
  await until(() => parcels.length === 1)
  expect(parcels[0]?.bundle.entry?.[1]?.resource).toMatchObject({
    content: [{ attachment: { contentType: 'application/pdf', data: 'JVBERg==' } }],
  })
})

const ownTask = {
  resourceType: 'Task',
  meta: { profile: [profile.referralTask] },
  status: 'requested',
  intent: 'order',
  for: { reference: 'Patient/pt-1002' },
  focus: { reference: 'ServiceRequest/own-sr' },
  requester: { reference: 'Organization/nuri' },
  owner: { reference: 'Organization/partner' },
}

async function ownReferral(id: string, changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await emr.fhir('PUT', 'Organization/partner', {
    resourceType: 'Organization',
    id: 'partner',
    identifier: [{ system: system.institutionNumber, value: '11100002' }],
    name: '한빛종합병원',
  })
  await emr.fhir('PUT', 'ServiceRequest/own-sr', {
    resourceType: 'ServiceRequest',
    id: 'own-sr',
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/pt-1002' },
    supportingInfo: [{ reference: 'DiagnosticReport/dr-2-1' }],
  })
  await emr.fhir('PUT', `Task/${id}`, { ...ownTask, id, ...changes })
}

test('a referral made by a doctor of the hospital goes out with its patient, request and documents', async () => {
  await ownReferral('own-1')
  listen()
  await until(() => parcels.length === 1)
  const [parcel = never()] = parcels
  const types = parcel.bundle.entry?.map((entry) => (entry.resource satisfies Resource | undefined)?.resourceType)
  expect([parcel.id, parcel.kind, types]).toEqual([
    'Task/own-1/_history/1',
    'referral-request',
    ['Task', 'Patient', 'ServiceRequest', 'DiagnosticReport'],
  ])
  expect(taskOf(parcel)).toMatchObject({
    identifier: [{ value: 'own-1', type: { coding: [{ code: 'PLAC' }] } }],
    requester: { identifier: { system: system.institutionNumber, value: '01100003' } },
    owner: { identifier: { system: system.institutionNumber, value: '11100002' } },
    for: { reference: 'Patient/pt-1002' },
  })
})

test('an answer to the hospital’s own referral is for its doctors to read, and is never answered', async () => {
  const identifier = [
    { system: `${canonicalBase}/Identifier/task/01100003`, value: 'own-9' },
    { system: system.parcel, value: 'answer-9' },
  ]
  await emr.fhir('PUT', 'Task/answer-9', { ...ownTask, id: 'answer-9', status: 'accepted', identifier })
  listen()
  await quiet()
  expect(parcels).toEqual([])
})

test('a referral that the hospital’s doctor takes back is told once, by the number it was sent with', async () => {
  await ownReferral('own-4')
  listen()
  await until(() => parcels.length === 1)
  await emr.fhir('PUT', 'Task/own-4', { ...ownTask, id: 'own-4', status: 'cancelled' })
  await until(() => parcels.length === 2)
  await emr.fhir('PUT', 'Task/own-4', { ...ownTask, id: 'own-4', status: 'cancelled', priority: 'routine' })
  await quiet()
  expect(parcels.map((parcel) => parcel.kind)).toEqual(['referral-request', 'referral-response'])
  const cancel = taskOf(parcels[1] ?? never())
  expect(cancel).toMatchObject({ status: 'cancelled', identifier: [{ value: 'own-4', type: { coding: [{ code: 'PLAC' }] } }] })
  expect(cancel.statusReason?.text).toContain('취소')
})

test('a referral that its sender takes back is cancelled in the hospital’s own copy, and that is no answer of the hospital', async () => {
  await deliver('p-20')
  await deliver('p-21')
  listen()
  await emr.desk('POST', 'tasks/p-20/accept')
  await until(() => parcels.length === 1)
  const adapter = fhirRest.create(emr.config, adapterPorts(emr, kept))
  const told = { resourceType: 'Task', status: 'cancelled', intent: 'order', statusReason: { text: '환자가 원하지 않음' } } as const
  const cancel = (id: string, of: string): Parcel => {
    const task: Task = {
      ...told,
      id: 'n',
      identifier: [
        { system: system.parcel, value: of },
        { system: system.parcel, value: id },
      ],
    }
    return { id, kind: 'referral-response', bundle: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: task }] }, gaps: [] }
  }
  for (let times = 0; times < 2; times++) {
    expect(await adapter.deliver(cancel('c-20', 'p-20'), new AbortController().signal)).toEqual({ outcome: 'ok', reference: 'Task/p-20' })
  }
  expect((await emr.fhir('GET', 'Task/p-20')).body).toMatchObject({ status: 'cancelled', statusReason: { text: '환자가 원하지 않음' } })
  expect((await emr.fhir('GET', 'Task/c-20')).status).toBe(404)
  // What the hospital has finished stays finished.
  await emr.desk('POST', 'tasks/p-21/reject', { reason: '병상 없음' })
  expect((await adapter.deliver(cancel('c-21', 'p-21'), new AbortController().signal)).outcome).toBe('ok')
  expect((await emr.fhir('GET', 'Task/p-21')).body).toMatchObject({ status: 'rejected' })
  await quiet()
  expect(statuses()).toEqual(['accepted', 'rejected'])
  await adapter.close()
})

test.each([
  ['of another institution', { requester: { identifier: { system: system.institutionNumber, value: '11100002' } } }],
  ['without the referral profile', { meta: {} }],
  ['that is still a draft', { status: 'draft' }],
])('a Task %s is not a referral of this hospital', async (_why, changes) => {
  await ownReferral('own-2', changes)
  listen()
  await quiet()
  expect(parcels).toEqual([])
})

test('a referral that names no patient the hospital has is brought with a gap, and again only when the doctor has mended it', async () => {
  await ownReferral('own-3', { for: { display: 'somebody' } })
  listen((parcel) => (parcel.gaps.length > 0 ? { outcome: 'fatal', reason: 'no patient', where: 'Task.for' } : { outcome: 'ok' }))
  await until(() => parcels.length === 1)
  await quiet()
  expect(parcels.map((parcel) => parcel.gaps[0])).toEqual([
    { gap: 'unmappable', element: 'Task.for', reason: 'the referral names nothing the EMR has' },
  ])
  await ownReferral('own-3')
  await until(() => parcels.length === 2)
  await quiet()
  expect(parcels.map((parcel) => parcel.gaps.length > 0)).toEqual([true, false])
})

test('a hospital that is away for a while is listened to again when it is back', async () => {
  await deliver('p-11')
  await emr.fault('error')
  listen()
  await until(() => lines.some((line) => line.startsWith('listen.failed')))
  await emr.fault('none')
  await emr.desk('POST', 'tasks/p-11/accept')
  await hush()
  listen()
  await until(() => parcels.length === 1)
})

function never(): never {
  throw new Error('expected a parcel')
}
