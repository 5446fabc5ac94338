/** The ledger: AuditEvents appended in the transaction of what they describe, or committed before a response's last byte. */
import { grouped } from './grouped.ts'
import type { Sql } from './pool.ts'

export interface LedgerEntry {
  readonly id: string
  readonly atMs: number
  readonly persons: readonly string[]
  readonly institution: string
  readonly kind: string
  /** canonical JSON (RFC 8785) of the AuditEvent */
  readonly body: string
  readonly sha256: string
}

export interface LedgerQuery {
  readonly id?: string
  /** entries about any of them; none of them = no entry */
  readonly persons?: readonly string[]
  readonly fromMs?: number
  readonly untilMs?: number
  readonly limit: number
  readonly offset: number
}

/**
 * Outside of a transaction: resolves when the entries are committed. What waits while another flush is under way goes with the next, without
 * a timer, so that under load one commit serves many requests and alone none waits.
 */
export function ledgerTogether(sql: Sql): (entries: readonly LedgerEntry[]) => Promise<void> {
  const append = grouped(async (groups: readonly (readonly LedgerEntry[])[]) => {
    await ledger(sql).append(groups.flat())
    return groups.map(() => true)
  })
  return async (entries) => {
    if (entries.length > 0) await append(entries)
  }
}

export function ledger(sql: Sql) {
  return {
    async append(entries: readonly LedgerEntry[]): Promise<void> {
      if (entries.length === 0) return
      await sql.query(
        `with entry as (
           insert into ledger (id, at_ms, persons, institution, kind, body, sha256)
           select id, "atMs", persons, institution, kind, body, sha256
           from jsonb_to_recordset($1::jsonb) as k(id text, "atMs" bigint, persons text[], institution text, kind text, body text, sha256 text)
           returning seq)
         insert into ledger_pending (seq) select seq from entry`,
        [JSON.stringify(entries)],
      )
    },
    async find(query: LedgerQuery): Promise<{ bodies: readonly string[]; total: number }> {
      const values: unknown[] = []
      const add = (value: unknown): string => `$${values.push(value)}`
      const where = [
        'true',
        ...(query.id === undefined ? [] : [`id = ${add(query.id)}`]),
        ...(query.persons === undefined ? [] : [`persons && ${add(query.persons)}::text[]`]),
        ...(query.fromMs === undefined ? [] : [`at_ms >= ${add(query.fromMs)}`]),
        ...(query.untilMs === undefined ? [] : [`at_ms <= ${add(query.untilMs)}`]),
      ].join(' and ')
      const counted = await sql.query<{ total: number }>(`select count(*)::int as total from ledger where ${where}`, values.slice())
      const found = await sql.query<{ body: string }>(
        `select body from ledger where ${where} order by seq desc limit ${add(query.limit)} offset ${add(query.offset)}`,
        values,
      )
      return { bodies: found.rows.map((row) => row.body), total: counted.rows[0]?.total ?? 0 }
    },
  }
}
