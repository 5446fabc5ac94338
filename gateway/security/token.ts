/**
 * The gateway as an OAuth2 resource server: an access token is verified here or the request ends here.
 * Nothing in a token chooses how it is verified: algorithm, issuer, audience, type and lifetime are pinned, `jku`, `jwk` and `x5u` are ignored,
 * `crit` is refused. Specs: https://www.rfc-editor.org/rfc/rfc9068, https://www.rfc-editor.org/rfc/rfc8725
 */
import { hash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type ProtectedHeaderParameters } from 'jose'
import { Problem } from '../problem.ts'
import { grantsLive } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import { personTokenS } from './endpoints.ts'
import type { Admission } from './caller.ts'
import { keyRing, type KeyRing } from './key-ring.ts'
import type { PublicKey } from './keys.ts'
import { isText, type JsonObject } from './read.ts'

export type TokenFault =
  | 'missing'
  | 'malformed'
  | 'unknown-key'
  | 'signature'
  | 'typ'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not-yet'
  | 'claims'
  | 'revoked'

export interface VerifiedToken {
  readonly jti: string
  readonly subject: string
  readonly clientId: string
  /** instants in milliseconds of real time */
  readonly issuedMs: number
  readonly expiresMs: number
  /** the whole payload; `caller.ts` reads the rest */
  readonly claims: JsonObject
}

export type ReadToken = { readonly ok: true; readonly token: VerifiedToken } | { readonly ok: false; readonly fault: TokenFault }

export interface TokenRules {
  readonly issuer: string
  readonly audience: string
  /** keys of the issuer; asked again for an unknown `kid`, at most once a second */
  readonly keys: () => Promise<readonly PublicKey[]>
  /** milliseconds of real time */
  readonly now: () => number
  readonly clockSkewS: number
}

/** The second issuer whose tokens are taken, by its own rules (`outside-issuer.ts`). */
export interface OutsideIssuer {
  readonly issuer: string
  readonly read: (raw: string) => Promise<ReadToken>
}

export type VerifierRules = TokenRules & { readonly sql: Sql; readonly outside?: OutsideIssuer | undefined }

const algorithms = ['ES256']
const maxTokenLength = 8192
const maxRemembered = 5000

const told: Readonly<Record<TokenFault, string>> = {
  missing: 'send `Authorization: Bearer` with an access token of this network',
  malformed: 'the access token is not a signed JWT',
  'unknown-key': 'the access token is signed with a key this network does not publish',
  signature: 'the signature of the access token does not verify',
  typ: 'this is not an access token',
  issuer: 'the access token comes from another issuer',
  audience: 'the access token is meant for another service',
  expired: 'the access token has expired; request a new one',
  'not-yet': 'the access token is not valid yet; check the clocks',
  claims: 'the access token lacks `jti`, `sub`, `client_id`, `iat` or `exp`, or lives too long',
  revoked: 'the access token was ended; request a new one',
}

/** A token that is sound, and the database's word on it, which is still to come. */
export interface BroughtToken {
  readonly token: VerifiedToken
  readonly admission: Admission
}

/** Verifies the value of an `Authorization` header; throws `unauthenticated` with id `token-<fault>`. Asks the database whether the token was ended. */
export function createTokenVerifier(rules: VerifierRules): (header: string | undefined) => Promise<VerifiedToken> {
  const bring = createTokenDoor(rules)
  return async (header) => {
    const { token, admission } = await bring(header)
    await admission.required()
    return token
  }
}

/** The same in two steps, for whoever goes on meanwhile and lets nothing out before the second. */
export function createTokenDoor(rules: VerifierRules): (header: string | undefined) => Promise<BroughtToken> {
  const read = createTokenReader(rules)
  const isLive = grantsLive(rules.sql)
  return async (header) => {
    if (header === undefined || header === '') throw refused('missing')
    const raw = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1]
    if (raw === undefined) throw refused('malformed')
    const { outside } = rules
    const answer = await (outside !== undefined && claimedIssuer(raw) === outside.issuer ? outside.read(raw) : read(raw))
    if (!answer.ok) throw refused(answer.fault)
    return { token: answer.token, admission: admissionOf(answer.token, isLive) }
  }
}

function admissionOf({ jti }: VerifiedToken, isLive: (jti: string) => Promise<boolean>): Admission {
  let asked: Promise<boolean> | undefined
  return {
    jti: () => (asked === undefined ? jti : undefined),
    seen(live) {
      asked = Promise.resolve(live)
    },
    async required() {
      asked ??= isLive(jti)
      if (!(await asked)) throw refused('revoked')
    },
  }
}

/** Unverified: only good for choosing whose rules refuse or accept the token. */
function claimedIssuer(raw: string): unknown {
  try {
    return decodeJwt(raw).iss
  } catch (thrown) {
    // not a JWT at all: the reader says so
    if (thrown instanceof errors.JOSEError) return undefined
    throw thrown
  }
}

function refused(fault: TokenFault): Problem {
  const challenge = fault === 'missing' ? '' : `, error="invalid_token", error_description="${told[fault].replaceAll('`', "'")}"`
  return new Problem('unauthenticated', told[fault], {
    id: `token-${fault}`,
    headers: { 'WWW-Authenticate': `Bearer realm="care-network"${challenge}` },
  })
}

/** Everything about a token but whether it was ended since. A signature is verified once and remembered by the token's hash until it expires. */
export function createTokenReader(rules: TokenRules): (raw: string) => Promise<ReadToken> {
  const remembered = new Map<string, Remembered>()
  const ring = keyRing(rules.keys, rules.now)
  return async (raw) => {
    if (raw.length > maxTokenLength) return no('malformed')
    const key = hash('sha256', raw, 'base64url')
    const known = remembered.get(key)
    if (known !== undefined) return recall(known, ring, rules)
    const answer = await readFresh(raw, ring, rules)
    if (answer.ok) remember(remembered, key, { token: answer.token, kid: headerOf(raw)?.kid ?? '' })
    return answer
  }
}

interface Remembered {
  readonly token: VerifiedToken
  readonly kid: string
}

/** Time goes on and keys are withdrawn; everything else about a verified token stays as it was. */
async function recall({ token, kid }: Remembered, ring: KeyRing, { now, clockSkewS }: TokenRules): Promise<ReadToken> {
  if (token.expiresMs <= now() - clockSkewS * 1000) return no('expired')
  return (await ring.find(kid)) === undefined ? no('unknown-key') : { ok: true, token }
}

function remember(remembered: Map<string, Remembered>, key: string, verified: Remembered): void {
  const [oldest] = remembered.keys()
  if (remembered.size >= maxRemembered && oldest !== undefined) remembered.delete(oldest)
  remembered.set(key, verified)
}

async function readFresh(raw: string, ring: KeyRing, rules: TokenRules): Promise<ReadToken> {
  const header = headerOf(raw)
  if (header === undefined || header.crit !== undefined || !isText(header.kid)) return no('malformed')
  if (!algorithms.includes(header.alg ?? 'none')) return no('signature')
  const key = await ring.find(header.kid)
  if (key === undefined) return no('unknown-key')
  try {
    const { payload } = await jwtVerify(raw, key, {
      algorithms,
      issuer: rules.issuer,
      audience: rules.audience,
      typ: 'at+jwt',
      clockTolerance: rules.clockSkewS,
      currentDate: new Date(rules.now()),
    })
    return bounded(payload, rules)
  } catch (thrown) {
    if (thrown instanceof errors.JOSEError) return no(faultOf(thrown))
    throw thrown
  }
}

function headerOf(raw: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(raw)
  } catch (thrown) {
    // jose says TypeError for what is no JWT; that is the sender's fault, not ours
    if (thrown instanceof TypeError || thrown instanceof errors.JOSEError) return undefined
    throw thrown
  }
}

function bounded(claims: JsonObject, { now, clockSkewS }: TokenRules): ReadToken {
  const { jti, sub, client_id: clientId, iat, exp } = claims
  if (!isText(jti) || !isText(sub) || !isText(clientId) || typeof iat !== 'number' || typeof exp !== 'number') return no('claims')
  if (iat > now() / 1000 + clockSkewS) return no('not-yet')
  if (exp - iat > personTokenS) return no('claims')
  return { ok: true, token: { jti, subject: sub, clientId, issuedMs: iat * 1000, expiresMs: exp * 1000, claims } }
}

const claimFaults: Readonly<Record<string, TokenFault>> = { typ: 'typ', iss: 'issuer', aud: 'audience', nbf: 'not-yet' }

/** What jose refused, in our words. */
export function faultOf(thrown: errors.JOSEError): TokenFault {
  if (thrown instanceof errors.JWTExpired) return 'expired'
  if (thrown instanceof errors.JWTClaimValidationFailed) return claimFaults[thrown.claim] ?? 'claims'
  if (thrown instanceof errors.JWSSignatureVerificationFailed || thrown instanceof errors.JOSEAlgNotAllowed) return 'signature'
  return 'malformed'
}

function no(fault: TokenFault): ReadToken {
  return { ok: false, fault }
}
