/**
 * One loop over parcels (due times: `overdue.ts`, beside it): claim, re-judge, send through the receiver's adapter, record the receipt, back off, give up loudly.
 * A parcel carries its id to the receiver, who keeps one row per id; so a repeat after a crash delivers once.
 */
import type { Parcel, Receipt } from '../adapters/contract.ts'
import { system } from '../fhir-profiles/codes.ts'
import { compact, type Bundle, type Identifier, type Patient, type Reference, type Resource, type Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { packRecall, recallReceipt, rememberCopies } from './deliver-recall.ts'
import { open, type Held } from './held.ts'
import { routingAuthor } from './intake-referral.ts'
import { composePerson } from './logic/person.ts'
import { deliverySight, isVisible } from './judge.ts'
import { liveNumberOf, type LiveNumber } from './live-number.ts'
import { loadTask, lockTask, networkStep, type LoadedTask } from './referral-step.ts'
import { releaseDelivery, type Part } from './judged.ts'
import { askUndelivered } from './undelivered.ts'
import type { Lane, ParcelRow } from './store/parcels.ts'
import type { Tables } from './store/store.ts'
import { inTrace } from './trace.ts'

/** How long a process may hold a parcel before another takes it over; longer than any send may last. */
const leaseMs = 60_000
const sendDeadlineMs = 20_000
const firstRetryMs = 1_000
const longestRetryMs = 15 * 60_000
/** A receiver that is away is tried for about three days, then a person has to look. */
const maxAttempts = 300

export interface Delivering {
  readonly signal: AbortSignal
  /** sleeps for that long, or until something may be due */
  readonly sleep: (ms: number) => Promise<void>
  readonly lane: Lane
}

/** One lane for each receiver, and one for parcels whose receiver has left the network. */
export function lanesOf(receivers: readonly string[]): readonly Lane[] {
  return [...receivers.map((to) => ({ to })), { toNoneOf: receivers }]
}

/** Runs until `signal` aborts. */
export async function deliverLoop(context: Context, input: Delivering): Promise<void> {
  while (!input.signal.aborted) {
    const worked = await deliverNext(context, input).catch((thrown: unknown) => {
      context.log('error', 'delivery-fault', { fault: thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown' })
      return false
    })
    if (!worked) await input.sleep(500)
  }
}

/** Delivers at most one parcel; false when nothing was due. */
export async function deliverNext(context: Context, { signal, lane }: Pick<Delivering, 'signal' | 'lane'>): Promise<boolean> {
  const parcel = await context.store.transaction((tables) => tables.parcels.claim(context.now().getTime(), leaseMs, lane))
  if (parcel === undefined) return false
  const { traceparent, tracestate } = parcel
  const cause = { traceparent: traceparent ?? undefined, tracestate: tracestate ?? undefined, requestId: '' }
  await inTrace({ name: 'parcel', kind: 'consumer', ...cause }, { institution: parcel.receiver, kind: parcel.kind }, () =>
    deliverClaimed(context, parcel, signal),
  )
  return true
}

/** Within the trace of the request that made the parcel. */
async function deliverClaimed(context: Context, parcel: ParcelRow, signal: AbortSignal): Promise<void> {
  // Outside any transaction, since the network is asked; and only when consent lets the referral go there at all.
  const task = await loadTask(context.store, parcel.task)
  const mayAsk = parcel.kind !== 'recall' && task !== undefined && (await isReferralPermitted(context.store, context, task))
  const number: LiveNumber = mayAsk ? await liveNumberOf(context, parcel.receiver, task.person) : { kind: 'unknown' }
  if (number.kind === 'no-answer') {
    await context.store.transaction((tables) =>
      settle(tables, context, parcel, { outcome: 'transient', reason: 'the patient index of the receiver did not answer' }),
    )
    return
  }
  const packed = await context.store.transaction((tables) =>
    pack(tables, context, parcel, number.kind === 'known' ? number.identifiers : []),
  )
  if (packed.kind === 'withheld') return
  const adapter = context.adapters.get(parcel.receiver)
  if (adapter === undefined) {
    await context.store.transaction((tables) => giveUp(tables, context, parcel, 'the receiver has no adapter'))
    return
  }
  const receipt = await send(() => adapter.deliver(packed.parcel, AbortSignal.any([signal, AbortSignal.timeout(sendDeadlineMs)])))
  await context.store.transaction((tables) => settle(tables, context, parcel, receipt))
  context.log(receipt.outcome === 'ok' ? 'info' : 'warn', 'parcel', {
    parcel: parcel.id,
    institution: parcel.receiver,
    kind: receipt.outcome,
    attempt: parcel.attempts,
    reason: receipt.outcome === 'ok' ? undefined : receipt.reason,
  })
}

/** A broken wire is a transient receipt: nothing is known to have arrived, and the same id is sent again. */
async function send(work: () => Promise<Receipt>): Promise<Receipt> {
  try {
    return await work()
  } catch (thrown) {
    return { outcome: 'transient', reason: thrown instanceof Error ? thrown.name : 'the adapter failed' }
  }
}

type Packed = { readonly kind: 'send'; readonly parcel: Parcel } | { readonly kind: 'withheld' }

/** Judged now, under the consents in force now, and entered in the ledger before a byte leaves. */
async function pack(tables: Tables, context: Context, row: ParcelRow, liveNumbers: readonly Identifier[]): Promise<Packed> {
  if (row.kind === 'recall') return packRecall(tables, context, row)
  await takeTurn(tables, row)
  const task = await lockTask(tables, row.task)
  if (task === undefined) {
    await giveUp(tables, context, row, 'the referral is gone')
    return { kind: 'withheld' }
  }
  const told = await toldBy(tables, row, task)
  const content = await contentOf(tables, row, { ...task, task: told })
  const isByReferral = row.kind === 'referral-response' && (await isReferralPermitted(tables, context, task))
  const always = isByReferral ? content.held.map((item) => open(item).facts.id) : [row.task]
  const released = await releaseDelivery(tables, context, { held: content.held, receiver: row.receiver, person: task.person, always })
  const parts = new Map(released.parts.map((part) => [part.id, part]))
  const focus = task.task.focus?.reference?.split('/')[1] ?? ''
  if (row.kind === 'referral-request' && !parts.has(focus)) {
    await withhold(tables, context, row, task)
    return { kind: 'withheld' }
  }
  const quoted = await quotedBy(tables, row, task)
  const patient = await patientFor(tables, context, { person: task.person, receiver: row.receiver, parts: released.parts, liveNumbers })
  const passed = content.held.map(open).filter(({ facts }) => parts.has(facts.id))
  await rememberCopies(tables, context, {
    row,
    task,
    facts: passed.map(({ facts }) => facts),
    isByReferral,
    patient: patient.identifier?.[0],
  })
  return {
    kind: 'send',
    parcel: {
      id: row.id,
      kind: row.kind,
      bundle: bundleOf(row, {
        task: { ...withNames(context, told), identifier: [...(told.identifier ?? []), ...quoted] },
        parts: released.parts,
        patient,
      }),
      gaps: [],
    },
  }
}

/** Before the Task is locked, as a change of consent does it. */
async function takeTurn(tables: Tables, row: ParcelRow): Promise<void> {
  const task = await loadTask(tables, row.task)
  if (task !== undefined) await tables.deliveries.takeTurn(task.person)
}

/** An answer tells of the step it was queued for, also when the next one was taken before it could be sent. */
async function toldBy(tables: Tables, row: ParcelRow, { task }: LoadedTask): Promise<Task> {
  if (row.version === 0) return task
  const text = (await tables.records.versionsOf(row.task, 100)).find(({ version }) => version === row.version)?.text
  const value: unknown = text === undefined ? undefined : JSON.parse(text)
  return isResource(value) && value.resourceType === 'Task' ? value : task
}

/** What the requester tells (that it takes the referral back) quotes the delivery by which the receiver knows it. */
async function quotedBy(tables: Tables, row: ParcelRow, { task }: LoadedTask): Promise<readonly Identifier[]> {
  if (row.kind !== 'referral-response' || task.requester?.reference !== `Organization/${row.sender}`) return []
  const value = await tables.parcels.requestOf(row.task)
  return value === undefined ? [] : [{ system: system.parcel, value }]
}

/** The reply goes to the referrer under the consent that let the referral itself go out (consent.md, Delivery), as long as that holds. */
async function isReferralPermitted(tables: Tables, context: Context, task: LoadedTask): Promise<boolean> {
  const owner = task.task.owner?.reference?.split('/')[1] ?? ''
  const focus = await tables.records.byIds([task.task.focus?.reference?.split('/')[1] ?? ''])
  const sight = await deliverySight(tables, context, { receiver: owner, person: task.person })
  return focus.length > 0 && focus.every((held) => isVisible(sight, open(held)))
}

/** A request carries its ServiceRequest, what that refers to, and the sender's Patient; an answer carries its reports. */
async function contentOf(tables: Tables, row: ParcelRow, task: LoadedTask): Promise<{ held: readonly Held[] }> {
  const named = (references: readonly (string | undefined)[]): string[] => references.flatMap((reference) => reference?.split('/')[1] ?? [])
  if (row.kind === 'referral-response') {
    return {
      held: [task.held, ...(await tables.records.byIds(named((task.task.output ?? []).map((output) => output.valueReference?.reference))))],
    }
  }
  const focus = named([task.task.focus?.reference])
  const inputs = named((task.task.input ?? []).map((input) => input.valueReference?.reference))
  const outgoing = [...(await tables.consents.outgoing(focus)).values()].flat()
  const held = await tables.records.byIds([...new Set([...focus, ...inputs, ...outgoing])])
  return { held: [task.held, ...held.filter((item) => open(item).facts.person === task.person && open(item).facts.id !== row.task)] }
}

/** The receiver needs to know whom it is about: its own number where it has one, and the demographics it may see. */
async function patientFor(
  tables: Tables,
  context: Context,
  input: { person: string; receiver: string; parts: readonly Part[]; liveNumbers: readonly Identifier[] },
): Promise<Patient> {
  const patients = input.parts.flatMap((part) => {
    const value: unknown = part.type === 'Patient' ? JSON.parse(part.text) : undefined
    return isResource(value) && value.resourceType === 'Patient'
      ? [{ patient: value, custodian: part.custodian, updatedMs: part.updatedMs, version: part.version }]
      : []
  })
  const composed = composePerson(input.person, patients).patient
  const own = (await tables.identities.ofPersons([input.person])).filter((row) => row.institution === input.receiver)
  const ownRecords = await tables.records.byIds(own.map((row) => row.record))
  const numbers = ownRecords.flatMap((held) => {
    const value: unknown = JSON.parse(open(held).text)
    return isResource(value) && value.resourceType === 'Patient' ? (value.identifier ?? []) : []
  })
  const ownName = context.directory.institution(input.receiver)?.number ?? ''
  const mine = [...input.liveNumbers, ...numbers.filter((identifier) => identifier.system?.endsWith(`.${ownName}`) === true)]
  return compact<Patient>({
    ...composed,
    identifier: [...mine, ...(composed.identifier ?? []).filter((identifier) => !mine.includes(identifier))],
  })
}

/** A receiver knows institutions by number and name, not by our directory ids. */
function withNames(context: Context, task: Task): Task {
  const named = <R extends Reference>(reference: R | undefined): R | undefined => {
    const known = context.directory.institution(reference?.reference?.split('/')[1] ?? '')
    return known === undefined || reference === undefined
      ? reference
      : { ...reference, type: 'Organization', identifier: { system: system.institutionNumber, value: known.number }, display: known.name }
  }
  const note = task.note?.filter((item) => item.authorString !== routingAuthor)
  return compact<Task>({ ...task, requester: named(task.requester), owner: named(task.owner), note: note?.length === 0 ? undefined : note })
}

/** Parameters that name nothing, or something that goes along; none at all rather than an empty list, which is not FHIR. */
function namedOnly<T extends { readonly valueReference?: Reference }>(
  parameters: readonly T[] | undefined,
  allowed: ReadonlySet<string>,
): T[] | undefined {
  const kept = parameters?.filter(({ valueReference: to }) => to?.reference === undefined || allowed.has(to.reference)) ?? []
  return kept.length === 0 ? undefined : kept
}

function bundleOf(row: ParcelRow, content: { task: Task; parts: readonly Part[]; patient: Patient }): Bundle {
  const resources = content.parts.flatMap((part): Resource[] => {
    const value: unknown = JSON.parse(part.text)
    return isResource(value) && !['Task', 'Patient', 'Consent'].includes(value.resourceType) ? [value] : []
  })
  const allowed = new Set(resources.map((resource) => `${resource.resourceType}/${resource.id ?? ''}`))
  const task = compact<Task>({
    ...content.task,
    identifier: [...(content.task.identifier ?? []), { system: system.parcel, value: row.id }],
    // What was refused is not named either.
    output: namedOnly(content.task.output, allowed),
    input: namedOnly(content.task.input, allowed),
  })
  const entries: Resource[] = [task, content.patient, ...resources]
  return {
    resourceType: 'Bundle',
    type: 'collection',
    identifier: { system: system.parcel, value: row.id },
    entry: entries.map((resource) => ({ fullUrl: `urn:care-network:${resource.resourceType}/${resource.id ?? ''}`, resource })),
  }
}

/** Consent refuses now: the Task says `withheld` and nothing of why; a new permit resumes it. */
async function withhold(tables: Tables, context: Context, row: ParcelRow, task: LoadedTask): Promise<void> {
  const nowMs = context.now().getTime()
  await tables.parcels.settle(row.id, 'withheld', null, nowMs)
  await networkStep(tables, context, row.task, task, {
    ...task.task,
    status: 'on-hold',
    businessStatus: { coding: [{ system: system.businessStatus, code: 'withheld' }] },
  })
}

async function settle(tables: Tables, context: Context, row: ParcelRow, receipt: Receipt): Promise<void> {
  const nowMs = context.now().getTime()
  switch (receipt.outcome) {
    case 'ok': {
      await tables.parcels.settle(row.id, 'delivered', null, nowMs)
      if (row.kind === 'recall') return recallReceipt(tables, context, row, 'received')
      const task = await lockTask(tables, row.task)
      if (row.kind === 'referral-request' && task?.task.status === 'requested')
        await networkStep(tables, context, row.task, task, { ...task.task, status: 'received' })
      return
    }
    case 'transient': {
      if (row.attempts >= maxAttempts) return giveUp(tables, context, row, receipt.reason)
      await tables.parcels.again(
        row.id,
        nowMs + Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(row.attempts - 1, 20)),
        receipt.reason,
      )
      return
    }
    case 'fatal':
      return giveUp(tables, context, row, receipt.reason)
    default:
      return receipt satisfies never
  }
}

/** Loudly: a referral fails with a reason both sides read; an answer becomes a Task for a person who may send it again; the log says so. */
async function giveUp(tables: Tables, context: Context, row: ParcelRow, reason: string): Promise<void> {
  await tables.parcels.settle(row.id, 'failed', reason, context.now().getTime())
  context.log('error', 'parcel-given-up', { parcel: row.id, institution: row.receiver, attempt: row.attempts, reason })
  if (row.kind === 'recall') return recallReceipt(tables, context, row, 'failed')
  const task = await lockTask(tables, row.task)
  if (task === undefined) return
  if (row.kind !== 'referral-request') return askUndelivered(tables, context, { row, referral: task })
  await networkStep(tables, context, row.task, task, {
    ...task.task,
    status: 'failed',
    statusReason: { coding: [{ system: system.statusReason, code: 'not-deliverable' }], text: 'the receiver could not take this referral' },
  })
}
