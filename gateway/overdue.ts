/**
 * A referral nobody answered in time becomes a Task for a person: code `referral-overdue`, focus the referral, owner the sender's
 * institution, with its ledger entry. The due row is taken in the transaction that writes the Task, under the lock of the referral: it
 * fires once, whichever process sees it, and again after a process that died in between.
 */
import { system } from '../fhir-profiles/codes.ts'
import { askPerson } from './ask-person.ts'
import type { Context } from './context.ts'
import { overdueId } from './intake-clocks.ts'
import { clockRow, inZone, stoppedBy } from './logic/clocks.ts'
import { routingAuthor } from './intake-referral.ts'
import { lockTask } from './referral-step.ts'
import type { DueRow } from './store/parcels.ts'
import type { Tables } from './store/store.ts'

const everyMs = 1_000

/** Runs until `signal` aborts. */
export async function overdueLoop(
  context: Context,
  { signal, sleep }: { readonly signal: AbortSignal; readonly sleep: (ms: number) => Promise<void> },
): Promise<void> {
  while (!signal.aborted) {
    const worked = await overdueNext(context).catch((thrown: unknown) => {
      context.log('error', 'overdue-fault', { fault: thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown' })
      return false
    })
    if (!worked) await sleep(everyMs)
  }
}

/** Settles at most one due time; false when none has passed. */
export async function overdueNext(context: Context): Promise<boolean> {
  const due = await context.store.dues.next(context.now().getTime())
  if (due === undefined) return false
  await context.store.transaction((tables) => settle(tables, context, due))
  return true
}

/** The Task is locked before its due row, as by every step that stops a clock: they take turns and never wait crosswise. */
async function settle(tables: Tables, context: Context, due: DueRow): Promise<void> {
  const referral = await lockTask(tables, due.subject)
  if (!(await tables.dues.take(due))) return
  const row = clockRow(due.kind)
  if (referral === undefined || row === undefined || stoppedBy(referral.task.status).includes(due.kind)) return
  const id = overdueId(due.subject, row.clock)
  const institution = referral.task.requester?.reference?.split('/')[1] ?? ''
  await askPerson(tables, context, {
    id,
    code: 'referral-overdue',
    reason: { system: system.clock, code: due.kind },
    asked: institution,
    person: referral.person,
    about: due.subject,
    act: { action: 'C', interaction: 'referral-overdue', note: due.kind },
    more: {
      focus: { reference: `Task/${due.subject}` },
      restriction: { period: { end: inZone(due.atMs, context.config.timeZone) } },
      note: [{ authorString: routingAuthor, text: `${row.ko} / ${row.en}` }],
    },
  })
  context.log('warn', 'referral-overdue', { institution, kind: row.clock, reason: due.kind })
}
