/**
 * The whole database as one portable file, from one snapshot, while the gateway runs. Rows are fetched in small portions by a cursor and
 * written as they come, so memory stays bounded however large the database is. The form is in `backup-format.ts`.
 */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { fileLines } from './backup-files.ts'
import { rowPrefix, sealed, type BackupHeader } from './backup-format.ts'
import { identityColumns, quoted, tablesIn } from './catalogue.ts'
import { appliedSchema } from './migrate.ts'
import type { Database, Sql } from './pool.ts'

const rowsAtOnce = 100

export interface BackupInput {
  readonly file: string
  readonly passphrase?: string | undefined
  /** whose FHIR packages and terminology releases go along; undefined = the database alone */
  readonly dataDir?: string | undefined
}

export interface BackupDone {
  readonly rows: number
  /** number of the newest schema file in it */
  readonly schema: number
}

/**
 * Writes the backup to `file`, readable by its owner only, and whole or not at all: it grows beside and is renamed at the end. On the
 * embedded database everybody else waits until it is done, since that has one session. Throws when there is no schema, or the disk is full.
 */
export async function backUp(database: Database, input: BackupInput): Promise<BackupDone> {
  const draft = `${input.file}.part`
  try {
    const done = await database.transaction((tx) => writeSnapshot(tx, { ...input, file: draft }), {
      isolation: 'repeatable read',
      readOnly: true,
    })
    await rename(draft, input.file)
    return done
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

async function writeSnapshot(tx: Sql, { file, passphrase, dataDir }: BackupInput): Promise<BackupDone> {
  await withoutDeadlines(tx)
  const schema = await appliedSchema(tx)
  if (schema.length === 0) throw new Error('this database has no schema yet: there is nothing to back up')
  const header: BackupHeader = {
    format: 'care-network-backup',
    version: 1,
    madeAt: new Date().toISOString(),
    schema,
    tables: await tablesIn(tx),
    sequences: await identityColumns(tx),
  }
  const count = { rows: 0 }
  // an older draft would keep the rights it was made with
  await rm(file, { force: true })
  const zipped = Readable.from(linesOf(tx, { header, dataDir }, count)).pipe(createGzip())
  const bytes = passphrase === undefined ? zipped : sealed(bytesOf(zipped), passphrase)
  await pipeline(bytes, createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true }))
  return { rows: count.rows, schema: schema.at(-1)?.version ?? 0 }
}

/** A large table takes its time, and a slow disk may keep the transaction waiting. */
export async function withoutDeadlines(tx: Sql): Promise<void> {
  await tx.query('set local statement_timeout = 0')
  await tx.query('set local idle_in_transaction_session_timeout = 0')
}

interface Contents {
  readonly header: BackupHeader
  readonly dataDir: string | undefined
}

async function* linesOf(tx: Sql, { header, dataDir }: Contents, count: { rows: number }): AsyncGenerator<string> {
  const hash = createHash('sha256')
  const hashed = (text: string): string => {
    hash.update(text)
    return text
  }
  yield hashed(`${JSON.stringify(header)}\n`)
  for (const { name } of header.tables) {
    const cursor = quoted(`backup_${name}`)
    await tx.query(`declare ${cursor} no scroll cursor for select row_to_json(t)::text as row from ${quoted(name)} t`)
    for (;;) {
      const { rows } = await tx.query<{ row: string }>(`fetch ${rowsAtOnce} from ${cursor}`)
      if (rows.length === 0) break
      count.rows += rows.length
      yield hashed(rows.map(({ row }) => `${rowPrefix(name)}${row}]\n`).join(''))
    }
    await tx.query(`close ${cursor}`)
  }
  if (dataDir !== undefined) for await (const line of fileLines(dataDir)) yield hashed(line)
  yield `${JSON.stringify({ end: { rows: count.rows, sha256: hash.digest('hex') } })}\n`
}

async function* bytesOf(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('gzip makes bytes')
    yield chunk
  }
}
