/** A resource as the validator walks it: every element with its type, its extensions and the place where it stands. */
import type { ElementInfo, TypeInfo } from './type-info.ts'

export interface Node {
  /** element name: `value[x]`; the type's name at the root */
  readonly name: string
  /** JSON key: `valueQuantity`; undefined at the root */
  readonly key: string | undefined
  /** place in its list; undefined where the element does not repeat */
  readonly index: number | undefined
  /** the JSON value; undefined for a primitive that has extensions only */
  readonly value: unknown
  /** as `value`, every number an ordinary one: what expressions are evaluated on */
  readonly plain: unknown
  readonly type: TypeInfo
  /** what the type above says of this element; undefined at the root */
  readonly element: ElementInfo | undefined
  readonly parent: Node | undefined
  /** the nearest resource: this node itself, if it is one */
  readonly resource: Node
  /** the outermost resource, or the entry of a Bundle, that holds `resource` as contained */
  readonly container: Node
  /** by element name */
  readonly children: ReadonlyMap<string, readonly Node[]>
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
