/** How records come to lie where they lie: the one statement that writes them, deletions, and moves from one shard to another. */
import type { Held } from '../held.ts'
import { ledger, type LedgerEntry } from './ledger.ts'
import { numberOf, numbersOf } from './numbers.ts'
import type { Sql } from './pool.ts'
import { indexColumns, placed, type IndexRow, type Placed } from './index-rows.ts'
import { heldOfWritten, lies, type RecordKey, type RecordRow } from './record-row.ts'
import { goneValues, shardOf, writing, type Gone } from './write-statements.ts'

const versionColumns = 'id, institution, type, version, text, people_text, deleted, updated_ms'
const movedIndex = `record, ${indexColumns}`
const rowColumns = `id, institution, type, local_id, version, deleted, text, people_text, network_form, updated_ms, sources, classes, parties, encounter,
  codes, confidentiality, sensitivities, relations, from_ms, until_ms, labeller, label_basis, is_narrated, elements, indexer`

const keys = numbersOf('$1::text[]')
const moved = [
  { table: 'record_version', is: 'id = any($1::text[])', columns: versionColumns },
  { table: 'record_index', is: `record = any(${keys})`, columns: movedIndex },
]

/** Moves all records of one person, with their history and index, to another. Their ids come first: whoever writes one of them waits here. */
export async function moveRecordsOf(sql: Sql, from: string, into: string): Promise<void> {
  const found = await sql.query<{ id: string }>(
    `select n.id from record r join network_id n on ${lies} where r.shard = ${numberOf('$1')} and r.person = $1
     order by n.institution, n.type, n.local_id for update of n`,
    [from],
  )
  const ids = found.rows.map(({ id }) => id)
  if (ids.length === 0) return
  const [here, there] = [numberOf('$2'), numberOf('$3')]
  await sql.query(
    `insert into record (shard, key, person, ${rowColumns}) select ${there}, key, $3, ${rowColumns} from record where shard = ${here} and key = any(${keys})`,
    [ids, from, into],
  )
  await sql.query(`delete from record where shard = ${here} and key = any(${keys})`, [ids, from])
  const [{ here: old, there: next } = { here: '', there: '' }] = (
    await sql.query<{ here: string; there: string }>(`select ${numberOf('$1')}::text as here, ${numberOf('$2')}::text as there`, [
      from,
      into,
    ])
  ).rows
  await follow(sql, ids, { from: old, into: next })
}

/**
 * What belongs to records that moved, from the shard of one number to another. Copied, then deleted: a distributed database changes no shard key in
 * place. The ids are locked.
 */
async function follow(sql: Sql, ids: readonly string[], { from, into }: { readonly from: string; readonly into: string }): Promise<void> {
  await sql.query('update network_id set shard = $2 where id = any($1::text[])', [ids, into])
  for (const { table, is, columns } of moved) {
    await sql.query(`insert into ${table} (shard, ${columns}) select $3::bigint, ${columns} from ${table} where shard = $2 and ${is}`, [
      ids,
      from,
      into,
    ])
    await sql.query(`delete from ${table} where shard = $2 and ${is}`, [ids, from])
  }
}

/** What was there under the lock, by id: where it lies, and what its index rows say. An id that is told of and was never written has undefined. */
export type Before = ReadonlyMap<string, { readonly shard: string; readonly marks: readonly (number | null)[] } | undefined>

/** records in one statement: a larger transaction is several */
const maxTogether = 500

interface Along {
  readonly index: readonly IndexRow[]
  readonly entries: readonly LedgerEntry[]
  readonly before: Before | undefined
}

async function writeTogether(sql: Sql, rows: readonly RecordRow[], { index, entries, before }: Along): Promise<void> {
  const shards = new Map(rows.map((row) => [row.id, shardOf(row)]))
  const all = index.map((row) => placed(shards.get(row.record) ?? '', row))
  if (rows.every(({ isFresh }) => isFresh === true)) {
    const { fresh, values } = writing(rows, all, entries)
    await sql.query(fresh, values, { mayWait: true })
    return
  }
  const known: Before = before ?? new Map()
  const staysPut = ({ id, isFresh }: RecordRow): boolean =>
    isFresh === true || (known.has(id) && (known.get(id)?.shard ?? shards.get(id)) === shards.get(id))
  if (rows.every(staysPut)) {
    const { stays, gone } = compared(rows, all, known)
    const changed = all.filter((row) => !stays.has(row))
    const { inPlace, values } = writing(rows, changed, entries)
    await sql.query(inPlace, [...values, ...goneValues(gone)], { mayWait: true })
    return
  }
  const { anywhere, values } = writing(rows, all, entries)
  const left = await sql.query<{ id: string; from: string; into: string }>(anywhere, values)
  for (const { id, from, into } of left.rows) await follow(sql, [id], { from, into })
}

/** Index rows that stand there already, and those that stand there no longer. */
function compared(
  rows: readonly RecordRow[],
  all: readonly Placed[],
  known: Before,
): { readonly stays: ReadonlySet<Placed>; readonly gone: readonly Gone[] } {
  const of = Map.groupBy(all, ({ record }) => record)
  const stays = new Set<Placed>()
  const gone: Gone[] = []
  for (const { id } of rows) {
    const was = known.get(id)
    if (was === undefined || was.marks.length === 0) continue
    const marks = new Set(was.marks)
    const own = of.get(id) ?? []
    const now = new Set(own.map(({ mark }) => mark))
    for (const row of own) if (marks.has(row.mark)) stays.add(row)
    const left = was.marks.filter((mark) => mark === null || !now.has(mark))
    if (left.length > 0) gone.push({ shard: was.shard, record: id, marks: left.filter((mark) => mark !== null) })
  }
  return { stays, gone }
}

export function recordWrites(sql: Sql) {
  return {
    /**
     * Writes current rows, the versions before them, their index and the ledger's entries about them, set-wise and in one statement; a record that is now about somebody else moves
     * there with its history. Answers what was written, by id. Versions were decided under the lock of `networkIds`.
     */
    async write(
      rows: readonly RecordRow[],
      index: readonly IndexRow[],
      entries: readonly LedgerEntry[] = [],
      before?: Before,
    ): Promise<(id: string) => Held | undefined> {
      const written = new Map(rows.map((row) => [row.id, row]))
      const heldOf = (id: string): Held | undefined => {
        const row = written.get(id)
        return row && heldOfWritten(row)
      }
      if (rows.length === 0) {
        await ledger(sql).append(entries)
        return heldOf
      }
      for (let at = 0; at < rows.length; at += maxTogether) {
        const part = rows.slice(at, at + maxTogether)
        const ids = new Set(part.map(({ id }) => id))
        const own = rows.length === part.length ? index : index.filter(({ record }) => ids.has(record))
        await writeTogether(sql, part, { index: own, entries: at === 0 ? entries : [], before })
      }
      return heldOf
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
        `with was as materialized (
           select r.shard, r.key, ${versionColumns.replaceAll(/\w+/g, 'r.$&')} from network_id n join record r on ${lies}
           where n.institution = $1 and n.type = $2 and n.local_id = $3 and not r.deleted for update of r),
         past as (insert into record_version (shard, ${versionColumns}) select shard, ${versionColumns} from was),
         gone as (
           update record r set deleted = true, version = was.version + 1, updated_ms = $4 from was
           where r.shard = was.shard and r.key = was.key returning r.shard, r.key, r.id, r.version, r.person),
         unindexed as (delete from record_index i using gone where i.shard = gone.shard and i.record = gone.key)
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
