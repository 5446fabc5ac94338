/** Colds, fractures and the like: the season and the age decide who comes, the table what is done. */
import { acutes } from './acute.ts'
import type { Acute } from './acute.ts'
import { ageOn, monthOf, plusDays, plusMinutes } from './calendar.ts'
import type { Document, Visit } from './care.ts'
import type { DrugName } from './drugs.ts'
import { appointment, measuredOn, noVisit, takerOn, vitalsOn } from './life.ts'
import type { Life } from './life.ts'
import { firstSuited, prescribed } from './prescribing.ts'

/** Month by month: the season decides what goes round. */
export function acuteVisits(life: Life): readonly Visit[] {
  const { person, outlook, chance } = life
  const isPregnant = outlook.courses.some(({ name }) => name === 'pregnancy')
  return acutes.flatMap((acute) => {
    if (acute.sex !== undefined && acute.sex !== person.gender) return []
    if (acute.place === 'clinic' && !outlook.usesClinic) return []
    const total = acute.months.reduce((sum, weight) => sum + weight, 0)
    return Array.from({ length: 12 }, (_, month) => month).flatMap((month): Visit[] => {
      const day = plusDays(life.from, month * 30 + chance.between(1, 29))
      const age = ageOn(person.birthDate, day)
      const rate = acute.rates.findLast(([from]) => from <= age)?.[1] ?? 0
      const isIll = chance.chance((rate * (acute.months[monthOf(day)] ?? 0)) / total)
      const options = age < 12 ? (acute.child ?? []) : acute.adult
      return !isIll || isPregnant || options.length === 0 || day > plusDays(life.until, -10) ? [] : [acuteVisit(life, acute, day, options)]
    })
  })
}

function acuteVisit(life: Life, acute: Acute, day: string, options: readonly (readonly DrugName[])[]): Visit {
  const { person, chance } = life
  const usual = appointment(chance, day, acute.kind === 'outpatient' ? acute.place : 'clinic', life.until)
  const emergency = `${day}T${String(chance.between(6, 22)).padStart(2, '0')}:${chance.between(1, 5)}0`
  const start = acute.kind === 'outpatient' ? usual.start : emergency
  const on = start.slice(0, 10)
  const taker = takerOn(life, on)
  const nights = acute.nights === undefined ? 0 : chance.between(...acute.nights)
  const names = firstSuited(chance, options, taker)
  const operation = acute.operation
  const isChild = taker.age < 15
  return {
    ...noVisit,
    person: person.number,
    place: acute.place,
    department: acute.place === 'hospital' && isChild && acute.department === '01' ? '11' : acute.department,
    kind: acute.kind,
    start,
    end:
      nights > 0
        ? `${plusDays(on, nights)}T11:00`
        : acute.kind === 'emergency'
          ? plusMinutes(start, chance.between(9, 20) * 10)
          : usual.end,
    diagnoses: [{ kcd: acute.kcd, name: acute.name, status: 'resolved' }],
    prescriptions: prescribed(names, names.includes('fosfomycin') ? 1 : acute.days, taker),
    panels: measuredOn(life, on, acute.panels ?? [], acute.kcd),
    vitals: acuteVitals(life, acute, on, taker.age),
    procedures: operation === undefined ? [] : [operation],
    documents: lettersOf(acute, nights),
  }
}

function lettersOf({ kcd, name, imaging, operation }: Acute, nights: number): readonly Document[] {
  const reading: readonly Document[] = imaging === undefined ? [] : [{ kind: 'imaging', ...imaging }]
  if (nights === 0) return reading
  const outcome = operation === undefined ? '치료 후 호전되어 퇴원함.' : `${operation.name} 시행 후 경과 양호하여 퇴원함.`
  const text = `진단: ${name} (${kcd})\n재원 기간: ${nights}박 ${nights + 1}일.\n${outcome}\n1주 뒤 외래 방문 예정.`
  return [...reading, { kind: 'discharge', title: '퇴원요약', text }]
}

function acuteVitals(life: Life, acute: Acute, day: string, age: number): Visit['vitals'] {
  const { chance } = life
  const all = vitalsOn(life, day)
  const celsius =
    acute.fever === undefined ? undefined : Math.round((acute.fever[0] + chance.next() * (acute.fever[1] - acute.fever[0])) * 10) / 10
  const warm = celsius === undefined ? {} : { celsius }
  if (age < 12) return { ...(all.weightKg === undefined ? {} : { weightKg: all.weightKg }), ...warm }
  return { ...(all.pressure === undefined ? {} : { pressure: all.pressure }), ...warm }
}
