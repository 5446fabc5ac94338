/** A sender takes its referral back: which Task of the EMR it is, and what becomes of it. Pure. */
import { system } from '../../fhir-profiles/codes.ts'
import type { Bundle, Task } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import type { Parcel } from '../contract.ts'
import { isFhirId } from './admit.ts'

/** Only who sent a referral cancels it, so a cancelled Task never answers anything. `taskId`: under which the EMR keeps it. */
export function cancellationOf(parcel: Parcel): { readonly task: Task; readonly taskId: string } | undefined {
  if (parcel.kind !== 'referral-response') return undefined
  const task = (parcel.bundle.entry ?? []).map((entry) => entry.resource).find((resource) => resource?.resourceType === 'Task')
  if (task?.resourceType !== 'Task' || task.status !== 'cancelled') return undefined
  const taskId = task.identifier?.find((each) => each.system === system.parcel && each.value !== parcel.id)?.value
  return taskId === undefined || !isFhirId(taskId) ? undefined : { task, taskId }
}

/** The EMR's own Task, cancelled with the sender's reason, and only in the version that was read: the hospital may act at the same time. */
export function cancelledTask(kept: Task, told: Task, parcelId: string): Bundle {
  const resource = compact<Task>({
    ...kept,
    identifier: [...(kept.identifier ?? []), { system: system.parcel, value: parcelId }],
    status: 'cancelled',
    businessStatus: undefined,
    statusReason: told.statusReason,
    lastModified: told.lastModified ?? kept.lastModified,
  })
  const version = kept.meta?.versionId
  const ifMatch = version === undefined ? {} : { ifMatch: `W/"${version}"` }
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ resource, request: { method: 'PUT', url: `Task/${kept.id ?? ''}`, ...ifMatch } }],
  }
}

export function isCancelledBy(kept: Task, parcelId: string): boolean {
  return kept.status === 'cancelled' && (kept.identifier ?? []).some((each) => each.system === system.parcel && each.value === parcelId)
}

/** Cancelled by a parcel of ours and not by the hospital: it carries a delivery besides the one that brought it. */
export function isOurCancellation(task: Task): boolean {
  const parcels = (task.identifier ?? []).filter((each) => each.system === system.parcel)
  return task.status === 'cancelled' && parcels.some((each) => each.value !== task.id)
}
