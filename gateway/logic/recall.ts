/**
 * Whom to tell that a consent no longer covers what they were given, and the life of that message. A recall is made when a change of consent
 * takes away what let a copy pass; it names the parcels the institution got and nothing else. Nothing is deleted, nothing is sent again.
 */
import type { Facts } from '../../consent/types.ts'
import { profile, system } from '../../fhir-profiles/codes.ts'
import { compact, type Bundle, type Identifier, type Task } from '../../fhir-profiles/r4.ts'
import { changedElements } from './referral-elements.ts'
import { isReferralTask } from './referral.ts'

/** One reason why a record could be given: `judgedFor`'s view let these facts pass. */
export interface Ground {
  readonly judgedFor: string
  readonly facts: Facts
}

export interface Delivery {
  readonly parcel: string
  readonly receiver: string
  /** per record that was in it: the grounds it was given on, any of which is enough */
  readonly copies: readonly (readonly Ground[])[]
}

export interface Recall {
  readonly institution: string
  /** in the order they were delivered */
  readonly parcels: readonly string[]
}

/** Does the consent in force let it pass? */
export type Permits = (ground: Ground) => boolean

/**
 * One recall per institution that holds a copy which was covered before the change and is not any more. What was refused before is not
 * recalled twice, and what another consent still covers is not recalled.
 */
export function recallsOf(deliveries: readonly Delivery[], before: Permits, after: Permits): readonly Recall[] {
  const lost = deliveries.filter(({ copies }) => copies.some((grounds) => grounds.some(before) && !grounds.some(after)))
  return [...Map.groupBy(lost, ({ receiver }) => receiver)].map(([institution, all]) => ({
    institution,
    parcels: [...new Set(all.map(({ parcel }) => parcel))],
  }))
}

export const recallText =
  '환자가 동의를 철회하였거나 줄였습니다. 그 동의로 받은 자료를 더 이상 이용하지 마시고, 조치한 뒤 완료로 알려 주십시오. (The consent was withdrawn or narrowed: set aside what was received under it, and acknowledge.)'

/** The Task by which the officer sees who was told and who has acknowledged. */
export function recallTask(recall: Recall, about: { consent: string; person: string; at: string; from?: string | undefined }): Task {
  return compact<Task>({
    resourceType: 'Task',
    meta: { profile: [profile.recallTask] },
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: system.taskCode, code: 'recall', display: 'Recall of delivered copies' }] },
    description: recallText,
    focus: { reference: `Consent/${about.consent}` },
    for: { reference: `Patient/${about.person}` },
    requester: { reference: 'Organization/network' },
    owner: { reference: `Organization/${recall.institution}` },
    authoredOn: about.at,
    lastModified: about.at,
    input: recall.parcels.map((parcel) => ({
      type: { coding: [{ system: system.taskInput, code: 'parcel' }] },
      valueIdentifier: { system: system.parcel, value: parcel },
    })),
    // A consent that will end: from then on, and told then.
    restriction: about.from === undefined ? undefined : { period: { start: about.from } },
  })
}

/** What an institution's EMR is sent: the Task alone, without the consent, and the patient only as the parcels named them. */
export function recallBundle(
  task: Task,
  sent: { parcel: string; owner: { identifier?: Identifier; display?: string }; patient: Identifier | undefined },
): Bundle {
  const message = compact<Task>({
    resourceType: 'Task',
    id: task.id,
    identifier: [{ system: system.parcel, value: sent.parcel }],
    status: 'requested',
    intent: task.intent,
    code: task.code,
    description: task.description,
    for: sent.patient === undefined ? undefined : { ...task.for, identifier: sent.patient },
    requester: { type: 'Organization', display: 'care-network' },
    owner: { ...task.owner, ...sent.owner },
    authoredOn: task.authoredOn,
    input: task.input,
  })
  return {
    resourceType: 'Bundle',
    type: 'collection',
    identifier: { system: system.parcel, value: sent.parcel },
    entry: [{ fullUrl: `urn:care-network:Task/${task.id ?? ''}`, resource: message }],
  }
}

/** A referral that carries this profile too is still a referral. */
export function isRecallTask(task: Task): boolean {
  return !isReferralTask(task) && (task.meta?.profile ?? []).some((canonical) => canonical.split('|')[0] === profile.recallTask)
}

export function recalledParcels(task: Task): readonly string[] {
  return (task.input ?? []).flatMap(({ valueIdentifier }) =>
    valueIdentifier?.system === system.parcel && valueIdentifier.value !== undefined ? [valueIdentifier.value] : [],
  )
}

type Actor = 'owner' | 'network'
type Status = Task['status']

/**
 * completed: set aside. rejected: not, and why (a record the law makes them keep). failed: the message could not be brought.
 * cancelled: it was due later, and by then a consent covered everything again.
 */
const steps: readonly {
  readonly by: readonly Actor[]
  readonly from: readonly Status[]
  readonly to: Status
  readonly needsReason: boolean
}[] = [
  { by: ['network', 'owner'], from: ['requested'], to: 'received', needsReason: false },
  { by: ['owner'], from: ['requested', 'received', 'failed'], to: 'completed', needsReason: false },
  { by: ['owner'], from: ['requested', 'received', 'failed'], to: 'rejected', needsReason: true },
  { by: ['network'], from: ['requested'], to: 'failed', needsReason: false },
  { by: ['network'], from: ['requested'], to: 'cancelled', needsReason: false },
]

export interface RecallAction {
  readonly status: Status
  readonly needsReason: boolean
}

export function recallActions(task: Task, actor: Actor): readonly RecallAction[] {
  return steps
    .filter(({ by, from }) => by.includes(actor) && from.includes(task.status))
    .map(({ to, needsReason }) => ({ status: to, needsReason }))
}

export type RecallOutcome =
  | { readonly kind: 'ok'; readonly task: Task }
  | { readonly kind: 'refused'; readonly reason: string; readonly expression: string }

/** An acknowledgement says a status and perhaps why; everything else of the Task stays what it was. */
export function recallStep(current: Task, wanted: Task, actor: Actor): RecallOutcome {
  const [changed] = [...changedElements(current, wanted, 'network'), ...(wanted.businessStatus === undefined ? [] : ['businessStatus'])]
  if (changed !== undefined)
    return { kind: 'refused', reason: 'an acknowledgement says a status and a reason only', expression: `Task.${changed}` }
  const action = recallActions(current, actor).find(({ status }) => status === wanted.status)
  if (action === undefined)
    return { kind: 'refused', reason: `a recall cannot go from \`${current.status}\` there`, expression: 'Task.status' }
  if (action.needsReason && (wanted.statusReason?.text ?? wanted.statusReason?.coding?.[0]?.code ?? '').trim() === '')
    return { kind: 'refused', reason: 'this step needs a reason', expression: 'Task.statusReason' }
  return { kind: 'ok', task: compact<Task>({ ...current, status: wanted.status, statusReason: wanted.statusReason }) }
}
