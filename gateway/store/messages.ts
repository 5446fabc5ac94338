/** Messages taken once, what could not be mapped (gaps), and what adapters remember. */
import type { Gap } from '../../adapters/contract.ts'
import type { Sql } from './pool.ts'

export interface SeenMessage {
  readonly sha256: string
  readonly status: number
  /** what was answered: entry statuses, ids, locations. Bodies are released anew, never replayed. JSON text */
  readonly outcome: string
}

export function messages(sql: Sql) {
  return {
    /** Holds this message id until the transaction ends. */
    async lock(sender: string, id: string): Promise<void> {
      await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${sender}\n${id}`])
    },
    /** Claims a message id inside the transaction that stores it. undefined = first time; otherwise what was answered then. */
    async seen(sender: string, id: string): Promise<SeenMessage | undefined> {
      const found = await sql.query<{ sha256: string; status: number; outcome: string }>(
        'select sha256, status, outcome::text as outcome from message where sender = $1 and id = $2',
        [sender, id],
      )
      return found.rows[0]
    },
    /** False when another transaction took the same id in the meantime. */
    async remember(sender: string, id: string, seen: SeenMessage, atMs: number): Promise<boolean> {
      const done = await sql.query(
        'insert into message (sender, id, sha256, status, outcome, at_ms) values ($1, $2, $3, $4, $5::jsonb, $6) on conflict do nothing',
        [sender, id, seen.sha256, seen.status, seen.outcome, atMs],
      )
      return done.rowCount === 1
    },
    async forgetBefore(atMs: number): Promise<void> {
      await sql.query('delete from message where at_ms < $1', [atMs])
    },
    async gaps(institution: string, message: string, list: readonly Gap[], atMs: number): Promise<void> {
      if (list.length === 0) return
      await sql.query(
        `insert into gap (institution, message, gap, element, reason, at_ms)
         select $1, $2, gap, element, reason, $4 from jsonb_to_recordset($3::jsonb) as k(gap text, element text, reason text)`,
        [institution, message, JSON.stringify(list), atMs],
      )
    },
    memoryOf(institution: string) {
      return {
        async get(key: string): Promise<string | undefined> {
          const found = await sql.query<{ value: string }>('select value from adapter_memory where institution = $1 and key = $2', [
            institution,
            key,
          ])
          return found.rows[0]?.value
        },
        async set(key: string, value: string): Promise<void> {
          await sql.query(
            'insert into adapter_memory (institution, key, value) values ($1, $2, $3) on conflict (institution, key) do update set value = excluded.value',
            [institution, key, value],
          )
        },
      }
    },
    /** A value every process shares; made once by whoever comes first. */
    async secret(name: string, make: () => string): Promise<string> {
      await sql.query('insert into secret (name, value) values ($1, $2) on conflict do nothing', [name, make()])
      const found = await sql.query<{ value: string }>('select value from secret where name = $1', [name])
      return found.rows[0]?.value ?? ''
    },
  }
}
