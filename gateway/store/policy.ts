/**
 * Everything one decision about these persons reads, in one statement and so in one snapshot: the rules about them, what the rules point
 * to, and who has to do with them. Never kept beyond the request; what is kept is what a text of rules means, which no time changes.
 */
import type { DataTarget, ProvisionRow, TargetFound } from '../../consent/types.ts'
import { isRecord } from '../../fhir-profiles/validate/guards.ts'
import { dataOf, toRow, type StoredProvision } from './consents.ts'
import { grouped } from './grouped.ts'
import type { IdentityRow } from './identities.ts'
import { numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'
import { isReferenceSql } from './index-rows.ts'
import { isRelatedSql, type RelationAsk } from './relations.ts'
import { remembering } from '../logic/remembering.ts'

export interface PolicyAsk {
  readonly relation: RelationAsk
  /** others whose rules are asked for: an emergency's person */
  readonly also: readonly string[]
  /** keys by which a rule could hide something in-house; persons with such a rule are asked for too */
  readonly insideReceiver: readonly string[]
}

export interface Policy {
  /** of everybody who was asked about and has rules; the same list for the same rules */
  readonly rules: ReadonlyMap<string, readonly ProvisionRow[]>
  /** of the persons asked for */
  readonly related: readonly string[]
  /** every number they have, and the record of each */
  readonly identities: readonly IdentityRow[]
  /** which rules of which consents these are, by person asked for: for asking later whether they still are */
  readonly standing: Standing
  /** when it was asked for, in milliseconds of a clock that only goes on */
  readonly askedAtMs: number
}

/** By person; null = nobody says anything about them. */
export type Standing = ReadonlyMap<string, string | null>

export interface PolicyRow extends Record<string, unknown> {
  at: number
  of_person: string
  is_named: boolean
  rules: string | null
  /** the rules name records */
  has_data: boolean
  targets: string | null
  related: boolean
  identities: string | null
}

const columns = `consent, version, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes, labels::text as labels, codes,
  dates::text as dates, data::text as data`

/**
 * While a merge is undecided the other's refusals count too (its permits are never in force here).
 * @param person SQL of whom it is about
 */
const rulesOf = (person: string): string => `
  select p.person, ${columns}, from_ms, until_ms from provision p where p.person = ${person}
  union all
  select u.person, ${columns}, case when p.type = 'permit' and not p.unreadable then 8640000000000000 else p.from_ms end,
    case when p.type = 'permit' and not p.unreadable then -8640000000000000 else p.until_ms end
  from undecided_merge u join provision p on p.person = u.other where u.person = ${person}`

const inOrder = 'order by v.consent collate "C", v.path collate "C", v.from_ms, v.until_ms'

/** SQL of one person's `Standing`; what `standingOf` makes of the rules themselves. */
export const standingSql = (person: string): string =>
  `(select string_agg(concat_ws(' ', v.consent, v.version, v.path, v.from_ms, v.until_ms), ',' ${inOrder}) from (${rulesOf(person)}) v)`

function standingOf(rows: readonly ProvisionRow[]): string {
  return rows.map(({ consent, version, path, fromMs, untilMs }) => [consent, version, path, fromMs, untilMs].join(' ')).join(',')
}

/** Columns of the asks: `ask`, as JSON in $1; `person`s beside it. Who asks from the same place asks for the same `insiders`, listed in $2. */
export const askColumns = 'at int, institution text, class text, since bigint, now bigint, also text[], place int'

/** `asked`: whom each ask is about, each once. @param persons SQL of the array of those it names */
export const askedSql = (persons: string): string => `
  place as materialized (select * from json_to_recordset($2::json) as k(place int, inside text[])),
  insider as materialized (
    select k.place, v.person from place k join provision v on v.receivers && k.inside
    union select k.place, u.person from place k join provision v on v.receivers && k.inside join undecided_merge u on u.other = v.person),
  asked as materialized (
    select a.at, a.institution, a.class, a.since, a.now, p.person, p.is_named
    from ask a cross join lateral (
      select person, true as is_named from unnest(${persons}) person
      union all select person, false from unnest(a.also) person where person <> all(${persons})
      union all select i.person, false from insider i where i.place = a.place and i.person <> all(${persons} || a.also)) p)`

/** A person referred to stands for the custodian's own Patient record of them. */
const targetsSql = `(
    select json_agg(json_build_object('id', n.id, 'institution', n.institution,
        'stored', exists (select 1 from record r where r.shard = n.shard and r.key = ${numberOf('n.id')} and not r.deleted),
        'refersTo', array(select unnest(array[i.code, d.record]) from record_index i
          left join identity d on i.system = ${numberOf(`'Patient'`)} and d.person = i.code and d.institution = n.institution
          where i.shard = n.shard and i.record = ${numberOf('n.id')} and ${isReferenceSql('i')})) order by n.id)::text
    from network_id n where n.id in (
      select d ->> 'reference' from (${rulesOf('a.person')}) v
        cross join lateral jsonb_array_elements(case when jsonb_typeof(v.data::jsonb) = 'array' then v.data::jsonb else '[]'::jsonb end) d))`

/** What the rules point to is looked up, or left out where no rule does: it costs the executor a third of the statement to make ready. */
export type Targets = 'looked-up' | 'left-out'

/** The columns of a `PolicyRow`, from `asked a` and `policyFrom`. */
export const policyColumns = (targets: Targets): string => `a.at, a.person as of_person, a.is_named, w.rules,
    coalesce(w.has_data, false) as has_data, ${targets === 'looked-up' ? `case when w.has_data then ${targetsSql} end` : 'null'} as targets,
    case when a.is_named then ${isRelatedSql} else false end as related,
    case when a.is_named then (select json_agg(d order by d.institution, d.local_id)::text
      from (select institution, local_id, record, person, grade from identity where person = a.person) d) end as identities`

export const policyFrom = `asked a left join lateral (
    select json_agg(v ${inOrder})::text as rules, bool_or(v.data is not null) as has_data
    from (${rulesOf('a.person')}) v) w on true`

/** Few rules name records: where one does, everything is asked once more with them, so that all of the answer is still of one snapshot. */
export async function withTargets<Row extends PolicyRow>(
  sql: Sql,
  text: Readonly<Record<Targets, string>>,
  values: readonly [string, string],
): Promise<readonly Row[]> {
  const { rows } = await sql.query<Row>(text['left-out'], values)
  return rows.some(({ has_data: hasData }) => hasData) ? (await sql.query<Row>(text['looked-up'], values)).rows : rows
}

const policySql = (targets: Targets): string => `
  with ask as materialized (select * from json_to_recordset($1::json) as a(${askColumns}, persons text[])), ${askedSql('a.persons')}
  select ${policyColumns(targets)} from ${policyFrom}`

const policyTexts = { 'looked-up': policySql('looked-up'), 'left-out': policySql('left-out') }

/** $1 and $2 of a statement with `askedSql`. `more`: other columns of an ask. */
export function askValues<Ask extends PolicyAsk>(asks: readonly Ask[], more: (ask: Ask) => object): readonly [string, string] {
  const places = new Map<string, { readonly place: number; readonly inside: readonly string[] }>()
  const rows = asks.map((ask, at) => {
    const { institution, referralClass, closedSinceMs, nowMs } = ask.relation
    const key = JSON.stringify(ask.insideReceiver)
    const { place } = places.get(key) ?? { place: places.size }
    places.set(key, { place, inside: ask.insideReceiver })
    return { at, institution, class: referralClass, since: closedSinceMs, now: nowMs, also: ask.also, place, ...more(ask) }
  })
  return [JSON.stringify(rows), JSON.stringify([...places.values()])]
}

/** One policy for each ask, all of them in one snapshot. */
async function policiesOf(sql: Sql, asks: readonly PolicyAsk[]): Promise<readonly Policy[]> {
  const askedAtMs = performance.now()
  const found = await withTargets<PolicyRow>(
    sql,
    policyTexts,
    askValues(asks, ({ relation }) => ({ persons: [...new Set(relation.persons)] })),
  )
  const of = Map.groupBy(found, ({ at }) => at)
  return asks.map((_, at) => policyOf(of.get(at) ?? [], askedAtMs))
}

export function policies(sql: Sql) {
  return {
    async of(ask: PolicyAsk): Promise<Policy> {
      const [policy] = await policiesOf(sql, [ask])
      if (policy === undefined) throw new TypeError('every ask is answered')
      return policy
    },
  }
}

/** The same outside of a transaction: who asks while another statement of this kind is under way is answered by the next. */
export function policiesTogether(sql: Sql): { of: (ask: PolicyAsk) => Promise<Policy> } {
  return { of: grouped((asks: readonly PolicyAsk[]) => policiesOf(sql, asks)) }
}

export function policyOf(rows: readonly PolicyRow[], askedAtMs: number): Policy {
  const named = rows.filter(({ is_named: isNamed }) => isNamed)
  const stated = rows.map(({ of_person: person, is_named: isNamed, rules, targets }) => {
    return { person, isNamed, stated: rules === null ? undefined : statedIn(`${rules}${apart}${targets ?? '[]'}`) }
  })
  return {
    rules: new Map(stated.flatMap(({ person, stated: of }) => (of === undefined ? [] : [[person, of.rules]]))),
    related: named.flatMap(({ related, of_person: person }) => (related ? [person] : [])),
    identities: named.flatMap(({ identities }) => (identities === null ? [] : identitiesIn(identities))),
    standing: new Map(stated.flatMap(({ person, isNamed, stated: of }) => (isNamed ? [[person, of?.standing ?? null]] : []))),
    askedAtMs,
  }
}

/** no JSON holds it */
const apart = '\u0000'

/** The rules, and what they point to. */
const statedIn = remembering((text): { readonly rules: readonly ProvisionRow[]; readonly standing: string } => {
  const [rules = '[]', targets = '[]'] = text.split(apart)
  const found = new Map(listIn(targets).map((target) => [target['id'], targetOf(target)]))
  const rows = listIn(rules).map((row) => {
    if (!isProvision(row)) throw new TypeError('a stored rule is not readable')
    const resolved = (target: DataTarget): DataTarget => ({ ...target, found: found.get(target.reference) ?? { kind: 'unknown' } })
    return toRow(row, dataOf(row.data)?.map(resolved) ?? null)
  })
  return { rules: rows, standing: standingOf(rows) }
})

const identitiesIn = remembering((text): readonly IdentityRow[] =>
  listIn(text).map(({ institution, local_id: localId, record, person, grade }) => {
    const texts = { institution: textIn(institution), localId: textIn(localId), record: textIn(record), person: textIn(person) }
    return { ...texts, grade: grade === 'certain' ? 'certain' : 'single' }
  }),
)

function targetOf({ stored, institution, refersTo }: Readonly<Record<string, unknown>>): TargetFound {
  if (stored !== true) return { kind: 'closed', custodian: textIn(institution) }
  return { kind: 'read', refersTo: Array.isArray(refersTo) ? refersTo.filter((id) => typeof id === 'string') : [] }
}

function listIn(text: string): readonly Readonly<Record<string, unknown>>[] {
  const value: unknown = JSON.parse(text)
  if (!Array.isArray(value) || !value.every(isRecord)) throw new TypeError('a policy is a list')
  return value
}

function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a word of a policy is not readable')
  return value
}

const texts = ['consent', 'version', 'person', 'controller', 'path'] as const
const listsOrNone = ['receivers', 'sources', 'purposes', 'actions', 'classes', 'codes'] as const
const textsOrNone = ['labels', 'dates', 'data'] as const

function isProvision(row: Readonly<Record<string, unknown>>): row is StoredProvision {
  return (
    texts.every((name) => typeof row[name] === 'string') &&
    listsOrNone.every((name) => row[name] === null || isTexts(row[name])) &&
    textsOrNone.every((name) => row[name] === null || typeof row[name] === 'string') &&
    (row['type'] === 'permit' || row['type'] === 'deny') &&
    typeof row['unreadable'] === 'boolean' &&
    isTexts(row['blind']) &&
    typeof row['from_ms'] === 'number' &&
    typeof row['until_ms'] === 'number'
  )
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
