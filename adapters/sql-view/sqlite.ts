/**
 * SQLite by Node's own `node:sqlite`.
 * Every call opens and closes the file (about 0.1 ms), so that a database that was replaced, restored or away is seen as it is now.
 * The driver is synchronous: the busy timeout blocks the whole process, hence it is short and the waiting is left to the caller.
 */
import { DatabaseSync } from 'node:sqlite'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SqlRow, SqlSource, SqlValue, ViewKey } from './source.ts'
import { SourceFault } from './source.ts'
import type { SourceFaultKind } from './source.ts'

/** `path` of an existing database file; it is never created. `busyTimeoutMs` is how long one statement may wait for a lock. */
export function sqliteSource(path: string, busyTimeoutMs: number): SqlSource {
  function use<T>(mode: 'ro' | 'rw', work: (database: DatabaseSync) => T): T {
    let database: DatabaseSync | undefined
    try {
      database = open(path, mode, busyTimeoutMs)
      return work(database)
    } catch (error) {
      throw fault(error)
    } finally {
      database?.close()
    }
  }
  return {
    rows: async (view, afterChange, limit) => use('ro', (database) => readRows(database, view, afterChange, limit)),
    insertOnce: async (table, row, key) => use('rw', (database) => insertOnce(database, table, row, key)),
    columns: async (relation) => use('ro', (database) => columnNames(database, relation)),
  }
}

function open(path: string, mode: 'ro' | 'rw', busyTimeoutMs: number): DatabaseSync {
  // `mode=rw` opens but, unlike the plain path, never creates: an absent clinic database must not become an empty one.
  const url = pathToFileURL(resolve(path))
  url.searchParams.set('mode', mode)
  return new DatabaseSync(url, { timeout: busyTimeoutMs, readOnly: mode === 'ro' })
}

function readRows(database: DatabaseSync, view: ViewKey, afterChange: number, limit: number): readonly SqlRow[] {
  const change = quoted(view.change)
  const relation = quoted(view.view)
  const order = [view.change, ...view.key].map(quoted).join(', ')
  // The inner select finds the change number at which `limit` is reached; the outer one takes that number's rows to the last.
  const statement = database.prepare(
    `SELECT * FROM ${relation} WHERE ${change} > ?1 AND ${change} <=
       (SELECT max(c) FROM (SELECT ${change} AS c FROM ${relation} WHERE ${change} > ?1 ORDER BY c LIMIT ?2))
     ORDER BY ${order}`,
  )
  statement.setReadBigInts(true)
  return statement.all(afterChange, limit).map(plainRow)
}

function insertOnce(database: DatabaseSync, table: string, row: SqlRow, key: string): 'inserted' | 'present' {
  const columns = Object.keys(row)
  // Not `INSERT OR IGNORE`: that would also swallow a NOT NULL or CHECK violation, and with it the message.
  const statement = database.prepare(
    `INSERT INTO ${quoted(table)} (${columns.map(quoted).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
     ON CONFLICT (${quoted(key)}) DO NOTHING`,
  )
  const { changes } = statement.run(...Object.values(row))
  return Number(changes) === 0 ? 'present' : 'inserted'
}

function columnNames(database: DatabaseSync, relation: string): readonly string[] {
  return database
    .prepare(`SELECT * FROM ${quoted(relation)} LIMIT 0`)
    .columns()
    .map((column) => column.name)
}

/** Names come from the mapping file, which allows letters, digits and `_ $ #` only; quoting keeps reserved words usable. */
function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.')
}

function plainRow(row: Record<string, SqlValue | bigint>): SqlRow {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plainValue(value)]))
}

function plainValue(value: SqlValue | bigint): SqlValue {
  if (typeof value !== 'bigint') return value
  // A 20-digit accession number must not be rounded.
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

/** Primary result codes, https://www.sqlite.org/rescode.html; the extended code carries the primary one in its low byte. */
const kinds: Readonly<Record<number, SourceFaultKind>> = {
  1: 'shape',
  5: 'busy',
  6: 'busy',
  7: 'busy',
  8: 'away',
  10: 'away',
  11: 'corrupt',
  13: 'away',
  14: 'away',
  15: 'busy',
  17: 'busy',
  19: 'refused',
  20: 'refused',
  23: 'away',
  26: 'corrupt',
}

/** SQLITE_CONSTRAINT_TRIGGER: `RAISE` in a trigger */
const constraintTrigger = 1811

function fault(error: unknown): SourceFault {
  if (error instanceof SourceFault) return error
  if (!isSqliteError(error)) return new SourceFault('shape', 'the database driver refused the statement', error)
  const kind = kinds[error.errcode & 0xff] ?? 'away'
  // SQLite's own messages name tables and columns, never values; a trigger of the EMR may say anything, so its words stay out.
  const byTrigger = error.errcode === constraintTrigger
  return new SourceFault(kind, byTrigger ? 'a trigger of the table refused the row' : lowerFirst(error.message), error)
}

/** By its properties: an error of another realm is no `instanceof Error`. */
function isSqliteError(error: unknown): error is { readonly errcode: number; readonly message: string } {
  if (typeof error !== 'object' || error === null || !('errcode' in error) || !('message' in error)) return false
  return typeof error.errcode === 'number' && typeof error.message === 'string'
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
