/**
 * Which released record stands in which section of the summary, as a table. The three `always` sections are there even when empty.
 * Spec: https://hl7.org/fhir/uv/ips/STU2/StructureDefinition-Composition-uv-ips.html
 */
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { system } from '../../../fhir-profiles/codes.ts'
import type { SummaryPart } from '../summary.ts'
import { field, list, text } from './json.ts'

export interface Section {
  /** LOINC */
  readonly code: string
  readonly display: string
  readonly ko: string
  readonly en: string
  readonly always: boolean
}

/** In the order of the document: what can hurt first, then what is, then what was. */
export const sections: readonly Section[] = [
  section('48765-2', 'Allergies and adverse reactions Document', '알레르기 및 이상반응', 'Allergies and intolerances', true),
  section('104605-1', 'Alert', '주의사항', 'Alerts'),
  section('11450-4', 'Problem list - Reported', '문제 목록', 'Problems', true),
  section('10160-0', 'History of Medication use Narrative', '투약', 'Medications', true),
  section('11369-6', 'History of Immunization note', '예방접종', 'Immunizations'),
  section('30954-2', 'Relevant diagnostic tests/laboratory data note', '검사 결과', 'Results'),
  section('8716-3', 'Vital signs note', '활력징후', 'Vital signs'),
  section('47519-4', 'History of Procedures Document', '시술 및 수술', 'Procedures'),
  section('46264-8', 'History of medical device use', '의료기기', 'Medical devices'),
  section('11348-0', 'History of Past illness note', '과거 병력', 'Past problems'),
  section('10157-6', 'History of family member diseases note', '가족력', 'Family history'),
  section('29762-2', 'Social history note', '생활 습관', 'Social history'),
  section('46240-8', 'History of Hospitalizations+Outpatient visits note', '진료 이력', 'Encounters'),
  section('18776-5', 'Plan of care note', '진료 계획', 'Plan of care'),
]

function section(code: string, display: string, ko: string, en: string, always = false): Section {
  return { code, display, ko, en, always }
}

/** Only what is finished or valid now; a status that is not listed keeps the record out. */
const statuses: Readonly<Record<string, readonly string[]>> = {
  Flag: ['active'],
  MedicationRequest: ['active', 'on-hold', 'unknown'],
  MedicationStatement: ['active', 'on-hold', 'intended', 'unknown'],
  Immunization: ['completed'],
  Observation: ['final', 'amended', 'corrected'],
  DiagnosticReport: ['final', 'amended', 'corrected', 'appended'],
  Procedure: ['completed', 'in-progress'],
  DeviceUseStatement: ['active', 'completed', 'on-hold'],
  FamilyMemberHistory: ['partial', 'completed', 'health-unknown'],
  Encounter: ['arrived', 'triaged', 'in-progress', 'onleave', 'finished'],
  CarePlan: ['active', 'on-hold', 'completed'],
}

const placeOfType: Readonly<Record<string, string>> = {
  AllergyIntolerance: '48765-2',
  Flag: '104605-1',
  MedicationRequest: '10160-0',
  MedicationStatement: '10160-0',
  Immunization: '11369-6',
  DiagnosticReport: '30954-2',
  Procedure: '47519-4',
  DeviceUseStatement: '46264-8',
  FamilyMemberHistory: '10157-6',
  Encounter: '46240-8',
  CarePlan: '18776-5',
}

/** Never listed themselves; they come along when a listed record points to them. */
const supportingTypes: ReadonlySet<string> = new Set([
  'Device',
  'ImagingStudy',
  'Location',
  'Medication',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Specimen',
  'Substance',
])

/** A section code, `supporting`, or `none`: such a record has no place in a summary. */
export function placeOf(resource: Resource): string {
  const type = resource.resourceType
  if (supportingTypes.has(type)) return 'supporting'
  if (isError(resource)) return 'none'
  const valid = statuses[type]
  if (valid !== undefined && !valid.includes(text(field(resource, 'status')))) return 'none'
  if (type === 'Observation') return placeOfObservation(resource)
  if (type === 'Condition') return isPast(resource) ? '11348-0' : '11450-4'
  return placeOfType[type] ?? 'none'
}

/** Taken back by its source; such a record neither speaks nor stands in for another. */
export function isError(resource: Resource): boolean {
  return field(resource, 'status') === 'entered-in-error' || hasCode(field(resource, 'verificationStatus'), ['entered-in-error'])
}

/** Resolved, or ruled out: history, not a problem the next doctor should treat. */
function isPast(condition: Resource): boolean {
  const over = hasCode(field(condition, 'clinicalStatus'), ['inactive', 'remission', 'resolved'])
  return over || hasCode(field(condition, 'verificationStatus'), ['refuted'])
}

/** LOINC codes of vital signs (http://hl7.org/fhir/R4/observation-vitalsigns.html), for senders that give no category. */
const vitalSigns: ReadonlySet<string> = new Set([
  '85353-1',
  '85354-9',
  '8480-6',
  '8462-4',
  '8302-2',
  '29463-7',
  '39156-5',
  '8310-5',
  '8867-4',
  '9279-1',
  '2708-6',
  '59408-5',
  '9843-4',
])

/** What is neither a vital sign nor a habit is a result: nothing that was measured is left out for want of a category. */
function placeOfObservation(observation: Resource): string {
  const categories = list(field(observation, 'category'))
  if (categories.some((category) => hasCode(category, ['vital-signs']))) return '8716-3'
  if (categories.some((category) => hasCode(category, ['social-history']))) return '29762-2'
  const isVital = codingsOf(field(observation, 'code')).some((coding) => coding.system === system.loinc && vitalSigns.has(coding.code))
  return categories.length === 0 && isVital ? '8716-3' : '30954-2'
}

/**
 * "None known", as a record asserts it (SNOMED CT; the codes of IPS 1.1 still occur). `gone` = the categories whose presence
 * contradicts it; empty = any entry does.
 */
const absences: Readonly<Record<string, readonly string[]>> = {
  '716186003': [],
  '409137002': ['medication', 'biologic'],
  '429625007': ['food'],
  '428607008': ['environment'],
  'no-known-allergies': [],
  'no-known-medication-allergies': ['medication', 'biologic'],
  'no-known-food-allergies': ['food'],
  'no-known-environmental-allergies': ['environment'],
  '160245001': [],
  'no-known-problems': [],
  '787481004': [],
  'no-known-medications': [],
  '787480003': [],
  'no-known-procedures': [],
  '787482006': [],
  'no-known-immunizations': [],
}

/** "No information" is what an empty section says already. */
const noInformation: ReadonlySet<string> = new Set([
  '1287211007',
  'no-allergy-info',
  'no-medication-info',
  'no-problem-info',
  'no-procedure-info',
  'no-immunization-info',
])

/**
 * Of one section: what a patient has beats the claim that there is nothing. Two sources that disagree about an allergy are never
 * merged: the allergy stays, the denial goes. A refuted allergy contradicts nothing.
 */
export function dropContradictedAbsence(parts: readonly SummaryPart[]): readonly SummaryPart[] {
  const informative = parts.filter((part) => !codesOf(part.resource).some((code) => noInformation.has(code)))
  const present = informative.filter((part) => absenceOf(part.resource) === undefined && !isRefuted(part.resource))
  return informative.filter((part) => {
    const gone = absenceOf(part.resource)
    return gone === undefined || !present.some((one) => contradicts(one.resource, gone))
  })
}

function absenceOf(resource: Resource): readonly string[] | undefined {
  const code = codesOf(resource).find((one) => Object.hasOwn(absences, one))
  return code === undefined ? undefined : absences[code]
}

function contradicts(resource: Resource, gone: readonly string[]): boolean {
  const categories = list(field(resource, 'category'))
  return gone.length === 0 || categories.length === 0 || categories.some((category) => gone.includes(text(category)))
}

function isRefuted(resource: Resource): boolean {
  return hasCode(field(resource, 'verificationStatus'), ['refuted'])
}

function codesOf(resource: Resource): readonly string[] {
  const concepts = ['code', 'medicationCodeableConcept', 'vaccineCode'].map((name) => field(resource, name))
  return concepts.flatMap((concept) => codingsOf(concept).map((coding) => coding.code))
}

function codingsOf(concept: unknown): readonly { readonly system: string; readonly code: string }[] {
  return list(field(concept, 'coding')).map((coding) => ({ system: text(field(coding, 'system')), code: text(field(coding, 'code')) }))
}

function hasCode(concept: unknown, codes: readonly string[]): boolean {
  return codingsOf(concept).some((coding) => codes.includes(coding.code))
}
