/** The referral desk of the hospital: people accept, reject, start and complete what arrived. Loopback only, no password: a sandbox. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { documentType, system } from '../../../fhir-profiles/codes.ts'
import type { DocumentReference, Reference, Resource, Task } from '../../../fhir-profiles/r4.ts'
import type { EmrStore } from './emr-store.ts'
import { type FaultMode, isFaultMode } from './faults.ts'
import { readObject, readText, sendJson } from './http-body.ts'
import { hospital } from './kr-core.ts'
import { hasNumber, referralResources } from './refer.ts'

export interface DeskOptions {
  readonly store: EmrStore
  readonly now: () => Date
  readonly setFault: (mode: FaultMode) => void
  /** newest last */
  readonly accesses: () => readonly string[]
}

interface Reply {
  readonly status: number
  readonly body: unknown
}

type Step = 'accept' | 'reject' | 'start' | 'complete' | 'acknowledge'

/** which step leads where, and from where it may be taken */
const steps: Readonly<Record<Step, { readonly from: readonly Task['status'][]; readonly to: Task['status'] }>> = {
  accept: { from: ['requested', 'received'], to: 'accepted' },
  reject: { from: ['requested', 'received', 'accepted'], to: 'rejected' },
  start: { from: ['accepted'], to: 'in-progress' },
  complete: { from: ['accepted', 'in-progress'], to: 'completed' },
  // of a recall: what was received is set aside; a recall may also be rejected, with the reason
  acknowledge: { from: ['requested', 'received'], to: 'completed' },
}

export function createDesk(options: DeskOptions): Server {
  return createServer((request, response) => {
    serve(options, request, response).catch(() => send(response, { status: 500, body: { error: 'the desk failed' } }))
  })
}

async function serve(options: DeskOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A page in somebody's browser must not reach the desk, neither under another name of this machine nor from another site.
  const isHere = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '') && request.headers.origin === undefined
  if (!isHere) return send(response, { status: 403, body: { error: 'the desk serves this machine only' } })
  const path = new URL(request.url ?? '/', 'http://localhost').pathname.split('/').filter((part) => part !== '')
  const body = readObject(await readText(request)) ?? {}
  send(response, reply(options, `${request.method ?? 'GET'} ${path[0] ?? ''}`, path, body))
}

function reply(options: DeskOptions, what: string, path: readonly string[], body: Readonly<Record<string, unknown>>): Reply {
  const [, id = '', step = ''] = path
  if (what === 'GET health') return { status: 200, body: { status: 'ok' } }
  if (what === 'GET tasks' && path.length === 1) return { status: 200, body: board(options.store.all('Task').filter(isTask)) }
  if (what === 'GET accesses') return { status: 200, body: { accesses: options.accesses() } }
  if (what === 'POST referrals' && path.length === 1) return refer(options, body)
  if (what === 'POST faults') return setFault(options, body['mode'])
  if (what === 'POST tasks' && path.length === 3 && isStep(step)) return takeStep(options, id, step, body)
  return { status: 404, body: { error: 'unknown address' } }
}

/** Referrals and answers, and beside them what the network has recalled; a recalled Task says so. */
function board(tasks: readonly Task[]): unknown {
  const recalls = tasks.filter(isRecall)
  const recalled = new Set(recalls.flatMap(recalledIds))
  return {
    tasks: tasks
      .filter((task) => !isRecall(task))
      .map((task) => ({ ...row(task), ...(recalled.has(task.id ?? '') ? { recalled: true } : {}) })),
    recalls: recalls.map((task) => ({ ...row(task), recalls: recalledIds(task), text: task.description })),
  }
}

function isRecall({ code }: Task): boolean {
  return code?.coding?.some((coding) => coding.system === system.taskCode && coding.code === 'recall') === true
}

/** A parcel's id is the id of the Task it was. */
function recalledIds({ input }: Task): readonly string[] {
  return (input ?? []).flatMap(({ valueIdentifier }) => (valueIdentifier?.system === system.parcel ? (valueIdentifier.value ?? []) : []))
}

/** A doctor's own referral; the network sees it at its next look. */
function refer({ store, now }: DeskOptions, body: Readonly<Record<string, unknown>>): Reply {
  const text = (key: string): string => {
    const value = body[key]
    return typeof value === 'string' ? value.trim() : ''
  }
  const [toInstitutionNumber, department, reason] = [text('toInstitutionNumber'), text('department'), text('reason')]
  if (toInstitutionNumber === '' || department === '' || reason === '')
    return { status: 400, body: { error: '`toInstitutionNumber`, `department` and `reason` are required' } }
  const patient = store.all('Patient').find((each) => hasNumber(each, text('patientNumber')))
  if (patient === undefined) return { status: 404, body: { error: 'no such patient' } }
  const serial = store.all('Task').filter(({ id }) => id?.startsWith('rf-') === true).length + 1
  const said = { toInstitutionNumber, department, reason, kcd: text('kcd'), note: text('note') }
  const written = store.write(referralResources({ serial, patient, ...said }, now()), now())
  return { status: 201, body: { id: written[0]?.resource.id } }
}

function setFault({ setFault: set }: DeskOptions, mode: unknown): Reply {
  if (!isFaultMode(mode)) return { status: 400, body: { error: '`mode` is not a known fault' } }
  set(mode)
  return { status: 200, body: { mode } }
}

function takeStep(options: DeskOptions, id: string, step: Step, body: Readonly<Record<string, unknown>>): Reply {
  const task = options.store.read('Task', id)
  if (task === undefined || !isTask(task)) return { status: 404, body: { error: 'no such task' } }
  if (isRecall(task) ? step !== 'acknowledge' && step !== 'reject' : step === 'acknowledge')
    return { status: 409, body: { error: 'this is not a step of such a task' } }
  const { from, to } = steps[step]
  if (!from.includes(task.status)) return { status: 409, body: { error: `a task that is ${task.status} cannot be taken to ${to}` } }
  const said = { accept: undefined, start: undefined, acknowledge: undefined, reject: 'reason', complete: 'report' }[step]
  const text = said === undefined ? '' : body[said]
  if (typeof text !== 'string' || (said !== undefined && text === ''))
    return { status: 400, body: { error: `\`${said ?? ''}\` is required` } }
  const at = options.now()
  const changed = moved(task, step, to, text, at)
  options.store.write(changed, at)
  return { status: 200, body: row(changed[0]) }
}

/** The Task in its new state, and with `complete` the report it names. */
function moved(task: Task, step: Step, to: Task['status'], text: string, at: Date): readonly [Task, ...Resource[]] {
  const next: Task = { ...task, status: to, lastModified: at.toISOString() }
  if (step === 'reject') return [{ ...next, statusReason: { text } }]
  if (step !== 'complete') return [next]
  const report = consultNote(task, text, at)
  const output = { type: { coding: [documentType.consultNote] }, valueReference: { reference: `DocumentReference/${report.id ?? ''}` } }
  return [{ ...next, output: [...(task.output ?? []), output] }, report]
}

function consultNote(task: Task, text: string, at: Date): DocumentReference {
  const attachment = {
    contentType: 'text/plain; charset=utf-8',
    language: 'ko',
    data: Buffer.from(text, 'utf8').toString('base64'),
    title: '회신서',
  }
  return {
    resourceType: 'DocumentReference',
    id: `${task.id ?? ''}-report`,
    status: 'current',
    type: { coding: [documentType.consultNote] },
    ...(task.for === undefined ? {} : { subject: task.for as Reference<never> }),
    date: at.toISOString(),
    author: [hospital()],
    custodian: hospital(),
    content: [{ attachment }],
  }
}

function row(task: Task): Readonly<Record<string, unknown>> {
  const { id, status, requester, statusReason, meta } = task
  return {
    id,
    status,
    from: requester?.display ?? requester?.identifier?.value,
    for: task.for?.reference,
    reason: statusReason?.text,
    updated: meta?.lastUpdated,
  }
}

function isTask(resource: Resource): resource is Task {
  return resource.resourceType === 'Task'
}

function isStep(text: string): text is Step {
  return Object.hasOwn(steps, text)
}

function send(response: ServerResponse, { status, body }: Reply): void {
  sendJson(response, status, 'application/json', body)
}
