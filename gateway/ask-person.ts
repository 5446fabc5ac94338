/** What the network cannot settle by itself becomes a Task in the list of those who can, and an entry of the ledger that says so. */
import type { Coding, Task } from '../fhir-profiles/r4.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Context } from './context.ts'
import { takeTasks } from './intake.ts'
import { ledgerEntry, whoIsNetwork, type Act } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import type { Tables } from './store/store.ts'

export interface Question {
  /** of the Task: asked again under the same id, it is the same question */
  readonly id: string
  readonly code: 'referral-overdue' | 'undelivered' | 'break-glass-review'
  readonly reason: Coding
  /** directory id of the institution whose people are asked */
  readonly asked: string
  readonly person: string
  readonly more?: Partial<Pick<Task, 'focus' | 'priority' | 'requester' | 'restriction' | 'note'>>
  readonly act: Pick<Act, 'action' | 'interaction' | 'note'>
  /** the Task it is about; undefined where it is about none */
  readonly about?: string
  /** whose doing leads to the question; undefined: the network found it by itself */
  readonly cause?: { readonly who: AuditWho; readonly requestId: string }
}

/** In the caller's transaction: what leads to the question, the question and its entry are one. */
export async function askPerson(tables: Tables, context: Context, question: Question): Promise<void> {
  const { id, asked, person, cause, about } = question
  await takeTasks(tables, context, [{ id, parties: [asked], task: taskOf(question, context.now().toISOString()) }])
  const request = { requestId: cause?.requestId ?? '', query: '' }
  await tables.ledger.append([
    ledgerEntry(context, cause?.who ?? whoIsNetwork, request, {
      ...question.act,
      outcome: 'success',
      persons: [person],
      entities: [id, ...(about === undefined ? [] : [about])].map((task) => ({ type: 'Task', id: task, version: '' })),
      consents: [],
    }),
  ])
}

function taskOf({ code, reason, asked, person, more }: Question, at: string): Task {
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: system.taskCode, code }] },
    reasonCode: { coding: [reason] },
    for: { reference: `Patient/${person}` },
    owner: { reference: `Organization/${asked}` },
    authoredOn: at,
    lastModified: at,
    ...more,
  }
}
