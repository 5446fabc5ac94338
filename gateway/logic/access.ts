/**
 * The role × type table of the contract as data: what is not written here is refused, before any data is looked at.
 * Which instance of an allowed type somebody sees is for relation and consent to say, never for this table.
 */

export type Role = 'system' | 'doctor' | 'nurse' | 'coordinator' | 'patient' | 'proxy' | 'privacy-officer' | 'auditor' | 'integrator'

export const roles: readonly Role[] = [
  'system',
  'doctor',
  'nurse',
  'coordinator',
  'patient',
  'proxy',
  'privacy-officer',
  'auditor',
  'integrator',
]

/** directory data and knowledge (definitions, catalogues, code lists) are outside the consent algebra; governance is what people decide and what was done */
export type ResourceClass = 'clinical' | 'workflow' | 'governance' | 'identity' | 'directory' | 'knowledge'

/**
 * `refer` and `answer`: an entry of a referral Bundle, or of a Bundle that answers one. Clinicians write in their own EMR; through
 * the network they write only as part of these two acts.
 */
export type Interaction =
  | 'read'
  | 'vread'
  | 'history-instance'
  | 'history-type'
  | 'search-type'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'refer'
  | 'answer'

/** SMART letters (http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html), and F and A for the two acts of a referral. */
export const letterOf = {
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  'history-type': 's',
  'search-type': 's',
  create: 'c',
  update: 'u',
  patch: 'u',
  delete: 'd',
  refer: 'F',
  answer: 'A',
} as const satisfies Record<Interaction, string>

/** R4 types by class. A type that is not here is refused to everybody: fail closed, also for types of a later release. */
const typesOf: Readonly<Record<ResourceClass, string>> = {
  clinical: `Account AdverseEvent AllergyIntolerance Basic Binary BiologicallyDerivedProduct BodyStructure Bundle CarePlan CareTeam
    ChargeItem Claim ClaimResponse ClinicalImpression Composition Condition Coverage CoverageEligibilityRequest
    CoverageEligibilityResponse DetectedIssue Device DeviceMetric DeviceUseStatement DiagnosticReport DocumentManifest
    DocumentReference Encounter EnrollmentRequest EnrollmentResponse EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory Flag Goal
    Group GuidanceResponse ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation Invoice Linkage List
    MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationRequest MedicationStatement
    MolecularSequence Observation PaymentNotice PaymentReconciliation Procedure Provenance QuestionnaireResponse ResearchSubject
    RiskAssessment Specimen Substance SupplyDelivery VerificationResult VisionPrescription`,
  workflow: `Appointment AppointmentResponse Communication CommunicationRequest DeviceRequest MessageHeader NutritionOrder RequestGroup
    Schedule ServiceRequest Slot SupplyRequest Task`,
  governance: 'AuditEvent Consent Contract',
  identity: 'Patient Person RelatedPerson',
  // Neither results of an operation, nor Subscription, which acts by being there, nor the lists and definitions that the terminology service publishes.
  knowledge: `ActivityDefinition CapabilityStatement CatalogEntry ChargeItemDefinition CompartmentDefinition
    DeviceDefinition EffectEvidenceSynthesis EventDefinition Evidence EvidenceVariable ExampleScenario GraphDefinition
    ImplementationGuide InsurancePlan Library Measure MedicationKnowledge MedicinalProduct MedicinalProductAuthorization
    MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction
    MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect
    MessageDefinition NamingSystem ObservationDefinition OperationDefinition PlanDefinition Questionnaire ResearchDefinition
    ResearchElementDefinition ResearchStudy RiskEvidenceSynthesis SearchParameter SpecimenDefinition StructureMap
    SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial
    SubstanceSpecification TerminologyCapabilities TestReport TestScript`,
  directory: 'Endpoint HealthcareService Location Organization OrganizationAffiliation Practitioner PractitionerRole',
}

const classes: readonly ResourceClass[] = ['clinical', 'workflow', 'governance', 'identity', 'directory', 'knowledge']

const classOfType: ReadonlyMap<string, ResourceClass> = new Map(
  classes.flatMap((name) => typesOf[name].split(/\s+/).map((type) => [type, name] as const)),
)

/** Every type the network handles, in alphabetical order. */
export const knownTypes: readonly string[] = [...classOfType.keys()].sort()

/** undefined = a type the network does not handle */
export function classOf(type: string): ResourceClass | undefined {
  return classOfType.get(type)
}

/** Letters per class; a type named in `types` is judged by its own row alone. */
interface Grant {
  readonly classes: Readonly<Partial<Record<ResourceClass, string>>>
  readonly types: Readonly<Record<string, string>>
}

/** A directed consent travels inside the referral it belongs to; a clinician reads one only as a party to it (judged per instance). */
const directedConsent = { Consent: 'rsF' }
const notGoverning = { AuditEvent: '', Contract: '' }

/** A Binary is judged by what points to it, one by one: people read it where they found it named, and never search. */
const clinician: Grant = {
  classes: { clinical: 'rs', workflow: 'rs', identity: 'rs', directory: 'rs' },
  types: { Task: 'rsu', Binary: 'r', ...notGoverning },
}

const ownRecord: Grant = {
  classes: { clinical: 'rs', workflow: 'rs', identity: 'rs', directory: 'rs' },
  types: { Consent: 'crsu', AuditEvent: 'rs', Contract: '', Binary: 'r' },
}

/** What a referral is made of on a coordinator's desk. */
const referralPapers = {
  Task: 'rsuFA',
  ServiceRequest: 'rsFA',
  DocumentReference: 'rsFA',
  Composition: 'rsFA',
  Bundle: 'rsFA',
  Binary: 'rFA',
}

const grants: Readonly<Record<Role, Grant>> = {
  // Its own partition: what it PUT it reads back. It governs nothing: consents come from people and officers, or inside a referral.
  system: {
    classes: { clinical: 'crudsFA', workflow: 'crudsFA', identity: 'crudsFA', directory: 'crudsFA', knowledge: 'cruds' },
    types: { Consent: 'F', ...notGoverning },
  },
  doctor: {
    classes: { clinical: 'rsFA', workflow: 'rsFA', identity: 'rsFA', directory: 'rs' },
    types: { Task: 'rsuFA', Binary: 'rFA', ...directedConsent, ...notGoverning },
  },
  nurse: { classes: clinician.classes, types: { ...clinician.types, Task: 'rsuA', DocumentReference: 'rsA', Communication: 'rsA' } },
  coordinator: { classes: { directory: 'rs' }, types: { ...referralPapers, Patient: 'FA', Consent: '' } },
  patient: ownRecord,
  proxy: ownRecord,
  // Of Tasks the recalls (who was told of a withdrawal, who has acknowledged) and the reviews of consents; of Provenance that one consent
  // replaced another; of relations those that the office verified: who acts for whom, until when (judged per instance).
  'privacy-officer': {
    classes: { directory: 'rs' },
    types: { Consent: 'crsu', AuditEvent: 'rs', Task: 'rsu', Provenance: 'rs', RelatedPerson: 'crsu' },
  },
  auditor: { classes: {}, types: { AuditEvent: 'rs' } },
  integrator: { classes: {}, types: {} },
}

/** From the table alone: no data, no clock. `false` is a 403, or for a single record that must not be told from a missing one, a 404. */
export function mayTouch(role: Role, type: string, interaction: Interaction): boolean {
  return lettersFor(role, type).includes(letterOf[interaction])
}

/** The letters of `c r u d s F A` a role has on one type; empty for an unknown type. */
export function lettersFor(role: Role, type: string): string {
  const typeClass = classOf(type)
  if (typeClass === undefined) return ''
  const grant = grants[role]
  return (Object.hasOwn(grant.types, type) ? grant.types[type] : grant.classes[typeClass]) ?? ''
}

export type Operation =
  | 'summary'
  | 'everything'
  | 'export'
  | 'compartment'
  | 'match'
  | 'validate'
  | 'explain'
  | 'consent-consult'
  | 'available-actions'
  | 'resend'
  | 'process-message'
  | 'inclusion-proof'
  | 'quarantine'
  | 'subscription'
  | 'terminology'
  | 'history-system'

const operations: Readonly<Record<Operation, readonly Role[]>> = {
  summary: ['doctor', 'nurse', 'patient', 'proxy'],
  everything: ['system', 'doctor', 'nurse', 'patient', 'proxy'],
  // In bulk: an institution's system its own partition, a doctor what the own institution's patients' consents let be disclosed.
  export: ['system', 'doctor'],
  // search over every type in one person's compartment
  compartment: ['system', 'doctor', 'nurse', 'patient', 'proxy'],
  // Never patients: an answer would confirm that a person is known.
  match: ['system', 'doctor', 'nurse'],
  validate: ['system', 'doctor', 'nurse', 'coordinator', 'patient', 'proxy', 'privacy-officer', 'integrator'],
  explain: ['privacy-officer', 'patient', 'proxy'],
  // A system asks for its own institution as actor; the officer for anybody.
  'consent-consult': ['system', 'privacy-officer'],
  'available-actions': ['system', 'doctor', 'nurse', 'coordinator'],
  resend: ['system', 'doctor', 'coordinator'],
  'process-message': ['system', 'doctor'],
  // whoever may read AuditEvents
  'inclusion-proof': ['patient', 'proxy', 'privacy-officer', 'auditor'],
  quarantine: ['integrator'],
  // Whose events: referrals of the own institution; for the officer consents.
  subscription: ['system', 'coordinator', 'privacy-officer'],
  // published lists, the same for everybody
  terminology: roles,
  // Of people's views each type has its own: they ask by type.
  'history-system': ['system'],
}

export function mayRun(role: Role, operation: Operation): boolean {
  return operations[operation].includes(role)
}
