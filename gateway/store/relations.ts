/** What shows that an institution has to do with a patient now (contract, "Relation"): facts only, the rule is in `relation.ts`. */
import type { Sql } from './pool.ts'

export function relations(sql: Sql) {
  return {
    /** Persons with a referral that names the institution, open, or closed after `closedSinceMs`. */
    async byReferral(
      persons: readonly string[],
      institution: string,
      referralClass: string,
      closedSinceMs: number,
    ): Promise<readonly string[]> {
      const found = await sql.query<{ person: string }>(
        `select distinct r.person from record r
         where r.type = 'Task' and r.shard = any($1::text[]) and r.person = any($1::text[]) and r.parties @> array[$2::text] and r.classes @> array[$3::text] and not r.deleted
           and (r.updated_ms >= $4 or exists (select 1 from record_index i where i.shard = r.shard and i.record = r.id and i.param = 'status'
             and i.code not in ('completed', 'rejected', 'cancelled', 'failed', 'entered-in-error')))`,
        [persons, institution, referralClass, closedSinceMs],
      )
      return found.rows.map((row) => row.person)
    },
    /** Persons with a stored encounter of the institution that is planned, arrived or in progress, and a certain identity. */
    async byEncounter(persons: readonly string[], institution: string): Promise<readonly string[]> {
      const found = await sql.query<{ person: string }>(
        `select distinct r.person from record r
         join record_index i on i.shard = r.shard and i.record = r.id and i.param = 'status' and i.code in ('planned', 'arrived', 'in-progress')
         where r.type = 'Encounter' and r.shard = any($1::text[]) and r.person = any($1::text[]) and r.institution = $2 and not r.deleted
           and exists (select 1 from identity d where d.person = r.person and d.institution = $2 and d.grade = 'certain')`,
        [persons, institution],
      )
      return found.rows.map((row) => row.person)
    },
    /** Persons with an active consent in whose period a permit names the institution itself as receiver. */
    async byConsent(persons: readonly string[], institution: string, nowMs: number): Promise<readonly string[]> {
      const found = await sql.query<{ person: string }>(
        `select distinct person from provision
         where person = any($1::text[]) and type = 'permit' and not unreadable and receivers @> array[$2::text] and from_ms <= $3 and until_ms >= $3`,
        [persons, `org:${institution}`, nowMs],
      )
      return found.rows.map((row) => row.person)
    },
  }
}
