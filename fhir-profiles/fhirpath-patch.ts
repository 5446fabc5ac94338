/**
 * FHIRPath Patch: a Parameters resource whose operations name their places by FHIRPath. Pure; what is not named keeps its written digits.
 * Spec: http://hl7.org/fhir/R4/fhirpatch.html
 */
import { locate, type Location } from './fhirpath-locate.ts'
import { marked, plain, unmarked } from './json-marks.ts'
import { isRecord } from './validate/guards.ts'
import { isResourceType, structureOf, type Structure } from './validate/structure.ts'

export type Patched = { readonly ok: unknown } | { readonly fault: string; readonly at: number }

const kinds = ['add', 'insert', 'delete', 'replace', 'move'] as const
type Kind = (typeof kinds)[number]

interface PatchOperation {
  readonly kind: Kind
  readonly path: string
  readonly name: string
  /** what follows `value` in the name of the part: `CodeableConcept`; '' for parts of an element without a type of its own */
  readonly suffix: string
  readonly value: unknown
  readonly index: number
  readonly source: number
  readonly destination: number
}

/** Each costs a look through the resource. */
const maxOperations = 200

/** The resource after all operations, or the first one that does not apply and why; nothing of either is in the text. */
export function applyFhirPathPatch(resource: object, parameters: unknown): Patched {
  const operations = operationsIn(parameters)
  if (typeof operations === 'string') return { fault: operations, at: 0 }
  let current = marked(resource)
  for (const [at, operation] of operations.entries()) {
    if (typeof operation === 'string') return { fault: operation, at }
    const fault = apply(current, operation)
    if (fault !== undefined) return { fault, at }
    current = withoutEmpty(current)
  }
  return { ok: unmarked(current) }
}

type Json = Record<string, unknown>

function operationsIn(parameters: unknown): readonly (PatchOperation | string)[] | string {
  if (!isRecord(parameters) || parameters['resourceType'] !== 'Parameters') return 'a FHIRPath Patch is a Parameters resource'
  const list = parameters['parameter'] ?? []
  if (!Array.isArray(list)) return 'a FHIRPath Patch is a list of parameters'
  if (list.length > maxOperations) return `at most ${maxOperations} operations are taken in one patch`
  return list.map(operationIn)
}

function operationIn(parameter: unknown): PatchOperation | string {
  if (!isRecord(parameter) || parameter['name'] !== 'operation' || !Array.isArray(parameter['part']))
    return 'each parameter is an `operation` with parts'
  const parts = new Map<unknown, Json>(parameter['part'].filter(isRecord).map((part) => [part['name'], part]))
  const kind = kinds.find((each) => each === parts.get('type')?.['valueCode'])
  if (kind === undefined) return `\`type\` is one of ${kinds.join(', ')}`
  const path = parts.get('path')?.['valueString']
  if (typeof path !== 'string') return '`path` is a FHIRPath expression, given as valueString'
  const named = parts.get('name')?.['valueString']
  const name = typeof named === 'string' ? named : ''
  const given = valueIn(parts.get('value'))
  const numbers = ['index', 'source', 'destination'].map((key) => parts.get(key)?.['valueInteger'] ?? -1)
  const [index = -1, source = -1, destination = -1] = numbers.map((value) => (Number.isSafeInteger(value) ? Number(value) : -1))
  const operation = { kind, path, name, suffix: given?.suffix ?? '', value: given?.value, index, source, destination }
  return missingIn(operation, given === undefined) ?? operation
}

function missingIn({ kind, name, index, source, destination }: PatchOperation, noValue: boolean): string | undefined {
  if (noValue && (kind === 'add' || kind === 'insert' || kind === 'replace')) return `\`${kind}\` needs a value of one type`
  if (kind === 'add' && !/^[a-z][A-Za-z0-9]*$/.test(name)) return '`add` names the element it adds'
  if (kind === 'insert' && index < 0) return '`insert` needs an index'
  if (kind === 'move' && (source < 0 || destination < 0)) return '`move` needs a source and a destination'
  return undefined
}

function valueIn(part: Json | undefined): { suffix: string; value: unknown } | undefined {
  if (part === undefined) return undefined
  const [key, second] = Object.keys(part).filter((each) => each.startsWith('value'))
  if (key !== undefined && second === undefined) return { suffix: key.slice(5), value: marked(part[key]) }
  if (isRecord(part['resource'])) return { suffix: '', value: marked(part['resource']) }
  return Array.isArray(part['part']) ? { suffix: '', value: part['part'] } : undefined
}

/** Changes the marked resource in place; answers why it could not. */
function apply(root: unknown, operation: PatchOperation): string | undefined {
  const found = locate(plain(root), operation.path)
  if (typeof found === 'string') return found
  switch (operation.kind) {
    case 'add':
      return add(root, found, operation)
    case 'delete':
      return found.length > 1 ? '`path` leads to more than one element' : remove(root, found[0])
    case 'replace':
      return replace(root, found, operation)
    case 'insert':
    case 'move':
      return reorder(root, found, operation)
    default:
      return operation.kind satisfies never
  }
}

function add(root: unknown, found: readonly Location[], { name, suffix, value }: PatchOperation): string | undefined {
  const [only, second] = found
  const place = only === undefined || second !== undefined ? undefined : placeOf(root, only)
  if (place === undefined || !isJson(place.value)) return '`path` leads to one element that can hold others'
  const key = keyFor(place.structure, name, suffix)
  if (key === undefined) return 'there is no element of this name and type'
  const rule = place.structure?.elements.get(key)
  const item = itemOf(value, rule === undefined ? undefined : structureOf(rule.type))
  const before = place.value[key]
  if (rule?.isMany === true) place.value[key] = [...(Array.isArray(before) ? before : []), item]
  else if (before === undefined) place.value[key] = item
  else return 'the element is there already; replace it'
  return undefined
}

function remove(root: unknown, location: Location | undefined): string | undefined {
  // Nothing there is nothing to do: http://hl7.org/fhir/R4/fhirpatch.html#concept
  if (location === undefined) return undefined
  const owner = ownerOf(root, location)
  if (owner === undefined) return '`path` leads to the resource itself'
  const { holder, key, index } = owner
  if (index === undefined) {
    Reflect.deleteProperty(holder, key)
    Reflect.deleteProperty(holder, `_${key}`)
    return undefined
  }
  for (const each of [key, `_${key}`]) {
    const list = holder[each]
    if (Array.isArray(list)) list.splice(index, 1)
  }
  return undefined
}

function replace(root: unknown, found: readonly Location[], { suffix, value }: PatchOperation): string | undefined {
  const [only, second] = found
  const owner = only === undefined || second !== undefined ? undefined : ownerOf(root, only)
  if (owner === undefined) return '`path` leads to one element within the resource'
  const { holder, key, index, structure, name } = owner
  const next = keyFor(structure, name, suffix) ?? key
  const rule = structure?.elements.get(next)
  const item = itemOf(value, rule === undefined ? undefined : structureOf(rule.type))
  const list = holder[key]
  if (index !== undefined && Array.isArray(list)) list[index] = item
  else {
    if (next !== key) Reflect.deleteProperty(holder, key)
    holder[next] = item
  }
  return undefined
}

function reorder(root: unknown, found: readonly Location[], operation: PatchOperation): string | undefined {
  const owners = found.map((location) => ownerOf(root, location))
  const [first] = owners
  const list = first === undefined ? undefined : first.holder[first.key]
  const isOneList = owners.every((owner) => owner?.holder === first?.holder && owner?.key === first?.key)
  if (first === undefined || !Array.isArray(list) || !isOneList || list.length !== owners.length)
    return '`path` leads to one list that is there'
  const items: unknown[] = list
  const { kind, index, source, destination } = operation
  if (kind === 'insert') {
    if (index > items.length) return '`index` lies beyond the list'
    const rule = first.structure?.elements.get(first.key)
    items.splice(index, 0, itemOf(operation.value, rule === undefined ? undefined : structureOf(rule.type)))
    return undefined
  }
  if (source >= items.length || destination >= items.length) return '`source` or `destination` lies beyond the list'
  items.splice(destination, 0, ...items.splice(source, 1))
  return undefined
}

/** An element without a type of its own comes as parts, each one child; anything else as its value. */
function itemOf(value: unknown, structure: Structure | undefined): unknown {
  if (!Array.isArray(value)) return value
  const item: Json = {}
  for (const part of value.filter(isRecord)) {
    const child = valueIn(part)
    const name = part['name']
    if (child === undefined || typeof name !== 'string') continue
    const key = keyFor(structure, name, child.suffix) ?? name
    const rule = structure?.elements.get(key)
    const inner = itemOf(child.value, rule === undefined ? undefined : structureOf(rule.type))
    const before = item[key]
    item[key] = rule?.isMany === true ? [...(Array.isArray(before) ? before : []), inner] : inner
  }
  return item
}

function keyFor(structure: Structure | undefined, name: string, suffix: string): string | undefined {
  return [name, `${name}${suffix}`].find((key) => structure?.elements.has(key) === true)
}

interface Place {
  readonly value: unknown
  readonly structure: Structure | undefined
}

interface Owner {
  readonly holder: Json
  readonly key: string
  /** as FHIRPath calls it: `value` for `valueQuantity` */
  readonly name: string
  readonly index: number | undefined
  readonly structure: Structure | undefined
}

function placeOf(root: unknown, location: Location): Place {
  return location.reduce<Place>(stepInto, { value: root, structure: structureFor(root, undefined) })
}

function stepInto({ value, structure }: Place, { name, index }: Location[number]): Place {
  const holder = isJson(value) ? value : {}
  const key = ownKey(holder, structure, name)
  const child = holder[key]
  const item: unknown = index !== undefined && Array.isArray(child) ? child[index] : child
  return { value: item, structure: structureFor(item, structure?.elements.get(key)?.type) }
}

/** undefined for the resource itself, and for what is only beside a value (`_birthDate`). */
function ownerOf(root: unknown, location: Location): Owner | undefined {
  const last = location.at(-1)
  if (last === undefined) return undefined
  const { value, structure } = placeOf(root, location.slice(0, -1))
  if (!isJson(value)) return undefined
  const key = ownKey(value, structure, last.name)
  const index = Array.isArray(value[key]) ? (last.index ?? 0) : undefined
  return { holder: value, key, name: last.name, index, structure }
}

/** `value` is `valueQuantity` where that is what the object has. */
function ownKey(holder: Json, structure: Structure | undefined, name: string): string {
  if (Object.hasOwn(holder, name)) return name
  return Object.keys(holder).find((key) => structure?.elements.get(key)?.element === `${name}[x]`) ?? name
}

function structureFor(value: unknown, type: string | undefined): Structure | undefined {
  const own = isJson(value) ? value['resourceType'] : undefined
  if (typeof own === 'string' && isResourceType(own)) return structureOf(own)
  return type === undefined ? undefined : structureOf(type)
}

/** FHIR has no empty objects and lists: what a deletion emptied is gone with it. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty).filter((item) => item !== undefined)
  if (!isJson(value)) return value
  const kept = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const left = withoutEmpty(item)
    return left === undefined || (Array.isArray(left) && left.length === 0) ? [] : [[key, left]]
  })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function isJson(value: unknown): value is Json {
  return isRecord(value)
}
