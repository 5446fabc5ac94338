/** Which slice an item belongs to, and whether the slices allow it. Spec: http://hl7.org/fhir/R4/profiling.html#slicing */
import type { SlicingRule } from '../definitions/definition.ts'
import type { Tree } from '../definitions/tree.ts'
import { matches } from './discriminator.ts'
import type { Judge } from './judge.ts'
import type { Node } from './node.ts'
import { checkCount, checkElement } from './profile-pass.ts'
import type { ProfileAt } from './profile-pass.ts'

export interface Sliced {
  /** holds the items */
  readonly node: Node
  readonly items: readonly Node[]
  /** the element cut, or the slice cut again */
  readonly element: Tree
  readonly slices: readonly Tree[]
}

const byUrl: SlicingRule = { discriminators: [{ type: 'value', path: 'url' }], rules: 'open', isOrdered: false }
const byType: SlicingRule = { discriminators: [{ type: 'type', path: '$this' }], rules: 'open', isOrdered: false }

/** How an element is cut when the profile does not say: extensions by url, choices by type. */
function slicingOf({ name, rule }: Tree): SlicingRule {
  const isExtension = name === 'extension' || name === 'modifierExtension'
  const implied = isExtension ? byUrl : name.endsWith('[x]') ? byType : undefined
  const stated = rule.slicing
  if (stated === undefined) return implied ?? { discriminators: [], rules: 'open', isOrdered: false }
  return stated.discriminators.length === 0 && implied !== undefined ? { ...implied, rules: stated.rules } : stated
}

const defaultSlice = '@default'

export function checkSlices(judge: Judge, sliced: Sliced, at: ProfileAt): void {
  const { node, items, element, slices } = sliced
  const slicing = slicingOf(element)
  const outer = slices.filter((slice) => !slices.some((other) => isWithin(slice, other)))
  const members = new Map<Tree, Node[]>(outer.map((slice) => [slice, []]))
  const order: number[] = []
  for (const item of items) {
    const index = placeOf(judge, item, { outer, slicing, at })
    const slice = index === undefined ? undefined : outer[index]
    if (slice !== undefined) members.get(slice)?.push(item)
    order.push(index ?? -1)
  }
  checkOrder(judge, sliced, { slicing, order }, at)
  for (const [slice, list] of members) {
    const label = `${element.name}:${slice.rule.slice ?? ''}`
    checkCount(judge, node, { rule: slice.rule, count: list.length, label }, at)
    for (const item of list) checkElement(judge, item, slice, at)
    const inner = slices.filter((each) => isWithin(each, slice))
    if (inner.length > 0) checkSlices(judge, { node, items: list, element: slice, slices: inner }, at)
  }
}

/** `a/b` is a slice of the slice `a`. */
function isWithin(slice: Tree, outer: Tree): boolean {
  return slice !== outer && slice.rule.slice?.startsWith(`${outer.rule.slice ?? ''}/`) === true
}

interface Choice {
  readonly outer: readonly Tree[]
  readonly slicing: SlicingRule
  readonly at: ProfileAt
}

/** Place among the slices of the one the item belongs to. */
function placeOf(judge: Judge, item: Node, { outer, slicing, at }: Choice): number | undefined {
  const found: number[] = []
  for (const [index, slice] of outer.entries()) {
    if (slice.rule.slice === defaultSlice) continue
    if (matches(judge, item, { slice, slicing, at })) found.push(index)
  }
  const [first, second] = found
  if (first !== undefined && second !== undefined) {
    const names = found.map((index) => outer[index]?.rule.slice ?? '')
    judge.findings.add('several-slices', item, { says: [names.join(', '), at.definition.url], profile: at.definition.url })
  }
  if (first !== undefined) return first
  const fallback = outer.findIndex(({ rule }) => rule.slice === defaultSlice)
  return fallback < 0 ? undefined : fallback
}

function checkOrder(judge: Judge, sliced: Sliced, given: { slicing: SlicingRule; order: readonly number[] }, at: ProfileAt): void {
  const { slicing, order } = given
  const place = { says: [at.definition.url], profile: at.definition.url }
  const lastSliced = order.findLastIndex((index) => index >= 0)
  let highest = -1
  for (const [index, item] of sliced.items.entries()) {
    const slice = order[index] ?? -1
    if (slice < 0 && slicing.rules === 'closed') judge.findings.add('in-no-slice', item, place)
    if (slice < 0 && slicing.rules === 'openAtEnd' && index < lastSliced) judge.findings.add('slices-not-first', item, place)
    if (slice >= 0 && slice < highest && slicing.isOrdered) judge.findings.add('slices-out-of-order', item, place)
    highest = Math.max(highest, slice)
  }
}
