/** Does an element meet a profile? Cardinality, types, fixed values, patterns, bindings, slices and invariants of its snapshot. */
import type { Constraint, Definition, ElementRule, TypeRule } from '../definitions/definition.ts'
import { coreUrl } from '../definitions/definitions.ts'
import { partOf } from '../definitions/tree.ts'
import type { Tree } from '../definitions/tree.ts'
import { checkBinding } from './binding.ts'
import { tooWideBindings } from './corrected-expressions.ts'
import { hasPattern, isEqual } from './equal.ts'
import { holds } from './judge.ts'
import type { Judge } from './judge.ts'
import { childrenOf } from './node.ts'
import type { Node } from './node.ts'
import { checkControls } from './narrative-rules.ts'
import { checkRange } from './range.ts'
import { checkTargets } from './reference-rules.ts'
import { checkSlices } from './slicing.ts'
import { toldChildren } from './told-children.ts'

/** Where in a profile the check stands. */
export interface ProfileAt {
  readonly definition: Definition
  readonly root: Tree
}

/** Judges a node against a profile named by its canonical url. */
export function checkProfile(judge: Judge, node: Node, canonical: string): void {
  const hash = canonical.indexOf('#')
  const element = hash < 0 ? undefined : canonical.slice(hash + 1)
  const definition = judge.definitions.find(hash < 0 ? canonical : canonical.slice(0, hash))
  if (definition !== undefined && element !== undefined) return checkPart(judge, node, definition, element)
  if (definition === undefined) return judge.findings.add('profile-unknown', node, { says: [canonical], severity: 'error' })
  checkDefinition(judge, node, definition)
}

/** One element of a profile stands for a profile of its own: http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element */
function checkPart(judge: Judge, node: Node, definition: Definition, element: string): void {
  const root = judge.definitions.tree(definition)
  const tree = root === undefined ? undefined : partOf(root, element)
  if (root === undefined || tree === undefined) return judge.findings.add('profile-unknown', node, { says: [definition.url] })
  checkElement(judge, node, tree, { definition, root })
}

export function checkDefinition(judge: Judge, node: Node, definition: Definition): void {
  const active = judge.active.get(node) ?? new Set()
  if (active.has(definition)) return
  judge.active.set(node, active.add(definition))
  const root = judge.definitions.tree(definition)
  if (root === undefined) judge.findings.add('profile-without-base', node, { says: [definition.url] })
  else if (!judge.definitions.isKindOf(node.type.name, definition.type)) {
    judge.findings.add('profile-of-another-type', node, { says: [definition.url, definition.type] })
  } else if (definition.isProfile) {
    checkElement(judge, node, root, { definition, root })
    for (const imposed of definition.imposes ?? []) checkProfile(judge, node, imposed)
  }
  active.delete(definition)
}

/** Judges one element against the rules for it, and all below. */
export function checkElement(judge: Judge, node: Node, tree: Tree, at: ProfileAt): void {
  if (judge.findings.isFull) return
  const { rule } = tree
  const profile = at.definition.url
  if (tree !== at.root) checkTypes(judge, node, rule, at)
  checkValue(judge, node, rule, profile)
  if (rule.binding !== undefined && !tooWideBindings.has(`${rule.path} ${rule.binding.valueSet ?? ''}`))
    checkBinding(judge, node, rule.binding, profile)
  // What a profile says of an entry's or contained resource is said by the resource around it.
  const owner = tree !== at.root && node.type.kind === 'resource' ? node.parent?.resource : undefined
  for (const constraint of rule.constraints ?? []) {
    if (!isOfBase(node, constraint)) judge.invariants.judge(judge, node, constraint, profile, owner)
  }
  if (rule.obligations !== undefined && judge.policy.tellsObligations) {
    judge.findings.add('obligation', node, { says: [rule.obligations.join(', ')], profile })
  }
  // A profile speaks of the places it names: what shares its content by reference (`item.item`) is as the base type has it.
  for (const child of toldChildren(judge.definitions, tree, at)) checkChild(judge, node, child, at)
}

/** A snapshot repeats what R4 says anyway and has been judged. */
function isOfBase({ type, element }: Node, { expression }: Constraint): boolean {
  const isSame = (each: Constraint): boolean => each.expression === expression
  return type.constraints.some(isSame) || element?.constraints.some(isSame) === true
}

function checkChild(judge: Judge, node: Node, child: Tree, at: ProfileAt): void {
  const { rule, name } = child
  if (name === 'value' && node.type.kind === 'primitive') return
  const items = childrenOf(node, name)
  checkCount(judge, node, { rule, count: items.length, label: name }, at)
  for (const item of items) checkElement(judge, item, child, at)
  if (child.slices.length > 0) checkSlices(judge, { node, items, element: child, slices: child.slices }, at)
}

export interface Counted {
  readonly rule: ElementRule
  readonly count: number
  /** name of the element, with its slice: `identifier:mrn` */
  readonly label: string
}

export function checkCount(judge: Judge, node: Node, { rule, count, label }: Counted, at: ProfileAt): void {
  const { min = 0, max = -1 } = rule
  const profile = at.definition.url
  if (count < min) judge.findings.add('too-few', node, { says: [label, String(min), profile], profile })
  if (max >= 0 && count > max) {
    const id = max === 0 ? 'not-allowed' : 'too-many'
    judge.findings.add(id, node, { child: label.split(':')[0]?.replace('[x]', ''), says: [label, String(max), profile], profile })
  }
}

/** Types R4 writes where anything of a kind may stand. */
const general: ReadonlySet<string> = new Set(['Element', 'BackboneElement', 'Resource', 'DomainResource'])

function checkTypes(judge: Judge, node: Node, rule: ElementRule, at: ProfileAt): void {
  const { types } = rule
  if (types === undefined) return
  if (node.type.name.includes('.')) return checkTypeProfiles(judge, node, types, at.definition.url)
  const own = types.filter(({ code }) => code === node.type.name)
  // the key of a choice names its type: a `valueCode` is no `valueString`, though a code is a kind of string
  const isChoice = rule.path.endsWith('[x]')
  const fits = (code: string): boolean => general.has(code) || (!isChoice && judge.definitions.isKindOf(node.type.name, code))
  const fitting = own.length > 0 ? own : types.filter(({ code }) => fits(code))
  const profile = at.definition.url
  if (fitting.length === 0) {
    return judge.findings.add('type-not-allowed', node, { says: [types.map(({ code }) => code).join(', '), profile], profile })
  }
  checkTypeProfiles(judge, node, fitting, profile)
  if (node.type.name === 'Reference' && fitting.some(({ targets }) => targets !== undefined)) checkTargets(judge, node, fitting, profile)
}

/** A type with profiles: one of them has to be met. */
export function checkTypeProfiles(judge: Judge, node: Node, types: readonly TypeRule[], profile: string | undefined): void {
  if (types.some(({ profiles }) => profiles === undefined)) return
  const urls = types.flatMap(({ profiles }) => profiles ?? [])
  const wanted = urls.filter((url) => url !== coreUrl + node.type.name)
  if (wanted.length > 0 && wanted.length === urls.length) checkAnyProfile(judge, node, wanted, profile)
}

/** One of them has to be met. */
export function checkAnyProfile(judge: Judge, node: Node, wanted: readonly string[], profile: string | undefined): void {
  const [only] = wanted
  if (only !== undefined && wanted.length === 1) return checkProfile(judge, node, only)
  if (wanted.some((url) => holds(judge, (trial) => checkProfile(trial, node, url)))) return
  judge.findings.add('no-profile-met', node, { says: [wanted.join(', ')], profile })
}

function checkValue(judge: Judge, node: Node, rule: ElementRule, profile: string): void {
  const { fixed, pattern, valueAlternatives } = rule
  const place = { says: [profile], profile }
  if (fixed !== undefined && !isEqual(node.value, fixed.value)) judge.findings.add('not-the-fixed-value', node, place)
  if (pattern !== undefined && !hasPattern(node.value, pattern.value)) judge.findings.add('pattern-not-met', node, place)
  if (valueAlternatives !== undefined && node.value === undefined) {
    const stands = childrenOf(node, 'extension').some((each) => valueAlternatives.includes(String(childrenOf(each, 'url')[0]?.value)))
    if (!stands) judge.findings.add('value-required', node, place)
  }
  checkRange(judge, node, rule, profile)
  if (rule.controls !== undefined) checkControls(judge, node, rule.controls, profile)
}
