/** A consent that is withdrawn or narrowed reaches those who hold copies, and the officer sees who has acknowledged. */
import { beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { EmrAdapter, Parcel } from '../../adapters/contract.ts'
import { seededConsents } from '../../bin/sandbox/stories.ts'
import { profile, system } from '../../fhir-profiles/codes.ts'
import type { Task } from '../../fhir-profiles/r4.ts'
import { takeParcel } from '../../gateway/incoming.ts'
import type { Reply } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { feed, found, numberAt, patient, personId, referral, writeConsent } from './records.ts'

eachGateway('a recall', { isSameOnBoth: true }, (gateway) => {
  const got: Parcel[] = []
  let hold: Promise<void> = Promise.resolve()
  let person = ''
  let serial = 0

  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1)])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1)])
    person = await personId(gateway(), 1)
    const emr: EmrAdapter = {
      description: { kind: 'test', product: 'test', mode: 'stored', capabilities: ['deliver'] },
      check: async () => ({ ok: true }),
      // eslint-disable-next-line require-yield
      async *fetch() {},
      async deliver(parcel) {
        got.push(parcel)
        await hold
        return { outcome: 'ok' }
      },
      close: async () => {},
    }
    // the map is read at every delivery; a test is the one place that may change it
    ;(gateway().context.adapters as Map<string, EmrAdapter>).set('tertiary', emr)
  })
  beforeEach(() => {
    got.length = 0
    hold = Promise.resolve()
  })

  const officer = () => gateway().as('privacy-officer')
  const until = async <T>(read: () => Promise<T | undefined> | T | undefined): Promise<T> => {
    for (let tries = 0; tries < 400; tries += 1) {
      const value = await read()
      if (value !== undefined) return value
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error('nothing came')
  }
  const kinds = (count: number) => until(() => (got.length >= count ? got.map(({ kind }) => kind) : undefined))
  const consents = (story: number): object => {
    const found = seededConsents('2026-01-01T09:00:00+09:00').find((each) => each.number === story)
    if (found === undefined) throw new Error('no such story')
    return found.make(person)
  }
  const refer = async (): Promise<Parcel> => {
    serial += 1
    const reply = await gateway()
      .as('clinic-system')
      .post('', referral(`r${serial}`, 1))
    expect(reply.status).toBe(200)
    await kinds(1)
    const [parcel] = got
    if (parcel === undefined) throw new Error('nothing was delivered')
    return parcel
  }
  const put = async (consent: Reply, body: object): Promise<Reply> => {
    const [id, version] = [consent.body.id ?? '', consent.headers.get('etag') ?? '']
    const reply = await officer().put(`Consent/${id}`, { ...body, id }, { 'if-match': version })
    expect({ status: reply.status, issue: reply.body.issue }).toEqual({ status: 200, issue: undefined })
    return reply
  }
  const recallsOf = async (consent: Reply): Promise<readonly Task[]> =>
    // of a search for Tasks: Tasks
    found(
      await officer().get(`Task?code=recall&focus=Consent/${consent.body.id ?? ''}&_sort=_lastUpdated`),
    ) as readonly unknown[] as readonly Task[]
  const when = (consent: Reply, status: string) => until(async () => (await recallsOf(consent)).find((task) => task.status === status))
  const settled = (parcel: Parcel) =>
    until(async () => ((await gateway().context.store.parcels.byId(parcel.id))?.state === 'delivered' ? true : undefined))
  const end = async (consent: Reply): Promise<void> => {
    const now = await officer().get(`Consent/${consent.body.id ?? ''}`)
    await put(now, { ...consents(1), status: 'inactive' })
  }

  test('tells the institution that got the referral, in the words of that delivery alone; the officer sees received, then completed', async () => {
    const consent = await writeConsent(gateway(), 1)
    const parcel = await refer()
    await settled(parcel)
    expect(await recallsOf(consent)).toEqual([])
    await put(consent, { ...consents(1), status: 'inactive' })
    const task = await when(consent, 'received')
    expect([task.owner?.reference, task.focus?.reference, task.for?.reference]).toEqual([
      'Organization/tertiary',
      `Consent/${consent.body.id ?? ''}`,
      `Patient/${person}`,
    ])
    const [, recall] = got
    if (recall === undefined) throw new Error('no recall')
    expect([recall.kind, recall.bundle.entry?.map(({ resource }) => resource?.resourceType)]).toEqual(['recall', ['Task']])
    const text = JSON.stringify(recall.bundle)
    expect(text).toContain(parcel.id)
    expect(text).toContain(numberAt('tertiary', 1))
    for (const secret of [consent.body.id ?? '', 'further examination', 'ServiceRequest', numberAt('clinic', 1)])
      expect(text).not.toContain(secret)

    // The EMR answers by the parcel it got, as it answers anything.
    const answer: Task = {
      resourceType: 'Task',
      id: recall.id,
      identifier: [{ system: system.parcel, value: recall.id }],
      status: 'completed',
      intent: 'order',
    }
    const sent = {
      id: `answer-${recall.id}`,
      kind: 'referral-response',
      gaps: [],
      bundle: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: answer }] },
    } as const
    expect(
      (await takeParcel(gateway().context, 'clinic', { ...sent, bundle: { ...sent.bundle, entry: [...sent.bundle.entry] } })).outcome,
    ).toBe('fatal')
    expect(await takeParcel(gateway().context, 'tertiary', { ...sent, bundle: { ...sent.bundle, entry: [...sent.bundle.entry] } })).toEqual(
      { outcome: 'ok' },
    )
    expect((await recallsOf(consent)).map(({ status }) => status)).toEqual(['completed'])
    const ledger = found(await gateway().as('patient-1').get(`AuditEvent?patient=${person}&_count=50`))
    const codes = ledger.map((event) => JSON.stringify(event['subtype'])).join()
    expect([codes.split('"recall"').length - 1, codes.split('"recall-receipt"').length - 1]).toEqual([1, 2])

    // A new consent sends nothing again.
    await writeConsent(gateway(), 1)
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(got.map(({ kind }) => kind)).toEqual(['referral-request', 'recall'])
  })

  test('is made by narrowing too, and only for what the change takes away', async () => {
    const [held] = found(await officer().get(`Consent?patient=${person}&status=active`))
    const consent = await officer().get(`Consent/${held?.id ?? ''}`)
    const parcel = await refer()
    await settled(parcel)
    // 정신건강의학과 as a source is denied: nothing of it was sent
    const narrowed = await put(consent, consents(4))
    expect(await recallsOf(consent)).toEqual([])
    // the university hospital is denied
    await put(narrowed, consents(3))
    const task = await when(consent, 'received')
    const parcels = (task.input ?? []).map(({ valueIdentifier }) => valueIdentifier?.value)
    // what was delivered before, and covered again by the newer consent, goes with it
    expect(parcels).toContain(parcel.id)
    expect(await recallsOf(consent)).toHaveLength(1)
    await end(consent)
    expect(await recallsOf(consent)).toHaveLength(1)
  })

  test('never overtakes what it recalls, and reaches whoever was being sent to while the consent ended', async () => {
    const consent = await writeConsent(gateway(), 1)
    const arrived = Promise.withResolvers<void>()
    hold = arrived.promise
    const parcel = await refer()
    await end(consent)
    expect((await recallsOf(consent)).map(({ status }) => status)).toEqual(['requested'])
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(got.map(({ kind }) => kind)).toEqual(['referral-request'])
    arrived.resolve()
    await settled(parcel)
    expect(await kinds(2)).toEqual(['referral-request', 'recall'])
  })

  test('is due at the end that was brought forward, and not at all if a consent covers the copies again by then', async () => {
    const consent = await writeConsent(gateway(), 1)
    await settled(await refer())
    const ending = (ms: number) => {
      const { provision, ...rest } = consents(1) as { provision?: object }
      return { ...rest, provision: { ...provision, period: { end: new Date(Date.now() + ms).toISOString() } } }
    }
    const soon = await put(consent, ending(1_500))
    const [waiting] = await recallsOf(consent)
    expect([waiting?.status, waiting?.restriction?.period?.start === undefined, got.length]).toEqual(['requested', false, 1])
    await when(consent, 'received')
    expect(got.map(({ kind }) => kind)).toEqual(['referral-request', 'recall'])
    // No end any more, then an end again, and a second consent before it comes.
    const open = await put(soon, consents(1))
    await put(open, ending(1_500))
    const other = await writeConsent(gateway(), 1)
    await when(consent, 'cancelled')
    expect(got).toHaveLength(2)
    await end(other)
    await end(consent)
  })

  test('is acknowledged by people of the institution as well, by its own table; others do not learn of it', async () => {
    const consent = await writeConsent(gateway(), 1)
    await settled(await refer())
    await end(consent)
    const { id = '' } = await when(consent, 'received')
    const coordinator = gateway().as('tertiary-coordinator')
    const actions = await coordinator.get(`Task/${id}/$available-actions`)
    expect(actions.text.match(/"valueCode":"[a-z]+"/g)).toEqual([
      '"valueCode":"completed"',
      '"valueCode":"rejected"',
      '"valueCode":"reason"',
    ])
    const etag = { 'if-match': (await coordinator.get(`Task/${id}`)).headers.get('etag') ?? '' }
    const rejected = [{ op: 'replace', path: '/status', value: 'rejected' }]
    expect((await coordinator.patch(`Task/${id}`, rejected, etag)).status).toBe(422)
    const reason = { op: 'add', path: '/statusReason', value: { text: '의료법 제22조 보존 의무' } }
    for (const name of ['clinic-doctor', 'hospital-coordinator'] as const) {
      const [hidden, random] = [await gateway().as(name).get(`Task/${id}`), await gateway().as(name).get(`Task/${crypto.randomUUID()}`)]
      expect([hidden.status, hidden.text]).toEqual([404, random.text])
      expect(
        (
          await gateway()
            .as(name)
            .patch(`Task/${id}`, [...rejected, reason], etag)
        ).status,
      ).toBe(404)
    }
    expect((await gateway().as('patient-1').get(`Task/${id}`)).status).toBe(200)
    // The officer reads it; the answer is the institution's to give.
    expect((await officer().patch(`Task/${id}`, rejected, etag)).status).toBe(404)
    expect((await gateway().as('auditor').get(`Task/${id}`)).status).toBe(403)
    const done = await coordinator.patch(`Task/${id}`, [...rejected, reason], etag)
    expect([done.status, done.body.status]).toEqual([200, 'rejected'])
    expect((await recallsOf(consent)).map(({ status, statusReason }) => [status, statusReason?.text])).toEqual([
      ['rejected', reason.value.text],
    ])
  })

  test('of Tasks, the officer sees the network’s recalls and nothing that calls itself one', async () => {
    const own = {
      resourceType: 'Task',
      id: 'mine',
      meta: { profile: [profile.recallTask] },
      status: 'requested',
      intent: 'order',
      for: { reference: `Patient/${numberAt('clinic', 1)}` },
      code: { coding: [{ system: system.taskCode, code: 'recall' }] },
    }
    expect((await gateway().as('clinic-system').put('Task/mine', own)).status).toBe(201)
    const tasks = found(await officer().get('Task?_count=100'))
    expect(tasks.length).toBeGreaterThan(0)
    expect([...new Set(tasks.map((task) => JSON.stringify(task['requester'])))]).toEqual([
      JSON.stringify({ reference: 'Organization/network' }),
    ])
  })
})
