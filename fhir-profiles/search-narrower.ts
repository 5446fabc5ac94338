/**
 * Parameters whose rows are among the rows of another of their type, because they look at a part of the same: `phone` of `telecom`, `address-city`
 * of `address`, the codes of a composite of `component-code`. What such a row says is written once, under the narrower name; who asks by the
 * wider one looks at both. Pure; from the table alone.
 */
import { partName, searchParametersOf, type SearchParameter } from './search-parameters.ts'
import { hasOwnRows, pathsOf } from './search-standing.ts'
import { structureOf } from './validate/structure.ts'

/** Asked for by name in statements of their own, as far as they are not a part of another: all of their rows are theirs. */
const whole: ReadonlySet<string> = new Set(['status', 'identifier', 'code', 'subject'])

const none: ReadonlyMap<string, readonly string[]> = new Map()
const known = new Map<string, ReadonlyMap<string, readonly string[]>>()

/** Names of rows (`component-code-value-quantity$1`) that say no more than rows of the parameter would. */
export function narrowerOf(type: string, name: string): readonly string[] {
  return narrowerIn(type).get(name) ?? []
}

/** All of a type's, by the wider name. */
export function narrowerIn(type: string): ReadonlyMap<string, readonly string[]> {
  const before = known.get(type)
  if (before !== undefined) return before
  const all = [...searchParametersOf(type).values()].filter(({ name }) => hasOwnRows(type, name))
  const found = new Map(
    all.flatMap((parameter) => {
      const names = parameter.type === 'composite' || whole.has(parameter.name) ? [] : all.flatMap((each) => namesIn(type, each, parameter))
      return names.length === 0 ? [] : [[parameter.name, names] as const]
    }),
  )
  // names of no type come from outside and have no end
  if (structureOf(type) === undefined) return none
  known.set(type, found)
  return found
}

/** Under which names of its own a parameter's rows are among those of the wider one. */
function namesIn(type: string, each: SearchParameter, wider: SearchParameter): readonly string[] {
  const ways = pathsOf(wider)
  if (each.type === 'composite')
    return each.parts.flatMap((part, at) =>
      part.type === wider.type && partPaths(each, part.expression).every((path) => ways.has(path)) ? [partName(each.name, at)] : [],
    )
  const isNarrower = each !== wider && each.type === wider.type && [...pathsOf(each)].every((path) => isWithin(type, path, ways))
  return isNarrower ? [each.name] : []
}

/** Where the values of a composite's part stand, from the resource. */
function partPaths({ expression }: SearchParameter, part: string): readonly string[] {
  const ofResource = '%resource.'
  if (part.startsWith(ofResource)) return [`${expression.split('.')[0] ?? ''}.${part.slice(ofResource.length)}`]
  return expression.split(' | ').flatMap((group) => part.split(' | ').map((each) => `${group}.${each}`))
}

const filtered = /^(.+)\.where\(\w+ ?= ?'[^']*'\)$/
const addressPart = /^((\w+)\.(\w+))\.(?:city|district|state|postalCode|country)$/

/** The values at a path are values of one of these: some of the same elements, or a part of an address, all of which its text rows tell. */
function isWithin(type: string, path: string, ways: ReadonlySet<string>): boolean {
  const base = filtered.exec(path)?.[1]
  if (base !== undefined) return ways.has(base)
  const [, address = '', of, element = ''] = addressPart.exec(path) ?? []
  return of === type && ways.has(address) && structureOf(type)?.elements.get(element)?.type === 'Address'
}
