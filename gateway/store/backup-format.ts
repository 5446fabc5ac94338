/**
 * A backup is one file: gzip over NDJSON, the same from PGlite and from a server. First line: what it is. Then one line per row,
 * `["table",{column: value}]`, as PostgreSQL's own `row_to_json` writes it. Last line: how many rows, and SHA-256 over every byte before it.
 * With a passphrase the gzip stream lies inside AES-256-GCM under a key made by scrypt.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { SchemaFile } from './migrate.ts'

export interface BackupHeader {
  readonly format: 'care-network-backup'
  readonly version: 1
  /** instant of the snapshot, real time */
  readonly madeAt: string
  readonly schema: readonly SchemaFile[]
  readonly tables: readonly { readonly name: string; readonly columns: readonly string[] }[]
  /** the last number that each identity column gave out, which may be of no row any more */
  readonly sequences: readonly { readonly table: string; readonly column: string; readonly last: number }[]
}

export interface BackupEnd {
  readonly rows: number
  /** hexadecimal, over every byte before the line that says so */
  readonly sha256: string
}

/** What stands before the row itself in its line. */
export function rowPrefix(table: string): string {
  return `[${JSON.stringify(table)},`
}

/** undefined: not a backup, or of a form that this program does not know. */
export function readHeader(line: string): BackupHeader | undefined {
  const value = parse(line)
  return isHeader(value) ? value : undefined
}

/** undefined for any line but the last one of a whole backup. */
export function readEnd(line: string): BackupEnd | undefined {
  const value = parse(line)
  if (!isRecord(value) || !isRecord(value['end'])) return undefined
  const { rows, sha256 } = { rows: undefined, sha256: undefined, ...value['end'] }
  return typeof rows === 'number' && typeof sha256 === 'string' ? { rows, sha256 } : undefined
}

function isHeader(value: unknown): value is BackupHeader {
  if (!isRecord(value)) return false
  return (
    value['format'] === 'care-network-backup' &&
    value['version'] === 1 &&
    typeof value['madeAt'] === 'string' &&
    isListOf(value['schema'], (each) => typeof each['version'] === 'number' && typeof each['md5'] === 'string') &&
    isListOf(value['tables'], (each) => typeof each['name'] === 'string' && Array.isArray(each['columns'])) &&
    isListOf(
      value['sequences'],
      (each) => typeof each['table'] === 'string' && typeof each['column'] === 'string' && Number.isSafeInteger(each['last']),
    )
  )
}

function isListOf(value: unknown, is: (each: Readonly<Record<string, unknown>>) => boolean): boolean {
  return Array.isArray(value) && value.every((each) => isRecord(each) && is(each))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const magic = Buffer.from('CNBACKUP1')
const [saltBytes, ivBytes, tagBytes] = [16, 12, 16]
const headBytes = magic.length + saltBytes + ivBytes

function keyFrom(passphrase: string, salt: Buffer): Buffer {
  return scryptSync(passphrase, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 })
}

/** The bytes of a sealed backup, from the bytes of an open one: head, ciphertext, tag. */
export async function* sealed(bytes: AsyncIterable<Buffer>, passphrase: string): AsyncGenerator<Buffer> {
  const [salt, iv] = [randomBytes(saltBytes), randomBytes(ivBytes)]
  const head = Buffer.concat([magic, salt, iv])
  yield head
  const cipher = createCipheriv('aes-256-gcm', keyFrom(passphrase, salt), iv).setAAD(head)
  for await (const chunk of bytes) yield cipher.update(chunk)
  yield cipher.final()
  yield cipher.getAuthTag()
}

/**
 * The gzip bytes of a backup file, sealed or open. What a sealed one yields is proven only at its end, so act on it only then (`restore`
 * commits after the last line). Throws for a missing or wrong passphrase.
 */
export async function* opened(file: string, passphrase: string | undefined): AsyncGenerator<Buffer> {
  const { size } = await stat(file)
  const head = await bytesAt(file, 0, Math.min(size, headBytes))
  if (!head.subarray(0, magic.length).equals(magic)) {
    yield* chunksOf(createReadStream(file))
    return
  }
  if (passphrase === undefined) throw new Error('this backup is sealed: give its passphrase with --passphrase-file')
  if (size < headBytes + tagBytes) throw new Error('the backup is cut short')
  const salt = head.subarray(magic.length, magic.length + saltBytes)
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(passphrase, salt), head.subarray(magic.length + saltBytes), {
    authTagLength: tagBytes,
  }).setAAD(head)
  decipher.setAuthTag(await bytesAt(file, size - tagBytes, tagBytes))
  if (size > headBytes + tagBytes)
    for await (const chunk of chunksOf(createReadStream(file, { start: headBytes, end: size - tagBytes - 1 }))) {
      yield decipher.update(chunk)
    }
  try {
    yield decipher.final()
  } catch (error) {
    throw new Error('the passphrase is not that of this backup, or the file was changed', { cause: error })
  }
}

async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a file is read as bytes')
    yield chunk
  }
}

async function bytesAt(file: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
