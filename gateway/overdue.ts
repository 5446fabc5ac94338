/**
 * A referral nobody answered in time becomes a Task for a person: code `referral-overdue`, focus the referral, owner the sender's
 * institution, with its ledger entry. The due row is taken in the transaction that writes the Task, under the lock of the referral: it
 * fires once, whichever process sees it, and again after a process that died in between.
 */
import { system } from '../fhir-profiles/codes.ts'
import type { Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { overdueId } from './intake-clocks.ts'
import { takeTasks } from './intake.ts'
import { ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import { clockRow, inZone, stoppedBy } from './logic/clocks.ts'
import { routingAuthor } from './intake-referral.ts'
import { lockTask, type LoadedTask } from './referral-step.ts'
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
  await takeTasks(tables, context, [{ task: overdueTask(context, due, referral), parties: [institution], id }])
  await tables.ledger.append([
    ledgerEntry(
      context,
      whoIsNetwork,
      { requestId: '', query: '' },
      {
        action: 'C',
        interaction: 'referral-overdue',
        outcome: 'success',
        persons: [referral.person],
        entities: [
          { type: 'Task', id, version: '' },
          { type: 'Task', id: due.subject, version: '' },
        ],
        consents: [],
        note: due.kind,
      },
    ),
  ])
  context.log('warn', 'referral-overdue', { institution, kind: row.clock, reason: due.kind })
}

function overdueTask(context: Context, due: DueRow, { task, person }: LoadedTask): Task {
  const row = clockRow(due.kind)
  const at = context.now().toISOString()
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: system.taskCode, code: 'referral-overdue' }] },
    reasonCode: { coding: [{ system: system.clock, code: due.kind }] },
    focus: { reference: `Task/${due.subject}` },
    for: { reference: `Patient/${person}` },
    ...(task.requester === undefined ? {} : { owner: task.requester }),
    authoredOn: at,
    lastModified: at,
    restriction: { period: { end: inZone(due.atMs, context.config.timeZone) } },
    ...(row === undefined ? {} : { note: [{ authorString: routingAuthor, text: `${row.ko} / ${row.en}` }] }),
  }
}
