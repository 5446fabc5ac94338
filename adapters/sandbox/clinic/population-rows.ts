/** The generated people as this clinic keeps them: its own tables, local codes and words for units. */
import { patientNumber } from '../people.ts'
import type { Patient, Visit } from '../population/care.ts'
import { daysBetween } from '../population/calendar.ts'
import { limitOf } from '../population/tests.ts'
import type { ChartRow } from './chart.ts'

type Save = (table: string, row: ChartRow) => number

export interface Writing {
  readonly save: Save
  /** for tables without a change number */
  readonly keep: (table: string, rows: readonly ChartRow[]) => void
}

/** How this clinic writes units; the others it writes as everybody does. */
const localUnits: Readonly<Record<string, string>> = {
  'mg/dL': 'mg/dl',
  'mL/min/{1.73_m2}': 'mL/min/1.73',
  'u[IU]/mL': 'uIU/mL',
  '10*3/uL': '10^3/uL',
  '10*6/uL': '10^6/uL',
  '[IU]/mL': 'IU/mL',
}

const localDepartments: Readonly<Record<string, string>> = { '01': 'IM', '23': 'FM' }
const doctors: Readonly<Record<string, string>> = { IM: '한지우', FM: '민서하' }
const kinds = { medication: 'D', food: 'F', environment: 'E' } as const

/** Everything the clinic has on one of its patients. `asOf` is the day the chart is written on. */
export function savePatientRows({ save, keep }: Writing, person: Patient, asOf: string): void {
  const { name, gender, birthDate, phone, address, postalCode, payer, guardian, allergies, visits } = person
  const number = patientNumber(person, 'clinic')
  save('PTNT_MST', {
    PT_NO: number,
    PT_NM: name,
    SEX_CD: gender === 'male' ? '1' : '2',
    BIRTH_DT: digits(birthDate),
    JUMIN_NO: null,
    TEL_NO: phone,
    ADDR: address,
    ZIP_NO: postalCode,
    INS_CD: payer === '4' ? '10' : '20',
  })
  if (guardian !== undefined)
    keep('GRD_MST', [{ PT_NO: number, GRD_NM: guardian.name, GRD_REL: guardian.relation, GRD_TEL: guardian.phone }])
  for (const allergy of allergies.filter(({ knownAt }) => knownAt.includes('clinic'))) {
    save('ALG_HIS', {
      PT_NO: number,
      ALG_CD: allergy.local,
      ALG_NM: allergy.name,
      ALG_KIND: kinds[allergy.category],
      RCTN_TXT: allergy.reaction,
      ALG_DT: digits(allergy.since),
    })
  }
  for (const visit of visits.filter(({ place }) => place === 'clinic')) saveVisit(save, { number, gender, visit, asOf })
}

interface Seen {
  readonly number: string
  readonly gender: Patient['gender']
  readonly visit: Visit
  readonly asOf: string
}

function saveVisit(save: Save, { number, gender, visit, asOf }: Seen): void {
  const [at, end] = [digits(visit.start), digits(visit.end)]
  const department = localDepartments[visit.department] ?? 'FM'
  const visitNumber = save('VST_HIS', {
    PT_NO: number,
    VST_DTM: at,
    END_DTM: end,
    DEPT_CD: department,
    DR_NM: doctors[department] ?? null,
    VST_STS: '9',
  })
  const own = { VST_NO: visitNumber, PT_NO: number }
  for (const { kcd, name, status } of visit.diagnoses) {
    save('DX_HIS', { ...own, DX_CD: kcd.replace('.', ''), DX_NM: name, DX_STS: status === 'resolved' ? '2' : '1', DX_DTM: at })
  }
  for (const { drug, dose, timesADay, days } of visit.prescriptions) {
    save('RX_HIS', {
      ...own,
      DRUG_CD: drug.local,
      DRUG_NM: drug.product,
      DOSE_QTY: dose,
      DOSE_UNIT: drug.unit,
      FREQ_DAY: timesADay,
      RX_DAYS: days,
      USAGE_TXT: `1일 ${timesADay}회 ${drug.words}, ${days}일분`,
      RX_STS: days > daysBetween(visit.start.slice(0, 10), asOf) ? '1' : '9',
      RX_DTM: at,
    })
  }
  saveResults(save, own, visit, gender)
  saveMeasures(save, own, visit, at)
  for (const { code, name } of visit.vaccinations) save('IMM_HIS', { ...own, VC_CD: code, VC_NM: name, VC_DTM: at })
}

function saveResults(save: Save, own: ChartRow, visit: Visit, gender: Patient['gender']): void {
  for (const { test, value } of visit.panels.flatMap(({ results }) => results)) {
    save('LAB_HIS', {
      ...own,
      ITEM_CD: test.local,
      ITEM_NM: test.name,
      RSLT_VAL: value,
      UNIT_NM: test.unit === '' ? null : (localUnits[test.unit] ?? test.unit),
      REF_LOW: limitText(limitOf(test.low, gender)),
      REF_HIGH: limitText(limitOf(test.high, gender)),
      RSLT_DTM: digits(visit.end),
    })
  }
}

function saveMeasures(save: Save, own: ChartRow, { vitals }: Visit, at: string): void {
  const { pressure, heightCm, weightKg, celsius } = vitals
  if (pressure !== undefined) save('BP_HIS', { ...own, SBP: pressure[0], DBP: pressure[1], BP_DTM: at })
  const measures = [
    ['HT', heightCm, 'cm'],
    ['WT', weightKg, 'kg'],
    ['BT', celsius, '℃'],
  ] as const
  for (const [code, value, unit] of measures) {
    if (value !== undefined) save('VTL_HIS', { ...own, VTL_CD: code, VTL_VAL: value, UNIT_NM: unit, VTL_DTM: at })
  }
}

function limitText(limit: number | undefined): string | null {
  return limit === undefined ? null : String(limit)
}

function digits(day: string): string {
  return day.replaceAll(/\D/gu, '')
}
