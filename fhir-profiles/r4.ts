/**
 * The FHIR R4 types we exchange. FHIR JSON stays FHIR JSON: there is no wrapper and no second model.
 * Spec: http://hl7.org/fhir/R4/
 */
export type {
  Address,
  AllergyIntolerance,
  Annotation,
  AuditEvent,
  Bundle,
  BundleEntry,
  CapabilityStatement,
  CodeableConcept,
  Coding,
  Composition,
  Condition,
  Consent,
  ConsentProvision,
  ConsentProvisionActor,
  ContactPoint,
  DiagnosticReport,
  DocumentReference,
  Encounter,
  HumanName,
  Identifier,
  Immunization,
  Medication,
  MedicationRequest,
  MedicationStatement,
  MessageHeader,
  Meta,
  Observation,
  OperationOutcome,
  OperationOutcomeIssue,
  Organization,
  Parameters,
  Patient,
  Period,
  Practitioner,
  PractitionerRole,
  Procedure,
  Provenance,
  Quantity,
  Reference,
  RelatedPerson,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes'

/** Drops keys whose value is undefined, so that optional elements can be written in place (`exactOptionalPropertyTypes`). */
export function compact<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  const out: { [K in keyof T]?: T[K] } = {}
  for (const key in value) {
    const element = value[key]
    if (element !== undefined) out[key] = element
  }
  // The result lacks exactly the keys that were undefined, which T allows to be absent.
  return out as T
}
