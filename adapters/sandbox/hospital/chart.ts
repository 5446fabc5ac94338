/** The hospital's database. Every change is committed before anybody outside is told of it, so a kill at any moment loses nothing. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'

export type Row = Readonly<Record<string, SQLOutputValue>>

export interface Chart {
  rows(sql: string, ...values: SQLInputValue[]): readonly Row[]
  first(sql: string, ...values: SQLInputValue[]): Row | undefined
  change(sql: string, ...values: SQLInputValue[]): number
  /** all or nothing; durable when it returns */
  together<T>(work: () => T): T
  /** MSH-10 of the next message: never used twice, not even by a hospital set up anew */
  nextControlId(): string
  close(): void
}

export function openChart(file: string): Chart {
  mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma foreign_keys = on')
  database.exec(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'))
  const rows = (sql: string, ...values: SQLInputValue[]): readonly Row[] => database.prepare(sql).all(...values)
  const change = (sql: string, ...values: SQLInputValue[]): number => Number(database.prepare(sql).run(...values).changes)
  change('insert or ignore into setting (name, value) values (?, ?)', 'site', randomBytes(3).toString('hex'))
  return {
    rows,
    change,
    first: (sql, ...values) => rows(sql, ...values)[0],
    together: (work) => {
      database.exec('begin immediate')
      try {
        const result = work()
        database.exec('commit')
        return result
      } catch (cause) {
        database.exec('rollback')
        throw cause
      }
    },
    nextControlId: () => {
      const site = textOf(rows('select value from setting where name = ?', 'site')[0], 'value')
      const next = Number(rows('select coalesce(max(seq), 0) + 1 as n from outbox')[0]?.['n'] ?? 1)
      return `HB${site}-${String(next).padStart(6, '0')}`
    },
    close: () => database.close(),
  }
}

export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column]
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : String(value)
}
