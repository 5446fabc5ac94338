/** How one token comes to be: for which service, with which scopes, about whom, and written down before it is signed. */
import {
  type AccessToken,
  type ClientCredentials,
  errors,
  type JWTStructured,
  type KoaContextWithOIDC,
  type TokenEndpointGrantContext,
} from 'oidc-provider'
import type { Config } from '../config.ts'
import type { Log } from '../context.ts'
import { grants, type IssuedGrant } from '../store/grants.ts'
import { type SignIn, signIns } from '../store/sign-in.ts'
import type { Sql } from '../store/pool.ts'
import type { Bearer } from './claims.ts'
import type { KnownClient } from './clients.ts'
import { endpointsOf, personTokenS, systemTokenS } from './endpoints.ts'
import type { KeySet } from './keys.ts'
import { peopleScopes, launchPatient, scopeBeyond, scopeOfNobody } from './policy.ts'
import { isText } from './read.ts'
import { grounds } from '../logic/purpose.ts'
import { scopesForRole } from '../logic/scope.ts'

/** `waitS` is told the seconds to wait where the refusal is one of rate. */
type SandboxJudge = (assertion: unknown, waitS: (seconds: number) => void) => Promise<Bearer>

export interface IssueSetup {
  readonly config: Config
  readonly sql: Sql
  /** milliseconds of real time */
  readonly now: () => number
  readonly clients: ReadonlyMap<string, KnownClient>
  /** verifies the assertion of a sandbox request and says who it is for; throws what the sender is told */
  readonly sandbox: SandboxJudge | undefined
  /** told of every token before it leaves, and from where it was asked for */
  readonly issued: (grant: IssuedGrant, address: string) => Promise<void>
  readonly log: Log
}

/** The one service tokens are for. Spec: https://www.rfc-editor.org/rfc/rfc8707 */
export function resourceSettings(setup: IssueSetup, keys: KeySet) {
  const { audience } = endpointsOf(setup.config)
  return {
    enabled: true,
    defaultResource: () => audience,
    // the sandbox grant does not come here: it makes its token itself
    getResourceServerInfo: async (ctx: KoaContextWithOIDC, resource: string) => {
      if (resource !== audience) throw new errors.InvalidTarget()
      if (ctx.oidc.route !== 'token') return resourceServer(audience, codeScopes(ctx), { keys, ttlS: personTokenS })
      const code = ctx.oidc.entities.AuthorizationCode
      if (code !== undefined) {
        const scopes = [...code.scopes].filter((word) => word !== signedInScope)
        return resourceServer(audience, scopes, { keys, ttlS: await restOf(setup, code.grantId) })
      }
      const requested = requestedScopes(ctx.oidc.params?.['scope'])
      if (requested.length === 0) throw new errors.InvalidScope('scope is required, e.g. system/*.cruds', '')
      refuseScopes('system', requested)
      return resourceServer(audience, requested, { keys, ttlS: systemTokenS })
    },
  }
}

/**
 * Every authorization request carries it and no token does: oidc-provider refuses a code without any scope, and some roles
 * (integrator) open no resource type at all.
 */
export const signedInScope = 'care-network/signed-in'

/** Before it is known who signs in, whatever somebody could be granted; a scope of nobody is refused by name. */
function codeScopes(ctx: KoaContextWithOIDC): readonly string[] {
  const requested = requestedScopes(ctx.oidc.params?.['scope']).filter((word) => word !== signedInScope)
  const refused = scopeOfNobody(requested)
  if (refused !== undefined) throw new errors.InvalidScope(`scope \`${refused}\` is unknown or nobody has it`, refused)
  return [...new Set([...requested, ...peopleScopes, launchPatient, signedInScope])]
}

/** Seconds until this sign-in ends: a token never outlives what was declared on the page. */
async function restOf({ sql, now }: IssueSetup, grantId: string | undefined): Promise<number> {
  const signIn = await signIns(sql).find(grantId ?? '', now())
  const restS = signIn === undefined ? 0 : Math.floor((signIn.untilMs - now()) / 1000)
  if (restS < 1) throw new errors.InvalidGrant('this sign-in has ended')
  return Math.min(restS, personTokenS)
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

/** Whom a token is about: the client itself, whom the sandbox grant put into `bearers`, or who signed in. */
export async function bearerOf(
  token: AccessToken | ClientCredentials,
  setup: IssueSetup,
  bearers: WeakMap<object, Bearer>,
): Promise<Bearer> {
  if (token.kind === 'ClientCredentials') return found(systemBearer(setup, token.clientId))
  const bearer = bearers.get(token) ?? found(signedInBearer(setup, await signIns(setup.sql).find(token.grantId ?? '', setup.now())))
  bearers.set(token, bearer)
  return bearer
}

function found(bearer: Bearer | undefined): Bearer {
  if (bearer === undefined) throw new Error('a token is about to be issued for nobody')
  return bearer
}

/** The same bearer the sandbox grant makes; undefined when the identity has left the configuration since. */
function signedInBearer({ config }: IssueSetup, signIn: SignIn | undefined): Bearer | undefined {
  const identity = config.sandbox?.identities.find((known) => known.name === signIn?.identity)
  if (identity === undefined || signIn === undefined) return undefined
  const { name, displayName, role, institution, departments, practitioner } = identity
  const { person, purposes, breakGlass } = signIn
  const reason = grounds.find((ground) => ground === breakGlass?.reason)
  const declared: Bearer['breakGlass'] =
    breakGlass === undefined || reason === undefined
      ? { kind: 'none' }
      : { kind: 'declared', patient: breakGlass.person, reason, note: breakGlass.note }
  return { subject: name, name: displayName, role, institution, departments, practitioner, person, purposes, breakGlass: declared }
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
  readonly sandbox: SandboxJudge
  readonly keys: KeySet
  readonly bearers: WeakMap<object, Bearer>
}

/** Grant `sandboxGrantType`: a person of the sandbox, vouched for by the sandbox key. */
export async function sandboxGrant(ctx: TokenEndpointGrantContext, setup: SandboxSetup): Promise<void> {
  const { client, params, provider } = ctx.oidc
  const bearer = await setup.sandbox(params['assertion'], (seconds) => {
    ctx.set('Retry-After', String(seconds))
  })
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
export async function record(
  setup: IssueSetup,
  bearer: Bearer,
  made: { readonly token: AccessToken | ClientCredentials; readonly payload: JWTStructured['payload']; readonly address: string },
): Promise<void> {
  const { token, payload, address } = made
  const { jti, iat, exp, client_id: client } = payload
  if (!isText(jti) || typeof iat !== 'number' || typeof exp !== 'number' || !isText(client)) {
    throw new Error('oidc-provider made a token without `jti`, `iat`, `exp` or `client_id`')
  }
  // required by IUA; some roles (integrator) open no resource type at all
  payload['scope'] ??= ''
  const isSignedIn = token.kind === 'AccessToken' && token.gty === 'authorization_code'
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
    ...(isSignedIn ? { signIn: token.grantId, session: token.sessionUid } : {}),
  }
  if (!(await grants(setup.sql).record(grant))) throw new errors.InvalidGrant('this sign-in has ended')
  await setup.issued(grant, address)
}
