/**
 * Is this FHIR R4? Types, names, cardinality, formats, choices, required codes and the shape of references, as the base definitions
 * have them. Total and bounded: at most `maxIssues` issues, no deeper than `maxDepth`. Spec: http://hl7.org/fhir/R4/validation.html
 */
import { isExactNumber } from '../json.ts'
import { parseReference } from '../reference.ts'
import { isRecord } from './guards.ts'
import { issueCodes } from './issue.ts'
import type { Issue, IssueId } from './issue.ts'
import { judgePrimitive } from './primitive.ts'
import { isResourceType, structureOf } from './structure.ts'
import type { CodeList, ElementRule, Structure } from './structure.ts'

export { isRecord, isResource, isResourceOf } from './guards.ts'
export type { Issue, IssueId } from './issue.ts'
export { isResourceType, resourceTypes } from './structure.ts'

export interface ValidateOptions {
  /** objects within one another */
  readonly maxDepth?: number
  readonly maxIssues?: number
}

interface Walk {
  readonly issues: Issue[]
  readonly maxDepth: number
  readonly maxIssues: number
}

type Json = Readonly<Record<string, unknown>>

/** Where the walk stands: the ids of the contained resources that `#id` may name, and whether this is one of them. */
interface Scope {
  readonly depth: number
  readonly containedIds: ReadonlySet<string>
  readonly isContained: boolean
}

/** Every issue of the base specification found in a resource; an empty list means it is sound R4. */
export function validate(resource: unknown, options: ValidateOptions = {}): readonly Issue[] {
  const walk: Walk = { issues: [], maxDepth: options.maxDepth ?? 100, maxIssues: options.maxIssues ?? 50 }
  visitResource(walk, resource, '', { depth: 0, containedIds: none, isContained: false })
  return walk.issues
}

const none: ReadonlySet<string> = new Set()

/** What does not stand in the way of keeping a record; the sender is told. */
const warnings: ReadonlySet<IssueId> = new Set([
  // R4's own examples point at types their definitions do not list.
  'reference-target',
  // The server replaces `meta.versionId` and `meta.lastUpdated`: http://hl7.org/fhir/R4/resource.html#Meta
  'server-set-format',
])

function report(walk: Walk, id: IssueId, expression: string, diagnostics: string): void {
  if (walk.issues.length >= walk.maxIssues) return
  walk.issues.push({ severity: warnings.has(id) ? 'warning' : 'error', code: issueCodes[id], expression, id, diagnostics })
}

/** @param path where the resource stands in another; '' for the root, which is named by its own type */
function visitResource(walk: Walk, value: unknown, path: string, scope: Scope): void {
  if (!isObject(value)) return report(walk, 'not-a-resource', path === '' ? 'resourceType' : path, 'a resource is a JSON object')
  const type = value['resourceType']
  const here = path === '' ? 'resourceType' : `${path}.resourceType`
  if (typeof type !== 'string') return report(walk, 'not-a-resource', here, 'a resource names its type in `resourceType`')
  const structure = isResourceType(type) ? structureOf(type) : undefined
  if (structure === undefined) return report(walk, 'unknown-type', here, 'R4 has no resource type of this name')
  const root = path === '' ? type : path
  const contained = value['contained']
  if (scope.isContained && contained !== undefined) {
    report(walk, 'contained-in-contained', `${root}.contained`, 'a contained resource contains no further resources')
  }
  const containedIds = scope.isContained ? scope.containedIds : idsOf(contained)
  visitObject(walk, { value, structure, path: root, isResource: true }, { ...scope, containedIds })
}

function idsOf(contained: unknown): ReadonlySet<string> {
  if (!Array.isArray(contained)) return none
  return new Set(contained.flatMap((item: unknown) => (isRecord(item) && typeof item['id'] === 'string' ? [item['id']] : [])))
}

/** JSON.rawJSON numbers are objects to JavaScript, not to JSON. */
function isObject(value: unknown): value is Json {
  return isRecord(value) && !isExactNumber(value)
}

interface Place {
  readonly value: Json
  readonly structure: Structure
  readonly path: string
  readonly isResource: boolean
}

function visitObject(walk: Walk, place: Place, scope: Scope): void {
  const { value, structure, path } = place
  if (walk.issues.length >= walk.maxIssues) return
  if (scope.depth > walk.maxDepth) return report(walk, 'too-deep', path, `more than ${walk.maxDepth} elements within one another`)
  const inner = { ...scope, depth: scope.depth + 1 }
  let chosen: Map<string, string> | undefined
  let isEmpty = true
  for (const key in value) {
    if (key === 'resourceType' && place.isResource) continue
    isEmpty = false
    const name = key.startsWith('_') ? key.slice(1) : key
    const rule = structure.elements.get(name)
    if (rule === undefined || (name !== key && !rule.isPrimitive)) {
      report(
        walk,
        'unknown-element',
        isElementName(key) ? `${path}.${key}` : path,
        `\`${structure.name}\` has no element of this name in R4`,
      )
      continue
    }
    if (rule.element !== name) chosen = choose(walk, { path, rule, name, chosen })
    if (name === key)
      visitElement(
        walk,
        { rule, value: value[key], sibling: rule.isPrimitive ? value[`_${key}`] : undefined, path: `${path}.${key}` },
        inner,
      )
    else visitSibling(walk, { rule, value: value[key], path: `${path}.${name}` }, inner)
  }
  if (isEmpty && !place.isResource) report(walk, 'empty-value', path, 'an object has at least one element')
  requireElements(walk, place)
}

/** A name from outside is repeated only if an element could have it. */
function isElementName(key: string): boolean {
  return /^_?[A-Za-z][A-Za-z0-9]{0,63}$/.test(key)
}

interface Choice {
  readonly path: string
  readonly rule: ElementRule
  readonly name: string
  readonly chosen: Map<string, string> | undefined
}

function choose(walk: Walk, { path, rule, name, chosen = new Map() }: Choice): Map<string, string> {
  const before = chosen.get(rule.element)
  if (before === undefined) chosen.set(rule.element, name)
  else if (before !== name) report(walk, 'several-choices', `${path}.${name}`, `\`${rule.element}\` has one value, of one type`)
  return chosen
}

function requireElements(walk: Walk, { value, structure, path }: Place): void {
  for (const { element, keys } of structure.required) {
    if (keys.some((key) => value[key] !== undefined || value[`_${key}`] !== undefined)) continue
    report(walk, 'missing-element', path, `\`${element}\` is required in \`${structure.name}\``)
  }
}

interface ElementPlace {
  readonly rule: ElementRule
  readonly value: unknown
  /** what stands under `_key` */
  readonly sibling?: unknown
  readonly path: string
}

function visitElement(walk: Walk, place: ElementPlace, scope: Scope): void {
  const { rule, value, path } = place
  if (!rule.isMany) return visitItem(walk, place, scope)
  if (!Array.isArray(value)) return report(walk, 'wrong-json-kind', path, 'this element repeats: it is written as an array')
  if (value.length === 0) report(walk, 'empty-value', path, 'an array has at least one item')
  const siblings: readonly unknown[] = Array.isArray(place.sibling) ? place.sibling : []
  for (let index = 0; index < value.length && walk.issues.length < walk.maxIssues; index += 1) {
    visitItem(walk, { rule, value: value[index], sibling: siblings[index], path: `${path}[${index}]` }, scope)
  }
}

function visitItem(walk: Walk, { rule, value, sibling, path }: ElementPlace, scope: Scope): void {
  if (value === null) {
    if (!rule.isMany || !isObject(sibling))
      report(walk, 'null-value', path, 'null stands only in an array, for a value that has extensions instead')
  } else if (rule.isPrimitive) visitPrimitive(walk, { rule, value, path })
  else if (rule.type === 'Resource') visitResource(walk, value, path, { ...scope, isContained: rule.element === 'contained' })
  else if (!isObject(value))
    report(
      walk,
      'wrong-json-kind',
      path,
      `a \`${rule.type}\` is written as ${Array.isArray(value) ? 'one object, not an array' : 'an object'}`,
    )
  else visitComplex(walk, { rule, value, path }, scope)
}

function visitComplex(walk: Walk, { rule, value, path }: ElementPlace & { value: Json }, scope: Scope): void {
  const structure = structureOf(rule.type)
  // Every type the data file names is in it; the test of the data file holds that.
  if (structure === undefined) return
  visitObject(walk, { value, structure, path, isResource: false }, scope)
  if (rule.type === 'Reference') visitReference(walk, { rule, value, path }, scope)
  if (rule.codes !== undefined) visitConcept(walk, rule.codes, value, path)
}

const formatText: Readonly<Record<string, string>> = {
  'wrong-kind': 'written as another JSON type',
  'wrong-format': 'not in its format',
  empty: 'empty',
}

function visitPrimitive(walk: Walk, { rule, value, path }: ElementPlace): void {
  const verdict = judgePrimitive(rule.type, value)
  if (verdict === 'good') {
    if (rule.codes !== undefined && typeof value === 'string' && !rule.codes.all.has(value)) {
      report(walk, 'code-not-in-value-set', path, `the code is not in the required value set \`${rule.codes.valueSet}\``)
    }
    return
  }
  const isServerSet = rule.element === 'lastUpdated' || rule.element === 'versionId'
  const format = isServerSet ? 'server-set-format' : 'wrong-format'
  report(
    walk,
    verdict === 'wrong-kind' ? 'wrong-json-kind' : verdict === 'empty' ? 'empty-value' : format,
    path,
    `a \`${rule.type}\` that is ${formatText[verdict] ?? verdict}`,
  )
}

/** `_birthDate` beside `birthDate`: id and extensions of a primitive. Spec: http://hl7.org/fhir/R4/json.html#primitive */
function visitSibling(walk: Walk, { rule, value, path }: ElementPlace, scope: Scope): void {
  const items: readonly unknown[] | undefined = rule.isMany ? (Array.isArray(value) ? value : undefined) : [value]
  if (items === undefined) return report(walk, 'wrong-json-kind', path, 'the extensions of a repeating element are written as an array')
  const structure = structureOf('Element')
  if (structure === undefined) return
  for (const [index, item] of items.entries()) {
    const here = rule.isMany ? `${path}[${index}]` : path
    if (item === null && rule.isMany) continue
    if (isObject(item)) visitObject(walk, { value: item, structure, path: here, isResource: false }, scope)
    else report(walk, 'wrong-json-kind', here, 'the extensions of a primitive are written as an object')
  }
}

function visitReference(walk: Walk, { rule, value, path }: ElementPlace & { value: Json }, scope: Scope): void {
  const text = value['reference']
  if (typeof text !== 'string' || text === '') return
  const here = `${path}.reference`
  const parsed = parseReference(text)
  if (parsed === undefined && /^[A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.test(text))
    return report(walk, 'reference-target', here, 'R4 has no resource type of this name')
  if (parsed === undefined) return report(walk, 'reference-format', here, 'a reference is `Type/id`, `#id`, a URL or a `urn:`')
  if (parsed.kind === 'contained') {
    if (parsed.id !== '' && !scope.containedIds.has(parsed.id))
      report(walk, 'reference-not-contained', here, 'no contained resource has this id')
  } else if (parsed.type !== undefined && rule.targets?.has(parsed.type) === false) {
    report(walk, 'reference-target', here, `this element refers to ${[...rule.targets].join(', ')} only`)
  }
}

/** A CodeableConcept holds one coding of the required value set; a Coding is one. */
function visitConcept(walk: Walk, codes: CodeList, value: Json, path: string): void {
  const codings: readonly unknown[] = Array.isArray(value['coding']) ? value['coding'] : [value]
  const isListed = (coding: unknown) =>
    isObject(coding) &&
    typeof coding['system'] === 'string' &&
    typeof coding['code'] === 'string' &&
    codes.systems.get(coding['system'])?.has(coding['code'])
  if (codings.some(isListed)) return
  report(walk, 'code-not-in-value-set', path, `no coding is in the required value set \`${codes.valueSet}\``)
}
