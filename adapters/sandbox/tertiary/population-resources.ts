/** The generated people as KR Core resources, in the words of this EMR. Pure. */
import { documentType, system } from '../../../fhir-profiles/codes.ts'
import type { Coding, DocumentReference, Observation, Patient as PatientResource, Resource } from '../../../fhir-profiles/r4.ts'
import { compact } from '../../../fhir-profiles/r4.ts'
import { daysBetween } from '../population/calendar.ts'
import type { Document, Patient, Result, Visit } from '../population/care.ts'
import type { Prescription } from '../population/drugs.ts'
import { population } from '../population/population.ts'
import { limitOf } from '../population/tests.ts'
import type { Department } from './chart-shape.ts'
import { departments } from './charts.ts'
import * as krCore from './kr-core.ts'
import type { Scene } from './kr-core.ts'

/** departments that only the generated people need */
export const moreDepartments: readonly Department[] = [
  { code: '03', name: '정신건강의학과', doctor: '윤서하', licence: '990103' },
  { code: '04', name: '외과', doctor: '차현우', licence: '990104' },
]

const known: ReadonlyMap<string, Department> = new Map(
  [...Object.values(departments), ...moreDepartments].map((department) => [department.code, department]),
)

const classes = { outpatient: 'AMB', inpatient: 'IMP', emergency: 'EMER' } as const

/** Everything this EMR has of them. `asOf` is the day their year of care ends. */
export function populationResources(asOf: string): readonly Resource[] {
  return population(asOf)
    .filter(({ at }) => at.includes('tertiary'))
    .flatMap((person) => [
      patientOf(person),
      ...allergiesOf(person),
      ...person.visits
        .filter(({ place }) => place === 'tertiary')
        .flatMap((visit, at) => visitResources(person, visit, `${person.number}-${at + 1}`, asOf)),
    ])
}

function patientOf(person: Patient): PatientResource {
  const { guardian } = person
  const resource = krCore.patient(person)
  if (guardian === undefined) return resource
  const relationship = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0131', code: 'N' }], text: guardian.relation }]
  return { ...resource, contact: [{ relationship, name: { text: guardian.name }, telecom: [{ system: 'phone', value: guardian.phone }] }] }
}

function allergiesOf(person: Patient): readonly Resource[] {
  return person.allergies
    .filter(({ knownAt }) => knownAt.includes('tertiary'))
    .map(({ atc, snomed, name, category, reaction, severity, since }, at) => {
      const shape = { text: name, category: category === 'food' ? category : ('medication' as const), reaction, onset: since }
      const resource = krCore.allergy(person, `al-${person.number}-${at + 1}`, atc === undefined ? shape : { ...shape, atc })
      const code = snomed === undefined ? resource.code : { coding: [{ system: system.snomed, code: snomed }], text: name }
      return {
        ...resource,
        category: [category],
        ...(code === undefined ? {} : { code }),
        reaction: [{ manifestation: [{ text: reaction }], severity }],
      }
    })
}

function visitResources(person: Patient, visit: Visit, key: string, asOf: string): readonly Resource[] {
  const department = known.get(visit.department)
  if (department === undefined) throw new Error(`this hospital has no department ${visit.department}`)
  const scene: Scene = { person, encounter: `en-${key}`, department, start: seoul(visit.start), end: seoul(visit.end) }
  const reports = visit.panels.map(({ results }, at) => {
    const observations = results.map((result, index) => laboratory(scene, `ob-${key}-${at + 1}-${index + 1}`, result))
    const report = krCore.laboratoryReport(
      scene,
      `dr-${key}-${at + 1}`,
      observations.map(({ id }) => id ?? ''),
    )
    return [...observations, report]
  })
  return [
    krCore.encounter(scene, { class: classes[visit.kind] }),
    ...visit.diagnoses.map(({ kcd, name, status }, at) => krCore.condition(scene, `co-${key}-${at + 1}`, { kcd, text: name, status })),
    ...visit.prescriptions.map((each, at) => medicationRequest(scene, `mr-${key}-${at + 1}`, each, asOf)),
    ...reports.flat(),
    ...vitalSigns(scene, key, visit),
    ...visit.procedures.map(({ snomed, display, name }, at) =>
      krCore.procedure(scene, `pr-${key}-${at + 1}`, { snomed, display, text: name, category: 2 }),
    ),
    ...visit.documents.map((each, at) => documentReference(scene, `do-${key}-${at + 1}`, each)),
  ]
}

function medicationRequest(scene: Scene, id: string, { drug, dose, timesADay, days }: Prescription, asOf: string): Resource {
  const { edi, atc, ingredient, product, unit, words } = drug
  const dosage = `1일 ${timesADay}회 ${words}`
  const resource = krCore.medicationRequest(scene, id, { edi, atc, ingredient, product, dose, unit, perDay: timesADay, days, dosage })
  return { ...resource, status: days > daysBetween(scene.start.slice(0, 10), asOf) ? 'active' : 'completed' }
}

function laboratory(scene: Scene, id: string, { test, value }: Result): Observation {
  const { loinc, name: text, unit } = test
  const [, comparator, digits] = /^(<)?(\d+(?:\.\d+)?)$/.exec(value) ?? []
  const [low, high] = [limitOf(test.low, scene.person.gender), limitOf(test.high, scene.person.gender)]
  const limits = { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) }
  const measured = krCore.laboratory(scene, id, { loinc, text, value: Number(digits ?? 0), unit, ...limits })
  const { valueQuantity, referenceRange, ...rest } = measured
  const hasRange = low !== undefined || high !== undefined
  return compact<Observation>({
    ...rest,
    valueString: digits === undefined ? value : undefined,
    valueQuantity: digits === undefined ? undefined : comparator === undefined ? valueQuantity : { ...valueQuantity, comparator: '<' },
    referenceRange: hasRange ? referenceRange : undefined,
  })
}

const signs = {
  heightCm: ['ht', '8302-2', '신장', 'cm'],
  weightKg: ['wt', '29463-7', '체중', 'kg'],
  celsius: ['bt', '8310-5', '체온', 'Cel'],
} as const

function vitalSigns(scene: Scene, key: string, { vitals }: Visit): readonly Observation[] {
  const single = (['heightCm', 'weightKg', 'celsius'] as const).flatMap((sign): Observation[] => {
    const [short, loinc, text, unit] = signs[sign]
    const value = vitals[sign]
    return value === undefined
      ? []
      : [{ ...vital(scene, `vs-${key}-${short}`, [loinc, text]), valueQuantity: { value, unit, system: system.ucum, code: unit } }]
  })
  const { pressure } = vitals
  if (pressure === undefined) return single
  const part = (loinc: string, text: string, value: number) => ({
    code: { coding: [{ system: system.loinc, code: loinc, display: text }] },
    valueQuantity: { value, unit: 'mm[Hg]', system: system.ucum, code: 'mm[Hg]' },
  })
  const component = [part('8480-6', '수축기 혈압', pressure[0]), part('8462-4', '이완기 혈압', pressure[1])]
  return [...single, { ...vital(scene, `vs-${key}-bp`, ['85354-9', '혈압']), component }]
}

function vital(scene: Scene, id: string, [loinc, text]: readonly [string, string]): Observation {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    category: [{ coding: [{ system: system.observationCategory, code: 'vital-signs' }] }],
    code: { coding: [{ system: system.loinc, code: loinc, display: text }], text },
    subject: { reference: `Patient/${krCore.patientId(scene.person)}` },
    encounter: { reference: `Encounter/${scene.encounter}` },
    effectiveDateTime: scene.start,
  }
}

const loincDocument = (code: string, display: string): Coding => ({ system: system.loinc, code, display })

const documentTypes: Readonly<Record<Document['kind'], Coding>> = {
  imaging: loincDocument('18748-4', 'Diagnostic imaging study'),
  operation: loincDocument('11504-8', 'Surgical operation note'),
  discharge: loincDocument('18842-5', 'Discharge summary'),
  pathology: loincDocument('11526-1', 'Pathology study'),
  genetic: loincDocument('51969-4', 'Genetic analysis report'),
  consult: documentType.consultNote,
}

function documentReference(scene: Scene, id: string, { kind, title, text }: Document): DocumentReference {
  return {
    resourceType: 'DocumentReference',
    id,
    status: 'current',
    docStatus: 'final',
    type: { coding: [documentTypes[kind]], text: title },
    subject: { reference: `Patient/${krCore.patientId(scene.person)}` },
    date: scene.start,
    author: [
      { reference: `Organization/dept-${scene.department.code}`, identifier: { system: system.department, value: scene.department.code } },
    ],
    custodian: krCore.hospital(),
    context: { encounter: [{ reference: `Encounter/${scene.encounter}` }] },
    content: [
      {
        attachment: { contentType: 'text/plain; charset=utf-8', language: 'ko', title, data: Buffer.from(text, 'utf8').toString('base64') },
      },
    ],
  }
}

function seoul(time: string): string {
  return `${time}:00+09:00`
}
