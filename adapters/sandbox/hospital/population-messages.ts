/** The generated people as this hospital knows them, and the messages that tell of them: ADT for each visit, ORU for results and readings. */
import { patientNumber } from '../people.ts'
import type { Allergy, Document, Patient, Result as Measured, Visit, Vitals } from '../population/care.ts'
import { koreanDay, population } from '../population/population.ts'
import { limitOf, panels } from '../population/tests.ts'
import type { Chart } from './chart.ts'
import { admissionMessage, resultMessage, type Result } from './messages.ts'
import { queue } from './outbox.ts'

/** by national department code: name and licence number, invented */
const doctors: Readonly<Record<string, readonly [name: string, licence: string]>> = {
  '01': ['한지안', '40011'],
  '03': ['임하윤', '40031'],
  '04': ['주성재', '40041'],
  '05': ['노시현', '40021'],
  '11': ['유시우', '40051'],
  '24': ['강도윤', '40061'],
}

const kinds = { outpatient: 'O', inpatient: 'I', emergency: 'E' } as const
/** HL7 tables 0127 and 0128 */
const allergyKinds = { medication: 'DA', food: 'FA', environment: 'EA' } as const
const severities = { mild: 'MI', moderate: 'MO', severe: 'SV' } as const

/** LOINC document types and the section of HL7 table 0074 */
const documentTypes: Readonly<Record<Document['kind'], readonly [loinc: string, section: string]>> = {
  imaging: ['18748-4', 'RAD'],
  operation: ['11504-8', 'OTH'],
  discharge: ['18842-5', 'OTH'],
  pathology: ['11526-1', 'SP'],
  genetic: ['51969-4', 'GE'],
  consult: ['11488-4', 'OTH'],
}

/** Once: a chart that has the first of them is left alone. Queues by the hundreds; the outbox sends one message at a time. */
export function seedPopulation(chart: Chart, now: Date): void {
  const patients = population(koreanDay(now)).filter(({ at }) => at.includes('hospital'))
  const [first] = patients
  if (first === undefined || chart.first('select number from patient where number = ?', patientNumber(first, 'hospital')) !== undefined)
    return
  chart.together(() => {
    for (const person of patients) addPatient(chart, person)
    const visits = patients.flatMap((person) =>
      person.visits.filter(({ place }) => place === 'hospital').map((visit) => ({ person, visit })),
    )
    const inOrder = visits.sort((a, b) =>
      a.visit.start < b.visit.start ? -1 : a.visit.start > b.visit.start ? 1 : a.person.number - b.person.number,
    )
    for (const { person, visit } of inOrder) tell(chart, person, visit, now)
  })
}

function addPatient(chart: Chart, person: Patient): void {
  const { name, gender, birthDate, phone, address, postalCode, payer, guardian, allergies } = person
  const number = patientNumber(person, 'hospital')
  chart.change('insert into patient values (?, ?, ?, ?, ?, ?, ?, ?)', number, name, gender, birthDate, phone, address, postalCode, payer)
  if (guardian !== undefined) {
    const relation = guardian.relation === '모' ? 'MTH' : 'FTH'
    chart.change('insert into guardian values (?, ?, ?, ?)', number, guardian.name, relation, guardian.phone)
  }
  for (const allergy of allergies.filter(({ knownAt }) => knownAt.includes('hospital'))) {
    const [code, list] = codeOf(allergy)
    const { category, name: substance, severity, reaction } = allergy
    const [kind, degree] = [allergyKinds[category], severities[severity]]
    chart.change('insert into allergy values (?, ?, ?, ?, ?, ?, ?)', number, kind, code, list, substance, degree, reaction)
  }
}

function codeOf({ atc, snomed, local }: Allergy): readonly [code: string, list: string] {
  if (atc !== undefined) return [atc, 'ATC']
  return snomed === undefined ? [local, 'L'] : [snomed, 'SCT']
}

function tell(chart: Chart, person: Patient, visit: Visit, now: Date): void {
  const { department, kind, start, end, diagnoses, vitals } = visit
  const number = `V${digits(start).slice(2, 8)}-${department}${person.number}`
  const [doctor, licence] = doctors[department] ?? ['', '']
  const patient = patientNumber(person, 'hospital')
  chart.change(
    'insert into visit values (?, ?, ?, ?, ?, ?, ?, ?)',
    number,
    patient,
    department,
    kinds[kind],
    digits(start),
    digits(end),
    doctor,
    licence,
  )
  for (const { kcd, name } of diagnoses) chart.change('insert into diagnosis values (?, ?, ?)', number, kcd, name)
  queue(chart, 'HIS', 'ADT^A04', (id) => admissionMessage(chart, number, { id, event: 'A04', now, measures: measuresOf(vitals) }))
  for (const [at, order] of ordersOf(person, visit).entries()) {
    const numbered = { ...order, order: `L${number.slice(1)}-${at + 1}`, now, comment: '' }
    queue(chart, 'LIS', 'ORU^R01', (id) => resultMessage(chart, number, { ...numbered, id }))
  }
}

function ordersOf({ gender }: Patient, visit: Visit) {
  const [takenAt, reportedAt] = [digits(visit.start), `${digits(visit.end)}00+0900`]
  const measured = visit.panels.map(({ panel, results }) => {
    const { loinc: code, name, section } = panels[panel]
    return { panel: { code, name, section }, results: results.map((result) => resultOf(result, gender)), takenAt, reportedAt }
  })
  const written = visit.documents.map(({ kind, title, text }) => {
    const [code, section] = documentTypes[kind]
    return { panel: { code, name: title, section }, results: [{ ...blank, code, name: title, value: text }], takenAt, reportedAt }
  })
  return [...measured, ...written]
}

const blank = { unit: '', range: '', flag: '' } as const

function resultOf({ test, value }: Measured, sex: Patient['gender']): Result {
  const [low, high] = [limitOf(test.low, sex), limitOf(test.high, sex)]
  const range =
    low !== undefined && high !== undefined ? `${low}-${high}` : high !== undefined ? `<=${high}` : low !== undefined ? `>=${low}` : ''
  const number = Number(value.replace('<', ''))
  const flag =
    Number.isNaN(number) || range === '' ? '' : high !== undefined && number > high ? 'H' : low !== undefined && number < low ? 'L' : 'N'
  return { code: test.loinc, name: test.name, value, unit: test.unit, range, flag }
}

function measuresOf({ pressure, heightCm, weightKg, celsius }: Vitals): readonly Result[] {
  const all: readonly (readonly [code: string, name: string, value: number | undefined, unit: string])[] = [
    ['8480-6', '수축기 혈압', pressure?.[0], 'mm[Hg]'],
    ['8462-4', '이완기 혈압', pressure?.[1], 'mm[Hg]'],
    ['8302-2', '신장', heightCm, 'cm'],
    ['29463-7', '체중', weightKg, 'kg'],
    ['8310-5', '체온', celsius, 'Cel'],
  ]
  return all.flatMap(([code, name, value, unit]) => (value === undefined ? [] : [{ ...blank, code, name, value: String(value), unit }]))
}

function digits(time: string): string {
  return time.replaceAll(/\D/gu, '')
}
