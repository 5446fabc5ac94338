/**
 * The only way in: validate → identify → label → store, with its ledger entry and parcels in the caller's one transaction.
 * What an institution feeds lands in its own partition; nothing it writes is resolved elsewhere (contract, "Two id spaces").
 */
import { references, rewriteReferences } from '../fhir-profiles/reference.ts'
import type { Gap } from '../adapters/contract.ts'
import { facts } from '../fhir-profiles/facts.ts'
import { withoutResidentNumbers } from '../fhir-profiles/resident-identifier.ts'
import type { Resource, Task } from '../fhir-profiles/r4.ts'
import { isResource, validate } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { placePatients } from './identify.ts'
import { resolveConditional } from './intake-conditional.ts'
import { encounterSources, refreshEncounters } from './intake-encounter.ts'
import { settleMerges, withMerges } from './intake-merge.ts'
import { reportFaults, told } from './labelled.ts'
import { prepare, textOf, type Prepared } from './prepare.ts'
import { Problem, type ProblemIssue } from './problem.ts'
import { keyText } from './logic/record-key.ts'
import type { CurrentVersion } from './store/writes.ts'
import type { Tables } from './store/store.ts'
import { ChangedMeanwhile } from './within.ts'

export interface IntakeEntry {
  readonly method: 'PUT' | 'POST'
  readonly resource: Resource
  /** urn:uuid by which other entries of the same request refer to it */
  readonly fullUrl: string
  /** version that must be current; '' = any */
  readonly ifMatch: string
  /** institutions that read it as party to its referral */
  readonly parties: readonly string[]
  /** a create that chooses its network id beforehand */
  readonly givenId?: string
  /** left alone where the institution already holds it (`ifNoneMatch: *` of a feed's entry) */
  readonly onlyIfAbsent?: boolean
  /** the version that was read before the lock; another one by then, and the whole is done again (`within.ts`) */
  readonly seen?: number
}

export interface IntakeInput {
  /** partition and custodian */
  readonly institution: string
  /** local: the institution's own ids. network: ids as people see them (persons, network ids) */
  readonly space: 'local' | 'network'
  readonly entries: readonly IntakeEntry[]
}

export interface IntakeResult {
  readonly status: 200 | 201
  readonly id: string
  readonly localId: string
  readonly type: string
  readonly version: string
  readonly updatedMs: number
  readonly person: string | null
  /** it was there already and was left alone */
  readonly isKept: boolean
}

/** Refuses what is not FHIR R4, by path. Everything is checked before anything is stored. */
export function requireValid(resources: readonly { readonly value: unknown; readonly at: string }[]): void {
  const issues = resources.flatMap(({ value, at }) =>
    validate(value).flatMap((issue): ProblemIssue[] =>
      issue.severity === 'error' || issue.severity === 'fatal'
        ? [
            {
              id: issue.id,
              code: issue.code,
              diagnostics: issue.diagnostics,
              expression: at === '' ? issue.expression : `${at}.${issue.expression}`,
            },
          ]
        : [],
    ),
  )
  if (issues.length > 0) throw new Problem('invalid', 'the resource is not valid FHIR R4', { issues: issues.slice(0, 50) })
}

/** The resource of a request body; the type must be the one of the address. */
export function resourceOf(value: unknown, type: string): Resource {
  requireValid([{ value, at: '' }])
  if (!isResource(value)) throw new Problem('invalid', 'the body is not a FHIR resource', { id: 'not-a-resource' })
  if (type !== '' && value.resourceType !== type) {
    throw new Problem('invalid', `the body is a \`${value.resourceType}\`, the address names \`${type}\``, {
      id: 'type-mismatch',
      expression: 'resourceType',
    })
  }
  return value
}

/** Resident numbers stop here, whoever sends them; each leaves a Gap that names the place. */
async function atTheEdge(tables: Tables, context: Context, input: IntakeInput): Promise<IntakeInput> {
  const gaps: Gap[] = []
  const entries = input.entries.map((entry) => {
    const { resource, dropped } = withoutResidentNumbers(entry.resource)
    if (dropped)
      gaps.push({
        gap: 'dropped-by-law',
        element: `${resource.resourceType}.identifier`,
        reason: 'a resident registration number stays at the institution',
      })
    return dropped ? { ...entry, resource } : entry
  })
  await tables.messages.gaps(input.institution, '', gaps, context.now().getTime())
  return gaps.length === 0 ? input : { ...input, entries }
}

/** Stores the entries of one request. Answers in the order asked. Throws Problem precondition (412) on a stale `ifMatch`. */
export async function takeRecords(tables: Tables, context: Context, sent: IntakeInput): Promise<readonly IntakeResult[]> {
  const input = await withMerges(tables, context, await atTheEdge(tables, context, sent))
  const all = await place(tables, context, input)
  const placed = all.filter((item) => !item.isKept)
  const patients = await placePatients(tables, context, { institution: input.institution, space: input.space, placed })
  const encounters = await encounterSources(tables, placed)
  const updatedMs = context.now().getTime()
  const prepared: Prepared[] = []
  for (const item of placed) {
    const own = facts(item.resource)
    prepared.push(
      prepare({
        resource: item.resource,
        institution: input.institution,
        localId: item.localId,
        id: item.id,
        version: item.version,
        updatedMs,
        isNetworkForm: input.space === 'network',
        networkIdOf: input.space === 'network' ? () => undefined : item.networkIdOf,
        person: patients.personOf(item),
        custodianKeys: context.directory.keysOf(input.institution),
        encounterSources: encounters(own.encounter, item.networkIdOf),
        parties: item.parties,
        source: sourceOf(context, input.institution),
        timeZone: context.config.timeZone,
      }),
    )
  }
  await tables.records.write(
    prepared.map(({ row }) => row),
    prepared.flatMap(({ index }) => index),
  )
  await refreshEncounters(tables, prepared)
  await tables.raised.narrated(told(prepared))
  reportFaults(context, input.institution, prepared)
  await patients.openReviews((tasks) => takeTasks(tables, context, tasks))
  await takeTasks(tables, context, await settleMerges(tables, context, input, placed))
  const persons = new Map(prepared.map(({ row }) => [row.id, row.person]))
  return all.map((item) => ({
    status: item.isNew ? 201 : 200,
    id: item.id,
    localId: item.localId,
    type: item.resource.resourceType,
    version: String(item.version),
    updatedMs: item.keptMs ?? updatedMs,
    person: persons.get(item.id) ?? null,
    isKept: item.isKept,
  }))
}

/** Tasks are the network's own records: referrals and reviews. */
export async function takeTasks(
  tables: Tables,
  context: Context,
  tasks: readonly { task: Task; parties: readonly string[]; id: string }[],
): Promise<void> {
  if (tasks.length === 0) return
  await takeRecords(tables, context, {
    institution: networkId,
    space: 'network',
    entries: tasks.map(({ task, parties, id }) => ({ method: 'POST', resource: task, fullUrl: '', ifMatch: '', parties, givenId: id })),
  })
}

export interface Placed {
  readonly resource: Resource
  readonly localId: string
  readonly id: string
  readonly version: number
  readonly isNew: boolean
  readonly isKept: boolean
  /** when what was left alone was written */
  readonly keptMs: number | undefined
  readonly parties: readonly string[]
  readonly networkIdOf: (type: string, localId: string) => string | undefined
}

/** Gives every entry its ids and its version under the lock, and every reference inside the request its target. */
async function place(tables: Tables, context: Context, input: IntakeInput): Promise<readonly Placed[]> {
  const named = input.entries.map((entry) => {
    const given = entry.givenId ?? context.newId()
    return { entry, localId: entry.method === 'PUT' ? requireId(entry.resource) : given, given: entry.method === 'PUT' ? undefined : given }
  })
  refuseDuplicates(named)
  const urns = new Map(named.map(({ entry, localId }) => [entry.fullUrl, `${entry.resource.resourceType}/${localId}`]))
  urns.delete('')
  const base = `${context.config.publicUrl}/fhir/R4/`
  const resources = named.map(({ entry }) => entry.resource)
  const conditional = await resolveConditional(tables, input.institution, resources)
  const resolved = named.map((item) => ({
    ...item,
    resource: rewriteReferences(item.entry.resource, (value) => urns.get(value) ?? conditional.get(value) ?? ownAddress(value, base)),
  }))
  for (const { resource } of resolved) requireResolvable(resource)
  const keys = resolved.map(({ resource, localId, given }) => ({
    institution: input.institution,
    type: resource.resourceType,
    localId,
    given,
  }))
  const mentioned = input.space === 'network' ? [] : resolved.flatMap(({ resource }) => mentionedKeys(resource, input.institution))
  const known = new Set(keys.map(keyText))
  const ids = await tables.records.networkIds([...keys, ...uniqueKeys(mentioned, known)], context.newId)
  const networkIdOf = (type: string, localId: string): string | undefined =>
    ids.get(keyText({ institution: input.institution, type, localId }))
  const current = await tables.writes.current(keys.flatMap((key) => networkIdOf(key.type, key.localId) ?? []))
  return resolved.map(({ entry, resource, localId }) => {
    const id = networkIdOf(resource.resourceType, localId) ?? localId
    const before = current.get(id)
    if (entry.seen !== undefined && (before?.version !== entry.seen || before.deleted)) throw new ChangedMeanwhile()
    requireVersion(entry.ifMatch, before?.version)
    const isKept =
      before !== undefined &&
      !before.deleted &&
      (entry.onlyIfAbsent === true || isRepeat(context, input, { entry, resource, localId, before }))
    return {
      resource,
      localId,
      id,
      version: (before?.version ?? 0) + (isKept ? 0 : 1),
      isNew: before === undefined || before.deleted,
      isKept,
      keptMs: isKept ? before.updatedMs : undefined,
      parties: entry.parties,
      networkIdOf,
    }
  })
}

/**
 * An update that says what is there already is no new version (http://hl7.org/fhir/R4/http.html#update: a server may). What the network
 * writes, and what a referral brings along, always is one: its parties are written with it.
 */
function isRepeat(
  context: Context,
  { institution, space }: IntakeInput,
  { entry, resource, localId, before }: { entry: IntakeEntry; resource: Resource; localId: string; before: CurrentVersion },
): boolean {
  if (space !== 'local' || entry.method !== 'PUT' || entry.parties.length > 0) return false
  return textOf({ ...before, resource, localId, source: sourceOf(context, institution) }) === before.text
}

function requireId(resource: Resource): string {
  if (resource.id === undefined)
    throw new Problem('invalid', 'an update needs the id of the resource', { id: 'id-required', expression: `${resource.resourceType}.id` })
  return resource.id
}

function refuseDuplicates(named: readonly { entry: IntakeEntry; localId: string }[]): void {
  const seen = new Set<string>()
  for (const { entry, localId } of named) {
    const key = `${entry.resource.resourceType}/${localId}`
    if (seen.has(key))
      throw new Problem('invalid', 'two entries write the same resource', { id: 'duplicate-entry', expression: 'Bundle.entry' })
    seen.add(key)
  }
}

/** `current`: the version under the lock of the writer, undefined for a record that is not there. Throws precondition (412). */
export function requireVersion(ifMatch: string, current: number | undefined): void {
  if (ifMatch === '') return
  const wanted = /^(?:W\/)?"([^"]*)"$/.exec(ifMatch)?.[1]
  if (wanted !== String(current ?? 0)) {
    throw new Problem('precondition', 'the version in If-Match is not the current one; read again and repeat', { id: 'stale-version' })
  }
}

function ownAddress(value: string, base: string): string | undefined {
  return value.startsWith(base) ? value.slice(base.length) : undefined
}

/** An address of another server is refused: the gateway never fetches or trusts what it cannot judge. */
function requireResolvable(resource: Resource): void {
  for (const reference of references(resource)) {
    if (reference.kind === 'absolute') {
      throw new Problem('unprocessable', 'the reference is the address of another server; send an identifier or the resource itself', {
        id: 'foreign-reference',
        expression: reference.path,
      })
    }
  }
}

function mentionedKeys(resource: Resource, institution: string) {
  return references(resource).flatMap((reference) =>
    reference.kind === 'relative' ? [{ institution, type: reference.type, localId: reference.id }] : [],
  )
}

function uniqueKeys<K extends { institution: string; type: string; localId: string }>(
  keys: readonly K[],
  known: Set<string>,
): readonly K[] {
  return keys.filter((key) => {
    const text = keyText(key)
    if (known.has(text)) return false
    known.add(text)
    return true
  })
}

/** `meta.source` is the gateway's to set: the institution's own OID, or the network's. */
export function sourceOf(context: Context, institution: string): string {
  const known = context.directory.institution(institution)
  return known === undefined ? 'urn:oid:1.2.410.100110' : `urn:oid:1.2.410.100110.10.${known.number}`
}
