/**
 * Bulk `$export` of patients and of a Group: kick-off, status, files, cancel. A system exports its own partition. A doctor exports what may be
 * disclosed of the own institution's records, and for `Group/open-referrals` of what other institutions hold of its patients.
 * Spec: https://hl7.org/fhir/uv/bulkdata/STU2/export.html
 */
import { profile } from '../../fhir-profiles/codes.ts'
import type { Call, Context } from '../context.ts'
import { nobody, judgeNothing, sightFor } from '../judged.ts'
import { keepCaller } from '../kept-caller.ts'
import { mayTouch } from '../logic/access.ts'
import { actionOf } from '../logic/action-of.ts'
import { notFound, Problem } from '../problem.ts'
import {
  endExport,
  exportInProgress,
  exportManifest,
  membersOf,
  releaseExportPersons,
  releaseExportRecords,
  startExport,
} from '../release-export.ts'
import { releaseNothing, type Released } from '../release.ts'
import type { ExportScope, JobState } from '../store/export-jobs.ts'
import { parametersOf, sinceIn, typesIn, valuesOf } from './parameters.ts'

const keptMs = 24 * 3_600_000
/** of one caller, being written at the same time */
const mostWriting = 3
const formats = new Set(['application/fhir+ndjson', 'application/ndjson', 'ndjson'])
/** the patients of open referrals that name the caller's institution */
const openReferrals = 'open-referrals'

export async function exportPatients(call: Call, context: Context): Promise<Released> {
  return kickOff(call, context, { persons: undefined, isOwnOnly: true })
}

export async function exportGroup(call: Call, context: Context): Promise<Released> {
  return kickOff(call, context, await groupOf(call, context))
}

export async function exportStatus(call: Call, context: Context): Promise<Released> {
  const job = await jobOf(call, context, call.params['id'] ?? '')
  switch (job.state) {
    case 'queued':
      return exportInProgress()
    case 'done':
      return exportManifest(context, job, await context.store.exports.files(job.id))
    case 'failed':
      throw new Problem('fault', 'the export could not be written')
    default:
      return job.state satisfies never
  }
}

export async function cancelExport(call: Call, context: Context): Promise<Released> {
  const { id } = await jobOf(call, context, call.params['id'] ?? '')
  return endExport(context, call, id)
}

export async function exportFile(call: Call, context: Context): Promise<Released> {
  const [, id = '', number = ''] = /^(.+)\.(\d{1,6})$/.exec(call.params['id'] ?? '') ?? []
  const job = await jobOf(call, context, id)
  const file = job.state === 'done' ? await context.store.exports.file(id, Number(number)) : undefined
  if (file === undefined) throw notFound()
  requireNoEmergency(call)
  const about = { type: 'Patient', persons: job.persons ?? [], action: actionOf.export }
  const sight = await sightFor(context.store, context, call, about)
  if (file.kind === 'record') return releaseExportRecords(context, call, { lines: await context.store.exports.lines(file), sight })
  const held = await context.store.exports.charts(file.keys, sight)
  return releaseExportPersons(context, call, { persons: file.keys, held, sight })
}

async function kickOff(call: Call, context: Context, who: Pick<ExportScope, 'persons' | 'isOwnOnly'>): Promise<Released> {
  const { caller } = call
  if (!/\brespond-async\b/.test(call.prefer))
    throw new Problem('invalid', 'a bulk export answers later: send `Prefer: respond-async`', { id: 'respond-async', expression: 'Prefer' })
  requireNoEmergency(call)
  const given = parametersOf(call, ['_outputFormat', '_since', '_type'])
  if (valuesOf(given, '_outputFormat').some((format) => !formats.has(format)))
    throw new Problem('not-supported', '`_outputFormat` is application/fhir+ndjson', { id: 'output-format', expression: '_outputFormat' })
  const types = typesIn(given)
  if (types.some((type) => !mayTouch(caller.role, type, 'search-type') || notExported.has(type)))
    throw new Problem('not-supported', '`_type` names a type that this caller cannot export', {
      id: 'type-not-exported',
      expression: '_type',
    })
  if ((await context.store.exports.countWriting(caller)) >= mostWriting)
    throw new Problem('busy', `${mostWriting} exports of this caller are being written; wait for one, or remove it`, {
      id: 'export-rate',
      headers: { 'retry-after': '10' },
    })
  const atMs = context.now().getTime()
  const { subject, institution, role } = caller
  const released = await startExport(context, call, {
    id: context.newId(),
    subject,
    institution,
    role,
    ...who,
    caller: keepCaller(caller),
    request: requestOf(call, context),
    types,
    sinceMs: sinceIn(given, context.config.timeZone),
    atMs,
    expiresMs: atMs + keptMs,
  })
  context.wakeDelivery()
  return released
}

/** Kept by the network, or of no patient by itself. */
const notExported = new Set(['Task', 'Consent', 'AuditEvent', 'Binary'])

function requestOf(call: Call, context: Context): string {
  const query = new URLSearchParams(call.query.map(([name, value]): [string, string] => [name, value])).toString()
  return `${context.config.publicUrl}/fhir/R4/${call.path}${query === '' ? '' : `?${query}`}`
}

/** An emergency is about one person. */
function requireNoEmergency({ caller }: Call): void {
  if (caller.breakGlass.kind === 'declared')
    throw new Problem('forbidden', 'a token for an emergency exports nothing; ask for one without `BTG`', { id: 'purpose' })
}

/** Somebody else's job, one that expired and one that never was are one answer. */
async function jobOf(call: Call, context: Context, id: string): Promise<JobState> {
  const job = await context.store.exports.find(id, call.caller, context.now().getTime())
  if (job === undefined) throw notFound()
  return job
}

async function groupOf(call: Call, context: Context): Promise<Pick<ExportScope, 'persons' | 'isOwnOnly'>> {
  const { caller } = call
  const id = call.params['id'] ?? ''
  const { store } = context
  if (id === openReferrals && caller.role !== 'system')
    return { persons: await store.exports.personsInReferral(caller.institution, profile.referralTask), isOwnOnly: false }
  const isSystem = caller.role === 'system'
  const key = { institution: caller.institution, type: 'Group', localId: id }
  const held = isSystem ? await store.records.byKey(key) : await store.records.byId('Group', id)
  const sight = await sightFor(store, context, call, { type: 'Group', persons: [] })
  const members = await membersOf(context, call, held, sight)
  if (members === undefined) {
    await judgeNothing(context, call, 'Group')
    return releaseNothing(context, call, 'export')
  }
  const rows = isSystem ? await store.identities.byLocal(caller.institution, members) : await store.identities.byRecords(members)
  const persons = [...new Set([...rows.map(({ person }) => person), ...(isSystem ? [] : members)])]
  return { persons: persons.length === 0 ? [nobody] : persons, isOwnOnly: true }
}
