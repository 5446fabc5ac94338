/**
 * A document stands by itself: a reference leads to an entry of it or is gone, with its display and identifier, so that nothing
 * tells of a record that is not here. Spec: http://hl7.org/fhir/R4/documents.html#content
 */
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { field, isRecord, list } from './json.ts'

/** `Type/id` */
export function keyOf(resource: Resource): string {
  return `${resource.resourceType}/${resource.id ?? ''}`
}

export function urlOf(base: string, resource: Resource): string {
  return `${base}/${keyOf(resource)}`
}

/** The `Type/id` a resource points to, wherever the reference stands. */
export function mentionedKeys(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(mentionedKeys)
  if (!isRecord(value)) return []
  const own = field(value, 'reference')
  const inner = Object.values(value).flatMap(mentionedKeys)
  return typeof own === 'string' ? [withoutVersion(own).split('/').slice(-2).join('/'), ...inner] : inner
}

export interface Links {
  /** what a reference may say → the full URL of the entry it leads to */
  readonly urls: ReadonlyMap<string, string>
  readonly patientUrl: string
  /** becomes `meta.source` */
  readonly source: string
}

/** The entry as it stands in the document: subject is the patient, references lead inside, the sender's own narrative is left behind. */
export function relink(resource: Resource, links: Links): Resource {
  const pruned = prune(resource, 'resource', links.urls)
  const { text: _narrative, ...rest } = isRecord(pruned) ? pruned : {}
  const subject = { reference: links.patientUrl }
  const linked: unknown = {
    ...rest,
    ...(field(resource, 'subject') === undefined ? {} : { subject }),
    ...(field(resource, 'patient') === undefined ? {} : { patient: subject }),
    ...missingMedication(resource, rest),
    meta: { ...resource.meta, source: links.source },
  }
  // Pruning keeps every plain value, the type among them; anything else is a fault of ours and must not pass unpruned.
  if (!isResource(linked)) throw new Error('a summary entry lost its type')
  return linked
}

/** A drug that was not released leaves a prescription whose drug is unknown; the element itself is required. */
function missingMedication(before: Resource, after: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (field(before, 'medicationReference') === undefined || after['medicationReference'] !== undefined) return {}
  const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }]
  return { medicationCodeableConcept: { extension } }
}

function isResource(value: unknown): value is Resource {
  return isRecord(value) && typeof value['resourceType'] === 'string'
}

/** Elements that point at other records, not at people: without a target nothing of them may stay, not even a display. */
const recordPointers: ReadonlySet<string> = new Set([
  'account',
  'appointment',
  'basedOn',
  'complicationDetail',
  'context',
  'derivedFrom',
  'encounter',
  'episodeOfCare',
  'focus',
  'hasMember',
  'managingOrganization',
  'partOf',
  'priorPrescription',
  'reasonReference',
  'report',
  'result',
  'supportingInformation',
])

/** Elements without which the structure around them is invalid: it goes with them. */
const requiredInside: ReadonlySet<string> = new Set([
  'actor',
  'condition',
  'item',
  'link',
  'location',
  'manipulated',
  'member',
  'other',
  'valueReference',
])

function prune(value: unknown, name: string, urls: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) {
    const kept = value.map((item) => prune(item, name, urls)).filter((item) => item !== undefined)
    return kept.length === 0 ? undefined : kept
  }
  if (!isRecord(value)) return value
  if (isReference(value, name)) return pruneReference(value, urls)
  const kept: Record<string, unknown> = {}
  for (const [key, element] of Object.entries(value)) {
    const inner = isAttachmentUrl(value, key) ? undefined : prune(element, key, urls)
    if (inner !== undefined) kept[key] = inner
    else if (requiredInside.has(key) && !isWhole(value)) return undefined
  }
  return Object.keys(kept).length === 0 ? undefined : kept
}

function isReference(value: Readonly<Record<string, unknown>>, name: string): boolean {
  if (isWhole(value)) return false
  return typeof value['reference'] === 'string' || isRecord(value['identifier']) || recordPointers.has(name)
}

/** A resource, at the top or contained; not a part of one. */
function isWhole(value: Readonly<Record<string, unknown>>): boolean {
  return value['resourceType'] !== undefined
}

function pruneReference(value: Readonly<Record<string, unknown>>, urls: ReadonlyMap<string, string>): unknown {
  const target = field(value, 'reference')
  if (typeof target !== 'string') return undefined
  if (target.startsWith('#')) return value
  const url = urls.get(withoutVersion(target))
  return url === undefined ? undefined : { reference: url }
}

/** A link to a file leads out of the document; what the file holds is not part of what was released here. */
function isAttachmentUrl(parent: Readonly<Record<string, unknown>>, key: string): boolean {
  return key === 'url' && (parent['contentType'] !== undefined || parent['data'] !== undefined)
}

function withoutVersion(reference: string): string {
  return reference.split('/_history/')[0] ?? reference
}

/** Contained resources of one entry, by `#id`. */
export function containedOf(resource: Resource): ReadonlyMap<string, unknown> {
  return new Map(list(field(resource, 'contained')).map((inner) => [`#${String(field(inner, 'id'))}`, inner]))
}
