/** Does an item have what tells a slice from the others? Spec: http://hl7.org/fhir/R4/profiling.html#discriminator */
import type { SlicingRule } from '../definitions/definition.ts'
import { coreUrl } from '../definitions/definitions.ts'
import { shared } from '../definitions/differential.ts'
import { partOf } from '../definitions/tree.ts'
import type { Tree } from '../definitions/tree.ts'
import { bindingVerdict } from './binding.ts'
import { hasPattern, isEqual } from './equal.ts'
import { isRecord } from './guards.ts'
import { holds } from './judge.ts'
import type { Judge } from './judge.ts'
import { childrenOf } from './node.ts'
import type { Node } from './node.ts'
import { checkDefinition, checkElement } from './profile-pass.ts'
import type { ProfileAt } from './profile-pass.ts'
import { resolve } from './resolve.ts'

export interface Asked {
  readonly slice: Tree
  readonly slicing: SlicingRule
  readonly at: ProfileAt
}

/** Every discriminator has to say yes. Without discriminators, what fits the slice's rules belongs to it. */
export function matches(judge: Judge, item: Node, { slice, slicing, at }: Asked): boolean {
  if (slicing.discriminators.length === 0) return holds(judge, (trial) => checkElement(trial, item, slice, at))
  return slicing.discriminators.every(({ type, path }) => {
    const steps = stepsOf(path)
    const nodes = walk(judge, [item], steps)
    const all = rulesAt(judge, slice, steps, at.root)
    const rules = all.filter(({ name, rule }) => steps.length === 0 || rule.slice === undefined || name.endsWith('[x]'))
    if (type === 'exists') return rules.some(({ rule }) => (rule.max === 0 ? nodes.length === 0 : (rule.min ?? 0) > 0 && nodes.length > 0))
    const isFollowed = steps.at(-1) === 'resolve()'
    if (type === 'type') return nodes.some((node) => rules.some((tree) => isOfType(judge, node, tree, isFollowed)))
    if (type === 'profile') return nodes.some((node) => rules.some((tree) => meetsProfile(judge, node, tree, isFollowed)))
    const telling = all.filter((tree) => saysSomething(tree))
    return hasValue(judge, { nodes, rules: telling.length > 0 ? telling : rules, at })
  })
}

function stepsOf(path: string): string[] {
  // dots inside brackets belong to an url: extension('http://…').value
  const parts = path.match(/[^.(]+(?:\([^)]*\))?/g) ?? []
  return parts.filter((part) => part !== '$this')
}

function walk(judge: Judge, from: readonly Node[], steps: readonly string[]): readonly Node[] {
  let nodes = from
  for (const step of steps) nodes = nodes.flatMap((node) => stepFrom(judge, node, step))
  return nodes
}

function stepFrom(judge: Judge, node: Node, step: string): readonly Node[] {
  const call = /^(\w+)\((.*)\)$/.exec(step)
  if (call === null) return node.children.get(step) ?? node.children.get(`${step}[x]`) ?? typedChoice(node, step)
  const argument = (call[2] ?? '').replace(/^['"]|['"]$/g, '')
  switch (call[1]) {
    case 'resolve':
      return resolve(judge, node) ?? []
    case 'extension':
      return childrenOf(node, 'extension').filter((each) => childrenOf(each, 'url')[0]?.value === argument)
    case 'ofType':
    case 'as':
      return node.type.name === argument.replace(/^FHIR\./, '') ? [node] : []
    default:
      return []
  }
}

/** `valueString` in a path of a profile that names the type. */
function typedChoice(node: Node, step: string): readonly Node[] {
  return [...node.children.values()].flatMap((list) => list.filter(({ key }) => key === step))
}

/** The rules of a slice at a discriminator's path, through profiles of types and into datatypes. */
function rulesAt(judge: Judge, slice: Tree, steps: readonly string[], root: Tree): readonly Tree[] {
  let trees: readonly Tree[] = [slice]
  for (const step of steps) {
    if (step === 'resolve()') continue
    const call = /^(\w+)\((.*)\)$/.exec(step)
    if (call === null) trees = trees.flatMap((tree) => childRules(judge, tree, step, root))
    else if (call[1] === 'extension') trees = trees.flatMap((tree) => extensionRules(judge, tree, (call[2] ?? '').replace(/['"]/g, '')))
  }
  return trees
}

function childRules(judge: Judge, tree: Tree, step: string, root: Tree): readonly Tree[] {
  const named = (from: Tree | undefined) => from?.children.get(step) ?? from?.children.get(`${step}[x]`)
  const stated = partsOfValue(tree, step)
  if (stated.length > 0) return stated
  const own = named(tree) ?? (tree.rule.content === undefined ? undefined : named(shared(root, tree.rule.content)))
  if (own !== undefined && (saysSomething(own) || own.children.size > 0 || !isProfiled(tree))) return withSlices(own)
  return (tree.rule.types ?? []).flatMap(({ code, profiles = [coreUrl + code] }) =>
    profiles.flatMap((url) => {
      const found = named(profileTree(judge, url))
      return found === undefined ? [] : withSlices(found)
    }),
  )
}

function isProfiled({ rule }: Tree): boolean {
  return rule.types?.some(({ profiles }) => profiles !== undefined) === true
}

function profileTree(judge: Judge, canonical: string): Tree | undefined {
  const [url = '', element] = canonical.split('#')
  const definition = judge.definitions.find(url)
  const root = definition === undefined ? undefined : judge.definitions.tree(definition)
  return root === undefined || element === undefined ? root : partOf(root, element)
}

/** What a fixed value or pattern of the whole says of one part. */
function partsOfValue({ rule }: Tree, step: string): readonly Tree[] {
  const stated = rule.fixed ?? rule.pattern
  const part = isRecord(stated?.value) ? stated.value[step] : undefined
  if (part === undefined) return []
  const values: readonly unknown[] = Array.isArray(part) ? part : [part]
  const kind = rule.fixed === undefined ? 'pattern' : 'fixed'
  return values.map((value) => ({
    name: step,
    rule: { path: `${rule.path}.${step}`, min: 1, [kind]: { type: '', value } },
    children: new Map<string, Tree>(),
    slices: [],
  }))
}

/** A choice narrowed in one slice (`value[x]:valueCoding`) has its rules there; a list may have them in a slice of its own (`coding:LOINC`). */
function withSlices(tree: Tree): readonly Tree[] {
  if (tree.slices.length === 0) return [tree]
  return tree.name.endsWith('[x]') && !saysSomething(tree) ? tree.slices : [tree, ...tree.slices]
}

function extensionRules(judge: Judge, tree: Tree, url: string): readonly Tree[] {
  const element = tree.children.get('extension')
  const slices = element?.slices.filter(({ rule }) => rule.types?.some(({ profiles }) => profiles?.includes(url) === true)) ?? []
  return slices.map((slice) => {
    const definition = judge.definitions.find(url)
    const profile = definition === undefined ? undefined : judge.definitions.tree(definition)
    return profile === undefined ? slice : { ...profile, rule: { ...profile.rule, min: slice.rule.min, max: slice.rule.max } }
  })
}

function isOfType(judge: Judge, node: Node, { rule }: Tree, isFollowed: boolean): boolean {
  const codes = isFollowed ? targetTypes(judge, rule.types) : (rule.types ?? []).map(({ code }) => code)
  return codes.some((code) => judge.definitions.isKindOf(node.type.name, code))
}

function targetTypes(judge: Judge, types: Tree['rule']['types'] = []): string[] {
  const targets = types.flatMap((type) => type.targets ?? [])
  return targets.flatMap((url) => judge.definitions.find(url)?.type ?? [])
}

function meetsProfile(judge: Judge, node: Node, { rule }: Tree, isFollowed: boolean): boolean {
  const urls = (rule.types ?? []).flatMap((type) => (isFollowed ? type.targets : type.profiles) ?? [])
  return urls.some((url) => {
    const definition = judge.definitions.find(url)
    if (definition === undefined || !judge.definitions.isKindOf(node.type.name, definition.type)) return false
    return holds(judge, (trial) => checkDefinition(trial, node, definition))
  })
}

function saysSomething({ rule }: Tree): boolean {
  return rule.fixed !== undefined || rule.pattern !== undefined || rule.binding?.strength === 'required'
}

/** By fixed value, pattern or required binding; where none of these is stated at the path, by everything stated below it. */
function hasValue(judge: Judge, { nodes, rules, at }: { nodes: readonly Node[]; rules: readonly Tree[]; at: ProfileAt }): boolean {
  if (rules.length === 0) return false
  return rules.some((tree) => {
    const { fixed, pattern, binding, max } = tree.rule
    if (max === 0) return nodes.length === 0
    if (fixed !== undefined) return nodes.some((node) => isEqual(node.value, fixed.value))
    if (pattern !== undefined) return nodes.some((node) => hasPattern(node.value, pattern.value))
    const isBound = binding?.strength === 'required' && binding.valueSet !== undefined
    // a slice that says nothing at the path is told apart by its other discriminators
    if (!isBound && tree.children.size === 0 && (tree.rule.min ?? 0) === 0) return true
    // a set that is not at hand (LOINC) and includes the code's system is taken to have the code: then the slice's other rules are looked at
    if (isBound) return nodes.some((node) => ['yes', 'unknown'].includes(bindingVerdict(judge, node, binding.valueSet ?? '')))
    return nodes.some((node) => holds(judge, (trial) => checkElement(trial, node, tree, at)))
  })
}
