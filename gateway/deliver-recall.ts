/**
 * Copies are remembered before they leave, and recalled by a message that no consent stops: it holds nothing but what its receiver got.
 * Rules: `logic/recall.ts`
 */
import type { Parcel } from '../adapters/contract.ts'
import type { Facts } from '../consent/types.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Identifier } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { open } from './held.ts'
import { permitsAt } from './intake-recall.ts'
import { writeTask } from './intake-task.ts'
import { ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import { recallBundle, recalledParcels, recallStep } from './logic/recall.ts'
import { lockTask, type LoadedTask } from './referral-step.ts'
import type { ParcelRow } from './store/parcels.ts'
import type { Tables } from './store/store.ts'

/** A recall waits until it is known whether what it recalls has arrived: it never overtakes it. */
const waitMs = 1_000

/**
 * Which records are about to leave, and on what ground. Tasks are the network's own and no copy; a letter that says a status only, or only
 * what is the receiver's own, leaves none.
 */
export async function rememberCopies(
  tables: Tables,
  context: Context,
  input: {
    row: ParcelRow
    task: LoadedTask
    facts: readonly Facts[]
    /** the consent that let the referral go out lets its answer come back */
    isByReferral: boolean
    patient: Identifier | undefined
  },
): Promise<void> {
  const { row, task, patient } = input
  const copies = input.facts.filter(({ type, custodian }) => !['Task', 'Consent'].includes(type) && custodian !== row.receiver)
  if (copies.length === 0) return
  const focus = input.isByReferral ? await tables.records.byIds([task.task.focus?.reference?.split('/')[1] ?? '']) : []
  const owner = task.task.owner?.reference?.split('/')[1] ?? ''
  const named = patient?.system === undefined || patient.value === undefined ? undefined : { system: patient.system, value: patient.value }
  await tables.deliveries.remember(
    { parcel: row.id, person: task.person, receiver: row.receiver, patient: named, atMs: context.now().getTime() },
    copies.flatMap((facts) => [
      { record: facts.id, judgedFor: row.receiver, facts },
      ...focus.map((held) => ({ record: facts.id, judgedFor: owner, facts: open(held).facts })),
    ]),
  )
}

/** The same as the two of a referral's parcel; a recall that has to wait is due again by itself. */
export type PackedRecall = { readonly kind: 'send'; readonly parcel: Parcel } | { readonly kind: 'withheld' }

export async function packRecall(tables: Tables, context: Context, row: ParcelRow): Promise<PackedRecall> {
  const task = await lockTask(tables, row.task)
  if (task === undefined) {
    await tables.parcels.settle(row.id, 'failed', 'the recall is gone', context.now().getTime())
    return { kind: 'withheld' }
  }
  const sent = await tables.deliveries.sent(recalledParcels(task.task))
  if (sent.some(({ state }) => state === 'queued')) {
    await tables.parcels.again(row.id, context.now().getTime() + waitMs, 'what it recalls is still on its way')
    return { kind: 'withheld' }
  }
  if (task.task.restriction !== undefined && row.attempts === 1 && (await isCovered(tables, context, task))) {
    await tables.parcels.settle(row.id, 'failed', 'a consent covers it again', context.now().getTime())
    await recallReceipt(tables, context, row, 'cancelled')
    return { kind: 'withheld' }
  }
  // Only who is known to have got it is told whom it was about.
  const patient = sent.find(({ state, patient: named }) => state === 'delivered' && named !== undefined)?.patient
  const known = context.directory.institution(row.receiver)
  const owner = known === undefined ? {} : { identifier: { system: system.institutionNumber, value: known.number }, display: known.name }
  return {
    kind: 'send',
    parcel: { id: row.id, kind: 'recall', bundle: recallBundle(task.task, { parcel: row.id, owner, patient }), gaps: [] },
  }
}

/** Has a consent come since that covers everything a later recall would take back? */
async function isCovered(tables: Tables, context: Context, { task, person }: LoadedTask): Promise<boolean> {
  const named = recalledParcels(task)
  const all = await tables.deliveries.about(await tables.identities.idsOf([person]), person)
  const deliveries = all.filter(({ parcel }) => named.includes(parcel))
  const permits = await permitsAt(tables, context, { person, deliveries, at: context.now() })
  return deliveries.every(({ copies }) => copies.every((grounds) => grounds.some(permits)))
}

/** The receiver's EMR has the message, or it could not be brought. What the institution has said itself in the meantime stays. */
export async function recallReceipt(
  tables: Tables,
  context: Context,
  row: ParcelRow,
  status: 'received' | 'failed' | 'cancelled',
): Promise<void> {
  const current = await lockTask(tables, row.task)
  if (current === undefined) return
  const outcome = recallStep(current.task, { ...current.task, status }, 'network')
  if (outcome.kind === 'refused') return
  const written = await writeTask(tables, context, { ...current, task: outcome.task, id: row.task, ifMatch: '' })
  await tables.ledger.append([
    ledgerEntry(
      context,
      { ...whoIsNetwork, institution: row.receiver },
      { requestId: '', query: '' },
      {
        action: 'U',
        interaction: 'recall-receipt',
        outcome: status === 'failed' ? 'failed' : 'success',
        persons: [current.person],
        entities: [{ type: 'Task', id: row.task, version: written.version }],
        consents: [],
        note: status,
      },
    ),
  ])
}
