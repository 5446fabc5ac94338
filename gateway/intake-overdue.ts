/**
 * A person saw to what the network asked (called about an overdue referral, cancelled it, sent it elsewhere; told an answer that could not
 * be delivered by other means) and says so: the Task is completed once.
 */
import { compact, type Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { entryOf, type Answer, type Answered, type CurrentTask } from './intake-answer.ts'
import { writeTask } from './intake-task.ts'
import { ledgerEntry } from './ledger-entry.ts'
import { changedElements } from './logic/referral-elements.ts'
import { Problem } from './problem.ts'
import type { Tables } from './store/store.ts'

/** Status `completed`, and a note if the person wants to leave one; everything else stays. Throws Problem unprocessable (422). */
export async function settleOverdue(tables: Tables, context: Context, answer: Answer, current: CurrentTask): Promise<Answered> {
  const wanted = answer.change(current.task, (task) => task)
  const [immutable] = changedElements(current.task, wanted, 'requester')
  if (current.task.status !== 'requested' || wanted.status !== 'completed' || immutable !== undefined) {
    throw new Problem('unprocessable', 'this is settled once: status `completed`, with a note if there is something to say', {
      id: 'referral-overdue',
      expression: `Task.${immutable ?? 'status'}`,
    })
  }
  const settled = compact<Task>({ ...current.task, status: 'completed', note: wanted.note })
  const written = await writeTask(tables, context, { task: settled, id: answer.task, ifMatch: answer.ifMatch, parties: current.parties })
  await tables.ledger.append([
    ledgerEntry(context, answer.who, answer.request, {
      action: 'U',
      interaction: current.task.code?.coding?.[0]?.code ?? 'referral-overdue',
      outcome: 'success',
      persons: [current.person],
      entities: [{ type: 'Task', id: answer.task, version: written.version }],
      consents: [],
      note: 'completed',
    }),
  ])
  return { task: entryOf(written, false), entries: [] }
}
