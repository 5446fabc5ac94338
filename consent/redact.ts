/**
 * Elements that are more sensitive than the record they stand in: which they are, and the record without them. The record is then judged by
 * what is left, each such element by the record's facts with its own labels added. Free text takes the strictest label of its record: where
 * an element is refused, the words beside it go as well. Pure.
 */
import { withBroader } from '../fhir-profiles/broader.ts'
import { codesOf, labelsIn } from '../fhir-profiles/facts.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { isRecord } from '../fhir-profiles/validate/guards.ts'
import { without } from '../fhir-profiles/without.ts'
import { labelsOf, type LabelBasis } from './label.ts'
import { namingParts, noPlaces, type Places } from './places.ts'
import type { Facts } from './types.ts'

export interface LabelledElement extends Pick<Facts, 'codes' | 'sensitivities' | 'confidentiality'> {
  /** `reasonCode[0]` */
  readonly path: string
}

const reason = ['reasonCode']

/** What may be taken out of a record of each type and leave a record that is true: never what the record is about. */
const redactable: Readonly<Record<string, readonly string[]>> = {
  Appointment: reason,
  CarePlan: ['activity', 'category'],
  CareTeam: reason,
  ClinicalImpression: ['finding'],
  Communication: reason,
  CommunicationRequest: reason,
  Composition: ['section', 'event'],
  Condition: ['evidence', 'stage'],
  DeviceRequest: reason,
  DiagnosticReport: ['conclusionCode'],
  Encounter: ['reasonCode', 'type', 'diagnosis'],
  EpisodeOfCare: ['diagnosis', 'type'],
  FamilyMemberHistory: ['condition', 'reasonCode'],
  ImagingStudy: reason,
  Immunization: reason,
  List: ['entry'],
  MedicationAdministration: reason,
  MedicationRequest: reason,
  MedicationStatement: reason,
  Observation: ['component'],
  Patient: ['maritalStatus', 'contact', 'communication'],
  Procedure: ['reasonCode', 'complication'],
  QuestionnaireResponse: ['item'],
  ServiceRequest: ['reasonCode', 'orderDetail'],
}

/** Words that may tell of anything in the record; the narrative is dropped with every part that is. */
const words = /^(?:note|conclusion|presentedForm|patientInstruction|description|comment|summary|valueString)(?:\[\d+\])?$/
const dosage = /^dosage(?:Instruction)?(?:\[\d+\])?$/
const dosageWords = /^dosage(?:Instruction)?(?:\[\d+\])?\.(?:text|patientInstruction)$/

/**
 * @param departments national department codes of the record
 * @param at the places there are, and the labels of the one that keeps the record
 */
export function labelledElements(resource: Resource, departments: readonly string[], at: KeptAt = nowhere): readonly LabelledElement[] {
  const names = redactable[resource.resourceType] ?? []
  const naming = new Map(namingParts(resource, at.places).map((part) => [part.path, part]))
  const coded = partsOf(resource, names).filter(({ path }) => !naming.has(path))
  const parts = [...coded.map((part) => ({ ...part, bases: [] })), ...naming.values()]
  if (parts.length === 0 || !isSeparable(resource)) return []
  const rest = restOf(resource, names, naming)
  const places = [...at.bases, ...at.places.named(rest)]
  const base = labelsOf({ codes: codesOf(rest), labels: labelsIn(rest), departments, places })
  return parts.flatMap(({ path, value, bases }) => {
    const codes = codesOf(value)
    const { sensitivities, confidentiality } = labelsOf({ codes, labels: labelsIn(value), departments: [], places: bases })
    const isMore = confidentiality > base.confidentiality || sensitivities.some((each) => !base.sensitivities.includes(each))
    return isMore ? [{ path, codes: [...new Set(codes.flatMap(withBroader))].sort(), sensitivities, confidentiality }] : []
  })
}

export interface KeptAt {
  readonly places: Places
  /** of the institution and department that keep the record */
  readonly bases: readonly LabelBasis[]
}

const nowhere: KeptAt = { places: noPlaces, bases: [] }

/** Without whatever may be taken out by itself. */
function restOf(resource: Resource, names: readonly string[], naming: ReadonlyMap<string, unknown>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(resource).flatMap(([key, value]: [string, unknown]) => {
      if (names.includes(key) || naming.has(key)) return []
      return [[key, Array.isArray(value) ? value.filter((_, place) => !naming.has(`${key}[${place}]`)) : value]]
    }),
  )
}

/** The record without these elements, and without the words that may tell of them. The same object for none. */
export function redact(resource: Resource, paths: readonly string[]): Resource {
  if (paths.length === 0) return resource
  const gone = new Set(paths)
  const names = redactable[resource.resourceType] ?? []
  return without(resource, ({ path, value }) => {
    if (gone.has(path) || words.test(path) || dosageWords.test(path)) return true
    if (/^extension\[\d+\]$/.test(path)) return isRecord(value) && ('valueString' in value || 'valueMarkdown' in value)
    // An item said in words only, beside the one that goes, may say the same.
    return names.includes(path.replace(/\[\d+\]$/, '')) && isRecord(value) && codesOf(value).length === 0 && 'text' in value
  })
}

/** Whether a part lies in an element that may be taken out by itself. */
export function isSeparate(type: string, path: string): boolean {
  return (redactable[type] ?? []).includes(/^\w+/.exec(path)?.[0] ?? '')
}

/** What is decided about an element: the record's facts with its labels. */
export function elementFacts(facts: Facts, element: Omit<LabelledElement, 'path'>): Facts {
  return {
    ...facts,
    codes: [...new Set([...facts.codes, ...element.codes])].sort(),
    sensitivities: [...new Set([...facts.sensitivities, ...element.sensitivities])].sort(),
    confidentiality: Math.max(facts.confidentiality, element.confidentiality),
  }
}

function partsOf(resource: Resource, names: readonly string[]): readonly { readonly path: string; readonly value: unknown }[] {
  return names.flatMap((name) => {
    const value: unknown = Reflect.get(resource, name)
    if (value === undefined) return []
    return Array.isArray(value) ? value.map((item: unknown, at) => ({ path: `${name}[${at}]`, value: item })) : [{ path: name, value }]
  })
}

/** A dose that is told in words alone cannot be parted from them: such a record has one label. */
function isSeparable(resource: Resource): boolean {
  return Object.entries(resource).every(([key, value]) => {
    if (!dosage.test(key)) return true
    const doses: readonly unknown[] = Array.isArray(value) ? value : [value]
    return doses.every((dose) => isRecord(dose) && (!('text' in dose) || 'doseAndRate' in dose || 'timing' in dose))
  })
}
