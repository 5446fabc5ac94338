/**
 * oidc-provider, set up to do three things only: client_credentials with private_key_jwt for systems, codes with PKCE for people where there is
 * somewhere to sign in to, and the sandbox grant where there is a sandbox.
 * Every feature it can leave off is off; what it must not answer is not routed to it (`authorization-server.ts`).
 */
import {
  type AccessToken,
  type ClientMetadata,
  errors,
  type KoaContextWithOIDC,
  Provider,
  type TokenEndpointGrantContext,
} from 'oidc-provider'
import type { Log } from '../context.ts'
import { type Bearer, extensionsFor } from './claims.ts'
import { appMetadata } from './apps.ts'
import { assertionAlgorithms, assertionLifetimeS, clientClockSkewS, endpointsOf, personTokenS, systemTokenS } from './endpoints.ts'
import { codeS, sandboxClientId, sandboxGrantType, sessionS, signInS } from './endpoints.ts'
import { bearerOf, type IssueSetup, record, resourceSettings, sandboxGrant } from './issue.ts'
import type { KeySet } from './keys.ts'
import { isObject, isText, type JsonObject } from './read.ts'
import { addPatient, signInSettings } from './sign-in-settings.ts'
import { providerStorage } from './storage.ts'

/** One provider signs with one key set; a rotation makes a new provider. */
export function createProvider(setup: IssueSetup, keys: KeySet): Provider {
  const bearers = new WeakMap<object, Bearer>()
  const provider = new Provider(endpointsOf(setup.config).issuer, {
    adapter: providerStorage(setup.sql, setup.now, clientMetadata(setup)),
    jwks: { keys: keys.all },
    clientAuthMethods: setup.sandbox === undefined ? ['private_key_jwt'] : ['private_key_jwt', 'none'],
    ...fixedSettings,
    ...signInSettings(setup.config),
    features: { ...closedFeatures, resourceIndicators: resourceSettings(setup, keys) },
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims, header) => strictAssertion(claims, header, setup.now()),
    extraTokenClaims: async (_ctx, token) => ({ extensions: extensionsFor(await bearerOf(token, setup, bearers), setup.config) }),
    formats: {
      customizers: {
        jwt: async (ctx, token, { payload }) =>
          // the wire's own end, not a header that anybody may write
          record(setup, await bearerOf(token, setup, bearers), { token, payload, address: ctx.req.socket.remoteAddress ?? '' }),
      },
    },
  })
  const { sandbox } = setup
  if (sandbox !== undefined) {
    const grant = (ctx: TokenEndpointGrantContext) => sandboxGrant(ctx, { ...setup, sandbox, keys, bearers })
    provider.registerGrantType(sandboxGrantType, grant, ['assertion', 'scope'])
  }
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    await next()
    await addPatient(ctx, (token) => bearerOf(token, setup, bearers))
  })
  // cookies are secure where the world sees https; the listener behind a proxy speaks http (`asSeen` states what the world sees)
  provider.proxy = true
  report(provider, setup.log)
  return provider
}

const fixedSettings = {
  scopes: [],
  claims: {},
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { clientAuthSigningAlgValues: [...assertionAlgorithms], idTokenSigningAlgValues: ['ES256'] },
  clockTolerance: clientClockSkewS,
  ttl: {
    AccessToken: (_ctx: unknown, token: AccessToken) => token.resourceServer?.accessTokenTTL ?? personTokenS,
    AuthorizationCode: codeS,
    ClientCredentials: systemTokenS,
    Grant: personTokenS,
    Interaction: signInS,
    Session: sessionS,
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

function clientMetadata({ clients, sandbox, config }: IssueSetup): readonly ClientMetadata[] {
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
  return sandbox === undefined ? systems : [...systems, command, ...appMetadata(config.apps)]
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
export async function checkClients(provider: Provider, clientIds: readonly string[]): Promise<void> {
  for (const clientId of clientIds) {
    const found = await provider.Client.find(clientId)
    if (!isObject(found)) throw new Error(`client \`${clientId}\` cannot be used`)
  }
}
