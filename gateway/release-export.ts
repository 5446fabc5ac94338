/**
 * What leaves of a bulk export. Each line of a file is judged when the file is downloaded, under the consents in force then: what was withdrawn
 * or deleted since it was written is not there. Spec: https://hl7.org/fhir/uv/bulkdata/STU2/export.html
 */
import type { Call, Context } from './context.ts'
import { open, type Held } from './held.ts'
import type { Sight } from './judge.ts'
import { judge } from './judged.ts'
import { ledgerEntry, maskedQuery, whoOf, type Act } from './ledger-entry.ts'
import { isSameMatter } from './logic/same-matter.ts'
import { pastVersions } from './redaction.ts'
import { personOf } from './composed.ts'
import { record, released } from './release-act.ts'
import { Octets, valueOf } from '../fhir-profiles/octets.ts'
import { mint, type Released } from './released.ts'
import type { ExportFile, ExportJob } from './store/export-jobs.ts'
import type { ExportLine } from './store/exports.ts'

/** The act is entered with the job itself: both or neither. */
export async function startExport(context: Context, call: Call, job: ExportJob): Promise<Released> {
  await context.store.transaction(async (tables) => {
    await tables.exports.add(job)
    await tables.ledger.append([entryOf(context, call, { ...act, action: 'E', note: 'export asked for' })])
  })
  return mint(202, { 'content-location': statusAddress(context, job.id) }, '')
}

export async function endExport(context: Context, call: Call, id: string): Promise<Released> {
  await context.store.transaction(async (tables) => {
    await tables.exports.remove(id)
    await tables.ledger.append([entryOf(context, call, { ...act, action: 'D', note: 'export removed' })])
  })
  return mint(202, {}, '')
}

const act = { interaction: 'export', outcome: 'success', persons: [], entities: [], consents: [] } as const

function entryOf(context: Context, call: Call, what: Act) {
  return ledgerEntry(context, whoOf(call.caller, call.address), { requestId: call.requestId, query: maskedQuery(call) }, what)
}

/** Not ready: ask again. */
export function exportInProgress(): Released {
  return mint(202, { 'x-progress': 'in progress', 'retry-after': '1' }, '')
}

/** The manifest names files and types. No counts: how many lines a file has is decided when it is downloaded. */
export function exportManifest(context: Context, job: ExportJob, files: readonly Pick<ExportFile, 'number' | 'type'>[]): Released {
  const url = (number: number): string => `${context.config.publicUrl}/fhir/R4/$export-file/${job.id}.${number}`
  const manifest = {
    transactionTime: new Date(job.atMs).toISOString(),
    request: job.request,
    requiresAccessToken: true,
    output: files.map(({ number, type }) => ({ type, url: url(number) })),
    error: [],
  }
  const headers = { 'content-type': 'application/json; charset=utf-8', expires: new Date(job.expiresMs).toUTCString() }
  return mint(200, headers, JSON.stringify(manifest))
}

export function statusAddress(context: Context, id: string): string {
  return `${context.config.publicUrl}/fhir/R4/$export/${id}`
}

const ndjson = { 'content-type': 'application/fhir+ndjson; charset=utf-8' }

/** Records, each as it was when the export was asked for, where it is still about the same matter. */
export async function releaseExportRecords(
  context: Context,
  call: Call,
  input: { readonly lines: readonly ExportLine[]; readonly sight: Sight },
): Promise<Released> {
  const isOwn = call.caller.role === 'system'
  const lines = input.lines.flatMap(({ held, past }) => {
    const content = open(held)
    return past === undefined || isOwn || isSameMatter(content.peopleText, past.peopleText) ? [{ content, past }] : []
  })
  const versions = lines.flatMap(({ content, past }) => (past === undefined ? [] : [{ content, version: past }]))
  const past = (await pastVersions(context.store, versions, context.directory.places)).values()
  const contents = lines.map((line) => (line.past === undefined ? line.content : (past.next().value ?? line.content)))
  const parts = await judge(context, call, input.sight, contents)
  await record(context, call, released('export', parts, input.sight.consulted))
  return mint(200, ndjson, linesOf(parts.map(({ text }) => text)))
}

/** Persons, each composed of what the caller may see of them now. */
export async function releaseExportPersons(
  context: Context,
  call: Call,
  input: { readonly persons: readonly string[]; readonly held: readonly Held[]; readonly sight: Sight },
): Promise<Released> {
  const parts = await judge(context, call, input.sight, input.held.map(open))
  await record(context, call, released('export', parts, input.sight.consulted))
  const charts = Map.groupBy(parts, ({ person }) => person)
  const patients = input.persons.flatMap((person) => {
    const own = charts.get(person)
    return own === undefined ? [] : [personOf(person, own).text]
  })
  return mint(200, ndjson, linesOf(patients))
}

function linesOf(texts: readonly Octets[]): Octets {
  return new Octets(texts.map(({ chars }) => `${chars}\n`).join(''))
}

/** Patients a Group names, as far as the caller may read it: persons, or the own local ids of a system. undefined: there is no such Group. */
export async function membersOf(
  context: Context,
  call: Call,
  held: Held | undefined,
  sight: Sight,
): Promise<readonly string[] | undefined> {
  const [part] = held === undefined ? [] : await judge(context, call, sight, [open(held)])
  const value: unknown = part === undefined ? undefined : valueOf(part.text)
  if (typeof value !== 'object' || value === null) return undefined
  const members: readonly unknown[] = 'member' in value && Array.isArray(value.member) ? value.member : []
  return members.flatMap((member) => {
    const entity = property(member, 'entity')
    const isGone = property(member, 'inactive') === true
    const id = /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(String(property(entity, 'reference')))?.[1]
    return id === undefined || isGone ? [] : [id]
  })
}

function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined
}
