/**
 * What a caller may know, in SQL: which records, and which of their index rows. Every table of a search is looked at through this file
 * (consent.md, non-interference).
 */
import { toSql, type Columns } from '../../consent/view.ts'
import { searchParametersOf } from '../../fhir-profiles/search-parameters.ts'
import { numberOf, numbersOf } from './numbers.ts'
import { viewOf, type View, type Views } from './search-clause.ts'
import { rowsAre } from './search-rows.ts'

/** A statement in the making. */
export interface Making {
  readonly views: Views
  /** takes a value, returns its placeholder; equal texts and the same list have the same one */
  readonly add: (value: unknown) => string
  readonly values: unknown[]
  /** a table alias nobody has yet */
  readonly alias: (letter: string) => string
}

export function making(views: Views): Making {
  const values: unknown[] = []
  const known = new Map<unknown, string>()
  let aliases = 0
  return {
    views,
    values,
    add(value) {
      // numbers are cast to more than one type: each has a place of its own
      const found = typeof value === 'number' ? undefined : known.get(value)
      if (found !== undefined) return found
      const placeholder = `$${values.push(value)}`
      known.set(value, placeholder)
      return placeholder
    },
    alias(letter) {
      aliases += 1
      return `${letter}${aliases}`
    },
  }
}

/** A record of one of some types, under an alias. */
export interface At {
  readonly alias: string
  readonly types: readonly string[]
  /** its shard, where that is known before a row is read (whoever asks about one person): one partition is gone into, not each of them */
  readonly shard?: string
}

/** Index rows belong to their record: the one place that says so. */
const rowsOf = (row: string, { alias, shard = `${alias}.shard` }: Omit<At, 'types'>): string =>
  `${row}.shard = ${shard} and ${row}.record = ${alias}.key`

/** The record of a network id as `table`: by way of its shard, so that one partition is asked. */
export function recordAt(table: string, id: string): string {
  return `network_id n${table} join record ${table} on ${table}.shard = n${table}.shard and ${table}.key = ${numberOf(`n${table}.id`)} where n${table}.id = ${id}`
}

function factsAt(at: string): Columns {
  return {
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
  }
}

/** The same of a labelled element, by its index row. */
function elementFacts(at: string, row: string): Columns {
  return {
    ...factsAt(at),
    codes: `(${at}.codes || ${row}.codes)`,
    sensitivities: `(${at}.sensitivities || ${row}.sensitivities)`,
    confidentiality: `greatest(${at}.confidentiality, ${row}.confidentiality)`,
  }
}

/** Of a record, where nothing but the view itself decides. */
export function visibleSql({ condition, party }: Pick<View, 'condition' | 'party'>, at: string, add: Making['add']): string {
  return orParty(toSql(condition, factsAt(at), add), party, at, add)
}

function orParty(view: string, party: string | undefined, at: string, add: Making['add']): string {
  return party === undefined ? view : `(${view} or ${at}.parties @> array[${add(party)}::text])`
}

/** One view's word on a record; `facts`: of the record, or of an element of it. */
function seenBy(make: Making, { condition, party, onlyParty }: View, at: string, facts: Columns): string {
  const seen = orParty(toSql(condition, facts, make.add), party, at, make.add)
  return onlyParty === undefined ? seen : `(${seen} and ${at}.parties @> array[${make.add(onlyParty)}::text])`
}

/** The record is in the view, where one view judges every type. */
export function seenRecord(make: Making, alias: string): string {
  const [only] = make.views.groups
  if (only === undefined) throw new TypeError('no view covers what is searched')
  return seenBy(make, only, alias, factsAt(alias))
}

/** By the view of each type it may be of. */
function seenAs(make: Making, { alias, types }: At, facts: Columns): string {
  const groups = Map.groupBy(types, (type) => viewOf(make.views, type))
  const parts = [...groups].map(([view, of]) => {
    const seen = seenBy(make, view, alias, facts)
    return groups.size === 1 ? seen : `(${alias}.type = any(${make.add(of)}::text[]) and ${seen})`
  })
  return parts.length === 1 ? (parts[0] ?? 'false') : `(${parts.join(' or ')})`
}

/** The record is of these types, there, and in the caller's view. */
export function visible(make: Making, at: At): string {
  const [only = '', second] = at.types
  const isOf = second === undefined ? `${at.alias}.type = ${make.add(only)}` : `${at.alias}.type = any(${make.add(at.types)}::text[])`
  return `${isOf} and not ${at.alias}.deleted and ${seenAs(make, at, factsAt(at.alias))}`
}

/** The rows of one parameter, under alias `row` beside their record, as far as the caller may know what they say. */
export function told(make: Making, at: At, row: string, param: string): string {
  const all = [rowsOf(row, at), ...rowsAre(make, at, row, param)]
  return [
    ...all,
    ...known(make, at, row, { pointer: pointerOf(at.types, param), seen: seenAs(make, at, elementFacts(at.alias, row)) }),
  ].join(' and ')
}

/**
 * The same rows, found by their record and by nothing else: `offset 0` keeps the planner from looking for what they are to say in all the store,
 * where one person's records are asked about.
 */
export function toldBeside(make: Making, at: At, row: string, param: string): Tied {
  const own = make.alias('i')
  const of = { pointer: pointerOf(at.types, param), seen: seenAs(make, at, elementFacts(at.alias, row)) }
  return {
    from: `(select ${own}.* from record_index ${own} where ${[rowsOf(own, at), ...rowsAre(make, at, own, param)].join(' and ')} offset 0) ${row}`,
    where: known(make, at, row, of).join(' and ') || 'true',
  }
}

/** What makes a row one of a parameter's, and what lets the caller know of it. */
export interface Told {
  readonly is: string
  readonly isKnown: string
}

/** All that is asked of a record's rows, in one look at them. */
export interface Look {
  /** whether a row of the parameter passes, by what it says alone */
  readonly some: (param: string, passes: (row: string) => string) => string
  /** the least or the greatest of what the parameter's rows say */
  readonly pick: (param: string, of: (row: string) => string) => string
  /** what the record is joined to, once everything has been asked; '' = nothing was */
  readonly joined: () => string
}

/**
 * Where one person's records are gone through: finding the rows of a record costs more than what is asked of them. `offset 0`: they are found
 * by their record and by nothing else, as in `toldBeside`.
 */
export function looking(make: Making, at: At): Look {
  const [row, all] = [make.alias('i'), make.alias('l')]
  const asked: string[] = []
  const among = new Set<string>()
  const ask = (param: string, told: (of: Told) => string): string => {
    const of = {
      is: rowsAre(make, at, row, param).join(' and '),
      isKnown:
        known(make, at, row, { pointer: pointerOf(at.types, param), seen: seenAs(make, at, elementFacts(at.alias, row)) }).join(' and ') ||
        'true',
    }
    among.add(of.is)
    return `${all}.v${asked.push(told(of))}`
  }
  return {
    some: (param, passes) => ask(param, ({ is, isKnown }) => `bool_or(${is} and ${passes(row)} and ${isKnown})`),
    pick: (param, of) => ask(param, ({ is, isKnown }) => `${of(row)} filter (where ${is} and ${isKnown})`),
    joined: () => {
      if (asked.length === 0) return ''
      const columns = asked.map((sql, index) => `${sql} as v${index + 1}`).join(', ')
      const where = `${rowsOf(row, at)} and (${[...among].map((is) => `(${is})`).join(' or ')})`
      return ` cross join lateral (select ${columns} from record_index ${row} where ${where} offset 0) ${all}`
    },
  }
}

/** The same rows by themselves: a statement may begin with them, and find their records after. */
export function toldApart(make: Making, at: At, row: string, param: string): string {
  const apart = { pointer: pointerOf(at.types, param), seen: seenApart(make, at, row) }
  return [...rowsAre(make, at, row, param), ...known(make, at, row, apart)].join(' and ')
}

/** Any reference of a record, as far as the caller may know that it is there. */
export function toldReference(make: Making, at: At, row: string): string {
  const seen = seenAs(make, at, elementFacts(at.alias, row))
  return [rowsOf(row, at), `${row}.kind = 'r'`, ...known(make, at, row, { pointer: ownPointer, seen })].join(' and ')
}

/** The same rows by themselves. */
export function toldReferenceApart(make: Making, at: At, row: string): string {
  return [`${row}.kind = 'r'`, ...known(make, at, row, { pointer: ownPointer, seen: seenApart(make, at, row) })].join(' and ')
}

/** Whether what may be known of a row is decided by the row and what it leads to: of a Task its parties decide as well. */
export function isToldApart(at: At): boolean {
  return !at.types.includes('Task')
}

/** What a labelled element says is judged with its record, which is looked up for such a row alone. */
function seenApart(make: Making, at: At, row: string): string {
  const alias = make.alias('r')
  const seen = seenAs(make, { alias, types: at.types }, elementFacts(alias, row))
  return `exists (select 1 from record ${alias} where ${rowsOf(row, { alias })} and ${seen})`
}

interface Pointer {
  readonly type: string
  readonly id: string
}

const ownPointer: Pointer = { type: 'system', id: 'code' }

/** The columns that say where a row of this parameter points; undefined for one that points nowhere. */
function pointerOf(types: readonly string[], param: string): Pointer | undefined {
  const [, name = '', mark = '', part = ''] = /^([^:$]*)([:$]?)(.*)$/.exec(param) ?? []
  for (const type of types) {
    const parameter = searchParametersOf(type).get(name)
    if (parameter?.type === 'reference') return mark === ':' ? { type: 'target_type', id: 'target' } : ownPointer
    if (mark === '$' && parameter?.parts[Number(part) - 1]?.type === 'reference') return ownPointer
  }
  return undefined
}

interface Knowing {
  readonly pointer: Pointer | undefined
  /** whether an element of the row's labels is in the caller's view */
  readonly seen: string
}

function known(make: Making, at: At, row: string, { pointer, seen }: Knowing): readonly string[] {
  const { views } = make
  if (views.isSystem) return []
  // What only a labelled element says is searched under its labels: by a caller to whom it is not there, it is not found.
  const labelled = `(${row}.sensitivities is null or ${seen})`
  // A consent is read whole by the few who read it.
  if (pointer === undefined || at.types.every((type) => type === 'Consent')) return [labelled]
  return [labelled, mayFollow(make, at, row, pointer)]
}

/** A reference is there for whom what it leads to is there, as `redaction.ts` shows it. */
function mayFollow(make: Making, at: At, row: string, pointer: Pointer): string {
  const t = make.alias('t')
  const [type, id] = [`${row}.${pointer.type}`, `${row}.${pointer.id}`]
  const views = make.views.groups.map((view) => {
    const isOf =
      'types' in view.of ? `${t}.type = any(${make.add(view.of.types)}::text[])` : `${t}.type <> all(${make.add(view.of.but)}::text[])`
    return `(${isOf} and ${seenBy(make, view, t, factsAt(t))})`
  })
  // A Task names the records of its referral to its parties, stored or not.
  const mayBeTask = at.types.includes('Task')
  const isTask = `${at.alias}.type = 'Task'`
  const named = mayBeTask ? [`(${isTask} and ${t}.parties && ${at.alias}.parties)`] : []
  const unstored = mayBeTask ? ` or (${isTask} and not exists (select 1 from ${recordAt(t, id)}))` : ''
  // one value per row: as `exists` the planner may first gather every record there is to be seen
  return `(coalesce(${type}, 0) <> all(${numbersOf(`${make.add(make.views.guarded)}::text[]`)})${unstored}
    or coalesce((select true from ${recordAt(t, id)} and not ${t}.deleted and (${[`${t}.person is null`, ...named, ...views].join(' or ')}) limit 1), false))`
}

/** A person by any id of theirs: of each record they are known by, and of each id they ever had. */
const personIds = `(select d.record as id, d.person from identity d union all select p.id, p.id from person p
    union all select p.id, p.merged_into from person p where p.merged_into is not null)`

function isPerson(make: Making, { types }: At): boolean {
  return !make.views.isSystem && types.length === 1 && types[0] === 'Patient'
}

/** Parts of a statement: tables joined, and what ties them to the rest. Nothing in `from` speaks of the rest, so that any order is possible. */
export interface Tied {
  readonly from: string
  readonly where: string
}

/**
 * What a reference row leads to, by way of its shard, with the record under `to`'s alias. To people a Patient is a person, composed of every
 * Patient record they may see; to a system it is its own record.
 */
export function ledTo(make: Making, row: string, to: At): Tied {
  const n = make.alias('n')
  if (!isPerson(make, to))
    return {
      from: `network_id ${n} join record ${to.alias} on ${to.alias}.shard = ${n}.shard and ${to.alias}.key = ${numberOf(`${n}.id`)}`,
      where: `${n}.id = ${row}.code`,
    }
  return {
    from: `${personIds} ${n} join record ${to.alias} on ${to.alias}.shard = ${numberOf(`${n}.person`)} and ${to.alias}.person = ${n}.person`,
    where: `${row}.system = ${numberOf(`'Patient'`)} and ${n}.id = ${row}.code`,
  }
}

/** The same, asked from the record: the rows that point at it. Whichever side the planner begins with, the other is found by index. */
export function pointingRows(make: Making, row: string, to: At): Tied {
  if (!isPerson(make, to)) return { from: `record_index ${row}`, where: `${row}.kind = 'r' and ${row}.code = ${to.alias}.id` }
  const k = make.alias('k')
  return {
    from: `${personIds} ${k} join record_index ${row} on ${row}.kind = 'r' and ${row}.system = ${numberOf(`'Patient'`)} and ${row}.code = ${k}.id`,
    where: `${k}.person = ${to.alias}.person`,
  }
}
