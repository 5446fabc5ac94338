/** The systems that may authenticate, from the configuration, with keys the libraries understand. */
import type { ClientConfig } from '../config.ts'
import { isObject, isText, type JsonObject } from './read.ts'

export interface ClientKey {
  readonly kty: string
  readonly kid: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly alg?: string
  readonly use?: string
}

export interface KnownClient {
  readonly clientId: string
  readonly institution: string
  readonly keys: readonly ClientKey[]
}

const members = ['crv', 'x', 'y', 'n', 'e', 'alg', 'use'] as const
export const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** Throws once, naming every client whose registration cannot be used and why; a private key among them is such a fault. */
export function knownClients(clients: readonly ClientConfig[]): ReadonlyMap<string, KnownClient> {
  const faults: string[] = []
  const known = new Map<string, KnownClient>()
  for (const { clientId, institution, jwks } of clients) {
    const read = jwks.keys.map((key) => publicKey(key))
    const wrong = read.filter((key) => typeof key === 'string')
    const keys = read.filter((key) => typeof key !== 'string')
    const kids = new Set(keys.map((key) => key.kid))
    if (known.has(clientId)) faults.push(`client \`${clientId}\` is listed twice`)
    if (read.length === 0) faults.push(`client \`${clientId}\` has no key`)
    if (kids.size !== keys.length) faults.push(`client \`${clientId}\` has two keys of the same \`kid\``)
    faults.push(...wrong.map((why) => `client \`${clientId}\`: ${why}`))
    known.set(clientId, { clientId, institution, keys })
  }
  if (faults.length > 0) throw new Error(`clients cannot be used: ${faults.join('; ')}`)
  return known
}

/** The public parts of a JWK, or what is wrong with it. */
export function publicKey(jwk: JsonObject): ClientKey | string {
  if (!isObject(jwk)) return 'a key is not an object'
  if (secretMembers.some((name) => name in jwk)) return 'a key is private or symmetric; register the public key'
  const { kty, kid } = jwk
  if (kty !== 'EC' && kty !== 'RSA') return 'a key is neither `EC` nor `RSA`'
  if (!isText(kid)) return 'a key has no `kid`'
  const found = members.flatMap((name) => {
    const value = jwk[name]
    return isText(value) ? [[name, value] as const] : []
  })
  return { kty, kid, ...Object.fromEntries(found) }
}
