import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { EmrAdapter, Parcel } from '../../../adapters/contract.ts'
import { fhirRest } from '../../../adapters/fhir-rest/adapter.ts'
import { patientNumberSystem, system } from '../../../fhir-profiles/codes.ts'
import type { Task } from '../../../fhir-profiles/r4.ts'
import { adapterPorts, referralParcel } from '../../support/adapter-suite.ts'
import { type TertiaryUnderTest, openTertiary } from './tertiary-harness.ts'

const tertiary = '01100003'
const never = () => new AbortController().signal

describe('a referral handed to the university hospital', () => {
  let emr: TertiaryUnderTest
  let adapter: EmrAdapter
  beforeEach(async () => {
    emr = await openTertiary()
    adapter = fhirRest.create(emr.config, adapterPorts(emr))
  })
  afterEach(async () => {
    await adapter.close()
    await emr.close()
  })

  test('a patient the hospital knows by number is its own patient there, not a second one', async () => {
    expect(await adapter.deliver(referralParcel('p-1', tertiary, 'T-0001'), never())).toEqual({ outcome: 'ok', reference: 'Task/p-1' })
    const task = (await emr.fhir('GET', 'Task/p-1')).body
    expect(task).toMatchObject({
      for: { reference: 'Patient/pt-1001' },
      focus: { reference: 'ServiceRequest/p-1-sr' },
      identifier: [{ system: system.parcel, value: 'p-1' }],
      requester: { identifier: { system: system.institutionNumber, value: '31100001' } },
    })
    expect((await emr.fhir('GET', 'ServiceRequest/p-1-sr')).body).toMatchObject({ subject: { reference: 'Patient/pt-1001' } })
    const note = task.resourceType === 'Task' ? task.input?.[0]?.valueReference?.reference : ''
    expect((await emr.fhir('GET', note ?? '')).body).toMatchObject({
      resourceType: 'DocumentReference',
      subject: { reference: 'Patient/pt-1001' },
    })
    expect((await emr.fhir('GET', 'Patient/p-1-pt')).status).toBe(404)
  })

  test('a patient the hospital has never seen arrives with the referral', async () => {
    expect((await adapter.deliver(referralParcel('p-2', tertiary, 'T-9999'), never())).outcome).toBe('ok')
    expect((await emr.fhir('GET', 'Patient/p-2-pt')).body).toMatchObject({ name: [{ text: '견본하나' }] })
    expect((await emr.fhir('GET', 'Task/p-2')).body).toMatchObject({ for: { reference: 'Patient/p-2-pt' } })
  })

  test('a repeat does not undo that the hospital has accepted meanwhile', async () => {
    const parcel = referralParcel('p-3', tertiary)
    await adapter.deliver(parcel, never())
    await emr.desk('POST', 'tasks/p-3/accept')
    expect(await adapter.deliver(parcel, never())).toEqual({ outcome: 'ok', reference: 'Task/p-3' })
    expect((await emr.fhir('GET', 'Task/p-3')).body).toMatchObject({ status: 'accepted' })
  })

  test('a recall lies beside the referral it takes back, and is acknowledged or refused at the desk', async () => {
    await adapter.deliver(referralParcel('p-5', tertiary, 'T-0001'), never())
    const task: Task = {
      resourceType: 'Task',
      id: 'net-recall',
      status: 'requested',
      intent: 'order',
      code: { coding: [{ system: system.taskCode, code: 'recall' }] },
      for: { reference: 'Patient/somebody', identifier: { system: patientNumberSystem(tertiary), value: 'T-0001' } },
      requester: { type: 'Organization', display: 'care-network' },
      input: [{ type: { text: 'parcel' }, valueIdentifier: { system: system.parcel, value: 'p-5' } }],
    }
    const parcel: Parcel = {
      id: 'r-5',
      kind: 'recall',
      gaps: [],
      bundle: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: task }] },
    }
    expect(await adapter.deliver(parcel, never())).toEqual({ outcome: 'ok', reference: 'Task/r-5' })
    expect((await emr.fhir('GET', 'Task/r-5')).body).toMatchObject({ for: { reference: 'Patient/pt-1001' }, code: task.code })
    expect(JSON.stringify((await emr.fhir('GET', 'Task/r-5')).body)).not.toContain('somebody')
    expect((await emr.desk('GET', 'tasks')).body).toMatchObject({
      tasks: [{ id: 'p-5', recalled: true }],
      recalls: [{ id: 'r-5', status: 'requested', recalls: ['p-5'] }],
    })
    expect((await emr.desk('POST', 'tasks/r-5/accept')).status).toBe(409)
    expect((await emr.desk('POST', 'tasks/p-5/acknowledge')).status).toBe(409)
    expect((await emr.desk('POST', 'tasks/r-5/acknowledge')).status).toBe(200)
    expect((await emr.desk('POST', 'tasks/r-5/reject', { reason: 'x' })).status).toBe(409)
    // The referral is still there to be read.
    expect((await emr.fhir('GET', 'ServiceRequest/p-5-sr')).status).toBe(200)
  })

  test('an answer to the hospital is tied to the Task its doctor made', async () => {
    const answer: Parcel = {
      id: 'p-4',
      kind: 'referral-response',
      gaps: [],
      bundle: {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            resource: {
              resourceType: 'Task',
              id: 'net-9',
              status: 'accepted',
              intent: 'order',
              identifier: [
                { system: system.parcel, value: 'Task/own-1/_history/1' },
                { system: 'https://care-network.kr/fhir/Identifier/task/01100003', value: 'own-1' },
              ],
            },
          },
        ],
      },
    }
    await emr.fhir('PUT', 'Task/own-1', { resourceType: 'Task', id: 'own-1', status: 'requested', intent: 'order' })
    expect((await adapter.deliver(answer, never())).outcome).toBe('ok')
    expect((await emr.fhir('GET', 'Task/p-4')).body).toMatchObject({ status: 'accepted', partOf: [{ reference: 'Task/own-1' }] })
  })

  test('what can never work is fatal and says where', async () => {
    const parcel = referralParcel('p-5', tertiary)
    const withoutTask = { ...parcel, bundle: { ...parcel.bundle, entry: parcel.bundle.entry?.slice(0, 2) ?? [] } }
    expect(await adapter.deliver(withoutTask, never())).toMatchObject({ outcome: 'fatal', where: 'Bundle.entry' })
    expect(await adapter.deliver({ ...parcel, id: 'not a FHIR id' }, never())).toMatchObject({ outcome: 'fatal', where: 'Bundle' })
    expect(await adapter.deliver({ ...parcel, kind: 'feed' }, never())).toMatchObject({ outcome: 'fatal' })
    const noIntent = { ...parcel, bundle: { ...parcel.bundle, entry: (parcel.bundle.entry ?? []).map(withoutIntent) } }
    expect(await adapter.deliver(noIntent, never())).toEqual({
      outcome: 'fatal',
      reason: 'the EMR rejected the request (status 422)',
      where: 'Task.intent',
    })
    expect(await emr.countRows('p-5')).toBe(0)
  })

  test.each(['hang', 'garbage', 'error', 'redirect'] as const)('a hospital that answers with %s will be tried again', async (mode) => {
    await emr.fault(mode)
    const startedAt = performance.now()
    expect((await adapter.deliver(referralParcel('p-6', tertiary), never())).outcome).toBe('transient')
    expect(performance.now() - startedAt).toBeLessThan(emr.deadlineMs + 1_000)
  })
})

/** no Task of that id, and a search that finds nobody */
function nothingThere(url: string) {
  return url.includes('?') ? { status: 200, body: '{"resourceType":"Bundle","type":"searchset"}' } : { status: 404, body: '{}' }
}

function withoutIntent(entry: NonNullable<Parcel['bundle']['entry']>[number]) {
  if (entry.resource?.resourceType !== 'Task') return entry
  const { intent: _intent, ...rest } = entry.resource
  // What a sender's faulty software would produce.
  return { ...entry, resource: rest as typeof entry.resource }
}

describe('what a hospital says to a delivery', () => {
  let server: Server
  let answers: { readonly status: number; readonly body: string }
  let adapter: EmrAdapter
  beforeEach(async () => {
    server = createServer((request, response) => {
      const { status, body } = request.method === 'POST' ? answers : nothingThere(request.url ?? '')
      response.writeHead(status, { 'content-type': 'application/fhir+json' }).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // A TCP server that listens has an address of this form.
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const ports = adapterPorts({ institution: { id: 'tertiary', number: tertiary, name: 'x' }, origins: [origin], deadlineMs: 2_500 })
    adapter = fhirRest.create({ baseUrl: `${origin}/fhir`, token: 'x', deadlineMs: 2_500 }, ports)
  })
  afterEach(async () => {
    await adapter.close()
    await new Promise((resolve) => server.close(resolve))
  })

  test.each([
    [401, 'transient'],
    [403, 'fatal'],
    [409, 'transient'],
    [412, 'fatal'],
    [413, 'fatal'],
    [429, 'transient'],
    [500, 'transient'],
    [503, 'transient'],
  ])('status %i is %s', async (status, outcome) => {
    answers = { status, body: '{}' }
    expect((await adapter.deliver(referralParcel('p', tertiary), never())).outcome).toBe(outcome)
  })

  test('an expression that quotes a value, and the words of the hospital, are not passed on', async () => {
    const issue = {
      severity: 'error',
      code: 'invalid',
      diagnostics: '견본하나 is unknown',
      expression: ["Patient.name.where(text='견본하나')"],
    }
    answers = { status: 422, body: JSON.stringify({ resourceType: 'OperationOutcome', issue: [issue] }) }
    expect(await adapter.deliver(referralParcel('p', tertiary), never())).toEqual({
      outcome: 'fatal',
      reason: 'the EMR rejected the request (status 422)',
      where: 'Bundle',
    })
  })

  test('an answer of 200 that refuses one part is a refusal of the whole', async () => {
    const entry = [{ response: { status: '201 Created' } }, { response: { status: '422 Unprocessable' } }]
    answers = { status: 200, body: JSON.stringify({ resourceType: 'Bundle', type: 'transaction-response', entry }) }
    expect((await adapter.deliver(referralParcel('p', tertiary), never())).outcome).toBe('fatal')
  })
})
