/** The clinic's database: every write takes one change number inside its own transaction. */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type ChartRow = Readonly<Record<string, string | number | null>>

export class Chart {
  readonly #database: DatabaseSync

  constructor(path: string) {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    this.#database = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true })
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    this.#database.exec(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'))
    this.#addColumn('REF_IN', 'RCL_MSG_ID')
  }

  /** Runs `work` in one transaction; `save` gives the row the next change number and returns its new key. */
  write<T>(work: (save: (table: string, row: ChartRow) => number) => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work((table, row) => this.#insert(table, { ...row, CHG_NO: this.#nextChange() }))
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** Master data has no change number. */
  keep(table: string, rows: readonly ChartRow[]): void {
    for (const row of rows) this.#insert(table, row)
  }

  rows(sql: string, ...parameters: readonly (string | number)[]): readonly ChartRow[] {
    // The schema has text and numbers only.
    return this.#database.prepare(sql).all(...parameters) as readonly ChartRow[]
  }

  close(): void {
    this.#database.close()
  }

  /** For databases of earlier versions. */
  #addColumn(table: string, column: string): void {
    const known = this.rows('SELECT name FROM pragma_table_info(?)', table).some((row) => row['name'] === column)
    if (!known) this.#database.exec(`ALTER TABLE ${table} ADD COLUMN ${column} TEXT`)
  }

  #nextChange(): number {
    const row = this.#database.prepare('UPDATE CHG_CTL SET CHG_NO = CHG_NO + 1 RETURNING CHG_NO').get()
    return Number(row?.['CHG_NO'])
  }

  #insert(table: string, row: ChartRow): number {
    const columns = Object.keys(row)
    const statement = this.#database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
    return Number(statement.run(...Object.values(row)).lastInsertRowid)
  }
}

/** `202603010930` on the clinic's wall clock (Asia/Seoul has no summer time). */
export function stamp(at: Date): string {
  return new Date(at.getTime() + 9 * 3_600_000).toISOString().slice(0, 16).replaceAll(/\D/gu, '')
}

/** `20260301` */
export function day(at: Date): string {
  return stamp(at).slice(0, 8)
}
