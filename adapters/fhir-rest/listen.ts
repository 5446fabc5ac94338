/** Looks at the EMR's Tasks again and again: answers to what we delivered, and referrals made in the EMR. */
import { setTimeout as pause } from 'node:timers/promises'
import { system } from '../../fhir-profiles/codes.ts'
import type { Task } from '../../fhir-profiles/r4.ts'
import type { AdapterPorts, Parcel, Receipt } from '../contract.ts'
import { areObjects, isFhirId, isResource } from './admit.ts'
import { isEmrTrouble, reasonOf } from './failure.ts'
import { type Place, gatherReferral, gatherReports, readRequester } from './gather.ts'
import { isOurCancellation } from './map-cancel.ts'
import {
  type Institution,
  institutionNumber,
  isAnswerToOwn,
  isOwnReferral,
  markOf,
  parcelOf,
  toCancel,
  toRequest,
  toResponse,
} from './map.ts'
import { type TaskMemory, recallTask, rememberTask } from './task-memory.ts'

export interface Listening extends Place {
  readonly institution: Institution
  readonly memory: AdapterPorts['memory']
  readonly log: AdapterPorts['log']
  readonly pollMs: number
}

export type Take = (parcel: Parcel) => Promise<Receipt>

const cursorKey = 'tasks-seen-until'
/** An EMR may show a Task later than others that it stamped after it; looking back costs little, since each Task's state is remembered. */
const overlapMs = 10_000
const pageSize = 100
/** the mark of an own referral the gateway could not use */
const refused = 'refused'

/** Resolves when `signal` aborts. An EMR that is away, or a gateway that cannot take, is waited for. */
export async function listenToTasks(listening: Listening, take: Take, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await look(listening, take, signal)
    } catch (cause) {
      if (!signal.aborted)
        listening.log('listen.failed', { reason: isEmrTrouble(cause) ? reasonOf(cause) : 'a fault of the adapter or its memory' })
    }
    await pause(listening.pollMs, undefined, { signal, ref: false }).catch(onlyAbort)
  }
}

function onlyAbort(cause: unknown): void {
  if (typeof cause !== 'object' || cause === null || Reflect.get(cause, 'name') !== 'AbortError') throw cause
}

/** Invariant: the cursor never passes a Task that was not taken, so that nothing is lost over restarts. */
async function look(listening: Listening, take: Take, signal: AbortSignal): Promise<void> {
  const seenUntil = Number((await listening.memory.get(cursorKey)) ?? 0)
  const since = seenUntil === 0 ? {} : { _lastUpdated: `ge${new Date(seenUntil - overlapMs).toISOString()}` }
  let until = seenUntil
  let held = Number.POSITIVE_INFINITY
  const params = { ...since, _sort: '_lastUpdated', _count: String(pageSize) }
  for await (const page of listening.emr.search('Task', params, signal)) {
    const tasks = page.resources.filter(isTask)
    if (tasks.length < page.resources.length) listening.log('listen.unmappable', { element: 'Task' })
    if (page.cut !== undefined) listening.log('listen.cut', { reason: page.cut })
    for (const task of tasks) {
      const updatedMs = Date.parse(task.meta?.lastUpdated ?? '')
      const done = await tell(listening, task, take, signal)
      if (!done) held = Math.min(held, updatedMs)
      if (updatedMs > until) until = updatedMs
    }
    const next = Math.min(until, held)
    if (next > seenUntil) await listening.memory.set(cursorKey, String(next))
  }
}

/** true = nothing about this Task is left to tell */
async function tell(listening: Listening, task: Task, take: Take, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  const known = await recallTask(listening.memory, task.id ?? '')
  if (known?.version === task.meta?.versionId && known?.mark === markOf(task)) return true
  if (isAnswerToOwn(task, listening.institution)) return true
  const parcelId = parcelOf(task) ?? (known?.origin === 'delivered' ? task.id : undefined)
  if (parcelId !== undefined) return tellAnswer(listening, { task, parcelId, known }, take, signal)
  if (known?.origin === 'own' && known.mark !== refused && isNewlyCancelled(known, task)) return tellCancel(listening, task, take)
  if (!isOwnReferral(task) || (known !== undefined && isTold(known, task))) return true
  return tellReferral(listening, task, take, signal)
}

interface Answer {
  readonly task: Task
  /** the delivery that is answered */
  readonly parcelId: string
  readonly known: TaskMemory | undefined
}

/** Every change of state since the last one told, in order: a Task accepted and completed between two looks was accepted first. */
async function tellAnswer(listening: Listening, { task, parcelId, known }: Answer, take: Take, signal: AbortSignal): Promise<boolean> {
  let mark = known?.mark ?? 'requested#0'
  for (const version of await newVersions(listening, task, known?.version, signal)) {
    // A cancellation that we wrote ourselves is no news.
    if (markOf(version) !== mark && !isOurCancellation(version)) {
      const { resources, gaps } = await gatherReports(listening, version, signal)
      if ((await taken(listening, take, toResponse(version, parcelId, resources, gaps))) === 'transient') return false
    }
    mark = markOf(version)
    await rememberTask(listening.memory, task.id ?? '', { origin: 'delivered', version: version.meta?.versionId ?? '', mark })
  }
  return true
}

async function newVersions(
  listening: Listening,
  task: Task,
  knownVersion: string | undefined,
  signal: AbortSignal,
): Promise<readonly Task[]> {
  if (markOf(task) === 'requested#0') return [task]
  const versions = (await listening.emr.history('Task', task.id ?? '', signal)).filter(isTask).filter((version) => version.id === task.id)
  const last = versions.findIndex((version) => version.meta?.versionId === knownVersion)
  const unseen = last < 0 ? versions : versions.slice(0, last)
  return unseen.length === 0 ? [task] : unseen.toReversed()
}

async function tellReferral(listening: Listening, task: Task, take: Take, signal: AbortSignal): Promise<boolean> {
  const { institution, memory } = listening
  if ((await requesterNumber(listening, task, signal)) !== institution.number) return true
  const outcome = await taken(listening, take, toRequest({ task, ...(await gatherReferral(listening, task, signal)) }, institution))
  if (outcome === 'transient') return false
  const mark = outcome === 'ok' ? markOf(task) : refused
  await rememberTask(memory, task.id ?? '', { origin: 'own', version: task.meta?.versionId ?? '', mark })
  return true
}

function isNewlyCancelled(known: TaskMemory, task: Task): boolean {
  return task.status === 'cancelled' && known.mark !== markOf(task)
}

/** A doctor of this hospital takes back a referral that was told: its receiver must hear of it. */
async function tellCancel(listening: Listening, task: Task, take: Take): Promise<boolean> {
  if ((await taken(listening, take, toCancel(task, listening.institution))) === 'transient') return false
  await rememberTask(listening.memory, task.id ?? '', { origin: 'own', version: task.meta?.versionId ?? '', mark: markOf(task) })
  return true
}

/** Told once; a referral that was refused is told again when the doctor has changed it. */
function isTold(known: TaskMemory, task: Task): boolean {
  return known.mark !== refused || known.version === task.meta?.versionId
}

async function requesterNumber(listening: Listening, task: Task, signal: AbortSignal): Promise<string | undefined> {
  const named = task.requester?.identifier
  if (named?.system === system.institutionNumber) return named.value
  const organization = await readRequester(listening, task, signal)
  return organization === undefined ? undefined : institutionNumber(organization)
}

/** A refusal is final for this version: the gateway keeps what it cannot use in quarantine, and asking again would not change it. */
async function taken(listening: Listening, take: Take, parcel: Parcel): Promise<Receipt['outcome']> {
  const receipt = await take(parcel)
  if (receipt.outcome === 'fatal') listening.log('listen.refused', { where: receipt.where })
  return receipt.outcome
}

/** The elements that are walked have the shape they must have; a Task that lacks it is not looked at further. */
function isTask(resource: unknown): resource is Task & { readonly id: string } {
  if (!isResource(resource) || resource.resourceType !== 'Task') return false
  const { id, status, identifier, input, output, meta } = resource
  const profiles: unknown = meta?.profile
  const hasProfiles = profiles === undefined || (Array.isArray(profiles) && profiles.every((each) => typeof each === 'string'))
  return (
    typeof id === 'string' && isFhirId(id) && typeof status === 'string' && [identifier, input, output].every(areObjects) && hasProfiles
  )
}
