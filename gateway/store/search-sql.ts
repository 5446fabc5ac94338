/** Clauses → SQL over a record, however deep they reach. Each record on the way is in the caller's view. */
import { narrowerOf } from '../../fhir-profiles/search-narrower.ts'
import { groupsOf, standingOf, wholeParts } from '../../fhir-profiles/search-standing.ts'
import { numberOf } from './numbers.ts'
import { aboutPersonsSql } from './record-row.ts'
import type { Clause, Test } from './search-clause.ts'
import { rangeSql, testSql } from './search-test.ts'
import { isAbout } from './search-rows.ts'
import {
  isToldApart,
  ledTo,
  pointingRows,
  told,
  toldApart,
  toldBeside,
  toldReferenceApart,
  visible,
  type At,
  type Look,
  type Making,
} from './search-view.ts'

export function clauseSql(make: Making, at: At, clause: Clause): string {
  const { add } = make
  const { alias } = at
  switch (clause.on) {
    case 'id':
      return `(${alias}.shard, ${alias}.key) in (select n.shard, ${numberOf('n.id')} from network_id n where n.id = any(${add(clause.anyOf)}::text[]))`
    case 'person':
      return aboutPersonsSql(alias, clause.anyOf, add)
    case 'type':
      return `${alias}.type = any(${add(clause.anyOf)}::text[])`
    case 'local-id':
      return `${alias}.local_id = any(${add(clause.anyOf)}::text[])`
    case 'updated': {
      const updated = { from: `${alias}.updated_ms`, until: `${alias}.updated_ms` }
      return `(${clause.anyOf.map((range) => rangeSql(range, updated, add)).join(' or ')})`
    }
    case 'row':
      return (clause.not === true ? none : some)(make, at, clause.param, (row) => testSql(clause.test, row, add))
    case 'missing':
      return missingSql(make, at, clause)
    case 'composite':
      return `(${clause.anyOf.map((parts) => compositeSql(make, at, clause.param, parts)).join(' or ')})`
    case 'chain':
      return some(make, at, clause.param, (row) => `(${clause.through.map((link) => linkSql(make, row, link)).join(' or ')})`)
    case 'points': {
      const row = make.alias('i')
      return `(${alias}.shard, ${alias}.key) in (select ${row}.shard, ${row}.record from record_index ${row} where ${toldReferenceApart(make, at, row)}
        and ${isAbout(make, at, row, standing(clause.params))} and ${testSql(clause.test, row, add)})`
    }
    case 'has':
      return hasSql(make, at, clause)
    case 'any':
    case 'all': {
      const parts = clause.of.map((each) => clauseSql(make, at, each))
      return parts.length === 0 ? String(clause.on === 'all') : `(${parts.join(clause.on === 'any' ? ' or ' : ' and ')})`
    }
    default:
      return clause satisfies never
  }
}

/** The same of clauses that are all met, of one person's records: what is asked of rows by themselves is asked in one look at them. */
export function clausesInLook(make: Making, at: At, clauses: readonly Clause[], look: Look): readonly string[] {
  return clauses.flatMap((clause) => {
    if (clause.on === 'all') return clausesInLook(make, at, clause.of, look)
    if (clause.on !== 'row' || clause.not === true) return [clauseSql(make, at, clause)]
    return [look.some(clause.param, (row) => testSql(clause.test, row, make.add))]
  })
}

type Passes = (row: string) => string

/**
 * Some row passes. Asked as membership in what the rows by themselves give, wherever nothing else of the record is asked: so the planner may
 * begin with the few rows of a code or a number, and not with every record.
 */
function some(make: Making, at: At, param: string, passes: Passes): string {
  // of one person's records each is looked at: they are few, and rows of a code are as many as the store is large
  if (!isToldApart(at) || at.shard !== undefined) return exists(make, at, param, passes)
  return `(${at.alias}.shard, ${at.alias}.key) in (${rowsApart(make, at, param, passes)})`
}

function rowsApart(make: Making, at: At, param: string, passes: Passes): string {
  const row = make.alias('i')
  return `select ${row}.shard, ${row}.record from record_index ${row} where ${toldApart(make, at, row, param)} and ${passes(row)}`
}

/**
 * Shard and id of the records that meet the only condition there is, by each row that says so; undefined where there are more, or none that rows
 * alone decide. `offset 0`: the rows are gone through, not the records.
 */
export function foundBy(make: Making, at: At, clauses: readonly Clause[]): string | undefined {
  const [only, second] = clauses
  if (second !== undefined || only?.on !== 'row' || only.not === true || !isToldApart(at) || at.shard !== undefined) return undefined
  return `${rowsApart(make, at, only.param, (row) => testSql(only.test, row, make.add))} offset 0`
}

function none(make: Making, at: At, param: string, passes: Passes): string {
  return `not ${exists(make, at, param, passes)}`
}

function exists(make: Making, at: At, param: string, passes: Passes): string {
  const row = make.alias('i')
  if (at.shard === undefined) return `exists (select 1 from record_index ${row} where ${told(make, at, row, param)} and ${passes(row)})`
  const { from, where } = toldBeside(make, at, row, param)
  return `exists (select 1 from ${from} where ${where} and ${passes(row)} offset 0)`
}

/** Parameters (`Type.param`) by the names their rows have. What is asked of them names a record, which is of one type. */
function standing(params: readonly string[]): readonly string[] {
  return [
    ...new Set(
      params.flatMap((text) => {
        const [type = '', name = ''] = text.split('.')
        return standingOf(type, name).params.flatMap((each) => [each, ...narrowerOf(type, each)].map((row) => `${type}.${row}`))
      }),
    ),
  ]
}

function missingSql(make: Making, at: At, { param, missing }: Extract<Clause, { on: 'missing' }>): string {
  const [name = '', part] = param.split('$')
  const [type = ''] = at.types
  const all = part === undefined ? [name] : groupsOf(type, name)
  const one = (each: string): string => {
    const whole = wholeParts(type, each)
    return whole === undefined
      ? exists(make, at, part === undefined ? each : `${each}$1`, () => 'true')
      : `(${whole.map((of) => exists(make, at, of, () => 'true')).join(' and ')})`
  }
  if (all.length === 1 && wholeParts(type, name) === undefined) return (missing ? none : some)(make, at, param, () => 'true')
  return `${missing ? 'not ' : ''}(${all.map(one).join(' or ')})`
}

/** A composite of several kinds of groups; where the resource itself is the group, each part is met by some row of it. */
function compositeSql(make: Making, at: At, param: string, parts: readonly Test[]): string {
  const [type = ''] = at.types
  const ways = groupsOf(type, param).map((name) => {
    const whole = wholeParts(type, name)
    if (whole === undefined) return groupSql(make, at, name, parts)
    return `(${parts.map((test, index) => some(make, at, whole[index] ?? '', (row) => testSql(test, row, make.add))).join(' and ')})`
  })
  return `(${ways.join(' or ')})`
}

/** Every part is met in the same group: the first leads, the others stand beside it. */
function groupSql(make: Making, at: At, param: string, parts: readonly Test[]): string {
  const [first, ...others] = parts
  if (first === undefined) return 'false'
  return some(make, at, `${param}$1`, (row) =>
    [
      testSql(first, row, make.add),
      ...others.map((test, index) => besideSql(make, at, { row, param: `${param}$${index + 2}`, test })),
    ].join(' and '),
  )
}

function besideSql(
  make: Making,
  at: At,
  { row, param, test }: { readonly row: string; readonly param: string; readonly test: Test },
): string {
  const other = make.alias('i')
  return `exists (select 1 from record_index ${other} where ${other}.shard = ${row}.shard and ${other}.record = ${row}.record
    and ${other}.grp = ${row}.grp and ${toldApart(make, at, other, param)} and ${testSql(test, other, make.add)})`
}

function linkSql(make: Making, row: string, { type, clause }: { readonly type: string; readonly clause: Clause }): string {
  const to: At = { alias: make.alias('r'), types: [type] }
  const led = ledTo(make, row, to)
  return `exists (select 1 from ${led.from} where ${led.where} and ${visible(make, to)} and ${clauseSql(make, to, clause)})`
}

function hasSql(make: Making, at: At, { type, param, clause }: Extract<Clause, { on: 'has' }>): string {
  const from: At = { alias: make.alias('r'), types: [type] }
  const row = make.alias('i')
  const rows = pointingRows(make, row, at)
  return `exists (select 1 from ${rows.from} join record ${from.alias} on ${told(make, from, row, param)}
    where ${rows.where} and ${visible(make, from)} and ${clauseSql(make, from, clause)})`
}
