/**
 * The keys that sign access tokens. They rest in the database, so that every gateway process signs and publishes the same ones.
 * The newest signs; the newest two are published, so that a token outlives the rotation of its key.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { signingKeyRows, type SigningKeyRow } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import { isText, type JsonObject, objectFrom } from './read.ts'

/** One elliptic curve key on P-256; `d` only where we sign. */
export interface PublicKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
}

export interface PrivateKey extends PublicKey {
  readonly d: string
}

/** Newest first; never empty. */
export interface KeySet {
  readonly newest: PrivateKey
  readonly all: readonly PrivateKey[]
}

export interface SigningKeys {
  /** The keys in use; read again from the database after 30 s, rotated when the newest is older than 30 days. */
  readonly current: () => Promise<KeySet>
  /** What anybody may know, straight from the database. */
  readonly published: () => Promise<readonly PublicKey[]>
  /** A new key signs from now on; the one before it stays published, older ones are gone. */
  readonly rotate: () => Promise<void>
}

const rereadAfterMs = 30_000
const rotateAfterMs = 30 * 24 * 60 * 60 * 1000

/** `now` in milliseconds of real time. Several processes may share the database. */
export function signingKeys(sql: Sql, now: () => number): SigningKeys {
  const rows = signingKeyRows(sql)
  let cached: { readonly set: KeySet; readonly atMs: number } | undefined

  const read = async (): Promise<readonly SigningKeyRow[]> => {
    const found = await rows.newest()
    const [newest] = found
    if (newest !== undefined && now() - newest.createdMs < rotateAfterMs) return found
    await rows.add(await makeKey((newest?.generation ?? 0) + 1, now()))
    return rows.newest()
  }
  const load = async (): Promise<KeySet> => {
    const all = (await read()).map((row) => privateKey(row))
    const [newest] = all
    if (newest === undefined) throw new Error('the signing key that was just stored cannot be read')
    cached = { set: { newest, all }, atMs: now() }
    return cached.set
  }
  return {
    async current() {
      return cached !== undefined && now() - cached.atMs < rereadAfterMs ? cached.set : load()
    },
    async published() {
      return (await load()).all.map(publicKey)
    },
    async rotate() {
      const [newest] = await rows.newest()
      await rows.add(await makeKey((newest?.generation ?? 0) + 1, now()))
      await load()
    },
  }
}

async function makeKey(generation: number, createdMs: number): Promise<SigningKeyRow> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(pair.privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { generation, kid, privateJwk: JSON.stringify(jwk), createdMs }
}

function privateKey(row: SigningKeyRow): PrivateKey {
  const { x, y, d }: JsonObject = objectFrom(row.privateJwk)
  if (!isText(x) || !isText(y) || !isText(d)) throw new Error(`signing key ${row.generation} in the database is damaged`)
  return { kty: 'EC', crv: 'P-256', x, y, d, kid: row.kid, alg: 'ES256', use: 'sig' }
}

function publicKey({ kty, crv, x, y, kid, alg, use }: PrivateKey): PublicKey {
  return { kty, crv, x, y, kid, alg, use }
}
