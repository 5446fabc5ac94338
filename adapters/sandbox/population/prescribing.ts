/** What may not be given to whom, and how much of the rest. */
import type { Sex } from './conditions.ts'
import { drugs, prescription } from './drugs.ts'
import type { DrugName, Prescription } from './drugs.ts'
import type { Random } from './random.ts'

export interface Taker {
  readonly age: number
  readonly sex: Sex
  readonly weightKg: number
  /** long illnesses known on that day */
  readonly kcds: readonly string[]
  /** ATC codes of substances; a whole group counts */
  readonly allergies: readonly string[]
}

const kidney = 'N18.3'
/** on blood thinners, or with a heart that painkillers of that kind would harm */
const noPainkillers = [kidney, 'I50.9', 'I48.9', 'I20.9', 'I69.3']

const ruledOut: Partial<Readonly<Record<DrugName, (taker: Taker) => boolean>>> = {
  metformin: ({ kcds }) => kcds.includes(kidney),
  glimepiride: ({ age, kcds }) => age >= 75 || kcds.includes(kidney),
  sitagliptin: ({ kcds }) => kcds.includes(kidney),
  celecoxib: ({ kcds, age }) => age >= 78 || kcds.some((kcd) => noPainkillers.includes(kcd)),
  loxoprofen: ({ kcds, age }) => age >= 75 || kcds.some((kcd) => noPainkillers.includes(kcd)),
  bisoprolol: ({ kcds }) => kcds.includes('J45.9') || kcds.includes('J44.9'),
  hydrochlorothiazide: ({ kcds }) => kcds.includes('M10.9') || kcds.includes(kidney) || kcds.includes('F31.9'),
  losartan: ({ kcds }) => kcds.includes('F31.9'),
  telmisartan: ({ kcds }) => kcds.includes('F31.9'),
  allopurinol: ({ kcds }) => kcds.includes(kidney),
  alprazolam: ({ age }) => age >= 70,
  zolpidem: ({ age }) => age >= 70,
  tamoxifen: ({ age }) => age >= 52,
  letrozole: ({ age }) => age < 52,
  alendronate: ({ kcds }) => kcds.includes('K21.9'),
  clarithromycin: ({ kcds }) => kcds.includes('E78.5') || kcds.includes('I48.9'),
  lithium: ({ kcds }) => kcds.includes(kidney),
  // A small child's wheeze is treated with the granules, a schoolchild's with the tablet to chew.
  montelukastChew: ({ age }) => age < 6,
}

export function isSuited(name: DrugName, taker: Taker): boolean {
  const { atc, fromAge, untilAge } = drugs[name]
  const age = Math.floor(taker.age)
  if (age < fromAge || age > untilAge || ruledOut[name]?.(taker) === true) return false
  return !taker.allergies.some((substance) => atc.startsWith(substance))
}

/** A whole regimen that suits, else as much of one as does. */
export function firstSuited(chance: Random, regimens: readonly (readonly DrugName[])[], taker: Taker): readonly DrugName[] {
  const whole = regimens.filter((names) => names.every((name) => isSuited(name, taker)))
  if (whole.length > 0) return chance.pick(whole)
  const partly = regimens.map((names) => names.filter((name) => isSuited(name, taker)))
  return partly.find((names) => names.length > 0) ?? []
}

/** Several illnesses, one list: nothing twice, and one blood thinner is enough. */
export function chosenDrugs(names: readonly DrugName[], taker: Taker): readonly DrugName[] {
  const once = [...new Set(names)].filter((name) => isSuited(name, taker))
  return once.includes('apixaban') ? once.filter((name) => name !== 'aspirin' && name !== 'clopidogrel') : once
}

export function prescribed(names: readonly DrugName[], days: number, taker: Taker): readonly Prescription[] {
  return names.map((name) => prescription(name, days, taker.weightKg))
}
