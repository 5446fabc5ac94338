/** One person's year of care: follow-up of long illnesses, acute ones in their season, check-ups, vaccinations. */
import { acuteVisits } from './acute-visits.ts'
import { ageOn, plusDays } from './calendar.ts'
import type { Visit } from './care.ts'
import type { Place } from './conditions.ts'
import { followUps } from './follow-up.ts'
import { appointment, measuredOn, noVisit, vitalsOn } from './life.ts'
import type { Life } from './life.ts'
import type { PanelName } from './tests.ts'
import { vaccinationsOf } from './vaccinations.ts'

/** Oldest first, all within the year and after birth. */
export function yearOf(life: Life): readonly Visit[] {
  const visits = [...followUps(life), ...acuteVisits(life), ...vaccinationVisits(life), ...checkUp(life)]
  const told = visits.length > 0 ? visits : [lightVisit(life)]
  const inTime = told.filter((visit) => visit.end.slice(0, 10) <= life.until && visit.start.slice(0, 10) >= life.person.birthDate)
  return inTime.sort(byStart).filter((visit, at, all) => !all.some((other, place) => other !== visit && rulesOut(other, visit, place < at)))
}

/** Nobody is in two places at once: not at a doctor's while on a ward, not twice a day at two counters, not with the next cold in a week. */
function rulesOut(other: Visit, visit: Visit, isEarlier: boolean): boolean {
  const [day, otherDay] = [visit.start.slice(0, 10), other.start.slice(0, 10)]
  const isOnWard = other.kind === 'inpatient' && visit.kind !== 'inpatient' && day >= otherDay && day <= other.end.slice(0, 10)
  const isSecondStay = isEarlier && other.kind === 'inpatient' && visit.kind === 'inpatient' && day <= plusDays(other.end.slice(0, 10), 30)
  const isAgain = isEarlier && otherDay === day
  const isSoon = isEarlier && isAcute(other) && isAcute(visit) && visit.place === 'clinic' && day <= plusDays(otherDay, 9)
  return isOnWard || isSecondStay || isAgain || isSoon
}

function isAcute({ diagnoses, vaccinations }: Visit): boolean {
  return vaccinations.length === 0 && diagnoses.every(({ status }) => status === 'resolved')
}

function byStart(a: Visit, b: Visit): number {
  return a.start < b.start ? -1 : a.start > b.start ? 1 : a.place.localeCompare(b.place)
}

function vaccinationVisits(life: Life): readonly Visit[] {
  if (!life.outlook.usesClinic) return []
  return vaccinationsOf(life.chance, life.person, life).map(({ day, reason, vaccines }) => {
    const slot = appointment(life.chance, day, 'clinic', life.until)
    const age = ageOn(life.person.birthDate, day)
    const { weightKg: weight, heightCm: height } = vitalsOn(life, day)
    return {
      ...noVisit,
      ...slot,
      person: life.person.number,
      place: 'clinic' as const,
      department: '23',
      diagnoses: [{ ...reason, status: 'resolved' as const }],
      vitals: age < 15 && weight !== undefined && height !== undefined ? { weightKg: weight, heightCm: height } : {},
      vaccinations: vaccines,
    }
  })
}

const general = { kcd: 'Z00.0', name: '일반적 의학검사', status: 'resolved' } as const

/** The national check-up: every second year from forty on. */
function checkUp(life: Life): readonly Visit[] {
  const age = ageOn(life.person.birthDate, life.from)
  const isPregnant = life.outlook.courses.some(({ name }) => name === 'pregnancy')
  if (age < 40 || isPregnant || !life.chance.chance(0.36)) return []
  const visit = checkUpVisit(life)
  // A check-up shortly before an illness was found would have found it.
  return life.outlook.courses.some(({ since }) => since > visit.start.slice(0, 10)) ? [] : [visit]
}

function checkUpVisit(life: Life): Visit {
  const { chance, outlook } = life
  const place: Place = outlook.usesClinic && chance.chance(0.7) ? 'clinic' : 'hospital'
  const slot = appointment(chance, plusDays(life.from, chance.between(20, 340)), place, life.until)
  const day = slot.start.slice(0, 10)
  const names: PanelName[] = ['count', 'kidney', 'sugar', 'lipids', 'liver', 'urine']
  return {
    ...noVisit,
    ...slot,
    person: life.person.number,
    place,
    department: '01',
    diagnoses: [general],
    panels: measuredOn(life, day, names),
    vitals: vitalsOn(life, day),
  }
}

/** Nobody is on file without a reason: who had nothing else came once, grown-ups for a check-up, children to be measured. */
function lightVisit(life: Life): Visit {
  const { person, chance, outlook } = life
  if (ageOn(person.birthDate, life.until) >= 20) return checkUpVisit(life)
  const place: Place = outlook.usesClinic ? 'clinic' : 'hospital'
  const slot = appointment(chance, plusDays(life.from, chance.between(40, 340)), place, life.until)
  return {
    ...noVisit,
    ...slot,
    person: person.number,
    place,
    department: place === 'clinic' ? '23' : '11',
    diagnoses: [{ kcd: 'Z00.1', name: '일상적 소아건강검사', status: 'resolved' }],
    vitals: vitalsOn(life, slot.start.slice(0, 10)),
  }
}
