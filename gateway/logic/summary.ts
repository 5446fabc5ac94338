/**
 * The patient summary, an IPS document built from released parts only: what consent withheld was never here, so neither text nor
 * counts nor references can tell of it. Spec: https://hl7.org/fhir/uv/ips/STU2/ and http://hl7.org/fhir/R4/documents.html
 * Invariant: the same released parts give the same document (ids and time aside), whatever else exists.
 */
import type { Bundle, Patient, Resource } from '../../fhir-profiles/r4.ts'
import { canonicalBase, patientNumberSystem } from '../../fhir-profiles/codes.ts'
import { compositionOf } from './summary/composition.ts'
import type { Placed } from './summary/composition.ts'
import { foldDuplicates } from './summary/fold.ts'
import type { Folded } from './summary/fold.ts'
import { newestFirst } from './summary/order.ts'
import { keyOf, mentionedKeys, relink, urlOf } from './summary/references.ts'
import { dropContradictedAbsence, isError, placeOf, sections } from './summary/sections.ts'

export interface SummaryInstitution {
  /** directory id */
  readonly id: string
  readonly name: string
  /** 요양기관기호 */
  readonly number: string
}

/** One released record and who holds it. */
export interface SummaryPart {
  readonly resource: Resource
  readonly institution: SummaryInstitution
}

/** directory id and name */
export interface SummaryAuthor {
  readonly id: string
  readonly name: string
}

const networkOperator: SummaryAuthor = { id: 'network', name: 'care-network' }

export interface SummaryInput {
  /** the person as this caller may see them */
  readonly patient: Patient
  readonly parts: readonly SummaryPart[]
  /** institutions that did not answer; health and directory only, never anything about the patient */
  readonly gaps: readonly { readonly institution: SummaryInstitution }[]
  /** ISO 8601 instant with offset */
  readonly at: string
  /** the network operator, custodian of the document: an assembled summary has no human author */
  readonly author?: SummaryAuthor
  /** fresh UUIDs */
  readonly newId: () => string
  /** absolute FHIR base without a trailing slash */
  readonly base: string
}

/** Total over released parts. Ids and URLs hold network ids only; every reference left in the document resolves inside it. */
export function summary(input: SummaryInput): Bundle {
  const { patient, at, author = networkOperator, newId, base } = input
  const { kept, survivorOf } = foldDuplicates(input.parts.filter(({ resource }) => resource.id !== undefined && !isError(resource)))
  const placed = placeAll(kept)
  const included = [...[...placed.values()].flat(), ...supportingParts({ kept, survivorOf }, placed)]
  const device = deviceOf(newId(), author)
  const operator: Resource = { resourceType: 'Organization', id: author.id, meta: { source: canonicalBase }, name: author.name }
  const composition = compositionOf({
    id: newId(),
    at,
    base,
    subject: patient,
    author: device,
    custodian: operator,
    gaps: input.gaps,
    placed,
    released: new Map(input.parts.map((part) => [keyOf(part.resource), part.resource])),
  })
  const urls = urlsOf(base, [keyOf(patient), ...included.map((part) => keyOf(part.resource))], survivorOf)
  const patientUrl = urlOf(base, patient)
  const linked = (resource: Resource, source: string): Resource => relink(resource, { urls, patientUrl, source })
  const entries = [
    composition,
    linked(patient, canonicalBase),
    device,
    operator,
    ...included.map((part) => linked(part.resource, patientNumberSystem(part.institution.number))),
  ]
  return {
    resourceType: 'Bundle',
    id: newId(),
    meta: { profile: ['http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips'] },
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${newId()}` },
    type: 'document',
    timestamp: at,
    entry: entries.map((resource) => ({ fullUrl: urlOf(base, resource), resource })),
  }
}

function placeAll(parts: readonly SummaryPart[]): Placed {
  const byPlace = Map.groupBy(parts, (part) => placeOf(part.resource))
  return new Map(sections.map(({ code }) => [code, newestFirst(dropContradictedAbsence(byPlace.get(code) ?? []))]))
}

/** Drugs, specimens, places and people that a listed record points to, as far as they were released themselves. */
function supportingParts({ kept, survivorOf }: Folded, placed: Placed): readonly SummaryPart[] {
  const listed = [...placed.values()].flat()
  const byKey = new Map(kept.filter((part) => placeOf(part.resource) === 'supporting').map((part) => [keyOf(part.resource), part]))
  const found = new Map<string, SummaryPart>()
  // Grows while it is walked: a PractitionerRole brings its Practitioner.
  const open = [...listed]
  for (const part of open) {
    for (const mentioned of mentionedKeys(part.resource)) {
      const key = survivorOf.get(mentioned) ?? mentioned
      const target = byKey.get(key)
      if (target === undefined || found.has(key)) continue
      found.set(key, target)
      open.push(target)
    }
  }
  return [...found.keys()].sort().flatMap((key) => found.get(key) ?? [])
}

/** What a reference may say → where it leads in this document. A folded duplicate leads to the record that was kept. */
function urlsOf(base: string, keys: readonly string[], survivorOf: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const present = new Set(keys)
  const folded = [...survivorOf].filter(([, survivor]) => present.has(survivor))
  const pairs = [...keys.map((key) => [key, key] as const), ...folded]
  return new Map(
    pairs.flatMap(([from, to]) => [
      [from, `${base}/${to}`],
      [`${base}/${from}`, `${base}/${to}`],
    ]),
  )
}

/** "Assembled by software" is said by an author that is a Device (IPS, Composition.author). */
function deviceOf(id: string, author: SummaryAuthor): Resource {
  return {
    resourceType: 'Device',
    id,
    meta: { source: canonicalBase },
    status: 'active',
    deviceName: [{ name: author.name, type: 'user-friendly-name' }],
  }
}
