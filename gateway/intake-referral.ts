/**
 * A referral comes in, by REST, by message or through an adapter: one function. The sender's records land in its own partition, the Task
 * and a directed consent in the network's, and the parcel for the receiver in the same transaction. Same message id = same answer.
 */
import { checkDirected } from '../consent/directed.ts'
import { compact, type Consent, type Resource, type ServiceRequest, type Task } from '../fhir-profiles/r4.ts'
import { rewriteReferences } from '../fhir-profiles/reference.ts'
import type { Context } from './context.ts'
import { isSignedByProxy, takeConsent } from './intake-consent.ts'
import { takeRecords, takeTasks, type IntakeEntry, type IntakeResult } from './intake.ts'
import { ledgerEntry } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import { destination } from './intake-destination.ts'
import { openingFault } from './logic/referral.ts'
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
  readonly consents: readonly Consent[]
  readonly others: Submission['entries']
}

async function store(tables: Tables, context: Context, submission: Submission): Promise<Submitted> {
  const parts = partsOf(submission)
  const { owner, because } = destination(context, submission.sender, parts)
  const parties = [submission.sender, owner]
  const taskId = context.newId()
  const consentIds = parts.consents.map(() => context.newId())
  const kept = await ownPatients(tables, context, submission, parts.others)
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
  const person = personOf(inNetwork(parts.request), results)
  await requirePatient(tables, submission, person)
  const task = taskOf(context, { task: inNetwork(parts.task), submission, owner, person, because })
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
  return { task: taskId, entries: inOrder(submission, { kept, results, task: taskId, consents: taken, parts, nowMs }) }
}

function partsOf(submission: Submission): Parts {
  const tasks = submission.entries.flatMap(({ resource }) => (resource.resourceType === 'Task' ? [resource] : []))
  const requests = submission.entries.flatMap(({ resource }) => (resource.resourceType === 'ServiceRequest' ? [resource] : []))
  const [task, ...moreTasks] = tasks
  const [request, ...moreRequests] = requests
  if (task === undefined || moreTasks.length > 0)
    throw new Problem('unprocessable', 'a referral Bundle holds exactly one Task', { id: 'referral-task', expression: 'Bundle.entry' })
  if (request === undefined || moreRequests.length > 0) {
    throw new Problem('unprocessable', 'a referral Bundle holds exactly one ServiceRequest', {
      id: 'referral-request',
      expression: 'Bundle.entry',
    })
  }
  return {
    task,
    request,
    consents: submission.entries.flatMap(({ resource }) => (resource.resourceType === 'Consent' ? [resource] : [])),
    others: submission.entries.filter(({ resource }) => resource.resourceType !== 'Task' && resource.resourceType !== 'Consent'),
  }
}

/** A person's client names an own patient by number; the EMR's record is not overwritten through it. */
async function ownPatients(tables: Tables, _context: Context, submission: Submission, entries: Submission['entries']) {
  if (submission.space === 'local') return { entries, names: new Map<string, string>() }
  const names = new Map<string, string>()
  for (const { resource, fullUrl } of entries) {
    if (resource.resourceType !== 'Patient') continue
    const persons = new Set<string>()
    for (const { system: numberSystem, value } of resource.identifier ?? []) {
      if (numberSystem === undefined || value === undefined) continue
      const records = await tables.identities.byIdentifier(numberSystem, value, submission.sender)
      for (const row of await tables.identities.byRecords(records)) persons.add(row.person)
    }
    const [person, ...more] = persons
    if (person === undefined || more.length > 0) throw unknownPatient()
    names.set(fullUrl, `Patient/${person}`)
    if (resource.id !== undefined) names.set(`Patient/${resource.id}`, `Patient/${person}`)
  }
  const rename = (value: string): string | undefined => names.get(value)
  return {
    entries: entries
      .filter(({ resource }) => resource.resourceType !== 'Patient')
      .map((entry) => ({ ...entry, resource: rewriteReferences(entry.resource, rename) })),
    names,
  }
}

function unknownPatient(): Problem {
  return new Problem('unprocessable', 'the patient is not known to this caller; use the person id the network gave', {
    id: 'unknown-patient',
  })
}

function fullUrlOf(submission: Submission, resource: Resource): string {
  return submission.entries.find((entry) => entry.resource === resource)?.fullUrl ?? ''
}

/** References of the network's own resources: entries of the Bundle, or what the sender stored before, in network ids. */
async function networkNames(tables: Tables, submission: Submission, resources: readonly Resource[], names: ReadonlyMap<string, string>) {
  const local = new Map<string, string>()
  if (submission.space === 'local') {
    for (const resource of resources) {
      for (const [, value = ''] of JSON.stringify(resource).matchAll(/"reference":"([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})"/g)) {
        const [type = '', localId = ''] = value.split('/')
        if (type === 'Organization' || names.has(value)) continue
        if (type === 'Patient') {
          const row = (await tables.identities.byLocal(submission.sender, [localId]))[0]
          if (row !== undefined) local.set(value, `Patient/${row.person}`)
        } else {
          const id = await tables.records.idOf({ institution: submission.sender, type, localId })
          if (id !== undefined) local.set(value, `${type}/${id}`)
        }
      }
    }
  }
  return <T extends Resource>(resource: T): T => rewriteReferences(resource, (value) => names.get(value) ?? local.get(value))
}

function personOf(request: ServiceRequest, results: readonly IntakeResult[]): string {
  const own = results.find((result) => result.type === 'ServiceRequest')?.person
  const [type, id] = request.subject.reference?.split('/') ?? []
  const person = own ?? (type === 'Patient' ? id : undefined)
  if (person === undefined || person === null || person === '') throw unknownPatient()
  return person
}

/** One refers own patients: the sender knows the person, or it is the same refusal as for nobody. */
async function requirePatient(tables: Tables, submission: Submission, person: string): Promise<void> {
  const rows = await tables.identities.ofPersons([person])
  if (!rows.some((row) => row.institution === submission.sender)) throw unknownPatient()
}

function taskOf(
  context: Context,
  input: { task: Task; submission: Submission; owner: string; person: string; because: readonly { ko: string; en: string }[] },
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
  },
): readonly WrittenEntry[] {
  const local = submission.space === 'local'
  const written = (result: IntakeResult): WrittenEntry => ({
    status: result.status,
    type: result.type,
    id: local && result.type !== 'Consent' ? result.localId : result.id,
    version: result.version,
    updatedMs: result.updatedMs,
  })
  return submission.entries.map((entry): WrittenEntry => {
    const { resource } = entry
    if (resource.resourceType === 'Task') return { status: 201, type: 'Task', id: made.task, version: '1', updatedMs: made.nowMs }
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
