/**
 * Versions of records, newest first, under the caller's view. Pages go on after a version, not after a number of them: what is written
 * meanwhile moves nothing. Spec: http://hl7.org/fhir/R4/http.html#history
 */
import { toSql, type Columns } from '../../consent/view.ts'
import type { Condition } from '../../consent/types.ts'
import type { Held } from '../held.ts'
import type { Octets } from '../../fhir-profiles/octets.ts'
import { eachKnown } from './network-ids.ts'
import { numberOf } from './numbers.ts'
import { peopleTextOf } from './people-text.ts'
import type { Sql } from './pool.ts'
import { heldOf, recordColumns } from './records.ts'

export interface VersionPlace {
  readonly updatedMs: number
  readonly id: string
  readonly version: number
}

export interface HeldVersion {
  /** the record as it is now: who may see it, and what it is about today */
  readonly held: Held
  readonly place: VersionPlace
  readonly text: Octets
  readonly peopleText: Octets
  readonly deleted: boolean
}

/** Inclusive stretch of time, in ms. */
export interface VersionWindow {
  /** written in it: `_since` */
  readonly sinceMs: number
  /** current at some moment of it: `_at`; undefined = not asked */
  readonly current: { readonly fromMs: number; readonly untilMs: number } | undefined
}

export interface VersionsOfMany extends VersionWindow {
  /** undefined = every type */
  readonly type: string | undefined
  /** only this partition; undefined = all */
  readonly institution: string | undefined
  /** only what is about this person; undefined = about anybody, or nobody */
  readonly person: string | undefined
  readonly condition: Condition
  readonly party: string | undefined
  readonly onlyParty: string | undefined
  readonly after: VersionPlace | undefined
  readonly limit: number
}

interface VersionRow extends Record<string, unknown> {
  v_version: number
  v_text: Octets
  v_people_text: Octets | null
  v_deleted: boolean
  v_updated_ms: number
}

type Row = Parameters<typeof heldOf>[0] & VersionRow

const columnsOf = (of: string): string =>
  `${recordColumns}, ${of}.text::varchar as v_text, ${of}.people_text::varchar as v_people_text, ${['version', 'deleted', 'updated_ms'].map((name) => `${of}.${name} as v_${name}`).join(', ')}`
const columns = columnsOf('v')

/** A version belongs to its record. */
const versionsOfRecords = `record_history v join record r on r.shard = v.shard and r.key = ${numberOf('v.id')}`

/** Where the facts of a record stand. */
const facts: Columns = {
  id: 'r.id',
  person: `coalesce(r.person, '')`,
  custodian: 'r.institution',
  sources: 'r.sources',
  classes: 'r.classes',
  codes: 'r.codes',
  sensitivities: 'r.sensitivities',
  relations: 'r.relations',
  confidentiality: 'r.confidentiality',
  fromMs: 'r.from_ms',
  untilMs: 'r.until_ms',
}

export function versions(sql: Sql) {
  return {
    /** The texts of one record, newest first. */
    async textsOf(id: string, limit: number): Promise<readonly { readonly version: number; readonly text: string }[]> {
      const found = await sql.query<{ version: number; text: string }>(
        `select v.version, v.text from record_history v
         where v.shard = (select n.shard from network_id n where n.id = $1) and v.id = $1 order by v.version desc limit $2`,
        [id, limit],
      )
      return found.rows
    },

    /** Of one record, by number: clocks of two processes may differ, the order of its versions does not. */
    async ofOne(
      ask: VersionWindow & { readonly id: string; readonly after: VersionPlace | undefined; readonly limit: number },
    ): Promise<readonly HeldVersion[]> {
      const { values, add } = parameters()
      const where = [
        `r.shard = (select n.shard from network_id n where n.id = ${add(ask.id)}) and r.key = ${numberOf(add(ask.id))}`,
        ...windowSql(ask, 'v', add),
        ...(ask.after === undefined ? [] : [`v.version < ${add(ask.after.version)}`]),
      ].join(' and ')
      const found = await sql.query<Row>(
        `select ${columns} from ${versionsOfRecords} where ${where} order by v.version desc limit ${add(ask.limit)}`,
        values,
      )
      return found.rows.map(versionOf)
    },

    /** Of all records the caller sees, deleted ones too: of those it is judged, as of every other, whether their last version is in view. */
    async ofMany(ask: VersionsOfMany): Promise<readonly HeldVersion[]> {
      const { values, add } = parameters()
      const view = toSql(ask.condition, facts, add)
      const seen = [
        ask.party === undefined ? view : `(${view} or r.parties @> array[${add(ask.party)}::text])`,
        ...(ask.onlyParty === undefined ? [] : [`r.parties @> array[${add(ask.onlyParty)}::text]`]),
        ...(ask.type === undefined ? [] : [`r.type = ${add(ask.type)}`]),
        ...(ask.institution === undefined ? [] : [`r.institution = ${add(ask.institution)}`]),
      ]
      const within = (of: string): readonly string[] => [
        ...windowSql(ask, of, add),
        ...(ask.after === undefined ? [] : [afterSql(ask.after, of, add)]),
      ]
      const limit = add(ask.limit)
      const from =
        ask.person === undefined ? placesSql(ask, { seen, within, limit }, add) : personSql(ask.person, [...seen, ...within('v')], add)
      const found = await sql.query<Row>(`select * from (${from}) v order by v_updated_ms desc, id, v_version desc limit ${limit}`, values)
      return found.rows.map(versionOf)
    },
  }
}

/** All that is of one person lies in one place. */
function personSql(person: string, where: readonly string[], add: Add): string {
  const of = numberOf(add(person))
  return `select ${columns} from ${versionsOfRecords} where v.shard = ${of} and r.shard = ${of} and ${where.join(' and ')}`
}

interface Where {
  readonly seen: readonly string[]
  readonly within: (of: string) => readonly string[]
  readonly limit: string
}

/** The newest of each institution and type by themselves, and of those the newest: whatever else there is is not looked at. */
function placesSql({ institution, type }: VersionsOfMany, { seen, within, limit }: Where, add: Add): string {
  const houses = institution === undefined ? eachKnown('institution', 'true') : `(select ${add(institution)}::text as v)`
  const types = type === undefined ? eachKnown('type', 'n.institution = h.v') : `(select ${add(type)}::text as v)`
  const newest = (of: string, record: string): string =>
    `(select ${columnsOf(of)} from ${record} where ${of}.institution = h.v and ${of}.type = t.v and ${[...seen, ...within(of)].join(' and ')}
      order by ${of}.updated_ms desc, ${of}.id, ${of}.version desc limit ${limit})`
  const past = `record_version v cross join lateral (select * from record k where k.shard = v.shard and k.key = ${numberOf('v.id')} offset 0) r`
  return `select found.* from ${houses} h cross join lateral ${types} t cross join lateral (${newest('r', 'record r')} union all ${newest('v', past)}) found`
}

type Add = (value: unknown) => string

function parameters(): { values: unknown[]; add: Add } {
  const values: unknown[] = []
  return { values, add: (value) => `$${values.push(value)}` }
}

/** @param of of which table the versions are */
function windowSql({ sinceMs, current }: VersionWindow, of: string, add: Add): readonly string[] {
  return [
    `${of}.updated_ms >= ${add(sinceMs)}::bigint`,
    ...(current === undefined
      ? []
      : [
          `${of}.updated_ms <= ${add(current.untilMs)}::bigint`,
          `not exists (select 1 from record_history n where n.shard = ${of}.shard and n.id = ${of}.id and n.version = ${of}.version + 1 and n.updated_ms <= ${add(current.fromMs)}::bigint)`,
        ]),
  ]
}

function afterSql({ updatedMs, id, version }: VersionPlace, of: string, add: Add): string {
  const [at, last, number] = [`${add(updatedMs)}::bigint`, add(id), `${add(version)}::int`]
  return `${of}.updated_ms <= ${at} and (${of}.updated_ms < ${at} or ${of}.id > ${last} or (${of}.id = ${last} and ${of}.version < ${number}))`
}

function versionOf(row: Row): HeldVersion {
  return {
    held: heldOf(row),
    place: { updatedMs: row.v_updated_ms, id: row.id, version: row.v_version },
    text: row.v_text,
    peopleText: peopleTextOf(row.v_text, row.v_people_text),
    deleted: row.v_deleted,
  }
}
