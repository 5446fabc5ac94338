/**
 * `introspect` and `revoke`, thin and ours because oidc-provider does neither for JWT access tokens: both read and write the row of the token.
 * Specs: https://www.rfc-editor.org/rfc/rfc7662, https://www.rfc-editor.org/rfc/rfc7009
 */
import { grantIsLive, grants } from '../store/grants.ts'
import { type AssertionMemory, assertionType, clientAssertionRules, takeAssertion } from './assertion.ts'
import { ownExtension } from './claims.ts'
import type { KnownClient } from './clients.ts'
import type { Endpoints } from './endpoints.ts'
import { isObject, isText, type JsonObject } from './read.ts'
import type { ReadToken } from './token.ts'

export interface StatusSetup extends AssertionMemory {
  readonly endpoints: Endpoints
  readonly clients: ReadonlyMap<string, KnownClient>
  /** the command of the sandbox and public apps */
  readonly publicClients: ReadonlySet<string>
  readonly read: (raw: string) => Promise<ReadToken>
}

export interface StatusAnswer {
  readonly status: 200 | 400 | 401
  readonly body: Readonly<Record<string, unknown>>
}

type Authenticated = { readonly ok: true; readonly clientId: string; readonly institution: string | undefined } | Refused
type Refused = { readonly ok: false; readonly answer: StatusAnswer }

/** A system learns about tokens issued to it or to its institution; every other token is inactive to it, like one that never was. */
export async function introspect(form: JsonObject, setup: StatusSetup): Promise<StatusAnswer> {
  const sender = await authenticate(form, setup, setup.endpoints.introspect)
  if (!sender.ok) return sender.answer
  if (!isText(form['token'])) return failure(400, 'invalid_request', '`token` is missing')
  const inactive: StatusAnswer = { status: 200, body: { active: false } }
  const answer = await setup.read(form['token'])
  if (!answer.ok) return inactive
  const { token } = answer
  const isTheirs = token.clientId === sender.clientId || institutionOf(token.claims) === sender.institution
  if (sender.institution === undefined || !isTheirs) return inactive
  const live = await grantIsLive(setup.sql, token.jti)
  return live ? { status: 200, body: { ...token.claims, active: true, token_type: 'Bearer' } } : inactive
}

/** Whoever a token was issued to may end it. What is no token of ours is answered alike (RFC 7009 §2.2). */
export async function revoke(form: JsonObject, setup: StatusSetup): Promise<StatusAnswer> {
  const sender = await authenticate(form, setup, setup.endpoints.revoke)
  if (!sender.ok) return sender.answer
  if (!isText(form['token'])) return failure(400, 'invalid_request', '`token` is missing')
  const answer = await setup.read(form['token'])
  if (!answer.ok) return { status: 200, body: {} }
  if (answer.token.clientId !== sender.clientId) return failure(400, 'unauthorized_client', 'the token was issued to another client')
  await grants(setup.sql).end(answer.token.jti, 'revoked', setup.now())
  return { status: 200, body: {} }
}

/** private_key_jwt for systems; a public client proves itself by holding the token, so it may only revoke. */
async function authenticate(form: JsonObject, setup: StatusSetup, endpoint: string): Promise<Authenticated> {
  const { client_id: clientId, client_assertion: assertion, client_assertion_type: type } = form
  if (assertion === undefined && isText(clientId) && setup.publicClients.has(clientId) && endpoint === setup.endpoints.revoke) {
    return { ok: true, clientId, institution: undefined }
  }
  if (!isText(assertion) || type !== assertionType) return unauthenticated('authenticate with private_key_jwt')
  const audiences = [endpoint, setup.endpoints.token, setup.endpoints.issuer]
  const found = clientAssertionRules(assertion, setup.clients, audiences)
  if (found === undefined || (clientId !== undefined && clientId !== found.client.clientId)) return unauthenticated('client not found')
  const taken = await takeAssertion(assertion, found.rules, setup)
  if (!taken.ok) return unauthenticated(`client assertion: ${taken.why}`)
  return { ok: true, clientId: found.client.clientId, institution: found.client.institution }
}

function institutionOf(claims: JsonObject): unknown {
  const { extensions } = claims
  const own = isObject(extensions) ? extensions[ownExtension] : undefined
  return isObject(own) ? own['institution'] : undefined
}

function unauthenticated(why: string): Refused {
  return { ok: false, answer: failure(401, 'invalid_client', why) }
}

function failure(status: 400 | 401, error: string, why: string): StatusAnswer {
  return { status, body: { error, error_description: why } }
}
