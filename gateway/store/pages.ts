/** One person's records in pages by key, so that a record of fifty thousand parts is never held whole. */
import type { Condition } from '../../consent/types.ts'
import type { Held } from '../held.ts'
import type { Sql } from './pool.ts'
import { heldOf, recordColumns } from './records.ts'
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

interface Ask {
  readonly person: string
  /** empty = every type */
  readonly types: readonly string[]
  readonly sinceMs: number | undefined
  readonly after: Place | undefined
  readonly limit: number
}

/** The patient's chart comes first. */
const order = "(case when r.type = 'Patient' then 0 else 1 end), r.updated_ms, r.id"

type Row = Parameters<typeof heldOf>[0]

function binder() {
  const values: unknown[] = []
  return { values, add: (value: unknown): string => `$${values.push(value)}` }
}

function narrowed(ask: Ask, add: (value: unknown) => string): readonly string[] {
  const { types, sinceMs, after } = ask
  return [
    'not r.deleted',
    ...(types.length === 0 ? [] : [`r.type = any(${add(types)}::text[])`]),
    ...(sinceMs === undefined ? [] : [`r.updated_ms >= ${add(sinceMs)}::bigint`]),
    ...(after === undefined ? [] : [`(${order}) > (${add(after.rank)}::int, ${add(after.updatedMs)}::bigint, ${add(after.id)}::text)`]),
  ]
}

async function page(sql: Sql, where: readonly string[], bound: ReturnType<typeof binder>, limit: number): Promise<readonly Paged[]> {
  const found = await sql.query<Row>(
    `select ${recordColumns} from record r where ${where.join(' and ')} order by ${order} limit ${bound.add(limit)}`,
    bound.values,
  )
  return found.rows.map((row) => ({
    held: heldOf(row),
    place: { rank: row.type === 'Patient' ? 0 : 1, updatedMs: row.updated_ms, id: row.id },
  }))
}

/** The shard is the person: one partition is read. */
function personIs(person: string): readonly string[] {
  return [`r.shard = ${person}`, `r.person = ${person}`]
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

    /** One partition's record of a person. */
    async ofOwn(ask: Ask & { readonly institution: string }): Promise<readonly Paged[]> {
      const bound = binder()
      const where = [`r.institution = ${bound.add(ask.institution)}`, ...personIs(bound.add(ask.person)), ...narrowed(ask, bound.add)]
      return page(sql, where, bound, ask.limit)
    },

    /** What that record refers to, and what this refers to, outside the patient compartment (organizations, practitioners …). */
    async nearOwn(ask: Ask & { readonly institution: string }): Promise<readonly Paged[]> {
      const bound = binder()
      const [institution, person] = [bound.add(ask.institution), bound.add(ask.person)]
      const named = (shard: string, records: string): string =>
        `(select i.code from record_index i where i.shard = ${shard} and i.kind = 'reference' and i.system <> '' and i.record in ${records})`
      const own = `(select o.id from record o where o.shard = ${person} and o.institution = ${institution} and not o.deleted)`
      const near = named(person, own)
      const where = [
        `r.shard = ${institution} and r.institution = ${institution} and r.person is null`,
        `(r.id in ${near} or r.id in ${named(institution, near)})`,
        ...narrowed(ask, bound.add),
      ]
      return page(sql, where, bound, ask.limit)
    },
  }
}
