/** Subscriptions: a handshake, numbered notices without content, told until they are taken, and nothing of what the subscriber may not see. */
import { createServer, type Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { topics } from '../../gateway/logic/subscription.ts'
import type { Asker, Body, Reply } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { freePort } from '../support/ports.ts'
import { feed, patient, personId, referral, taskOf, writeConsent } from './records.ts'

const [referralTopic, consentTopic] = topics.map(({ url }) => url)
const backport = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'
const port = await freePort()
const origin = `http://127.0.0.1:${port}`

interface Taken {
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Body
}

/** An endpoint of a subscriber's: what it was sent, and whether it takes it. */
let server: Server
const taken: Taken[] = []
let isTaking = true
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // what a notification holds is what the tests check
      taken.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body })
      response.statusCode = isTaking ? 200 : 503
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
afterEach(() => {
  isTaking = true
})

type Json = Readonly<Record<string, unknown>>

function subscription(topic: string | undefined = referralTopic, channel: Json = {}, more: Json = {}): Json {
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'to know',
    criteria: topic,
    channel: { type: 'rest-hook', endpoint: `${origin}/hook`, payload: 'application/fhir+json', ...channel },
    ...more,
  }
}

const content = (code: string): Json => ({ _payload: { extension: [{ url: `${backport}/backport-payload-content`, valueCode: code }] } })

interface Parameter {
  readonly name: string
  readonly valueString?: string
  readonly valueCode?: string
  readonly valueReference?: { readonly reference: string }
  readonly part?: readonly Parameter[]
}

const parametersOf = (body: Body | undefined): readonly Parameter[] =>
  (body?.entry?.[0]?.resource?.['parameter'] ?? []) as readonly Parameter[]
const typeOf = (body: Body): string => parametersOf(body).find(({ name }) => name === 'type')?.valueCode ?? ''
const sinceStart = (body: Body): string =>
  parametersOf(body).find(({ name }) => name === 'events-since-subscription-start')?.valueString ?? ''
const eventsOf = (body: Body): readonly { number: string; focus: string | undefined }[] =>
  parametersOf(body)
    .filter(({ name }) => name === 'notification-event')
    .map(({ part = [] }) => ({
      number: part.find(({ name }) => name === 'event-number')?.valueString ?? '',
      focus: part.find(({ name }) => name === 'focus')?.valueReference?.reference.split('/fhir/R4/')[1],
    }))
const issueOf = ({ body }: Reply): string | undefined => body.issue?.[0]?.details?.coding?.[0]?.code

async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < 500; count += 1) {
    const found = await look()
    if (found !== undefined) return found
    await pause(20)
  }
  throw new Error('it did not come')
}

eachGateway('a subscription', { isSameOnBoth: true, subscriptions: { endpoints: [origin], maxAttempts: 2 } }, (gateway) => {
  const as = (name: string): Asker => gateway().as(name)
  const at = (path: string): readonly Taken[] => taken.filter((each) => each.path === path)
  const noticesAt = (path: string): readonly Body[] => at(path).flatMap(({ body }) => (typeOf(body) === 'event-notification' ? [body] : []))
  let count = 0
  /** one of its own, active; its endpoint has a path of its own */
  async function subscribed(
    name: string,
    topic: string | undefined = referralTopic,
    channel: Json = {},
  ): Promise<{ readonly id: string; readonly path: string }> {
    count += 1
    const path = `/hook/${count}-${gateway().url.split(':').at(-1)}`
    const made = await as(name).post('Subscription', subscription(topic, { endpoint: `${origin}${path}`, ...channel }))
    expect({ status: made.status, issue: made.body.issue }).toEqual({ status: 201, issue: undefined })
    const id = made.body.id ?? ''
    await until(async () => ((await as(name).get(`Subscription/${id}`)).body.status === 'active' ? true : undefined))
    return { id, path }
  }

  let refers = 0
  async function refer(number = 1): Promise<string> {
    refers += 1
    const sent = await as('clinic-system').post('', referral(`told-${refers}`, number))
    expect(sent.status).toBe(200)
    return taskOf(sent)
  }

  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), patient('clinic', 6)])
    await feed(gateway(), 'hospital', [patient('hospital', 1)])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1)])
    await writeConsent(gateway(), 1)
  })

  test('begins with a handshake, carries its headers, and is told of referrals by number and id alone', async () => {
    const { id, path } = await subscribed('tertiary-system', referralTopic, { header: ['Authorization: Bearer of-the-subscriber'] })
    const [handshake] = at(path)
    expect([typeOf(handshake?.body ?? {}), handshake?.body['type'], handshake?.headers['authorization']]).toEqual([
      'handshake',
      'history',
      'Bearer of-the-subscriber',
    ])
    const task = await refer()
    const [first] = await until(() => (noticesAt(path).length > 0 ? noticesAt(path) : undefined))
    expect(eventsOf(first ?? {})).toEqual([{ number: '1', focus: `Task/${task}` }])
    expect(JSON.stringify(noticesAt(path))).not.toMatch(/"resourceType":"Task"|C-0001|김/)
    expect((await as('tertiary-system').get(`Task/${task}`)).status).toBe(200)
    const status = await as('tertiary-system').get(`Subscription/${id}/$status`)
    expect([status.body['type'], typeOf(status.body)]).toEqual(['searchset', 'query-status'])
    const [entry] = await gateway()
      .context.store.ledger.find({ persons: [await personId(gateway(), 1)], fromMs: 0, untilMs: 8.64e15, limit: 500, offset: 0 })
      .then(({ bodies }) => bodies.filter((body) => body.includes('"notification"')))
    expect(entry).toContain(task)
  })

  test('of somebody who may not see a referral is not told of it, and has no gap in the numbers', async () => {
    const { id, path } = await subscribed('hospital-system')
    const others = await subscribed('clinic-coordinator')
    await refer()
    await until(() => (noticesAt(others.path).length > 0 ? true : undefined))
    await refer()
    const status = await as('hospital-system').get(`Subscription/${id}/$status`)
    expect([sinceStart(status.body), noticesAt(path)]).toEqual(['0', []])
    expect(eventsOf((await as('hospital-system').get(`Subscription/${id}/$events`)).body)).toEqual([])
    const toThem = JSON.stringify(referral('to-hospital', 1)).replaceAll('Organization/tertiary', 'Organization/hospital')
    expect((await as('clinic-system').post('', toThem)).status).toBe(200)
    const [first] = await until(() => (noticesAt(path).length > 0 ? noticesAt(path) : undefined))
    expect(eventsOf(first ?? {}).map(({ number }) => number)).toEqual(['1'])
  })

  test('is told again under the same number and id until the endpoint takes it, then is in error until it is written anew', async () => {
    const { id, path } = await subscribed('tertiary-system')
    isTaking = false
    await refer()
    const tried = await until(() => (noticesAt(path).length >= 2 ? noticesAt(path) : undefined))
    expect(new Set(tried.map((body) => body.id)).size).toBe(1)
    expect(new Set(tried.map((body) => eventsOf(body)[0]?.number))).toEqual(new Set(['1']))
    const broken = await until(async () => {
      const { body } = await as('tertiary-system').get(`Subscription/${id}`)
      return body.status === 'error' ? body : undefined
    })
    expect(broken['error']).toBe('the endpoint did not take notifications')
    // numbers go on meanwhile, and can be asked for
    await refer()
    const told = await until(async () => {
      const { body } = await as('tertiary-system').get(`Subscription/${id}/$status`)
      return Number(sinceStart(body)) >= 2 ? Number(sinceStart(body)) : undefined
    })
    isTaking = true
    const put = await as('tertiary-system').put(`Subscription/${id}`, {
      ...subscription(referralTopic, { endpoint: `${origin}${path}` }),
      id,
    })
    expect(put.status).toBe(200)
    const numbers = await until(() => {
      const all = new Set(noticesAt(path).map((body) => eventsOf(body)[0]?.number))
      return all.size >= told ? all : undefined
    })
    expect([...numbers].slice(0, 2)).toEqual(['1', '2'])
    const again = await as('tertiary-system').get(`Subscription/${id}/$events?eventsSinceNumber=2&eventsUntilNumber=2`)
    expect([typeOf(again.body), eventsOf(again.body).map(({ number }) => number)]).toEqual(['query-event', ['2']])
  })

  test('with empty content says that something happened and nothing else', async () => {
    const { id, path } = await subscribed('tertiary-system', referralTopic, content('empty'))
    const task = await refer()
    const [first] = await until(() => (noticesAt(path).length > 0 ? noticesAt(path) : undefined))
    expect(eventsOf(first ?? {})).toEqual([{ number: '1', focus: undefined }])
    expect(JSON.stringify(first)).not.toContain(task)
    const asked = await as('tertiary-system').get(`Subscription/${id}/$events?content=id-only`)
    expect([asked.status, asked.text.includes(task)]).toEqual([200, false])
  })

  test('of the privacy officer tells of consents, and keeps alive with heartbeats', async () => {
    const heartbeat = { extension: [{ url: `${backport}/backport-heartbeat-period`, valueUnsignedInt: 1 }] }
    const { path } = await subscribed('privacy-officer', consentTopic, heartbeat)
    await writeConsent(gateway(), 6, 6).catch(() => writeConsent(gateway(), 6, 1))
    const [first] = await until(() => (noticesAt(path).length > 0 ? noticesAt(path) : undefined))
    expect(eventsOf(first ?? {})[0]?.focus).toMatch(/^Consent\//)
    await until(() => at(path).find(({ body }) => typeOf(body) === 'heartbeat'))
  })

  test.each<readonly [string, Json, string]>([
    ['a topic nobody offers', subscription('https://care-network.kr/fhir/SubscriptionTopic/all'), 'unsupported-topic'],
    ['records in its notices', subscription(referralTopic, content('full-resource')), 'unsupported-payload'],
    ['an endpoint that is not on the list', subscription(referralTopic, { endpoint: 'http://127.0.0.1:1/hook' }), 'endpoint-not-allowed'],
    [
      'an endpoint with a password in it',
      subscription(referralTopic, { endpoint: `http://me:it@127.0.0.1:${port}/` }),
      'endpoint-not-allowed',
    ],
    ['another channel', subscription(referralTopic, { type: 'email', endpoint: 'mailto:a@b.kr' }), 'unsupported-channel'],
    [
      'a filter',
      subscription(
        referralTopic,
        {},
        { _criteria: { extension: [{ url: `${backport}/backport-filter-criteria`, valueString: 'Task?status=x' }] } },
      ),
      'unsupported-filter',
    ],
    ['two headers in one', subscription(referralTopic, { header: ['X-A: b\r\nHost: elsewhere'] }), 'bad-header'],
    ['a header of the connection', subscription(referralTopic, { header: ['Host: elsewhere'] }), 'bad-header'],
    ['to be active at once', subscription(referralTopic, {}, { status: 'active' }), 'subscription-status'],
    ['no end in sight', subscription(referralTopic, {}, { end: '2999-01-01T00:00:00Z' }), 'bad-end'],
  ])('that asks for %s is refused by name', async (_what, body, id) => {
    const reply = await as('tertiary-system').post('Subscription', body)
    expect([reply.status, reply.body.issue?.map((issue) => issue.details?.coding?.[0]?.code)]).toEqual([422, expect.arrayContaining([id])])
  })

  test('is nobody else’s: it is read, written, asked and removed by its owner alone, and a system is not told of consents', async () => {
    const { id } = await subscribed('tertiary-system')
    const random = '0b5cde01-0000-4000-8000-000000000000'
    for (const name of ['hospital-system', 'tertiary-coordinator', 'privacy-officer']) {
      for (const ask of [
        (of: string) => as(name).get(`Subscription/${of}`),
        (of: string) => as(name).get(`Subscription/${of}/$status`),
        (of: string) => as(name).get(`Subscription/${of}/$events`),
        (of: string) => as(name).delete(`Subscription/${of}`),
        (of: string) => as(name).put(`Subscription/${of}`, { ...subscription(), id: of }),
      ]) {
        const [other, never] = [await ask(id), await ask(random)]
        expect([other.status, other.text]).toEqual([404, never.text])
      }
      expect((await as(name).get('Subscription')).text).not.toContain(id)
    }
    expect([(await as('tertiary-system').post('Subscription', subscription(consentTopic))).status]).toEqual([403])
    expect((await as('tertiary-system').get(`Subscription/${id}`)).headers.get('etag')).toBe('W/"1"')
    expect((await as('tertiary-system').delete(`Subscription/${id}`)).status).toBe(204)
    expect((await as('tertiary-system').get(`Subscription/${id}`)).status).toBe(404)
  })

  test('whose endpoint does not take the handshake is in error', async () => {
    isTaking = false
    const made = await as('clinic-system').post('Subscription', subscription(referralTopic, { endpoint: `${origin}/never` }))
    const broken = await until(async () => {
      const { body } = await as('clinic-system').get(`Subscription/${made.body.id}`)
      return body.status === 'error' ? body : undefined
    })
    expect(broken['error']).toBe('the endpoint did not take the handshake')
    expect(issueOf(await as('clinic-system').get(`Subscription?status=active`))).toBe('unsupported-parameter')
  })
})
