/**
 * Where in each R4 type the facts stand that decisions read. One row per type, first readable path wins (except authors: all of them).
 * The relevant date of a resource (`date`) is the time the finding, act or statement is about; of an order, when it was written.
 */
export interface FactPaths {
  /** the person the record is about, never a person who only wrote or received it */
  readonly patient?: readonly string[]
  readonly date?: readonly string[]
  /** who made or vouches for it: not who shall carry it out */
  readonly authors?: readonly string[]
  /** where a national department code may stand, as a coding or as the identifier of a reference */
  readonly departments?: readonly string[]
  /** what the record is about: a record that says it in words only is one whose codes are not known */
  readonly concept?: readonly string[]
}

const subject = ['subject']
const patient = ['patient']

export const factPaths: Readonly<Record<string, FactPaths>> = {
  Account: { patient: subject, date: ['servicePeriod'], departments: ['owner'] },
  AdverseEvent: { patient: subject, date: ['date', 'detected', 'recordedDate'], authors: ['recorder'] },
  AllergyIntolerance: { patient, date: ['onset', 'recordedDate'], authors: ['recorder', 'asserter'], concept: ['code'] },
  Appointment: { patient: ['participant.actor'], date: ['start', 'requestedPeriod'], departments: ['specialty', 'serviceType'] },
  AppointmentResponse: { patient: ['actor'], date: ['start'] },
  AuditEvent: { patient: ['entity.what', 'agent.who'], date: ['period', 'recorded'] },
  Basic: { patient: subject, date: ['created'], authors: ['author'] },
  BodyStructure: { patient },
  CarePlan: { patient: subject, date: ['period', 'created'], authors: ['author', 'contributor'] },
  CareTeam: { patient: subject, date: ['period'], authors: ['managingOrganization'], departments: ['managingOrganization'] },
  ChargeItem: { patient: subject, date: ['occurrence', 'enteredDate'], authors: ['enterer'], departments: ['performingOrganization'] },
  Claim: { patient, date: ['billablePeriod', 'created'], authors: ['provider', 'enterer'] },
  ClaimResponse: { patient, date: ['created'], authors: ['insurer'] },
  ClinicalImpression: { patient: subject, date: ['effective', 'date'], authors: ['assessor'] },
  Communication: { patient: subject, date: ['sent', 'received'], authors: ['sender'] },
  CommunicationRequest: { patient: subject, date: ['authoredOn', 'occurrence'], authors: ['requester'] },
  Composition: {
    patient: subject,
    date: ['date'],
    authors: ['author', 'attester.party', 'custodian'],
    departments: ['author', 'custodian'],
    concept: ['type'],
  },
  Condition: { patient: subject, date: ['onset', 'recordedDate'], authors: ['recorder', 'asserter'], concept: ['code'] },
  Consent: { patient, date: ['dateTime'], authors: ['performer', 'organization'] },
  Coverage: { patient: ['beneficiary'], date: ['period'] },
  CoverageEligibilityRequest: { patient, date: ['serviced', 'created'], authors: ['enterer', 'provider'] },
  CoverageEligibilityResponse: { patient, date: ['serviced', 'created'] },
  DetectedIssue: { patient, date: ['identified'], authors: ['author'] },
  Device: { patient },
  DeviceRequest: { patient: subject, date: ['authoredOn', 'occurrence'], authors: ['requester'] },
  DeviceUseStatement: { patient: subject, date: ['timing', 'recordedOn'], authors: ['source'] },
  DiagnosticReport: {
    patient: subject,
    date: ['effective', 'issued'],
    authors: ['performer', 'resultsInterpreter'],
    departments: ['performer'],
    concept: ['code'],
  },
  DocumentManifest: { patient: subject, date: ['created'], authors: ['author'] },
  DocumentReference: {
    patient: subject,
    date: ['context.period', 'date'],
    authors: ['author', 'authenticator', 'custodian'],
    departments: ['context.practiceSetting', 'author', 'custodian'],
    concept: ['type'],
  },
  Encounter: {
    patient: subject,
    date: ['period'],
    authors: ['participant.individual', 'serviceProvider'],
    departments: ['serviceType', 'serviceProvider', 'location.location'],
  },
  EnrollmentRequest: { patient: ['candidate'], date: ['created'] },
  EpisodeOfCare: { patient, date: ['period'], authors: ['careManager', 'managingOrganization'], departments: ['managingOrganization'] },
  ExplanationOfBenefit: { patient, date: ['billablePeriod', 'created'], authors: ['provider', 'enterer'] },
  FamilyMemberHistory: { patient, date: ['date'] },
  Flag: { patient: subject, date: ['period'], authors: ['author'], concept: ['code'] },
  Goal: { patient: subject, date: ['start', 'statusDate'], authors: ['expressedBy'] },
  Group: { patient: ['member.entity'] },
  GuidanceResponse: { patient: subject, date: ['occurrenceDateTime'], authors: ['performer'] },
  HealthcareService: { departments: ['specialty', 'type'] },
  ImagingStudy: { patient: subject, date: ['started'], authors: ['interpreter', 'series.performer.actor'] },
  Immunization: { patient, date: ['occurrence', 'recorded'], authors: ['performer.actor'], concept: ['vaccineCode'] },
  ImmunizationEvaluation: { patient, date: ['date'], authors: ['authority'] },
  ImmunizationRecommendation: { patient, date: ['date'], authors: ['authority'] },
  Invoice: { patient: subject, date: ['date'], authors: ['issuer'] },
  List: { patient: subject, date: ['date'], authors: ['source'] },
  MeasureReport: { patient: subject, date: ['period', 'date'], authors: ['reporter'] },
  Media: { patient: subject, date: ['created', 'issued'], authors: ['operator'] },
  MedicationAdministration: { patient: subject, date: ['effective'], authors: ['performer.actor'], concept: ['medication'] },
  MedicationDispense: { patient: subject, date: ['whenHandedOver', 'whenPrepared'], authors: ['performer.actor'], concept: ['medication'] },
  MedicationRequest: {
    patient: subject,
    date: ['authoredOn'],
    authors: ['requester', 'recorder'],
    departments: ['requester'],
    concept: ['medication'],
  },
  MedicationStatement: { patient: subject, date: ['effective', 'dateAsserted'], authors: ['informationSource'], concept: ['medication'] },
  MolecularSequence: { patient, authors: ['performer'] },
  NutritionOrder: { patient, date: ['dateTime'], authors: ['orderer'] },
  Observation: { patient: subject, date: ['effective', 'issued'], authors: ['performer'], departments: ['performer'], concept: ['code'] },
  Organization: { departments: ['type', 'identifier'] },
  Person: { patient: ['link.target'] },
  PractitionerRole: { departments: ['specialty', 'organization'] },
  Procedure: {
    patient: subject,
    date: ['performed'],
    authors: ['performer.actor', 'recorder', 'asserter'],
    departments: ['performer.actor', 'performer.onBehalfOf'],
    concept: ['code'],
  },
  Provenance: { patient: ['target'], date: ['occurred', 'recorded'], authors: ['agent.who'] },
  QuestionnaireResponse: { patient: subject, date: ['authored'], authors: ['author', 'source'] },
  RelatedPerson: { patient, date: ['period'] },
  RequestGroup: { patient: subject, date: ['authoredOn'], authors: ['author'] },
  ResearchSubject: { patient: ['individual'], date: ['period'] },
  RiskAssessment: { patient: subject, date: ['occurrence'], authors: ['performer'] },
  Schedule: { patient: ['actor'], date: ['planningHorizon'], departments: ['specialty'] },
  ServiceRequest: {
    patient: subject,
    date: ['authoredOn', 'occurrence'],
    authors: ['requester'],
    departments: ['performerType', 'requester'],
    concept: ['code'],
  },
  Specimen: { patient: subject, date: ['collection.collected', 'receivedTime'], authors: ['collection.collector'] },
  SupplyDelivery: { patient, date: ['occurrence'], authors: ['supplier'] },
  SupplyRequest: { patient: ['deliverTo'], date: ['authoredOn', 'occurrence'], authors: ['requester'] },
  Task: { patient: ['for'], date: ['authoredOn', 'executionPeriod'], authors: ['requester'] },
  VisionPrescription: { patient, date: ['dateWritten', 'created'], authors: ['prescriber'] },
}

/** Where a record names the encounter it belongs to; the same few names in every type. */
export const encounterPaths: readonly string[] = ['encounter', 'context', 'context.encounter', 'item.encounter']
