/** `Task/[id]/$resend`: answers of the caller's institution that could not be delivered are due again, under their own parcel ids. */
import type { Context } from './context.ts'
import { ledgerEntry } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import { notFound, Problem } from './problem.ts'
import { lockTask } from './referral-step.ts'

export interface Resend {
  readonly institution: string
  readonly who: AuditWho
  readonly request: { readonly requestId: string; readonly query: string }
  readonly task: string
}

/** How many are sent again. Throws Problem not-found for no party, and unprocessable (422) when nothing was given up. */
export async function resendAnswers(context: Context, input: Resend): Promise<number> {
  const count = await context.store.transaction(async (tables) => {
    const referral = await lockTask(tables, input.task)
    if (referral === undefined || !referral.parties.includes(input.institution)) throw notFound()
    const revived = await tables.parcels.revive(input.task, input.institution, context.now().getTime())
    if (revived === 0) {
      throw new Problem('unprocessable', 'no answer of this institution was given up; a referral is sent again as a new Task (`basedOn`)', {
        id: 'nothing-to-resend',
      })
    }
    await tables.ledger.append([
      ledgerEntry(context, input.who, input.request, {
        action: 'E',
        interaction: 'resend',
        outcome: 'success',
        persons: [referral.person],
        entities: [{ type: 'Task', id: input.task, version: '' }],
        consents: [],
        note: String(revived),
      }),
    ])
    return revived
  })
  context.wakeDelivery()
  return count
}
