/**
 * Under which index rows a search parameter is found. Many published parameters say what others of their type say already: the same path
 * (`phonetic`, `name`), several of them together (`combo-code`), or the references of one that lead to one type (`patient`). Their rows are not
 * written twice; a search for them looks at the rows of those others. Pure; from the table alone.
 */
import { searchParametersOf, type SearchParameter } from './search-parameters.ts'

export interface Standing {
  /** parameters of the same type whose rows are its rows; itself where it has rows of its own */
  readonly params: readonly string[]
  /** only those of their references that lead to this type; undefined = all */
  readonly target: string | undefined
}

/** Asked for by name in statements of their own: these always have rows. */
const always: ReadonlySet<string> = new Set(['status', 'identifier', 'code', 'subject'])

const known = new Map<string, ReadonlyMap<string, Standing>>()

/** `name`: a parameter of the type, without modifier or part. */
export function standingOf(type: string, name: string): Standing {
  return standingsOf(type).get(name) ?? { params: [name], target: undefined }
}

/**
 * The parameters whose rows together tell of each part of a composite whose groups are the resource itself: there a group is met where each
 * part is met in the same resource. undefined for any other composite, whose groups have rows of their own.
 */
export function wholeParts(type: string, name: string): readonly string[] | undefined {
  const all = searchParametersOf(type)
  const composite = all.get(name)
  if (composite?.type !== 'composite' || composite.expression !== type) return undefined
  const parts = composite.parts.map((part) => {
    const wanted = spoken({ type: part.type, expression: part.expression }, `${type}.`)
    return [...all.values()].find(
      (each) => each.type === part.type && isSame(spoken(each), wanted) && standingOf(type, each.name).params[0] === each.name,
    )?.name
  })
  const found = parts.filter((part) => part !== undefined)
  return found.length === parts.length ? found : undefined
}

/** Composites whose groups are together its groups, part by part; itself where its groups have rows of their own. */
export function groupsOf(type: string, name: string): readonly string[] {
  const all = searchParametersOf(type)
  const composite = all.get(name)
  const ways = composite?.type === 'composite' ? composite.expression.split(' | ') : []
  if (ways.length < 2) return [name]
  const others = ways.map((way) => [...all.values()].find((each) => each.expression === way && isAlike(each, composite))?.name)
  const found = others.filter((other) => other !== undefined)
  return found.length === ways.length ? found : [name]
}

function isAlike(each: SearchParameter, composite: SearchParameter | undefined): boolean {
  return each.type === 'composite' && JSON.stringify(each.parts) === JSON.stringify(composite?.parts)
}

/** Whether a resource gives rows under the parameter's own name. */
export function hasOwnRows(type: string, name: string): boolean {
  if (wholeParts(type, name) !== undefined) return false
  return standingOf(type, name).params[0] === name && groupsOf(type, name)[0] === name
}

function standingsOf(type: string): ReadonlyMap<string, Standing> {
  const before = known.get(type)
  if (before !== undefined) return before
  const all = [...searchParametersOf(type).values()].filter((parameter) => parameter.type !== 'composite')
  const found = new Map<string, Standing>()
  for (const parameter of all) {
    const standing = always.has(parameter.name) ? undefined : (coveredBy(all, parameter, found) ?? ledBy(all, parameter, found))
    if (standing !== undefined) found.set(parameter.name, standing)
  }
  // names of no type come from outside and have no end
  if (all.length > 6) known.set(type, found)
  return found
}

/** Others that together say what it says, of its type and with rows of their own. */
function coveredBy(
  all: readonly SearchParameter[],
  parameter: SearchParameter,
  found: ReadonlyMap<string, Standing>,
): Standing | undefined {
  const wanted = spoken(parameter)
  const place = all.indexOf(parameter)
  const within = all.filter((each, at) => {
    if (each === parameter || each.type !== parameter.type || found.has(each.name)) return false
    const own = spoken(each)
    // of two that say the same the first, or the one that always has rows, keeps them
    const isFirst = own.size < wanted.size || at < place || always.has(each.name)
    return isFirst && [...own].every((path) => wanted.has(path))
  })
  const params: string[] = []
  const left = new Set(wanted)
  for (const each of within.toSorted((a, b) => spoken(b).size - spoken(a).size)) {
    const own = [...spoken(each)].filter((path) => left.has(path))
    if (own.length === 0) continue
    params.push(each.name)
    for (const path of own) left.delete(path)
  }
  return left.size > 0 ? undefined : { params, target: undefined }
}

const led = /^(.*)\.where\(resolve\(\) is (\w+)\)$/

/** A parameter of whose references it takes those to one type. */
function ledBy(all: readonly SearchParameter[], parameter: SearchParameter, found: ReadonlyMap<string, Standing>): Standing | undefined {
  if (parameter.type !== 'reference') return undefined
  const ways = [...spoken(parameter)].map((path) => led.exec(path))
  const target = ways[0]?.[2]
  if (target === undefined || ways.some((way) => way?.[2] !== target)) return undefined
  const paths = new Set(ways.map((way) => way?.[1] ?? ''))
  const of = all.find((each) => each.type === 'reference' && !found.has(each.name) && isSame(spoken(each), paths))
  return of === undefined ? undefined : { params: [of.name], target }
}

/** What a parameter looks at, way by way. */
export function pathsOf(parameter: SearchParameter): ReadonlySet<string> {
  return spoken(parameter)
}

/** SampledData has no single value to be found by. */
function spoken({ type, expression }: Pick<SearchParameter, 'type' | 'expression'>, head = ''): ReadonlySet<string> {
  const ways = expression.split(' | ').map((way) => `${head}${way}`)
  return new Set(type === 'quantity' ? ways.filter((way) => !way.endsWith('.ofType(SampledData)')) : ways)
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each))
}
