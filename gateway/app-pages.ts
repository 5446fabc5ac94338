/** The open pages: what is answered without a token, whoever asks. Everything else at the door is `app.ts`. */
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import type { RequestListener } from 'node:http'
import { Problem } from './problem.ts'
import { publish, type Public } from './release-public.ts'
import { reply } from './reply.ts'
import { hookServices } from './release-consent.ts'
import { askedBy } from './body.ts'
import { hooks } from './routes.ts'

export interface PageParts {
  readonly oauth: Router
  readonly capabilities: Public
  readonly smartConfiguration: Readonly<Record<string, unknown>>
  /** open pages of the ledger's log: checkpoint, keys, proof of growth */
  readonly log: Router
  /** health and metrics */
  readonly operations: Router
}

/** `failed`: turns what was thrown into an answer. */
export function openPages(parts: PageParts, failed: (thrown: unknown, request: Request, response: Response) => void): RequestListener {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
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
  app.use(() => {
    throw new Problem('not-found', 'nothing is offered at this address; the FHIR base is /fhir/R4', { id: 'unknown-address' })
  })
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) => failed(thrown, request, response))
  return app
}

/** Behind the door: what is asked with a token. Letters of either case, as the pages have it. */
const behind = /^\/(?:fhir\/r4|cds-services)(?:\/|$)/i
const openBelow = /^\/(?:fhir\/r4\/(?:metadata|\.well-known\/smart-configuration)|cds-services)\/?$/i

export function isPage(method: string, path: string): boolean {
  return !behind.test(path) || ((method === 'GET' || method === 'HEAD') && openBelow.test(path))
}

export const openPaths: ReadonlySet<string> = new Set([
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
