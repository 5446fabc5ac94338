/**
 * What a differential means on top of its base: the snapshot, as a tree.
 * Spec: http://hl7.org/fhir/R4/profiling.html#snapshot
 */
import type { Definition, ElementRule, TypeRule } from './definition.ts'
import { copyOf, segmentsOf } from './tree.ts'
import type { Segment, Tree } from './tree.ts'

export interface Merged {
  readonly tree: Tree
  /** paths the base does not have: the differential is wrong there */
  readonly unknownPaths: readonly string[]
}

/** Finds the tree of a canonical url, or of a core type's name. */
export type TreeFinder = (canonicalOrType: string) => Tree | undefined

export function mergeDifferential(base: Tree, definition: Definition, find: TreeFinder): Merged {
  const tree = copyOf(base)
  const unknownPaths: string[] = []
  const segments = segmentsOf(definition.elements)
  for (const [index, rule] of definition.elements.entries()) {
    const at = locate({ tree, base }, segments[index] ?? [], find)
    if (at === undefined) unknownPaths.push(rule.path)
    else at.rule = mergeRule(at.rule, rule)
  }
  return { tree, unknownPaths }
}

/** The element a differential speaks of; steps into datatypes, profiles of types and new slices as it goes. */
function locate({ tree, base }: { tree: Tree; base: Tree }, segments: readonly Segment[], find: TreeFinder): Tree | undefined {
  let at = tree
  for (const segment of segments.slice(1)) {
    if (!at.children.has(segment.name) && choiceOf(at, segment.name) === undefined) expand(at, base, find)
    const element = at.children.get(segment.name)
    const next =
      element === undefined ? typedSlice(at, segment.name) : segment.slice === undefined ? element : sliceAt(element, segment.slice)
    if (next === undefined) return undefined
    at = next
  }
  return at
}

/** Brings in the children an element has by its type, by the profile on its type, or by the element of the base whose content it shares. */
export function expand(at: Tree, root: Tree, find: TreeFinder): void {
  const { content, types = [] } = at.rule
  const source = content === undefined ? sourceOf(types, find) : shared(root, content)
  if (source === undefined) return
  for (const [name, child] of source.children) if (!at.children.has(name)) at.children.set(name, copyOf(child))
}

function sourceOf(types: readonly TypeRule[], find: TreeFinder): Tree | undefined {
  const [only] = types
  if (only === undefined || types.length > 1) return find('Element')
  const profiled = only.profiles?.map((url) => find(url)).find((tree) => tree !== undefined)
  return profiled ?? find(only.code)
}

/** The element of an id, in the same tree: what a contentReference points at. */
export function shared(root: Tree, id: string): Tree | undefined {
  let at: Tree | undefined = root
  for (const part of id.split('.').slice(1)) at = at?.children.get(part.split(':')[0] ?? '')
  return at
}

/** `valueQuantity` → the element `value[x]`, if it may be a Quantity. */
function choiceOf(at: Tree, name: string): { element: Tree; type: TypeRule } | undefined {
  for (const [own, element] of at.children) {
    if (!own.endsWith('[x]') || !name.startsWith(own.slice(0, -3))) continue
    const type = element.rule.types?.find(({ code }) => capital(code) === name.slice(own.length - 3))
    if (type !== undefined) return { element, type }
  }
  return undefined
}

function capital(code: string): string {
  return code.charAt(0).toUpperCase() + code.slice(1)
}

function typedSlice(at: Tree, name: string): Tree | undefined {
  const choice = choiceOf(at, name)
  return choice === undefined ? undefined : sliceAt(choice.element, name)
}

/** A slice, or a slice of a slice; a new one starts as the element it cuts, and may be absent. */
function sliceAt(element: Tree, name: string): Tree {
  const known = element.slices.find((each) => each.rule.slice === name)
  if (known !== undefined) return known
  const outer = name.includes('/') ? element.slices.find((each) => each.rule.slice === name.slice(0, name.lastIndexOf('/'))) : undefined
  const model = copyOf(outer ?? element)
  const types = typesOfSlice(element, name)
  const made: Tree = {
    ...model,
    slices: [],
    rule: { ...model.rule, slice: name, slicing: undefined, min: 0, ...(types === undefined ? {} : { types }) },
  }
  element.slices.push(made)
  return made
}

/** By convention a slice of `value[x]` that is called `valueQuantity` holds quantities. */
function typesOfSlice(element: Tree, name: string): readonly TypeRule[] | undefined {
  if (!element.name.endsWith('[x]')) return undefined
  const stem = element.name.slice(0, -3)
  const type = element.rule.types?.find(({ code }) => name === stem + capital(code))
  return type === undefined ? undefined : [type]
}

function mergeRule(base: ElementRule, change: ElementRule): ElementRule {
  const stated = Object.fromEntries(Object.entries(change).filter(([key, value]) => value !== undefined && key !== 'path' && key !== 'id'))
  const constraints = [...(base.constraints ?? [])]
  for (const constraint of change.constraints ?? []) {
    const at = constraints.findIndex(({ key }) => key === constraint.key)
    if (at < 0) constraints.push(constraint)
    else constraints[at] = constraint
  }
  return {
    ...base,
    ...stated,
    // the name under which the slice was located: a slice of a slice has both names
    slice: base.slice ?? change.slice,
    ...(constraints.length === 0 ? {} : { constraints }),
    ...(change.binding === undefined ? {} : { binding: { ...base.binding, ...defined(change.binding) } }),
    ...(change.obligations === undefined ? {} : { obligations: [...(base.obligations ?? []), ...change.obligations] }),
    ...(change.types === undefined ? {} : { types: change.types.map((type) => typeIn(type, base.types)) }),
  }
}

/** A type a differential names without targets keeps those of the base. */
function typeIn(type: TypeRule, before: readonly TypeRule[] | undefined): TypeRule {
  const same = before?.find(({ code }) => code === type.code)
  return same === undefined || type.targets !== undefined ? type : { ...type, targets: same.targets }
}

function defined<T extends object>(value: T): T {
  // the same keys, without those that say nothing
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T
}
