/**
 * Access tokens of an outside OIDC issuer, for people. Verified like our own, with keys of the issuer; ended by its introspection, or so short
 * that nothing need end them. Their claims are rewritten into ours, so that one reader (`caller.ts`) decides who asks.
 * Specs: https://www.rfc-editor.org/rfc/rfc9068, https://www.rfc-editor.org/rfc/rfc7662
 */
import { createHash } from 'node:crypto'
import { decodeProtectedHeader, errors, jwtVerify, type JWTVerifyGetKey } from 'jose'
import { Problem } from '../problem.ts'
import { grants } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import { mappedBearer, type ClaimRules } from './claim-map.ts'
import { extensionsFor } from './claims.ts'
import { fetchJson, IssuerUnavailable, outsideAlgorithms, type OutsideFetch, outsideKeys } from './outside-keys.ts'
import { isObject, isText, type JsonObject } from './read.ts'
import { faultOf, type OutsideIssuer, type ReadToken, type VerifiedToken } from './token.ts'

export interface OutsideSetup extends ClaimRules {
  readonly sql: Sql
  /** milliseconds of real time */
  readonly now: () => number
  readonly clockSkewS: number
  readonly fetch: OutsideFetch
}

const maxTokenLength = 16_384
const maxRemembered = 5000

/** Throws `unavailable` while the issuer does not answer: no token of it is taken on trust. */
export function outsideIssuer(setup: OutsideSetup): OutsideIssuer {
  const keys = outsideKeys(setup.fetch, setup.issuer)
  const remembered = new Map<string, VerifiedToken>()
  const isActive = introspector(setup)
  const read = async (raw: string): Promise<ReadToken> => {
    const hash = createHash('sha256').update(raw).digest('base64url')
    const answer = known(remembered.get(hash), setup) ?? (await readFresh(raw, hash, { setup, keys }))
    if (!answer.ok) return answer
    keep(remembered, hash, answer.token)
    return (await isActive(raw, hash)) ? answer : { ok: false, fault: 'revoked' }
  }
  return {
    issuer: setup.issuer.issuer,
    read: async (raw) => {
      try {
        return await read(raw)
      } catch (thrown) {
        if (!(thrown instanceof IssuerUnavailable) && !(thrown instanceof errors.JWKSTimeout)) throw thrown
        throw new Problem('unavailable', 'the issuer of the access token does not answer; try again', {
          id: 'issuer-unavailable',
          cause: thrown,
        })
      }
    },
  }
}

function known(token: VerifiedToken | undefined, { now, clockSkewS }: OutsideSetup): ReadToken | undefined {
  if (token === undefined) return undefined
  return token.expiresMs <= now() - clockSkewS * 1000 ? { ok: false, fault: 'expired' } : { ok: true, token }
}

/** Oldest out first. */
function keep<T>(remembered: Map<string, T>, hash: string, value: T): void {
  const [oldest] = remembered.keys()
  if (remembered.size >= maxRemembered && oldest !== undefined && !remembered.has(hash)) remembered.delete(oldest)
  remembered.set(hash, value)
}

async function readFresh(raw: string, hash: string, { setup, keys }: { setup: OutsideSetup; keys: JWTVerifyGetKey }): Promise<ReadToken> {
  const checked = raw.length > maxTokenLength ? 'malformed' : await verified(raw, setup, keys)
  if (typeof checked === 'string') return { ok: false, fault: checked }
  const { sub, iat, exp, client_id: client, azp } = checked
  const clientId = isText(client) ? client : azp
  if (!isText(sub) || !isText(clientId) || typeof iat !== 'number' || typeof exp !== 'number') return { ok: false, fault: 'claims' }
  if (iat > setup.now() / 1000 + setup.clockSkewS) return { ok: false, fault: 'not-yet' }
  if (exp - iat > setup.issuer.maxLifetimeS) return { ok: false, fault: 'claims' }
  const bearer = await mappedBearer(checked, setup)
  const { subject, institution, role, purposes } = bearer
  // not the issuer's own `jti`, which could be one of ours
  const jti = `outside-${hash}`
  const times = { issuedMs: iat * 1000, expiresMs: exp * 1000 }
  await grants(setup.sql).firstSeen({ jti, subject, client: clientId, institution, role, purposes, ...times, breakGlass: undefined })
  const claims = { scope: checked['scope'], extensions: extensionsFor(bearer, setup.config) }
  return { ok: true, token: { jti, subject, clientId, ...times, claims } }
}

/** The claims, or the fault. Nothing in the token chooses how it is verified but the `kid`, among keys of the issuer. */
async function verified(raw: string, setup: OutsideSetup, keys: JWTVerifyGetKey) {
  const { issuer, now, clockSkewS } = setup
  try {
    const header = decodeProtectedHeader(raw)
    if (header.crit !== undefined || !isText(header.kid)) return 'malformed'
    const { payload } = await jwtVerify(raw, keys, {
      algorithms: [...outsideAlgorithms],
      issuer: issuer.issuer,
      audience: issuer.audience,
      typ: issuer.tokenType,
      clockTolerance: clockSkewS,
      currentDate: new Date(now()),
    })
    const claims: JsonObject = payload
    return claims
  } catch (thrown) {
    // jose says TypeError for what is no JWT, and for a signature of the wrong kind for its key
    if (thrown instanceof TypeError) return 'malformed'
    if (thrown instanceof errors.JWKSNoMatchingKey || thrown instanceof errors.JWKSMultipleMatchingKeys) return 'unknown-key'
    if (thrown instanceof errors.JOSEError && !(thrown instanceof errors.JWKSTimeout)) return faultOf(thrown)
    throw thrown
  }
}

/** Asks the issuer whether a token still lives, and remembers the answer for `cacheS`. Without introspection the token is short instead. */
function introspector({ issuer, fetch, now }: OutsideSetup): (raw: string, hash: string) => Promise<boolean> {
  const { introspection } = issuer
  if (introspection === undefined) return async () => true
  const answers = new Map<string, { readonly isActive: boolean; readonly untilMs: number }>()
  const credentials = [introspection.clientId, introspection.clientSecret].map((part) => encodeURIComponent(part)).join(':')
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  return async (raw, hash) => {
    const remembered = answers.get(hash)
    if (remembered !== undefined && remembered.untilMs > now()) return remembered.isActive
    // the answer is as old as the question
    const askedMs = now()
    const body = new URLSearchParams({ token: raw, token_type_hint: 'access_token' }).toString()
    const answer = await fetchJson(fetch, introspection.endpoint, { method: 'POST', headers, body })
    if (!isObject(answer) || typeof answer['active'] !== 'boolean') throw new IssuerUnavailable('the introspection answer says nothing')
    keep(answers, hash, { isActive: answer['active'], untilMs: askedMs + introspection.cacheS * 1000 })
    return answer['active']
  }
}
