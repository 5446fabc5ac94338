/** Names made from content: the same row always has the same name, on any run and any machine. */
import { createHash } from 'node:crypto'
import { isBytes } from './source.ts'
import type { SqlRow } from './source.ts'

/** 64 bits over columns and values, in the order of the column names. */
export function rowHash(row: SqlRow): string {
  const columns = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))
  const content = columns.map(([name, value]) => [name, isBytes(value) ? Buffer.from(value).toString('base64') : value])
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16)
}

/**
 * Id of the parcel for one version of one row. View and change number find the row again in the clinic's database; the hash tells apart
 * rows that share a change number and versions written without a new one. It carries no key column: a patient number is no message id.
 */
export function parcelId(view: string, change: number, hash: string): string {
  return `${view}:${change}:${hash}`
}

/** The URL namespace of RFC 9562, appendix: our names are below the project's canonical base. */
const namespace = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')

/** UUID version 5 of a name. Rule: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5 */
export function uuid(name: string): string {
  const hash = createHash('sha1').update(namespace).update(name).digest()
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = hash.toString('hex', 0, 16)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
