/** Parcels ↔ what the EMR keeps. Outgoing: one transaction under ids made of the parcel id. Incoming: Tasks of the EMR as parcels. Pure. */
import { canonicalBase, profile, system } from '../../fhir-profiles/codes.ts'
import { isExactNumber } from '../../fhir-profiles/json.ts'
import type { Bundle, BundleEntry, Identifier, Organization, Reference, Resource, Task } from '../../fhir-profiles/r4.ts'
import type { Gap, Parcel } from '../contract.ts'
import { isFhirId } from './admit.ts'
import { residentNumberGap, withoutResidentNumbers } from './resident-number.ts'

/** The hospital that the EMR belongs to. */
export interface Institution {
  readonly number: string
  /** system of its patient numbers */
  readonly patientNumbers: string
}

export type Mapped =
  | { readonly ok: true; readonly bundle: Bundle; readonly task: Task }
  | { readonly ok: false; readonly where: string; readonly reason: string }

/** longest id plus a dash and eight hexadecimal digits must stay a FHIR id */
const maxParcelIdLength = 55

/**
 * The transaction that hands `parcel` to the EMR. The same parcel gives the same ids, so a repeat meets what the first try wrote.
 * `localPatientId` is the EMR's own Patient if it knows the person; then that one is referred to and no second one is made.
 */
export function toTransaction(parcel: Parcel, institution: Institution, localPatientId: string | undefined): Mapped {
  const items = itemsOf(parcel)
  const task = items.find((item) => item.resource.resourceType === 'Task')?.resource
  if (task?.resourceType !== 'Task') return { ok: false, where: 'Bundle.entry', reason: 'the parcel holds no Task' }
  if (!isFhirId(parcel.id) || parcel.id.length > maxParcelIdLength) {
    return { ok: false, where: 'Bundle', reason: 'the parcel id cannot be part of a FHIR id' }
  }
  const subject = named(items, 'Patient', task.for)
  const focus = named(items, 'ServiceRequest', task.focus)
  const placeOf = ({ resource, names }: Item): string => {
    if (resource === task) return `Task/${parcel.id}`
    if (resource === focus) return `ServiceRequest/${parcel.id}-sr`
    if (resource === subject) return `Patient/${localPatientId ?? `${parcel.id}-pt`}`
    return `${resource.resourceType}/${parcel.id}-${fingerprint(names[0] ?? '')}`
  }
  const places = new Map(items.flatMap((item) => item.names.map((name): [string, string] => [name, placeOf(item)])))
  const patientName = unversioned(task.for?.reference ?? '')
  if (localPatientId !== undefined && patientName !== '') places.set(patientName, `Patient/${localPatientId}`)
  const entry = items
    .filter(({ resource }) => localPatientId === undefined || resource !== subject)
    .map((item) => {
      const place = placeOf(item)
      const moved = withId(rewritten(item.resource, places), place)
      return putEntry(item.resource === task && moved.resourceType === 'Task' ? addressed(moved, parcel, institution) : moved, place)
    })
  return { ok: true, bundle: { resourceType: 'Bundle', type: 'transaction', entry }, task }
}

interface Item {
  readonly resource: Resource
  /** by which other resources of the parcel may refer to it */
  readonly names: readonly string[]
}

function itemsOf(parcel: Parcel): readonly Item[] {
  return (parcel.bundle.entry ?? []).flatMap(({ resource, fullUrl }) => {
    if (resource === undefined) return []
    const local = resource.id === undefined ? [] : [`${resource.resourceType}/${resource.id}`]
    return [{ resource, names: fullUrl === undefined ? local : [fullUrl, ...local] }]
  })
}

/** The one of its type that the Task refers to, or else the first. */
function named(items: readonly Item[], type: Resource['resourceType'], reference: Reference | undefined): Resource | undefined {
  const ofType = items.filter((item) => item.resource.resourceType === type)
  const target = unversioned(reference?.reference ?? '')
  return (ofType.find((item) => item.names.includes(target)) ?? ofType[0])?.resource
}

function unversioned(reference: string): string {
  return reference.replace(/\/_history\/[^/]+$/, '')
}

/** The number by which the receiving hospital already knows the patient, if the parcel carries it. */
export function ownPatientNumber(parcel: Parcel, institution: Institution): string | undefined {
  const resources = (parcel.bundle.entry ?? []).map((entry) => entry.resource)
  const identifiers: readonly (Identifier | undefined)[] = resources.flatMap((resource) => {
    if (resource?.resourceType === 'Patient') return resource.identifier ?? []
    return resource?.resourceType === 'Task' ? [resource.for?.identifier] : []
  })
  return identifiers.find((identifier) => identifier?.system === institution.patientNumbers)?.value
}

/** FNV-1a, 32 bits: keeps a document's id when another one of the parcel is left out on a later try. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}

/** A request is marked with its parcel, an answer keeps the parcel it answers and is tied to the hospital's own Task. */
function addressed(task: Task, parcel: Parcel, institution: Institution): Task {
  const identifier = task.identifier ?? []
  if (parcel.kind !== 'referral-response') {
    return {
      ...task,
      identifier: [...identifier.filter((each) => each.system !== system.parcel), { system: system.parcel, value: parcel.id }],
    }
  }
  const placer = identifier.find((each) => each.system === placerSystem(institution))?.value
  return placer === undefined ? task : { ...task, partOf: [{ reference: `Task/${placer}` }] }
}

function withId(resource: Resource, place: string): Resource {
  const { meta, ...rest } = resource
  const { versionId: _version, lastUpdated: _updated, ...kept } = meta ?? {}
  return { ...rest, id: place.slice(place.indexOf('/') + 1), ...(Object.keys(kept).length === 0 ? {} : { meta: kept }) }
}

function putEntry(resource: Resource, place: string): BundleEntry {
  return { resource, request: { method: 'PUT', url: place } }
}

/** References inside the parcel point to the new places; what the EMR does not have is named, because a dangling reference is refused. */
function rewritten(resource: Resource, places: ReadonlyMap<string, string>): Resource {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null || isExactNumber(value)) return value
    const copy = Object.fromEntries(Object.entries(value).map(([key, element]) => [key, walk(element)]))
    return typeof copy['reference'] === 'string' ? pointed(copy, copy['reference'], places) : copy
  }
  // The walk keeps every key and changes only references, so the type is the one that came in.
  return walk(resource) as Resource
}

function pointed(
  reference: Readonly<Record<string, unknown>>,
  target: string,
  places: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  const name = unversioned(target)
  const place = places.get(name)
  if (place !== undefined) return { ...reference, reference: place }
  if (target.startsWith('#') || /^https?:/.test(target)) return reference
  const { reference: _gone, ...rest } = reference
  const type = /^[A-Z][A-Za-z]+(?=\/)/.exec(target)?.[0]
  const identifier = { system: 'urn:ietf:rfc:3986', value: type === undefined ? target : `${canonicalBase}/${name}` }
  return { ...(type === undefined ? {} : { type }), identifier, ...rest }
}

/** What about a Task is worth telling: its status and whether results were added. Holds no patient data, so it may be remembered. */
export function markOf(task: Task): string {
  return `${task.status}#${task.output?.length ?? 0}`
}

/** The parcel that the Task of the EMR came from, if it says so. */
export function parcelOf(task: Task): string | undefined {
  const value = task.identifier?.find((identifier) => identifier.system === system.parcel)?.value
  // An answer we delivered quotes another parcel than its own id; it is the hospital's to read, not to answer.
  return value === task.id ? value : undefined
}

/** What we delivered for the hospital to read: how its own referral fares elsewhere. Nobody answers an answer. */
export function isAnswerToOwn(task: Task, institution: Institution): boolean {
  const systems = (task.identifier ?? []).map((identifier) => identifier.system)
  return systems.includes(system.parcel) && systems.includes(placerSystem(institution))
}

/** A referral that a doctor of this hospital made in the EMR. */
export function isOwnReferral(task: Task): boolean {
  const marked = task.identifier?.some((identifier) => identifier.system === system.parcel) ?? false
  return (
    !marked &&
    task.status === 'requested' &&
    (task.meta?.profile ?? []).some((canonical) => canonical.split('|')[0] === profile.referralTask)
  )
}

/** Names one version of one Task: the message id of what the EMR tells by it. */
export function messageId(task: Task): string {
  return `Task/${task.id ?? ''}/_history/${task.meta?.versionId ?? task.meta?.lastUpdated ?? ''}`
}

/** `parcelId` is the delivery this Task answers. */
export function toResponse(task: Task, parcelId: string, reports: readonly Resource[], gaps: readonly Gap[]): Parcel {
  const others = (task.identifier ?? []).filter((identifier) => identifier.system !== system.parcel)
  const answer: Task = { ...task, identifier: [...others, { system: system.parcel, value: parcelId }] }
  return asSent('referral-response', [answer, ...reports], gaps)
}

export interface OwnReferral {
  readonly task: Task
  readonly owner: Organization | undefined
  /** Patient, ServiceRequest, documents, in the EMR's ids */
  readonly resources: readonly Resource[]
  readonly gaps: readonly Gap[]
}

export function toRequest({ task, owner, resources, gaps }: OwnReferral, institution: Institution): Parcel {
  const placer = placerOf(task, institution)
  const ownerNumber = owner === undefined ? undefined : institutionNumber(owner)
  const request: Task = {
    ...task,
    identifier: [...(task.identifier ?? []), placer],
    requester: byNumber(institution.number, task.requester),
    ...(ownerNumber === undefined ? {} : { owner: byNumber(ownerNumber, task.owner) }),
  }
  return asSent('referral-request', [request, ...resources], gaps)
}

/** The hospital takes back a referral of its own: named by the number it was sent with. Everything else of it was told before. */
export function toCancel(task: Task, institution: Institution): Parcel {
  const reason = task.statusReason ?? { text: '의뢰한 기관에서 취소함 (cancelled by the sender)' }
  const { id = '', meta, status, intent, lastModified } = task
  const cancel: Task = { resourceType: 'Task', id, status, intent, statusReason: reason, identifier: [placerOf(task, institution)] }
  return asSent('referral-response', [{ ...cancel, ...(meta && { meta }), ...(lastModified && { lastModified }) }], [])
}

function placerOf(task: Task, institution: Institution): Identifier {
  return {
    type: { coding: [{ system: system.v2IdentifierType, code: 'PLAC' }] },
    system: placerSystem(institution),
    value: task.id ?? '',
  }
}

export function institutionNumber(organization: Organization): string | undefined {
  return organization.identifier?.find((identifier) => identifier.system === system.institutionNumber)?.value
}

function byNumber(number: string, was: Reference | undefined): Reference<Organization> {
  const display = was?.display === undefined ? {} : { display: was.display }
  return { type: 'Organization', identifier: { system: system.institutionNumber, value: number }, ...display }
}

function placerSystem(institution: Institution): string {
  return `${canonicalBase}/Identifier/task/${institution.number}`
}

/** In the EMR's own ids; the Task comes first and names the message. */
function asSent(kind: Parcel['kind'], [task, ...others]: readonly [Task, ...Resource[]], gaps: readonly Gap[]): Parcel {
  const scrubbed = [task, ...others].map(withoutResidentNumbers)
  const entry = scrubbed.map(({ resource }) => putEntry(resource, `${resource.resourceType}/${resource.id ?? ''}`))
  const dropped = scrubbed.filter((each) => each.dropped).map(({ resource }) => residentNumberGap(resource.resourceType))
  return { id: messageId(task), kind, bundle: { resourceType: 'Bundle', type: 'transaction', entry }, gaps: [...gaps, ...dropped] }
}
