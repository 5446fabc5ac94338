/** What a write must know of what is there, and how writers that ask by criteria take turns. */
import type { Sql } from './pool.ts'
import { lies } from './record-row.ts'

export interface CurrentVersion {
  readonly version: number
  readonly deleted: boolean
  /** of what is about nobody; else '' */
  readonly text: string
  readonly updatedMs: number
  /** its name */
  readonly shard: string
  /** of its index rows; null = of one made before there were marks */
  readonly marks: readonly (number | null)[]
}

export function writes(sql: Sql) {
  return {
    /** Current versions by network id; absent = never written. Call after `claimIds`, which holds the lock. */
    async current(ids: readonly string[]): Promise<Map<string, CurrentVersion>> {
      if (ids.length === 0) return new Map()
      const found = await sql.query<
        Omit<CurrentVersion, 'updatedMs' | 'marks'> & { id: string; updated_ms: number; marks: (number | null)[] }
      >(
        `select r.id, r.version, r.deleted, case when r.person is null then r.text else '' end as text, r.updated_ms, coalesce(r.person, r.institution) as shard,
           array(select i.mark from record_index i where i.shard = r.shard and i.record = r.key) as marks
         from network_id n join record r on ${lies} where n.id = any($1::text[])`,
        [ids],
      )
      return new Map(found.rows.map(({ id, updated_ms: updatedMs, ...row }) => [id, { ...row, updatedMs }]))
    },

    /**
     * Holds these names until the transaction ends, on every process of the database: who asks the same question and writes by its answer
     * waits. In one order, and in one statement, so that two transactions never wait for each other crosswise.
     */
    async takeTurns(names: readonly string[]): Promise<void> {
      if (names.length === 0) return
      await sql.query(
        `select pg_advisory_xact_lock(key) from (select distinct hashtextextended(name, 0) as key from unnest($1::text[]) as n(name) order by key offset 0) k`,
        [names],
      )
    },
  }
}
