/**
 * The search parameters of every R4 type and of KR Core, and what a resource contributes to each. The table is data derived from the
 * published definitions (`tools/definitions/build.mjs`). Spec: http://hl7.org/fhir/R4/search.html
 */
import table from './search-parameters.json' with { type: 'json' }
import { engineFor } from './fhirpath-engine.ts'
import { indexValue, valuesOf, type IndexEntry, type IndexType } from './index-entry.ts'
import { nativeExpressions } from './native-expressions.ts'
import { compilePath, compileRelative, type Path, type Step } from './path.ts'
import type { Resource } from './r4.ts'
import { hasOwnRows } from './search-standing.ts'
import { isRecord } from './validate/guards.ts'
import { structureOf } from './validate/structure.ts'

export type { IndexEntry } from './index-entry.ts'
export { normaliseText } from './index-entry.ts'

/**
 * Raised whenever the same resource would give other rows than before: rows of an older extractor are made anew at start
 * (gateway/store/reindex.ts).
 */
export const indexerVersion = 3

export type SearchParameterType = IndexType | 'composite'

export interface SearchParameter {
  readonly name: string
  readonly type: SearchParameterType
  /** FHIRPath; of a composite, where its groups are */
  readonly expression: string
  /** resource types a reference parameter may point at; empty = any, or not a reference */
  readonly targets: readonly string[]
  /** of a composite, its parts in order */
  readonly parts: readonly Part[]
}

export interface Part {
  readonly type: IndexType
  /** from the group; with `%resource.` at its head, from the resource */
  readonly expression: string
}

interface Compiled {
  /** without any of these elements there are no rows; undefined = there may be */
  readonly roots?: readonly string[] | undefined
  readonly rows: (resource: Resource, zone: string) => readonly IndexEntry[]
}

// The compiler's type of the file lists every key; a table with string keys is what we look names up in.
const parameters: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = table
const compiled = new Map<string, readonly Compiled[]>()
const described = new Map<string, ReadonlyMap<string, SearchParameter>>()

/** The parameters of a type by name, those of every resource included; names that are no type have only these. */
export function searchParametersOf(type: string): ReadonlyMap<string, SearchParameter> {
  const known = described.get(type)
  if (known !== undefined) return known
  const rows = { ...parameters['Resource'], ...(Object.hasOwn(parameters, type) ? parameters[type] : {}) }
  const result = new Map(Object.entries(rows).map(([name, row]) => [name, describe(name, row)]))
  // Only names of the table are remembered: others come from outside and have no end.
  if (Object.hasOwn(parameters, type)) described.set(type, result)
  return result
}

/** The types that have parameters of their own: all of R4. */
export const searchableTypes: readonly string[] = Object.keys(parameters).filter((type) => type !== 'Resource')

/** Answered by the record itself, with what the gateway set. */
const ofTheRecord: ReadonlySet<string> = new Set(['_id', '_lastUpdated'])

/**
 * Every index row of a resource, without those of parameters that others' rows tell of (`search-standing.ts`). Dates are spans in `zone` (IANA name). Unreadable values give no row; references into the resource
 * itself (`#id`) give none either. Rows are distinct.
 */
export function extractIndex(resource: Resource, zone: string): readonly IndexEntry[] {
  const found: IndexEntry[] = []
  const present = elementsIn(resource)
  for (const { roots, rows } of compiledFor(resource.resourceType)) {
    if (roots !== undefined && !roots.some((root) => present.has(root))) continue
    const own = rows(resource, zone)
    // rows of different parameters differ by its name
    if (own.length < 2) found.push(...own)
    else found.push(...new Map(own.map((entry) => [keyOf(entry), entry])).values())
  }
  return found
}

function keyOf(entry: IndexEntry): string {
  let key = ''
  for (const name in entry) {
    const value: unknown = Reflect.get(entry, name)
    key += `\u0000${isRecord(value) ? `${String(value['type'])}/${String(value['id'])}` : String(value)}`
  }
  return key
}

/** Names of the elements that are there: `value` for `valueQuantity`. */
function elementsIn(resource: Resource): ReadonlySet<string> {
  const elements = structureOf(resource.resourceType)?.elements
  const names = new Set<string>()
  for (const key in resource) names.add((elements?.get(key)?.element ?? key).replace('[x]', ''))
  return names
}

/** The elements an expression begins with; undefined where it looks at more than elements that are there. */
function rootsOf(type: string, expression: string): readonly string[] | undefined {
  const roots = expression.split(' | ').map((way) => new RegExp(`^\\(?(?:${type}|Resource)\\.([a-z]\\w*)(?!\\()`).exec(way)?.[1])
  const found = roots.filter((root) => root !== undefined)
  return found.length === roots.length && compilePath(expression) !== undefined ? found : undefined
}

function compiledFor(type: string): readonly Compiled[] {
  const known = compiled.get(type)
  if (known !== undefined) return known
  const result = [...searchParametersOf(type).values()].flatMap((parameter) =>
    ofTheRecord.has(parameter.name) || !hasOwnRows(type, parameter.name)
      ? []
      : [{ ...compile(parameter), roots: rootsOf(type, parameter.expression) }],
  )
  if (Object.hasOwn(parameters, type)) compiled.set(type, result)
  return result
}

function describe(name: string, [type = '', expression = '', ...rest]: readonly string[]): SearchParameter {
  if (!isParameterType(type)) throw new Error(`search parameter ${name} is of an unknown type`)
  if (type !== 'composite') return { name, type, expression, targets: rest.flatMap((targets) => targets.split(',')), parts: [] }
  const parts = rest.map((text) => {
    const colon = text.indexOf(':')
    const of = text.slice(0, colon)
    if (!isIndexType(of)) throw new Error(`a part of search parameter ${name} is of an unknown type`)
    return { type: of, expression: text.slice(colon + 1) }
  })
  return { name, type, expression, targets: [], parts }
}

function compile(parameter: SearchParameter): Compiled {
  const { name, type, expression } = parameter
  const path = pathOf(expression)
  if (type === 'composite') return compileComposite(parameter, path)
  return {
    rows: (resource, zone) => path(resource).flatMap((found) => indexValue({ param: name, type, found, zone })),
  }
}

/** A few published expressions compute more than a walk can: the full engine does those. */
function pathOf(expression: string): Path {
  return compilePath(expression) ?? nativeExpressions.get(expression) ?? engineFor(expression)
}

const ofResource = '%resource.'

/**
 * Each group in which every part has a value gives the rows of its parts, marked, so that a search meets them in one group. The mark is made
 * of what the group says, not of its place: it is the same when another group is taken out.
 */
function compileComposite(parameter: SearchParameter, path: Path): Compiled {
  const parts = parameter.parts.map(({ type, expression }) => ({ type, step: partOf(parameter, expression) }))
  return {
    rows: (resource, zone) =>
      path(resource).flatMap((found) => {
        const values = parts.map(({ type, step }) => step([found], resource).flatMap((each) => valuesOf(type, each, zone)))
        if (values.some((each) => each.length === 0)) return []
        const group = groupOf(values)
        return values.flatMap((each, at) => each.map((value) => ({ param: partName(parameter.name, at), group, ...value })))
      }),
  }
}

/** FNV-1a, as a signed 32-bit number. */
function groupOf(values: unknown): number {
  let hash = 0x811c9dc5
  for (const sign of JSON.stringify(values)) hash = Math.imul(hash ^ (sign.codePointAt(0) ?? 0), 0x01000193)
  return hash | 0
}

/** The name under which a part of a composite is indexed. */
export function partName(name: string, at: number): string {
  return `${name}$${at + 1}`
}

function partOf(
  { name, expression: groups }: SearchParameter,
  expression: string,
): (items: Parameters<Step>[0], resource: Resource) => ReturnType<Step> {
  const [root = ''] = groups.split('.')
  const path = expression.startsWith(ofResource) ? pathOf(`${root}.${expression.slice(ofResource.length)}`) : undefined
  const step = path === undefined ? compileRelative(expression) : undefined
  if (path !== undefined) return (_, resource) => path(resource)
  if (step === undefined) throw new Error(`composite search parameter ${name} has a part that is not supported: ${expression}`)
  return step
}

const indexTypes: ReadonlySet<string> = new Set<IndexType>(['token', 'string', 'date', 'reference', 'uri', 'number', 'quantity'])

function isIndexType(type: string): type is IndexType {
  return indexTypes.has(type)
}

function isParameterType(type: string): type is SearchParameterType {
  return type === 'composite' || isIndexType(type)
}
