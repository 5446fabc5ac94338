/**
 * Reads a resource into typed nodes and judges its form on the way: names, JSON kinds, cardinality, choices, formats of primitives,
 * as the base types have them. Spec: http://hl7.org/fhir/R4/json.html
 */
import { isExactNumber, numberOf } from '../json.ts'
import { isRecord } from './guards.ts'
import type { Findings } from './finding.ts'
import type { Node } from './node.ts'
import { judgePrimitive } from './primitive.ts'
import type { ElementInfo, TypeInfo, Types } from './type-info.ts'

type Json = Readonly<Record<string, unknown>>
type Building = { -readonly [K in keyof Node]: Node[K] }

export interface Reading {
  readonly types: Types
  readonly findings: Findings
  /** objects within one another */
  readonly maxDepth: number
}

/** JSON.rawJSON numbers are objects to JavaScript, not to JSON. */
function isObject(value: unknown): value is Json {
  return isRecord(value) && !isExactNumber(value)
}

/** The node of a whole resource; undefined when it is no resource of R4 (a finding says why). */
export function readResource(reading: Reading, value: unknown): Node | undefined {
  const type = resourceType(reading, value, undefined)
  if (type === undefined || !isObject(value)) return undefined
  const plain = holdsExact(value) ? plainOf(value) : value
  const root = nodeOf({ name: type.name, key: undefined, index: undefined, value, plain, type, element: undefined, parent: undefined })
  readObject(reading, root, value, 0)
  return root
}

/** Either resource node may have a parent; its resource is itself, and so is its container unless it is contained. */
function nodeOf(given: Omit<Node, 'resource' | 'container' | 'children'>): Node {
  const { parent } = given
  // `resource` of a resource is the node under construction: filled in right below
  const node = { ...given, children: childless, resource: undefined, container: undefined } as unknown as Building
  const isResource = given.type.kind === 'resource'
  node.resource = parent === undefined || isResource ? node : parent.resource
  node.container = isResource ? (parent === undefined || given.name !== 'contained' ? node : parent.container) : (parent?.container ?? node)
  return node
}

function resourceType(reading: Reading, value: unknown, at: Node | undefined, name = ''): TypeInfo | undefined {
  const report = (id: 'not-a-resource' | 'unknown-type'): undefined => {
    if (at === undefined) reading.findings.addAt(id, 'resourceType', ['resourceType'])
    else reading.findings.add(id, at, { child: name })
    return undefined
  }
  if (!isObject(value) || typeof value['resourceType'] !== 'string') return report('not-a-resource')
  const type = reading.types.of(value['resourceType'])
  return type?.kind === 'resource' && !value['resourceType'].includes('.') && type.name !== 'Resource' && type.name !== 'DomainResource'
    ? type
    : report('unknown-type')
}

function readObject(reading: Reading, node: Node, value: Json, depth: number): void {
  const { findings } = reading
  if (findings.isFull) return
  if (depth > reading.maxDepth) return findings.add('too-deep', node, { says: [String(reading.maxDepth)] })
  const isResource = node.type.kind === 'resource'
  let keys = 0
  for (const key in value) {
    if (isResource && key === 'resourceType') continue
    keys += 1
    readKey(reading, node, value, { key, depth })
  }
  if (keys === 0 && !isResource) findings.add('empty-value', node)
  for (const { name, keys } of node.type.required) {
    if (!node.children.has(name) && !keys.some((key) => value[key] !== undefined || value[`_${key}`] !== undefined)) {
      findings.add('missing-element', node, { says: [name, node.type.name] })
    }
  }
}

/** A name from outside is repeated only if an element could have it. */
const elementName = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/

function readKey(reading: Reading, node: Node, value: Json, at: { key: string; depth: number }): void {
  const { key, depth } = at
  const { findings } = reading
  const isSibling = key.charCodeAt(0) === 95
  const name = isSibling ? key.slice(1) : key
  const element = node.type.elements.get(name)
  if (element === undefined || (isSibling && element.kind !== 'primitive')) {
    if (key === 'fhir_comments') return
    return findings.add('unknown-element', node, { child: elementName.test(key) ? key : undefined, says: [node.type.name] })
  }
  // `_birthDate` is read with `birthDate`, if that is there.
  if (isSibling && value[name] !== undefined) return
  if (element.isChoice && node.children.has(element.name)) {
    findings.add('several-choices', node, { child: element.name.slice(0, -3), says: [element.name] })
  }
  const own = isSibling ? undefined : value[name]
  const sibling = element.kind === 'primitive' ? value[`_${name}`] : undefined
  const plain = isObject(node.plain) ? node.plain[name] : undefined
  const list = { node, name, element, depth: depth + 1 }
  if (!element.isList) return readItem(reading, list, { value: own, sibling, plain, index: undefined })
  readList(reading, list, { value: own, sibling, plain })
}

interface Slot {
  readonly node: Node
  /** JSON key */
  readonly name: string
  readonly element: ElementInfo
  readonly depth: number
}

interface Item {
  readonly value: unknown
  readonly sibling: unknown
  readonly plain: unknown
}

function readList(reading: Reading, slot: Slot, { value, sibling, plain }: Item): void {
  const { findings } = reading
  const wrong = (each: unknown) => each !== undefined && !Array.isArray(each)
  if (wrong(value) || wrong(sibling)) return findings.add('not-an-array', slot.node, { child: slot.name })
  const values: readonly unknown[] = Array.isArray(value) ? value : []
  const siblings: readonly unknown[] = Array.isArray(sibling) ? sibling : []
  const plains: readonly unknown[] = Array.isArray(plain) ? plain : []
  if (values.length === 0 && value !== undefined) findings.add('empty-array', slot.node, { child: slot.name })
  const length = Math.max(values.length, siblings.length)
  for (let index = 0; index < length && !findings.isFull; index += 1) {
    readItem(reading, slot, { value: values[index], sibling: siblings[index], plain: plains[index], index })
  }
}

function readItem(reading: Reading, slot: Slot, item: Item & { index: number | undefined }): void {
  const { node, name, element } = slot
  const where = item.index === undefined ? name : `${name}[${item.index}]`
  // null stands in the array of a primitive, for a value or for extensions that are not there.
  const value = item.value === null && element.kind === 'primitive' && isObject(item.sibling) ? undefined : item.value
  if (value === null) return reading.findings.add('null-value', node, { child: where })
  if (element.kind === 'primitive') return readPrimitive(reading, slot, { ...item, value, where })
  if (!isObject(value)) {
    const isArray = Array.isArray(value)
    return reading.findings.add(isArray ? 'is-an-array' : 'not-an-object', node, { child: where, says: [element.type] })
  }
  const type = element.kind === 'resource' ? resourceType(reading, value, node, where) : reading.types.of(element.type)
  if (type === undefined) return
  const child = nodeOf({ name: element.name, key: name, index: item.index, value, plain: item.plain, type, element, parent: node })
  attach(node, child)
  readObject(reading, child, value, slot.depth)
}

/** Most elements are primitives with nothing below. */
const childless: ReadonlyMap<string, readonly Node[]> = new Map()

function attach(parent: Node, child: Node): void {
  // the map and its lists are made here and nowhere else; a node is handed out as unchangeable when all of it is read
  const building = parent as Building
  if (building.children === childless) building.children = new Map()
  const children = building.children as Map<string, Node[]>
  const list = children.get(child.name)
  if (list === undefined) children.set(child.name, [child])
  else list.push(child)
}

interface PrimitiveItem extends Item {
  readonly index: number | undefined
  readonly where: string
}

function readPrimitive(reading: Reading, slot: Slot, item: PrimitiveItem): void {
  const { node, name, element } = slot
  const { findings } = reading
  const type = reading.types.of(element.type)
  if (type === undefined) return
  const { value, plain, index } = item
  const child = nodeOf({ name: element.name, key: name, index, value, plain, type, element, parent: node })
  attach(node, child)
  if (item.sibling !== undefined && item.sibling !== null) {
    if (isObject(item.sibling)) readObject(reading, child, item.sibling, slot.depth)
    else findings.add('not-an-object', child, { says: ['Element'] })
  }
  if (value === undefined) {
    if (child.children.size === 0) findings.add('empty-value', child)
    return
  }
  const verdict = judgePrimitive(element.type, value)
  if (verdict === 'wrong-kind') findings.add('wrong-json-kind', child, { says: [element.type] })
  else if (verdict === 'empty') findings.add('empty-value', child)
  else if (verdict === 'wrong-format') findings.add(element.type === 'id' ? 'id-format' : 'wrong-format', child, { says: [element.type] })
}

function holdsExact(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (isExactNumber(value)) return true
  if (Array.isArray(value)) return value.some((item) => holdsExact(item))
  return Object.values(value).some((item) => holdsExact(item))
}

/** A copy in which every number is an ordinary one. */
function plainOf(value: unknown): unknown {
  if (isExactNumber(value)) return numberOf(value)
  if (Array.isArray(value)) return value.map((item) => plainOf(item))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)]))
}
