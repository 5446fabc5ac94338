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
 * recalls of what is not covered any more. `endMs`: when the changed consent will end, if it says so; where it used to speak beyond that
 * moment, the recall is due then.
 */
export async function beforeChange(
  tables: Tables,
  context: Context,
  { person, endMs }: { person: string; endMs: number | undefined },
): Promise<(consent: ConsentVersion) => Promise<void>> {
  await tables.deliveries.takeTurn(person)
  const deliveries = await tables.deliveries.about(await tables.identities.idsOf([person]), person)
  const nowMs = context.now().getTime()
  const moments = [nowMs, ...(endMs === undefined || endMs < nowMs ? [] : [endMs + 1])].map((ms) => new Date(ms))
  const before = new Map<Date, Permits>()
  for (const at of moments) before.set(at, await permitsAt(tables, context, { person, deliveries, at }))
  return async (consent) => {
    const recalled = new Set<string>()
    for (const [at, permitted] of before) {
      const after = await permitsAt(tables, context, { person, deliveries, at })
      const rest = deliveries.filter(({ parcel }) => !recalled.has(parcel))
      for (const recall of recallsOf(rest, permitted, after)) {
        await queueRecall(tables, context, { recall, consent, person, at })
        for (const parcel of recall.parcels) recalled.add(parcel)
      }
    }
  }
}

/** Judged as any delivery at that time is, by the consents as they stand, for each institution in question. */
export async function permitsAt(
  tables: Tables,
  context: Context,
  { person, deliveries, at }: { person: string; deliveries: readonly Delivery[]; at: Date },
): Promise<Permits> {
  const receivers = new Set(deliveries.flatMap(({ copies }) => copies.flat().map(({ judgedFor }) => judgedFor)))
  const conditions = new Map<string, Awaited<ReturnType<typeof deliverySight>>['condition']>()
  for (const receiver of receivers) {
    const sight = await deliverySight(tables, { ...context, now: () => at }, { receiver, person })
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
  { recall, consent, person, at }: { recall: Recall; consent: ConsentVersion; person: string; at: Date },
): Promise<void> {
  const [id, now] = [context.newId(), context.now()]
  const from = at > now ? at.toISOString() : undefined
  const task = recallTask(recall, { consent: consent.id, person, at: now.toISOString(), from })
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
