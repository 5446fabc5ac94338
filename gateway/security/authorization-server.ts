/**
 * The authorization server, mounted at `/oauth`: systems by client_credentials and private_key_jwt; in the sandbox people by the sign-in page
 * (authorization code with PKCE) and by `carenet token`.
 * Only the routes below exist; oidc-provider is asked for tokens and for nothing else.
 */
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { importJWK } from 'jose'
import { errors, type Provider } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Log } from '../context.ts'
import type { Holder, IssuedGrant } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import { peopleSignIn } from './apps.ts'
import { takeAssertion } from './assertion.ts'
import type { Bearer } from './claims.ts'
import { knownClients } from './clients.ts'
import { clientClockSkewS, endpointsOf, sandboxAssertionLifetimeS, sandboxClientId } from './endpoints.ts'
import { type KeySet, type PublicKey, type SigningKeys, signingKeys } from './keys.ts'
import { logout } from './logout.ts'
import { serverMetadata } from './metadata.ts'
import type { IssueSetup } from './issue.ts'
import { checkClients, createProvider } from './provider.ts'
import { isObject, isText, type JsonObject } from './read.ts'
import { type AdmitEmergency, type ResolvePatient, sandboxBearer } from './sandbox.ts'
import { signInRoutes } from './sign-in.ts'
import { introspect, revoke, type StatusAnswer, type StatusSetup } from './status.ts'
import { createTokenReader } from './token.ts'

export interface AuthorizationServerSetup {
  readonly config: Config
  readonly sql: Sql
  /** milliseconds of real time: tokens never follow the application clock */
  readonly now: () => number
  readonly resolvePatient: ResolvePatient
  readonly admitEmergency: AdmitEmergency
  /** told of every token after its row is written and before it leaves: where the ledger learns of a declared break-glass */
  readonly issued: (grant: IssuedGrant, address: string) => Promise<void>
  /** told when somebody signed out */
  readonly left: (holder: Holder, address: string) => Promise<void>
  readonly log: Log
}

export interface AuthorizationServer {
  /** mount at the path of `issuer` */
  readonly router: Router
  readonly issuer: string
  readonly audience: string
  /** for the token verifier; straight from the database */
  readonly publishedKeys: () => Promise<readonly PublicKey[]>
  /** a new key signs from now on; tokens of the one before stay good */
  readonly rotateKeys: () => Promise<void>
}

/** Throws when a client of the configuration cannot be used. Makes the first signing key on an empty database. */
export async function createAuthorizationServer(setup: AuthorizationServerSetup): Promise<AuthorizationServer> {
  const { config, sql, now } = setup
  const endpoints = endpointsOf(config)
  const clients = knownClients(config.clients)
  const keys = signingKeys(sql, now)
  const sandbox = await sandboxVerifier(setup)
  const providerFor = rebuiltOnRotation({ ...setup, clients, sandbox })
  const provider = async () => providerFor(await keys.current())
  await checkClients(await provider(), [...clients.keys(), ...(sandbox === undefined ? [] : config.apps.map((app) => app.clientId))])
  const read = createTokenReader({ ...endpoints, keys: keys.published, now, clockSkewS: clientClockSkewS })
  const status: StatusSetup = { sql, now, endpoints, clients, read, publicClients: publicClients(config) }

  const router = express.Router()
  router.use(asSeen(endpoints.issuer))
  const metadata = serverMetadata(config)
  const form = express.urlencoded({ extended: false, limit: '56kb', parameterLimit: 20 })
  router.get(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'], open, (_request, response) => {
    response.json(metadata)
  })
  router.get('/jwks', open, (_request, response) => publish(response, keys))
  const token = async (request: Request, response: Response) => (await provider()).callback()(request, response)
  router.post('/token', (request, response) => token(request, response))
  router.post('/introspect', form, (request, response) => answer(response, introspect(formOf(request), status)))
  router.post('/revoke', form, (request, response) => answer(response, revoke(formOf(request), status)))
  if (peopleSignIn(config)) router.use(signInRoutes({ ...setup, provider }))
  const leaving = { sql, now, read, left: setup.left, cookiePath: new URL(endpoints.issuer).pathname }
  router.post('/logout', form, (request, response) => logout(request, response, formOf(request), leaving))
  router.use((_request, response) => {
    response.status(404).json({ error: 'not_found' })
  })
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => fail(error, response, next))
  return { router, issuer: endpoints.issuer, audience: endpoints.audience, publishedKeys: keys.published, rotateKeys: keys.rotate }
}

/** Addresses and cookies are those the world sees, whatever a client writes into its headers and however a proxy speaks to us. */
function asSeen(issuer: string): (request: Request, response: Response, next: NextFunction) => void {
  const { host, protocol } = new URL(issuer)
  return (request, _response, next) => {
    delete request.headers['x-forwarded-host']
    request.headers.host = host
    request.headers['x-forwarded-proto'] = protocol.replace(':', '')
    next()
  }
}

function publicClients({ apps, sandbox }: Config): ReadonlySet<string> {
  if (sandbox === undefined) return new Set()
  return new Set([sandboxClientId, ...apps.flatMap((app) => (app.kind === 'public' ? [app.clientId] : []))])
}

function rebuiltOnRotation(setup: IssueSetup): (keys: KeySet) => Provider {
  let built: { readonly kid: string; readonly provider: Provider } | undefined
  return (keys) => {
    if (built?.kid !== keys.newest.kid) built = { kid: keys.newest.kid, provider: createProvider(setup, keys) }
    return built.provider
  }
}

async function sandboxVerifier(setup: AuthorizationServerSetup): Promise<IssueSetup['sandbox']> {
  const { config, resolvePatient, admitEmergency } = setup
  const { sandbox } = config
  if (sandbox === undefined) return undefined
  const key = await importJWK({ ...sandbox.publicKey }, 'ES256')
  const rules = {
    key: () => key,
    algorithms: ['ES256'],
    issuer: sandboxClientId,
    audiences: [endpointsOf(config).token],
    lifetimeS: sandboxAssertionLifetimeS,
  }
  return async (assertion, waitS): Promise<Bearer> => {
    if (!isText(assertion)) throw new errors.InvalidRequest('`assertion` is missing')
    const taken = await takeAssertion(assertion, rules, setup)
    if (!taken.ok) throw new errors.CustomOIDCProviderError('invalid_grant', `assertion: ${taken.why}`)
    const found = await sandboxBearer(taken.claims, { config, sandbox, resolvePatient, admitEmergency })
    if (!found.ok) {
      const refused = new errors.CustomOIDCProviderError(found.error, found.why)
      if (found.retryAfterS === undefined) throw refused
      waitS(found.retryAfterS)
      throw Object.assign(refused, { status: 429, statusCode: 429 })
    }
    return found.bearer
  }
}

/** Public documents: any web page may read them. */
function open(_request: Request, response: Response, next: NextFunction): void {
  response.set('Access-Control-Allow-Origin', '*')
  next()
}

async function publish(response: Response, keys: SigningKeys): Promise<void> {
  response.type('application/jwk-set+json').send(JSON.stringify({ keys: await keys.published() }))
}

async function answer(response: Response, found: Promise<StatusAnswer>): Promise<void> {
  const { status, body } = await found
  response.status(status).set('Cache-Control', 'no-store').json(body)
}

function formOf(request: Request): JsonObject {
  const body: unknown = request.body
  return isObject(body) ? body : {}
}

/** A form that cannot be read is the sender's fault; everything else goes on to the gateway's own table of problems. */
function fail(error: unknown, response: Response, next: NextFunction): void {
  const status = isObject(error) && typeof error['status'] === 'number' ? error['status'] : 500
  if (status >= 500) return next(error)
  response.status(status).set('Cache-Control', 'no-store').json({ error: 'invalid_request', error_description: 'the form cannot be read' })
}
