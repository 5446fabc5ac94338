/** Labels that a record has from others: of the departments and diagnoses of its encounter. They only ever rise. */
import type { Raised } from '../../consent/record-facts.ts'
import { directoryTypes } from '../../fhir-profiles/logical-reference.ts'
import { numberOf, numbersOf } from './numbers.ts'
import type { Sql } from './pool.ts'
import { lies } from './record-row.ts'

/** Not `$1 is null or …`, which one plan for both would answer by reading everything. */
function among(column: string, ids: readonly string[] | undefined, parameter: string): string {
  return ids === undefined ? '' : `and ${column} = any(${parameter})`
}

export function raised(sql: Sql) {
  return {
    /** What a record inherits of its encounter; labels only ever rise by it. */
    async record(id: string, to: Raised): Promise<void> {
      await sql.query(
        `update record r set sources = $2::text[], confidentiality = $3, sensitivities = $4::text[],
           label_basis = array(select distinct b from unnest(r.label_basis || $5::text[]) b order by b)
         from network_id n where ${lies} and n.id = $1`,
        [id, to.sources, to.confidentiality, to.sensitivities, to.labelBasis],
      )
    },

    /**
     * Free text takes the strictest label of its encounter: what is told there is told of its diagnoses. Labels only rise.
     * `encounters`: network ids; undefined = all.
     */
    async narrated(encounters: readonly string[] | undefined): Promise<void> {
      if (encounters?.length === 0) return
      await sql.query(
        `update record d set confidentiality = greatest(d.confidentiality, k.confidentiality),
           sensitivities = array(select distinct s from unnest(d.sensitivities || k.sensitivities) s order by s),
           label_basis = array(select distinct b from unnest(d.label_basis || k.basis) b order by b)
         from (select c.encounter, max(c.confidentiality) as confidentiality, array_agg(distinct s) as sensitivities,
                 array_agg(distinct s || ' · diagnosis of the encounter') as basis
               from record c cross join lateral unnest(c.sensitivities) s
               where c.type = 'Condition' and not c.deleted ${among('c.encounter', encounters, numbersOf('$1::text[]'))} group by c.encounter) k
         where d.encounter = k.encounter and d.is_narrated and not (d.sensitivities @> k.sensitivities and d.confidentiality >= k.confidentiality)`,
        encounters === undefined ? [] : [encounters],
      )
    },

    /**
     * What refers to a directory record that names a sensitive place, unless the reference has a label of its own. `ids`: network ids of
     * such directory records; undefined = all. What is about nobody hands it on.
     */
    async naming(ids: readonly string[] | undefined): Promise<void> {
      if (ids?.length === 0) return
      const found = await sql.query<{ id: string; is_nobodys: boolean }>(
        `update record r set confidentiality = greatest(r.confidentiality, k.confidentiality),
           sensitivities = array(select distinct s from unnest(r.sensitivities || k.sensitivities) s order by s),
           label_basis = array(select distinct b from unnest(r.label_basis || k.basis) b order by b)
         from (select i.shard, i.record, max(t.confidentiality) as confidentiality, array_agg(distinct s) as sensitivities,
                 array_agg(distinct s || ' · names a place by way of its directory') as basis
               from record_index i join network_id n on n.id = i.code join record t on t.shard = n.shard and t.key = ${numberOf('n.id')}
                 cross join lateral unnest(t.sensitivities) s
               where i.kind = 'r' ${among('i.code', ids, '$2::text[]')} and t.person is null and t.type = any($1::text[]) and not t.deleted and not coalesce(i.sensitivities, '{}') @> t.sensitivities
               group by i.shard, i.record) k
         where r.shard = k.shard and r.key = k.record and not (r.sensitivities @> k.sensitivities and r.confidentiality >= k.confidentiality)
         returning r.id, r.person is null as is_nobodys`,
        ids === undefined ? [[...directoryTypes]] : [[...directoryTypes], ids],
      )
      await this.naming(found.rows.flatMap((row) => (row.is_nobodys ? [row.id] : [])))
    },

    /** Why a record has its labels, for the officer's explanation; none for a record that is not there. */
    async basis(id: string): Promise<readonly string[]> {
      const found = await sql.query<{ label_basis: string[] }>(
        `select r.label_basis from network_id n join record r on ${lies} where n.id = $1`,
        [id],
      )
      return found.rows[0]?.label_basis ?? []
    },
  }
}
