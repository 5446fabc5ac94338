/** Where what came in will stand: its ids, its version under the lock, and the target of every reference, inside the sender's own partition. */
import { references, rewriteReferences } from '../fhir-profiles/reference.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { sourceOf } from './custody.ts'
import { resolveConditional } from './intake-conditional.ts'
import type { IntakeEntry, IntakeInput } from './intake.ts'
import { classOf } from './logic/access.ts'
import { keyText } from './logic/record-key.ts'
import { textOf } from './prepare.ts'
import { Problem } from './problem.ts'
import type { Tables } from './store/store.ts'
import type { CurrentVersion } from './store/writes.ts'
import { ChangedMeanwhile } from './within.ts'

export interface Placed {
  readonly resource: Resource
  readonly localId: string
  readonly id: string
  readonly version: number
  readonly isNew: boolean
  /** its id was made for this write */
  readonly isFresh: boolean
  readonly isKept: boolean
  /** when what was left alone was written */
  readonly keptMs: number | undefined
  readonly parties: readonly string[]
  readonly networkIdOf: (type: string, localId: string) => string | undefined
}

/** Gives every entry its ids and its version under the lock, and every reference inside the request its target. */
export async function place(tables: Tables, context: Context, input: IntakeInput): Promise<readonly Placed[]> {
  const named = input.entries.map((entry) => {
    const isPut = entry.method === 'PUT'
    const given = entry.givenId ?? context.newId()
    const isFresh = !isPut && (entry.givenId === undefined || entry.isFresh === true)
    return { entry, localId: isPut ? requireId(entry.resource) : given, given: isPut ? undefined : given, isFresh }
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
  const keys = resolved.map(({ resource, localId, given, isFresh }) => ({
    institution: input.institution,
    type: resource.resourceType,
    localId,
    given,
    isFresh,
  }))
  const mentioned = input.space === 'network' ? [] : resolved.flatMap(({ resource }) => mentionedKeys(resource, input.institution))
  const own = new Map<string, string>(keys.flatMap((key) => (key.isFresh ? [[`${key.type}/${key.localId}`, key.localId] as const] : [])))
  const known = new Set(keys.map(keyText))
  const wanted = [...keys.filter(({ isFresh }) => !isFresh), ...uniqueKeys(mentioned, known)]
  const { ids, fresh } = await tables.records.claimIds(wanted, context.newId)
  const networkIdOf = (type: string, localId: string): string | undefined =>
    own.get(`${type}/${localId}`) ?? ids.get(keyText({ institution: input.institution, type, localId }))
  const before = keys.flatMap((key) => (key.isFresh ? [] : (networkIdOf(key.type, key.localId) ?? [])))
  const current = await tables.writes.current(before.filter((id) => !fresh.has(id)))
  return resolved.map(({ entry, resource, localId, isFresh }) => {
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
      isFresh,
      isKept,
      keptMs: isKept ? before.updatedMs : undefined,
      parties: entry.parties,
      networkIdOf,
    }
  })
}

/**
 * An update that says what is there already is no new version (http://hl7.org/fhir/R4/http.html#update: a server may), where nobody's consent
 * decides what of it is seen (decision 083). What the network writes, and what a referral brings along, always is one.
 */
function isRepeat(
  context: Context,
  { institution, space }: IntakeInput,
  { entry, resource, localId, before }: { entry: IntakeEntry; resource: Resource; localId: string; before: CurrentVersion },
): boolean {
  const isOfNobody = ['directory', 'knowledge'].includes(classOf(resource.resourceType) ?? '')
  if (!isOfNobody || space !== 'local' || entry.method !== 'PUT' || entry.parties.length > 0) return false
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
    reference.kind === 'relative'
      ? // A number first mentioned here gets its person here: whoever else mentions it waits.
        [{ institution, type: reference.type, localId: reference.id, isMentioned: reference.type !== 'Patient' }]
      : [],
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
