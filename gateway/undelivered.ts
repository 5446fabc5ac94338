/**
 * An answer (or a cancellation) that its receiver's EMR could not take is no end of the referral: whoever sent it is asked, by a Task with
 * code `undelivered`, and may send the same answer again with `Task/[id]/$resend` once the cause is mended.
 */
import { system } from '../fhir-profiles/codes.ts'
import type { Context } from './context.ts'
import { takeTasks } from './intake.ts'
import { ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import type { LoadedTask } from './referral-step.ts'
import type { ParcelRow } from './store/parcels.ts'
import type { Tables } from './store/store.ts'

/** In the transaction that gives the parcel up. One Task per parcel: given up again, it is asked again in the same place. */
export async function askUndelivered(tables: Tables, context: Context, input: { row: ParcelRow; referral: LoadedTask }): Promise<void> {
  const { row, referral } = input
  const id = `undelivered-${row.id}`
  const at = context.now().toISOString()
  await takeTasks(tables, context, [
    {
      id,
      parties: [row.sender],
      task: {
        resourceType: 'Task',
        status: 'requested',
        intent: 'order',
        code: { coding: [{ system: system.taskCode, code: 'undelivered' }] },
        reasonCode: { coding: [{ system: system.statusReason, code: 'not-deliverable' }] },
        focus: { reference: `Task/${row.task}` },
        for: { reference: `Patient/${referral.person}` },
        owner: { reference: `Organization/${row.sender}` },
        authoredOn: at,
        lastModified: at,
      },
    },
  ])
  await tables.ledger.append([
    ledgerEntry(
      context,
      whoIsNetwork,
      { requestId: '', query: '' },
      {
        action: 'C',
        interaction: 'undelivered',
        outcome: 'success',
        persons: [referral.person],
        entities: [
          { type: 'Task', id, version: '' },
          { type: 'Task', id: row.task, version: '' },
        ],
        consents: [],
        note: '',
      },
    ),
  ])
}
