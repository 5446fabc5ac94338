/**
 * Keys of an outside issuer: fetched from its own origin only, held to rules of ours before any of them verifies anything.
 * Specs: https://www.rfc-editor.org/rfc/rfc7517#section-5, https://www.rfc-editor.org/rfc/rfc8725
 */
import { createRemoteJWKSet, customFetch, importJWK, type JWTVerifyGetKey } from 'jose'
import { secretMembers } from './clients.ts'
import { isObject, isText, type JsonObject } from './read.ts'

/** Goes to the issuer's origin and nowhere else; bounded in time and size. */
export type OutsideFetch = (
  url: string,
  init: {
    readonly method?: 'GET' | 'POST'
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly signal: AbortSignal
  },
) => Promise<Response>

export const outsideAlgorithms = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const

/** The issuer did not answer, or with what cannot be used: nobody's token is judged until it does. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable'
}

const deadlineMs = 5000
const keysKeptMs = 5 * 60 * 1000
const betweenMs = 1000

/** Keys by `kid`; an unknown one asks again, at most once a second. `jwksUri` undefined: the discovery document says where they are. */
export function outsideKeys(fetch: OutsideFetch, { issuer, jwksUri }: { issuer: string; jwksUri?: string }): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined
  return async (header, token) => {
    keys ??= remoteKeys(fetch, jwksUri ?? (await discoveredKeys(fetch, issuer)))
    return keys(header, token)
  }
}

function remoteKeys(fetch: OutsideFetch, address: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(address), {
    timeoutDuration: deadlineMs,
    cooldownDuration: betweenMs,
    cacheMaxAge: keysKeptMs,
    [customFetch]: async (url: string) => {
      const keys = await acceptedKeys(await fetchJson(fetch, url))
      if (typeof keys === 'string') throw new IssuerUnavailable(`the keys of the issuer cannot be used: ${keys}`)
      return new Response(JSON.stringify({ keys }), { headers: { 'content-type': 'application/json' } })
    },
  })
}

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation */
async function discoveredKeys(fetch: OutsideFetch, issuer: string): Promise<string> {
  const document = await fetchJson(fetch, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const found = isObject(document) && document['issuer'] === issuer ? document['jwks_uri'] : undefined
  if (!isText(found) || !URL.canParse(found)) throw new IssuerUnavailable('the discovery document is of another issuer or names no keys')
  return found
}

/** Throws `IssuerUnavailable` for whatever goes wrong on the wire. */
export async function fetchJson(
  fetch: OutsideFetch,
  url: string,
  init: Omit<Parameters<OutsideFetch>[1], 'signal'> = {},
): Promise<unknown> {
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', ...init.headers },
      signal: AbortSignal.timeout(deadlineMs),
    })
    if (response.status !== 200) {
      // unread, the body would hold the connection until its deadline
      await response.body?.cancel()
      throw new Error(`status ${response.status}`)
    }
    return await response.json()
  } catch (cause) {
    throw new IssuerUnavailable('the issuer did not answer with what was asked for', { cause })
  }
}

/**
 * Of a key set the keys that may verify access tokens; others of a known kind are left out. A text when the set itself cannot be trusted:
 * it publishes a secret, or one `kid` for two keys.
 */
export async function acceptedKeys(set: unknown): Promise<readonly JsonObject[] | string> {
  const listed: unknown = isObject(set) ? set['keys'] : undefined
  if (!Array.isArray(listed) || !listed.every(isObject)) return 'it is not a key set'
  if (listed.some((key) => key['kty'] === 'oct' || secretMembers.some((name) => name in key)))
    return 'it publishes a private or symmetric key'
  const kids = listed.flatMap((key) => (isText(key['kid']) ? [key['kid']] : []))
  if (new Set(kids).size !== kids.length) return 'two keys have the same `kid`'
  const usable = await Promise.all(listed.map(async (key) => ((await isUsable(key)) ? [key] : [])))
  return usable.flat()
}

async function isUsable(key: JsonObject): Promise<boolean> {
  const { kid, use, alg, key_ops: operations } = key
  const algorithm = algorithmOf(key)
  if (!isText(kid) || algorithm === undefined || (use !== undefined && use !== 'sig')) return false
  if (alg !== undefined && alg !== algorithm && !(key['kty'] === 'RSA' && isRsaAlgorithm(alg))) return false
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false
  if (key['kty'] === 'RSA' && !isStrongModulus(key['n'])) return false
  try {
    await importJWK({ ...key }, algorithm)
    return true
  } catch {
    // a point off the curve, a modulus that is none: not a key, and so it verifies nothing
    return false
  }
}

const curves: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }

function algorithmOf({ kty, crv, alg }: JsonObject): string | undefined {
  if (kty === 'EC' && isText(crv)) return curves[crv]
  if (kty === 'RSA') return isRsaAlgorithm(alg) ? alg : 'RS256'
  return undefined
}

function isRsaAlgorithm(alg: unknown): alg is string {
  return isText(alg) && /^(RS|PS)(256|384|512)$/.test(alg)
}

/** Long enough, and not of the family whose private keys can be computed (CVE-2017-15361). */
function isStrongModulus(n: unknown): boolean {
  if (!isText(n)) return false
  const modulus = BigInt(`0x0${Buffer.from(n, 'base64url').toString('hex')}`)
  return modulus.toString(2).length >= 2048 && !isGuessable(modulus)
}

const guessablePrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]

/** Moduli of that family are powers of 65537 modulo every small prime. https://crocs.fi.muni.cz/public/papers/rsa_ccs17 */
function isGuessable(modulus: bigint): boolean {
  return guessablePrimes.every((prime) => {
    const rest = Number(modulus % BigInt(prime))
    let power = 1
    for (let step = 0; step < prime; step += 1) {
      if (power === rest) return true
      power = (power * (65_537 % prime)) % prime
    }
    return false
  })
}
