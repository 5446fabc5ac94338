/**
 * What comes along with the matches of a page: one statement, each step under the caller's view. What is hidden brings nothing and is
 * brought by nothing. Spec: http://hl7.org/fhir/R4/search.html#revinclude
 */
import { searchParametersOf } from '../../fhir-profiles/search-parameters.ts'
import type { Held } from '../held.ts'
import type { Sql } from './pool.ts'
import { heldOf, recordColumns } from './records.ts'
import type { Include, Views } from './search-clause.ts'
import { numberOf } from './numbers.ts'
import { isAbout } from './search-rows.ts'
import { ledTo, making, pointingRows, told, toldReference, visible, type At, type Making } from './search-view.ts'

export interface IncludeInput {
  readonly views: Views
  /** network ids of the records shown on the page */
  readonly matches: readonly string[]
  readonly includes: readonly Include[]
  /** types this caller may search at all */
  readonly types: readonly string[]
  readonly limit: number
}

export interface Included {
  readonly held: readonly Held[]
  /** there was more than the limit */
  readonly isCut: boolean
}

/** As far as `:iterate` goes; every published chain of references is shorter. */
const deepest = 6

export async function includedRecords(sql: Sql, input: IncludeInput): Promise<Included> {
  const make = making(input.views)
  const steps = input.includes.flatMap((include) => stepsOf(make, input, include))
  if (steps.length === 0 || input.matches.length === 0) return { held: [], isCut: false }
  const ids = make.add(input.matches)
  const depth = input.includes.some(({ isIterated }) => isIterated) ? deepest : 1
  const most = make.add(input.limit + 1)
  const found = await sql.query<Parameters<typeof heldOf>[0]>(
    `with recursive got(shard, key, id, type, depth) as (
       select m.shard, ${numberOf('m.id')}, m.id, m.type, 0 from network_id m where m.id = any(${ids}::text[]) and m.shard is not null
       union
       select n.shard, n.key, n.id, n.type, g.depth + 1 from got g
       cross join lateral (select shard, key, id, type from (${steps.join(' union ')}) each order by type, id limit ${most}) n
       where g.depth < ${depth}
     )
     select ${recordColumns} from record r where (r.shard, r.key) in (select shard, key from got where depth > 0) and r.id <> all(${ids}::text[])
     order by r.type, r.updated_ms desc, r.id limit ${most}`,
    make.values,
  )
  return { held: found.rows.slice(0, input.limit).map(heldOf), isCut: found.rows.length > input.limit }
}

/** The statements of one rule: to or from a Patient, who is a person to people, and to or from everything else. */
function stepsOf(make: Making, input: IncludeInput, include: Include): readonly string[] {
  const sources = include.source === '*' ? input.types : input.types.filter((type) => type === include.source)
  if (sources.length === 0) return []
  const targets = targetsOf(input, include)
  const isPerson = (type: string): boolean => type === 'Patient' && !make.views.isSystem
  const groups = [targets.filter(isPerson), targets.filter((type) => !isPerson(type))].filter((types) => types.length > 0)
  return groups.map((types) => {
    const source: At = { alias: make.alias('s'), types: sources }
    const target: At = { alias: make.alias('t'), types }
    return include.isReverse ? reverse(make, include, source, target) : forward(make, include, source, target)
  })
}

/** The types at the far end of the reference: those the parameter names, as far as the caller may search them. */
function targetsOf({ types }: IncludeInput, { source, param, target }: Include): readonly string[] {
  if (target !== undefined) return types.filter((type) => type === target)
  const named = source === '*' || param === '*' ? [] : (searchParametersOf(source).get(param)?.targets ?? [])
  return named.length === 0 ? types : types.filter((type) => named.includes(type))
}

function forward(make: Making, include: Include, source: At, target: At): string {
  const row = make.alias('i')
  const led = ledTo(make, row, target)
  return `select ${target.alias}.shard, ${target.alias}.key, ${target.alias}.id, ${target.alias}.type from record ${source.alias}
    join record_index ${row} on ${pointing(make, include, source, row)}
    cross join ${led.from}
    where ${led.where} and ${source.alias}.shard = g.shard and ${source.alias}.key = g.key and ${visible(make, target)} and ${visible(make, source)}${onlyAtFirst(include)}`
}

function reverse(make: Making, include: Include, source: At, target: At): string {
  const row = make.alias('i')
  const rows = pointingRows(make, row, target)
  return `select ${source.alias}.shard, ${source.alias}.key, ${source.alias}.id, ${source.alias}.type from ${rows.from}
    join record ${target.alias} on ${rows.where}
    join record ${source.alias} on ${pointing(make, include, source, row)} and ${visible(make, source)}
    where ${target.alias}.shard = g.shard and ${target.alias}.key = g.key and ${visible(make, target)}${onlyAtFirst(include)}`
}

/** A wildcard follows every reference that a search parameter follows. */
function pointing(make: Making, { param }: Include, source: At, row: string): string {
  const none = source.types.map((type) => `${type}._reference`)
  return param === '*' ? `${toldReference(make, source, row)} and not ${isAbout(make, source, row, none)}` : told(make, source, row, param)
}

function onlyAtFirst({ isIterated }: Include): string {
  return isIterated ? '' : ' and g.depth = 0'
}
