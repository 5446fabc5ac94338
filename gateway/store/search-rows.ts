/** Which rows of the index are a parameter's, in SQL; not who may know of them (`search-view.ts`). */
import { narrowerOf } from '../../fhir-profiles/search-narrower.ts'
import { standingOf, type Standing } from '../../fhir-profiles/search-standing.ts'
import { aboutOf, numberOf } from './numbers.ts'
import type { At, Making } from './search-view.ts'

/** What makes a row one of a parameter's. One that says what others say is looked up in their rows. */
export function rowsAre(make: Making, at: At, row: string, param: string): readonly string[] {
  const { types } = at
  const [, name = '', mark = ''] = /^([^:$]*)(.*)$/.exec(param) ?? []
  const groups = types.length === 1 ? [types] : [...Map.groupBy(types, (type) => JSON.stringify(namedAs(type, name, mark))).values()]
  const [only = [], second] = groups
  const under = (of: readonly string[]): readonly string[] =>
    standsUnder(make, { ...at, types: of }, row, namedAs(of[0] ?? '', name, mark), mark)
  if (second === undefined) return under(only)
  return [`(${groups.map((of) => `(${under(of).join(' and ')})`).join(' or ')})`]
}

/** The names of its rows, those included that say what it says under a narrower parameter's name. */
function namedAs(type: string, name: string, mark: string): Standing {
  const { params, target } = standingOf(type, name)
  return { params: params.flatMap((each) => (mark === '' ? [each, ...narrowerOf(type, each)] : [`${each}${mark}`])), target }
}

function standsUnder(make: Making, at: At, row: string, { params, target }: Standing, mark: string): readonly string[] {
  const names = at.types.flatMap((type) => params.map((param) => `${type}.${param}`))
  const isUnder = isAbout(make, at, row, names)
  if (target === undefined) return [isUnder]
  // `:identifier` of a reference that leads nowhere is of no type
  const leads =
    mark === ''
      ? `${row}.system = ${numberOf(make.add(target))}`
      : `${row}.target_type = ${numberOf(make.add(target))} and ${row}.target <> ''`
  return [isUnder, leads]
}

/** so many names are said one by one, so that the planner knows which */
const few = 8

/**
 * A row of one of these parameters (`Type.param`). Where the rows of one person are gone through, each is compared with a number that is made once;
 * where rows are looked up, the planner is to see which number it is.
 */
export function isAbout({ add }: Making, { shard }: Pick<At, 'shard'>, row: string, names: readonly string[]): string {
  if (names.length > few) return `${row}.about = any(array(select ${aboutOf('v')} from unnest(${add(names)}::text[]) v))`
  const numbers = names.map((name) => (shard === undefined ? aboutOf(add(name)) : `(select ${aboutOf(add(name))})`))
  if (numbers.length < 2) return numbers.length === 0 ? 'false' : `${row}.about = ${numbers.join('')}`
  return `${row}.about in (${numbers.join(', ')})`
}
