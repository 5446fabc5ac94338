/**
 * A snapshot repeats what the type says anyway, and that has been judged already. Which children of an element a profile says something of its own
 * about, found once for each definition. Spec: http://hl7.org/fhir/R4/profiling.html#snapshot
 */
import type { Definition, ElementRule } from '../definitions/definition.ts'
import { coreUrl } from '../definitions/definitions.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Tree } from '../definitions/tree.ts'

const told = new WeakMap<Tree, readonly Tree[]>()

/** `at`: the definition the tree belongs to, and its root */
export function toldChildren(
  definitions: Definitions,
  tree: Tree,
  at: { readonly definition: Definition; readonly root: Tree },
): readonly Tree[] {
  const known = told.get(tree)
  if (known !== undefined) return known
  const type = definitions.find(coreUrl + at.definition.type)
  const base = type === undefined || type.isProfile ? undefined : definitions.tree(type)
  compare(at.root, base)
  return told.get(tree) ?? [...tree.children.values()]
}

/** True when nothing below says anything that `base` does not say. */
function compare(tree: Tree, base: Tree | undefined): boolean {
  const own = [...tree.children.values()].filter((child) => {
    const same = base?.children.get(child.name)
    const isSilent = compare(child, same)
    for (const slice of child.slices) compare(slice, same)
    return !isSilent || child.slices.length > 0 || same === undefined || essence(child.rule) !== essence(same.rule)
  })
  told.set(tree, own)
  return own.length === 0
}

/** What judges an instance. Obligations are told where the profile states them. */
function essence({ id: _id, path: _path, slice: _slice, isModifier: _modifier, isMustSupport: _support, ...rest }: ElementRule): string {
  return JSON.stringify(Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
