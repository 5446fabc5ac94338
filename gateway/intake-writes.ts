/**
 * What a system writes to its own partition by REST: one request or a whole transaction, with criteria, patches and deletions. One database
 * transaction; ids, criteria and references are settled before anything is stored, so that the order of entries never matters.
 * Spec: http://hl7.org/fhir/R4/http.html#trules
 */
import type { Resource } from '../fhir-profiles/r4.ts'
import type { Call, Context } from './context.ts'
import type { Held } from './held.ts'
import { onlyMatch, turnOf, type Criteria, type Match } from './intake-criteria.ts'
import { referenceWriter } from './intake-reference.ts'
import { ownRecord, type OwnRecord } from './intake-own.ts'
import { takeRecords, type IntakeEntry, type IntakeResult } from './intake.ts'
import { requireVersion } from './intake-place.ts'
import { Problem } from './problem.ts'
import type { LedgerEntry } from './store/ledger.ts'
import { ChangedMeanwhile } from './within.ts'
import type { WrittenEntry } from './written.ts'

export type Write =
  | (Asked & { readonly method: 'POST'; readonly resource: Resource })
  /** `id` '' = by criteria */
  | (Asked & { readonly method: 'PUT'; readonly id: string; readonly resource: Resource })
  | (Asked & { readonly method: 'PATCH'; readonly id: string; readonly patch: (current: Resource) => Resource })
  | (Asked & { readonly method: 'DELETE'; readonly id: string })

interface Asked {
  readonly type: string
  readonly criteria: Criteria | undefined
  readonly fullUrl: string
  readonly ifMatch: string
  /** `*`: only where nothing is */
  readonly ifNoneMatch: string
  /** where a fault is told: `Bundle.entry[3]`; '' for a request of its own */
  readonly at: string
}

export interface Done {
  readonly written: WrittenEntry
  readonly networkId: string
  readonly person: string | null
  /** as it was written, made when it is asked for; undefined where nothing was */
  readonly held: () => Held | undefined
  /** nothing was stored: the record was there already, or there was none to delete */
  readonly isUnchanged: boolean
}

/** A write whose record is known: that it is there, or which id it will have. */
interface Settled {
  readonly write: Write
  readonly localId: string
  readonly found: Match | undefined
  readonly current: OwnRecord | undefined
}

/** What the ledger tells of what was done. */
type Telling = (done: readonly Done[]) => readonly LedgerEntry[]

/** In the order asked. `tell`: written with what it tells of. `context` is inside one transaction (`within.ts`) that holds `turnsOf` these writes. Throws Problem; then nothing is stored. */
export async function takeWrites(context: Context, call: Call, writes: readonly Write[], tell: Telling): Promise<readonly Done[]> {
  refuseSameCriteria(call, writes)
  const settled: Settled[] = []
  for (const write of writes) settled.push(await settle(context, call, write))
  refuseSameRecord(settled)
  const done = new Map<Write, Done>()
  for (const item of settled) if (item.write.method === 'DELETE') done.set(item.write, await remove(context, call, item))
  for (const item of settled) if (isLeft(item)) done.set(item.write, left(item))
  const stored = settled.flatMap((item) => storing(item))
  const rewrite = await referenceWriter(context, call, stored)
  // where all of it is written at once, the entry goes with it in one statement
  const isOne = rewrite.phases.length === 1 && stored.length === writes.length
  for (const phase of rewrite.phases) {
    const entries = await rewrite.entries(phase)
    const own = { institution: call.caller.institution, space: 'local', entries } as const
    const results = await takeRecords(context.store, context, own, (made) => (isOne ? tell(made.map(doneOf)) : []))
    for (const [at, result] of results.entries()) {
      const item = phase[at]
      if (item !== undefined) done.set(item.write, doneOf(result))
    }
  }
  const inOrder = writes.flatMap((write) => done.get(write) ?? [])
  if (!isOne) await context.store.ledger.append(tell(inOrder))
  return inOrder
}

function doneOf(result: IntakeResult): Done {
  const { status, type, localId: id, version, updatedMs, person, held, isKept, warnings } = result
  const written = { status, type, id, version, updatedMs, ...(warnings === undefined ? {} : { warnings }) }
  return { written, networkId: result.id, person, held, isUnchanged: isKept }
}

/** What is handed to intake, before its references are settled. */
export interface Storing {
  readonly write: Write
  readonly fullUrl: string
  readonly localId: string
  readonly entry: IntakeEntry
}

function storing(item: Settled): readonly Storing[] {
  const { write, localId, found, current } = item
  if (write.method === 'DELETE' || isLeft(item)) return []
  const common = { fullUrl: '', ifMatch: write.ifMatch, parties: [], ...(found === undefined ? {} : { seen: found.version }) }
  const { fullUrl } = write
  if (write.method === 'POST')
    return [{ write, fullUrl, localId, entry: { ...common, method: 'POST', resource: write.resource, givenId: localId, isFresh: true } }]
  if (write.method === 'PATCH') {
    if (current === undefined) throw new TypeError('a patch is settled with what it changes')
    const resource = write.patch(current.resource)
    return [{ write, fullUrl, localId, entry: { ...common, seen: current.version, method: 'PUT', resource } }]
  }
  return [{ write, fullUrl, localId, entry: { ...common, method: 'PUT', resource: { ...write.resource, id: localId } } }]
}

/** A conditional create that found its record writes nothing. */
function isLeft({ write, found }: Settled): boolean {
  return write.method === 'POST' && found !== undefined
}

function left({ write, localId, found }: Settled): Done {
  const { version = 0, updatedMs = 0, networkId = '' } = found ?? {}
  const written: WrittenEntry = { status: 200, type: write.type, id: localId, version: String(version), updatedMs }
  return { written, networkId, person: null, held: () => undefined, isUnchanged: true }
}

/** Whoever asks by the same criteria, or patches the same record, takes turns. */
export function turnsOf(call: Call, writes: readonly Write[]): readonly string[] {
  return writes.flatMap((write) => {
    const record = write.method === 'PATCH' && write.id !== '' ? [`record\n${call.caller.institution}\n${write.type}\n${write.id}`] : []
    return [...record, ...(write.criteria === undefined ? [] : [turnOf(call, write.criteria)])]
  })
}

async function settle(context: Context, call: Call, write: Write): Promise<Settled> {
  const found = write.criteria === undefined ? undefined : await onlyMatch(context, call, write.criteria)
  switch (write.method) {
    case 'POST':
      return { write, localId: found?.localId ?? context.newId(), found, current: undefined }
    case 'DELETE':
      return { write, localId: found?.localId ?? write.id, found, current: undefined }
    case 'PATCH':
      return settlePatch(context, call, { write, localId: found?.localId ?? write.id, found })
    case 'PUT':
      return settleUpdate(context, call, write, found)
    default:
      return write satisfies never
  }
}

/** A patch of what is not there finds nothing: http://hl7.org/fhir/R4/http.html#patch */
async function settlePatch(context: Context, call: Call, item: Omit<Settled, 'current'>): Promise<Settled> {
  const { write, localId } = item
  const current = localId === '' ? undefined : await ownRecord(context, { institution: call.caller.institution, type: write.type, localId })
  if (current === undefined || current.isDeleted)
    throw new Problem(current === undefined ? 'not-found' : 'gone', 'there is no such record to patch', {
      id: current === undefined ? 'not-found' : 'deleted',
      ...told(write),
    })
  requireVersion(write.ifMatch, current.version)
  return { ...item, current }
}

async function settleUpdate(context: Context, call: Call, write: Write & { method: 'PUT' }, found: Match | undefined): Promise<Settled> {
  const own = write.resource.id ?? ''
  if (found !== undefined && own !== '' && own !== found.localId)
    throw new Problem('invalid', 'the id of the body is not the id of the record that the criteria match', {
      id: 'id-mismatch',
      ...told(write),
    })
  const localId = found?.localId ?? (write.id !== '' ? write.id : own !== '' ? own : context.newId())
  if (write.ifNoneMatch === '*') {
    const current = await ownRecord(context, { institution: call.caller.institution, type: write.type, localId })
    if (current !== undefined && !current.isDeleted)
      throw new Problem('precondition', 'the record is there already, and If-None-Match asks for a new one', {
        id: 'already-there',
        ...told(write),
      })
  }
  return { write, localId, found, current: undefined }
}

async function remove(context: Context, call: Call, { write, localId, found }: Settled): Promise<Done> {
  const atMs = context.now().getTime()
  const key = { institution: call.caller.institution, type: write.type, localId }
  const version = localId === '' ? undefined : await context.store.records.lockVersion(key)
  if (found !== undefined && version !== found.version) throw new ChangedMeanwhile()
  requireVersion(write.ifMatch, version)
  const deleted = localId === '' ? undefined : await context.store.records.markDeleted(key, atMs)
  const written = { status: 204, type: write.type, id: localId, version: String(deleted?.version ?? ''), updatedMs: atMs } as const
  return {
    written,
    networkId: deleted?.id ?? '',
    person: deleted?.person ?? null,
    held: () => undefined,
    isUnchanged: deleted === undefined,
  }
}

/** Two entries that ask the same and would both write: the second could not know what the first did. */
function refuseSameCriteria(call: Call, writes: readonly Write[]): void {
  const seen = new Set<string>()
  for (const write of writes) {
    if (write.criteria === undefined) continue
    const name = turnOf(call, write.criteria)
    if (seen.has(name)) throw sameRecord(write)
    seen.add(name)
  }
}

/** http://hl7.org/fhir/R4/http.html#trules: identities, also those that criteria resolve to, do not overlap. */
function refuseSameRecord(settled: readonly Settled[]): void {
  const seen = new Set<string>()
  const urls = new Set<string>()
  for (const { write, localId } of settled) {
    if (write.fullUrl !== '' && write.method !== 'DELETE') {
      if (urls.has(write.fullUrl))
        throw new Problem('invalid', 'two entries have the same fullUrl', { id: 'duplicate-full-url', ...told(write) })
      urls.add(write.fullUrl)
    }
    if (localId === '') continue
    const key = `${write.type}/${localId}`
    if (seen.has(key)) throw sameRecord(write)
    seen.add(key)
  }
}

function sameRecord(write: Write): Problem {
  return new Problem('invalid', 'two entries write the same resource', {
    id: 'duplicate-entry',
    expression: write.at === '' ? 'Bundle.entry' : write.at,
  })
}

function told({ at }: Write): { readonly expression?: string } {
  return at === '' ? {} : { expression: at }
}
