/** How records come to lie where they lie: the one statement that writes them, deletions, and moves from one shard to another. */
import { labellerVersion } from '../../consent/label.ts'
import type { Held } from '../held.ts'
import { ledger, type LedgerEntry } from './ledger.ts'
import type { Sql } from './pool.ts'
import { indexerVersion } from '../../fhir-profiles/search-parameters.ts'
import { indexColumns, indexShape, indexValues, stored, type IndexRow } from './index-rows.ts'
import { heldOfWritten, lies, type RecordKey, type RecordRow } from './record-row.ts'

/** The rows given as JSON ($1), each with its index rows. */
const given = `
  k as materialized (
    select coalesce(person, institution) as shard, k.*
    from json_to_recordset($1::json) as k(id text, institution text, type text, "localId" text, version int, person text, deleted boolean, text text,
      "peopleText" text, "isNetworkForm" boolean, "updatedMs" bigint, sources text[], classes text[], parties text[], encounter text,
      codes text[], confidentiality int, sensitivities text[], relations text[], "fromMs" bigint, "untilMs" bigint,
      "labelBasis" text[], "isNarrated" boolean, elements jsonb, index json))`

const written = `
  insert into record (shard, id, institution, type, local_id, version, person, deleted, text, people_text, network_form, updated_ms, sources, classes, parties,
    encounter, codes, confidentiality, sensitivities, relations, from_ms, until_ms, labeller, label_basis, is_narrated, elements, indexer)
  select shard, id, institution, type, "localId", version, person, deleted, text, "peopleText", "isNetworkForm", "updatedMs", sources, classes, parties,
    encounter, codes, confidentiality, sensitivities, relations, "fromMs", "untilMs", ${labellerVersion}, "labelBasis", "isNarrated",
    nullif(elements, 'null'::jsonb), ${indexerVersion} from k`

/** Versions, index rows, and the ledger entries ($2) that tell of it all. */
const along = `
  versioned as (
    insert into record_version (shard, id, version, text, people_text, deleted, updated_ms)
    select shard, id, version, text, "peopleText", deleted, "updatedMs" from k),
  indexed as (
    insert into record_index (shard, record, ${indexColumns})
    select at.shard, at.id, ${indexValues} from (select shard, id, index from k) at
      cross join lateral json_to_recordset(at.index) as i(${indexShape})),
  entry as (
    insert into ledger (id, at_ms, persons, institution, kind, body, sha256)
    select id, "atMs", persons, institution, kind, body, sha256
    from json_to_recordset($2::json) as e(id text, "atMs" bigint, persons text[], institution text, kind text, body text, sha256 text)
    returning seq),
  waiting as (insert into ledger_pending (seq) select seq from entry)`

/** Where every id was made for this very write: nothing of it can be there, and nothing is looked for. */
const writeFresh = `
  with ${given},
  known as (insert into network_id (id, institution, type, local_id, shard) select id, institution, type, "localId", shard from k),
  written as (${written}), ${along}
  select id, shard as "from", shard as "into" from k where false`

/** Answers the records that lay elsewhere until now: their old row and index are gone, their history has still to follow. */
const writeRows = `
  with ${given},
  old as materialized (select n.id, n.shard as "from", k.shard as "into" from k join network_id n on n.id = k.id where n.shard is not null),
  known as (
    insert into network_id (id, institution, type, local_id, shard) select id, institution, type, "localId", shard from k
    on conflict (id) do update set shard = excluded.shard where network_id.shard is distinct from excluded.shard),
  unindexed as (delete from record_index i using old where i.shard = old."from" and i.record = old.id),
  gone as (delete from record r using old where r.shard = old."from" and r.id = old.id and old."from" <> old."into"),
  written as (${written}
    on conflict (shard, id) do update set version = excluded.version, deleted = excluded.deleted, text = excluded.text,
      people_text = excluded.people_text, network_form = excluded.network_form, updated_ms = excluded.updated_ms, sources = excluded.sources,
      classes = excluded.classes, parties = excluded.parties, encounter = excluded.encounter, codes = excluded.codes,
      confidentiality = excluded.confidentiality, sensitivities = excluded.sensitivities, relations = excluded.relations,
      from_ms = excluded.from_ms, until_ms = excluded.until_ms, labeller = excluded.labeller,
      label_basis = excluded.label_basis, is_narrated = excluded.is_narrated, elements = excluded.elements, indexer = excluded.indexer),
  ${along}
  select id, "from", "into" from old where "from" <> "into"`

const versionColumns = 'id, version, text, people_text, deleted, updated_ms'
const movedIndex = `record, ${indexColumns}`
const rowColumns = `id, institution, type, local_id, version, deleted, text, people_text, network_form, updated_ms, sources, classes, parties, encounter,
  codes, confidentiality, sensitivities, relations, from_ms, until_ms, labeller, label_basis, is_narrated, elements, indexer`

const moved = [
  { table: 'record', id: 'id', columns: `person, ${rowColumns}`, values: `$3, ${rowColumns}` },
  { table: 'record_version', id: 'id', columns: versionColumns, values: versionColumns },
  { table: 'record_index', id: 'record', columns: movedIndex, values: movedIndex },
]

/** Moves all records of one person, with their history and index, to another. Their ids come first: whoever writes one of them waits here. */
export async function moveRecordsOf(sql: Sql, from: string, into: string): Promise<void> {
  const found = await sql.query<{ id: string }>(
    `select n.id from record r join network_id n on ${lies} where r.shard = $1 and r.person = $1 order by n.institution, n.type, n.local_id for update of n`,
    [from],
  )
  await move(
    sql,
    found.rows.map(({ id }) => id),
    { from, into },
  )
}

/** Copied, then deleted: a distributed database changes no shard key in place. The ids are locked. */
async function move(sql: Sql, ids: readonly string[], { from, into }: { readonly from: string; readonly into: string }): Promise<void> {
  if (ids.length === 0) return
  await sql.query('update network_id set shard = $2 where id = any($1::text[])', [ids, into])
  for (const { table, id, columns, values } of moved) {
    await sql.query(
      `insert into ${table} (shard, ${columns}) select $3, ${values} from ${table} where shard = $2 and ${id} = any($1::text[])`,
      [ids, from, into],
    )
    await sql.query(`delete from ${table} where shard = $2 and ${id} = any($1::text[])`, [ids, from])
  }
}

export function recordWrites(sql: Sql) {
  return {
    /**
     * Writes current rows, their history rows, their index and the ledger's entries about them, set-wise and in one statement; a record that is now about somebody else moves
     * there with its history. Answers what was written, by id. Versions were decided under the lock of `networkIds`.
     */
    async write(
      rows: readonly RecordRow[],
      index: readonly IndexRow[],
      entries: readonly LedgerEntry[] = [],
    ): Promise<ReadonlyMap<string, Held>> {
      if (rows.length === 0) {
        await ledger(sql).append(entries)
        return new Map()
      }
      const indexOf = Map.groupBy(index, (row) => row.record)
      const json = JSON.stringify(rows.map((row) => ({ ...row, index: (indexOf.get(row.id) ?? []).map(stored) })))
      const isFresh = rows.every((row) => row.isFresh === true)
      const left = await sql.query<{ id: string; from: string; into: string }>(isFresh ? writeFresh : writeRows, [
        json,
        JSON.stringify(entries),
      ])
      for (const { id, from, into } of left.rows) await move(sql, [id], { from, into })
      return new Map(rows.map((row) => [row.id, heldOfWritten(row)]))
    },

    /** The current version, locked until the transaction ends; undefined when there is nothing or it is deleted. */
    async lockVersion(key: RecordKey): Promise<number | undefined> {
      const found = await sql.query<{ version: number }>(
        `select r.version from network_id n join record r on ${lies}
         where n.institution = $1 and n.type = $2 and n.local_id = $3 and not r.deleted for update of r`,
        [key.institution, key.type, key.localId],
      )
      return found.rows[0]?.version
    },

    /** A new, deleted version; undefined when there was nothing to delete. History stays. */
    async markDeleted(key: RecordKey, atMs: number): Promise<{ id: string; version: number; person: string | null } | undefined> {
      const done = await sql.query<{ id: string; version: number; person: string | null }>(
        `with gone as (
           update record r set deleted = true, version = r.version + 1, updated_ms = $4 from network_id n
           where ${lies} and n.institution = $1 and n.type = $2 and n.local_id = $3 and not r.deleted
           returning r.shard, r.id, r.version, r.person, r.text, r.people_text),
         kept as (
           insert into record_version (shard, id, version, text, people_text, deleted, updated_ms)
           select shard, id, version, text, people_text, true, $4 from gone),
         unindexed as (delete from record_index i using gone where i.shard = gone.shard and i.record = gone.id)
         select id, version, person from gone`,
        [key.institution, key.type, key.localId, atMs],
      )
      return done.rows[0]
    },

    async addParties(ids: readonly string[], parties: readonly string[]): Promise<void> {
      await sql.query(
        `update record r set parties = (select array(select distinct p from unnest(r.parties || $2::text[]) p order by p))
         from network_id n where ${lies} and n.id = any($1::text[])`,
        [ids, parties],
      )
    },
  }
}
