/** One trace from the sender's request to the hospital's door, live and by delivery, and spans that hold nothing of a patient. */
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectEmr } from '../../adapters/fhir-rest/emr.ts'
import { readConfig } from '../../adapters/fhir-rest/config.ts'
import { guardedFetch } from '../../adapters/guarded-fetch.ts'
import { openTrace, traceHeaders } from '../../gateway/trace.ts'
import { openTertiary, token, type TertiaryUnderTest } from '../adapters/fhir-rest/tertiary-harness.ts'
import type { TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { memoryTracer, type KeptSpan } from './memory-tracer.ts'
import { feed, patient, personId, referral, taskOf, writeConsent } from './records.ts'

interface Heard {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

let tertiary: TertiaryUnderTest
let wire: Server
let wireUrl: string
let gateway: TestGateway
let persons: readonly string[]
const heard: Heard[] = []
const start = { name: 'test', kind: 'consumer', traceparent: undefined, tracestate: undefined, requestId: '' } as const

beforeAll(async () => {
  tertiary = await openTertiary()
  wire = await recordingWire(tertiary.url)
  // A TCP server that listens has an address of this form.
  const { port } = wire.address() as AddressInfo
  wireUrl = `http://127.0.0.1:${port}/fhir`
  gateway = await startTestGateway('PGlite', { limits: { liveDeadlineMs: 20_000 }, tertiary: { baseUrl: wireUrl, token } })
  await feed(gateway, 'clinic', [patient('clinic', 1), patient('clinic', 2)])
  await writeConsent(gateway, 1)
  persons = [await personId(gateway, 1), await personId(gateway, 2)]
})
afterAll(async () => {
  trace.disable()
  await gateway.close()
  wire.closeAllConnections()
  wire.close()
  await tertiary.close()
})

/** The hospital's door, with somebody beside it who writes down who knocks. */
async function recordingWire(to: string): Promise<Server> {
  const server = createServer((incoming, answer) => {
    heard.push({ method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers })
    const onward = httpRequest(new URL(incoming.url ?? '', to), { method: incoming.method, headers: incoming.headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const idOf = (digit: string): string => digit.repeat(32)
const parentOf = (digit: string): string => `00-${idOf(digit)}-${digit.repeat(16)}-01`
const heardIn = (digit: string): readonly Heard[] => heard.filter(({ headers }) => String(headers['traceparent']).includes(idOf(digit)))

async function untilHeard(what: (each: Heard) => boolean): Promise<Heard> {
  for (const until = Date.now() + 25_000; Date.now() < until; await pause(30)) {
    const one = heard.find(what)
    if (one !== undefined) return one
  }
  throw new Error('the hospital never heard it')
}

describe('without an SDK', () => {
  test('what a request asks a hospital live carries its trace and state; the step is ours, not the caller’s', async () => {
    const headers = { traceparent: parentOf('a'), tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE' }
    const reply = await gateway.as('clinic-doctor').get(`Patient/${persons[0]}/$summary`, headers)
    expect(reply.status).toBe(200)
    const asked = heardIn('a')
    expect(asked.length).toBeGreaterThan(1)
    for (const { headers: got } of asked) {
      expect(got['traceparent']).toMatch(new RegExp(`^00-${idOf('a')}-[0-9a-f]{16}-01$`))
      expect(got['traceparent']).not.toBe(headers.traceparent)
      expect(got['tracestate']).toBe(headers.tracestate)
    }
  })

  test('calls that wait for their turn keep the trace of who asked, not of who made room for them', async () => {
    const before = heard.length
    const { origin } = new URL(wireUrl)
    const fetch = guardedFetch({ allowOrigins: [origin], deadlineMs: 20_000, maxBytes: 1_000_000, headersNow: traceHeaders })
    const reading = readConfig({ kind: 'fhir-rest', baseUrl: wireUrl, token, deadlineMs: 20_000 })
    if (!reading.ok) throw new Error(reading.faults.join())
    const emr = connectEmr(reading.config, fetch, async () => `Bearer ${token}`)
    const ids = Array.from({ length: 24 }, (_, at) => `nobody-${at}`)
    const traceOf = (at: number) => (at + 1).toString(16).padStart(32, '0')
    await Promise.all(
      ids.map((id, at) =>
        openTrace({ ...start, traceparent: `00-${traceOf(at)}-${'9'.repeat(16)}-01` }).run(() =>
          emr.read('Patient', id, AbortSignal.timeout(20_000)),
        ),
      ),
    )
    const calls = heard.slice(before).flatMap(({ path, headers }) => {
      const at = /nobody-(\d+)/.exec(path)?.[1]
      return at === undefined ? [] : [{ at: Number(at), traceId: String(headers['traceparent']).split('-')[1] }]
    })
    expect(calls.toSorted((a, b) => a.at - b.at)).toEqual(ids.map((_, at) => ({ at, traceId: traceOf(at) })))
  })

  test('a malformed header is ignored: the request has a trace of its own, and its state is not believed', async () => {
    const before = heard.length
    const headers = { traceparent: `00-${idOf('0')}-${'e'.repeat(16)}-01`, tracestate: 'vendor=malformed' }
    await gateway.as('clinic-doctor').get(`Patient/${persons[0]}`, headers)
    const own = heard
      .slice(before)
      .filter(({ headers: got }) => got['traceparent'] !== undefined && !heardIn('a').some((each) => each.headers === got))
    expect(own.length).toBeGreaterThan(0)
    expect(new Set(own.map(({ headers: got }) => String(got['traceparent']).split('-')[1])).size).toBe(1)
    for (const { headers: got } of own) {
      expect(got['traceparent']).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!e{16})[0-9a-f]{16}-00$/)
      expect(got['tracestate']).toBeUndefined()
    }
  })

  test('a delivery goes on with the trace of the referral, from what rests with the parcel', async () => {
    const sent = await gateway
      .as('clinic-system')
      .post('', referral('traced', 1), { traceparent: parentOf('f'), tracestate: 'congo=t61rcWkgMzE' })
    expect(sent.status).toBe(200)
    const stored = await gateway.context.store.sql.query<{ traceparent: string; tracestate: string }>(
      'select traceparent, tracestate from parcel where task = $1',
      [taskOf(sent)],
    )
    expect(stored.rows[0]?.traceparent).toMatch(new RegExp(`^00-${idOf('f')}-[0-9a-f]{16}-01$`))
    expect(stored.rows[0]?.tracestate).toBe('congo=t61rcWkgMzE')
    const delivered = await untilHeard(({ method, headers }) => method === 'POST' && String(headers['traceparent']).includes(idOf('f')))
    expect(delivered.headers['tracestate']).toBe('congo=t61rcWkgMzE')
  })

  test('what the gateway asks by itself belongs to no trace', async () => {
    const polled = await untilHeard(({ path }) => path.includes('/Task?') && path.includes('_sort=_lastUpdated'))
    expect(polled.headers['traceparent']).toBeUndefined()
  })
})

describe('with a tracer', () => {
  const { provider, spans } = memoryTracer()
  beforeAll(() => {
    trace.setGlobalTracerProvider(provider)
  })

  const inTraceOf = (digit: string): readonly KeptSpan[] => spans.filter((span) => span.context.traceId === idOf(digit))
  const names = (kept: readonly KeptSpan[]): ReadonlySet<string> => new Set(kept.map((span) => span.name))

  test('a request is a span named by its row, with decision, release, store and adapter below it', async () => {
    await gateway.as('clinic-doctor').get(`Patient/${persons[0]}/$summary?_format=json`, { traceparent: parentOf('1') })
    const kept = inTraceOf('1')
    const root = kept.find((span) => span.parent === '1'.repeat(16))
    expect(root).toMatchObject({
      name: 'GET /fhir/R4/Patient/:id/$summary',
      attributes: { 'http.request.method': 'GET', 'http.route': '/fhir/R4/Patient/:id/$summary', 'http.response.status_code': 200 },
      isEnded: true,
      isFailed: false,
    })
    expect(names(kept)).toEqual(new Set([root?.name, 'consent.decide', 'release.record', 'adapter.fetch', 'store.transaction']))
    const ids = new Set(kept.map((span) => span.context.spanId))
    expect(kept.filter((span) => span !== root && !ids.has(span.parent ?? ''))).toEqual([])
    // the hospital's own spans hang below ours
    const fetched = kept.filter((span) => span.name === 'adapter.fetch').map((span) => span.context.spanId)
    for (const { headers } of heardIn('1')) expect(fetched).toContain(String(headers['traceparent']).split('-')[2])
  })

  test('a delivery is a span below the request that caused it, with the adapter below the delivery', async () => {
    await gateway.as('clinic-system').post('', referral('spanned', 1), { traceparent: parentOf('2') })
    await untilHeard(({ method, headers }) => method === 'POST' && String(headers['traceparent']).includes(idOf('2')))
    const parcel = inTraceOf('2').find((span) => span.name === 'parcel')
    expect(inTraceOf('2').some((span) => span.context.spanId === parcel?.parent)).toBe(true)
    const deliver = inTraceOf('2').find((span) => span.name === 'adapter.deliver')
    expect(deliver).toMatchObject({
      parent: parcel?.context.spanId,
      attributes: { 'carenet.institution': 'tertiary', 'carenet.kind': 'fhir-rest' },
    })
    expect(names(inTraceOf('2'))).toContain('store.transaction')
  })

  test('no name and no attribute holds an id, a number, a word or an address of what was asked, sent or refused', async () => {
    const doctor = gateway.as('clinic-doctor')
    await doctor.get('Patient?name=Zq7name', { traceparent: parentOf('3') })
    await doctor.get('Patient/Zq7id/$everything', { traceparent: parentOf('3') })
    await doctor.get('Zq7type/Zq7id', { traceparent: parentOf('3') })
    await gateway.raw('/Zq7path?Zq7=1')
    await gateway.as('clinic-system').post('', { resourceType: 'Bundle', type: 'transaction', Zq7: 'Zq7' })
    const known = ['carenet.institution', 'carenet.kind', 'error.type', 'http.request.method', 'http.response.status_code', 'http.route']
    for (const { name, attributes } of spans) {
      expect(name).toMatch(/^(GET|POST|PUT|PATCH|DELETE) (\/[\w/.$:-]*|other)$|^(consent|release|store|adapter)\.[a-z]+$|^parcel$/)
      expect(known).toEqual(expect.arrayContaining(Object.keys(attributes)))
    }
    const all = JSON.stringify(spans.map(({ name, attributes }) => ({ name, attributes })))
    for (const secret of ['Zq7', ...persons, 'C-0001', 'T-0001', '강하늘', '1968-04-17', 'pt-1001']) expect(all).not.toContain(secret)
  })
})
