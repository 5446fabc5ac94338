/**
 * The only way in: validate → identify → label → store, with its ledger entry and parcels in the caller's one transaction.
 * What an institution feeds lands in its own partition; nothing it writes is resolved elsewhere (contract, "Two id spaces").
 */
import type { Gap } from '../adapters/contract.ts'
import { facts } from '../fhir-profiles/facts.ts'
import { withoutResidentNumbers } from '../fhir-profiles/resident-identifier.ts'
import type { Resource, Task } from '../fhir-profiles/r4.ts'
import { isResource, validate } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { custodyOf } from './custody.ts'
import { networkId } from './directory.ts'
import type { Held } from './held.ts'
import { placePatients } from './identify.ts'
import { judgedByProfiles, type ProfileWarnings } from './intake-profiles.ts'
import { encounterSources, refreshEncounters } from './intake-encounter.ts'
import { placesNamed, raiseNaming } from './naming.ts'
import { settleMerges, withMerges } from './intake-merge.ts'
import { place, type Placed } from './intake-place.ts'
import { reportFaults, told } from './labelled.ts'
import { prepare, type Prepared } from './prepare.ts'
import { tellSubscribers } from './told.ts'
import { Problem, type ProblemIssue } from './problem.ts'
import type { LedgerEntry } from './store/ledger.ts'
import type { RecordRow } from './store/records.ts'
import type { Tables } from './store/store.ts'

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
  /** that id was made just now, at random: nothing can be there under it, and it is neither looked up nor waited for */
  readonly isFresh?: boolean
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
  /** as it was written, made when it is asked for; undefined where it was left alone */
  readonly held: () => Held | undefined
  /** how it fails the profiles its institution has agreed on; absent = it does not, or none are agreed on */
  readonly warnings?: ProfileWarnings
}

/** Refuses what is not FHIR R4, by path. Everything is checked before anything is stored. */
export function requireValid(resources: readonly { readonly value: unknown; readonly at: string }[]): void {
  const issues = resources.flatMap(({ value, at }) =>
    validate(value).map(({ id, code, diagnostics, korean, expression }): ProblemIssue => {
      return { id, code, diagnostics, text: korean, expression: at === '' ? expression : `${at}.${expression}` }
    }),
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

/**
 * Stores the entries of one request. Answers in the order asked. `entriesOf`: what the ledger tells of them, written with them.
 * Throws Problem precondition (412) on a stale `ifMatch`.
 */
export async function takeRecords(
  tables: Tables,
  context: Context,
  sent: IntakeInput,
  entriesOf: (results: readonly IntakeResult[]) => readonly LedgerEntry[] = () => [],
): Promise<readonly IntakeResult[]> {
  const input = await withMerges(tables, context, await atTheEdge(tables, context, sent))
  const warnings = judgedByProfiles(
    context,
    sent.institution,
    sent.entries.map(({ resource }) => resource),
  )
  const all = await place(tables, context, input)
  const placed = all.filter((item) => !item.isKept)
  const patients = await placePatients(tables, context, { institution: input.institution, space: input.space, placed })
  const encounters = await encounterSources(tables, placed)
  const updatedMs = context.now().getTime()
  const custody = custodyOf(context, input.institution)
  const placesOf = await placesNamed(tables, placed, custody.places)
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
        encounterSources: encounters(own.encounter, item.networkIdOf),
        parties: item.parties,
        isFresh: item.isFresh,
        ...custody,
        places: placesOf(item),
        correctCodes: custody.correctCodes && input.space === 'local',
      }),
    )
  }
  const rows = new Map(prepared.map(({ row }) => [row.id, row]))
  const results = all.map((item) => resultOf(item, rows.get(item.id), updatedMs))
  const heldOf = await tables.records.write(
    prepared.map(({ row }) => row),
    prepared.flatMap(({ index }) => index),
    entriesOf(results),
    new Map(placed.map(({ id, before }) => [id, before])),
  )
  await tellSubscribers(tables, prepared, updatedMs)
  await refreshEncounters(tables, prepared, custody.places)
  await raiseNaming(tables, prepared, custody.places)
  await tables.raised.narrated(told(prepared))
  reportFaults(context, input.institution, prepared)
  await patients.openReviews((tasks) => takeTasks(tables, context, tasks))
  await takeTasks(tables, context, await settleMerges(tables, context, input, placed))
  return results.map((result, at) => withWarnings({ ...result, held: () => heldOf(result.id) }, warnings[at] ?? []))
}

function resultOf(item: Placed, row: RecordRow | undefined, updatedMs: number): IntakeResult {
  return {
    status: item.isNew ? 201 : 200,
    id: item.id,
    localId: item.localId,
    type: item.resource.resourceType,
    version: String(item.version),
    updatedMs: item.keptMs ?? updatedMs,
    person: row?.person ?? null,
    isKept: item.isKept,
    held: () => undefined,
  }
}

function withWarnings(result: IntakeResult, warnings: ProfileWarnings): IntakeResult {
  return warnings.length === 0 ? result : { ...result, warnings }
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
