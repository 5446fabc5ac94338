/**
 * Writes bulk exports: portion by portion, each judged under the consents in force at that moment and committed with the place it reached, so
 * that any process goes on where a dead one stopped. A file is a list of keys; `release-export.ts` judges every line of it again.
 */
import type { Context } from './context.ts'
import { sightOf } from './judge.ts'
import { keptCaller } from './kept-caller.ts'
import { mayTouch } from './logic/access.ts'
import { actionOf } from './logic/action-of.ts'
import type { Caller } from './security/caller.ts'
import type { JobState } from './store/export-jobs.ts'
import type { ExportKey } from './store/exports.ts'
import type { Tables } from './store/store.ts'

/** A file is no more than this, so that one is never more than a page of memory. One record that is larger is a file of its own. */
export const fileBounds = { lines: 1_000, bytes: 4 * 1024 * 1024 }
const mostAttempts = 5
const retryMs = 2_000
const settleMs = 200
const everyMs = 1_000

/** Runs until `signal` aborts. */
export async function exportLoop(
  context: Context,
  { signal, sleep }: { readonly signal: AbortSignal; readonly sleep: (ms: number) => Promise<void> },
): Promise<void> {
  while (!signal.aborted) {
    const worked = await exportNext(context).catch((thrown: unknown) => {
      context.log('error', 'export-fault', { fault: thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown' })
      return false
    })
    if (!worked) await sleep(everyMs)
  }
}

/** Writes at most one file; false when nothing was due. */
export async function exportNext(context: Context): Promise<boolean> {
  const { exports } = context.store
  const nowMs = context.now().getTime()
  const id = await exports.next(nowMs)
  if (id === undefined) return false
  try {
    return await context.store.transaction(async (tables) => {
      const job = await tables.exports.lock(id)
      return job !== undefined && (await writePortion(tables, context, job))
    })
  } catch (thrown) {
    await exports.stumble(id, nowMs + retryMs, mostAttempts)
    throw thrown
  }
}

async function writePortion(tables: Tables, context: Context, job: JobState): Promise<boolean> {
  const nowMs = context.now().getTime()
  const { exports } = tables
  const caller = keptCaller(job.caller)
  if (job.steps === undefined && !(await exports.isSettled(job.id))) {
    await exports.wait(job.id, nowMs + settleMs)
    return false
  }
  const steps = job.steps ?? (await stepsOf(tables, job, caller))
  let { step, after } = job
  for (let name = steps[step]; name !== undefined; name = steps[step]) {
    const [institution = '', type = ''] = name.split('/')
    const kind = institution === everyHouse ? 'person' : 'record'
    const found = await keysOf(tables, context, job, { caller, institution, type, after })
    const taken = fitting(found)
    const isOver = found.length < fileBounds.lines && taken.length === found.length
    after = isOver ? '' : (taken.at(-1)?.place ?? '')
    if (isOver) step += 1
    // what is younger than the export has no version of then
    const keys = taken.filter(({ version }) => version > 0)
    if (keys.length === 0) continue
    await exports.addFile(job.id, { type, kind, keys: keys.map(({ key }) => key), versions: keys.map(({ version }) => version) })
    await exports.advance(job.id, { steps, step, after, state: step < steps.length ? 'queued' : 'done', nextMs: nowMs })
    return true
  }
  await exports.advance(job.id, { steps, step, after, state: 'done', nextMs: nowMs })
  return true
}

/** Stands for all institutions: people read persons, who are composed of the records of each. */
const everyHouse = '*'

async function stepsOf(tables: Tables, job: JobState, caller: Caller): Promise<readonly string[]> {
  const found = (await tables.exports.plan(job)).filter(({ type }) => mayTouch(caller.role, type, 'search-type'))
  const isPeople = caller.role !== 'system'
  return [...new Set(found.map(({ institution, type }) => `${isPeople && type === 'Patient' ? everyHouse : institution}/${type}`))]
}

async function keysOf(
  tables: Tables,
  context: Context,
  job: JobState,
  at: { caller: Caller; institution: string; type: string; after: string },
): Promise<readonly ExportKey[]> {
  const { caller, institution, type, after } = at
  const about = { type: 'Patient', persons: job.persons ?? [], action: actionOf.export, liveRelated: [] }
  const { condition, party } = await sightOf(tables, context, caller, about)
  const ask = { condition, party, after, limit: fileBounds.lines }
  return institution === everyHouse ? tables.exports.personKeys(job, ask) : tables.exports.recordKeys(job, { ...ask, institution, type })
}

/** As many as fit in one file, and always one. */
function fitting(found: readonly ExportKey[]): readonly ExportKey[] {
  let bytes = 0
  const tooMany = found.findIndex((key, at) => {
    bytes += key.bytes
    return at > 0 && bytes > fileBounds.bytes
  })
  return tooMany === -1 ? found : found.slice(0, tooMany)
}
