/**
 * A backup into an empty database, PGlite or server, whichever it came from. The rows arrive in one transaction that commits only after the
 * last line has confirmed their number and SHA-256, so a cut or changed file leaves nothing behind but an empty schema.
 */
import { createHash, type Hash } from 'node:crypto'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { withoutDeadlines } from './backup.ts'
import { isFileLine, noFiles, restoredFiles, type RestoredFiles } from './backup-files.ts'
import { opened, readEnd, readHeader, rowPrefix, type BackupEnd, type BackupHeader } from './backup-format.ts'
import { foreignKeys, identityColumns, quoted, schemaName, tablesIn, type TableShape } from './catalogue.ts'
import { appliedSchema, knownSchema, migrate } from './migrate.ts'
import type { Database, Sql } from './pool.ts'

export interface RestoreInput {
  readonly file: string
  readonly passphrase?: string | undefined
  /** real time, milliseconds: access tokens of the backup end with it */
  readonly nowMs: number
  /** where the FHIR packages and terminology releases of the backup go; undefined = they are left out */
  readonly dataDir?: string | undefined
}

export interface RestoreDone {
  readonly rows: number
  /** packages and releases */
  readonly files: number
  /** instant of the snapshot */
  readonly madeAt: string
}

/**
 * Fills the empty `database`, then brings it to the newest schema. Throws, and leaves no row, when the database is not empty, when the file
 * is no whole and unchanged backup, or when it comes from a newer or differing release.
 */
export async function restore(database: Database, input: RestoreInput): Promise<RestoreDone> {
  await requireEmpty(database.sql)
  const header = await headerOf(input)
  const schema = await requireKnown(header)
  await migrate(database, undefined, schema)
  if (JSON.stringify(await appliedSchema(database.sql)) !== JSON.stringify(header.schema))
    throw new Error('the target holds a newer schema than the backup: restore into a database without tables')
  const files = input.dataDir === undefined ? noFiles : restoredFiles(input.dataDir)
  try {
    const rows = await database.transaction((tx) => load(tx, header, { ...input, files }))
    await migrate(database)
    return { rows, files: await files.keep(), madeAt: header.madeAt }
  } finally {
    await files.drop()
  }
}

/** No table at all, or ours without a single row (what a failed restore leaves behind). */
async function requireEmpty(sql: Sql): Promise<void> {
  for (const { name } of await tablesIn(sql)) {
    const { rows } = await sql.query<{ some: boolean }>(`select exists (select 1 from ${quoted(name)}) as some`)
    if (rows[0]?.some === true) throw new Error(`the target is not empty: table \`${name}\` holds rows; nothing was changed`)
  }
}

async function requireKnown(header: BackupHeader): Promise<number> {
  const known = await knownSchema()
  const newest = header.schema.at(-1)?.version ?? 0
  if (newest > (known.at(-1)?.version ?? 0))
    throw new Error(`the backup is of schema ${newest}, which this program does not know: update it, then restore`)
  if (JSON.stringify(known.filter(({ version }) => version <= newest)) !== JSON.stringify(header.schema))
    throw new Error('the backup comes from a release whose schema differs from ours: restore with the release that made it')
  return newest
}

async function headerOf(input: RestoreInput): Promise<BackupHeader> {
  for await (const line of linesOf(input)) {
    const header = readHeader(line)
    if (header === undefined) break
    return header
  }
  throw new Error('the file is not a backup of care-network')
}

interface Loading extends RestoreInput {
  readonly files: RestoredFiles
}

async function load(tx: Sql, header: BackupHeader, input: Loading): Promise<number> {
  await withoutDeadlines(tx)
  const tables = await tablesIn(tx)
  if (JSON.stringify(tables) !== JSON.stringify(header.tables)) throw new Error('the tables of the backup are not those of its schema')
  await tx.query(`lock table ${tables.map(({ name }) => quoted(name)).join(', ')} in access exclusive mode`)
  await requireEmpty(tx)
  const keys = await foreignKeys(tx)
  // rows come table by table: what they point at may come later
  for (const { table, constraint } of keys) await tx.query(`alter table ${quoted(table)} alter constraint ${quoted(constraint)} deferrable`)
  await tx.query('set constraints all deferred')
  const rows = await loadRows(tx, tables, input)
  await tx.query('set constraints all immediate')
  for (const { table, constraint } of keys)
    await tx.query(`alter table ${quoted(table)} alter constraint ${quoted(constraint)} not deferrable`)
  await setSequences(tx, header)
  await endSessions(tx, input.nowMs)
  return rows
}

/** rows and characters of one insert */
const portion = { rows: 500, size: 4_000_000 }

async function loadRows(tx: Sql, tables: readonly TableShape[], input: Loading): Promise<number> {
  const schema = await schemaName(tx)
  const hash = createHash('sha256')
  let end: BackupEnd | undefined
  let total = -1
  let table: TableShape | undefined
  let waiting: string[] = []
  let size = 0
  const flush = async (): Promise<void> => {
    if (table !== undefined && waiting.length > 0) await insert(tx, schema, table, waiting)
    waiting = []
    size = 0
  }
  for await (const line of linesOf(input)) {
    if (end !== undefined) throw new Error('the backup goes on after its end')
    end = line.startsWith('{"end"') ? readEnd(line) : undefined
    if (end !== undefined) continue
    hash.update(line).update('\n')
    if (isFileLine(line)) {
      await input.files.take(line)
      continue
    }
    total += 1
    // the first line, read before
    if (total === 0) continue
    if (table === undefined || !line.startsWith(rowPrefix(table.name))) {
      await flush()
      table = tables.find(({ name }) => line.startsWith(rowPrefix(name)))
      if (table === undefined) throw new Error(`line ${total + 1} of the backup is not a row`)
    }
    waiting.push(line.slice(rowPrefix(table.name).length, -1))
    size += line.length
    if (waiting.length >= portion.rows || size >= portion.size) await flush()
  }
  await flush()
  requireWhole(end, total, hash)
  return total
}

function requireWhole(end: BackupEnd | undefined, rows: number, hash: Hash): void {
  if (end === undefined) throw new Error('the backup is cut short: its last line is missing; nothing was restored')
  if (end.rows !== rows || end.sha256 !== hash.digest('hex'))
    throw new Error('the backup was changed: its SHA-256 is not the one it states; nothing was restored')
}

async function insert(tx: Sql, schema: string, { name, columns }: TableShape, rows: readonly string[]): Promise<void> {
  const list = columns.map(quoted).join(', ')
  // with its schema: as a type, `record` alone would be PostgreSQL's own
  const type = `${quoted(schema)}.${quoted(name)}`
  await tx.query(
    `insert into ${quoted(name)} (${list}) overriding system value select ${list} from json_populate_recordset(null::${type}, $1::json)`,
    [`[${rows.join(',')}]`],
  )
}

/** A number that was given out is never given out again, also when its row is gone. */
async function setSequences(tx: Sql, { sequences }: BackupHeader): Promise<void> {
  for (const { table, column } of await identityColumns(tx)) {
    const last = sequences.find((each) => each.table === table && each.column === column)?.last ?? 0
    if (last > 0) await tx.query('select setval(pg_get_serial_sequence($1, $2), $3)', [quoted(table), column, last])
  }
}

/** A token that was ended after the backup must not live again: everybody signs in anew. What was used up once stays used up. */
async function endSessions(tx: Sql, nowMs: number): Promise<void> {
  await tx.query(`update "grant" set revoked_ms = $1, ended = 'restored' where revoked_ms is null`, [nowMs])
  await tx.query(`delete from oidc where model <> 'ReplayDetection'`)
}

/** Split at line feeds only: readline would also split at U+2028, which people's texts may hold. */
async function* linesOf({ file, passphrase }: RestoreInput): AsyncGenerator<string> {
  const unzipped = createGunzip()
  // what breaks the pipe is thrown at whoever reads its end
  pipeline(opened(file, passphrase), unzipped, () => undefined)
  unzipped.setEncoding('utf8')
  let rest: string[] = []
  let wasRead = false
  try {
    for await (const chunk of unzipped) {
      wasRead = true
      const [first = '', ...others] = String(chunk).split('\n')
      rest.push(first)
      for (const other of others) {
        yield rest.join('')
        rest = [other]
      }
    }
  } catch (error) {
    throw unreadable(error, wasRead)
  } finally {
    unzipped.destroy()
  }
  const last = rest.join('')
  if (last !== '') yield last
}

function unreadable(error: unknown, wasRead: boolean): unknown {
  const isOfZlib =
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
  if (!isOfZlib) return error
  return new Error(wasRead ? 'the backup is cut short or was changed; nothing was restored' : 'the file is not a backup of care-network', {
    cause: error,
  })
}
