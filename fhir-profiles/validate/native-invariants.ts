/** Invariants in code, by their published expression: those on every resource, and those an engine cannot tell. */
import { numberOf } from '../json.ts'
import type { Judge } from './judge.ts'
import { narrativeOf } from './narrative.ts'
import { childOf, childrenOf, textAt, within } from './node.ts'
import type { Node } from './node.ts'
import { order } from './range.ts'

export type NativeInvariant = (node: Node, judge: Judge) => boolean

const isEmpty = (node: Node, ...names: readonly string[]): boolean => names.every((name) => !node.children.has(name))
const contained = (node: Node): readonly Node[] => childrenOf(node, 'contained')
const metaOf = (node: Node): readonly Node[] => childrenOf(node, 'meta')

/** http://hl7.org/fhir/R4/domainresource.html#invs */
const dom3 =
  "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | %resource.descendants().as(uri) " +
  "| %resource.descendants().as(url))) or descendants().where(reference = '#').exists() or descendants().where(as(canonical) = '#').exists() " +
  "or descendants().where(as(canonical) = '#').exists()).not()).trace('unmatched', id).empty()"

export const nativeInvariants: ReadonlyMap<string, NativeInvariant> = new Map<string, NativeInvariant>([
  // ele-1 and ext-1 hold or fail at every element: `element-pass.ts` says so once
  ['hasValue() or (children().count() > id.count())', () => true],
  ['extension.exists() != value.exists()', () => true],
  // dom-2: told where it is read
  ['contained.contained.empty()', () => true],
  [
    'contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()',
    (node) => contained(node).every((each) => metaOf(each).every((meta) => isEmpty(meta, 'versionId', 'lastUpdated'))),
  ],
  ['contained.meta.security.empty()', (node) => contained(node).every((each) => metaOf(each).every((meta) => isEmpty(meta, 'security')))],
  ['text.`div`.exists()', (node) => childrenOf(node, 'text').some((text) => text.children.has('div'))],
  // judged by `containers.ts`, which says which resource is meant and how severe the network finds it
  [dom3, () => true],
  // judged by `reference-rules.ts`, which also looks into the container and the bundle
  ["reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))", () => true],
  ['htmlChecks()', (node) => typeof node.value !== 'string' || narrativeOf(node.value).faults.length === 0],
  ['start.hasValue().not() or end.hasValue().not() or (start <= end)', isPeriod],
  [
    '($this as dateTime).toString().length() >= 8',
    ({ type, value }) => type.name !== 'dateTime' || (typeof value === 'string' && value.length >= 8),
  ],
  ['low.empty() or high.empty() or (low <= high)', isRange],
])

/** As R4 states it: a day and an instant within it are not known to be in order. Spec: http://hl7.org/fhir/R4/datatypes.html#Period */
function isPeriod(node: Node): boolean {
  const start = textAt(node, 'start')
  const end = textAt(node, 'end')
  if (start === undefined || end === undefined) return true
  const difference = order(start, end) ?? 0
  return difference < 0 || (difference === 0 && precisionOf(start) === precisionOf(end))
}

/** 4, 7, 10: year, month, day; 19 with the time. */
function precisionOf(time: string): number {
  return Math.min(time.length, 19)
}

/** Quantities of different units are not compared. */
function isRange(node: Node): boolean {
  const low = childOf(node, 'low')
  const high = childOf(node, 'high')
  const [from, to] = [low, high].map((each) => (each === undefined ? undefined : numberOf(childOf(each, 'value')?.value)))
  const unit = (each: Node | undefined, name: string) => (each === undefined ? undefined : textAt(each, name))
  if (from === undefined || to === undefined) return true
  if (unit(low, 'code') !== unit(high, 'code') || unit(low, 'system') !== unit(high, 'system')) return true
  return from <= to
}

/** Every contained resource is referred to from its container, or refers to it. Spec: http://hl7.org/fhir/R4/references.html#contained */
export function unreferenced(container: Node): readonly Node[] {
  const list = contained(container)
  if (list.length === 0) return list
  const named = new Set<string>()
  for (const node of within(container)) if (typeof node.value === 'string' && node.value.startsWith('#')) named.add(node.value)
  const refersBack = (each: Node): boolean => [...within(each)].some(({ value }) => value === '#')
  return list.filter((each) => !named.has(`#${textAt(each, 'id') ?? ''}`) && !refersBack(each))
}
