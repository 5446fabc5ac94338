/** Who is who: institution patient numbers, network persons, and the candidates for a match. */
import { grouped } from './grouped.ts'
import { aboutOf, numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'
import { lies } from './record-row.ts'
import { moveRecordsOf } from './record-writes.ts'

export interface IdentityRow {
  readonly institution: string
  readonly localId: string
  readonly record: string
  readonly person: string
  readonly grade: 'certain' | 'single'
}

/** A patient number of an institution that lives on in another of its numbers. */
export interface MergedRow {
  readonly localId: string
  readonly into: string
}

interface StoredIdentity extends Record<string, unknown> {
  institution: string
  local_id: string
  record: string
  person: string
  grade: 'certain' | 'single'
}

/** So many that two patients who arrive at one moment seldom wait for each other; so few that one large feed holds no more locks than a server has. */
const turns = 1024

interface Naming {
  readonly ids: readonly string[]
  readonly institution: string
}

/**
 * For each asker the persons that ids stand for: persons after merges, else those of the institution's own patient numbers and record ids. One
 * statement whatever is found, so that a person nobody knows takes as long as one nobody may see.
 */
async function personsNamed(sql: Sql, asks: readonly Naming[]): Promise<readonly (readonly string[])[]> {
  const flat = asks.flatMap(({ ids, institution }, ask) => ids.map((id) => ({ id, institution, ask })))
  if (flat.length === 0) return asks.map(() => [])
  const found = await sql.query<{ at: number; person: string | null; own: string[] }>(
    `with recursive asked as (select id, institution, at::int from unnest($1::text[], $2::text[]) with ordinality as a(id, institution, at)),
       chain as (
         select a.at, p.id, p.merged_into, 0 as hops from asked a join person p on p.id = a.id
         union all select c.at, p.id, p.merged_into, c.hops + 1 from chain c join person p on p.id = c.merged_into where c.hops < 20)
     select a.at, (select c.id from chain c where c.at = a.at order by c.hops desc limit 1) as person,
       array(select d.person from identity d where d.institution = a.institution and d.local_id = a.id)
         || array(select d.person from identity d where d.record = a.id and d.institution = a.institution) as own
     from asked a order by a.at`,
    [flat.map(({ id }) => id), flat.map(({ institution }) => institution)],
  )
  const of = Map.groupBy(found.rows, ({ at }) => flat[at - 1]?.ask)
  return asks.map((_, ask) => (of.get(ask) ?? []).flatMap(({ person, own }) => (person === null ? own : [person])))
}

/** The same outside of a transaction: who asks while another statement of this kind is under way is answered by the next. */
export function personsNamedTogether(sql: Sql): (ids: readonly string[], institution: string) => Promise<readonly string[]> {
  const ask = grouped((asks: readonly Naming[]) => personsNamed(sql, asks))
  return async (ids, institution) => (ids.length === 0 ? [] : ask({ ids, institution }))
}

export function identities(sql: Sql) {
  const rowsOf = (rows: readonly StoredIdentity[]): readonly IdentityRow[] =>
    rows.map((row) => ({ institution: row.institution, localId: row.local_id, record: row.record, person: row.person, grade: row.grade }))
  return {
    async byLocal(institution: string, localIds: readonly string[]): Promise<readonly IdentityRow[]> {
      if (localIds.length === 0) return []
      const found = await sql.query<StoredIdentity>('select * from identity where institution = $1 and local_id = any($2::text[])', [
        institution,
        localIds,
      ])
      return rowsOf(found.rows)
    },
    async ofPersons(persons: readonly string[]): Promise<readonly IdentityRow[]> {
      if (persons.length === 0) return []
      const found = await sql.query<StoredIdentity>(
        'select * from identity where person = any($1::text[]) order by institution, local_id',
        [persons],
      )
      return rowsOf(found.rows)
    },
    async byRecords(records: readonly string[]): Promise<readonly IdentityRow[]> {
      if (records.length === 0) return []
      const found = await sql.query<StoredIdentity>('select * from identity where record = any($1::text[])', [records])
      return rowsOf(found.rows)
    },
    /** The person a stored or live record is about, by network id; empty when it is about nobody or nothing is known. */
    async personsOfRecord(id: string): Promise<readonly string[]> {
      const found = await sql.query<{ person: string }>(
        `select r.person from network_id n join record r on ${lies} where n.id = $1 and r.person is not null`,
        [id],
      )
      return found.rows.map((row) => row.person)
    },
    /** The living person behind an id: itself, or what it was merged into; undefined when never given out. */
    async person(id: string): Promise<string | undefined> {
      const found = await sql.query<{ id: string; merged_into: string | null }>(
        `with recursive chain as (
           select id, merged_into, 0 as hops from person where id = $1
           union all select p.id, p.merged_into, c.hops + 1 from person p join chain c on p.id = c.merged_into where c.hops < 20)
         select id, merged_into from chain order by hops desc limit 1`,
        [id],
      )
      return found.rows[0]?.id
    },
    /** Whom ids stand for, as somebody of this institution writes them, in the order asked; see `personsNamed`. */
    async personsNamed(ids: readonly string[], institution: string): Promise<readonly string[]> {
      return (await personsNamed(sql, [{ ids, institution }]))[0] ?? []
    },
    /** Every id these persons were ever known by: their own and those merged into them. */
    async idsOf(persons: readonly string[]): Promise<readonly string[]> {
      if (persons.length === 0) return []
      const found = await sql.query<{ id: string }>(
        `with recursive known as (
           select id from person where id = any($1::text[])
           union select p.id from person p join known k on p.merged_into = k.id)
         select id from known`,
        [persons],
      )
      return found.rows.map((row) => row.id)
    },
    /**
     * Persons of whom nothing is known but these numbers of theirs. Until the transaction ends, others who take turns by any of the same keys
     * wait. Bounded: keys share buckets, locked in order.
     */
    async addPeople(
      rows: readonly IdentityRow[],
      { atMs, turns: keys }: { readonly atMs: number; readonly turns: readonly string[] },
    ): Promise<void> {
      if (rows.length === 0 && keys.length === 0) return
      await sql.query(
        `with k as (select * from json_to_recordset($3::json) as k(institution text, "localId" text, record text, person text, grade text)),
           made as (insert into person (id, created_ms) select person, $4 from k),
           linked as (
             insert into identity (institution, local_id, record, person, grade, linked_ms)
             select institution, "localId", record, person, grade, $4 from k
             on conflict (institution, local_id) do update set person = excluded.person, grade = excluded.grade, linked_ms = excluded.linked_ms)
         select pg_advisory_xact_lock(hashtext('identify'), bucket)
         from (select distinct (hashtextextended(key, 0) & $2)::int as bucket from unnest($1::text[]) as k(key) order by bucket offset 0) b`,
        [keys, turns - 1, JSON.stringify(rows), atMs],
        { mayWait: true },
      )
    },
    async addPerson(id: string, atMs: number): Promise<void> {
      await sql.query('insert into person (id, created_ms) values ($1, $2)', [id, atMs])
    },
    async link(row: IdentityRow, atMs: number): Promise<void> {
      await sql.query(
        `insert into identity (institution, local_id, record, person, grade, linked_ms) values ($1, $2, $3, $4, $5, $6)
         on conflict (institution, local_id) do update set person = excluded.person, grade = excluded.grade, linked_ms = excluded.linked_ms`,
        [row.institution, row.localId, row.record, row.person, row.grade, atMs],
      )
    },
    /** Moves everything of one person to another; the old id stays readable. */
    async merge(from: string, into: string, atMs: number): Promise<void> {
      await sql.query('update person set merged_into = $2 where id = $1', [from, into])
      await sql.query(`update identity set person = $2, grade = 'certain', linked_ms = $3 where person = $1`, [from, into, atMs])
      await moveRecordsOf(sql, from, into)
      await sql.query('update provision set person = $2 where person = $1', [from, into])
      await sql.query(
        `insert into undecided_merge (person, other) select $2, other from undecided_merge where person = $1 and other <> $2
         union select person, $2 from undecided_merge where other = $1 and person <> $2 on conflict do nothing`,
        [from, into],
      )
      await sql.query('delete from undecided_merge where person = $1 or other = $1', [from])
    },
    /** What the institution says of its own numbers; a number that was given up and now stays is given up no more. */
    async declareMerge(institution: string, merged: MergedRow, atMs: number): Promise<void> {
      await sql.query('delete from merged_record where institution = $1 and local_id = $2', [institution, merged.into])
      await sql.query(
        `insert into merged_record (institution, local_id, into_local_id, at_ms) values ($1, $2, $3, $4)
         on conflict (institution, local_id) do update set into_local_id = excluded.into_local_id, at_ms = excluded.at_ms`,
        [institution, merged.localId, merged.into, atMs],
      )
    },
    /** Every merge these numbers are part of, on either side. */
    async mergesOf(institution: string, localIds: readonly string[]): Promise<readonly MergedRow[]> {
      const found = await sql.query<{ local_id: string; into_local_id: string }>(
        `select local_id, into_local_id from merged_record
         where institution = $1 and (local_id = any($2::text[]) or into_local_id = any($2::text[])) order by local_id`,
        [institution, localIds],
      )
      return found.rows.map((row) => ({ localId: row.local_id, into: row.into_local_id }))
    },
    /** Until somebody decides, whoever refused for one of the two has refused for both. */
    async leaveUndecided(person: string, other: string): Promise<void> {
      await sql.query('insert into undecided_merge (person, other) values ($1, $2), ($2, $1) on conflict do nothing', [person, other])
    },
    async decided(person: string, other: string): Promise<void> {
      await sql.query('delete from undecided_merge where (person = $1 and other = $2) or (person = $2 and other = $1)', [person, other])
    },
    async setGrade(persons: readonly string[], grade: 'certain' | 'single'): Promise<void> {
      await sql.query('update identity set grade = $2 where person = any($1::text[])', [persons, grade])
    },
    /**
     * Network ids of Patient records that share a birth date or a phone with the one that arrived; bounded, within one partition or all.
     * `strangersTo`: only of persons who have no number at this institution.
     */
    async candidates(input: {
      birthDate: string
      phones: readonly string[]
      notRecord: string
      limit: number
      institution?: string
      strangersTo?: string
    }): Promise<readonly string[]> {
      const { institution, strangersTo } = input
      // one look for each, so that each is looked up whatever the planner knows of the table
      const codes = [input.birthDate, ...input.phones]
      const values: unknown[] = [codes.map((_, at) => (at === 0 ? 'x-birth-day' : 'x-phone')), codes, input.notRecord, input.limit]
      const narrowed = [
        ...(institution === undefined ? [] : [`r.institution = $${values.push(institution)}`]),
        ...(strangersTo === undefined
          ? []
          : [
              // each in its own index, whatever the planner takes an institution's numbers to be: they are as many as its patients
              `not exists (select 1 from identity own where own.person = (select d.person from identity d where d.record = r.id)
               and own.institution = $${values.push(strangersTo)})`,
            ]),
      ]
      const found = await sql.query<{ record: string }>(
        `select distinct r.id as record from unnest($1::text[], $2::text[]) as k(param, code)
         cross join lateral (select shard, record from record_index x where x.about = ${aboutOf(`'Patient.' || k.param`)} and x.code = k.code offset 0) i
         join record r on r.shard = i.shard and r.key = i.record
         where ${['r.id <> $3', ...narrowed].join(' and ')} order by r.id limit $4`,
        values,
      )
      return found.rows.map((row) => row.record)
    },
    /** Patient records with this identifier in the given partition, or anywhere when undefined. */
    async byIdentifier(identifierSystem: string, value: string, institution: string | undefined): Promise<readonly string[]> {
      const found = await sql.query<{ record: string }>(
        `select distinct r.id as record from record_index i join record r on r.shard = i.shard and r.key = i.record
         where i.about = ${aboutOf(`'Patient.identifier'`)} and i.code = $2 and i.system = ${numberOf('$1')} and not r.deleted and ($3::text is null or r.institution = $3) limit 20`,
        [identifierSystem, value, institution ?? null],
      )
      return found.rows.map((row) => row.record)
    },
  }
}
