/** The versions of records: what `history` and `vread` read, and a late delivery of an older answer. */
import type { Sql } from './pool.ts'

export function versions(sql: Sql) {
  return {
    async versionsOf(
      id: string,
      limit: number,
    ): Promise<readonly { version: number; text: string; peopleText: string; deleted: boolean; updatedMs: number }[]> {
      const found = await sql.query<{ version: number; text: string; people_text: string | null; deleted: boolean; updated_ms: number }>(
        `select v.version, v.text, v.people_text, v.deleted, v.updated_ms from record_version v
         where v.shard = (select n.shard from network_id n where n.id = $1) and v.id = $1 order by v.version desc limit $2`,
        [id, limit],
      )
      return found.rows.map((row) => ({
        version: row.version,
        text: row.text,
        peopleText: row.people_text ?? row.text,
        deleted: row.deleted,
        updatedMs: row.updated_ms,
      }))
    },
  }
}
