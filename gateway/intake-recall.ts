/**
 * A change of consent reaches those who hold copies: recalled in the transaction of the change, and acknowledged by the same way as any
 * answer. The officer reads the Tasks. Rules: `logic/recall.ts`; what counts as a copy: docs/decisions/011-recall.md
 */
import type { ConsentVersion } from '../consent/types.ts'
import { matches } from '../consent/view.ts'
import type { Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { takeTasks, type IntakeResult } from './intake.ts'
import { writeTask } from './intake-task.ts'
import { deliverySight } from './judge.ts'
import { ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import { recallsOf, recallStep, recallTask, type Delivery, type Permits, type Recall } from './logic/recall.ts'
import { Problem } from './problem.ts'
import type { Tables } from './store/store.ts'

/**
 * What was covered before a consent of this person changes. Call the answer after the change, in the same transaction: it queues the
 * recalls of what is not covered any more.
 */
export async function beforeChange(tables: Tables, context: Context, person: string): Promise<(consent: ConsentVersion) => Promise<void>> {
  await tables.deliveries.takeTurn(person)
  const deliveries = await tables.deliveries.about(await tables.identities.idsOf([person]), person)
  const before = await permitsNow(tables, context, person, deliveries)
  return async (consent) => {
    const after = await permitsNow(tables, context, person, deliveries)
    for (const recall of recallsOf(deliveries, before, after)) await queueRecall(tables, context, { recall, consent, person })
  }
}

/** Judged as any delivery is, for each institution in question; the answers are those of this moment. */
async function permitsNow(tables: Tables, context: Context, person: string, deliveries: readonly Delivery[]): Promise<Permits> {
  const receivers = new Set(deliveries.flatMap(({ copies }) => copies.flat().map(({ judgedFor }) => judgedFor)))
  const conditions = new Map<string, Awaited<ReturnType<typeof deliverySight>>['condition']>()
  for (const receiver of receivers) {
    const sight = await deliverySight(tables, context, { receiver, person, action: 'disclose' })
    conditions.set(receiver, sight.condition)
  }
  return ({ judgedFor, facts }) => {
    const condition = conditions.get(judgedFor)
    return condition !== undefined && matches(condition, facts)
  }
}

async function queueRecall(
  tables: Tables,
  context: Context,
  { recall, consent, person }: { recall: Recall; consent: ConsentVersion; person: string },
): Promise<void> {
  const [id, at] = [context.newId(), context.now()]
  const task = recallTask(recall, { consent: consent.id, person, at: at.toISOString() })
  await takeTasks(tables, context, [{ task, parties: [recall.institution], id }])
  await tables.parcels.queue({
    id: context.newId(),
    task: id,
    kind: 'recall',
    sender: 'network',
    receiver: recall.institution,
    version: 0,
    atMs: at.getTime(),
  })
  await tables.ledger.append([
    ledgerEntry(
      context,
      { ...whoIsNetwork, institution: recall.institution },
      { requestId: '', query: '' },
      {
        action: 'C',
        interaction: 'recall',
        outcome: 'success',
        persons: [person],
        entities: [{ type: 'Task', id, version: '1' }],
        consents: [consent],
        note: '',
      },
    ),
  ])
}

export interface Acknowledgement {
  readonly who: AuditWho
  readonly request: { readonly requestId: string; readonly query: string }
  readonly task: string
  readonly change: (current: Task, names: (resource: Task) => Task) => Task
  readonly ifMatch: string
}

/** The institution has set the copies aside, or says why it may not. Throws unprocessable (422) for anything else. */
export async function acknowledgeRecall(
  tables: Tables,
  context: Context,
  said: Acknowledgement,
  current: { readonly task: Task; readonly person: string; readonly parties: readonly string[] },
): Promise<IntakeResult> {
  const outcome = recallStep(
    current.task,
    said.change(current.task, (task) => task),
    'owner',
  )
  if (outcome.kind === 'refused') throw new Problem('unprocessable', outcome.reason, { id: 'recall-step', expression: outcome.expression })
  const written = await writeTask(tables, context, { ...current, task: outcome.task, id: said.task, ifMatch: said.ifMatch })
  await tables.ledger.append([
    ledgerEntry(context, said.who, said.request, {
      action: 'U',
      interaction: 'recall-receipt',
      outcome: 'success',
      persons: [current.person],
      entities: [{ type: 'Task', id: said.task, version: written.version }],
      consents: [],
      note: outcome.task.status,
    }),
  ])
  return written
}
