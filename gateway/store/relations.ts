/** What shows that an institution has to do with a patient now (contract, "Relation"): facts only, the rule is in `relation.ts`. */
import { aboutOf, numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'

export interface RelationAsk {
  readonly persons: readonly string[]
  readonly institution: string
  readonly referralClass: string
  /** a referral that closed before shows nothing any more */
  readonly closedSinceMs: number
  readonly nowMs: number
}

/**
 * Whether `a.person` is related to `a.institution`: a referral that names it, open, or closed after `a.since` (class `a.class`); a stored encounter
 * of its own that is planned, arrived or in progress, with a certain identity; an active consent in whose period (`a.now`) a permit names it as
 * receiver. All of it is looked at whatever is found first, so that how long it takes says nothing.
 */
export const isRelatedSql = `(exists (
      select 1 from record r
      where r.shard = ${numberOf('a.person')} and r.person = a.person and r.type in ('Task', 'Encounter') and not r.deleted
        and case r.type when 'Task' then r.parties @> array[a.institution] and r.classes @> array[a.class] else r.institution = a.institution
          and exists (select 1 from identity d where d.person = a.person and d.institution = a.institution and d.grade = 'certain') end
        and (r.type = 'Task' and r.updated_ms >= a.since or exists (
          select 1 from record_index i where i.shard = r.shard and i.record = r.key and i.about = ${aboutOf(`r.type || '.status'`)} and case r.type
            when 'Task' then i.code not in ('completed', 'rejected', 'cancelled', 'failed', 'entered-in-error')
            else i.code in ('planned', 'arrived', 'in-progress') end)))::int
    + exists (
      select 1 from provision p where p.person = a.person and p.type = 'permit' and not p.unreadable
        and p.receivers @> array['org:' || a.institution] and p.from_ms <= a.now and p.until_ms >= a.now)::int > 0)`

export function relations(sql: Sql) {
  return {
    async related(ask: RelationAsk): Promise<readonly string[]> {
      if (ask.persons.length === 0) return []
      const found = await sql.query<{ person: string }>(
        `select a.person from (select unnest($1::text[]) as person, $2::text as institution, $3::text as class, $4::bigint as since, $5::bigint as now) a
         where ${isRelatedSql}`,
        [ask.persons, ask.institution, ask.referralClass, ask.closedSinceMs, ask.nowMs],
      )
      return found.rows.map((row) => row.person)
    },
  }
}
