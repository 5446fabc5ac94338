/** Writes the clinic's first records in one transaction. A database that has patients is left alone. */
import { koreanDay, population } from '../population/population.ts'
import { patientNumber, sandboxInstitutions, sandboxPeople } from '../people.ts'
import type { SandboxPerson } from '../people.ts'
import { day, stamp } from './chart.ts'
import type { Chart, ChartRow } from './chart.ts'
import { departments, drugs, items, seedRecords, seedReferrals } from './records.ts'
import type { SeedRecord, SeedVisit } from './records.ts'
import { savePatientRows } from './population-rows.ts'
import { referralRow } from './referral.ts'

/** The generated people, once: a database that has the first of them is left alone. `now` gives the day their year of care ends. */
export function seedPopulation(chart: Chart, now: Date): void {
  const asOf = koreanDay(now)
  const patients = population(asOf).filter(({ at }) => at.includes('clinic'))
  const [first] = patients
  if (first === undefined || chart.rows('SELECT PT_NO FROM PTNT_MST WHERE PT_NO = ?', patientNumber(first, 'clinic')).length > 0) return
  chart.write((save) => {
    for (const person of patients) savePatientRows({ save, keep: (table, rows) => chart.keep(table, rows) }, person, asOf)
  })
}

type Save = (table: string, row: ChartRow) => number

export function seed(chart: Chart, now: Date, withReferrals: boolean): void {
  if (chart.rows('SELECT PT_NO FROM PTNT_MST LIMIT 1').length > 0) return
  chart.write((save) => {
    chart.keep(
      'DEPT_MST',
      departments.map(([local, name, national]) => ({ DEPT_CD: local, DEPT_NM: name, HIRA_CD: national })),
    )
    for (const person of sandboxPeople.filter((each) => each.at.includes('clinic'))) {
      savePatient(save, person)
      const record = seedRecords.find((each) => each.person === person.number)
      if (record !== undefined) saveRecord(save, patientNumber(person, 'clinic'), record, now)
    }
    if (withReferrals) saveReferrals(save, now)
  })
}

function savePatient(save: Save, person: SandboxPerson): void {
  save('PTNT_MST', {
    PT_NO: patientNumber(person, 'clinic'),
    PT_NM: person.name,
    SEX_CD: person.gender === 'male' ? '1' : '2',
    BIRTH_DT: person.birthDate.replaceAll('-', ''),
    // A real chart holds one here; nobody in the sandbox has a number that could be somebody's.
    JUMIN_NO: null,
    TEL_NO: person.phone,
    ADDR: person.address,
    ZIP_NO: person.postalCode,
    INS_CD: person.payer === '4' ? '10' : '20',
  })
}

function saveRecord(save: Save, patient: string, record: SeedRecord, now: Date): void {
  for (const visit of record.visits) saveVisit(save, patient, visit, now)
  for (const allergy of record.allergies ?? []) {
    save('ALG_HIS', {
      PT_NO: patient,
      ALG_CD: allergy.code,
      ALG_NM: allergy.name,
      ALG_KIND: allergy.kind,
      RCTN_TXT: allergy.reaction,
      ALG_DT: day(daysBefore(now, record.visits[0]?.daysAgo ?? 0)),
    })
  }
}

/** Every visit of the seed began at 09:30 at the clinic. */
function daysBefore(now: Date, days: number): Date {
  const midnight = Date.parse(`${new Date(now.getTime() + 9 * 3_600_000).toISOString().slice(0, 10)}T00:00:00+09:00`)
  return new Date(midnight - days * 86_400_000 + 9.5 * 3_600_000)
}

function saveVisit(save: Save, patient: string, visit: SeedVisit, now: Date): void {
  const at = stamp(daysBefore(now, visit.daysAgo))
  const end = stamp(new Date(daysBefore(now, visit.daysAgo).getTime() + 25 * 60_000))
  const number = save('VST_HIS', { PT_NO: patient, VST_DTM: at, END_DTM: end, DEPT_CD: visit.department, DR_NM: '한지우', VST_STS: '9' })
  const own = { VST_NO: number, PT_NO: patient }
  for (const [code, name] of visit.diagnoses)
    save('DX_HIS', { ...own, DX_CD: code, DX_NM: name, DX_STS: code === 'J069' ? '2' : '1', DX_DTM: at })
  for (const [code, dose, timesADay, days] of visit.drugs ?? []) {
    save('RX_HIS', {
      ...own,
      DRUG_CD: code,
      DRUG_NM: drugs[code]?.name ?? code,
      DOSE_QTY: dose,
      DOSE_UNIT: drugs[code]?.unit ?? '',
      FREQ_DAY: timesADay,
      RX_DAYS: days,
      USAGE_TXT: `1일 ${timesADay}회, ${days}일분`,
      RX_STS: days >= visit.daysAgo ? '1' : '9',
      RX_DTM: at,
    })
  }
  for (const [item, value] of visit.results ?? []) {
    const known = items[item]
    save('LAB_HIS', {
      ...own,
      ITEM_CD: item,
      ITEM_NM: known?.name ?? item,
      RSLT_VAL: value,
      UNIT_NM: known?.unit ?? null,
      REF_LOW: known?.low ?? null,
      REF_HIGH: known?.high ?? null,
      RSLT_DTM: end,
    })
  }
  if (visit.pressure !== undefined) save('BP_HIS', { ...own, SBP: visit.pressure[0], DBP: visit.pressure[1], BP_DTM: at })
}

function saveReferrals(save: Save, now: Date): void {
  seedReferrals.forEach((referral, at) => {
    const person = sandboxPeople.find((each) => each.number === referral.person)
    if (person === undefined) return
    const until = new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)
    save(
      'REF_OUT',
      referralRow(at + 1, now, {
        patientNumber: patientNumber(person, 'clinic'),
        department: referral.department,
        toInstitutionNumber: sandboxInstitutions.tertiary.number,
        reason: referral.reason,
        hiraReason: referral.hiraReason,
        kcd: referral.diagnosis,
        note: referral.note,
        ...(referral.consent ? { consent: { signedBy: person.name, relation: '0', until } } : {}),
      }),
    )
  })
}
