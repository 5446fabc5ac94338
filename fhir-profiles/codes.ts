/** Every system and code we act on, named once. Korean systems: KR Core 2.0.0, national exchange OIDs. */

const korea = 'http://www.hl7korea.or.kr'
const ours = 'https://care-network.kr/fhir'

export const system = {
  /** 요양기관기호, eight digits */
  institutionNumber: `${korea}/Identifier/hira-krnpi`,
  doctorLicence: `${korea}/Identifier/mohw-md-license-id`,
  department: `${korea}/CodeSystem/hira-medical-department`,
  /** the same codes, as senders that follow the draft of KR Core still name them */
  departmentDraft: 'https://hira.or.kr/CodeSystem/medical-subject',
  institutionType: `${korea}/CodeSystem/hira-healthcare-organization-types`,
  insuranceType: `${korea}/CodeSystem/hira-insurance-types`,
  kcd8: `${korea}/CodeSystem/kostat-kcd-8`,
  ediMedication: `${korea}/CodeSystem/hira-edi-medication`,
  ediProcedure: `${korea}/CodeSystem/hira-edi-procedure`,
  kdCode: `${korea}/CodeSystem/kpis-kdcode`,
  conditionCategoryKr: `${korea}/fhir/krcore/CodeSystem/krcore-condition-category-types`,
  atc: 'http://www.whocc.no/atc',
  loinc: 'http://loinc.org',
  snomed: 'http://snomed.info/sct',
  ucum: 'http://unitsofmeasure.org',
  actReason: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  actCode: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  confidentiality: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  participation: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  roleCode: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode',
  encounterClass: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  dataOperation: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
  consentScope: 'http://terminology.hl7.org/CodeSystem/consentscope',
  consentAction: 'http://terminology.hl7.org/CodeSystem/consentaction',
  resourceTypes: 'http://hl7.org/fhir/resource-types',
  v2IdentifierType: 'http://terminology.hl7.org/CodeSystem/v2-0203',
  observationCategory: 'http://terminology.hl7.org/CodeSystem/observation-category',
  conditionCategory: 'http://terminology.hl7.org/CodeSystem/condition-category',
  conditionClinical: 'http://terminology.hl7.org/CodeSystem/condition-clinical',
  allergyClinical: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical',
  allergyVerification: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification',
  listEmptyReason: 'http://terminology.hl7.org/CodeSystem/list-empty-reason',
  /** HIRA referral and return reasons; the state publishes no URI for these lists, so the names are ours */
  referralReason: `${ours}/CodeSystem/hira-referral-reason`,
  returnReason: `${ours}/CodeSystem/hira-return-reason`,
  taskCode: `${ours}/CodeSystem/task-code`,
  taskOutput: `${ours}/CodeSystem/task-output`,
  taskInput: `${ours}/CodeSystem/task-input`,
  businessStatus: `${ours}/CodeSystem/business-status`,
  statusReason: `${ours}/CodeSystem/status-reason`,
  problem: `${ours}/CodeSystem/problem`,
  gap: `${ours}/CodeSystem/gap`,
  /** grounds on which the tiers of health care do not bind; codes in `gateway/logic/route-rules.ts` */
  tierExemption: `${ours}/CodeSystem/tier-exemption`,
  /** which rule set a due time of a referral */
  clock: `${ours}/CodeSystem/clock`,
  event: `${ours}/CodeSystem/event`,
  breakGlassGround: `${ours}/CodeSystem/break-glass-ground`,
  restfulInteraction: 'http://hl7.org/fhir/restful-interaction',
  /** what happened, where no standard has a code for it: summary, delivery, break-glass … */
  auditEvent: `${ours}/CodeSystem/audit-event`,
  /** the id of one delivery; a receiver keeps one row per value and quotes it in its answer */
  parcel: `${ours}/Identifier/parcel`,
  /** who signs in, by the name the issuer of their tokens gives them */
  subject: `${ours}/Identifier/subject`,
} as const

export const profile = {
  referralTask: `${ours}/StructureDefinition/care-referral-task`,
  recallTask: `${ours}/StructureDefinition/care-recall-task`,
  /** what the privacy officer has to look at in a consent */
  consentReviewTask: `${ours}/StructureDefinition/care-consent-review-task`,
  /** that one consent took the place of another */
  supersession: `${ours}/StructureDefinition/consent-supersession`,
} as const

export const extension = {
  /** on a Consent: the consent it takes the place of */
  replaces: `${ours}/StructureDefinition/consent-replaces`,
  /** on a Coding, Identifier or Quantity that was corrected: `system`, `code` or `value` as its sender wrote them */
  asSent: `${ours}/StructureDefinition/as-sent`,
  /** on the Provenance of a corrected record: `path` and `rule` of one correction */
  correction: `${ours}/StructureDefinition/correction`,
} as const

export const canonicalBase = ours

/** Patient number system of one institution, by its 요양기관기호. */
export function patientNumberSystem(institutionNumber: string): string {
  return `urn:oid:1.2.410.100110.10.${institutionNumber}`
}

/** Logical document types we send and receive (LOINC). */
export const documentType = {
  referralNote: { system: system.loinc, code: '57133-1', display: 'Referral note' },
  consultNote: { system: system.loinc, code: '11488-4', display: 'Consult note' },
  summary: { system: system.loinc, code: '60591-5', display: 'Patient summary Document' },
} as const
