/**
 * The front door, on node:http alone. The order of `answered` is the security story: headers → request id → open pages → token → caller →
 * bounded, strictly read body → one route table → Released → reply. Nothing below `enter` knows of HTTP.
 */
import type { Router } from 'express'
import helmet, { type HelmetOptions } from 'helmet'
import { IncomingMessage, ServerResponse, type RequestListener } from 'node:http'
import { Socket } from 'node:net'
import { isPage, openPages, openPaths, type PageParts } from './app-pages.ts'
import { DatabaseAway } from './away.ts'
import { askedBy, bodyOf, formOf, readBody, requireAcceptable, wantsLines } from './body.ts'
import { largeBodies, type LargeBodies } from './body-turns.ts'
import type { Call, Context } from './context.ts'
import { asProblem, Problem } from './problem.ts'
import { publishMethods, publishProblem } from './release-public.ts'
import { pretty } from './release-shape.ts'
import type { Released } from './released.ts'
import { reply } from './reply.ts'
import { requireRequestRate } from './limits.ts'
import { hooks, requireClassified, routes } from './routes.ts'
import { methodsAt, nowhere, shapeOf } from './addresses.ts'
import { enter, enterHook } from './enter.ts'
import { callerOf, type Admission } from './security/caller.ts'
import type { BroughtToken } from './security/token.ts'
import { openTrace, type OpenTrace } from './trace.ts'

export interface AppParts extends PageParts {
  readonly context: Context
  readonly verify: (header: string | undefined) => Promise<BroughtToken>
  readonly observe: (seen: { method: string; route: string; status: number; ms: number }) => void
  readonly log: Router
}

/** One request at the door. */
interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  /** as it was asked, without what follows `?` */
  readonly path: string
  readonly requestId: string
  /** one of the open pages, which people see in a browser */
  readonly isPage: boolean
  /** headers of whatever is answered */
  readonly always: Readonly<Record<string, string>>
  readonly trace: OpenTrace
}

export function createApp(parts: AppParts): RequestListener {
  requireClassified([...routes, ...hooks])
  const { context } = parts
  const always = { page: headersOfHelmet(forPages), answer: headersOfHelmet(forAnswers) }
  const large = largeBodies()
  const arrivals = new WeakMap<IncomingMessage, Arrival>()
  const pages = openPages(parts, (thrown, request, response) => failed(context, thrown, arrivals.get(request) ?? { request, response }))
  return (request, response) => {
    const arrival = arrived(parts, always, { request, response })
    arrival.trace.run(() => {
      if (arrival.isPage) {
        for (const [name, value] of Object.entries(arrival.always)) response.setHeader(name, value)
        arrivals.set(request, arrival)
        pages(request, response)
      } else void answered(parts, arrival, large)
    })
  }
}

const nothingRuns = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }
const forPages: HelmetOptions = { contentSecurityPolicy: { directives: nothingRuns } }
/** Of what is no document, those that mean something: https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers */
const forAnswers: HelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: nothingRuns },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
}

/** What helmet sets on every answer of a kind, asked of it once: it says the same of each, by way of a dozen middlewares. */
function headersOfHelmet(options: HelmetOptions): Readonly<Record<string, string>> {
  const headers = new Map<string, string>()
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  helmet(options)(request, response, (thrown) => {
    if (thrown !== undefined) throw new TypeError('the constant headers cannot be made', { cause: thrown })
    for (const name of response.getHeaderNames()) headers.set(name, String(response.getHeader(name)))
  })
  if (headers.size === 0) throw new TypeError('helmet sets its headers at once')
  return Object.fromEntries(headers)
}

/** Gives the request its id and its trace, and sees to it that log, metrics and trace hear how it ended. */
function arrived(
  parts: AppParts,
  always: Readonly<Record<'page' | 'answer', Readonly<Record<string, string>>>>,
  { request, response }: Pick<Arrival, 'request' | 'response'>,
): Arrival {
  const startedAt = performance.now()
  const { method = '' } = request
  const [path = ''] = (request.url ?? '').split('?', 1)
  const given = headerOf(request, 'x-request-id')
  const requestId = /^[\w.-]{1,64}$/.test(given) ? given : parts.context.newId()
  const { traceparent } = request.headers
  const tracestate = headerOf(request, 'tracestate')
  const trace = openTrace({
    name: method,
    kind: 'server',
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: tracestate === '' ? undefined : tracestate,
    requestId,
  })
  response.once('close', () => {
    const [route, status] = [routeName(path), response.statusCode]
    if (response.writableFinished) {
      const ms = Math.round(performance.now() - startedAt)
      parts.observe({ method, route, status, ms })
      // the last byte may be written outside of the trace
      trace.run(() => parts.context.log('info', 'request', { method, route, status, ms }))
    }
    trace.end(`${method} ${route}`, { method, route, status }, status >= 500 || !response.writableFinished)
  })
  const isOpen = isPage(method, path)
  const headers = { ...(isOpen ? always.page : always.answer), 'x-request-id': requestId }
  return { request, response, isPage: isOpen, always: headers, method, path, requestId, trace }
}

/** A header that may come once; '' for none. */
function headerOf({ headers }: IncomingMessage, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

async function answered(parts: AppParts, arrival: Arrival, large: LargeBodies): Promise<void> {
  const { context } = parts
  const { request, response } = arrival
  try {
    const address = new URL(request.url ?? '', 'http://localhost')
    const path = pathOf(address)
    const isHook = /^\/cds-services(\/|$)/i.test(arrival.path)
    if (request.method === 'OPTIONS' && !isHook) {
      reply(response, offered(path), askedBy(request), arrival.always)
      return
    }
    const { token, admission } = await parts.verify(request.headers.authorization)
    const released = await unlessEnded(admission, async () => {
      const caller = callerOf(token)
      // before a byte of the body is read
      requireRequestRate(context, caller)
      const bytes = await readBody(request, context.config.limits.maxBodyBytes)
      requireAcceptable(request, address)
      return large(bytes.length, async () => {
        const call = callOf(context, arrival, { path, address, bytes, caller, admission })
        return isHook ? enterHook(call, context) : enter(call, context)
      })
    })
    reply(response, !isHook && wantsLines(address) ? pretty(released) : released, askedBy(request), arrival.always)
  } catch (thrown) {
    failed(context, thrown, arrival)
  }
}

/** Whatever a request comes to with a token that was ended, that it was is the answer. */
async function unlessEnded<T>(admission: Admission, work: () => Promise<T>): Promise<T> {
  try {
    const done = await work()
    await admission.required()
    return done
  } catch (thrown) {
    await admission.required()
    throw thrown
  }
}

/** The row of the route table an address belongs to: what logs and metrics may hold. An id, and whatever a stranger writes, is not in it. */
function routeName(path: string): string {
  if (openPaths.has(path)) return path
  // the id of a sign-in is a secret while it lasts
  if (/^\/oauth\/(sign-in|authorize)\//.test(path)) return path.split('/').slice(0, 3).join('/')
  if (path !== fhirBase && !path.startsWith(`${fhirBase}/`)) return 'other'
  const shape = shapeOf(path.slice(fhirBase.length + 1, path.endsWith('/') ? -1 : undefined))
  return shape === undefined ? 'other' : `${fhirBase}/${shape}`
}

const fhirBase = '/fhir/R4'

/** What may be done at an address, from the route table alone: the same for whoever asks, and whatever is there. */
function offered(path: string): Released {
  const methods = methodsAt(path)
  if (methods === '') throw nowhere(path)
  return publishMethods(`${methods.replace('GET', 'GET, HEAD')}, OPTIONS`)
}

function callOf(
  context: Context,
  { request, requestId, method }: Arrival,
  { path, address, bytes, caller, admission }: Pick<Call, 'path' | 'caller' | 'admission'> & { address: URL; bytes: Buffer },
): Call {
  const isFormSearch = method === 'POST' && path.endsWith('/_search')
  const form = isFormSearch ? formOf(request, bytes) : []
  return {
    requestId,
    method,
    path,
    params: {},
    query: address.search === '' ? form : [...address.searchParams, ...form],
    body: isFormSearch ? { kind: 'none' } : bodyOf(context, request, bytes),
    ifMatch: headerOf(request, 'if-match'),
    ifNoneMatch: headerOf(request, 'if-none-match'),
    ifModifiedSince: headerOf(request, 'if-modified-since'),
    ifNoneExist: headerOf(request, 'if-none-exist'),
    prefer: headerOf(request, 'prefer'),
    address: request.socket.remoteAddress ?? '',
    caller,
    admission,
  }
}

/** Below the base, decoded. */
function pathOf({ pathname }: URL): string {
  return safeDecode(pathname.replace(/^\/(?:fhir\/R4|cds-services)\/?/, '').replace(/\/$/, ''))
}

function safeDecode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new Problem('invalid', 'the address is not valid percent-encoded UTF-8', { id: 'bad-address', cause })
  }
}

/** The one place where whatever was thrown becomes an answer. A fault is logged with its cause and told to nobody. */
function failed(context: Context, thrown: unknown, on: Pick<Arrival, 'request' | 'response'> & Partial<Arrival>): void {
  const { request, response, requestId = '', path = '', always = {} } = on
  const problem = asProblem(thrown)
  if (problem.kind === 'fault' || problem.cause instanceof DatabaseAway) {
    const cause = problem.cause ?? problem
    context.log('error', 'fault', {
      requestId,
      route: routeName(path),
      fault: cause instanceof Error ? (cause.stack ?? cause.name) : 'unknown',
    })
  }
  if (response.headersSent) {
    response.destroy()
    return
  }
  reply(response, publishProblem(problem, requestId), askedBy(request), always)
}
