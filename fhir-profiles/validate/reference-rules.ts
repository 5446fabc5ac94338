/** References: form, target, and what the target has to be. Spec: http://hl7.org/fhir/R4/references.html */
import type { TypeRule } from '../definitions/definition.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { parseReference } from '../reference.ts'
import { holds } from './judge.ts'
import type { Judge } from './judge.ts'
import { textAt } from './node.ts'
import type { Node } from './node.ts'
import { checkDefinition } from './profile-pass.ts'
import { bundlesAround, resolveText, restfulParts } from './resolve.ts'

const absolute = /^[a-z][a-z0-9+.-]*:\S+$/i

/** `Type/id`, of a type R4 may not have. */
const typeAndId = /^[A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/

/** The form every Reference has, and a contained target that exists. False: there is nothing more to be said of it. */
export function checkReferenceForm(judge: Judge, node: Node): boolean {
  const text = textAt(node, 'reference')
  if (text === undefined) return false
  const at = { child: 'reference' }
  const parsed = parseReference(text)
  if (parsed === undefined && !typeAndId.test(text)) judge.findings.add('reference-format', node, at)
  else if (parsed?.kind === 'contained') {
    if (resolveText(judge, node, text).length === 0) judge.findings.add('reference-not-contained', node, at)
  } else return true
  return false
}

export function checkReference(judge: Judge, node: Node): void {
  const text = textAt(node, 'reference')
  const declared = textAt(node, 'type')
  if (!checkReferenceForm(judge, node) || text === undefined) return
  const at = { child: 'reference' }
  const parts = restfulParts(text)
  const isRelative = !absolute.test(text)
  if (parts !== undefined && (isRelative || /^https?:/.test(text)) && judge.types.of(parts.type)?.kind !== 'resource') {
    if (isRelative) return judge.findings.add('reference-to-no-type', node, at)
    judge.findings.add('reference-to-unknown-type', node, { ...at, severity: judge.policy.restfulReference })
  }
  if (isAnotherInBundle(judge, node, parts)) judge.findings.add('reference-type-differs', node, at)
  if (declared === undefined) return
  const actual = targetType(judge, node, text)
  if (actual !== undefined && actual !== declared && judge.types.of(declared) !== undefined)
    judge.findings.add('reference-type-differs', node, at)
}

/** `Practitioner/{uuid}` where the bundle has an Organization under `urn:uuid:{uuid}`. */
function isAnotherInBundle(judge: Judge, node: Node, parts: { base: string | undefined; type: string; id: string } | undefined): boolean {
  if (parts === undefined || parts.base !== undefined || bundlesAround(node).length === 0) return false
  const [target] = resolveText(judge, node, `urn:uuid:${parts.id}`)
  return target !== undefined && target.type.name !== parts.type
}

/** `Patient?identifier=…`, which only a transaction may hold. */
function isConditional(text: string): boolean {
  return /^[A-Z][A-Za-z]+\?\S+$/.test(text)
}

function targetType(judge: Judge, node: Node, text: string): string | undefined {
  const [target] = resolveText(judge, node, text)
  if (target !== undefined) return target.type.name
  const type = restfulParts(text)?.type ?? (isConditional(text) ? text.slice(0, text.indexOf('?')) : undefined)
  return type !== undefined && judge.types.of(type)?.kind === 'resource' ? type : undefined
}

/** The target's type, and its profile where the target is at hand. */
export function checkTargets(judge: Judge, node: Node, types: readonly TypeRule[], profile: string | undefined): void {
  const [first] = types
  if (first === undefined) return
  const targets = targetsOf(judge.definitions, first, types)
  if (targets === undefined) return
  const text = textAt(node, 'reference')
  const declared = textAt(node, 'type')
  const type = text === undefined ? declared : targetType(judge, node, text)
  const { allowed } = targets
  const isAllowed = (name: string): boolean => allowed.has(name) || [...allowed].some((each) => judge.definitions.isKindOf(name, each))
  // a type R4 does not have is none of those allowed, wherever the reference leads
  const isNoType = declared !== undefined && judge.types.of(declared)?.kind !== 'resource'
  if (targets.isClosed && ((type !== undefined && !isAllowed(type)) || isNoType)) {
    return judge.findings.add('reference-target', node, { says: [[...allowed].join(', ')], profile })
  }
  if (text !== undefined && targets.isProfiled) checkTargetProfiles(judge, node, { text, targets: targets.urls, profile })
  checkAggregation(judge, node, types, text)
}

interface Targets {
  readonly urls: readonly string[]
  readonly allowed: ReadonlySet<string>
  /** every target is known: a profile that is not loaded may be of any type */
  readonly isClosed: boolean
  readonly isProfiled: boolean
}

const known = new WeakMap<Definitions, WeakMap<TypeRule, Targets>>()

/** What the types of an element let it refer to; undefined when that is anything. Looked up once for each element of a definition. */
function targetsOf(definitions: Definitions, first: TypeRule, types: readonly TypeRule[]): Targets | undefined {
  const own = known.get(definitions) ?? new WeakMap<TypeRule, Targets>()
  known.set(definitions, own)
  let targets = own.get(first)
  if (targets === undefined) {
    const urls = types.flatMap((type) => type.targets ?? [])
    const found = urls.map((url) => definitions.find(url))
    targets = {
      urls,
      allowed: new Set(found.flatMap((definition) => definition?.type ?? [])),
      isClosed: found.every((definition) => definition !== undefined),
      isProfiled: found.some((definition) => definition?.isProfile !== false),
    }
    own.set(first, targets)
  }
  return targets.urls.length === 0 || targets.allowed.has('Resource') ? undefined : targets
}

function checkTargetProfiles(
  judge: Judge,
  node: Node,
  given: { text: string; targets: readonly string[]; profile: string | undefined },
): void {
  const { text, targets, profile } = given
  const [target] = resolveText(judge, node, text)
  if (target === undefined) return
  const definitions = targets.flatMap((url) => judge.definitions.find(url) ?? [])
  const fitting = definitions.filter(({ type }) => judge.definitions.isKindOf(target.type.name, type))
  if (definitions.length < targets.length || fitting.some(({ isProfile }) => !isProfile)) return
  if (fitting.some((definition) => holds(judge, (trial) => checkDefinition(trial, target, definition)))) return
  judge.findings.add('reference-profile', node, { says: [targets.join(', ')], profile })
}

/** Spec: http://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.aggregation */
function checkAggregation(judge: Judge, node: Node, types: readonly TypeRule[], text: string | undefined): void {
  const modes = types.flatMap((type) => type.aggregation ?? [])
  if (modes.length === 0 || text === undefined) return
  const isContained = text.startsWith('#')
  const bundles = bundlesAround(node)
  // Alone, a resource does not show what it will travel with.
  if (!isContained && bundles.length === 0) return
  const mode = isContained ? 'contained' : resolveText(judge, node, text).length > 0 ? 'bundled' : 'referenced'
  if (modes.includes(mode) || (mode === 'bundled' && modes.includes('referenced'))) return
  judge.findings.add('reference-aggregation', node, { says: [modes.join(', ')] })
}
