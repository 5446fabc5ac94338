/**
 * One loop over parcels (due times: `overdue.ts`, beside it): claim, re-judge, send through the receiver's adapter, record the receipt, back off, give up loudly.
 * A parcel carries its id to the receiver, who keeps one row per id; so a repeat after a crash delivers once.
 */
import type { Parcel, Receipt } from '../adapters/contract.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Identifier } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { isReferralPermitted, pack } from './deliver-pack.ts'
import { recallReceipt } from './deliver-recall.ts'
import { liveNumberOf, type LiveNumber } from './live-number.ts'
import { loadTask, lockTask, networkStep, type LoadedTask } from './referral-step.ts'
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
    packOrSettle(tables, context, parcel, number.kind === 'known' ? number.identifiers : []),
  )
  if (packed === undefined) return
  const adapter = context.adapters.get(parcel.receiver)
  if (adapter === undefined) {
    await context.store.transaction((tables) => giveUp(tables, context, parcel, 'the receiver has no adapter'))
    return
  }
  const receipt = await send(() => adapter.deliver(packed, AbortSignal.any([signal, AbortSignal.timeout(sendDeadlineMs)])))
  await context.store.transaction((tables) => settle(tables, context, parcel, receipt))
  context.log(receipt.outcome === 'ok' ? 'info' : 'warn', 'parcel', {
    parcel: parcel.id,
    institution: parcel.receiver,
    kind: receipt.outcome,
    attempt: parcel.attempts,
    reason: receipt.outcome === 'ok' ? undefined : receipt.reason,
  })
}

/** undefined: nothing is sent, and the parcel is settled in the same transaction. */
async function packOrSettle(
  tables: Tables,
  context: Context,
  row: ParcelRow,
  liveNumbers: readonly Identifier[],
): Promise<Parcel | undefined> {
  const packed = await pack(tables, context, row, liveNumbers)
  switch (packed.kind) {
    case 'send':
      return packed.parcel
    case 'withheld':
      return undefined
    case 'gone':
      await giveUp(tables, context, row, 'the referral is gone')
      return undefined
    case 'refused':
      await withhold(tables, context, row, packed.task)
      return undefined
    default:
      return packed satisfies never
  }
}

/** A broken wire is a transient receipt: nothing is known to have arrived, and the same id is sent again. */
async function send(work: () => Promise<Receipt>): Promise<Receipt> {
  try {
    return await work()
  } catch (thrown) {
    return { outcome: 'transient', reason: thrown instanceof Error ? thrown.name : 'the adapter failed' }
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
