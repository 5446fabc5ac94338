/**
 * Conditions over records, always in their simplest form, and their evaluator in JavaScript.
 * The constructors fold constants, merge atoms on the same element and use what one member says to shorten the others, so that a view
 * that only depends on custody comes out as one comparison.
 */
import { farFutureMs, farPastMs } from './instant.ts'
import type { Condition, Facts } from './types.ts'

type SetAtom = Extract<Condition, { readonly anyOf: readonly string[] }>
type LimitAtom = Extract<Condition, { readonly atMost: number }>
type Junction = 'and' | 'or'

export const always: Condition = { op: 'true' }
export const never: Condition = { op: 'false' }

export function truth(value: boolean): Condition {
  return value ? always : never
}

export function custodianIs(is: string): Condition {
  return { op: 'custodian', is }
}

/** One of the keys is among the record's sources; no key at all is met by no record. */
export function oneOf(op: SetAtom['op'], keys: readonly string[]): Condition {
  return keys.length === 0 ? never : { op, anyOf: [...new Set(keys)].sort() }
}

/** It has sensitivities and each is among these. */
export function clearedFor(codes: readonly string[]): Condition {
  return codes.length === 0 ? never : { op: 'cleared', for: [...new Set(codes)].sort() }
}

/** The number is at most this; beyond what an instant can be there is nothing to compare. */
export function atMost(op: LimitAtom['op'], limit: number): Condition {
  if (limit >= farFutureMs) return always
  return limit < farPastMs ? never : { op, atMost: limit }
}

export function not(condition: Condition): Condition {
  if (condition.op === 'true') return never
  if (condition.op === 'false') return always
  return condition.op === 'not' ? condition.of : { op: 'not', of: condition }
}

export function all(conditions: readonly Condition[]): Condition {
  return join('and', conditions)
}

export function any(conditions: readonly Condition[]): Condition {
  return join('or', conditions)
}

/** Whether a record meets the condition. Total. */
export function matches(condition: Condition, facts: Facts): boolean {
  switch (condition.op) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and':
      for (const member of condition.of) if (!matches(member, facts)) return false
      return true
    case 'or':
      for (const member of condition.of) if (matches(member, facts)) return true
      return false
    case 'not':
      return !matches(condition.of, facts)
    case 'sources':
    case 'classes':
    case 'codes':
    case 'sensitivities':
    case 'relations': {
      const has = facts[condition.op]
      return condition.anyOf.some((key) => has.includes(key))
    }
    case 'cleared':
      return facts.sensitivities.length > 0 && facts.sensitivities.every((code) => condition.for.includes(code))
    case 'confidentiality':
    case 'fromMs':
    case 'untilMs':
      return facts[condition.op] <= condition.atMost
    case 'ids':
      return condition.anyOf.includes(facts.id)
    case 'persons':
      return condition.anyOf.includes(facts.person)
    case 'custodian':
      return condition.is === facts.custodian
    default:
      return condition satisfies never
  }
}

/** Conditions never change, so a key is made once; the memo is invisible to callers. */
const keys = new WeakMap<Condition, string>()

/** Two conditions with the same key are the same condition. */
export function keyOf(condition: Condition): string {
  const known = keys.get(condition)
  if (known !== undefined) return known
  const key = keyFrom(condition)
  keys.set(condition, key)
  return key
}

function keyFrom(condition: Condition): string {
  if (isSetAtom(condition)) return JSON.stringify([condition.op, ...condition.anyOf])
  switch (condition.op) {
    case 'true':
    case 'false':
      return condition.op
    case 'custodian':
      return JSON.stringify([condition.op, condition.is])
    case 'cleared':
      return JSON.stringify([condition.op, ...condition.for])
    case 'confidentiality':
    case 'fromMs':
    case 'untilMs':
      return JSON.stringify([condition.op, condition.atMost])
    case 'not':
      return `not(${keyOf(condition.of)})`
    case 'and':
    case 'or':
      return `${condition.op}(${condition.of.map(keyOf).join(',')})`
    default:
      return condition satisfies never
  }
}

/** The members of a disjunction; a condition of another shape is its own only member, `false` has none. */
export function alternatives(condition: Condition): readonly Condition[] {
  if (condition.op === 'false') return []
  return condition.op === 'or' ? condition.of : [condition]
}

function join(op: Junction, conditions: readonly Condition[]): Condition {
  const [decisive, neutral] = op === 'and' ? [never, always] : [always, never]
  // Most of what is joined settles at once; the rest of this file is only for what does not.
  const open: Condition[] = []
  for (const condition of conditions) {
    if (condition.op === decisive.op) return decisive
    if (condition.op !== neutral.op) open.push(condition)
  }
  const [single, second] = open
  if (single === undefined) return neutral
  return second === undefined ? single : simplest(op, open, decisive)
}

function simplest(op: Junction, conditions: readonly Condition[], decisive: Condition): Condition {
  let members = tidy(op, conditions)
  while (members.length > 1 && !members.some((member) => member.op === decisive.op)) {
    const shorter = tidy(op, shorten(op, members))
    if (sameMembers(shorter, members)) break
    members = shorter
  }
  if (members.some((member) => member.op === decisive.op)) return decisive
  const [first, ...rest] = members
  if (first === undefined) return op === 'and' ? always : never
  return rest.length === 0 ? first : { op, of: members }
}

/** Flat, without neutral members or repeats, atoms on one element merged, in a fixed order with the cheap comparisons first. */
function tidy(op: Junction, conditions: readonly Condition[]): readonly Condition[] {
  const neutral = op === 'and' ? 'true' : 'false'
  const flat: Condition[] = []
  for (const member of conditions) {
    if (member.op === op) flat.push(...member.of)
    else if (member.op !== neutral) flat.push(member)
  }
  if (flat.length < 2) return flat
  const byKey = new Map(mergeAtoms(op, flat).map((member) => [keyOf(member), member]))
  return [...byKey.values()].sort((x, y) => rank(x) - rank(y) || (keyOf(x) < keyOf(y) ? -1 : 1))
}

const order: readonly Condition['op'][] = [
  'true',
  'false',
  'custodian',
  'persons',
  'ids',
  'confidentiality',
  'fromMs',
  'untilMs',
  'sensitivities',
  'cleared',
  'classes',
  'sources',
  'codes',
  'relations',
  'not',
  'and',
  'or',
]

const ranks: ReadonlyMap<Condition['op'], number> = new Map(order.map((op, at) => [op, at]))

function rank(condition: Condition): number {
  return ranks.get(condition.op) ?? order.length
}

/** `a ∈ X or a ∈ Y` is `a ∈ X ∪ Y`; `not (a ∈ X) and not (a ∈ Y)` is `not (a ∈ X ∪ Y)`. Members with nothing to merge stay the same objects. */
function mergeAtoms(op: Junction, members: readonly Condition[]): readonly Condition[] {
  const elementOf = (member: Condition): SetAtom['op'] | undefined => setAtomIn(op, member)?.op
  if (members.filter((member) => elementOf(member) !== undefined).length < 2) return members
  return [...Map.groupBy(members, elementOf)].flatMap(([element, group]) => {
    if (element === undefined || group.length === 1) return group
    const merged = oneOf(
      element,
      group.flatMap((member) => setAtomIn(op, member)?.anyOf ?? []),
    )
    return [op === 'or' ? merged : not(merged)]
  })
}

function setAtomIn(op: Junction, member: Condition): SetAtom | undefined {
  const atom = op === 'or' ? member : member.op === 'not' ? member.of : undefined
  return atom && isSetAtom(atom) ? atom : undefined
}

/** Inside a conjunction every other member may take a literal as given; inside a disjunction it may take its opposite as given. */
function shorten(op: Junction, members: readonly Condition[]): readonly Condition[] {
  let current = members
  for (const literal of members) {
    const atom = literal.op === 'not' ? literal.of : literal
    if (!isAtom(atom)) continue
    const holds = (op === 'and') === (literal.op !== 'not')
    current = current.map((member) => (member === literal ? member : given(member, atom, holds)))
  }
  return current
}

/** The condition where it is known whether `atom` holds. */
function given(condition: Condition, atom: Condition, holds: boolean): Condition {
  switch (condition.op) {
    case 'and':
      return rebuilt(condition, all, atom, holds)
    case 'or':
      return rebuilt(condition, any, atom, holds)
    case 'not': {
      const inner = given(condition.of, atom, holds)
      return inner === condition.of ? condition : not(inner)
    }
    default: {
      const settled = implied(condition, atom, holds)
      return settled === undefined ? condition : truth(settled)
    }
  }
}

function rebuilt(
  condition: Extract<Condition, { readonly op: Junction }>,
  build: (members: readonly Condition[]) => Condition,
  atom: Condition,
  holds: boolean,
): Condition {
  const members = condition.of.map((member) => given(member, atom, holds))
  return members.every((member, index) => member === condition.of[index]) ? condition : build(members)
}

/** What an atom is worth once another atom is known; undefined = that says nothing about it. */
function implied(condition: Condition, atom: Condition, holds: boolean): boolean | undefined {
  if (condition.op === 'custodian' && atom.op === 'custodian') {
    if (condition.is === atom.is) return holds
    return holds ? false : undefined
  }
  if (isLimitAtom(condition) && isLimitAtom(atom) && condition.op === atom.op) {
    if (holds) return atom.atMost <= condition.atMost ? true : undefined
    return condition.atMost <= atom.atMost ? false : undefined
  }
  if (!isSetAtom(condition) || !isSetAtom(atom) || condition.op !== atom.op) return undefined
  if (!holds) return condition.anyOf.every((key) => atom.anyOf.includes(key)) ? false : undefined
  if (atom.anyOf.every((key) => condition.anyOf.includes(key))) return true
  // A record has one id and one person, but many of the others.
  const isSingle = condition.op === 'ids' || condition.op === 'persons'
  return isSingle && !condition.anyOf.some((key) => atom.anyOf.includes(key)) ? false : undefined
}

function isSetAtom(condition: Condition): condition is SetAtom {
  return 'anyOf' in condition
}

function isLimitAtom(condition: Condition): condition is LimitAtom {
  return 'atMost' in condition
}

function isAtom(condition: Condition): boolean {
  return isSetAtom(condition) || isLimitAtom(condition) || condition.op === 'custodian'
}

function sameMembers(a: readonly Condition[], b: readonly Condition[]): boolean {
  return a.length === b.length && a.every((member, index) => member === b[index])
}
