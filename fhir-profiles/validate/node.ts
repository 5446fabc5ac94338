/** A resource as the validator walks it: every element with its type, its extensions and the place where it stands. */
import { isExactNumber, numberOf } from '../json.ts'
import { isRecord } from './guards.ts'
import type { ElementInfo, TypeInfo } from './type-info.ts'

/** Elements by name, in the order they were met. Few are in one place, so looking through them is faster than making a table. */
export class Children {
  readonly #lists: (readonly Node[])[] = []

  get(name: string): readonly Node[] | undefined {
    for (const list of this.#lists) if (list[0]?.name === name) return list
    return undefined
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  get size(): number {
    return this.#lists.length
  }

  values(): readonly (readonly Node[])[] {
    return this.#lists
  }

  /** All elements of one name. */
  add(list: readonly Node[]): void {
    this.#lists.push(list)
  }

  /** A second value of a choice goes with the first. */
  addAgain(child: Node): void {
    const at = this.#lists.findIndex((list) => list[0]?.name === child.name)
    this.#lists.splice(at, 1, [...(this.#lists[at] ?? []), child])
  }
}

/** Most elements are primitives with nothing below. */
const childless = new Children()

/** What the reader finds out about the resource as a whole. */
export interface Whole {
  /** a number is kept with its digits somewhere (`json.ts`) */
  hasExact: boolean
}

export class Node {
  /** element name: `value[x]`; the type's name at the root */
  readonly name: string
  /** JSON key: `valueQuantity`; undefined at the root */
  readonly key: string | undefined
  /** place in its list; undefined where the element does not repeat */
  readonly index: number | undefined
  /** the JSON value; undefined for a primitive that has extensions only */
  readonly value: unknown
  readonly type: TypeInfo
  /** what the type above says of this element; undefined at the root */
  readonly element: ElementInfo | undefined
  readonly parent: Node | undefined
  /** the nearest resource: this node itself, if it is one */
  readonly resource: Node
  /** the outermost resource, or the entry of a Bundle, that holds `resource` as contained */
  readonly container: Node
  /** elements of this resource that have an id, where this is a resource and there are any */
  identified: Node[] | undefined
  #children = childless
  readonly #whole: Whole
  #plain: unknown

  /** Either resource node may have a parent; its resource is itself, and so is its container unless it is contained. */
  constructor(
    whole: Whole,
    parent: Node | undefined,
    given: { element: ElementInfo | undefined; type: TypeInfo },
    value: unknown,
    index?: number,
  ) {
    const { element, type } = given
    this.name = element?.name ?? type.name
    this.key = element?.key
    this.index = index
    this.value = value
    this.type = type
    this.element = element
    this.parent = parent
    const isResource = type.kind === 'resource'
    this.resource = parent === undefined || isResource ? this : parent.resource
    this.container = parent === undefined || (isResource && this.name !== 'contained') ? this : parent.container
    this.identified = undefined
    this.#whole = whole
    this.#plain = undefined
  }

  /** by element name */
  get children(): Children {
    return this.#children
  }

  /** All elements of one name at once. */
  add(list: readonly Node[]): void {
    if (this.#children === childless) this.#children = new Children()
    this.#children.add(list)
  }

  /** as `value`, every number an ordinary one: what expressions are evaluated on; shared with the plain value of the node above */
  get plain(): unknown {
    if (!this.#whole.hasExact) return this.value
    return (this.#plain ??= this.#plainValue())
  }

  #plainValue(): unknown {
    if (this.value === undefined || this.parent === undefined || this.key === undefined) return plainOf(this.value)
    const above = this.parent.plain
    const own = isRecord(above) ? above[this.key] : undefined
    return this.index === undefined ? own : Array.isArray(own) ? own[this.index] : undefined
  }
}

/** A copy in which every number is an ordinary one. */
function plainOf(value: unknown): unknown {
  if (isExactNumber(value)) return numberOf(value)
  if (Array.isArray(value)) return value.map((item) => plainOf(item))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)]))
}

const none: readonly Node[] = []

export function childrenOf(node: Node, name: string): readonly Node[] {
  return node.children.get(name) ?? none
}

export function childOf(node: Node, name: string): Node | undefined {
  return node.children.get(name)?.[0]
}

/** The text of a primitive child, if it is there. */
export function textAt(node: Node, name: string): string | undefined {
  const value = childOf(node, name)?.value
  return typeof value === 'string' ? value : undefined
}

/** FHIRPath of the place: `Observation.component[0].value.ofType(Quantity)`. */
export function pathOf(node: Node): string {
  if (node.parent === undefined) return node.type.name
  const own = node.name.endsWith('[x]') ? `${node.name.slice(0, -3)}.ofType(${node.type.name})` : node.name
  return `${pathOf(node.parent)}.${own}${node.index === undefined ? '' : `[${node.index}]`}`
}

/** JSON keys and indexes from the root to the node. */
export function stepsOf(node: Node): (string | number)[] {
  if (node.parent === undefined || node.key === undefined) return []
  return [...stepsOf(node.parent), node.value === undefined ? `_${node.key}` : node.key, ...(node.index === undefined ? [] : [node.index])]
}

/** Every node below, the node itself first. */
export function* within(node: Node): Generator<Node> {
  yield node
  for (const list of node.children.values()) for (const child of list) yield* within(child)
}

/** `Patient` of a resource node. */
export function resourceTypeOf(node: Node): string {
  return node.resource.type.name
}
