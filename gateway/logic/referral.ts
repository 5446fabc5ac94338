/**
 * The life of a referral Task as one table: who may move it from where to where, and what must be said with it.
 * After the harmonised 360X/BSeR state machine (https://hl7.org/fhir/us/bser/) with R4 Task (http://hl7.org/fhir/R4/task.html);
 * on-hold, failed and the network as an actor are ours, the sources have no row for them.
 */
import { compact } from '../../fhir-profiles/r4.ts'
import type { CodeableConcept, Task } from '../../fhir-profiles/r4.ts'
import { profile, system } from '../../fhir-profiles/codes.ts'
import { changedElements } from './referral-elements.ts'

export type Actor = 'requester' | 'owner' | 'network'
export type Status = Task['status']
export type BusinessStatus = 'withheld' | 'interim-note'
/** reason: `statusReason`; report: an `output` that points at it; note: a new `note` or `output` */
export type Precondition = 'reason' | 'report' | 'note'

export interface Transition {
  readonly event: string
  readonly actor: Actor
  readonly from: Status
  readonly fromBusiness: BusinessStatus | undefined
  readonly to: Status
  readonly toBusiness: BusinessStatus | undefined
  readonly requires: readonly Precondition[]
}

interface Row {
  readonly event: string
  readonly by: readonly Actor[]
  readonly from: readonly (Status | readonly [Status, BusinessStatus])[]
  readonly to: Status | readonly [Status, BusinessStatus]
  readonly requires: readonly Precondition[]
}

/** Requested and received are both "not yet answered": receipts may come after the answer, or never. */
const unanswered = ['requested', 'received'] as const
const underWay = ['accepted', 'in-progress', ['in-progress', 'interim-note']] as const
const withheld = ['on-hold', 'withheld'] as const

const rows: readonly Row[] = [
  { event: 'received', by: ['network', 'owner'], from: ['requested'], to: 'received', requires: [] },
  { event: 'accepted', by: ['owner'], from: unanswered, to: 'accepted', requires: [] },
  // An accepted referral may still be declined (360X); once treatment began it ends with a report or fails.
  { event: 'rejected', by: ['owner'], from: [...unanswered, 'accepted'], to: 'rejected', requires: ['reason'] },
  { event: 'started', by: ['owner'], from: ['accepted'], to: 'in-progress', requires: [] },
  { event: 'interim-note', by: ['owner'], from: underWay, to: ['in-progress', 'interim-note'], requires: ['note'] },
  { event: 'completed', by: ['owner'], from: underWay, to: 'completed', requires: ['report'] },
  { event: 'cancelled', by: ['requester'], from: [...unanswered, 'accepted', withheld], to: 'cancelled', requires: ['reason'] },
  { event: 'withheld', by: ['network'], from: ['requested'], to: withheld, requires: [] },
  { event: 'resumed', by: ['network'], from: [withheld], to: 'requested', requires: [] },
  // Delivery is given up loudly: both sides read why.
  { event: 'failed', by: ['network'], from: [...unanswered, ...underWay, withheld], to: 'failed', requires: ['reason'] },
]

/** Every lawful step, one row each. Terminal states have none. */
export const transitionTable: readonly Transition[] = rows.flatMap(({ event, by, from, to, requires }) =>
  by.flatMap((actor) =>
    from.map((state) => {
      const [fromStatus, fromBusiness] = split(state)
      const [toStatus, toBusiness] = split(to)
      return { event, actor, from: fromStatus, fromBusiness, to: toStatus, toBusiness, requires }
    }),
  ),
)

function split(state: Status | readonly [Status, BusinessStatus]): readonly [Status, BusinessStatus | undefined] {
  return typeof state === 'string' ? [state, undefined] : state
}

export interface AvailableAction {
  readonly event: string
  readonly status: Status
  readonly businessStatus: BusinessStatus | undefined
  readonly requires: readonly Precondition[]
}

export type TransitionOutcome =
  | { readonly kind: 'ok'; readonly task: Task; readonly event: string }
  | {
      readonly kind: 'refused'
      readonly rule: 'not-lawful' | 'immutable' | 'unknown-business-status' | 'requires-reason' | 'requires-report' | 'requires-note'
      readonly reason: string
      /** the element at fault, e.g. `Task.statusReason` */
      readonly expression: string
      readonly allowed: readonly AvailableAction[]
    }

/**
 * May `actor` turn `current` into `wanted`? The answer's task is the one to store: `wanted` with the business status of the table, and
 * the server's own `meta` and `lastModified` left as they are (the caller stamps them).
 */
export function transition(current: Task, wanted: Task, actor: Actor): TransitionOutcome {
  const allowed = availableActions(current, actor)
  const [immutable] = changedElements(current, wanted, actor)
  if (immutable !== undefined) {
    return {
      kind: 'refused',
      rule: 'immutable',
      reason: `the ${actor} may not change this element`,
      expression: `Task.${immutable}`,
      allowed,
    }
  }
  const said = statedBusiness(current, wanted)
  if (said === 'unknown') {
    const reason = 'the business status is not one of the referral table'
    return { kind: 'refused', rule: 'unknown-business-status', reason, expression: 'Task.businessStatus', allowed }
  }
  const row = allowed.find((action) => action.status === wanted.status && (said === 'unstated' || action.businessStatus === said))
  if (row === undefined) {
    const reason = `from \`${current.status}\` the ${actor} may not go to \`${wanted.status}\``
    return { kind: 'refused', rule: 'not-lawful', reason, expression: 'Task.status', allowed }
  }
  const missing = row.requires.find((precondition) => !preconditions[precondition].holds(current, wanted))
  if (missing === undefined) return { kind: 'ok', task: settle(current, wanted, row), event: row.event }
  const { rule, reason, expression } = preconditions[missing]
  return { kind: 'refused', rule, reason, expression, allowed }
}

/** What the actor may do now; empty at the end of the road. */
export function availableActions(task: Task, actor: Actor): readonly AvailableAction[] {
  const business = businessOf(task.businessStatus)
  return transitionTable
    .filter((row) => row.actor === actor && row.from === task.status && row.fromBusiness === business)
    .map((row) => ({ event: row.event, status: row.to, businessStatus: row.toBusiness, requires: row.requires }))
}

const preconditions = {
  reason: {
    rule: 'requires-reason',
    reason: 'this step needs a reason',
    expression: 'Task.statusReason',
    holds: (_: Task, wanted: Task) => says(wanted.statusReason),
  },
  report: {
    rule: 'requires-report',
    reason: 'a referral is completed with its report',
    expression: 'Task.output',
    holds: (_: Task, wanted: Task) => reportCount(wanted) > 0,
  },
  note: {
    rule: 'requires-note',
    reason: 'an interim answer needs a new note or output',
    expression: 'Task.note',
    holds: (current: Task, wanted: Task) => count(wanted) > count(current),
  },
} as const

function says(concept: CodeableConcept | undefined): boolean {
  const texts = [concept?.text, ...(concept?.coding ?? []).map((coding) => coding.code)]
  return texts.some((text) => text !== undefined && text.trim() !== '')
}

function reportCount(task: Task): number {
  return (task.output ?? []).filter((output) => (output.valueReference?.reference ?? '') !== '').length
}

function count(task: Task): number {
  return (task.note ?? []).length + (task.output ?? []).length
}

function businessOf(concept: CodeableConcept | undefined): BusinessStatus | undefined | 'unknown' {
  if (concept === undefined) return undefined
  const code = concept.coding?.find((coding) => coding.system === system.businessStatus)?.code
  return code === 'withheld' || code === 'interim-note' ? code : 'unknown'
}

/** A patch that leaves the old business status in place has not stated one. */
function statedBusiness(current: Task, wanted: Task): BusinessStatus | 'unstated' | 'unknown' {
  const [before, after] = [businessOf(current.businessStatus), businessOf(wanted.businessStatus)]
  return after === before || after === undefined ? 'unstated' : after
}

function settle(current: Task, wanted: Task, row: AvailableAction): Task {
  const coding = row.businessStatus === undefined ? undefined : { coding: [{ system: system.businessStatus, code: row.businessStatus }] }
  const kept = businessOf(wanted.businessStatus) === row.businessStatus ? wanted.businessStatus : coding
  return compact<Task>({ ...wanted, businessStatus: kept, meta: current.meta, lastModified: current.lastModified })
}

/** A referral starts at `requested`, with nobody's answer in it. undefined = it may start; otherwise the element at fault. */
export function openingFault(task: Task): { readonly expression: string; readonly reason: string } | undefined {
  if (task.status !== 'requested') return { expression: 'Task.status', reason: 'a referral starts with status `requested`' }
  const early = (['businessStatus', 'statusReason', 'output', 'executionPeriod'] as const).find((element) => task[element] !== undefined)
  if (early !== undefined) return { expression: `Task.${early}`, reason: 'a new referral carries no answer yet' }
  if (task.requester?.reference === undefined) return { expression: 'Task.requester', reason: 'a referral names its requester' }
  if (task.owner?.reference === task.requester.reference)
    return { expression: 'Task.owner', reason: 'an institution cannot refer to itself' }
  return task.focus?.reference === undefined ? { expression: 'Task.focus', reason: 'a referral names its service request' } : undefined
}

export function isReferralTask(task: Task): boolean {
  return (task.meta?.profile ?? []).some((canonical) => canonical.split('|')[0] === profile.referralTask)
}

/** undefined = no party. The network acts only from the inside: no caller's institution ever makes it the actor. */
export function actorOf(task: Task, institutionId: string): 'requester' | 'owner' | undefined {
  const reference = `Organization/${institutionId}`
  if (task.owner?.reference === reference) return 'owner'
  return task.requester?.reference === reference ? 'requester' : undefined
}
