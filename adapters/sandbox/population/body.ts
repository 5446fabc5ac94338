/** Heights, weights and pressures by age and sex. Children follow the middle of the Korean growth charts of 2017. */
import type { Sex } from './conditions.ts'
import type { Random } from './random.ts'

/** medians at each birthday from 0 to 18 */
// oxfmt-ignore
const growth: Readonly<Record<Sex, { readonly cm: readonly number[]; readonly kg: readonly number[] }>> = {
  male: {
    cm: [49.9, 75.7, 87.1, 96.5, 103.1, 109.6, 115.9, 122.1, 127.9, 133.4, 138.8, 144.7, 151.4, 158.6, 165, 169.2, 171.4, 172.6, 173.6],
    kg: [3.3, 9.6, 12.2, 14.7, 16.8, 19, 21.3, 24.2, 27.5, 31.3, 35.5, 40.2, 45.4, 50.9, 56, 60.1, 63.1, 65, 66.5],
  },
  female: {
    cm: [49.1, 74, 85.7, 95.4, 101.9, 108.4, 114.7, 120.8, 126.7, 132.6, 139.1, 145.8, 151.7, 155.9, 158.3, 159.5, 160, 160.2, 160.6],
    kg: [3.2, 8.9, 11.5, 14.2, 16.3, 18.4, 20.7, 23.4, 26.6, 30.2, 34.4, 39.1, 43.7, 47.7, 50.5, 52.6, 53.7, 54.1, 54.3],
  },
}

/** Where one person lies among people of the same age and sex; kept for life. */
export interface Build {
  /** standard deviations */
  readonly height: number
  readonly weight: number
}

export function buildOf(chance: Random, isHeavy: boolean): Build {
  const height = chance.normal(0, 0.9)
  return { height, weight: height * 0.5 + chance.normal(isHeavy ? 0.7 : 0, 0.8) }
}

/** cm with one decimal; `age` in years with fraction. Older generations are shorter. */
export function heightCm(build: Build, sex: Sex, age: number): number {
  if (age < 18.5) return oneDecimal(between(growth[sex].cm, age) * (1 + build.height * 0.038))
  const middle = sex === 'male' ? 174.5 - Math.max(0, age - 30) * 0.16 : 161.2 - Math.max(0, age - 30) * 0.17
  return oneDecimal(middle + build.height * (sex === 'male' ? 5.6 : 5.2))
}

/** kg with one decimal */
export function weightKg(build: Build, sex: Sex, age: number): number {
  if (age < 18.5) return oneDecimal(between(growth[sex].kg, age) * Math.exp(build.weight * 0.13))
  const metres = heightCm(build, sex, age) / 100
  const middle = sex === 'male' ? 24.4 : 22.2 + Math.min(2, Math.max(0, age - 40) * 0.08)
  return oneDecimal(Math.max(17.5, middle + (build.weight - build.height * 0.5) * 2.8) * metres ** 2)
}

function between(list: readonly number[], age: number): number {
  const below = Math.min(list.length - 1, Math.max(0, Math.floor(age)))
  const [low, high] = [list[below] ?? 0, list[below + 1] ?? list[below] ?? 0]
  // Infants grow fastest in their first months.
  return low + (high - low) * (age < 1 ? Math.sqrt(age) : age - below)
}

/** A resting pressure; `raised` mmHg come on top for those whose treatment does not hold it. */
export function pressureOf(chance: Random, age: number, raised: number): readonly [systolic: number, diastolic: number] {
  const isChild = age < 16
  const systolic = isChild ? 92 + age * 1.7 : 113 + Math.max(0, age - 30) * 0.28
  const diastolic = isChild ? 56 + age * 0.9 : 73 + (age < 60 ? Math.max(0, age - 30) * 0.12 : 2)
  const upper = Math.round(chance.normal(systolic + raised, 6))
  return [upper, Math.min(upper - 28, Math.round(chance.normal(diastolic + raised * 0.5, 4)))]
}

export function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10
}
