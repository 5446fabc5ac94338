/** Which opaque id stands for which record of which institution, and in which shard that record lies. */
import { keyText } from '../logic/record-key.ts'
import type { Sql } from './pool.ts'
import type { RecordKey } from './record-row.ts'

export interface WantedKey extends RecordKey {
  /** id chosen beforehand (a create keeps its network id as its local id) */
  readonly given?: string | undefined
  /** only mentioned: whoever else mentions it need not wait, whoever writes it must */
  readonly isMentioned?: boolean
}

/**
 * SQL of each institution, or each type of one, once, as `v`: found by looks at the index alone, however many ids there are.
 * @param where of `network_id n`
 */
export function eachKnown(column: 'institution' | 'type', where: string): string {
  const least = (more: string): string => `(select min(n.${column}) from network_id n where ${where}${more})`
  return `(with recursive each as (select ${least('')} as v union all select ${least(` and n.${column} > e.v`)} from each e where e.v is not null)
    select v from each where v is not null)`
}

/**
 * In one statement: what is new is written, what is there is locked. A key that somebody else wrote meanwhile is in neither and is asked for
 * again. Ordered, so that two transactions over the same keys rarely wait for each other crosswise.
 */
const idsOf = `
  with k as materialized (
    select * from json_to_recordset($1::json) as k(id text, institution text, type text, "localId" text, "isMentioned" boolean)),
  fresh as (
    insert into network_id (id, institution, type, local_id) select k.id, k.institution, k.type, k."localId" from k
    where not exists (select 1 from network_id n where n.institution = k.institution and n.type = k.type and n.local_id = k."localId")
    on conflict (institution, type, local_id) do nothing returning id, institution, type, local_id),
  own as materialized (
    select n.id, n.institution, n.type, n.local_id from k
      join network_id n on n.institution = k.institution and n.type = k.type and n.local_id = k."localId"
    where not k."isMentioned" order by n.institution, n.type, n.local_id for update of n),
  near as materialized (
    select n.id, n.institution, n.type, n.local_id from k
      join network_id n on n.institution = k.institution and n.type = k.type and n.local_id = k."localId"
    where k."isMentioned" order by n.institution, n.type, n.local_id for share of n)
  select *, true as fresh from fresh union all select *, false from own union all select *, false from near`

const maxAsks = 5

export function networkIds(sql: Sql) {
  return {
    /** Ids of the given keys alone, see `claimIds`. */
    async networkIds(keys: readonly WantedKey[], newId: () => string): Promise<ReadonlyMap<string, string>> {
      return (await this.claimIds(keys, newId)).ids
    },

    /**
     * Network ids of the given keys; unknown ones are given a new id from `newId`. Locks the rows, so that two writers of one record
     * take turns. `fresh`: keys nobody had named before, by their id.
     */
    async claimIds(
      keys: readonly WantedKey[],
      newId: () => string,
    ): Promise<{ readonly ids: ReadonlyMap<string, string>; readonly fresh: ReadonlySet<string> }> {
      const ids = new Map<string, string>()
      const fresh = new Set<string>()
      let missing = keys
      for (let ask = 0; missing.length > 0; ask += 1) {
        if (ask === maxAsks) throw new TypeError('an id is neither there nor can it be written')
        const wanted = missing.map(({ institution, type, localId, given, isMentioned = false }) => {
          return { id: given ?? newId(), institution, type, localId, isMentioned }
        })
        const places = new Map(wanted.map((key) => [key, keyText(key)]))
        wanted.sort((a, b) => ((places.get(a) ?? '') < (places.get(b) ?? '') ? -1 : 1))
        const found = await sql.query<{ id: string; institution: string; type: string; local_id: string; fresh: boolean }>(idsOf, [
          JSON.stringify(wanted),
        ])
        for (const row of found.rows) {
          ids.set(keyText(row), row.id)
          if (row.fresh) fresh.add(row.id)
        }
        missing = missing.filter((key) => !ids.has(keyText(key)))
      }
      return { ids, fresh }
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
