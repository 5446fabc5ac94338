/**
 * oidc-provider, set up to do two things only: client_credentials with private_key_jwt for systems, and the sandbox grant where there is a sandbox.
 * Every feature it can leave off is off; what it must not answer is not routed to it (`authorization-server.ts`).
 */
import Provider, { type AccessToken, type ClientCredentials, errors, type JWTStructured, type TokenEndpointGrantContext } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Log } from '../context.ts'
import { grants, type IssuedGrant } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import { type Bearer, extensionsFor } from './claims.ts'
import type { KnownClient } from './clients.ts'
import { assertionAlgorithms, assertionLifetimeS, clientClockSkewS, endpointsOf, personTokenS, systemTokenS } from './endpoints.ts'
import { sandboxClientId, sandboxGrantType } from './endpoints.ts'
import type { KeySet } from './keys.ts'
import type { AccessPolicy } from './policy.ts'
import { isObject, isText } from './read.ts'
import { providerStorage } from './storage.ts'

export interface ProviderSetup {
  readonly config: Config
  readonly sql: Sql
  /** milliseconds of real time */
  readonly now: () => number
  readonly clients: ReadonlyMap<string, KnownClient>
  readonly policy: AccessPolicy
  /** verifies the assertion of a sandbox request and says who it is for; throws what the sender is told */
  readonly sandbox: ((assertion: unknown) => Promise<Bearer>) | undefined
  /** told of every token before it leaves */
  readonly issued: (grant: IssuedGrant) => Promise<void>
  readonly log: Log
}

/** One provider signs with one key set; a rotation makes a new provider. */
export function createProvider(setup: ProviderSetup, keys: KeySet): Provider {
  const bearers = new WeakMap<object, Bearer>()
  const bearerOf = (token: AccessToken | ClientCredentials): Bearer => {
    const bearer = token.kind === 'ClientCredentials' ? systemBearer(setup, token.clientId) : bearers.get(token)
    if (bearer === undefined) throw new Error('a token is about to be issued for nobody')
    return bearer
  }
  const provider = new Provider(endpointsOf(setup.config).issuer, {
    adapter: providerStorage(setup.sql, setup.now),
    jwks: { keys: keys.all },
    ...clientSettings(setup),
    ...fixedSettings,
    features: { ...closedFeatures, resourceIndicators: resourceSettings(setup, keys) },
    extraTokenClaims: (_ctx, token) => ({ extensions: extensionsFor(bearerOf(token), setup.config) }),
    formats: { customizers: { jwt: (_ctx, token, parts) => record(setup, bearerOf(token), parts) } },
  })
  const { sandbox } = setup
  if (sandbox !== undefined) {
    const grant = (ctx: TokenEndpointGrantContext) => sandboxGrant(ctx, { ...setup, sandbox, keys, bearers })
    provider.registerGrantType(sandboxGrantType, grant, ['assertion', 'scope'])
  }
  report(provider, setup.log)
  return provider
}

const fixedSettings = {
  scopes: [],
  responseTypes: [],
  claims: {},
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { clientAuthSigningAlgValues: [...assertionAlgorithms], idTokenSigningAlgValues: ['ES256'] },
  clockTolerance: clientClockSkewS,
  clientBasedCORS: () => false,
  ttl: { AccessToken: personTokenS, ClientCredentials: systemTokenS },
  assertJwtClientAuthClaimsAndHeader: (_ctx: unknown, claims: AssertionPart, header: AssertionPart) => strictAssertion(claims, header),
  renderError: (ctx: { type: string; body: unknown }, out: unknown) => {
    ctx.type = 'json'
    ctx.body = out
  },
} as const

const closedFeatures = {
  clientCredentials: { enabled: true },
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  rpInitiatedLogout: { enabled: false },
  userinfo: { enabled: false },
} as const

function clientSettings({ clients, sandbox }: ProviderSetup) {
  const systems = [...clients.values()].map((client) => ({
    client_id: client.clientId,
    token_endpoint_auth_method: 'private_key_jwt' as const,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    jwks: { keys: client.keys },
  }))
  const command = {
    client_id: sandboxClientId,
    token_endpoint_auth_method: 'none' as const,
    grant_types: [sandboxGrantType],
    response_types: [],
    redirect_uris: [],
  }
  const none = sandbox === undefined ? [] : (['none'] as const)
  return {
    clientAuthMethods: ['private_key_jwt' as const, ...none],
    clients: sandbox === undefined ? systems : [...systems, command],
  }
}

type AssertionPart = Readonly<Record<string, unknown>>

/** What SMART asks of a client assertion beyond RFC 7523: a named key, one audience, five minutes at most. */
function strictAssertion(claims: AssertionPart, header: AssertionPart): void {
  const { exp, aud } = claims
  if (!isText(header['kid'])) throw new errors.InvalidClientAuth('`kid` is missing in the header of the client assertion')
  if (header['crit'] !== undefined) throw new errors.InvalidClientAuth('`crit` is not supported in a client assertion')
  if (typeof aud !== 'string') throw new errors.InvalidClientAuth('`aud` of the client assertion must name one audience')
  const latest = Math.floor(Date.now() / 1000) + assertionLifetimeS + clientClockSkewS
  if (typeof exp !== 'number' || exp > latest) throw new errors.InvalidClientAuth('`exp` of the client assertion is too far ahead')
}

function resourceSettings({ config, policy }: ProviderSetup, keys: KeySet) {
  const { audience } = endpointsOf(config)
  return {
    enabled: true,
    defaultResource: () => audience,
    // only client_credentials comes here: the sandbox grant makes its token itself
    getResourceServerInfo: (ctx: { oidc: { params?: AssertionPart | undefined } }, resource: string) => {
      if (resource !== audience) throw new errors.InvalidTarget()
      const requested = requestedScopes(ctx.oidc.params?.['scope'])
      if (requested.length === 0) throw new errors.InvalidScope('scope is required, e.g. system/*.cruds', '')
      refuseScopes(policy, 'system', requested)
      return resourceServer(audience, requested, { keys, ttlS: systemTokenS })
    },
  }
}

function resourceServer(audience: string, scopes: readonly string[], { keys, ttlS }: { keys: KeySet; ttlS: number }) {
  const sign = { alg: 'ES256', kid: keys.newest.kid } as const
  return { audience, scope: scopes.join(' '), accessTokenFormat: 'jwt', accessTokenTTL: ttlS, jwt: { sign } } as const
}

function requestedScopes(scope: unknown): readonly string[] {
  return isText(scope) ? scope.split(' ') : []
}

/** oidc-provider would drop an unknown scope in silence; the sender is told instead. */
function refuseScopes(policy: AccessPolicy, role: Bearer['role'], requested: readonly string[]): void {
  const refused = requested.find((scope) => !policy.allowsScope(role, scope))
  if (refused !== undefined) throw new errors.InvalidScope(`scope is unknown or beyond role ${role}: ${refused}`, refused)
}

function systemBearer({ config, clients }: ProviderSetup, clientId: string | undefined): Bearer | undefined {
  const client = clients.get(clientId ?? '')
  if (client === undefined) return undefined
  const institution = config.institutions.find((known) => known.id === client.institution)
  return {
    subject: client.clientId,
    name: institution?.name ?? client.clientId,
    role: 'system',
    institution: client.institution,
    departments: [],
    practitioner: '',
    person: '',
    purposes: ['TREAT'],
    breakGlass: { kind: 'none' },
  }
}

type SandboxSetup = ProviderSetup & {
  readonly sandbox: (assertion: unknown) => Promise<Bearer>
  readonly keys: KeySet
  readonly bearers: WeakMap<object, Bearer>
}

async function sandboxGrant(ctx: TokenEndpointGrantContext, setup: SandboxSetup): Promise<void> {
  const { client, params, provider } = ctx.oidc
  const bearer = await setup.sandbox(params['assertion'])
  const requested = requestedScopes(params['scope'])
  refuseScopes(setup.policy, bearer.role, requested)
  const scopes = requested.length === 0 ? setup.policy.scopesFor(bearer.role) : requested
  const ttlS = bearer.role === 'system' ? systemTokenS : personTokenS
  const { audience } = endpointsOf(setup.config)
  const token = new provider.AccessToken({
    client,
    accountId: bearer.subject,
    gty: 'sandbox',
    grantId: `sandbox:${bearer.subject}`,
    scope: scopes.join(' '),
    resourceServer: new provider.ResourceServer(audience, resourceServer(audience, scopes, { keys: setup.keys, ttlS })),
    expiresIn: ttlS,
  })
  setup.bearers.set(token, bearer)
  const value = await token.save()
  ctx.body = { access_token: value, expires_in: token.expiration, scope: token.scope, token_type: token.tokenType }
}

/** Called with the finished payload before it is signed: a token whose row could not be written never exists. */
async function record(setup: ProviderSetup, bearer: Bearer, { payload }: JWTStructured): Promise<void> {
  const { jti, iat, exp, client_id: client } = payload
  if (!isText(jti) || typeof iat !== 'number' || typeof exp !== 'number' || !isText(client)) {
    throw new Error('oidc-provider made a token without `jti`, `iat`, `exp` or `client_id`')
  }
  const { breakGlass } = bearer
  const grant: IssuedGrant = {
    jti,
    subject: bearer.subject,
    client,
    institution: bearer.institution,
    role: bearer.role,
    purposes: bearer.purposes,
    issuedMs: iat * 1000,
    expiresMs: exp * 1000,
    breakGlass:
      breakGlass.kind === 'none' ? undefined : { person: breakGlass.patient, reason: breakGlass.reason, note: breakGlass.note },
  }
  await grants(setup.sql).record(grant)
  await setup.issued(grant)
}

function report(provider: Provider, log: Log): void {
  provider.on('grant.error', (_ctx, error) => log('info', 'token-refused', { reason: error.error, kind: error.error_detail }))
  provider.on('server_error', (_ctx, error) => log('error', 'token-fault', { fault: faultOf(error) }))
  provider.on('error', (error: unknown) => log('error', 'token-fault', { fault: faultOf(error) }))
}

function faultOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.name) : 'unknown'
}

/** Builds each registered client once, so that a registration oidc-provider cannot use stops the start and not the first sign-in. */
export async function checkClients(provider: Provider, clients: ReadonlyMap<string, KnownClient>): Promise<void> {
  for (const clientId of clients.keys()) {
    const found = await provider.Client.find(clientId)
    if (!isObject(found)) throw new Error(`client \`${clientId}\` cannot be used`)
  }
}
