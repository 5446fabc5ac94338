/**
 * The search parameters we index, and what a resource contributes to each. The table is data derived from HL7's definitions
 * (`tools/definitions/build.mjs`). Spec: http://hl7.org/fhir/R4/search.html
 */
import table from './search-parameters.json' with { type: 'json' }
import { indexValue } from './index-entry.ts'
import type { IndexEntry } from './index-entry.ts'
import { compilePath } from './path.ts'
import type { Path } from './path.ts'
import type { Resource } from './r4.ts'
import { isRecord } from './validate/guards.ts'

export type { IndexEntry } from './index-entry.ts'
export { normaliseText } from './index-entry.ts'

export type SearchParameterType = 'token' | 'string' | 'date' | 'reference' | 'uri' | 'number' | 'quantity'

export interface SearchParameter {
  readonly name: string
  readonly type: SearchParameterType
  /** FHIRPath */
  readonly expression: string
  /** resource types a reference parameter may point at; empty = any, or not a reference */
  readonly targets: readonly string[]
}

interface CompiledParameter extends SearchParameter {
  readonly path: Path
}

// The compiler's type of the file lists every key; a table with string keys is what we look names up in.
const parameters: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = table
const compiled = new Map<string, ReadonlyMap<string, CompiledParameter>>()

/** The parameters of a type by name, `_id`, `_lastUpdated`, `_profile` and `_tag` included; types we do not index have only these. */
export function searchParametersOf(type: string): ReadonlyMap<string, SearchParameter> {
  return compiledFor(type)
}

/** The types that have parameters of their own. */
export const searchableTypes: readonly string[] = Object.keys(parameters).filter((type) => type !== 'Resource')

/**
 * Every index row of a resource. Dates are spans in `zone` (IANA name). Unreadable values give no row; references into the resource
 * itself (`#id`) give none either. Rows are distinct.
 */
export function extractIndex(resource: Resource, zone: string): readonly IndexEntry[] {
  const entries = new Map<string, IndexEntry>()
  for (const { name, type, path } of compiledFor(resource.resourceType).values()) {
    for (const found of path(resource)) {
      for (const entry of indexValue({ param: name, type, found, zone })) entries.set(JSON.stringify(entry), entry)
    }
  }
  return [...entries.values()]
}

function compiledFor(type: string): ReadonlyMap<string, CompiledParameter> {
  const known = compiled.get(type)
  if (known !== undefined) return known
  const rows = { ...parameters['Resource'], ...(Object.hasOwn(parameters, type) ? parameters[type] : {}) }
  const result = new Map(Object.entries(rows).map(([name, row]) => [name, compile(name, row)]))
  // Only names of the table are remembered: others come from outside and have no end.
  if (Object.hasOwn(parameters, type)) compiled.set(type, result)
  return result
}

function compile(name: string, [type = '', expression = '', targets = '']: readonly string[]): CompiledParameter {
  const path = expression === deceased ? isDeceased : compilePath(expression)
  if (path === undefined || !isParameterType(type))
    throw new Error(`search parameter ${name} has an expression that is not supported: ${expression}`)
  return { name, type, expression, targets: targets === '' ? [] : targets.split(','), path }
}

function isParameterType(type: string): type is SearchParameterType {
  return ['token', 'string', 'date', 'reference', 'uri', 'number', 'quantity'].includes(type)
}

/** The one published expression that computes a value: a date of death, or true. */
const deceased = 'Patient.deceased.exists() and Patient.deceased != false'

function isDeceased(resource: unknown): ReturnType<Path> {
  const value = isRecord(resource) && (resource['deceasedBoolean'] === true || typeof resource['deceasedDateTime'] === 'string')
  return [{ value, type: 'boolean', rule: undefined }]
}
