/**
 * Index rows that an older program made, made anew. Runs beside the gateway from its start, in batches, each its own transaction; a killed
 * run goes on where it was. Until it is done every search says that something may be missing (`search.ts`).
 */
import { indexerVersion } from '../../fhir-profiles/search-parameters.ts'
import { numberOf } from './numbers.ts'
import type { Database, Sql } from './pool.ts'
import { writeIndex, type IndexRow } from './index-rows.ts'

const batch = 200

export interface StaleRecord extends Record<string, unknown> {
  /** its name */
  readonly shard: string
  readonly id: string
  readonly type: string
  readonly institution: string
  readonly version: number
  /** in the custodian's own ids */
  readonly text: string
  readonly elements: string | null
}

/** The rows of one record; `networkIdOf` knows every id its custodian ever mentioned. */
export type MakeIndex = (record: StaleRecord, networkIdOf: (type: string, localId: string) => string | undefined) => readonly IndexRow[]

export interface Reindexing {
  /** local references of these texts, by their custodian */
  readonly referencesOf: (text: string) => readonly { readonly type: string; readonly id: string }[]
  readonly make: MakeIndex
  readonly isStopped: () => boolean
}

/** @returns how many records were indexed anew */
export async function reindexStale(database: Pick<Database, 'transaction'>, how: Reindexing): Promise<number> {
  for (let done = 0; ;) {
    const count = how.isStopped() ? 0 : await database.transaction((tx) => oneBatch(tx, how))
    if (count === 0) return done
    done += count
  }
}

async function oneBatch(sql: Sql, { referencesOf, make }: Reindexing): Promise<number> {
  // Locked, so that a write of the same record waits, and its newer rows stay; other processes take other records.
  const { rows } = await sql.query<StaleRecord>(
    `select coalesce(r.person, r.institution) as shard, r.id, r.type, r.institution, r.version, r.text, r.elements from record r
     where r.indexer < $1 and not r.deleted order by r.indexer limit ${batch} for update skip locked`,
    [indexerVersion],
  )
  if (rows.length === 0) return 0
  const wanted = rows.flatMap(({ institution, text }) => referencesOf(text).map(({ type, id }) => ({ institution, type, local_id: id })))
  const found = await sql.query<{ id: string; institution: string; type: string; local_id: string }>(
    `select distinct n.id, n.institution, n.type, n.local_id from network_id n
     join jsonb_to_recordset($1::jsonb) as k(institution text, type text, local_id text)
       on n.institution = k.institution and n.type = k.type and n.local_id = k.local_id`,
    [JSON.stringify(wanted)],
  )
  const keyOf = (institution: string, type: string, localId: string): string => `${institution}\n${type}\n${localId}`
  const ids = new Map(found.rows.map((row) => [keyOf(row.institution, row.type, row.local_id), row.id]))
  const index = rows.flatMap((row) => make(row, (type, localId) => ids.get(keyOf(row.institution, type, localId))))
  await writeIndex(sql, rows, index)
  await sql.query(
    `update record r set indexer = $2 from jsonb_to_recordset($1::jsonb) as k(shard text, id text) where r.shard = ${numberOf('k.shard')} and r.key = ${numberOf('k.id')}`,
    [JSON.stringify(rows.map(({ shard, id }) => ({ shard, id }))), indexerVersion],
  )
  return rows.length
}
