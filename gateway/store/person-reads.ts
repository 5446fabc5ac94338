/** A person by any id, with what decides about them and every Patient record of them: one statement, and so one snapshot, for many who read at once. */
import type { Held } from '../held.ts'
import { grouped } from './grouped.ts'
import {
  askColumns,
  askValues,
  askedSql,
  policyColumns,
  policyFrom,
  policyOf,
  withTargets,
  type Policy,
  type PolicyAsk,
  type PolicyRow,
  type Targets,
} from './policy.ts'
import { numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'
import { heldOf, recordColumns, type StoredRow } from './record-row.ts'

export interface PersonAsk extends PolicyAsk {
  /** a person, one merged into another, or the asking institution's own patient number or record id */
  readonly id: string
  /** whom to ask about where nobody has this id, so that it takes as long */
  readonly nobody: string
}

export interface PersonRead {
  readonly person: string
  readonly policy: Policy
  /** newest first; undefined = more than are read at once, or in one statement with others */
  readonly held: readonly Held[] | undefined
}

type Row = PolicyRow & StoredRow & { stored: boolean }

const maxRecords = 50

const personSql = (targets: Targets): string => `
  with asked_for as materialized (select * from json_to_recordset($1::json) as a(${askColumns}, id text, nobody text)),
  ask as materialized (
    select a.*, array[coalesce(
      (with recursive chain as (
        select p.id, p.merged_into, 0 as hops from person p where p.id = a.id
        union all select p.id, p.merged_into, c.hops + 1 from chain c join person p on p.id = c.merged_into where c.hops < 20)
        select c.id from chain c order by c.hops desc limit 1),
      (select d.person from identity d where d.institution = a.institution and d.local_id = a.id limit 1),
      (select d.person from identity d where d.record = a.id and d.institution = a.institution limit 1),
      a.nobody)] as persons
    from asked_for a),
  ${askedSql('a.persons')}
  select ${policyColumns(targets)}, r.id is not null as stored, ${recordColumns}
  from ${policyFrom}
    left join lateral (select * from record r where r.shard = ${numberOf('a.person')} and r.person = a.person and r.type = 'Patient' and not r.deleted
      order by r.updated_ms desc, r.id limit ${maxRecords + 1}) r on a.is_named`

const personTexts = { 'looked-up': personSql('looked-up'), 'left-out': personSql('left-out') }

async function personsRead(sql: Sql, asks: readonly PersonAsk[]): Promise<readonly PersonRead[]> {
  const askedAtMs = performance.now()
  const found = await withTargets<Row>(
    sql,
    personTexts,
    askValues(asks, ({ id, nobody }) => ({ id, nobody })),
  )
  const of = Map.groupBy(found, ({ at }) => at)
  return asks.map((_, at) => readOf(of.get(at) ?? [], askedAtMs))
}

function readOf(rows: readonly Row[], askedAtMs: number): PersonRead {
  const named = rows.filter(({ is_named: isNamed }) => isNamed)
  const [first] = named
  if (first === undefined) throw new TypeError('somebody is named, or nobody')
  const once = rows.filter((row) => !row.is_named || row === first)
  const held = named.filter(({ stored }) => stored).map(heldOf)
  return { person: first.of_person, policy: policyOf(once, askedAtMs), held: held.length > maxRecords ? undefined : held }
}

export function personReads(sql: Sql) {
  return {
    async read(ask: PersonAsk): Promise<PersonRead> {
      const [read] = await personsRead(sql, [ask])
      if (read === undefined) throw new TypeError('every ask is answered')
      return read
    },
  }
}

/** The same outside of a transaction: who asks while another statement of this kind is under way is answered by the next. */
export function personReadsTogether(sql: Sql): { read: (ask: PersonAsk) => Promise<PersonRead> } {
  return { read: grouped((asks: readonly PersonAsk[]) => personsRead(sql, asks)) }
}
