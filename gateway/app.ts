/**
 * The front door. The order of its lines is the security story: headers → request id → open documents → token → caller → bounded, strictly
 * read body → one route table → Released → reply. Nothing below `enter` knows about the web framework.
 */
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import helmet from 'helmet'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { DatabaseAway } from './away.ts'
import { bodyOf, formOf, readBody, requireAcceptable, wantsLines } from './body.ts'
import type { Call, Context } from './context.ts'
import { asProblem, Problem } from './problem.ts'
import { publish, publishMethods, publishProblem, type Public } from './release-public.ts'
import { pretty } from './release-shape.ts'
import { reply } from './reply.ts'
import { requireRequestRate } from './limits.ts'
import { hookServices } from './release-consent.ts'
import { enter, enterHook, hooks, methodsAt, nowhere, requireClassified, routes, shapeOf } from './routes.ts'
import { callerOf, type Caller } from './security/caller.ts'
import type { VerifiedToken } from './security/token.ts'
import { openTrace, type OpenTrace } from './trace.ts'

export interface AppParts {
  readonly context: Context
  readonly verify: (header: string | undefined) => Promise<VerifiedToken>
  readonly oauth: Router
  readonly capabilities: Public
  readonly smartConfiguration: Readonly<Record<string, unknown>>
  /** open pages of the ledger's log: checkpoint, keys, proof of growth */
  readonly log: Router
  /** health and metrics */
  readonly operations: Router
  readonly observe: (seen: { method: string; route: string; status: number; ms: number }) => void
}

export function createApp(parts: AppParts): express.Express {
  requireClassified([...routes, ...hooks])
  const { context } = parts
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  const always = headersOfHelmet()
  app.use((_request, response, next) => {
    for (const [name, value] of always) response.setHeader(name, value)
    next()
  })
  app.use((request, response, next) => withRequestId(context, request, response, next))
  app.use((request, response, next) => observed(parts, request, response, next))
  app.use(parts.operations)
  app.use('/oauth', parts.oauth)
  app.use('/audit', parts.log)
  app.get('/fhir/R4/metadata', (request, response) => reply(response, publish(parts.capabilities), askedBy(request)))
  app.get('/fhir/R4/.well-known/smart-configuration', (_request, response) => {
    response.set('access-control-allow-origin', '*').json(parts.smartConfiguration)
  })
  app.get('/cds-services', (_request, response) => {
    response.set('access-control-allow-origin', '*').json(hookServices)
  })
  app.use('/fhir/R4', (request, response, next) => (request.method === 'OPTIONS' ? offered(request, response) : next()))
  app.use(['/fhir/R4', '/cds-services'], (request, response, next) => identified(parts, request, response, next))
  app.use(['/fhir/R4', '/cds-services'], async (request, _response, next) => {
    await readBody(request, context.config.limits.maxBodyBytes)
    next()
  })
  app.use('/fhir/R4', (request, response) => served(context, request, response))
  app.use('/cds-services', (request, response) => consulted(context, request, response))
  app.use(() => {
    throw new Problem('not-found', 'nothing is offered at this address; the FHIR base is /fhir/R4', { id: 'unknown-address' })
  })
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) => failed(context, thrown, { request, response }))
  return app
}

/** What helmet sets on every answer, asked of it once: it says the same of each, by way of a dozen middlewares. */
function headersOfHelmet(): readonly (readonly [name: string, value: string])[] {
  const headers = new Map<string, string>()
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } })(request, response, (thrown) => {
    if (thrown !== undefined) throw new TypeError('the constant headers cannot be made', { cause: thrown })
    for (const name of response.getHeaderNames()) headers.set(name, String(response.getHeader(name)))
  })
  if (headers.size === 0) throw new TypeError('helmet sets its headers at once')
  return [...headers]
}

interface Local {
  readonly requestId: string
  readonly trace: OpenTrace
  readonly caller?: Caller
}

const locals = new WeakMap<Request, Local>()

function withRequestId(context: Context, request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id') ?? ''
  const requestId = /^[\w.-]{1,64}$/.test(given) ? given : context.newId()
  const [traceparent, tracestate] = [request.get('traceparent'), request.get('tracestate')]
  const trace = openTrace({ name: request.method, kind: 'server', traceparent, tracestate, requestId })
  locals.set(request, { requestId, trace })
  response.setHeader('x-request-id', requestId)
  response.once('close', () => {
    const [route, status] = [routeName(request), response.statusCode]
    trace.end(`${request.method} ${route}`, { method: request.method, route, status }, status >= 500 || !response.writableFinished)
  })
  trace.run(next)
}

function observed(parts: AppParts, request: Request, response: Response, next: NextFunction): void {
  const startedAt = performance.now()
  response.once('finish', () => {
    const ms = Math.round(performance.now() - startedAt)
    const route = routeName(request)
    parts.observe({ method: request.method, route, status: response.statusCode, ms })
    // the last byte may be written outside of the trace
    const fields = { method: request.method, route, status: response.statusCode, ms }
    locals.get(request)?.trace.run(() => parts.context.log('info', 'request', fields))
  })
  next()
}

const openPaths: ReadonlySet<string> = new Set([
  '/health/live',
  '/health/ready',
  '/metrics',
  '/fhir/R4/metadata',
  '/fhir/R4/.well-known/smart-configuration',
  '/oauth/token',
  '/oauth/jwks',
  '/oauth/introspect',
  '/oauth/revoke',
  '/audit/checkpoint',
  '/audit/consistency',
  '/audit/keys',
  '/oauth/authorize',
  '/oauth/logout',
  '/cds-services',
  ...hooks.map(({ path }) => `/cds-services/${path}`),
])

/** The row of the route table an address belongs to: what logs and metrics may hold. An id, and whatever a stranger writes, is not in it. */
function routeName({ originalUrl }: Request): string {
  // not `path`, which express shortens below a mount
  const [path = ''] = originalUrl.split('?')
  if (openPaths.has(path)) return path
  // the id of a sign-in is a secret while it lasts
  if (/^\/oauth\/(sign-in|authorize)\//.test(path)) return path.split('/').slice(0, 3).join('/')
  const [, below] = /^\/fhir\/R4(?:\/(.*?))?\/?$/.exec(path) ?? []
  const shape = path.startsWith('/fhir/R4') ? shapeOf(below ?? '') : undefined
  return shape === undefined ? 'other' : `/fhir/R4/${shape}`
}

async function identified(parts: AppParts, request: Request, _response: Response, next: NextFunction): Promise<void> {
  const caller = callerOf(await parts.verify(request.get('authorization')))
  const local = locals.get(request)
  if (local === undefined) throw new TypeError('every request has an id before it has a caller')
  locals.set(request, { ...local, caller })
  // before a byte of the body is read
  requireRequestRate(parts.context, caller)
  next()
}

/** What may be done at an address, from the route table alone: the same for whoever asks, and whatever is there. */
function offered(request: Request, response: Response): void {
  const methods = methodsAt(pathOf(request))
  if (methods === '') throw nowhere(pathOf(request))
  reply(response, publishMethods(`${methods.replace('GET', 'GET, HEAD')}, OPTIONS`), askedBy(request))
}

async function served(context: Context, request: Request, response: Response): Promise<void> {
  requireAcceptable(request)
  const released = await enter(callOf(context, request), context)
  reply(response, wantsLines(request) ? pretty(released) : released, askedBy(request))
}

async function consulted(context: Context, request: Request, response: Response): Promise<void> {
  requireAcceptable(request)
  reply(response, await enterHook(callOf(context, request), context), askedBy(request))
}

function askedBy(request: Request) {
  const { method } = request
  return { method, ifNoneMatch: request.get('if-none-match') ?? '', ifModifiedSince: request.get('if-modified-since') ?? '' }
}

function callOf(context: Context, request: Request): Call {
  const local = locals.get(request)
  if (local?.caller === undefined) throw new TypeError('a call is made only for an identified caller')
  const url = new URL(request.originalUrl, 'http://localhost')
  const path = pathOf(request)
  const isFormSearch = request.method === 'POST' && path.endsWith('/_search')
  const form = isFormSearch ? formOf(request) : []
  return {
    requestId: local.requestId,
    method: request.method,
    path,
    params: {},
    query: [...url.searchParams, ...form],
    body: isFormSearch ? { kind: 'none' } : bodyOf(context, request),
    ifMatch: request.get('if-match') ?? '',
    ifNoneMatch: request.get('if-none-match') ?? '',
    ifModifiedSince: request.get('if-modified-since') ?? '',
    ifNoneExist: request.get('if-none-exist') ?? '',
    prefer: request.get('prefer') ?? '',
    address: request.ip ?? '',
    caller: local.caller,
  }
}

/** Below the base, decoded. */
function pathOf(request: Request): string {
  const { pathname } = new URL(request.originalUrl, 'http://localhost')
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
function failed(context: Context, thrown: unknown, on: { request: Request; response: Response }): void {
  const requestId = locals.get(on.request)?.requestId ?? ''
  const problem = asProblem(thrown)
  if (problem.kind === 'fault' || problem.cause instanceof DatabaseAway) {
    const cause = problem.cause ?? problem
    context.log('error', 'fault', {
      requestId,
      route: routeName(on.request),
      fault: cause instanceof Error ? (cause.stack ?? cause.name) : 'unknown',
    })
  }
  if (on.response.headersSent) {
    on.response.destroy()
    return
  }
  reply(on.response, publishProblem(problem, requestId), askedBy(on.request))
}
