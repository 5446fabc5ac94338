/**
 * What of a consent cannot be read is enforced as a refusal, and a person looks at it: a Task for the privacy officer, one per version, in
 * the transaction of the write. It names elements and reasons of the consent, which the officer reads anyway, and nothing else.
 */
import type { Unreadable } from '../consent/rules/rule.ts'
import { profile, system } from '../fhir-profiles/codes.ts'
import { compact, type Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { open } from './held.ts'
import { takeTasks, type IntakeResult } from './intake.ts'
import { writeTask } from './intake-task.ts'
import { ledgerEntry } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import { notFound, Problem } from './problem.ts'
import type { Tables } from './store/store.ts'

export interface ReviewedConsent {
  readonly id: string
  readonly person: string
  readonly version: number
  /** none: nothing to look at */
  readonly unreadable: readonly Unreadable[]
}

const taskOf = (consent: string, version: number): string => `consent-review-${consent}-${version}`

/** A new version takes the place of the one before, also as something to look at. */
export async function reviewConsent(tables: Tables, context: Context, input: ReviewedConsent): Promise<void> {
  const before = await reviewIn(tables, taskOf(input.id, input.version - 1))
  if (before !== undefined && isOpen(before.task)) {
    const task: Task = { ...before.task, status: 'cancelled', statusReason: { text: 'a newer version of the consent' } }
    await writeTask(tables, context, { task, id: taskOf(input.id, input.version - 1), ifMatch: '', parties: [] })
  }
  if (input.unreadable.length === 0) return
  context.log('warn', 'consent-partly-unreadable', { count: input.unreadable.length })
  await takeTasks(tables, context, [
    { task: reviewTask(input, context.now().toISOString()), parties: [], id: taskOf(input.id, input.version) },
  ])
}

function reviewTask({ id, person, version, unreadable }: ReviewedConsent, at: string): Task {
  return {
    resourceType: 'Task',
    meta: { profile: [profile.consentReviewTask] },
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: system.taskCode, code: 'consent-review' }] },
    focus: { reference: `Consent/${id}/_history/${version}` },
    for: { reference: `Patient/${person}` },
    requester: { reference: `Organization/${networkId}` },
    owner: { reference: `Organization/${networkId}` },
    authoredOn: at,
    input: unreadable.map(({ expression, reason }) => ({
      type: { coding: [{ system: system.taskInput, code: 'unreadable-element' }] },
      valueString: `${expression}: ${reason}`,
    })),
  }
}

export interface ReviewStep {
  readonly who: AuditWho
  readonly request: { readonly requestId: string; readonly query: string }
  readonly task: string
  readonly change: (current: Task) => Task
  readonly ifMatch: string
}

/** The officer takes the review up or completes it; another Task is as absent as none. */
export async function settleConsentReview(context: Context, step: ReviewStep): Promise<IntakeResult> {
  return context.store.transaction(async (tables) => {
    await tables.records.lock(step.task)
    const current = await reviewIn(tables, step.task)
    if (current === undefined) throw notFound()
    const wanted = step.change(current.task)
    const isStep = wanted.status === 'completed' || (wanted.status === 'in-progress' && current.task.status === 'requested')
    if (!isOpen(current.task) || !isStep) {
      throw new Problem('unprocessable', 'an open consent review is taken up with `in-progress` and ends with `completed`', {
        id: 'consent-review',
        expression: 'Task.status',
      })
    }
    const task = compact<Task>({ ...current.task, status: wanted.status, note: wanted.note, output: wanted.output })
    const written = await writeTask(tables, context, { task, id: step.task, ifMatch: step.ifMatch, parties: [] })
    await tables.ledger.append([
      ledgerEntry(context, step.who, step.request, {
        action: 'U',
        interaction: 'consent-review',
        outcome: 'success',
        persons: [current.person],
        entities: [{ type: 'Task', id: step.task, version: written.version }],
        consents: [],
        note: wanted.status,
      }),
    ])
    return written
  })
}

function isOpen({ status }: Task): boolean {
  return status === 'requested' || status === 'in-progress'
}

async function reviewIn(tables: Tables, id: string): Promise<{ task: Task; person: string } | undefined> {
  const held = await tables.records.byId('Task', id)
  const content = held === undefined ? undefined : open(held)
  if (content === undefined || content.deleted || content.facts.custodian !== networkId) return undefined
  const value = valueOf(content.text)
  const isReview = isResource(value) && value.resourceType === 'Task' && value.meta?.profile?.includes(profile.consentReviewTask) === true
  return isReview && id.startsWith('consent-review-') ? { task: value, person: content.facts.person } : undefined
}
