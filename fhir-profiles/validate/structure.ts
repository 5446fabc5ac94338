/**
 * What R4 says about each type: elements, how often, of what type, with which codes. Read from the committed data file
 * (`tools/definitions/build.mjs`) and compiled when a type is first met.
 */
import definitions from './r4-elements.json' with { type: 'json' }

/** One JSON key of an object: `valueQuantity` is a key of the element `value[x]`. */
export interface ElementRule {
  /** as in the definition: `value[x]`, `name` */
  readonly element: string
  readonly isMany: boolean
  /** name of a datatype, of a nested structure (`Patient.contact`) or `Resource` */
  readonly type: string
  readonly isPrimitive: boolean
  /** resource types a Reference may point at; undefined = any */
  readonly targets: ReadonlySet<string> | undefined
  /** codes of the required binding, where they can be listed */
  readonly codes: CodeList | undefined
}

export interface CodeList {
  readonly valueSet: string
  /** system → its codes */
  readonly systems: ReadonlyMap<string, ReadonlySet<string>>
  /** the codes of all systems, for the datatype `code` */
  readonly all: ReadonlySet<string>
}

export interface Structure {
  readonly name: string
  /** by JSON key */
  readonly elements: ReadonlyMap<string, ElementRule>
  readonly required: readonly RequiredElement[]
}

export interface RequiredElement {
  readonly element: string
  /** the JSON keys of which one must be there */
  readonly keys: readonly string[]
}

interface Definitions {
  readonly resourceTypes: readonly string[]
  readonly valueSets: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  readonly structures: Readonly<Record<string, Readonly<Record<string, string>>>>
}

// The compiler's type of the file lists every key; a table with string keys is what we look names up in.
const r4: Definitions = definitions
const types: ReadonlySet<string> = new Set(r4.resourceTypes)
const compiled = new Map<string, Structure>()
const codeLists = new Map<string, CodeList>()

/** The 146 resource types of R4. */
export const resourceTypes: readonly string[] = r4.resourceTypes

export function isResourceType(name: string): boolean {
  return types.has(name)
}

/** The structure of a resource, datatype or nested element; undefined for a name R4 does not have (and for primitives). */
export function structureOf(name: string): Structure | undefined {
  const known = compiled.get(name)
  if (known !== undefined || !Object.hasOwn(r4.structures, name)) return known
  const structure = compile(name)
  compiled.set(name, structure)
  return structure
}

function compile(name: string): Structure {
  const elements = new Map<string, ElementRule>()
  const required: RequiredElement[] = []
  for (const [element, text] of lineage(name)) {
    const rules = rulesOf(element, text)
    for (const [key, rule] of rules) elements.set(key, rule)
    if (text.startsWith('1')) required.push({ element, keys: rules.map(([key]) => key) })
  }
  return { name, elements, required }
}

/** Elements of the type and of the types it builds on, base first. */
function lineage(name: string): [element: string, text: string][] {
  const { $base: base = '', ...own } = r4.structures[name] ?? {}
  return [...(base === '' ? [] : lineage(base)), ...Object.entries(own)]
}

function rulesOf(element: string, text: string): [key: string, rule: ElementRule][] {
  const [cardinality = '', typeNames = '', valueSet] = text.split(' ')
  const isMany = !cardinality.endsWith('..1')
  const codes = valueSet === undefined ? undefined : codeListOf(valueSet.slice(1))
  return typeNames.split('|').map((typeName) => {
    const [type = '', targets] = typeName.split(/[()]/)
    const key = element.endsWith('[x]') ? element.slice(0, -3) + type.charAt(0).toUpperCase() + type.slice(1) : element
    const isPrimitive = type !== 'Resource' && !Object.hasOwn(r4.structures, type)
    return [key, { element, isMany, type, isPrimitive, targets: targets === undefined ? undefined : new Set(targets.split(',')), codes }]
  })
}

function codeListOf(valueSet: string): CodeList | undefined {
  const known = codeLists.get(valueSet)
  const systems = r4.valueSets[valueSet]
  if (known !== undefined || systems === undefined) return known
  const list = {
    valueSet,
    systems: new Map(Object.entries(systems).map(([system, codes]) => [system, new Set(codes)])),
    all: new Set(Object.values(systems).flat()),
  }
  codeLists.set(valueSet, list)
  return list
}

/** Of a value set of R4 that a required binding names and that can be listed: system → codes. `administrative-gender`, without the address. */
export function codesOfValueSet(name: string): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  return Object.hasOwn(r4.valueSets, name) ? codeListOf(name)?.systems : undefined
}
