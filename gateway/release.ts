/**
 * The only way out: Held → judge under the consents in force now → write in the caller's ids → ledger row committed → Released.
 * This file: records, pages, versions and replies to writes; `release-person.ts`: persons and documents; `release-public.ts`: what holds no
 * patient data, and the ledger itself. Law: a reply equals the reply of a store that never held what this caller is refused (consent.md).
 */
import { system } from '../fhir-profiles/codes.ts'
import type { OperationOutcome } from '../fhir-profiles/r4.ts'
import { bundleText, entryText } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import { open, type Held } from './held.ts'
import type { Sight } from './judge.ts'
import { judge, judgeNothing } from './judged.ts'
import { isSameMatter } from './logic/same-matter.ts'
import { notFound, Problem } from './problem.ts'
import { pastVersion } from './redaction.ts'
import { nothingIncluded, type IncludedParts } from './release-include.ts'
import { headersOf, matchOf, personsOf, record, refusal, released } from './release-act.ts'
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
  const parts = content === undefined ? [] : await judge(context, call, input.sight, [{ ...content, deleted: false }])
  // hidden, deleted or missing: each is judged once
  if (content === undefined) await judgeNothing(context, call, call.params['type'] ?? '')
  const part = parts[0]
  if (part === undefined || content?.deleted === true) {
    await record(context, call, refusal(input.interaction, content, input.sight.consulted))
    // Gone only to whom its last version would be shown; to everybody else it never was (contract, promise 1).
    const last = content?.deleted === true ? parts : []
    if (last.length > 0) throw new Problem('gone', 'this record was deleted; its versions are in its history', { id: 'deleted' })
    throw notFound()
  }
  await record(context, call, released(input.interaction, parts, input.sight.consulted))
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
  const parts = await judge(context, call, input.sight, input.held.map(open))
  const total = input.total === undefined ? undefined : input.total - (input.held.length - parts.length)
  const { entries: along, parts: alongParts } = input.included ?? nothingIncluded
  const all = [...parts, ...alongParts]
  await record(context, call, { ...released(input.interaction, all, input.sight.consulted), persons: personsOf(all, input.persons) })
  const base = `${context.config.publicUrl}/fhir/R4`
  const { type, self, next, notices } = input
  return mint(200, {}, bundleText({ type, total, self, next, notices, entries: [...parts.map((part) => matchOf(base, part)), ...along] }))
}

export interface StoredVersion {
  readonly version: number
  readonly text: string
  readonly peopleText: string
  readonly deleted: boolean
  readonly updatedMs: number
}

/**
 * Versions of a record, shown where it passes as it is now and as that version was: none says more than today's consent allows. One that is
 * about another patient or department than the record is now is shown to its own EMR only.
 */
export async function releaseVersions(
  context: Context,
  call: Call,
  input: {
    held: Held | undefined
    sight: Sight
    interaction: 'vread' | 'history-instance'
    pick: (all: readonly StoredVersion[]) => readonly StoredVersion[]
    load: (id: string) => Promise<readonly StoredVersion[]>
  },
): Promise<Released> {
  const content = input.held === undefined ? undefined : open(input.held)
  const parts = content === undefined ? [] : await judge(context, call, input.sight, [{ ...content, deleted: false }])
  if (content === undefined) await judgeNothing(context, call, call.params['type'] ?? '')
  const isOwn = call.caller.role === 'system' && content?.facts.custodian === call.caller.institution
  const loaded = content === undefined || parts.length === 0 ? [] : input.pick(await input.load(content.facts.id))
  const picked = loaded.filter((item) => isOwn || isSameMatter(content?.peopleText ?? '{}', item.peopleText))
  const versions = content === undefined ? [] : picked.map((item) => pastVersion(content, { ...item, version: String(item.version) }))
  const texts = new Map((await judge(context, call, input.sight, versions)).map((part) => [part.version, part.text]))
  const all = picked.filter((item) => texts.has(String(item.version)))
  if (content === undefined || all.length === 0) {
    await record(context, call, refusal(input.interaction, content, input.sight.consulted))
    throw notFound()
  }
  const entities = parts.flatMap(({ type, networkId }) => all.map(({ version }) => ({ type, id: networkId, version: String(version) })))
  await record(context, call, { ...released(input.interaction, parts, input.sight.consulted), entities })
  const [only] = all
  if (input.interaction === 'vread' && only !== undefined) {
    if (only.deleted) throw new Problem('gone', 'this version is a deletion', { id: 'deleted' })
    return mint(
      200,
      { etag: `W/"${only.version}"`, 'last-modified': new Date(only.updatedMs).toUTCString() },
      texts.get(String(only.version)) ?? '',
    )
  }
  const path = `${content.facts.type}/${parts[0]?.id ?? ''}`
  const entries = all.map((item) => ({
    fullUrl: `${context.config.publicUrl}/fhir/R4/${path}`,
    text: item.deleted ? '' : (texts.get(String(item.version)) ?? ''),
    rest: { request: { method: item.deleted ? 'DELETE' : 'PUT', url: path }, response: { status: '200', etag: `W/"${item.version}"` } },
  }))
  return mint(200, {}, bundleText({ type: 'history', total: all.length, self: '', next: undefined, entries, notices: [] }))
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
  const base = `${context.config.publicUrl}/fhir/R4`
  const headers = {
    etag: `W/"${written.version}"`,
    'last-modified': new Date(written.updatedMs).toUTCString(),
    ...(written.status === 201 ? { location: `${base}/${written.type}/${written.id}/_history/${written.version}` } : {}),
  }
  if (written.status === 204 || call.prefer.includes('return=minimal') || input.held === undefined) return mint(written.status, headers, '')
  const parts = await judge(context, call, input.sight, [open(input.held)])
  return mint(written.status, headers, parts[0]?.text ?? '')
}

/** The reply to a transaction or batch: statuses and locations in the order asked; bodies only of entries that were themselves Released. */
export function releaseEntries(
  context: Context,
  type: 'transaction-response' | 'batch-response',
  entries: readonly (WrittenEntry | { readonly released: Released } | { readonly problem: Problem; readonly requestId: string })[],
): Released {
  const base = `${context.config.publicUrl}/fhir/R4`
  const texts = entries.map((entry) => {
    if ('problem' in entry) {
      const response = { status: String(entry.problem.status), outcome: entry.problem.toOutcome(entry.requestId) }
      return entryText({ fullUrl: '', text: '', rest: { response } })
    }
    if ('released' in entry) {
      const { status, headers, text } = entry.released
      return entryText({
        fullUrl: '',
        text,
        rest: { response: { status: String(status), etag: headers['etag'], location: headers['location'] } },
      })
    }
    const response = {
      status: statusLine[entry.status],
      location: `${base}/${entry.type}/${entry.id}/_history/${entry.version}`,
      etag: `W/"${entry.version}"`,
      lastModified: new Date(entry.updatedMs).toISOString(),
      ...(entry.warnings === undefined ? {} : { outcome: warningOf(entry.warnings) }),
    }
    return entryText({ fullUrl: '', text: '', rest: { response } })
  })
  return mint(200, {}, `{"resourceType":"Bundle","type":"${type}"${texts.length === 0 ? '' : `,"entry":[${texts.join(',')}]`}}`)
}

/** What was taken and yet should be known, e.g. a step that the payer may not pay for. */
function warningOf(warnings: NonNullable<WrittenEntry['warnings']>): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: warnings.map(({ id, diagnostics }) => ({
      severity: 'warning',
      code: 'business-rule',
      details: { coding: [{ system: system.problem, code: id }] },
      diagnostics,
    })),
  }
}

const statusLine = { 200: '200 OK', 201: '201 Created', 204: '204 No Content' } as const
