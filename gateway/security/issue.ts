/** How one token comes to be: for which service, with which scopes, about whom, and written down before it is signed. */
import { type AccessToken, type ClientCredentials, errors, type JWTStructured, type TokenEndpointGrantContext } from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Log } from '../context.ts'
import { grants, type IssuedGrant } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import type { Bearer } from './claims.ts'
import type { KnownClient } from './clients.ts'
import { endpointsOf, personTokenS, systemTokenS } from './endpoints.ts'
import type { KeySet } from './keys.ts'
import { scopeBeyond } from './policy.ts'
import { isText, type JsonObject } from './read.ts'
import { scopesForRole } from '../logic/scope.ts'

export interface IssueSetup {
  readonly config: Config
  readonly sql: Sql
  /** milliseconds of real time */
  readonly now: () => number
  readonly clients: ReadonlyMap<string, KnownClient>
  /** verifies the assertion of a sandbox request and says who it is for; throws what the sender is told */
  readonly sandbox: ((assertion: unknown) => Promise<Bearer>) | undefined
  /** told of every token before it leaves */
  readonly issued: (grant: IssuedGrant) => Promise<void>
  readonly log: Log
}

/** The one service tokens are for. Spec: https://www.rfc-editor.org/rfc/rfc8707 */
export function resourceSettings({ config }: IssueSetup, keys: KeySet) {
  const { audience } = endpointsOf(config)
  return {
    enabled: true,
    defaultResource: () => audience,
    // only client_credentials comes here: the sandbox grant makes its token itself
    getResourceServerInfo: (ctx: { oidc: { params?: JsonObject | undefined } }, resource: string) => {
      if (resource !== audience) throw new errors.InvalidTarget()
      const requested = requestedScopes(ctx.oidc.params?.['scope'])
      if (requested.length === 0) throw new errors.InvalidScope('scope is required, e.g. system/*.cruds', '')
      refuseScopes('system', requested)
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
function refuseScopes(role: Bearer['role'], requested: readonly string[]): void {
  const refused = scopeBeyond(role, requested)
  if (refused !== undefined) throw new errors.InvalidScope(`scope \`${refused}\` is unknown or beyond role \`${role}\``, refused)
}

/** Whom a token is about: the client itself, or whom the sandbox grant put into `bearers`. */
export function bearerOf(token: AccessToken | ClientCredentials, setup: IssueSetup, bearers: WeakMap<object, Bearer>): Bearer {
  const bearer = token.kind === 'ClientCredentials' ? systemBearer(setup, token.clientId) : bearers.get(token)
  if (bearer === undefined) throw new Error('a token is about to be issued for nobody')
  return bearer
}

function systemBearer({ config, clients }: IssueSetup, clientId: string | undefined): Bearer | undefined {
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

type SandboxSetup = IssueSetup & {
  readonly sandbox: (assertion: unknown) => Promise<Bearer>
  readonly keys: KeySet
  readonly bearers: WeakMap<object, Bearer>
}

/** Grant `sandboxGrantType`: a person of the sandbox, vouched for by the sandbox key. */
export async function sandboxGrant(ctx: TokenEndpointGrantContext, setup: SandboxSetup): Promise<void> {
  const { client, params, provider } = ctx.oidc
  const bearer = await setup.sandbox(params['assertion'])
  const requested = requestedScopes(params['scope'])
  refuseScopes(bearer.role, requested)
  const scopes = requested.length === 0 ? scopesForRole(bearer.role) : requested
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
export async function record(setup: IssueSetup, bearer: Bearer, { payload }: JWTStructured): Promise<void> {
  const { jti, iat, exp, client_id: client } = payload
  if (!isText(jti) || typeof iat !== 'number' || typeof exp !== 'number' || !isText(client)) {
    throw new Error('oidc-provider made a token without `jti`, `iat`, `exp` or `client_id`')
  }
  // required by IUA; some roles (integrator) open no resource type at all
  payload['scope'] ??= ''
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
    breakGlass: breakGlass.kind === 'none' ? undefined : { person: breakGlass.patient, reason: breakGlass.reason, note: breakGlass.note },
  }
  await grants(setup.sql).record(grant)
  await setup.issued(grant)
}
