/**
 * A referral comes in, by REST, by message or through an adapter: one function. The sender's records land in its own partition, the Task
 * and a directed consent in the network's, and the parcel for the receiver in the same transaction. Same message id = same answer.
 */
import { checkDirected } from '../consent/directed.ts'
import { compact, type Consent, type Resource, type ServiceRequest, type Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { isSignedByProxy, takeConsent } from './intake-consent.ts'
import { takeRecords, takeTasks, type IntakeEntry, type IntakeResult } from './intake.ts'
import { ledgerEntry } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import { duesFrom, restrictionOf, startClocks } from './intake-clocks.ts'
import { destination } from './intake-destination.ts'
import { formerOf, type Former } from './intake-former.ts'
import { fullUrlOf, networkNames, ownPatients, personOf, requirePatient } from './intake-referral-names.ts'
import type { Due } from './logic/clocks.ts'
import { openingFault } from './logic/referral.ts'
import type { Because } from './logic/route.ts'
import { once, type Once } from './once.ts'
import { Problem } from './problem.ts'
import type { WrittenEntry } from './written.ts'
import type { Tables } from './store/store.ts'

/** Who says why a referral goes where it goes: the network, to people; EMRs are not sent it as a clinical note. */
export const routingAuthor = 'care-network'

export interface Submission {
  readonly sender: string
  readonly who: AuditWho
  readonly request: { readonly requestId: string; readonly query: string }
  /** local: an EMR's own ids. network: a person's client, which knows persons and network ids */
  readonly space: 'local' | 'network'
  readonly entries: readonly {
    readonly resource: Resource
    readonly fullUrl: string
    readonly method: 'PUT' | 'POST'
    readonly onlyIfAbsent?: boolean
  }[]
  readonly once: Once
}

export interface Submitted {
  readonly entries: readonly WrittenEntry[]
  readonly task: string
}

export async function submitReferral(context: Context, submission: Submission): Promise<Submitted> {
  const done = await context.store.transaction((tables) =>
    once(tables, context, submission.sender, submission.once, () => store(tables, context, submission)),
  )
  context.wakeDelivery()
  return done
}

interface Parts {
  readonly task: Task
  readonly request: ServiceRequest
  /** the referral that this one sends again */
  readonly former: Former | undefined
  /** with the former's own papers: the Bundle brings none */
  readonly isAgain: boolean
  /** what the payer and an exemption are read from */
  readonly enclosed: readonly Resource[]
  readonly consents: readonly Consent[]
  readonly others: Submission['entries']
}

async function store(tables: Tables, context: Context, submission: Submission): Promise<Submitted> {
  const parts = await partsOf(tables, submission)
  const { owner, because, payer } = destination(context, submission.sender, parts)
  const parties = [submission.sender, owner]
  const taskId = context.newId()
  const consentIds = parts.consents.map(() => context.newId())
  const kept = await ownPatients(tables, submission, parts.others)
  const results = await takeRecords(tables, context, {
    institution: submission.sender,
    space: submission.space,
    entries: kept.entries.map(({ resource, fullUrl, method, onlyIfAbsent }): IntakeEntry => ({
      method,
      resource,
      fullUrl,
      ifMatch: '',
      parties: resource.resourceType === 'Patient' ? [] : parties,
      onlyIfAbsent: onlyIfAbsent === true,
    })),
  })
  const names = new Map<string, string>(kept.names)
  kept.entries.forEach(({ fullUrl, resource }, at) => {
    const result = results[at]
    if (result === undefined) return
    const target = resource.resourceType === 'Patient' ? `Patient/${result.person ?? ''}` : `${result.type}/${result.id}`
    names.set(fullUrl, target)
    names.set(`${result.type}/${result.localId}`, target)
  })
  names.set(fullUrlOf(submission, parts.task), `Task/${taskId}`)
  const inNetwork = await networkNames(tables, submission, [parts.task, ...parts.consents], names)
  const person = parts.isAgain ? (parts.former?.person ?? '') : personOf(inNetwork(parts.request), results)
  await requirePatient(tables, submission, person)
  requireSamePatient(parts.former, person)
  const dues = duesFrom(context, payer)
  const task = taskOf(context, { task: withPapers(inNetwork(parts.task), parts), submission, owner, person, because, dues })
  const taken = await takeDirected(tables, context, {
    consents: parts.consents.map(inNetwork),
    ids: consentIds,
    task,
    taskId,
    person,
    owner,
    parties,
  })
  await takeTasks(tables, context, [{ task, parties, id: taskId }])
  if (parts.isAgain) await tables.records.addParties(parts.former?.paperIds ?? [], parties)
  await startClocks(tables, taskId, dues)
  const nowMs = context.now().getTime()
  await tables.parcels.queue({
    id: context.newId(),
    task: taskId,
    kind: 'referral-request',
    sender: submission.sender,
    receiver: owner,
    version: 0,
    atMs: nowMs,
  })
  await tables.ledger.append([
    ledgerEntry(context, submission.who, submission.request, {
      action: 'C',
      interaction: 'referral-request',
      outcome: 'success',
      persons: [person],
      entities: [{ type: 'Task', id: taskId, version: '1' }, ...results.map(({ type, id, version }) => ({ type, id, version }))],
      consents: [],
      note: because.map((reason) => reason.rule).join(', '),
    }),
  ])
  const warnings = because.flatMap(({ rule, en, isWarning }) => (isWarning === true ? [{ id: rule, diagnostics: en }] : []))
  return { task: taskId, entries: inOrder(submission, { kept, results, task: taskId, consents: taken, parts, nowMs, warnings }) }
}

async function partsOf(tables: Tables, submission: Submission): Promise<Parts> {
  const tasks = submission.entries.flatMap(({ resource }) => (resource.resourceType === 'Task' ? [resource] : []))
  const requests = submission.entries.flatMap(({ resource }) => (resource.resourceType === 'ServiceRequest' ? [resource] : []))
  const [task, ...moreTasks] = tasks
  const [sent, ...moreRequests] = requests
  if (task === undefined || moreTasks.length > 0)
    throw new Problem('unprocessable', 'a referral Bundle holds exactly one Task', { id: 'referral-task', expression: 'Bundle.entry' })
  const former = await formerOf(tables, submission.sender, task)
  const request = sent ?? former?.request
  if (request === undefined || moreRequests.length > 0) {
    throw new Problem('unprocessable', 'a referral Bundle holds exactly one ServiceRequest', {
      id: 'referral-request',
      expression: 'Bundle.entry',
    })
  }
  return {
    task,
    request,
    former,
    isAgain: sent === undefined,
    enclosed: [...submission.entries.map(({ resource }) => resource), ...(former?.papers ?? [])],
    consents: submission.entries.flatMap(({ resource }) => (resource.resourceType === 'Consent' ? [resource] : [])),
    others: submission.entries.filter(({ resource }) => resource.resourceType !== 'Task' && resource.resourceType !== 'Consent'),
  }
}

function requireSamePatient(former: Former | undefined, person: string): void {
  if (former === undefined || former.person === person) return
  throw new Problem('unprocessable', 'the former referral is about somebody else', { id: 'former-patient', expression: 'Task.basedOn' })
}

/** Sent again as it was: the new Task asks for the same ServiceRequest with the same enclosures. */
function withPapers(task: Task, { former, isAgain }: Parts): Task {
  if (!isAgain || former === undefined) return task
  return compact<Task>({ ...task, focus: former.task.focus, input: task.input ?? former.task.input })
}

function taskOf(
  context: Context,
  input: { task: Task; submission: Submission; owner: string; person: string; because: readonly Because[]; dues: readonly Due[] },
): Task {
  const at = context.now().toISOString()
  const task = compact<Task>({
    ...input.task,
    status: 'requested',
    for: { reference: `Patient/${input.person}` },
    requester: { reference: `Organization/${input.submission.sender}` },
    owner: { reference: `Organization/${input.owner}` },
    authoredOn: input.task.authoredOn ?? at,
    lastModified: at,
    restriction: restrictionOf(context, input.task.restriction, input.dues),
    note: [
      ...(input.task.note ?? []),
      ...input.because.map((reason) => ({ authorString: routingAuthor, text: `${reason.ko} / ${reason.en}` })),
    ],
  })
  const fault = openingFault(task)
  if (fault !== undefined) throw new Problem('unprocessable', fault.reason, { id: 'referral-opening', expression: fault.expression })
  return task
}

/** The clinician's directed consent: limited to this referral, its receiver and an end; it can never say more. */
async function takeDirected(
  tables: Tables,
  context: Context,
  input: {
    consents: readonly Consent[]
    ids: readonly string[]
    task: Task
    taskId: string
    person: string
    owner: string
    parties: readonly string[]
  },
): Promise<readonly IntakeResult[]> {
  const results: IntakeResult[] = []
  for (const [at, draft] of input.consents.entries()) {
    const consent: Consent = { ...draft, patient: { reference: `Patient/${input.person}` } }
    const faults = checkDirected(consent, {
      directory: context.directory,
      timeZone: context.config.timeZone,
      referralReferences: [input.task.focus?.reference ?? '', `Task/${input.taskId}`],
      receiverKeys: [`org:${input.owner}`],
    })
    if (faults.length > 0) {
      throw new Problem('unprocessable', 'a consent inside a referral is limited to that referral', {
        issues: faults.map((fault) => ({ id: 'directed-consent', diagnostics: fault.reason, expression: fault.expression })),
      })
    }
    const result = await takeConsent(tables, context, {
      consent,
      person: input.person,
      id: input.ids[at] ?? context.newId(),
      isNew: true,
      ifMatch: '',
      from: undefined,
      signedByProxy: isSignedByProxy(consent, false),
      parties: input.parties,
    })
    results.push(result)
  }
  return results
}

/** Answers in the order the entries came. */
function inOrder(
  submission: Submission,
  made: {
    kept: { entries: Submission['entries'] }
    results: readonly IntakeResult[]
    task: string
    consents: readonly IntakeResult[]
    parts: Parts
    nowMs: number
    warnings: NonNullable<WrittenEntry['warnings']>
  },
): readonly WrittenEntry[] {
  const local = submission.space === 'local'
  const written = (result: IntakeResult): WrittenEntry => ({
    status: result.status,
    type: result.type,
    id: local && result.type !== 'Consent' ? result.localId : result.id,
    version: result.version,
    updatedMs: result.updatedMs,
    ...(result.warnings === undefined ? {} : { warnings: result.warnings }),
  })
  return submission.entries.map((entry): WrittenEntry => {
    const { resource } = entry
    if (resource.resourceType === 'Task') {
      const { warnings } = made
      const task = { status: 201 as const, type: 'Task', id: made.task, version: '1', updatedMs: made.nowMs }
      return warnings.length === 0 ? task : { ...task, warnings }
    }
    const consent = resource.resourceType === 'Consent' ? made.consents[made.parts.consents.indexOf(resource)] : undefined
    if (consent !== undefined) return written(consent)
    const at = made.kept.entries.findIndex(
      (item) =>
        item.fullUrl === entry.fullUrl &&
        item.resource.resourceType === resource.resourceType &&
        (entry.fullUrl !== '' || item.resource.id === resource.id),
    )
    const result = made.results[at]
    return result === undefined
      ? { status: 200, type: resource.resourceType, id: resource.id ?? '', version: '1', updatedMs: made.nowMs }
      : written(result)
  })
}
