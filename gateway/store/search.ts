/**
 * Search on the caller's view: filters, chains, order, count and paging all run under the same predicates, in one statement
 * (consent.md, non-interference).
 */
import { indexerVersion } from '../../fhir-profiles/search-parameters.ts'
import type { Held } from '../held.ts'
import type { Sql } from './pool.ts'
import { numberOf } from './numbers.ts'
import { heldOf, heldOfOwn, peopleColumns, systemColumns } from './records.ts'
import { viewOf, type Clause, type Place, type SearchInput, type View, type Views } from './search-clause.ts'
import { orderOf, type Order } from './search-order.ts'
import { clauseSql, clausesInLook, foundBy } from './search-sql.ts'
import { looking, making, seenRecord, visible, type At, type Look, type Making } from './search-view.ts'

export type * from './search-clause.ts'

export interface SearchAnswer {
  readonly held: readonly Held[]
  /** undefined = not asked for, or more than it was to be counted to */
  readonly total: number | undefined
  /** where the next page begins; undefined = this was the last */
  readonly next: Place | undefined
  /** records that an older program indexed are being indexed anew: some may not be found yet */
  readonly isIndexing: boolean
}

type Found = Parameters<typeof heldOf>[0] & { total: number | null; indexing: boolean }

export async function searchRecords(sql: Sql, asked: SearchInput): Promise<SearchAnswer> {
  const input = aboutWhom(asked)
  return (await fewRecords(sql, input)) ?? manyRecords(sql, input)
}

/** Who sees some persons' records alone asks about them, whatever they ask: that says where to look, and takes nothing away. */
function aboutWhom(input: SearchInput): SearchInput {
  const [type, ...others] = input.types
  if (type === undefined || others.length > 0) return input
  const { condition, party } = viewOf(input.views, type)
  const persons = party === undefined ? (condition.op === 'and' ? condition.of : [condition]).find(({ op }) => op === 'persons') : undefined
  return persons?.op === 'persons' ? { ...input, clauses: [...input.clauses, { on: 'person', anyOf: persons.anyOf }] } : input
}

/** As many as are looked at whole, whatever page of them is asked for. */
const few = 1_000

/**
 * Where one person's records are asked about, or one condition leads to them: what is found is read at once, not found first and looked up
 * after. undefined where there are more than a few in the caller's view.
 */
async function fewRecords(sql: Sql, input: SearchInput): Promise<SearchAnswer | undefined> {
  const { limit, clauses } = input
  const make = making(input.views)
  const at = atOf(make, input)
  const found = foundBy(make, at, clauses)
  if (limit === 0 || (found === undefined && at.shard === undefined)) return undefined
  const look = found === undefined ? looking(make, at) : undefined
  const order = orderOf(make, at, input, look)
  const columns = `${columnsFor(make)}, ${order.columns}`
  const from =
    look === undefined
      ? `(${found}) f join record r on r.shard = f.shard and r.key = f.record where ${visible(make, at)}`
      : seenIn(make, at, clauses, look)
  const hits = `select ${columns} from ${from} limit ${make.add(few + 1)}`
  // a record is found by each row that says so, and is one
  const once = `select distinct on (h.id) h.* from (select f.*, (count(*) over ())::int as reached from (${hits}) f) h`
  const counted = `select q.*, (count(*) over ())::int as total from (${found === undefined ? hits : once}) q`
  const after = order.after('q')
  const place = after === undefined ? counted : `select q.* from (${counted}) q where ${after}`
  const page = `${place} order by ${order.by('q')} limit ${make.add(limit + 1)}`
  const isIndexing = indexing(make, sql)
  const { rows } = await sql.query<Found & { reached?: number | null }>(
    isIndexing === isSettled
      ? page
      : `select page.*, c.indexing from (select ${isIndexing} as indexing) c left join (${page}) page on true order by ${order.by('page')}`,
    make.values,
  )
  const [first] = rows
  // no row says how many there are before the page
  if (after !== undefined && typeof first?.id !== 'string') return undefined
  if ((first?.reached ?? first?.total ?? 0) > few) return undefined
  return answerOf(sql, input, { rows, head: { total: first?.total ?? 0, indexing: first?.indexing ?? false } }, order)
}

/** One person's records, with all that is asked of what their rows say. */
function seenIn(make: Making, at: At, clauses: readonly Clause[], look: Look): string {
  const where = [visible(make, at), ...clausesInLook(make, at, clauses, look)].join(' and ')
  return `record r${look.joined()} where ${where}`
}

async function manyRecords(sql: Sql, input: SearchInput): Promise<SearchAnswer> {
  const make = making(input.views)
  const at = atOf(make, input)
  const order = orderOf(make, at, input)
  const { rows } = await sql.query<Found>(
    `with ${pageOf(make, input, order, `select r.shard, r.key, ${order.columns} from record r where ${whereOf(make, at, input)}`)}
     select c.total, ${indexing(make, sql)} as indexing, ${columnsFor(make)}, ${order.names.map((name) => `page.${name}`).join(', ')}
     from counted c left join (page join record r on r.shard = ${at.shard ?? 'page.shard'} and r.key = page.key) on true order by ${order.by('page')}`,
    make.values,
    { isPlannedAnew: isAmongAll(input) },
  )
  return answerOf(sql, input, { rows, head: rows[0] }, order)
}

/** What every row of a page says of all that was found. */
type Head = Pick<Found, 'total' | 'indexing'>

/** One more than is shown tells whether there is a next page. */
function answerOf(
  sql: Sql,
  { limit, countTo, views }: SearchInput,
  found: { readonly rows: readonly Found[]; readonly head: Head | undefined },
  { names }: Order,
): SearchAnswer {
  remember(sql, found.head)
  const rows = found.rows.filter((row) => typeof row.id === 'string')
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    held: views.isSystem ? shown.map(heldOfOwn) : shown.map(heldOf),
    next: last && placeOf(last, names),
    ...headOf(found.head, countTo),
  }
}

/** A record's text is long, and there are two of it. */
function columnsFor({ views, add }: Making): string {
  if (!views.isSystem) return peopleColumns
  const party = views.groups[0]?.party
  // a view of its own partition alone: there is nothing that it did not write
  return party === undefined ? systemColumns('r.institution') : systemColumns(`${add(party)}::text`)
}

/** The records searched; of one person, in the shard of theirs. */
function atOf(make: Making, { types, clauses }: SearchInput): At {
  const all = clauses.flatMap((clause) => (clause.on === 'all' ? clause.of : [clause]))
  const [person, second] = new Set(all.flatMap((clause) => (clause.on === 'person' ? clause.anyOf : [])))
  return { alias: 'r', types, ...(person === undefined || second !== undefined ? {} : { shard: numberOf(make.add(person)) }) }
}

export interface PersonAnswer extends SearchAnswer {
  /** in the order of their first matching record; `held` is every visible Patient record of theirs, whichever of them matched */
  readonly persons: readonly string[]
}

/** Persons of whom a visible Patient record matches, each once, however many of their records do. `total`: persons, not records. */
export async function searchPersons(sql: Sql, asked: SearchInput): Promise<PersonAnswer> {
  const input = aboutWhom(asked)
  const make = making(input.views)
  const at: At = { alias: 'r', types: input.types }
  const order = orderOf(make, at, input)
  const where = `r.person is not null and ${whereOf(make, at, input)}`
  const first = `select distinct on (q.person) q.* from (select r.person, ${order.columns} from record r where ${where}) q order by q.person, ${order.by('q')}`
  const found = await sql.query<Found>(
    `with ${pageOf(make, input, order, first)}
     select c.total, ${indexing(make, sql)} as indexing, ${peopleColumns}, ${order.names.map((name) => `page.${name}`).join(', ')}
     from counted c
     left join (page join record r on r.shard = ${numberOf('page.person')} and r.person = page.person and ${visible(make, at)}) on true order by ${order.by('page')}, r.id`,
    make.values,
    { isPlannedAnew: isAmongAll(input) },
  )
  remember(sql, found.rows[0])
  const rows = found.rows.filter((row) => typeof row.id === 'string')
  const persons = [...new Set(rows.flatMap(({ person }) => person ?? []))]
  const shown = new Set(persons.slice(0, input.limit))
  const held = rows.filter(({ person }) => shown.has(person ?? ''))
  const last = persons.length > input.limit ? held.at(-1) : undefined
  return {
    persons: [...shown],
    held: held.map(heldOf),
    next: last && placeOf(last, order.names),
    ...headOf(found.rows[0], input.countTo),
  }
}

function whereOf(make: Making, at: At, input: SearchInput): string {
  return [visible(make, at), ...input.clauses.map((clause) => clauseSql(make, at, clause))].join(' and ')
}

/**
 * The page, and how many there are: a count that stops is one more than it was to reach, and the reader takes it for none. What is asked for
 * by something is found once for both; of all there is, the count would have to end before the list does.
 */
function pageOf(make: Making, input: SearchInput, order: Order, hits: string): string {
  const { clauses, countTo, limit } = input
  const isOnce = clauses.length > 0 && countTo > 0
  const of = isOnce ? 'hit' : `(${hits})`
  const after = order.after('q')
  const page = `select * from ${of} q${after === undefined ? '' : ` where ${after}`} order by ${order.by('q')} limit ${make.add(limit === 0 ? 0 : limit + 1)}`
  const count =
    countTo === 0
      ? 'select null::int as total'
      : `select count(*)::int as total from (select 1 from ${of} m limit ${make.add(countTo + 1)}) n`
  return `${isOnce ? `hit as materialized (${hits}), ` : ''}page as (${page}), counted as (${count})`
}

/** Several conditions on everybody's records: which of them is rare depends on what is asked. One person's are few, whatever else is asked. */
function isAmongAll({ clauses }: SearchInput): boolean {
  const all = clauses.flatMap((clause) => (clause.on === 'all' ? clause.of : [clause]))
  return all.length > 1 && !all.some(({ on }) => on === 'person' || on === 'id' || on === 'local-id')
}

const notStaleForMs = 2_000
const notStaleUntil = new WeakMap<Sql, number>()
const isSettled = 'false'

/**
 * Of the whole store, whoever asks: it says nothing of anybody's records. That nothing is stale holds for a moment: rows an older program makes
 * beside us are told of a moment later.
 */
function indexing(make: Making, sql: Sql): string {
  if ((notStaleUntil.get(sql) ?? 0) > performance.now()) return isSettled
  return `exists (select 1 from record u where u.indexer < ${make.add(indexerVersion)} and not u.deleted)`
}

function remember(sql: Sql, first: Head | undefined): void {
  if (first?.indexing === false && (notStaleUntil.get(sql) ?? 0) <= performance.now())
    notStaleUntil.set(sql, performance.now() + notStaleForMs)
}

function headOf(head: Head | undefined, countTo: number): { readonly total: number | undefined; readonly isIndexing: boolean } {
  const total = head?.total ?? undefined
  return { total: total === undefined || countTo === 0 || total > countTo ? undefined : total, isIndexing: head?.indexing === true }
}

function placeOf(row: Readonly<Record<string, unknown>>, names: readonly string[]): Place {
  return names.map((name) => {
    const value = row[name]
    // JSON, in which a place travels, has no infinity; PostgreSQL reads the word
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
    return typeof value === 'string' ? value : null
  })
}

export interface PersonRecords {
  readonly person: string
  /** empty = every type */
  readonly types: readonly string[]
  /** never these */
  readonly but: readonly string[]
  readonly limit: number
  readonly condition: View['condition']
  readonly party: string | undefined
}

/** What the caller may see of one person, newest first, bounded: the bound counts visible records only, so that no hidden one takes a place. */
export async function recordsOfPerson(sql: Sql, input: PersonRecords): Promise<readonly Held[]> {
  const { condition, party } = input
  // whatever the types are, they are judged alike here
  const views: Views = { guarded: [], isSystem: false, groups: [{ of: { but: [] }, condition, party, onlyParty: undefined }] }
  const make = making(views)
  const types = make.add(input.types)
  const where = [
    `r.shard = ${numberOf(make.add(input.person))} and r.person = ${make.add(input.person)}`,
    'not r.deleted',
    `(cardinality(${types}::text[]) = 0 or r.type = any(${types}::text[]))`,
    `r.type <> all(${make.add(input.but)}::text[])`,
    seenRecord(make, 'r'),
  ].join(' and ')
  const found = await sql.query<Parameters<typeof heldOf>[0]>(
    `select ${peopleColumns} from record r where ${where} order by r.updated_ms desc, r.id limit ${make.add(input.limit)}`,
    make.values,
  )
  return found.rows.map(heldOf)
}
