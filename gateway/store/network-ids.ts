/** Which opaque id stands for which record of which institution, and in which shard that record lies. */
import { keyText } from '../logic/record-key.ts'
import type { Sql } from './pool.ts'
import type { RecordKey } from './record-row.ts'

export function networkIds(sql: Sql) {
  return {
    /**
     * Network ids of the given keys; unknown ones are given a new id from `newId`. Locks the rows, so that two writers of one record
     * take turns. `given`: ids chosen beforehand (a create keeps its network id as its local id).
     */
    async networkIds(
      keys: readonly (RecordKey & { readonly given?: string | undefined })[],
      newId: () => string,
    ): Promise<Map<string, string>> {
      if (keys.length === 0) return new Map()
      const wanted = keys.map((key) => ({ id: key.given ?? newId(), institution: key.institution, type: key.type, local_id: key.localId }))
      // Ordered, so that two transactions over the same keys never wait for each other crosswise.
      wanted.sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1))
      await sql.query(
        `insert into network_id (id, institution, type, local_id)
         select k.id, k.institution, k.type, k.local_id from jsonb_to_recordset($1::jsonb) as k(id text, institution text, type text, local_id text)
         on conflict (institution, type, local_id) do nothing`,
        [JSON.stringify(wanted)],
      )
      const found = await sql.query<{ id: string; institution: string; type: string; local_id: string }>(
        `select n.id, n.institution, n.type, n.local_id from network_id n
         join jsonb_to_recordset($1::jsonb) as k(institution text, type text, local_id text)
           on n.institution = k.institution and n.type = k.type and n.local_id = k.local_id
         order by n.institution, n.type, n.local_id for update of n`,
        [JSON.stringify(wanted)],
      )
      return new Map(found.rows.map((row) => [keyText(row), row.id]))
    },

    /** Network id of a key that was mentioned before; undefined when it never was. */
    async idOf(key: RecordKey): Promise<string | undefined> {
      const found = await sql.query<{ id: string }>('select id from network_id where institution = $1 and type = $2 and local_id = $3', [
        key.institution,
        key.type,
        key.localId,
      ])
      return found.rows[0]?.id
    },

    /** Makes every other writer of this record wait until the transaction ends. */
    async lock(id: string): Promise<void> {
      await sql.query('select id from network_id where id = $1 for update', [id])
    },

    /** The own-partition key of a network id, whoever holds it; undefined when no such id was ever given out. */
    async keyOf(id: string): Promise<(RecordKey & { readonly id: string }) | undefined> {
      const found = await sql.query<{ id: string; institution: string; type: string; local_id: string }>(
        'select id, institution, type, local_id from network_id where id = $1',
        [id],
      )
      const row = found.rows[0]
      return row && { id: row.id, institution: row.institution, type: row.type, localId: row.local_id }
    },

    async keysOf(ids: readonly string[]): Promise<readonly (RecordKey & { readonly id: string })[]> {
      if (ids.length === 0) return []
      const found = await sql.query<{ id: string; institution: string; type: string; local_id: string }>(
        'select id, institution, type, local_id from network_id where id = any($1::text[])',
        [ids],
      )
      return found.rows.map((row) => ({ id: row.id, institution: row.institution, type: row.type, localId: row.local_id }))
    },
  }
}
