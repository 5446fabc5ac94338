/** Steps the network itself takes on a referral, through the same transition table as everybody's. */
import { compact, type Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { open, type Held } from './held.ts'
import { restartTransmission } from './intake-clocks.ts'
import { writeTask } from './intake-task.ts'
import { ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import { transition } from './logic/referral.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import type { Tables } from './store/store.ts'

export interface LoadedTask {
  readonly task: Task
  readonly person: string
  readonly parties: readonly string[]
  readonly held: Held
}

export async function loadTask(tables: Tables, id: string): Promise<LoadedTask | undefined> {
  const held = await tables.records.byId('Task', id)
  if (held === undefined) return undefined
  const content = open(held)
  const value = valueOf(content.text)
  if (!isResource(value) || value.resourceType !== 'Task') return undefined
  return { task: value, person: content.facts.person, parties: content.parties, held }
}

/** The same, and nobody else moves it until the transaction ends: a step is taken from what the Task is, not from what it was. */
export async function lockTask(tables: Tables, id: string): Promise<LoadedTask | undefined> {
  await tables.records.lock(id)
  return loadTask(tables, id)
}

/** A step of the network itself, through the same table as everybody's. A step the table refuses is not made. */
export async function networkStep(tables: Tables, context: Context, id: string, current: LoadedTask, wanted: Task): Promise<void> {
  const outcome = transition(current.task, wanted, 'network')
  if (outcome.kind === 'refused') {
    context.log('warn', 'network-step-refused', { kind: outcome.rule })
    return
  }
  const written = await writeTask(tables, context, { task: outcome.task, id, ifMatch: '', parties: current.parties })
  await tables.ledger.append([
    ledgerEntry(
      context,
      whoIsNetwork,
      { requestId: '', query: '' },
      {
        action: 'U',
        interaction: `referral-${outcome.event}`,
        outcome: 'success',
        persons: [current.person],
        entities: [{ type: 'Task', id, version: written.version }],
        consents: [],
        note: '',
      },
    ),
  ])
}

/** A withheld referral whose patient's consents changed goes back to `requested`; its parcel is due again. */
export async function resumeTasks(tables: Tables, context: Context, tasks: readonly string[]): Promise<void> {
  for (const id of tasks) {
    const task = await lockTask(tables, id)
    if (task === undefined || task.task.status !== 'on-hold') continue
    await networkStep(tables, context, id, task, compact<Task>({ ...task.task, status: 'requested', businessStatus: undefined }))
    await restartTransmission(tables, context, id)
  }
}
