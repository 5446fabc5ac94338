/** One parcel to the EMR: looked for first, then written in one transaction. */
import type { Bundle } from '../../fhir-profiles/r4.ts'
import type { AdapterPorts, Parcel, Receipt } from '../contract.ts'
import { isFhirId } from './admit.ts'
import type { Emr } from './emr.ts'
import { EmrFailure, kindOfStatus, reasonOf } from './failure.ts'
import { cancellationOf, cancelledTask, isCancelledBy } from './map-cancel.ts'
import { type Institution, type Mapped, markOf, ownPatientNumber, toTransaction } from './map.ts'
import { rememberTask } from './task-memory.ts'

export interface Delivery {
  readonly emr: Emr
  readonly institution: Institution
  readonly memory: AdapterPorts['memory']
}

/** 2xx = ok; what can never succeed = fatal, with the element; everything else = transient. Sent twice, the EMR keeps one Task. */
export async function deliverParcel(delivery: Delivery, parcel: Parcel, signal: AbortSignal): Promise<Receipt> {
  if (parcel.kind === 'feed') return { outcome: 'fatal', reason: 'a feed is never sent to an EMR', where: 'Bundle' }
  try {
    const reference = `Task/${parcel.id}`
    // A repeat must not undo what the hospital has done with the Task since the first try.
    if (isFhirId(parcel.id) && (await delivery.emr.read('Task', parcel.id, signal)) !== undefined) return { outcome: 'ok', reference }
    const cancelled = await cancelAtEmr(delivery, parcel, signal)
    if (cancelled !== undefined) return cancelled
    const mapped = await place(delivery, parcel, signal)
    if (!mapped.ok) return { outcome: 'fatal', reason: mapped.reason, where: mapped.where }
    const refusal = refusedEntry(await delivery.emr.transact(mapped.bundle, signal))
    if (refusal !== undefined) return refusal
    // An answer is for the hospital to read; only what it has to answer is watched.
    if (parcel.kind !== 'referral-response') {
      await rememberTask(delivery.memory, parcel.id, { origin: 'delivered', version: '', mark: markOf(mapped.task) })
    }
    return { outcome: 'ok', reference }
  } catch (cause) {
    return receiptOf(cause)
  }
}

/**
 * The sender took its referral back: the hospital's own copy of the Task is cancelled, unless the hospital is through with it.
 * undefined = no cancellation, or the hospital has no such Task; then it is told like every other message.
 */
async function cancelAtEmr({ emr }: Delivery, parcel: Parcel, signal: AbortSignal): Promise<Receipt | undefined> {
  const cancel = cancellationOf(parcel)
  if (cancel === undefined) return undefined
  const kept = await emr.read('Task', cancel.taskId, signal)
  if (kept?.resourceType !== 'Task' || kept.id !== cancel.taskId) return undefined
  const reference = `Task/${cancel.taskId}`
  if (isCancelledBy(kept, parcel.id) || ['completed', 'rejected', 'failed'].includes(kept.status)) return { outcome: 'ok', reference }
  try {
    return refusedEntry(await emr.transact(cancelledTask(kept, cancel.task, parcel.id), signal)) ?? { outcome: 'ok', reference }
  } catch (cause) {
    // The hospital acted at the same moment: what it did is read again before anything is written.
    if (cause instanceof EmrFailure && cause.status === 412) return { outcome: 'transient', reason: reasonOf(cause) }
    throw cause
  }
}

async function place({ emr, institution }: Delivery, parcel: Parcel, signal: AbortSignal): Promise<Mapped> {
  const number = ownPatientNumber(parcel, institution)
  const localPatientId = number === undefined ? undefined : await findPatient(emr, institution, number, signal)
  return toTransaction(parcel, institution, localPatientId)
}

async function findPatient(emr: Emr, institution: Institution, number: string, signal: AbortSignal): Promise<string | undefined> {
  const identifier = `${institution.patientNumbers}|${number}`
  for await (const page of emr.search('Patient', { identifier, _count: '2' }, signal)) {
    for (const patient of page.resources) if (isNumbered(patient, institution.patientNumbers, number)) return patient.id
  }
  return undefined
}

function isNumbered(patient: unknown, numbers: string, value: string): patient is { readonly id: string } {
  if (typeof patient !== 'object' || patient === null || !('id' in patient) || typeof patient.id !== 'string') return false
  const identifiers: unknown[] = 'identifier' in patient && Array.isArray(patient.identifier) ? patient.identifier : []
  return identifiers.some(
    (each) => typeof each === 'object' && each !== null && Reflect.get(each, 'system') === numbers && Reflect.get(each, 'value') === value,
  )
}

/** A server may answer 200 to the whole and refuse a part; by the rules of a transaction it should not. */
function refusedEntry(answer: Bundle): Receipt | undefined {
  const statuses = (answer.entry ?? []).map((entry) => Number(/^\d{3}/.exec(entry.response?.status ?? '')?.[0] ?? 200))
  const bad = statuses.find((status) => status < 200 || status > 299)
  return bad === undefined ? undefined : receiptOf(new EmrFailure({ kind: kindOfStatus(bad), status: bad }))
}

function receiptOf(cause: unknown): Receipt {
  const reason = reasonOf(cause)
  if (cause instanceof EmrFailure && ['rejected', 'forbidden', 'absent'].includes(cause.kind)) {
    return { outcome: 'fatal', reason, where: cause.where ?? 'Bundle' }
  }
  return { outcome: 'transient', reason }
}
