/** One person's records in pages by key, so that a record of fifty thousand parts is never held whole. */
import type { Condition } from '../../consent/types.ts'
import type { Held } from '../held.ts'
import { numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'
import { heldOf, heldOfOwn, peopleColumns, systemColumns } from './records.ts'
import { visibleSql } from './search-view.ts'

/** Where a page ended: the next one begins behind it. What is written meanwhile comes later, so nothing is left out. */
export interface Place {
  /** 0 first */
  readonly rank: number
  readonly updatedMs: number
  readonly id: string
}

export interface Paged {
  readonly held: Held
  readonly place: Place
}

/** One more than the limit, where there is more. */
export interface OwnPage {
  readonly person: string
  readonly own: readonly Paged[]
  readonly near: readonly Paged[]
}

interface Ask {
  readonly person: string
  /** empty = every type */
  readonly types: readonly string[]
  readonly sinceMs: number | undefined
  readonly after: Place | undefined
  readonly limit: number
}

interface OwnAsk extends Omit<Ask, 'person'> {
  readonly institution: string
  readonly localId: string
  readonly turn: 'stored' | 'near'
}

/** The patient's chart comes first. */
const order = "(case when r.type = 'Patient' then 0 else 1 end), r.updated_ms, r.id"

type OwnRow = Parameters<typeof heldOfOwn>[0]

function binder() {
  const values: unknown[] = []
  return { values, add: (value: unknown): string => `$${values.push(value)}` }
}

function narrowed(ask: Pick<Ask, 'types' | 'sinceMs' | 'after'>, add: (value: unknown) => string): readonly string[] {
  const { types, sinceMs, after } = ask
  return [
    'not r.deleted',
    ...(types.length === 0 ? [] : [`r.type = any(${add(types)}::text[])`]),
    ...(sinceMs === undefined ? [] : [`r.updated_ms >= ${add(sinceMs)}::bigint`]),
    ...(after === undefined ? [] : [`(${order}) > (${add(after.rank)}::int, ${add(after.updatedMs)}::bigint, ${add(after.id)}::text)`]),
  ]
}

async function page(sql: Sql, where: readonly string[], bound: ReturnType<typeof binder>, limit: number): Promise<readonly Paged[]> {
  const found = await sql.query<Parameters<typeof heldOf>[0]>(
    `select ${peopleColumns} from record r where ${where.join(' and ')} order by ${order} limit ${bound.add(limit)}`,
    bound.values,
  )
  return found.rows.map((row) => ({ held: heldOf(row), place: placeOf(row) }))
}

function placeOf(row: OwnRow): Place {
  return { rank: row.type === 'Patient' ? 0 : 1, updatedMs: row.updated_ms, id: row.id }
}

/** The shard is the person: one partition is read. */
function personIs(person: string): readonly string[] {
  return [`r.shard = ${numberOf(person)}`, `r.person = ${person}`]
}

export function pages(sql: Sql) {
  return {
    /** What the caller may see of one person, of every institution. */
    async ofPerson(
      ask: Ask & { readonly but: readonly string[]; readonly condition: Condition; readonly party: string | undefined },
    ): Promise<readonly Paged[]> {
      const bound = binder()
      const where = [
        ...personIs(bound.add(ask.person)),
        `r.type <> all(${bound.add(ask.but)}::text[])`,
        visibleSql(ask, 'r', bound.add),
        ...narrowed(ask, bound.add),
      ]
      return page(sql, where, bound, ask.limit)
    },

    /**
     * One institution's record of one of its patients, and after it what that refers to, and what this refers to, outside the patient
     * compartment (organizations, practitioners …), as far as there is room. undefined where no record of the patient is stored.
     * @param turn what is still to come: both, or the rest of what is referred to
     */
    async ofOwn(ask: OwnAsk): Promise<OwnPage | undefined> {
      const bound = binder()
      const [institution, localId, limit] = [bound.add(ask.institution), bound.add(ask.localId), bound.add(ask.limit)]
      const person = '(select person from who)'
      const columns = systemColumns(institution)
      const nearSql = (place: Place | undefined, room: string): string =>
        `select true as is_near, ${columns} from (select * from beside union all select * from behind) r
         where r.person is null and ${narrowed({ ...ask, after: place }, bound.add).join(' and ')} order by ${order} limit ${room}`
      // of the institution and about nobody: in the shard of the institution
      const lying = (ids: string): string =>
        `select r.* from record r where r.shard = ${numberOf(institution)} and r.key = any(array(select ${numberOf('k.id')} from (${ids}) k(id))) and (r.institution = ${institution}) is true and not r.deleted`
      // a place is within one of the two: the other is not begun, or over
      const page =
        ask.turn === 'near'
          ? nearSql(ask.after, `${limit}::int + 1`)
          : `select r.* from (select * from own union all (${nearSql(undefined, `greatest(0, ${limit}::int + 1 - (select count(*) from own))`)})) r`
      const own = (): string => `, own as materialized (select false as is_near, ${columns} from record r
          where ${isOwn('r', institution, person)} and ${narrowed(ask, bound.add).join(' and ')} order by ${order} limit ${limit}::int + 1)`
      const { rows } = await sql.query<OwnRow & { of_person: string; is_near: boolean | null }>(
        `with who as materialized (select d.person from identity d
            join network_id n on n.institution = d.institution and n.type = 'Patient' and n.local_id = d.local_id and n.shard is not null
            where d.institution = ${institution} and d.local_id = ${localId}),
          near as materialized (select distinct unnest(o.relations) as id from record o where ${isOwn('o', institution, person)}),
          beside as materialized (${lying('select id from near')}),
          behind as (${lying('select unnest(b.relations) from beside b except select id from near')})${ask.turn === 'near' ? '' : own()}
        select w.person as of_person, r.* from who w left join (${page}) r on true order by r.is_near, ${order}`,
        bound.values,
      )
      const [first] = rows
      const paged = (isNear: boolean): readonly Paged[] =>
        rows.flatMap((row) => (row.is_near === isNear ? [{ held: heldOfOwn(row), place: placeOf(row) }] : []))
      return first && { person: first.of_person, own: paged(false), near: paged(true) }
    },
  }
}

/**
 * What an institution holds of the person, in the shard of theirs. `is true`: among one person's records few are of others, and the index of all that
 * the institution holds is not gone through for them.
 */
function isOwn(of: string, institution: string, person: string): string {
  return `${of}.shard = ${numberOf(person)} and ${of}.person = ${person} and (${of}.institution = ${institution}) is true and not ${of}.deleted`
}
