/**
 * Names under which real senders write a code system or an identifier system, and the published one. Drafts of KR Core (its own NamingSystems
 * list them), object identifiers of the national exchange and of HL7 (https://hl7.org/fhir/R4/terminologies-systems.html), spellings.
 */
import { system } from '../codes.ts'

const icd10 = 'http://hl7.org/fhir/sid/icd-10'
const icd10cm = 'http://hl7.org/fhir/sid/icd-10-cm'
const hl7Terminology = 'http://terminology.hl7.org/CodeSystem'

const drafts: readonly (readonly [alias: string, published: string])[] = [
  [system.departmentDraft, system.department],
  ['http://www.mohw.go.kr/CodeSystem/practitioner-specialty', system.department],
  ['https://hira.or.kr/CodeSystem/organization-type', system.institutionType],
  ['https://biz.kpis.or.kr/CodeSystem/kdcode', system.kdCode],
  ['https://hira.or.kr/knpi', system.institutionNumber],
  ['https://mohw.go.kr/CodeSystem/practitioner-license-type', system.doctorLicence],
]

const oids: readonly (readonly [oid: string, published: string])[] = [
  ['1.2.410.100110.40.2.3.2', system.kcd8],
  ['1.2.410.100110.40.2.3.4', system.kdCode],
  ['2.16.840.1.113883.6.1', system.loinc],
  ['2.16.840.1.113883.6.96', system.snomed],
  ['2.16.840.1.113883.6.73', system.atc],
  ['2.16.840.1.113883.6.8', system.ucum],
  ['2.16.840.1.113883.6.3', icd10],
  ['2.16.840.1.113883.6.90', icd10cm],
  ['2.16.840.1.113883.6.103', 'http://hl7.org/fhir/sid/icd-9-cm'],
  ['2.16.840.1.113883.12.292', 'http://hl7.org/fhir/sid/cvx'],
  ['2.16.840.1.113883.6.88', 'http://www.nlm.nih.gov/research/umls/rxnorm'],
  ['2.16.840.1.113883.6.69', 'http://hl7.org/fhir/sid/ndc'],
  ['2.16.840.1.113883.6.121', 'urn:ietf:bcp:47'],
  ['1.2.840.10008.2.16.4', 'http://dicom.nema.org/resources/ontology/DCM'],
  ['1.0.3166.1.2.2', 'urn:iso:std:iso:3166'],
]

/** The exchange has one name for three lists of claims codes; which is meant shows in the type of the record. */
const claimsCodes = '1.2.410.100110.40.2.3.3'
const claimsLists: readonly (readonly [types: RegExp, published: string])[] = [
  [/^Medication/, system.ediMedication],
  [/^(?:Procedure|Observation|DiagnosticReport|ServiceRequest|ImagingStudy|Specimen)$/, system.ediProcedure],
]

const exact: ReadonlyMap<string, string> = new Map([
  ...drafts,
  ...oids.flatMap(([oid, published]) => [[`urn:oid:${oid}`, published] as const, [oid, published] as const]),
])

/** spelling apart → the published spelling */
const spellings: ReadonlyMap<string, string> = new Map(
  [...Object.values(system), icd10, icd10cm].filter((url) => url.startsWith('http')).map((url) => [plain(url), url]),
)
const published: ReadonlySet<string> = new Set(spellings.values())

/** http or https, `www.`, a slash at the end, capitals in the address: none of it tells two systems apart. */
function plain(url: string): string {
  return url
    .toLowerCase()
    .replace(/^https?:\/\/(?:www\.)?/, '')
    .replace(/\/+$/, '')
}

/** Names come from outside and have no end: only so many are remembered, and no long ones. */
const [maxRemembered, longestRemembered] = [5_000, 200]
const remembered = new Map<string, string>()

/** The published name of a system; the same text for a name nobody knows. */
export function publishedSystem(name: string): string {
  const before = remembered.get(name)
  if (before !== undefined) return before
  const found = lookedUp(name)
  if (remembered.size < maxRemembered && name.length <= longestRemembered) remembered.set(name, found)
  return found
}

function lookedUp(name: string): string {
  const known = exact.get(name)
  if (known !== undefined) return known
  // the names of the release before R4: http://hl7.org/fhir/R4/terminologies-systems.html
  const [, version, table] = /^https?:\/\/hl7\.org\/fhir\/(v[23])\/([\w.-]+)$/.exec(name) ?? []
  if (version !== undefined && table !== undefined) return `${hl7Terminology}/${version}-${table}`
  if (published.has(name) || !name.startsWith('http')) return name
  const spelt = spellings.get(plain(name))
  // a draft has an address of its own: it is no spelling
  return spelt === undefined ? name : (exact.get(spelt) ?? spelt)
}

/** The claims list a record of this type means; undefined where it cannot be told, or for another system. */
export function claimsSystem(name: string, resourceType: string): string | undefined {
  if (name !== claimsCodes && name !== `urn:oid:${claimsCodes}`) return undefined
  return claimsLists.find(([types]) => types.test(resourceType))?.[1]
}
