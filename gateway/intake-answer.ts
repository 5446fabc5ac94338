/**
 * An answer to a referral comes in: accepted, rejected with reason, interim note, completed with report. Only a lawful transition of the
 * table changes a Task; the report lands in the answering institution's partition and a parcel goes to the requester, in one transaction.
 */
import { compact, type Resource, type Task } from '../fhir-profiles/r4.ts'
import { rewriteReferences } from '../fhir-profiles/reference.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { open } from './held.ts'
import { decideReview } from './identify.ts'
import { takeRecords, type IntakeEntry, type IntakeResult } from './intake.ts'
import { acknowledgeRecall } from './intake-recall.ts'
import { writeTask } from './intake-task.ts'
import { settleOverdue } from './intake-overdue.ts'
import { ledgerEntry } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import { isRecallTask } from './logic/recall.ts'
import { actorOf, isReferralTask, transition } from './logic/referral.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import { once, type Once } from './once.ts'
import { notFound, Problem } from './problem.ts'
import type { WrittenEntry } from './written.ts'
import type { Tables } from './store/store.ts'

export interface Answer {
  readonly institution: string
  readonly who: AuditWho
  readonly request: { readonly requestId: string; readonly query: string }
  readonly task: string
  /** the Task as the answering side wants it, from the current one in network ids */
  readonly change: (current: Task, names: (resource: Task) => Task) => Task
  readonly ifMatch: string
  readonly space: 'local' | 'network'
  /** the report and what belongs to it */
  readonly entries: readonly { readonly resource: Resource; readonly fullUrl: string; readonly method: 'PUT' | 'POST' }[]
  readonly once: Once
}

export interface Answered {
  readonly task: WrittenEntry
  readonly entries: readonly WrittenEntry[]
}

export async function answerReferral(context: Context, answer: Answer): Promise<Answered> {
  const done = await context.store.transaction((tables) =>
    once(tables, context, answer.institution, answer.once, async () => {
      const stored = await store(tables, context, answer)
      return { task: answer.task, entries: [stored.task, ...stored.entries] }
    }),
  )
  context.wakeDelivery()
  const [task, ...entries] = done.entries
  if (task === undefined) throw new TypeError('an answer moves its Task')
  return { task, entries }
}

async function store(tables: Tables, context: Context, answer: Answer): Promise<Answered> {
  const current = await currentTask(tables, answer)
  if (current.task.code?.coding?.some((coding) => coding.code === 'identity-review') === true)
    return review(tables, context, answer, current)
  if (current.task.code?.coding?.some((coding) => coding.code === 'referral-overdue' || coding.code === 'undelivered') === true)
    return settleOverdue(tables, context, answer, current)
  if (isRecallTask(current.task)) return { task: entryOf(await acknowledgeRecall(tables, context, answer, current), false), entries: [] }
  if (!isReferralTask(current.task)) throw notFound()
  const actor = actorOf(current.task, answer.institution)
  if (actor === undefined) throw notFound()
  const results = await takeRecords(tables, context, {
    institution: answer.institution,
    space: answer.space,
    entries: answer.entries.map(({ resource, fullUrl, method }): IntakeEntry => ({
      method,
      resource: aboutPatient(resource, current, answer),
      fullUrl,
      ifMatch: '',
      parties: current.parties,
    })),
  })
  const names = new Map<string, string>()
  answer.entries.forEach(({ fullUrl }, at) => {
    const result = results[at]
    if (result === undefined) return
    names.set(fullUrl, `${result.type}/${result.id}`)
    names.set(`${result.type}/${result.localId}`, `${result.type}/${result.id}`)
  })
  const wanted = answer.change(current.task, (task) => rewriteReferences(task, (value) => names.get(value)))
  const outcome = transition(current.task, wanted, actor)
  if (outcome.kind === 'refused') {
    const next = outcome.allowed.map((action) => action.status).join(', ') || 'nothing'
    throw new Problem('unprocessable', `${outcome.reason}; possible now: ${next}`, {
      id: `task-${outcome.rule}`,
      expression: outcome.expression,
    })
  }
  const written = await writeTask(tables, context, { ...current, task: outcome.task, id: answer.task, ifMatch: answer.ifMatch })
  const nowMs = context.now().getTime()
  // A referral that is taken back before it left: its owner never heard of it, and does not hear of its end either.
  const neverLeft = actor === 'requester' && (await tables.parcels.abandon(answer.task, nowMs)) > 0
  if (!neverLeft) {
    const other = actor === 'owner' ? current.task.requester : current.task.owner
    const receiver = other?.reference?.split('/')[1] ?? ''
    await tables.parcels.queue({
      id: context.newId(),
      task: answer.task,
      kind: 'referral-response',
      sender: answer.institution,
      receiver,
      version: Number(written.version),
      atMs: nowMs,
    })
  }
  await tables.ledger.append([
    ledgerEntry(context, answer.who, answer.request, {
      action: 'U',
      interaction: 'referral-response',
      outcome: 'success',
      persons: [current.person],
      entities: [
        { type: 'Task', id: answer.task, version: written.version },
        ...results.map(({ type, id, version }) => ({ type, id, version })),
      ],
      consents: [],
      note: outcome.event,
    }),
  ])
  const local = answer.space === 'local'
  return {
    task: entryOf(written, false),
    entries: results.map((result) => entryOf(result, local)),
  }
}

export interface CurrentTask {
  readonly task: Task
  readonly person: string
  readonly parties: readonly string[]
}

/** Locks the Task and reads it. Somebody who is no party gets the answer of a random id. */
async function currentTask(tables: Tables, answer: Answer): Promise<CurrentTask> {
  await tables.records.lock(answer.task)
  const held = await tables.records.byId('Task', answer.task)
  const content = held === undefined ? undefined : open(held)
  if (content === undefined || content.deleted || !content.parties.includes(answer.institution)) throw notFound()
  const value = valueOf(content.text)
  if (!isResource(value) || value.resourceType !== 'Task') throw notFound()
  return { task: value, person: content.facts.person, parties: content.parties }
}

/** A person's client may leave the subject out of its report; then it is the Task's patient. */
function aboutPatient(resource: Resource, current: CurrentTask, answer: Answer): Resource {
  if (answer.space === 'local' || resource.resourceType !== 'DocumentReference' || resource.subject !== undefined) return resource
  return { ...resource, subject: { reference: `Patient/${current.person}` } }
}

export function entryOf(result: IntakeResult, isLocal: boolean): WrittenEntry {
  return {
    status: result.status,
    type: result.type,
    id: isLocal ? result.localId : result.id,
    version: result.version,
    updatedMs: result.updatedMs,
    ...(result.warnings === undefined ? {} : { warnings: result.warnings }),
  }
}

/** A person decided a possible match: `completed` with output `same` or `different`. */
async function review(tables: Tables, context: Context, answer: Answer, current: CurrentTask): Promise<Answered> {
  const wanted = answer.change(current.task, (task) => task)
  const verdicts = (wanted.output ?? []).flatMap(
    (output) => output.valueString ?? output.valueCode ?? output.valueCodeableConcept?.coding?.[0]?.code ?? [],
  )
  const verdict = verdicts.find((word) => word === 'same' || word === 'different')
  if (current.task.status !== 'requested' || wanted.status !== 'completed' || verdict === undefined) {
    throw new Problem('unprocessable', 'an identity review is completed once, with output `same` or `different`', {
      id: 'identity-review',
      expression: 'Task.output',
    })
  }
  const candidates = (current.task.input ?? []).flatMap((input) => input.id ?? [])
  const chosen = (wanted.output ?? [])
    .flatMap((output) => output.valueReference?.reference?.split('/')[1] ?? [])
    .find((id) => candidates.includes(id))
  const candidate = chosen ?? (candidates.length === 1 ? candidates[0] : undefined)
  if (verdict === 'same' && candidate === undefined) {
    throw new Problem('unprocessable', 'several candidates: name the one in a second output with valueReference', {
      id: 'identity-review',
      expression: 'Task.output',
    })
  }
  for (const other of candidates) await tables.identities.decided(current.person, other)
  if (verdict === 'same' && candidate !== undefined) await decideReview(tables, context, { person: current.person, candidate })
  const settled = compact<Task>({ ...current.task, status: 'completed', output: wanted.output })
  const written = await writeTask(tables, context, { task: settled, id: answer.task, ifMatch: answer.ifMatch, parties: current.parties })
  await tables.ledger.append([
    ledgerEntry(context, answer.who, answer.request, {
      action: 'U',
      interaction: 'identity-review',
      outcome: 'success',
      persons: [current.person, ...(candidate === undefined ? [] : [candidate])],
      entities: [{ type: 'Task', id: answer.task, version: written.version }],
      consents: [],
      note: verdict,
    }),
  ])
  return { task: entryOf(written, false), entries: [] }
}
