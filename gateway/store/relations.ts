/** What shows that an institution has to do with a patient now (contract, "Relation"): facts only, the rule is in `relation.ts`. */
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
 * Persons of $1 to whom institution $2 is related: a referral that names it, open, or closed after $4 (class $3); a stored encounter of its own that is
 * planned, arrived or in progress, with a certain identity; an active consent in whose period ($5) a permit names it as receiver.
 */
export const relatedSql = `
  select r.person from unnest($1::text[]) as k(person) join record r on r.shard = k.person and r.person = k.person
    where r.type = 'Task' and r.parties @> array[$2::text] and r.classes @> array[$3::text]
      and not r.deleted and (r.updated_ms >= $4 or exists (select 1 from record_index i where i.shard = r.shard and i.record = r.id and i.param = 'status'
        and i.code not in ('completed', 'rejected', 'cancelled', 'failed', 'entered-in-error')))
  union select r.person from unnest($1::text[]) as k(person) join record r on r.shard = k.person and r.person = k.person
    join record_index i on i.shard = r.shard and i.record = r.id and i.param = 'status' and i.code in ('planned', 'arrived', 'in-progress')
    where r.type = 'Encounter' and r.institution = $2 and not r.deleted
      and exists (select 1 from identity d where d.person = r.person and d.institution = $2 and d.grade = 'certain')
  union select person from provision
    where person = any($1::text[]) and type = 'permit' and not unreadable and receivers @> array['org:' || $2::text] and from_ms <= $5 and until_ms >= $5`

export function relatedValues(ask: RelationAsk): readonly unknown[] {
  return [ask.persons, ask.institution, ask.referralClass, ask.closedSinceMs, ask.nowMs]
}

export function relations(sql: Sql) {
  return {
    async related(ask: RelationAsk): Promise<readonly string[]> {
      if (ask.persons.length === 0) return []
      const found = await sql.query<{ person: string }>(relatedSql, relatedValues(ask))
      return found.rows.map((row) => row.person)
    },
  }
}
