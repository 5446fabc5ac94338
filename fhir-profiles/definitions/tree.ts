/** A definition as the tree its element ids describe: children by name, slices beside the element they cut. */
import type { Definition, ElementRule } from './definition.ts'

export interface Tree {
  /** last part of the path: `value[x]`; the type's name at the root */
  readonly name: string
  rule: ElementRule
  readonly children: Map<string, Tree>
  slices: Tree[]
}

export interface Segment {
  readonly name: string
  /** `a/b` is a slice of the slice `a` */
  readonly slice: string | undefined
}

/** The tree of a definition that brings its snapshot. */
export function treeOf(definition: Definition): Tree {
  const [first, ...rest] = definition.elements
  const root: Tree = { name: first?.path ?? definition.type, rule: first ?? { path: definition.type }, children: new Map(), slices: [] }
  const segments = segmentsOf(definition.elements)
  for (const [index, rule] of rest.entries()) place(root, rule, segments[index + 1] ?? [])
  return root
}

function place(root: Tree, rule: ElementRule, segments: readonly Segment[]): void {
  let at: Tree = root
  for (const [index, { name, slice }] of segments.slice(1).entries()) {
    const isLast = index === segments.length - 2
    let child = at.children.get(name)
    if (child === undefined) {
      child = { name, rule, children: new Map(), slices: [] }
      at.children.set(name, child)
    }
    at = slice === undefined ? child : sliceOf(child, slice, rule)
    if (isLast) at.rule = rule
  }
}

/** The slice of a name, made if it is not there yet. */
function sliceOf(element: Tree, slice: string, rule: ElementRule): Tree {
  const known = element.slices.find((each) => each.rule.slice === slice)
  if (known !== undefined) return known
  const made: Tree = { name: element.name, rule: { ...rule, slice }, children: new Map(), slices: [] }
  element.slices.push(made)
  return made
}

/** The element of an id: `Composition.section:medication.entry`. */
export function partOf(root: Tree, id: string): Tree | undefined {
  let at: Tree | undefined = root
  for (const part of id.split('.').slice(1)) {
    const [name = '', slice] = part.split(':')
    const element: Tree | undefined = at?.children.get(name)
    at = slice === undefined ? element : element?.slices.find(({ rule }) => rule.slice === slice)
  }
  return at
}

/** A copy whose branches can be changed; rules are shared. */
export function copyOf(tree: Tree): Tree {
  return {
    name: tree.name,
    rule: tree.rule,
    children: new Map([...tree.children].map(([name, child]) => [name, copyOf(child)])),
    slices: tree.slices.map((slice) => copyOf(slice)),
  }
}

/**
 * Where each element stands. An id tells (`Patient.name:official.given`); without one, the slice names met before do.
 * Spec: http://hl7.org/fhir/R4/elementdefinition.html#id
 */
export function segmentsOf(elements: readonly ElementRule[]): Segment[][] {
  const open = new Map<string, string>()
  return elements.map((rule) => {
    const names = rule.path.split('.')
    for (const path of open.keys()) if (path.startsWith(`${rule.path}.`) || path === rule.path) open.delete(path)
    if (rule.slice !== undefined) open.set(rule.path, rule.slice)
    const told = rule.id === undefined ? undefined : segmentsOfId(rule.id, names, rule.slice)
    if (told !== undefined) return told
    return names.map((name, index) => ({ name, slice: open.get(names.slice(0, index + 1).join('.')) }))
  })
}

/** undefined when the id contradicts path or slice name: ids of older tools do. */
function segmentsOfId(id: string, names: readonly string[], slice: string | undefined): Segment[] | undefined {
  const parts = id.split('.')
  if (parts.length !== names.length) return undefined
  const segments = parts.map((part) => {
    const colon = part.indexOf(':')
    return colon < 0 ? { name: part, slice: undefined } : { name: part.slice(0, colon), slice: part.slice(colon + 1) }
  })
  const agrees = segments.every(({ name }, index) => index === 0 || name === names[index])
  const last = segments.at(-1)
  if (!agrees || last === undefined) return undefined
  // `a/b` in the id may stand as `b` in the slice name.
  if (slice !== undefined && last.slice !== slice && last.slice?.endsWith(`/${slice}`) !== true) return undefined
  return segments
}
