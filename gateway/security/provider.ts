/**
 * oidc-provider, set up to do two things only: client_credentials with private_key_jwt for systems, and the sandbox grant where there is a sandbox.
 * Every feature it can leave off is off; what it must not answer is not routed to it (`authorization-server.ts`).
 */
import { type ClientMetadata, errors, Provider, type TokenEndpointGrantContext } from 'oidc-provider'
import type { Log } from '../context.ts'
import { type Bearer, extensionsFor } from './claims.ts'
import type { KnownClient } from './clients.ts'
import { assertionAlgorithms, assertionLifetimeS, clientClockSkewS, endpointsOf, personTokenS, systemTokenS } from './endpoints.ts'
import { sandboxClientId, sandboxGrantType } from './endpoints.ts'
import { bearerOf, type IssueSetup, record, resourceSettings, sandboxGrant } from './issue.ts'
import type { KeySet } from './keys.ts'
import { isObject, isText, type JsonObject } from './read.ts'
import { providerStorage } from './storage.ts'

/** One provider signs with one key set; a rotation makes a new provider. */
export function createProvider(setup: IssueSetup, keys: KeySet): Provider {
  const bearers = new WeakMap<object, Bearer>()
  const provider = new Provider(endpointsOf(setup.config).issuer, {
    adapter: providerStorage(setup.sql, setup.now, clientMetadata(setup)),
    jwks: { keys: keys.all },
    clientAuthMethods: setup.sandbox === undefined ? ['private_key_jwt'] : ['private_key_jwt', 'none'],
    ...fixedSettings,
    features: { ...closedFeatures, resourceIndicators: resourceSettings(setup, keys) },
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims, header) => strictAssertion(claims, header, setup.now()),
    extraTokenClaims: (_ctx, token) => ({ extensions: extensionsFor(bearerOf(token, setup, bearers), setup.config) }),
    formats: { customizers: { jwt: (_ctx, token, parts) => record(setup, bearerOf(token, setup, bearers), parts) } },
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

function clientMetadata({ clients, sandbox }: IssueSetup): readonly ClientMetadata[] {
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
  return sandbox === undefined ? systems : [...systems, command]
}

/** What SMART asks of a client assertion beyond RFC 7523: a named key, one audience, five minutes at most. */
function strictAssertion(claims: JsonObject, header: JsonObject, nowMs: number): void {
  const { exp, aud } = claims
  if (!isText(header['kid'])) throw new errors.InvalidClientAuth('`kid` is missing in the header of the client assertion')
  if (header['crit'] !== undefined) throw new errors.InvalidClientAuth('`crit` is not supported in a client assertion')
  if (typeof aud !== 'string') throw new errors.InvalidClientAuth('`aud` of the client assertion must name one audience')
  const latest = Math.floor(nowMs / 1000) + assertionLifetimeS + clientClockSkewS
  if (typeof exp !== 'number' || exp > latest) throw new errors.InvalidClientAuth('`exp` of the client assertion is too far ahead')
}

function report(provider: Provider, log: Log): void {
  provider.on('grant.error', (_ctx, error) => log('info', 'token-refused', { reason: error.error, kind: error.error_detail }))
  provider.on('server_error', (_ctx, error) => log('error', 'token-fault', { fault: faultOf(error) }))
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- koa calls this for what no handler caught; its default prints to the console
  provider.onerror = (error) => log('error', 'token-fault', { fault: faultOf(error) })
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
