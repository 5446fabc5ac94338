/** Builders of KR Core 2.0.0 shaped resources, as this EMR writes them. Guide: http://www.hl7korea.or.kr/fhir/krcore */
import { patientNumberSystem, system } from '../../../fhir-profiles/codes.ts'
import type {
  AllergyIntolerance,
  CodeableConcept,
  Condition,
  DiagnosticReport,
  Encounter,
  Immunization,
  MedicationRequest,
  Meta,
  Observation,
  Organization,
  Patient,
  Practitioner,
  PractitionerRole,
  Procedure,
  Reference,
} from '../../../fhir-profiles/r4.ts'
import { type SandboxPerson, patientNumber, sandboxInstitutions } from '../people.ts'
import type { Allergy, Department, Diagnosis, Laboratory, Prescription, Surgery, Vaccination, Visit } from './chart-shape.ts'

/** Where and when a resource was written. */
export interface Scene {
  readonly person: SandboxPerson
  readonly encounter: string
  readonly department: Department
  readonly start: string
  readonly end: string | undefined
}

export function profiled(name: string): Meta {
  return { profile: [`http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-${name}`] }
}

export function patientId(person: SandboxPerson): string {
  return `pt-${1000 + person.number}`
}

export function patient(person: SandboxPerson): Patient {
  return {
    resourceType: 'Patient',
    id: patientId(person),
    meta: profiled('patient'),
    identifier: [{ system: patientNumberSystem(sandboxInstitutions.tertiary.number), value: patientNumber(person, 'tertiary') }],
    name: [{ text: person.name }],
    telecom: [{ system: 'phone', value: person.phone, use: 'mobile' }],
    gender: person.gender,
    birthDate: person.birthDate,
    address: [{ text: person.address, postalCode: person.postalCode, country: 'KR' }],
    managingOrganization: hospital(),
  }
}

export function encounter({ person, encounter, department, start, end }: Scene, visit: Pick<Visit, 'class'>): Encounter {
  const insurance = {
    coding: [{ system: system.insuranceType, code: person.payer, display: person.payer === '4' ? '건강보험' : '의료급여' }],
  }
  return {
    resourceType: 'Encounter',
    id: encounter,
    meta: profiled('encounter'),
    extension: [
      { url: 'http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-insuranceTypes', valueCodeableConcept: insurance },
    ],
    status: end === undefined ? 'in-progress' : 'finished',
    class: { system: system.encounterClass, code: visit.class },
    serviceType: departmentConcept(department),
    subject: subject(person),
    participant: [{ individual: doctor(department) }],
    period: end === undefined ? { start } : { start, end },
    serviceProvider: hospital(),
  }
}

export function condition(scene: Scene, id: string, diagnosis: Diagnosis): Condition {
  return {
    resourceType: 'Condition',
    id,
    meta: profiled('condition-encounter-diagnosis'),
    clinicalStatus: { coding: [{ system: system.conditionClinical, code: diagnosis.status ?? 'active' }] },
    category: [{ coding: [{ system: system.conditionCategoryKr, code: '진단' }] }],
    code: { coding: [{ system: system.kcd8, code: diagnosis.kcd, display: diagnosis.text }], text: diagnosis.text },
    subject: subject(scene.person),
    encounter: { reference: `Encounter/${scene.encounter}` },
    recordedDate: scene.start,
    recorder: role(scene.department),
  }
}

export function medicationRequest(scene: Scene, id: string, drug: Prescription): MedicationRequest {
  const ingredient = { coding: [{ system: system.atc, code: drug.atc, display: drug.ingredient }] }
  const medication: CodeableConcept = {
    extension: [
      { url: 'http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-medicationIngredient', valueCodeableConcept: ingredient },
    ],
    coding: [
      { system: system.ediMedication, code: drug.edi, display: drug.product },
      { system: system.atc, code: drug.atc, display: drug.ingredient },
    ],
    text: drug.product,
  }
  return {
    resourceType: 'MedicationRequest',
    id,
    meta: profiled('medicationrequest'),
    status: scene.end === undefined || drug.days >= 90 ? 'active' : 'completed',
    intent: 'order',
    medicationCodeableConcept: medication,
    subject: subject(scene.person),
    encounter: { reference: `Encounter/${scene.encounter}` },
    authoredOn: scene.start,
    requester: department(scene.department),
    dosageInstruction: [
      {
        text: drug.dosage,
        timing: { repeat: { frequency: drug.perDay, period: 1, periodUnit: 'd' } },
        doseAndRate: [{ doseQuantity: { value: drug.dose, unit: drug.unit } }],
      },
    ],
    dispenseRequest: { expectedSupplyDuration: { value: drug.days, unit: '일', system: system.ucum, code: 'd' } },
  }
}

export function laboratory(scene: Scene, id: string, lab: Laboratory): Observation {
  const quantity = (value: number) => ({ value, unit: lab.unit, system: system.ucum, code: lab.unit })
  const low = lab.low === undefined ? {} : { low: quantity(lab.low) }
  const high = lab.high === undefined ? {} : { high: quantity(lab.high) }
  return {
    resourceType: 'Observation',
    id,
    meta: profiled('observation-laboratory-result'),
    status: 'final',
    category: [{ coding: [{ system: system.observationCategory, code: 'laboratory' }] }],
    code: { coding: [{ system: system.loinc, code: lab.loinc, display: lab.text }], text: lab.text },
    subject: subject(scene.person),
    encounter: { reference: `Encounter/${scene.encounter}` },
    effectiveDateTime: scene.start,
    issued: scene.start,
    performer: [department(scene.department)],
    valueQuantity: quantity(lab.value),
    referenceRange: [{ ...low, ...high }],
  }
}

export function laboratoryReport(scene: Scene, id: string, results: readonly string[]): DiagnosticReport {
  return {
    resourceType: 'DiagnosticReport',
    id,
    meta: profiled('diagnosticreport-laboratory-results'),
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB' }] }],
    code: { coding: [{ system: system.loinc, code: '11502-2', display: 'Laboratory report' }], text: '검체검사 결과' },
    subject: subject(scene.person),
    encounter: { reference: `Encounter/${scene.encounter}` },
    effectiveDateTime: scene.start,
    issued: scene.start,
    performer: [department(scene.department)],
    result: results.map((result) => ({ reference: `Observation/${result}` })),
  }
}

export function allergy(person: SandboxPerson, id: string, { atc, text, category, reaction, onset }: Allergy): AllergyIntolerance {
  return {
    resourceType: 'AllergyIntolerance',
    id,
    meta: profiled('allergyintolerance'),
    clinicalStatus: { coding: [{ system: system.allergyClinical, code: 'active' }] },
    verificationStatus: { coding: [{ system: system.allergyVerification, code: 'confirmed' }] },
    category: [category],
    code: atc === undefined ? { text } : { coding: [{ system: system.atc, code: atc, display: text }], text },
    patient: subject(person),
    onsetDateTime: onset,
    reaction: [{ manifestation: [{ text: reaction }] }],
  }
}

export function procedure(scene: Scene, id: string, surgery: Surgery): Procedure {
  const text = { 1: '수술', 2: '처치' }[surgery.category]
  return {
    resourceType: 'Procedure',
    id,
    meta: profiled('procedure'),
    status: 'completed',
    category: {
      coding: [
        {
          system: 'http://www.hl7korea.or.kr/fhir/krcore/CodeSystem/krcore-procedure-category-types',
          code: String(surgery.category),
          display: text,
        },
      ],
    },
    code: { coding: [{ system: system.snomed, code: surgery.snomed, display: surgery.display }], text: surgery.text },
    subject: subject(scene.person),
    encounter: { reference: `Encounter/${scene.encounter}` },
    performedDateTime: scene.start,
    performer: [{ actor: department(scene.department) }],
  }
}

export function immunization(scene: Scene, id: string, { code, text }: Vaccination): Immunization {
  const vaccine = { system: 'http://www.hl7korea.or.kr/fhir/krcore/CodeSystem/krcore-vcnt-types', code, display: text }
  return {
    resourceType: 'Immunization',
    id,
    meta: profiled('immunization'),
    status: 'completed',
    vaccineCode: { coding: [vaccine], text },
    patient: subject(scene.person),
    encounter: { reference: `Encounter/${scene.encounter}` },
    occurrenceDateTime: scene.start,
    performer: [{ actor: department(scene.department) }],
    protocolApplied: [{ doseNumberPositiveInt: 1 }],
  }
}

export function hospital(): Reference<Organization> {
  return { reference: 'Organization/nuri', display: sandboxInstitutions.tertiary.name }
}

function subject(person: SandboxPerson): Reference<Patient> {
  return { reference: `Patient/${patientId(person)}` }
}

export function departmentConcept({ code, name }: Department): CodeableConcept {
  return { coding: [{ system: system.department, code, display: name }], text: name }
}

/** The department as an Organization, named by the national code as well, so that it is known without asking for the Organization. */
function department({ code, name }: Department): Reference<Organization> {
  return { reference: `Organization/dept-${code}`, identifier: { system: system.department, value: code }, display: name }
}

function doctor({ code, doctor }: Department): Reference<Practitioner> {
  return { reference: `Practitioner/dr-${code}`, display: doctor }
}

/** The doctor in the role of the department; the national code names it, because a condition has no place for a department. */
function role({ code, doctor, name }: Department): Reference<PractitionerRole> {
  return {
    reference: `PractitionerRole/role-${code}`,
    identifier: { system: system.department, value: code },
    display: `${doctor} (${name})`,
  }
}
