/** Which elements of a referral Task an actor may change, and which of them only grow. All others are fixed for ever. */
import type { Task } from '../../fhir-profiles/r4.ts'
import type { Actor } from './referral.ts'

/** `add`: what was said stays said, entries are only appended. */
const changeable: Readonly<Record<Actor, Readonly<Record<string, 'set' | 'add'>>>> = {
  requester: { status: 'set', businessStatus: 'set', statusReason: 'set', note: 'add' },
  owner: { status: 'set', businessStatus: 'set', statusReason: 'set', executionPeriod: 'set', note: 'add', output: 'add' },
  network: { status: 'set', businessStatus: 'set', statusReason: 'set' },
}

/** The server keeps these itself; what a client writes there is not a change. */
const serverOwned: ReadonlySet<string> = new Set(['meta.versionId', 'meta.lastUpdated', 'lastModified'])

/** Names of the elements that differ though this actor may not change them, sorted; `meta.profile` for a part of `meta`. */
export function changedElements(current: Task, wanted: Task, actor: Actor): readonly string[] {
  const [before, after] = [flat(current), flat(wanted)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => !serverOwned.has(name) && !isAllowed(changeable[actor][name], before.get(name), after.get(name)))
    .filter((name) => !(name.startsWith('meta.') && after.get(name) === undefined))
    .sort()
}

function flat(task: Task): ReadonlyMap<string, unknown> {
  const { meta, ...rest } = task
  return new Map<string, unknown>([
    ...Object.entries(rest),
    ...Object.entries(meta ?? {}).map(([name, value]) => [`meta.${name}`, value] as const),
  ])
}

function isAllowed(rule: 'set' | 'add' | undefined, before: unknown, after: unknown): boolean {
  if (rule === 'set') return true
  if (rule === 'add') return listOf(before).every((old) => listOf(after).some((kept) => sameValue(old, kept)))
  return sameValue(before, after)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Equal as FHIR JSON: the order of keys says nothing, the order of lists does. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [entries(a), entries(b)]
  return left.size === right.size && [...left].every(([key, value]) => right.has(key) && sameValue(value, right.get(key)))
}

function entries(value: object): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>(Object.entries(value).filter(([, element]) => element !== undefined))
}
