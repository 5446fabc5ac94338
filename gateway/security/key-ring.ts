/** The issuer's published keys, remembered. An unknown `kid` asks again, so that rotation needs no restart; floods of them ask once a second. */
import { type CryptoKey, importJWK } from 'jose'
import type { PublicKey } from './keys.ts'

export interface KeyRing {
  find(kid: string): Promise<CryptoKey | undefined>
}

/** between two loads that an unknown `kid` caused */
const minIntervalMs = 1000
/** after this a withdrawn key is forgotten even if nobody brings an unknown one */
const maxAgeMs = 5 * 60 * 1000

type Ring = ReadonlyMap<string, CryptoKey>

export function keyRing(load: () => Promise<readonly PublicKey[]>, now: () => number): KeyRing {
  let ring: Ring = new Map()
  let loadedMs = Number.NEGATIVE_INFINITY
  let missedMs = Number.NEGATIVE_INFINITY
  let loading: Promise<Ring> | undefined

  const reload = async (): Promise<Ring> => {
    const next = new Map<string, CryptoKey>()
    for (const jwk of await load()) {
      const key = await importJWK({ ...jwk }, jwk.alg)
      if (key instanceof Uint8Array) throw new Error('a published key is symmetric')
      next.set(jwk.kid, key)
    }
    ring = next
    loadedMs = now()
    return ring
  }
  const fresh = async (): Promise<Ring> => {
    loading ??= reload().finally(() => {
      loading = undefined
    })
    return loading
  }
  return {
    async find(kid) {
      const current = now() - loadedMs > maxAgeMs ? await fresh() : ring
      const known = current.get(kid)
      if (known !== undefined || now() - missedMs < minIntervalMs) return known
      missedMs = now()
      return (await fresh()).get(kid)
    },
  }
}
