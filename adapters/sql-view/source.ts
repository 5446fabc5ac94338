/** The one small interface between the poller and a SQL engine. Another engine (Oracle, MSSQL, MySQL, PostgreSQL) is one more file like `sqlite.ts`. */

export type SqlValue = string | number | null | Uint8Array

/** A BLOB. By its type: an array of another realm is no `instanceof Uint8Array`. */
export function isBytes(value: SqlValue | undefined): value is Uint8Array {
  return typeof value === 'object' && value !== null
}

export type SqlRow = Readonly<Record<string, SqlValue>>

/** Where the rows of one view come from, and by what they are ordered and told apart. */
export interface ViewKey {
  readonly view: string
  /** the commit-ordered change number column */
  readonly change: string
  /** the columns that name one row of the view */
  readonly key: readonly string[]
}

export interface SqlSource {
  /**
   * Rows whose change number is above `afterChange`, by change number and key.
   * At least `limit` of them if there are so many: the rows of one change number are never split, so the last group may exceed it.
   * Throws SourceFault.
   */
  rows(view: ViewKey, afterChange: number, limit: number): Promise<readonly SqlRow[]>
  /** Adds the row unless one with the same value in column `key` exists; the database's own unique index decides. Throws SourceFault. */
  insertOnce(table: string, row: SqlRow, key: string): Promise<'inserted' | 'present'>
  /** Column names of a view or table; reads no row. Throws SourceFault. */
  columns(relation: string): Promise<readonly string[]>
}

/**
 * away: no such file or server · busy: locked by somebody else, later is better · corrupt: unreadable as a database
 * shape: a view, table, column or unique index that the mapping names is not there · refused: the row breaks a rule of the table
 */
export type SourceFaultKind = 'away' | 'busy' | 'corrupt' | 'shape' | 'refused'

/** A broken wire to the clinic's database. The message names tables and columns at most, never a value. */
export class SourceFault extends Error {
  readonly kind: SourceFaultKind

  constructor(kind: SourceFaultKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'SourceFault'
    this.kind = kind
  }
}
