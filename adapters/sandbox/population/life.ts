/** One person through one year: what every kind of visit needs to know of them, on any day. */
import { buildOf, heightCm, oneDecimal, pressureOf, weightKg } from './body.ts'
import type { Build } from './body.ts'
import { ageOn, daysBetween, openDay, plusDays, plusMinutes } from './calendar.ts'
import type { Diagnosis, Visit } from './care.ts'
import type { Place } from './conditions.ts'
import type { Course, Outlook } from './courses.ts'
import type { Resident } from './people.ts'
import type { Taker } from './prescribing.ts'
import { random } from './random.ts'
import type { Random } from './random.ts'
import { measure } from './results.ts'
import type { PanelName } from './tests.ts'

export interface Life {
  readonly person: Resident
  readonly outlook: Outlook
  readonly chance: Random
  readonly build: Build
  /** first and last day of the year that is told */
  readonly from: string
  readonly until: string
  readonly habit: (test: string) => number
}

export function lifeOf(seed: number, person: Resident, outlook: Outlook, asOf: string): Life {
  const chance = random(seed, `life/${person.number}`)
  const isHeavy = outlook.courses.some(({ name }) => name === 'diabetes' || name === 'fattyLiver')
  const habit = (test: string): number => random(seed, `habit/${person.number}/${test}`).normal(0, 0.8)
  return { person, outlook, chance, build: buildOf(chance, isHeavy), from: plusDays(asOf, -365), until: plusDays(asOf, -1), habit }
}

/** what a visit has when nothing is said */
export const noVisit = {
  kind: 'outpatient',
  diagnoses: [],
  prescriptions: [],
  panels: [],
  vitals: {},
  vaccinations: [],
  procedures: [],
  documents: [],
} as const

export interface Slot {
  readonly start: string
  readonly end: string
}

/** Ten-minute appointments, not at lunch. */
export function appointment(chance: Random, day: string, place: Place, last: string): Slot {
  const open = openDay(day, place !== 'clinic')
  const kept = open <= last ? open : openDay(plusDays(last, -6), place !== 'clinic')
  const hour = chance.pick([9, 9, 10, 10, 11, 14, 15, 16, 17])
  const start = `${kept}T${String(hour).padStart(2, '0')}:${chance.between(0, 5)}0`
  return { start, end: plusMinutes(start, place === 'clinic' ? 20 : 40) }
}

export function takerOn(life: Life, day: string): Taker {
  const { person, outlook, build } = life
  const age = ageOn(person.birthDate, day)
  const kcds = outlook.courses.filter(({ since }) => since <= day).map(({ condition }) => condition.kcd)
  return {
    age,
    sex: person.gender,
    weightKg: weightKg(build, person.gender, age),
    kcds,
    allergies: outlook.allergies.flatMap(({ atc }) => atc ?? []),
  }
}

export function measuredOn(
  life: Life,
  day: string,
  names: readonly PanelName[],
  acute?: string,
  gene?: readonly [string, string],
): Visit['panels'] {
  const { person, outlook, habit, chance } = life
  const since = new Map(
    outlook.courses.filter((course) => course.since <= day).map((course) => [course.condition.kcd, daysBetween(course.since, day) / 365]),
  )
  const body = { sex: person.gender, age: ageOn(person.birthDate, day), since, habit, chance }
  return [...new Set(names)].map((panel) => ({
    panel,
    results: measure(panel, { ...body, ...(acute === undefined ? {} : { acute }), ...(gene === undefined ? {} : { genes: gene }) }),
  }))
}

export function diagnosisOf({ condition }: Course): Diagnosis {
  const { kcd, name, sensitive } = condition
  return { kcd, name, status: 'active', ...(sensitive === undefined ? {} : { sensitive }) }
}

/** A raised pressure is there before somebody calls it an illness. */
export function vitalsOn(life: Life, day: string): Visit['vitals'] {
  const { person, build, chance, outlook, habit, from } = life
  const age = ageOn(person.birthDate, day)
  const pressure = outlook.courses.find(({ name }) => name === 'hypertension')
  const years = pressure === undefined ? 9 : Math.max(0, daysBetween(pressure.since, day) / 365)
  const raised = pressure === undefined ? 0 : 8 + habit('bp') * 4 + 26 * Math.exp(-years / 0.25)
  // Grown-ups are measured once; the scales sway.
  const heightAge = age < 20 ? age : ageOn(person.birthDate, from)
  const sway = age < 4 ? 0 : chance.normal(0, age < 20 ? 0.2 : 0.5)
  const size = { weightKg: oneDecimal(weightKg(build, person.gender, age) + sway), heightCm: heightCm(build, person.gender, heightAge) }
  return age < 4 ? size : { pressure: pressureOf(chance, age, raised), ...size }
}
