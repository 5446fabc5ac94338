/**
 * Signed assertions at our own endpoints: a client that introspects or revokes, and the sandbox grant.
 * The token endpoint itself leaves private_key_jwt to oidc-provider; both share one memory of used assertions.
 * Specs: https://www.rfc-editor.org/rfc/rfc7523#section-3, https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
 */
import { createHash } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { useOnce } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import type { KnownClient } from './clients.ts'
import { assertionAlgorithms, assertionLifetimeS, clientClockSkewS } from './endpoints.ts'
import { isText, type JsonObject } from './read.ts'

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface AssertionRules {
  readonly key: JWTVerifyGetKey
  readonly algorithms: readonly string[]
  readonly issuer: string
  /** any one of these; the assertion names exactly one */
  readonly audiences: readonly string[]
  readonly lifetimeS: number
}

export interface AssertionMemory {
  readonly sql: Sql
  /** milliseconds of real time */
  readonly now: () => number
}

export type Assertion = { readonly ok: true; readonly claims: JsonObject } | { readonly ok: false; readonly why: string }

/** Verifies and uses up one assertion. `why` is safe to tell the sender. */
export async function takeAssertion(jwt: string, rules: AssertionRules, { sql, now }: AssertionMemory): Promise<Assertion> {
  const checked = await verified(jwt, rules, now())
  if (!checked.ok) return checked
  const { aud, exp, iat, jti } = checked.claims
  const nowS = Math.floor(now() / 1000)
  if (typeof aud !== 'string') return refuse('`aud` must name one audience')
  if (typeof exp !== 'number' || exp > nowS + rules.lifetimeS + clientClockSkewS) {
    return refuse(`\`exp\` must be at most ${rules.lifetimeS} s ahead`)
  }
  if (iat !== undefined && (typeof iat !== 'number' || iat > nowS + clientClockSkewS)) return refuse('`iat` is not in the past')
  if (!isText(jti)) return refuse('`jti` is missing')
  const untilMs = (exp + clientClockSkewS) * 1000
  const first = await useOnce(sql, replayKey(rules.issuer, jti), JSON.stringify({ iss: rules.issuer }), { nowMs: now(), untilMs })
  return first ? checked : refuse('this assertion was used before')
}

/** The rules for an assertion that says it comes from a known client; undefined when it names none. */
export function clientAssertionRules(
  jwt: string,
  clients: ReadonlyMap<string, KnownClient>,
  audiences: readonly string[],
): { readonly client: KnownClient; readonly rules: AssertionRules } | undefined {
  const client = clients.get(claimedSubject(jwt) ?? '')
  if (client === undefined) return undefined
  const key = createLocalJWKSet({ keys: client.keys.map((known) => ({ ...known })) })
  return { client, rules: { key, algorithms: assertionAlgorithms, issuer: client.clientId, audiences, lifetimeS: assertionLifetimeS } }
}

async function verified(jwt: string, rules: AssertionRules, nowMs: number): Promise<Assertion> {
  try {
    const { payload } = await jwtVerify(jwt, rules.key, {
      algorithms: [...rules.algorithms],
      issuer: rules.issuer,
      audience: [...rules.audiences],
      requiredClaims: ['sub', 'exp', 'jti'],
      clockTolerance: clientClockSkewS,
      currentDate: new Date(nowMs),
    })
    return { ok: true, claims: payload }
  } catch (thrown) {
    if (thrown instanceof errors.JOSEError) return refuse(reasonOf(thrown))
    throw thrown
  }
}

function reasonOf(thrown: errors.JOSEError): string {
  if (thrown instanceof errors.JWTExpired) return 'it has expired'
  if (thrown instanceof errors.JWTClaimValidationFailed) return `\`${thrown.claim}\` does not fit`
  if (thrown instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not accepted'
  return 'its signature cannot be verified with a registered key'
}

/** Unverified: only good for finding the keys to verify with. */
function claimedSubject(jwt: string): string | undefined {
  try {
    return decodeJwt(jwt).sub
  } catch (thrown) {
    // not a JWT at all: nobody can be named by it
    if (thrown instanceof errors.JOSEError) return undefined
    throw thrown
  }
}

/** The key oidc-provider files an assertion under, so that none works once at each endpoint. */
function replayKey(issuer: string, jti: string): string {
  return createHash('sha256').update(`${issuer}${jti}`).digest('base64url')
}

function refuse(why: string): Assertion {
  return { ok: false, why }
}
