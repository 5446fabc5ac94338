/** What a clinician checks in a chart at a glance, as predicates over the sandbox's population. */
import type { Patient, Result, Visit } from '../../adapters/sandbox/population/care.ts'
import { estimatedFiltration } from '../../adapters/sandbox/population/results.ts'

export const results = ({ panels }: Visit): readonly Result[] => panels.flatMap((panel) => panel.results)
export const numberOf = (visit: Visit, local: string): number | undefined => {
  const found = results(visit).find(({ test }) => test.local === local)
  return found === undefined ? undefined : Number(found.value.replace('<', ''))
}
export const codes = ({ diagnoses }: Visit): readonly string[] => diagnoses.map(({ kcd }) => kcd)

export function isPossible(possible: Result['test']['possible'], value: string): boolean {
  const number = Number(value.replace('<', ''))
  const [low, high] = possible
  return typeof low === 'number' ? number >= low && number <= Number(high) : possible.some((word) => word === value)
}

export function within(upper: number | undefined, lower: number | undefined, low: number, high: number): boolean {
  return upper === undefined || lower === undefined || (upper / lower >= low && upper / lower <= high)
}

export function sameFiltration(person: Patient, visit: Visit, age: number): boolean {
  const [creatinine, shown] = [numberOf(visit, 'CREA'), numberOf(visit, 'EGFRC')]
  return (
    creatinine === undefined ||
    (age < 18 ? shown === undefined : Math.abs(estimatedFiltration(creatinine, person.gender, age) - (shown ?? 0)) < 1)
  )
}

export function isOfStage(person: Patient, visit: Visit): boolean {
  const shown = numberOf(visit, 'EGFRC')
  const isIll = person.visits.some((each) => codes(each).includes('N18.3') && each.start <= visit.start)
  const willBe = person.visits.some((each) => codes(each).includes('N18.3'))
  return shown === undefined || (isIll ? shown >= 30 && shown < 60 : willBe || shown >= 60)
}

export function isSumOfLipids(visit: Visit): boolean {
  const [total, hdl, ldl, fat] = ['TC', 'HDL', 'LDLC', 'TG'].map((local) => numberOf(visit, local))
  return total === undefined || Math.abs(total - (hdl ?? 0) - (ldl ?? 0) - (fat ?? 0) / 5) <= 1
}

/** Estimated average glucose by ADAG; fasting lies below it, never far above. */
export function isOneStory(glucose: number | undefined, hba1c: number | undefined): boolean {
  if (glucose === undefined || hba1c === undefined) return true
  const average = 28.7 * hba1c - 46.7
  return glucose > average * 0.7 && glucose < average * 1.1
}

export function isKnownSugar(person: Patient, visit: Visit): boolean {
  const hba1c = numberOf(visit, 'A1C')
  if (hba1c === undefined) return true
  const isKnown = person.visits.some((each) => codes(each).includes('E11.9') && each.start <= visit.start)
  return isKnown ? hba1c >= 5.9 : hba1c < 6 || isDiabetic(person)
}

export function isDiabetic(person: Patient): boolean {
  return person.visits.some((visit) => codes(visit).includes('E11.9'))
}

export function isPressure(pressure: Visit['vitals']['pressure']): boolean {
  if (pressure === undefined) return true
  const [systolic, diastolic] = pressure
  return systolic >= 80 && systolic <= 190 && diastolic >= 45 && diastolic <= 115 && systolic - diastolic >= 20
}

export function isSizeOf({ vitals }: Visit, age: number): boolean {
  const { heightCm, weightKg } = vitals
  const [shortest, tallest] = age < 18 ? [48 + Math.sqrt(age) * 22, 74 + Math.sqrt(age) * 32] : [138, 195]
  const [lightest, heaviest] = age < 18 ? [4 + age * 1.5, 16 + age * 5] : [35, 125]
  return (
    (heightCm === undefined || (heightCm >= shortest && heightCm <= tallest)) &&
    (weightKg === undefined || (weightKg >= lightest && weightKg <= heaviest))
  )
}

export function isDue(code: string, age: number, gender: Patient['gender']): boolean {
  const ages: Readonly<Record<string, readonly [number, number]>> = {
    '29': [1, 7],
    '30': [1, 2],
    '21': [4, 7],
    '32': [6, 7],
    '24': [11, 13],
    '34': [12, 13],
    '27': [65, 67],
    '35': [0.5, 130],
  }
  const [low, high] = ages[code] ?? [0, 0]
  return age >= low && age < high && (code !== '34' || gender === 'female')
}
