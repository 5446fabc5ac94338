/**
 * Type search on the caller's view: filters, sort, count and paging all run under the same predicate, in one statement
 * (consent.md, non-interference). Full R4 search is issue C; this is the part A1 offers.
 */
import { toSql, type Columns } from '../../consent/view.ts'
import { searchParametersOf } from '../../fhir-profiles/search-parameters.ts'
import type { Condition } from '../../consent/types.ts'
import type { Held } from '../held.ts'
import type { Sql } from './pool.ts'
import { heldOf, recordColumns } from './records.ts'

/** Where the facts of a record stand. */
const factsAt = (at: string): Columns => ({
  id: `${at}.id`,
  person: `coalesce(${at}.person, '')`,
  custodian: `${at}.institution`,
  sources: `${at}.sources`,
  classes: `${at}.classes`,
  codes: `${at}.codes`,
  sensitivities: `${at}.sensitivities`,
  relations: `${at}.relations`,
  confidentiality: `${at}.confidentiality`,
  fromMs: `${at}.from_ms`,
  untilMs: `${at}.until_ms`,
})

/** The same of a labelled element, by its index row. */
const elementFacts: Columns = {
  ...factsAt('r'),
  codes: '(r.codes || i.codes)',
  sensitivities: '(r.sensitivities || i.sensitivities)',
  confidentiality: 'greatest(r.confidentiality, i.confidentiality)',
}

export type Clause =
  | { readonly on: 'id'; readonly anyOf: readonly string[] }
  | { readonly on: 'local-id'; readonly anyOf: readonly string[] }
  | { readonly on: 'person'; readonly anyOf: readonly string[] }
  | { readonly on: 'updated'; readonly ranges: readonly Range[] }
  | {
      readonly on: 'token'
      readonly param: string
      readonly anyOf: readonly { readonly system?: string | undefined; readonly code?: string | undefined }[]
      readonly not: boolean
    }
  | { readonly on: 'string'; readonly param: string; readonly anyOf: readonly string[]; readonly match: 'starts' | 'exact' | 'contains' }
  | { readonly on: 'date'; readonly param: string; readonly ranges: readonly Range[] }
  /** `persons`: whom it names, for the relation; `anyOf` holds them already */
  | { readonly on: 'reference'; readonly param: string; readonly anyOf: readonly string[]; readonly persons: readonly string[] }
  | { readonly on: 'missing'; readonly param: string; readonly missing: boolean }

/** A FHIR date prefix applied to the range of the value given. Spec: http://hl7.org/fhir/R4/search.html#prefix */
export interface Range {
  readonly prefix: 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb'
  readonly fromMs: number
  readonly untilMs: number
}

/** Where references may lead. `every`: a system's own ids. */
export type Leads =
  | 'every'
  | {
      /** types whose records are about one patient: references to others are free */
      readonly guarded: readonly string[]
      readonly views: readonly {
        /** judged alike; `but`: all types other than these */
        readonly of: { readonly types: readonly string[] } | { readonly but: readonly string[] }
        readonly condition: Condition
        readonly party: string | undefined
        readonly onlyParty: string | undefined
      }[]
    }

export interface SearchInput {
  readonly type: string
  /** the caller's view, already reduced to one predicate */
  readonly condition: Condition
  /** a search by a reference that this caller may not follow finds nothing */
  readonly leads: Leads
  /** also visible, whatever consent says: records of a referral the institution is party to */
  readonly party: string | undefined
  /** only records of referrals this institution is party to; undefined = no such limit */
  readonly onlyParty: string | undefined
  /** only this partition; undefined = all */
  readonly institution: string | undefined
  readonly clauses: readonly Clause[]
  /** `param`: a search parameter, `_id`, `_lastUpdated`, or `x-local-id` for the id its institution gave a record */
  readonly sort: readonly { readonly param: string; readonly descending: boolean }[]
  readonly limit: number
  readonly offset: number
}

export interface SearchAnswer {
  readonly held: readonly Held[]
  readonly total: number
}

export async function searchRecords(sql: Sql, input: SearchInput): Promise<SearchAnswer> {
  const { where, values, add, rows } = whereOf(input)
  const counted = await sql.query<{ total: number }>(`select count(*)::int as total from record r where ${where}`, values.slice())
  const total = counted.rows[0]?.total ?? 0
  if (input.limit === 0 || total === 0) return { held: [], total }
  const order = orderOf(input, rows)
  const page = await sql.query<Parameters<typeof heldOf>[0]>(
    `select ${recordColumns} from record r where ${where} order by ${order} limit ${add(input.limit)} offset ${add(input.offset)}`,
    values,
  )
  return { held: page.rows.map(heldOf), total }
}

export interface PersonAnswer {
  /** in the order of their first matching record */
  readonly persons: readonly string[]
  /** every visible record of type `input.type` of these persons, whichever of them matched */
  readonly held: readonly Held[]
  /** persons, not records */
  readonly total: number
}

/** Persons of whom a visible record matches, each once, however many of their records do. */
export async function searchPersons(sql: Sql, input: SearchInput): Promise<PersonAnswer> {
  const { where, values, add, seen, rows } = whereOf(input)
  const among = `from record r where r.person is not null and ${where}`
  const counted = await sql.query<{ total: number }>(`select count(distinct r.person)::int as total ${among}`, values.slice())
  const total = counted.rows[0]?.total ?? 0
  if (input.limit === 0 || total === 0) return { persons: [], held: [], total }
  const order = orderOf(input, rows)
  const page = await sql.query<{ person: string }>(
    `select person from (select r.person, row_number() over (order by ${order}) as place ${among}) found
     group by person order by min(place) limit ${add(input.limit)} offset ${add(input.offset)}`,
    values,
  )
  const persons = page.rows.map((row) => row.person)
  const all = [...seen.values, input.type, persons]
  const found = await sql.query<Parameters<typeof heldOf>[0]>(
    `select ${recordColumns} from record r
     where ${seen.sql} and not r.deleted and r.type = $${all.length - 1} and r.shard = any($${all.length}::text[]) and r.person = any($${all.length}::text[])`,
    all,
  )
  return { persons, held: found.rows.map(heldOf), total }
}

export interface PersonRecords {
  readonly person: string
  /** empty = every type */
  readonly types: readonly string[]
  /** never these */
  readonly but: readonly string[]
  readonly limit: number
  readonly condition: Condition
  readonly party: string | undefined
}

/** What the caller may see of one person, newest first, bounded: the bound counts visible records only, so that no hidden one takes a place. */
export async function recordsOfPerson(sql: Sql, input: PersonRecords): Promise<readonly Held[]> {
  const values: unknown[] = []
  const add = (value: unknown): string => `$${values.push(value)}`
  const types = add(input.types)
  const person = add(input.person)
  const where = [
    `r.shard = ${person} and r.person = ${person}`,
    'not r.deleted',
    `(cardinality(${types}::text[]) = 0 or r.type = any(${types}::text[]))`,
    `r.type <> all(${add(input.but)}::text[])`,
    visibleSql(input, 'r', add),
  ].join(' and ')
  const found = await sql.query<Parameters<typeof heldOf>[0]>(
    `select ${recordColumns} from record r where ${where} order by r.updated_ms desc, r.id limit ${add(input.limit)}`,
    values,
  )
  return found.rows.map(heldOf)
}

/** `seen`: the caller's view alone, with its values first, for a second look at what the first one found. */
function whereOf(input: SearchInput) {
  const values: unknown[] = []
  const add = (value: unknown): string => `$${values.push(value)}`
  const seen = { sql: visibleSql(input, 'r', add), values: values.slice() }
  const rows: Rows = { add, of: (param) => rowsSql(input, param, add) }
  const where = [
    `r.type = ${add(input.type)}`,
    'not r.deleted',
    seen.sql,
    ...(input.onlyParty === undefined ? [] : [`r.parties @> array[${add(input.onlyParty)}::text]`]),
    ...(input.institution === undefined ? [] : [`r.institution = ${add(input.institution)}`]),
    ...input.clauses.map((clause) => clauseSql(clause, rows)),
  ].join(' and ')
  return { where, values, add, seen, rows }
}

/** The caller’s view over one row of `record`. */
export function visibleSql(input: Pick<SearchInput, 'condition' | 'party'>, table: string, add: (value: unknown) => string): string {
  const view = toSql(input.condition, factsAt(table), add)
  return input.party === undefined ? view : `(${view} or ${table}.parties @> array[${add(input.party)}::text])`
}

/** Adds its values to the statement: call it after a count that has no order. */
function orderOf(input: SearchInput, rows: Rows): string {
  return [...input.sort.map((key) => sortSql(key, rows)), 'r.updated_ms desc', 'r.id'].join(', ')
}

function clauseSql(clause: Clause, rows: Rows): string {
  const { add } = rows
  switch (clause.on) {
    case 'id':
      return `(r.shard, r.id) in (select n.shard, n.id from network_id n where n.id = any(${add(clause.anyOf)}::text[]))`
    case 'local-id':
      return `r.local_id = any(${add(clause.anyOf)}::text[])`
    case 'person': {
      const persons = add(clause.anyOf)
      return `(r.shard = any(${persons}::text[]) and r.person = any(${persons}::text[]))`
    }
    case 'updated':
      return `(${clause.ranges.map((range) => rangeSql(range, 'r.updated_ms', 'r.updated_ms', add)).join(' or ')})`
    case 'missing':
      return `${clause.missing ? 'not ' : ''}exists (select 1 from record_index i where ${rows.of(clause.param)})`
    case 'token': {
      const any = clause.anyOf.map((token) => {
        const parts = [
          ...(token.system === undefined ? [] : [token.system === '' ? 'i.system is null' : `i.system = ${add(token.system)}`]),
          ...(token.code === undefined ? [] : [`i.code = ${add(token.code)}`]),
        ]
        return parts.length === 0 ? 'false' : `(${parts.join(' and ')})`
      })
      return `${clause.not ? 'not ' : ''}${existsSql(clause.param, `(${any.join(' or ')})`, rows)}`
    }
    case 'string': {
      const any = clause.anyOf.map((text) => {
        if (clause.match === 'exact') return `i.code = ${add(text)}`
        const like = text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)
        return `i.code like ${add(clause.match === 'starts' ? `${like}%` : `%${like}%`)}`
      })
      return existsSql(clause.param, `(${any.join(' or ')})`, rows)
    }
    case 'date':
      return existsSql(
        clause.param,
        `(${clause.ranges.map((range) => rangeSql(range, 'i.from_ms', 'i.until_ms', add)).join(' or ')})`,
        rows,
      )
    case 'reference':
      return existsSql(clause.param, `i.code = any(${add(clause.anyOf)}::text[])`, rows)
    default:
      return clause satisfies never
  }
}

/** The record of a network id as `table`: by way of its shard, so that one partition is asked. */
function recordAt(table: string, id: string): string {
  return `network_id n${table} join record ${table} on ${table}.shard = n${table}.shard and ${table}.id = n${table}.id where n${table}.id = ${id}`
}

function existsSql(param: string, condition: string, rows: Rows): string {
  return `exists (select 1 from record_index i where ${rows.of(param)} and ${condition})`
}

interface Rows {
  readonly add: (value: unknown) => string
  /** which index rows of a record this caller may search by */
  readonly of: (param: string) => string
}

/** The rows of one parameter, as far as the caller may know what they say. */
function rowsSql(input: SearchInput, param: string, add: (value: unknown) => string): string {
  const { type, leads, party } = input
  const all = `i.shard = r.shard and i.record = r.id and i.param = ${add(param)}`
  if (leads === 'every') return all
  // What only a labelled element says is searched under its labels: by a caller to whom it is not there, it is not found.
  const told = toSql(input.condition, elementFacts, add)
  const rows = `${all} and (i.sensitivities is null or ${told}${party === undefined ? '' : ` or r.parties @> array[${add(party)}::text]`})`
  if (type === 'Consent' || searchParametersOf(type).get(param)?.type !== 'reference') return rows
  const views = leads.views.map(({ of, condition, onlyParty, ...judged }) => {
    const isOf = 'types' in of ? `t.type = any(${add(of.types)}::text[])` : `t.type <> all(${add(of.but)}::text[])`
    const view = toSql(condition, factsAt('t'), add)
    const seen = judged.party === undefined ? view : `(${view} or t.parties @> array[${add(judged.party)}::text])`
    return `(${isOf} and ${seen}${onlyParty === undefined ? '' : ` and t.parties @> array[${add(onlyParty)}::text]`})`
  })
  // A Task names the records of its referral to its parties, stored or not.
  const named = type === 'Task' ? ['t.parties && r.parties'] : []
  const unstored = type === 'Task' ? ` or not exists (select 1 from ${recordAt('t', 'i.code')})` : ''
  return `${rows} and (coalesce(i.system, '') <> all(${add(leads.guarded)}::text[])${unstored}
    or exists (select 1 from ${recordAt('t', 'i.code')} and not t.deleted and (${['t.person is null', ...named, ...views].join(' or ')})))`
}

function rangeSql(range: Range, from: string, until: string, add: (value: unknown) => string): string {
  const low = `${add(range.fromMs)}::bigint`
  const high = `${add(range.untilMs)}::bigint`
  const sqlOf = {
    eq: `(${from} >= ${low} and ${until} <= ${high})`,
    ne: `not (${from} >= ${low} and ${until} <= ${high})`,
    gt: `(${until} > ${high} and ${low} is not null)`,
    lt: `(${from} < ${low} and ${high} is not null)`,
    ge: `(${until} >= ${low} and ${high} is not null)`,
    le: `(${from} <= ${high} and ${low} is not null)`,
    sa: `(${from} > ${high} and ${low} is not null)`,
    eb: `(${until} < ${low} and ${high} is not null)`,
  }
  return sqlOf[range.prefix]
}

function sortSql(key: { param: string; descending: boolean }, rows: Rows): string {
  if (key.param === '_lastUpdated') return `r.updated_ms ${key.descending ? 'desc' : 'asc'}`
  // Text is compared bytewise (consent.md, item 13): the same order on every database.
  if (key.param === '_id') return `r.id collate "C" ${key.descending ? 'desc' : 'asc'}`
  if (key.param === 'x-local-id') return `r.local_id collate "C" ${key.descending ? 'desc' : 'asc'}`
  const pick = key.descending ? 'max' : 'min'
  const of = rows.of(key.param)
  const over = (column: string) => `(select ${pick}(i.${column}) from record_index i where ${of})`
  const direction = `${key.descending ? 'desc' : 'asc'} nulls last`
  return `${over('from_ms')} ${direction}, ${over('code collate "C"')} ${direction}`
}
