/**
 * An answer (or a cancellation) that its receiver's EMR could not take is no end of the referral: whoever sent it is asked, by a Task with
 * code `undelivered`, and may send the same answer again with `Task/[id]/$resend` once the cause is mended.
 */
import { system } from '../fhir-profiles/codes.ts'
import { askPerson } from './ask-person.ts'
import type { Context } from './context.ts'
import type { LoadedTask } from './referral-step.ts'
import type { ParcelRow } from './store/parcels.ts'
import type { Tables } from './store/store.ts'

/** In the transaction that gives the parcel up. One Task per parcel: given up again, it is asked again in the same place. */
export async function askUndelivered(tables: Tables, context: Context, input: { row: ParcelRow; referral: LoadedTask }): Promise<void> {
  const { row, referral } = input
  await askPerson(tables, context, {
    id: `undelivered-${row.id}`,
    code: 'undelivered',
    reason: { system: system.statusReason, code: 'not-deliverable' },
    asked: row.sender,
    person: referral.person,
    about: row.task,
    act: { action: 'C', interaction: 'undelivered', note: '' },
    more: { focus: { reference: `Task/${row.task}` } },
  })
}
