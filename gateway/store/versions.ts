/**
 * Versions of records, newest first, under the caller's view. Pages go on after a version, not after a number of them: what is written
 * meanwhile moves nothing. Spec: http://hl7.org/fhir/R4/http.html#history
 */
import { toSql, type Columns } from '../../consent/view.ts'
import type { Condition } from '../../consent/types.ts'
import type { Held } from '../held.ts'
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
  readonly text: string
  readonly peopleText: string
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
  readonly condition: Condition
  readonly party: string | undefined
  readonly onlyParty: string | undefined
  readonly after: VersionPlace | undefined
  readonly limit: number
}

interface VersionRow extends Record<string, unknown> {
  v_version: number
  v_text: string
  v_people_text: string | null
  v_deleted: boolean
  v_updated_ms: number
}

type Row = Parameters<typeof heldOf>[0] & VersionRow

const columns = `${recordColumns}, v.version as v_version, v.text as v_text, v.people_text as v_people_text, v.deleted as v_deleted, v.updated_ms as v_updated_ms`

/** A version belongs to its record. */
const versionsOfRecords = 'record_history v join record r on r.shard = v.shard and r.id = v.id'

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
        `r.shard = (select n.shard from network_id n where n.id = ${add(ask.id)}) and r.id = ${add(ask.id)}`,
        ...windowSql(ask, add),
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
      const where = [
        ask.party === undefined ? view : `(${view} or r.parties @> array[${add(ask.party)}::text])`,
        ...(ask.onlyParty === undefined ? [] : [`r.parties @> array[${add(ask.onlyParty)}::text]`]),
        ...(ask.type === undefined ? [] : [`r.type = ${add(ask.type)}`]),
        ...(ask.institution === undefined ? [] : [`r.institution = ${add(ask.institution)}`]),
        ...windowSql(ask, add),
        ...(ask.after === undefined ? [] : [afterSql(ask.after, add)]),
      ].join(' and ')
      // Newest versions first, each with its record, until the page is full: every other way joins all there are and throws most away.
      const found = await sql.query<Row>(
        `select ${columns} from record_history v cross join lateral (select * from record k where k.shard = v.shard and k.id = v.id offset 0) r
         where ${where} order by v.updated_ms desc, v.id, v.version desc limit ${add(ask.limit)}`,
        values,
      )
      return found.rows.map(versionOf)
    },
  }
}

type Add = (value: unknown) => string

function parameters(): { values: unknown[]; add: Add } {
  const values: unknown[] = []
  return { values, add: (value) => `$${values.push(value)}` }
}

function windowSql({ sinceMs, current }: VersionWindow, add: Add): readonly string[] {
  return [
    `v.updated_ms >= ${add(sinceMs)}::bigint`,
    ...(current === undefined
      ? []
      : [
          `v.updated_ms <= ${add(current.untilMs)}::bigint`,
          `not exists (select 1 from record_history n where n.shard = v.shard and n.id = v.id and n.version = v.version + 1 and n.updated_ms <= ${add(current.fromMs)}::bigint)`,
        ]),
  ]
}

function afterSql({ updatedMs, id, version }: VersionPlace, add: Add): string {
  const [at, of, number] = [`${add(updatedMs)}::bigint`, add(id), `${add(version)}::int`]
  return `v.updated_ms <= ${at} and (v.updated_ms < ${at} or v.id > ${of} or (v.id = ${of} and v.version < ${number}))`
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
