/**
 * The only way out: Held → judge under the consents in force now → write in the caller's ids → ledger row committed → Released.
 * This file: records, pages, versions and replies to writes; `release-person.ts`: persons and documents; `release-public.ts`: what holds no
 * patient data, and the ledger itself. Law: a reply equals the reply of a store that never held what this caller is refused (consent.md).
 */
import { system } from '../fhir-profiles/codes.ts'
import type { OperationOutcome } from '../fhir-profiles/r4.ts'
import { bundleText, entryChars, type TextEntry } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import { open, type Held } from './held.ts'
import type { Sight } from './judge.ts'
import { judge, judgeNothingRested, judgeRested } from './judged.ts'
import { notFound, Problem } from './problem.ts'
import { nothingIncluded, type IncludedParts } from './release-include.ts'
import { headersOf, matchOf, personsOf, record, refusal, released } from './release-act.ts'
import { noOctets, Octets } from '../fhir-profiles/octets.ts'
import { mint, type Released } from './released.ts'
import type { WrittenEntry } from './written.ts'

export type { Released } from './released.ts'

/** One record: read and vread. Hidden and missing are one answer; its refusal is in the ledger. */
export async function releaseOne(
  context: Context,
  call: Call,
  input: { held: Held | undefined; interaction: string; sight: Sight },
): Promise<Released> {
  const content = input.held === undefined ? undefined : open(input.held)
  // hidden, deleted or missing: each is judged once
  const { parts, standing } =
    content === undefined
      ? await judgeNothingRested(context, call, input.sight, call.params['type'] ?? '')
      : await judgeRested(context, call, input.sight, [content.deleted ? { ...content, deleted: false } : content])
  const part = parts[0]
  if (part === undefined || content?.deleted === true) {
    await record(context, call, refusal(input.interaction, content, input.sight.consulted), standing)
    // Gone only to whom its last version would be shown; to everybody else it never was (contract, promise 1).
    const last = content?.deleted === true ? parts : []
    if (last.length > 0) throw new Problem('gone', 'this record was deleted; its versions are in its history', { id: 'deleted' })
    throw notFound()
  }
  await record(context, call, released(input.interaction, parts, input.sight.consulted), standing)
  return mint(200, headersOf(part), part.text)
}

/** The answer for a person or record that no caller of this kind can have; entered in the ledger like every refusal, then thrown. */
export async function releaseNothing(context: Context, call: Call, interaction: string): Promise<never> {
  await record(context, call, refusal(interaction, undefined, []))
  throw notFound()
}

export interface BundleInput {
  readonly type: 'searchset' | 'history'
  readonly interaction: string
  readonly held: readonly Held[]
  /** records that come along with these */
  readonly included?: IncludedParts
  /** undefined = not told */
  readonly total: number | undefined
  readonly self: string
  readonly next: string | undefined
  readonly sight: Sight
  readonly persons: readonly string[]
  /** constant outcome entries: what this search covers, which institutions are silent */
  readonly notices: readonly OperationOutcome[]
}

/** A page: every entry judged again at emission; what consent took away since the snapshot is neither shown nor counted. */
export async function releaseBundle(context: Context, call: Call, input: BundleInput): Promise<Released> {
  const { parts, standing } = await judgeRested(context, call, input.sight, input.held.map(open))
  const total = input.total === undefined ? undefined : input.total - (input.held.length - parts.length)
  const { entries: along, parts: alongParts } = input.included ?? nothingIncluded
  const all = [...parts, ...alongParts]
  const act = { ...released(input.interaction, all, input.sight.consulted), persons: personsOf(all, input.persons) }
  await record(context, call, act, standing ?? input.sight.policy?.standing)
  const base = `${context.config.publicUrl}/fhir/R4`
  const { type, self, next, notices } = input
  return mint(200, {}, bundleText({ type, total, self, next, notices, entries: [...parts.map((part) => matchOf(base, part)), ...along] }))
}

/**
 * The reply to a write. Its body passes the read gate like any other; what the writer may not read back is answered by headers alone.
 * The ledger entry of the write was committed with the write itself.
 */
export async function releaseWritten(
  context: Context,
  call: Call,
  input: { written: WrittenEntry; held: Held | undefined; sight: Sight },
): Promise<Released> {
  const { written } = input
  const headers = writtenHeaders(context, written)
  const isWanted = written.status !== 204 && input.held !== undefined && !call.prefer.includes('return=minimal')
  if (call.prefer.includes('return=OperationOutcome') && written.status !== 204) return mint(written.status, headers, outcomeText(written))
  if (!isWanted || input.held === undefined) return mint(written.status, headers, '')
  const parts = await judge(context, call, input.sight, [open(input.held)])
  return mint(written.status, headers, parts[0]?.text ?? noOctets)
}

function writtenHeaders(context: Context, { status, type, id, version, updatedMs }: WrittenEntry): Record<string, string> {
  if (version === '') return {}
  const location = `${context.config.publicUrl}/fhir/R4/${type}/${id}/_history/${version}`
  const headers = { etag: `W/"${version}"`, 'last-modified': new Date(updatedMs).toUTCString() }
  if (status === 204) return headers
  return { ...headers, ...(status === 201 ? { location } : { 'content-location': location }) }
}

/** What happened, for who wants to be told rather than shown (`Prefer: return=OperationOutcome`). */
function outcomeText({ status, warnings }: WrittenEntry): string {
  const id = status === 201 ? 'created' : 'stored'
  const diagnostics = status === 201 ? 'the resource was created' : 'the resource is stored as it was sent'
  const outcome: OperationOutcome = {
    resourceType: 'OperationOutcome',
    issue: [
      { severity: 'information', code: 'informational', details: { coding: [{ system: system.problem, code: id }] }, diagnostics },
      ...(warnings === undefined ? [] : warningOf(warnings).issue),
    ],
  }
  return JSON.stringify(outcome)
}

/** What one entry is answered with; `body` only where it was released and is wanted. */
export type EntryReply =
  | (WrittenEntry & { readonly body?: Released | undefined })
  | { readonly released: Released }
  | { readonly problem: Problem; readonly requestId: string }

/** The reply to a transaction or batch: statuses and locations in the order asked; bodies only of entries that were themselves Released. */
export function releaseEntries(
  context: Context,
  type: 'transaction-response' | 'batch-response',
  entries: readonly EntryReply[],
): Released {
  const base = `${context.config.publicUrl}/fhir/R4`
  const texts = entries.map((entry) => entryChars(replyEntry(base, entry)))
  const entriesText = texts.length === 0 ? '' : `,"entry":[${texts.join(',')}]`
  return mint(200, {}, new Octets(`{"resourceType":"Bundle","type":"${type}"${entriesText}}`))
}

function replyEntry(base: string, entry: EntryReply): TextEntry {
  if ('problem' in entry) {
    const { status } = entry.problem
    const response = { status: statusText(status), outcome: entry.problem.toOutcome(entry.requestId) }
    return { fullUrl: '', text: noOctets, rest: { response } }
  }
  if ('released' in entry) {
    const { status, headers, body } = entry.released
    const response = {
      status: statusText(status),
      etag: headers['etag'],
      location: headers['location'] ?? headers['content-location'],
      lastModified: modifiedOf(entry.released),
    }
    return { fullUrl: '', text: body, rest: { response } }
  }
  const { type, id, version, warnings } = entry
  const response = {
    status: statusText(entry.status),
    ...(version === '' || entry.status === 204 ? {} : { location: `${base}/${type}/${id}/_history/${version}` }),
    ...(version === '' ? {} : { etag: `W/"${version}"`, lastModified: new Date(entry.updatedMs).toISOString() }),
    ...(warnings === undefined ? {} : { outcome: warningOf(warnings) }),
  }
  return { fullUrl: '', text: entry.body?.body ?? noOctets, rest: { response } }
}

/** A header names a second; what is told with it says which instant of it. */
function modifiedOf({ headers, body }: Released): string | undefined {
  const secondMs = Date.parse(headers['last-modified'] ?? '')
  if (Number.isNaN(secondMs)) return undefined
  const toldMs = Date.parse(/"lastUpdated":"([^"]+)"/.exec(body.chars)?.[1] ?? '')
  return new Date(Math.floor(toldMs / 1000) * 1000 === secondMs ? toldMs : secondMs).toISOString()
}

/** What was taken and yet should be known, e.g. a step that the payer may not pay for. */
function warningOf(warnings: NonNullable<WrittenEntry['warnings']>): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: warnings.map(({ id, diagnostics, text, expression }) => ({
      severity: 'warning',
      code: 'business-rule',
      details: { coding: [{ system: system.problem, code: id }], ...(text === undefined ? {} : { text }) },
      diagnostics,
      ...(expression === undefined ? {} : { expression: [expression] }),
    })),
  }
}

function statusText(status: number): string {
  return `${status} ${reasons[status] ?? ''}`.trim()
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-15 */
const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
}
