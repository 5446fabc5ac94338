/**
 * Page links carry no search term and are good for one caller: the query is sealed (AES-256-GCM) and bound to subject and institution.
 * Whoever else presents it, or edits it, gets a plain refusal; every page is judged anew.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import type { Caller } from './security/caller.ts'

export interface SealedPage {
  readonly type: string
  readonly query: readonly (readonly [name: string, value: string])[]
  /** where the page begins: of what kind the values are is for the search to say */
  readonly place: readonly (string | number | null)[]
}

export function sealPage(key: Buffer, caller: Caller, page: SealedPage): string {
  const iv = nextNonce()
  const cipher = createCipheriv('aes-256-gcm', madeReady(key), iv)
  cipher.setAAD(boundTo(caller))
  const body = cipher.update(JSON.stringify(page), 'utf8')
  const end = cipher.final()
  return Buffer.concat([iv, cipher.getAuthTag(), body, end]).toString('base64url')
}

const ready = new WeakMap<Buffer, KeyObject>()

/** Made ready once for each key: every search seals a link. */
function madeReady(key: Buffer): KeyObject {
  const known = ready.get(key)
  if (known !== undefined) return known
  const made = createSecretKey(key)
  ready.set(key, made)
  return made
}

const nonceBytes = 12
let nonces = Buffer.alloc(0)

/** Random, each used once; fetched by the hundred. */
function nextNonce(): Buffer {
  if (nonces.length === 0) nonces = randomBytes(nonceBytes * 256)
  const nonce = nonces.subarray(0, nonceBytes)
  nonces = nonces.subarray(nonceBytes)
  return nonce
}

/** undefined for a link that was not made for this caller, or not by us. */
export function openPage(key: Buffer, caller: Caller, sealed: string): SealedPage | undefined {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < 29 || bytes.length > 16_384) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
  decipher.setAAD(boundTo(caller))
  decipher.setAuthTag(bytes.subarray(12, 28))
  let text: string
  try {
    text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  } catch {
    // A tag that does not verify is an ordinary refusal: an edited link, or somebody else's.
    return undefined
  }
  const value: unknown = JSON.parse(text)
  return isPage(value) ? value : undefined
}

function boundTo(caller: Caller): Buffer {
  return Buffer.from(`${caller.subject}\n${caller.institution}\n${caller.role}`)
}

function isPage(value: unknown): value is SealedPage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    'query' in value &&
    'place' in value &&
    Array.isArray(value.query) &&
    Array.isArray(value.place)
  )
}
