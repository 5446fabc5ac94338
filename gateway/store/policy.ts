/**
 * Everything one decision about these persons reads, in one statement and so in one snapshot: the rules about them, what the rules point
 * to, and who has to do with them. Never kept beyond the request.
 */
import type { ProvisionRow, TargetFound } from '../../consent/types.ts'
import { dataOf, toRow, type StoredProvision } from './consents.ts'
import type { IdentityRow } from './identities.ts'
import type { Sql } from './pool.ts'
import { relatedSql, relatedValues, type RelationAsk } from './relations.ts'

export interface PolicyAsk {
  readonly relation: RelationAsk
  /** others whose rules are asked for: an emergency's person */
  readonly also: readonly string[]
  /** keys by which a rule could hide something in-house; persons with such a rule are asked for too */
  readonly insideReceiver: readonly string[]
}

export interface Policy {
  readonly rows: readonly ProvisionRow[]
  /** of the persons asked for */
  readonly related: readonly string[]
  /** every number they have, and the record of each */
  readonly identities: readonly IdentityRow[]
}

/**
 * A rule; or, in the columns of one: `person` is related; a target `person` of `controller`, stored (`unreadable`), refers to `blind`; an identity
 * of `person`: `consent` is its record, `path` the number at `controller`, `version` its grade.
 */
interface Row extends StoredProvision {
  kind: 'rule' | 'related' | 'target' | 'identity'
}

const ruleColumns = `consent, version, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes, labels::text as labels, codes,
  dates::text as dates, data::text as data`
const noRule = 'null, null, null, null, null, null, null, null, null, null::bigint, null::bigint'

/**
 * While a merge is undecided the other's refusals count too (its permits are never in force here). A person referred to stands for the
 * custodian's own Patient record of them.
 */
const policySql = `
  with asked as materialized (
    select unnest($1::text[] || $6::text[]) as person
    union select person from provision where receivers && $7::text[]
    union select u.person from undecided_merge u join provision p on p.person = u.other where p.receivers && $7::text[]),
  rule as materialized (
    select p.person, ${ruleColumns}, from_ms, until_ms from asked a join provision p on p.person = a.person
    union all
    select u.person, ${ruleColumns}, case when p.type = 'permit' and not p.unreadable then 8640000000000000 else p.from_ms end,
      case when p.type = 'permit' and not p.unreadable then -8640000000000000 else p.until_ms end
    from asked a join undecided_merge u on u.person = a.person join provision p on p.person = u.other),
  target as (
    select distinct d ->> 'reference' as id from rule
      cross join lateral jsonb_array_elements(case when jsonb_typeof(data::jsonb) = 'array' then data::jsonb else '[]'::jsonb end) d)
  select 'rule' as kind, person, consent, version, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes, labels, codes,
    dates, data, from_ms, until_ms from rule
  union all
  select 'related', x.person, '', '', '', '', 'deny', false, '{}'::text[], ${noRule} from (${relatedSql}) x
  union all
  select 'target', n.id, '', '', n.institution, '', 'deny', exists (select 1 from record r where r.shard = n.shard and r.id = n.id and not r.deleted),
    array(select i.code from record_index i where i.shard = n.shard and i.record = n.id and i.kind = 'reference' and i.system <> ''
      union select d.record from record_index i join identity d on d.person = i.code and d.institution = n.institution
        where i.shard = n.shard and i.record = n.id and i.kind = 'reference' and i.system = 'Patient'), ${noRule}
  from target t join network_id n on n.id = t.id
  union all
  select 'identity', d.person, d.record, d.grade, d.institution, d.local_id, 'deny', false, '{}'::text[], ${noRule} from identity d where d.person = any($1::text[])
  order by consent, path`

export function policies(sql: Sql) {
  return {
    async of({ relation, also, insideReceiver }: PolicyAsk): Promise<Policy> {
      const found = await sql.query<Row>(policySql, [...relatedValues(relation), also, insideReceiver])
      const targets = new Map(found.rows.flatMap((row) => (row.kind === 'target' ? [[row.person, targetOf(row)] as const] : [])))
      return {
        rows: found.rows.flatMap((row) => {
          if (row.kind !== 'rule') return []
          const data = dataOf(row.data)?.map((target) => ({ ...target, found: targets.get(target.reference) ?? unknown })) ?? null
          return [toRow(row, data)]
        }),
        related: found.rows.flatMap((row) => (row.kind === 'related' ? [row.person] : [])),
        identities: found.rows.flatMap((row) => (row.kind === 'identity' ? [identityOf(row)] : [])),
      }
    },
  }
}

const unknown: TargetFound = { kind: 'unknown' }

function identityOf({ person, consent: record, version: grade, controller: institution, path: localId }: Row): IdentityRow {
  return { person, record, institution, localId, grade: grade === 'certain' ? 'certain' : 'single' }
}

function targetOf(row: Row): TargetFound {
  return row.unreadable ? { kind: 'read', refersTo: row.blind } : { kind: 'closed', custodian: row.controller }
}
