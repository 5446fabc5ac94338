/**
 * Reads a resource into typed nodes and judges its form on the way: names, JSON kinds, cardinality, choices, formats of primitives,
 * as the base types have them. Spec: http://hl7.org/fhir/R4/json.html
 */
import { isExactNumber } from '../json.ts'
import { isRecord } from './guards.ts'
import type { Findings } from './finding.ts'
import { Node } from './node.ts'
import type { Whole } from './node.ts'
import type { ElementInfo, TypeInfo, Types } from './type-info.ts'

type Json = Readonly<Record<string, unknown>>

export interface Reading {
  readonly types: Types
  readonly findings: Findings
  /** objects within one another */
  readonly maxDepth: number
  /** collects the elements whose form hangs on codes they are bound to, or on where they point */
  readonly pending?: Node[]
}

/** The node of a whole resource; undefined when it is no resource of R4 (a finding says why). */
export function readResource(reading: Reading, value: unknown): Node | undefined {
  const reader = new Reader(reading)
  return reader.whole(value)
}

/** A name from outside is repeated only if an element could have it. */
const elementName = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/

const underscore = 95

class Reader implements Whole {
  hasExact = false
  readonly #types: Types
  readonly #findings: Findings
  readonly #maxDepth: number
  readonly #pending: Node[] | undefined

  constructor({ types, findings, maxDepth, pending }: Reading) {
    this.#types = types
    this.#findings = findings
    this.#maxDepth = maxDepth
    this.#pending = pending
  }

  whole(value: unknown): Node | undefined {
    const type = this.#resourceType(value)
    if (type === undefined || !this.#isObject(value)) {
      this.#findings.addAt(this.#typeFault(value), 'resourceType', ['resourceType'])
      return undefined
    }
    const root = new Node(this, undefined, { element: undefined, type }, value)
    this.#readObject(root, value, 0)
    return root
  }

  /** JSON.rawJSON numbers are objects to JavaScript, not to JSON. */
  #isObject(value: unknown): value is Json {
    if (!isRecord(value)) return false
    if (!isExactNumber(value)) return true
    this.hasExact = true
    return false
  }

  /** undefined: not a resource of R4. */
  #resourceType(value: unknown): TypeInfo | undefined {
    const name = isRecord(value) ? value['resourceType'] : undefined
    if (typeof name !== 'string' || name.includes('.') || name === 'Resource' || name === 'DomainResource') return undefined
    const type = this.#types.of(name)
    return type?.kind === 'resource' ? type : undefined
  }

  #typeFault(value: unknown): 'not-a-resource' | 'unknown-type' {
    return this.#isObject(value) && typeof value['resourceType'] === 'string' ? 'unknown-type' : 'not-a-resource'
  }

  #readObject(node: Node, value: Json, depth: number): void {
    const findings = this.#findings
    if (findings.isFull) return
    if (depth > this.#maxDepth) return findings.add('too-deep', node, { says: [String(this.#maxDepth)] })
    const isResource = node.type.kind === 'resource'
    const keys = Object.keys(value)
    const hasSiblings = keys.some((key) => key.charCodeAt(0) === underscore)
    for (const key of keys) if (!isResource || key !== 'resourceType') this.#readKey(node, { value, hasSiblings }, key, depth + 1)
    if (keys.length === 0 && !isResource) findings.add('empty-value', node)
    for (const { name, keys } of node.type.required) {
      if (!node.children.has(name) && !keys.some((key) => value[key] !== undefined || value[`_${key}`] !== undefined)) {
        findings.add('missing-element', node, { says: [name, node.type.name] })
      }
    }
    if (isResource && node.name === 'contained' && node.children.has('contained'))
      findings.add('contained-in-contained', node, { child: 'contained' })
  }

  #readKey(node: Node, { value, hasSiblings }: { value: Json; hasSiblings: boolean }, key: string, depth: number): void {
    const findings = this.#findings
    const isSibling = hasSiblings && key.charCodeAt(0) === underscore
    const element = node.type.elements.get(isSibling ? key.slice(1) : key)
    if (element === undefined || (isSibling && element.kind !== 'primitive')) {
      return findings.add('unknown-element', node, { child: elementName.test(key) ? key : undefined, says: [node.type.name] })
    }
    // `_birthDate` is read with `birthDate`, if that is there.
    if (isSibling && value[element.key] !== undefined) return
    const own = isSibling ? undefined : value[key]
    const sibling = hasSiblings && element.kind === 'primitive' ? value[element.siblingKey] : undefined
    if (element.isList) return this.#readList(node, element, { own, sibling }, depth)
    const isSecond = element.isChoice && node.children.has(element.name)
    if (isSecond) findings.add('several-choices', node, { child: element.name.slice(0, -3), says: [element.name] })
    const child = this.#readItem(node, element, { own, sibling, index: undefined }, depth)
    if (child === undefined) return
    if (isSecond) node.children.addAgain(child)
    else node.add([child])
  }

  #readList(node: Node, element: ElementInfo, { own, sibling }: { own: unknown; sibling: unknown }, depth: number): void {
    const findings = this.#findings
    if ((own !== undefined && !Array.isArray(own)) || (sibling !== undefined && !Array.isArray(sibling))) {
      if (isExactNumber(own) || isExactNumber(sibling)) this.hasExact = true
      return findings.add('not-an-array', node, { child: element.key })
    }
    const values: readonly unknown[] = own ?? []
    const siblings: readonly unknown[] = sibling ?? []
    if (values.length === 0 && own !== undefined) findings.add('empty-array', node, { child: element.key })
    const length = Math.max(values.length, siblings.length)
    const list: Node[] = []
    for (let index = 0; index < length && !findings.isFull; index += 1) {
      const child = this.#readItem(node, element, { own: values[index], sibling: siblings[index], index }, depth)
      if (child !== undefined) list.push(child)
    }
    if (list.length > 0) node.add(list)
  }

  #readItem(node: Node, element: ElementInfo, item: Item, depth: number): Node | undefined {
    if (element.kind === 'primitive') return this.#readPrimitive(node, element, item, depth)
    const { own, index } = item
    if (!this.#isObject(own)) {
      const fault = own === null ? 'null-value' : Array.isArray(own) ? 'is-an-array' : 'not-an-object'
      this.#findings.add(fault, node, { child: whereOf(element, index), says: [element.type] })
      return undefined
    }
    const type = element.kind === 'resource' ? this.#resourceType(own) : element.info()
    if (type === undefined) {
      if (element.kind === 'resource') this.#findings.add(this.#typeFault(own), node, { child: `${whereOf(element, index)}.resourceType` })
      return undefined
    }
    const child = new Node(this, node, { element, type }, own, index)
    if (element.isPending) this.#pending?.push(child)
    this.#readObject(child, own, depth)
    return child
  }

  #readPrimitive(node: Node, element: ElementInfo, { own, sibling, index }: Item, depth: number): Node | undefined {
    const findings = this.#findings
    const type = element.info()
    if (type === undefined) return undefined
    // null stands in the array of a primitive, for a value or for extensions that are not there.
    const isInstead = own === null && this.#isObject(sibling)
    if (own === null && !isInstead) {
      findings.add('null-value', node, { child: whereOf(element, index) })
      return undefined
    }
    const child = new Node(this, node, { element, type }, isInstead ? undefined : own, index)
    if (element.name === 'id' && node.type.kind !== 'resource') (node.resource.identified ??= []).push(node)
    if (sibling !== undefined && sibling !== null) {
      if (this.#isObject(sibling)) this.#readObject(child, sibling, depth)
      else findings.add('not-an-object', child, { says: ['Element'] })
    }
    if (child.value !== undefined) this.#judge(element, child)
    else if (child.children.size === 0) findings.add('empty-value', child)
    return child
  }

  #judge(element: ElementInfo, child: Node): void {
    const findings = this.#findings
    if (typeof child.value === 'object') this.hasExact = true
    const verdict = element.form(child.value)
    if (verdict === 'good') {
      if (element.isPending) this.#pending?.push(child)
    } else if (verdict === 'wrong-kind') findings.add('wrong-json-kind', child, { says: [element.type] })
    else if (verdict === 'empty') findings.add('empty-value', child)
    else findings.add(element.type === 'id' ? 'id-format' : 'wrong-format', child, { says: [element.type] })
  }
}

interface Item {
  readonly own: unknown
  /** what stands under `_key` */
  readonly sibling: unknown
  readonly index: number | undefined
}

/** `name[0]` */
function whereOf({ key }: ElementInfo, index: number | undefined): string {
  return index === undefined ? key : `${key}[${index}]`
}
