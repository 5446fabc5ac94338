/** Which of the resources an EMR sends may pass as an answer to the question that was asked. Pure. */
import type { Resource } from '../../fhir-profiles/r4.ts'
import type { Gap } from '../contract.ts'

/** The types asked for a whole record, and the element of each that names the patient. */
export const patientElement = {
  AllergyIntolerance: 'patient',
  Condition: 'subject',
  MedicationRequest: 'subject',
  MedicationStatement: 'subject',
  Observation: 'subject',
  DiagnosticReport: 'subject',
  Procedure: 'subject',
  Immunization: 'patient',
  Encounter: 'subject',
  DocumentReference: 'subject',
} as const

export type ClinicalType = keyof typeof patientElement

export const clinicalTypes: readonly ClinicalType[] = Object.keys(patientElement).filter(isClinicalType)

export function isClinicalType(type: string): type is ClinicalType {
  return Object.hasOwn(patientElement, type)
}

/** Spec: http://hl7.org/fhir/R4/datatypes.html#id. Departs: `.` and `..` are refused, because in a path they mean another resource. */
export function isFhirId(id: string): boolean {
  return /^[A-Za-z0-9\-.]{1,64}$/.test(id) && !/^\.{1,2}$/.test(id)
}

/** true, or the Gap to report instead of the resource */
export type Verdict = true | Gap

export interface Expectation {
  readonly type: string
  readonly baseUrl: string
  /** the only id that answers the question */
  readonly id?: string
  /** the local id of the only patient whose record answers the question */
  readonly patientId?: string
  /** anything else the question asked for; a resource that fails it was not asked for */
  readonly asked?: (resource: Resource) => boolean
}

/** Invariant: a resource passes only if it says itself that it is of the type and the patient asked for. */
export function admit(resource: unknown, expected: Expectation): Verdict {
  if (!isResource(resource)) return gap('unmappable', expected.type, 'an entry of the answer is not a resource')
  if (resource.resourceType !== expected.type)
    return gap('not-permitted-by-source', expected.type, 'the EMR answered another type than asked')
  if (typeof resource.id !== 'string' || !isFhirId(resource.id))
    return gap('unmappable', `${expected.type}.id`, 'the resource has no usable id')
  if (expected.id !== undefined && resource.id !== expected.id) return anotherPatient(expected.type)
  if (expected.patientId !== undefined && !isOfPatient(resource, expected.patientId, expected.baseUrl)) return anotherPatient(expected.type)
  if (expected.asked?.(resource) === false)
    return gap('not-permitted-by-source', expected.type, 'the EMR answered something else than was asked')
  return true
}

function isOfPatient(resource: Resource, patientId: string, baseUrl: string): boolean {
  if (!isClinicalType(resource.resourceType)) return false
  return refersTo(Reflect.get(resource, patientElement[resource.resourceType]), patientId, baseUrl)
}

/** A relative reference, or one under the EMR's own base; a version suffix makes no difference. */
export function refersTo(reference: unknown, patientId: string, baseUrl: string): boolean {
  const text = typeof reference === 'object' && reference !== null && 'reference' in reference ? reference.reference : undefined
  if (typeof text !== 'string') return false
  const local = text.startsWith(`${baseUrl}/`) ? text.slice(baseUrl.length + 1) : text
  return local.replace(/\/_history\/[^/]+$/, '') === `Patient/${patientId}`
}

function anotherPatient(element: string): Gap {
  return gap('not-permitted-by-source', element, 'the EMR answered another patient or record than asked')
}

function gap(kind: Gap['gap'], element: string, reason: string): Gap {
  return { gap: kind, element, reason }
}

/** Only the outermost shape is known of what an EMR sends; whoever uses more of it checks more of it. */
export function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && 'resourceType' in value && typeof value.resourceType === 'string'
}

export function areObjects(value: unknown): value is readonly object[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null))
}
