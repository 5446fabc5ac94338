/** Records: what institutions sent (own partition) and what the network keeps (Task, Consent). Everything leaves here Held. */
import type { Held } from '../held.ts'
import { grouped } from './grouped.ts'
import { isReferenceSql } from './index-rows.ts'
import { networkIds } from './network-ids.ts'
import { aboutOf, numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'
import { heldOf, heldOfOwn, lies, recordColumns, systemColumns, targetColumns, type RecordKey, type StoredRow } from './record-row.ts'
import { recordWrites } from './record-writes.ts'

export { heldOf, heldOfOwn, peopleColumns, recordColumns, systemColumns, type RecordKey, type RecordRow } from './record-row.ts'

export function records(sql: Sql) {
  return { ...networkIds(sql), ...reading(sql), ...recordWrites(sql) }
}

/** Records of keys, in their order; `held` is undefined where nothing is stored. */
async function byKeys(sql: Sql, keys: readonly RecordKey[]): Promise<readonly { readonly held: Held | undefined }[]> {
  const found = await sql.query<StoredRow & { at: number }>(byKeysSql(recordColumns), keyValues(keys))
  const rows = new Map(found.rows.map((row) => [row.at, row]))
  return keys.map((_, index) => {
    const row = rows.get(index + 1)
    return { held: row && heldOf(row) }
  })
}

function byKeysSql(columns: string): string {
  return `select k.at::int, ${columns} from unnest($1::text[], $2::text[], $3::text[]) with ordinality as k(institution, type, local_id, at)
       join network_id n on n.institution = k.institution and n.type = k.type and n.local_id = k.local_id join record r on ${lies}`
}

function keyValues(keys: readonly RecordKey[]): readonly (readonly string[])[] {
  return [keys.map(({ institution }) => institution), keys.map(({ type }) => type), keys.map(({ localId }) => localId)]
}

/** `byKey` outside of a transaction: who asks while another statement of this kind is under way is answered by the next. */
export function byKeyTogether(sql: Sql): (key: RecordKey) => Promise<Held | undefined> {
  const ask = grouped((keys: readonly RecordKey[]) => byKeys(sql, keys))
  return async (key) => (await ask(key)).held
}

const ownSql = byKeysSql(systemColumns('k.institution'))

/** The same for the system of the keys' own institution. */
export function ownTogether(sql: Sql): (key: RecordKey) => Promise<Held | undefined> {
  const ask = grouped(async (keys: readonly RecordKey[]) => {
    const found = await sql.query<Parameters<typeof heldOfOwn>[0] & { at: number }>(ownSql, keyValues(keys))
    const held = new Map(found.rows.map((row) => [row.at, heldOfOwn(row)]))
    return keys.map((_, index) => ({ held: held.get(index + 1) }))
  })
  return async (key) => (await ask(key)).held
}

export interface Target {
  readonly id: string
  readonly type: string
  /** undefined where nothing is stored; deleted ones too */
  readonly held: Held | undefined
}

/** What these network ids stand for. Ids nobody gave out are left out. */
async function targetsOf(sql: Sql, ids: readonly string[]): Promise<readonly Target[]> {
  const found = await sql.query<StoredRow & { target: string; target_type: string; stored: boolean }>(
    `select n.id as target, n.type as target_type, r.id is not null as stored, ${targetColumns} from network_id n left join record r on ${lies}
     where n.id = any($1::text[])`,
    [ids],
  )
  return found.rows.map((row) => ({ id: row.target, type: row.target_type, held: row.stored ? heldOf(row) : undefined }))
}

/** The same outside of a transaction: who asks while another statement of this kind is under way is answered by the next. */
export function targetsTogether(sql: Sql): (ids: readonly string[]) => Promise<readonly Target[]> {
  return grouped(async (asks: readonly (readonly string[])[]) => {
    const found = new Map((await targetsOf(sql, [...new Set(asks.flat())])).map((target) => [target.id, target]))
    return asks.map((ids) => ids.flatMap((id) => found.get(id) ?? []))
  })
}

export interface Found {
  readonly key: RecordKey & { readonly id: string }
  readonly held: Held | undefined
}

/** For each id what is known of it, whatever its type: whose it is, and its record where one is stored, deleted ones too. */
async function foundOf(sql: Sql, ids: readonly string[]): Promise<readonly (Found | undefined)[]> {
  const { rows } = await sql.query<StoredRow & { of: string; of_type: string; of_id: string; known: string; stored: boolean }>(
    `select n.id as known, n.institution as of, n.type as of_type, n.local_id as of_id, r.id is not null as stored, ${recordColumns}
     from network_id n left join record r on ${lies} where n.id = any($1::text[])`,
    [ids],
  )
  const of = new Map(rows.map((row) => [row.known, row]))
  return ids.map((id) => {
    const row = of.get(id)
    if (row === undefined) return undefined
    return { key: { id, institution: row.of, type: row.of_type, localId: row.of_id }, held: row.stored ? heldOf(row) : undefined }
  })
}

/** The same outside of a transaction. */
export function foundTogether(sql: Sql): (id: string) => Promise<Found | undefined> {
  const ask = grouped(async (ids: readonly string[]) => (await foundOf(sql, ids)).map((found) => ({ found })))
  return async (id) => (await ask(id)).found
}

function reading(sql: Sql) {
  return {
    /** Local ids of one partition's records with this identifier; at most two, since one more than one is already too many. */
    async byIdentifier(ask: { institution: string; type: string; system: string; value: string }): Promise<readonly string[]> {
      const found = await sql.query<{ local_id: string }>(
        `select distinct r.local_id from record_index i join record r on r.shard = i.shard and r.key = i.record
         where i.about = ${aboutOf(`$1::text || '.identifier'`)} and i.system = ${numberOf('$2')} and i.code = $3 and r.type = $1
           and r.institution = $4 and not r.deleted limit 2`,
        [ask.type, ask.system, ask.value, ask.institution],
      )
      return found.rows.map((row) => row.local_id)
    },

    /** The same for many identifiers of one type, in their order: of each at most two. */
    async byIdentifiers(
      ask: { readonly institution: string; readonly type: string },
      identifiers: readonly { readonly system: string; readonly value: string }[],
    ): Promise<readonly (readonly string[])[]> {
      const found = await sql.query<{ at: number; local_id: string }>(
        `select k.at::int, r.local_id from unnest($3::text[], $4::text[]) with ordinality as k(system, value, at)
         cross join lateral (
           select distinct r.local_id from record_index i join record r on r.shard = i.shard and r.key = i.record
           where i.about = ${aboutOf(`$2::text || '.identifier'`)} and i.system = ${numberOf('k.system')} and i.code = k.value
             and r.type = $2 and r.institution = $1 and not r.deleted limit 2) r`,
        [ask.institution, ask.type, identifiers.map(({ system }) => system), identifiers.map(({ value }) => value)],
      )
      const of = Map.groupBy(found.rows, ({ at }) => at)
      return identifiers.map((_, index) => (of.get(index + 1) ?? []).map((row) => row.local_id))
    },

    async byId(type: string, id: string): Promise<Held | undefined> {
      const found = await sql.query<StoredRow>(
        `select ${recordColumns} from record r where r.shard = (select n.shard from network_id n where n.id = $1) and r.key = ${numberOf('$1')} and r.type = $2`,
        [id, type],
      )
      return found.rows[0] && heldOf(found.rows[0])
    },

    /** What is known of an id, whatever its type: whose it is, and its record where one is stored, deleted ones too. */
    async found(id: string): Promise<Found | undefined> {
      return (await foundOf(sql, [id]))[0]
    },

    async byIds(ids: readonly string[]): Promise<readonly Held[]> {
      if (ids.length === 0) return []
      const found = await sql.query<StoredRow>(
        `select ${recordColumns} from network_id n join record r on ${lies} where n.id = any($1::text[]) and not r.deleted`,
        [ids],
      )
      return found.rows.map(heldOf)
    },

    /** What these network ids stand for: their type, and the record where one is stored, deleted ones too. Ids nobody gave out are left out. */
    targets: (ids: readonly string[]): Promise<readonly Target[]> => targetsOf(sql, ids),

    /** Every record of one partition that refers to this one: all of them judge it, so there is no bound. */
    async pointingTo(id: string, institution: string): Promise<readonly Held[]> {
      const found = await sql.query<StoredRow>(
        `select ${recordColumns} from (select distinct i.shard, i.record from record_index i where i.kind = 'r' and i.code = $1) i
           join record r on r.shard = i.shard and r.key = i.record
         where r.institution = $2 and not r.deleted`,
        [id, institution],
      )
      return found.rows.map(heldOf)
    },

    async byKey(key: RecordKey): Promise<Held | undefined> {
      return (await byKeys(sql, [key]))[0]?.held
    },

    /** The same for the system of the key's own institution. */
    own: ownTogether(sql),

    /** All stored records about a person, newest first, bounded. `types` empty = every type; `but` = never these. */
    async ofPerson(person: string, types: readonly string[], limit: number, but: readonly string[] = []): Promise<readonly Held[]> {
      const found = await sql.query<StoredRow>(
        `select ${recordColumns} from record r
         where r.shard = ${numberOf('$1')} and r.person = $1 and not r.deleted and (cardinality($2::text[]) = 0 or r.type = any($2::text[])) and r.type <> all($4::text[])
         order by r.updated_ms desc, r.id limit $3`,
        [person, types, limit, but],
      )
      return found.rows.map(heldOf)
    },

    /** One partition's record of a person, with the records outside the patient compartment it refers to (organizations, practitioners …). */
    async ownRecordOf(ask: { institution: string; person: string; types: readonly string[]; limit: number }): Promise<readonly Held[]> {
      const found = await sql.query<StoredRow>(
        `with own as (select r.shard, r.key from record r where r.shard = ${numberOf('$2')} and r.person = $2 and r.institution = $1 and not r.deleted),
           near as (select distinct i.code as id from own join record_index i on i.shard = own.shard and i.record = own.key and ${isReferenceSql('i')}),
           far as (select distinct i.code as id from near join network_id n on n.id = near.id and n.shard is not null
             join record_index i on i.shard = n.shard and i.record = ${numberOf('n.id')} and ${isReferenceSql('i')}),
           around as (select n.shard, ${numberOf('n.id')} as key from network_id n where n.id in (select id from near union select id from far) and n.shard = ${numberOf('$1')})
         select ${recordColumns} from (select shard, key from own union select shard, key from around) n join record r on r.shard = n.shard and r.key = n.key
         where r.institution = $1 and not r.deleted and (cardinality($3::text[]) = 0 or r.type = any($3::text[]))
         order by (r.type = 'Patient') desc, r.updated_ms, r.id limit $4`,
        [ask.institution, ask.person, ask.types, ask.limit],
      )
      return found.rows.map(heldOf)
    },

    /** Records of one partition that these network ids refer to or are: for the recompute of what depends on an Encounter. */
    async withEncounter(encounter: string, limit: number): Promise<readonly Held[]> {
      const found = await sql.query<StoredRow>(
        `select ${recordColumns} from record r where r.encounter = ${numberOf('$1')} and not r.deleted limit $2`,
        [encounter, limit],
      )
      return found.rows.map(heldOf)
    },
  }
}
