/**
 * The only way out: Held → judge under the consents in force now → write in the caller's ids → ledger row committed → Released.
 * `Released` can be made nowhere else: its class is not exported, and `reply.ts` checks it again at run time.
 * Law: a reply equals the reply of a store that never held what this caller is refused (consent.md, non-interference).
 */
import type { ConsentVersion } from '../consent/types.ts'
import type { Bundle, CapabilityStatement, OperationOutcome, Organization, Parameters, Patient } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import { asMatch, bundleText, entryText, type TextEntry } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import { open, type Held, type HeldContent } from './held.ts'
import type { Sight } from './judge.ts'
import { judge, spellingOf, type Part } from './judged.ts'
import { ledgerEntry, maskedQuery, whoOf, type Act } from './ledger-entry.ts'
import { compare, demographics, type Demographics } from './logic/match.ts'
import { composePerson } from './logic/person.ts'
import { coverageNotice, silentNotices } from './notices.ts'
import { notFound, Problem } from './problem.ts'
import { inIdsOf } from './spelling.ts'

class ReleasedReply {
  readonly #released = true
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string

  constructor(status: number, headers: Readonly<Record<string, string>>, text: string) {
    this.status = status
    this.headers = headers
    this.text = text
  }

  static is(value: unknown): value is ReleasedReply {
    return typeof value === 'object' && value !== null && #released in value && value.#released
  }
}

export type Released = ReleasedReply

/** Whether a value was minted here; `reply.ts` asks before it writes a byte. */
export function isReleased(value: unknown): value is Released {
  return ReleasedReply.is(value)
}

/** One record: read and vread. Hidden and missing are one answer; its refusal is in the ledger. */
export async function releaseOne(
  context: Context,
  call: Call,
  input: { held: Held | undefined; interaction: string; sight: Sight },
): Promise<Released> {
  const content = input.held === undefined ? undefined : open(input.held)
  const parts = content === undefined ? [] : await judge(context, call, input.sight, [content])
  const part = parts[0]
  if (part === undefined) {
    await record(context, call, refusal(input.interaction, content, input.sight.consulted))
    throw notFound()
  }
  await record(context, call, released(input.interaction, parts, input.sight.consulted))
  return new ReleasedReply(200, headersOf(part), part.text)
}

export interface BundleInput {
  readonly type: 'searchset' | 'history'
  readonly interaction: string
  readonly held: readonly Held[]
  readonly total: number
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
  const total = input.total - (input.held.length - parts.length)
  await record(context, call, { ...released(input.interaction, parts, input.sight.consulted), persons: personsOf(parts, input.persons) })
  const base = `${context.config.publicUrl}/fhir/R4`
  const { type, self, next, notices } = input
  return new ReleasedReply(200, {}, bundleText({ type, total, self, next, notices, entries: parts.map((part) => matchOf(base, part)) }))
}

/** Grades of the visible candidates for submitted demographics; no score says anything about a record that did not pass. */
export async function releaseMatch(
  context: Context,
  call: Call,
  input: { about: Demographics; held: readonly Held[]; sight: Sight },
): Promise<Released> {
  const parts = await judge(context, call, input.sight, input.held.map(open))
  const own = parts.filter((part) => part.custodian === call.caller.institution)
  const graded = own.flatMap((part) =>
    patientIn(part).flatMap(({ patient }) => {
      const compared = compare(input.about, demographics(patient))
      return compared.grade === 'none' ? [] : [{ part, grade: compared.grade, score: compared.score01 }]
    }),
  )
  await record(
    context,
    call,
    released(
      'match',
      graded.map(({ part }) => part),
      input.sight.consulted,
    ),
  )
  const base = `${context.config.publicUrl}/fhir/R4`
  const grade = 'http://hl7.org/fhir/StructureDefinition/match-grade'
  const entries = graded
    .toSorted((a, b) => b.score - a.score || (a.part.id < b.part.id ? -1 : 1))
    .map(({ part, score, ...found }) => ({
      ...matchOf(base, part),
      rest: { search: { mode: 'match', score, extension: [{ url: grade, valueCode: found.grade }] } },
    }))
  return new ReleasedReply(
    200,
    {},
    bundleText({ type: 'searchset', total: entries.length, self: '', next: undefined, notices: [], entries }),
  )
}

/** One person's whole visible record: the person composed, then every record; silent institutions are named for everybody alike. */
export async function releaseEverything(
  context: Context,
  call: Call,
  input: { held: readonly Held[]; sight: Sight; person: string; silent: readonly string[] },
): Promise<Released> {
  const parts = await judge(context, call, input.sight, input.held.map(open))
  if (parts.length === 0 && !input.sight.related.includes(input.person)) {
    await record(context, call, { ...refusal('everything', undefined, input.sight.consulted), persons: [input.person] })
    throw notFound()
  }
  await record(context, call, { ...released('everything', parts, input.sight.consulted), persons: [input.person] })
  const patients = parts.flatMap((part) => (part.type === 'Patient' ? patientIn(part) : []))
  const rest = parts.filter((part) => !['Patient', 'Task', 'Consent'].includes(part.type))
  const base = `${context.config.publicUrl}/fhir/R4`
  const person = patients.length === 0 ? [] : [personEntry(base, composePerson(input.person, patients).patient)]
  const text = bundleText({
    type: 'searchset',
    total: person.length + rest.length,
    self: `${base}/Patient/${input.person}/$everything`,
    next: undefined,
    entries: [...person, ...rest.map((part) => matchOf(base, part))],
    notices: [...silentNotices(input.silent), coverageNotice],
  })
  return new ReleasedReply(200, {}, text)
}

/** A document built from released parts only, so that neither section, narrative nor count can leak what was refused. */
export async function releaseDocument(
  context: Context,
  call: Call,
  input: {
    held: readonly Held[]
    interaction: string
    sight: Sight
    person: string
    mustHave: boolean
    build: (parts: readonly Part[]) => Bundle
  },
): Promise<Released> {
  const parts = await judge(context, call, input.sight, input.held.map(open))
  if (parts.length === 0 && input.mustHave) {
    await record(context, call, { ...refusal(input.interaction, undefined, input.sight.consulted), persons: [input.person] })
    throw notFound()
  }
  await record(context, call, { ...released(input.interaction, parts, input.sight.consulted), persons: [input.person] })
  return new ReleasedReply(200, {}, JSON.stringify(input.build(parts)))
}

/** Persons, each composed from the Patient records this caller may see; a person with no visible record is missing. */
export async function releasePersons(
  context: Context,
  call: Call,
  input: { held: readonly Held[]; sight: Sight; interaction: 'read' | 'search-type'; self: string; notices: readonly OperationOutcome[] },
): Promise<Released> {
  const parts = await judge(context, call, input.sight, input.held.map(open))
  const persons = Map.groupBy(parts, (part) => part.person)
  const composed = [...persons].map(([person, own]) =>
    composePerson(
      person,
      own.flatMap((part) => patientIn(part)),
    ),
  )
  const asked = [...persons.keys()]
  if (input.interaction === 'read') {
    const only = composed[0]
    if (only === undefined) {
      await record(context, call, refusal('read', undefined, input.sight.consulted))
      throw notFound()
    }
    await record(context, call, { ...released('read', parts, input.sight.consulted), persons: asked })
    return new ReleasedReply(
      200,
      { etag: `W/"${only.version}"`, 'last-modified': new Date(only.updatedMs).toUTCString() },
      JSON.stringify(only.patient),
    )
  }
  await record(context, call, { ...released('search-type', parts, input.sight.consulted), persons: asked })
  const base = `${context.config.publicUrl}/fhir/R4`
  const entries = composed.map(({ patient }) => personEntry(base, patient))
  const { self, notices } = input
  return new ReleasedReply(200, {}, bundleText({ type: 'searchset', total: composed.length, self, next: undefined, entries, notices }))
}

export interface StoredVersion {
  readonly version: number
  readonly text: string
  readonly peopleText: string
  readonly deleted: boolean
  readonly updatedMs: number
}

/** Versions of a record, shown only where the record as it is now passes: no old version says more than today's consent allows. */
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
  const all = content === undefined || parts.length === 0 ? [] : input.pick(await input.load(content.facts.id))
  if (content === undefined || all.length === 0) {
    await record(context, call, refusal(input.interaction, content, input.sight.consulted))
    throw notFound()
  }
  const versions = all.map((item) => ({
    ...content,
    text: item.text,
    peopleText: item.peopleText,
    version: String(item.version),
    updatedMs: item.updatedMs,
  }))
  const texts = await inIdsOf(context.store, spellingOf(call), versions)
  await record(context, call, released(input.interaction, parts, input.sight.consulted))
  const [only] = all
  if (input.interaction === 'vread' && only !== undefined) {
    if (only.deleted) throw new Problem('gone', 'this version is a deletion', { id: 'deleted' })
    return new ReleasedReply(200, { etag: `W/"${only.version}"`, 'last-modified': new Date(only.updatedMs).toUTCString() }, texts[0] ?? '')
  }
  const path = `${content.facts.type}/${parts[0]?.id ?? ''}`
  const entries = all.map((item, at) => ({
    fullUrl: `${context.config.publicUrl}/fhir/R4/${path}`,
    text: item.deleted ? '' : (texts[at] ?? ''),
    rest: { request: { method: item.deleted ? 'DELETE' : 'PUT', url: path }, response: { status: '200', etag: `W/"${item.version}"` } },
  }))
  return new ReleasedReply(200, {}, bundleText({ type: 'history', total: all.length, self: '', next: undefined, entries, notices: [] }))
}

/** AuditEvents are read from the ledger; reading them is itself an entry, once per request. */
export async function releaseLedger(
  context: Context,
  call: Call,
  input: { bodies: readonly string[]; total: number; isRead: boolean; self: string; next: string | undefined },
): Promise<Released> {
  await record(context, call, {
    action: input.isRead ? 'R' : 'E',
    interaction: input.isRead ? 'read' : 'search-type',
    outcome: 'success',
    persons: [],
    entities: [{ type: 'AuditEvent', id: String(input.bodies.length), version: '' }],
    consents: [],
    note: 'audit log read',
  })
  const only = input.bodies[0]
  if (input.isRead) {
    if (only === undefined) throw notFound()
    return new ReleasedReply(200, { etag: 'W/"1"' }, only)
  }
  const base = `${context.config.publicUrl}/fhir/R4/AuditEvent`
  const entries = input.bodies.map((text) => ({ fullUrl: `${base}/${auditId(text)}`, text, rest: asMatch }))
  const { total, self, next } = input
  return new ReleasedReply(200, {}, bundleText({ type: 'searchset', total, self, next, entries, notices: [] }))
}

function auditId(body: string): string {
  const value: unknown = JSON.parse(body)
  return isResource(value) ? (value.id ?? '') : ''
}

export interface WrittenEntry {
  readonly status: 200 | 201 | 204
  readonly type: string
  readonly id: string
  readonly version: string
  readonly updatedMs: number
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
  if (written.status === 204 || call.prefer.includes('return=minimal') || input.held === undefined)
    return new ReleasedReply(written.status, headers, '')
  const parts = await judge(context, call, input.sight, [open(input.held)])
  return new ReleasedReply(written.status, headers, parts[0]?.text ?? '')
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
    }
    return entryText({ fullUrl: '', text: '', rest: { response } })
  })
  return new ReleasedReply(
    200,
    {},
    `{"resourceType":"Bundle","type":"${type}"${texts.length === 0 ? '' : `,"entry":[${texts.join(',')}]`}}`,
  )
}

const statusLine = { 200: '200 OK', 201: '201 Created', 204: '204 No Content' } as const

/** What cannot hold patient data, by type. The list is closed: anything else must be judged. */
export type Public = CapabilityStatement | OperationOutcome | Organization | Parameters

export function publish(
  resource: Public | { readonly resourceType: 'Bundle'; readonly organizations: readonly Organization[]; readonly self: string },
  status = 200,
): Released {
  if (resource.resourceType !== 'Bundle') return new ReleasedReply(status, {}, JSON.stringify(resource))
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'searchset',
    total: resource.organizations.length,
    link: [{ relation: 'self', url: resource.self }],
    entry: resource.organizations.map((organization) => ({ resource: organization, search: { mode: 'match' } })),
  }
  return new ReleasedReply(status, {}, JSON.stringify(bundle))
}

/** A response message: MessageHeader and outcome of our own making, no stored content. */
export function publishMessage(bundle: { header: Record<string, unknown>; outcome: OperationOutcome; id: string; at: string }): Released {
  return new ReleasedReply(
    200,
    {},
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'message',
      id: bundle.id,
      timestamp: bundle.at,
      entry: [{ resource: bundle.header }, { resource: bundle.outcome }],
    }),
  )
}

/** A Problem, told. Never a stored value. */
export function publishProblem(problem: Problem, requestId: string): Released {
  return new ReleasedReply(problem.status, problem.headers, JSON.stringify(problem.toOutcome(requestId)))
}

function matchOf(base: string, part: Part): TextEntry {
  return { fullUrl: `${base}/${part.type}/${part.id}`, text: part.text, rest: asMatch }
}

function personEntry(base: string, patient: Patient): TextEntry {
  return { fullUrl: `${base}/Patient/${patient.id ?? ''}`, text: JSON.stringify(patient), rest: asMatch }
}

function headersOf(part: Part): Record<string, string> {
  return { etag: `W/"${part.version}"`, 'last-modified': new Date(part.updatedMs).toUTCString() }
}

function patientIn(part: Part): { patient: Patient; custodian: string; updatedMs: number; version: string }[] {
  const value: unknown = JSON.parse(part.text)
  return isResource(value) && value.resourceType === 'Patient'
    ? [{ patient: value, custodian: part.custodian, updatedMs: part.updatedMs, version: part.version }]
    : []
}

function personsOf(parts: readonly Part[], asked: readonly string[]): readonly string[] {
  return [...new Set([...asked, ...parts.flatMap((part) => (part.person === '' ? [] : [part.person]))])]
}

function released(interaction: string, parts: readonly Part[], consents: readonly ConsentVersion[]): Act {
  return {
    action: interaction === 'search-type' ? 'E' : 'R',
    interaction,
    outcome: 'success',
    persons: personsOf(parts, []),
    entities: parts.map(({ type, id, version }) => ({ type, id, version })),
    consents,
    note: '',
  }
}

/** A refusal names the person and the consents, never a hidden row. */
function refusal(interaction: string, content: HeldContent | undefined, consents: readonly ConsentVersion[]): Act {
  const person = content?.facts.person ?? ''
  return {
    action: 'R',
    interaction,
    outcome: 'refused',
    persons: person === '' ? [] : [person],
    entities: [],
    consents,
    note: 'not released',
  }
}

async function record(context: Context, call: Call, act: Act): Promise<void> {
  await context.store.ledger.append([
    ledgerEntry(context, whoOf(call.caller, call.address), { requestId: call.requestId, query: maskedQuery(call) }, act),
  ])
}
