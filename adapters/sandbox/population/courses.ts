/** Which long illnesses each person has, since when, and where they are followed. */
import { ageOn, plusDays } from './calendar.ts'
import type { Allergy } from './care.ts'
import { certain, chronic } from './conditions.ts'
import type { Chronic, ChronicName, Place } from './conditions.ts'
import type { Resident } from './people.ts'
import { random } from './random.ts'
import type { Random } from './random.ts'

export interface Course {
  readonly name: ChronicName
  readonly condition: Chronic
  /** day it was found */
  readonly since: string
  readonly place: Place
  readonly department: string
}

export interface Outlook {
  /** whether the person goes to the clinic of the quarter at all */
  readonly usesClinic: boolean
  readonly courses: readonly Course[]
  readonly allergies: readonly Omit<Allergy, 'knownAt'>[]
}

/** By number. `asOf` is the day the charts are written for. */
export function outlooks(seed: number, people: readonly Resident[], asOf: string): ReadonlyMap<number, Outlook> {
  const chosen = chosenOnes(seed, people, asOf)
  return new Map(
    people.map((person) => {
      const chance = random(seed, `outlook/${person.number}`)
      const usesClinic = chance.chance(0.86)
      const courses = coursesOf(chance, person, { asOf, usesClinic, wanted: chosen.get(person.number) })
      return [person.number, { usesClinic, courses, allergies: allergiesOf(chance, person, asOf) }]
    }),
  )
}

/** Those the story of the network needs (`certain`), one illness each. */
function chosenOnes(seed: number, people: readonly Resident[], asOf: string): ReadonlyMap<number, ChronicName> {
  const chance = random(seed, 'chosen')
  const chosen = new Map<number, ChronicName>()
  for (const { condition, count, sex, ages } of certain) {
    for (let at = 0; at < count; at += 1) {
      const fit = people.filter((person) => {
        const age = ageOn(person.birthDate, asOf)
        return !chosen.has(person.number) && (sex === 'any' || person.gender === sex) && age >= ages[0] && age < ages[1] + 1
      })
      chosen.set(chance.pick(fit).number, condition)
    }
  }
  return chosen
}

interface Wish {
  readonly asOf: string
  readonly usesClinic: boolean
  readonly wanted: ChronicName | undefined
}

function coursesOf(chance: Random, person: Resident, { asOf, usesClinic, wanted }: Wish): readonly Course[] {
  const age = ageOn(person.birthDate, asOf)
  // A healthy pregnancy is the only story of that year.
  const names: ChronicName[] = wanted === undefined ? [] : [wanted]
  const kcds = new Set<string>(names.map((name) => chronic[name].kcd))
  const table: readonly (readonly [ChronicName, Chronic])[] = wanted === 'pregnancy' ? [] : namedConditions
  for (const [name, condition] of table) {
    const isMet = chance.next() * 100 < rateOf(condition, person.gender, age, kcds)
    const isRuledOut = kcds.has(condition.kcd) || excludes(condition, names, kcds)
    if (!isMet || isRuledOut) continue
    names.push(name)
    kcds.add(condition.kcd)
  }
  return names.map((name) => courseOf(chance, name, { age, asOf, usesClinic }))
}

// The keys of the table, in its order: `Object.entries` forgets their type.
const namedConditions = Object.entries(chronic) as readonly (readonly [ChronicName, Chronic])[]

function excludes(condition: Chronic, names: readonly ChronicName[], kcds: ReadonlySet<string>): boolean {
  const other = names.some((name) => {
    const known: Chronic = chronic[name]
    return known.not?.includes(condition.kcd) === true
  })
  return other || condition.not?.some((kcd) => kcds.has(kcd)) === true
}

function rateOf(condition: Chronic, sex: Resident['gender'], age: number, kcds: ReadonlySet<string>): number {
  const { after } = condition
  const row = condition.rates.findLast(([from]) => from <= age)
  const usual = row === undefined ? 0 : sex === 'male' ? row[1] : row[2]
  const isAfter = after !== undefined && age >= (after.fromAge ?? 0) && after.kcd.some((kcd) => kcds.has(kcd))
  return isAfter ? Math.max(usual, after.rate) : usual
}

function courseOf(
  chance: Random,
  name: ChronicName,
  { age, asOf, usesClinic }: { age: number; asOf: string; usesClinic: boolean },
): Course {
  const condition: Chronic = chronic[name]
  const open = condition.followed.filter(([place]) => usesClinic || place !== 'clinic')
  const options = open.length === 0 ? condition.followed : open
  const [place, department] = chance.weighted(
    options.map((option, at) => [option, at === 0 ? 76 : 24 / Math.max(1, options.length - 1)] as const),
  )
  const youngest = condition.rates[0]?.[0] ?? Math.max(0, age - 6)
  const longest = Math.max(0.3, Math.min(name === 'pregnancy' ? 0.6 : 11, age - Math.max(1, youngest - 5)))
  const isNew = condition.isShort === true || (chance.chance(0.24) && condition.isOld !== true)
  const years = isNew ? chance.next() * Math.min(0.9, longest) : 0.9 + chance.next() * Math.max(0.1, longest - 0.9)
  const days = name === 'pregnancy' ? chance.between(100, 330) : Math.max(12, Math.round(Math.min(years, longest) * 365))
  return { name, condition, since: plusDays(asOf, -days), place, department }
}

type Substance = Omit<Allergy, 'knownAt' | 'since'>

/** share per cent, grown-ups and children under 15 */
const substances: readonly (readonly [Substance, grown: number, child: number])[] = [
  [
    { local: 'PCN', atc: 'J01C', name: '페니실린계 항생제', category: 'medication', reaction: '전신 두드러기', severity: 'moderate' },
    2.6,
    1.5,
  ],
  [{ local: 'CEP', atc: 'J01DC04', name: '세파클러', category: 'medication', reaction: '아나필락시스', severity: 'severe' }, 1.2, 0.4],
  [{ local: 'CM', atc: 'V08A', name: '요오드 조영제', category: 'medication', reaction: '두드러기', severity: 'moderate' }, 1.4, 0],
  [
    { local: 'NSA', atc: 'M01A', name: '비스테로이드소염제', category: 'medication', reaction: '눈꺼풀 부종', severity: 'moderate' },
    1.8,
    0.3,
  ],
  [{ local: 'SHR', snomed: '735029006', name: '갑각류·조개류', category: 'food', reaction: '입술 부종', severity: 'mild' }, 2, 0.8],
  [{ local: 'EGG', snomed: '102263004', name: '달걀', category: 'food', reaction: '두드러기', severity: 'mild' }, 0, 3.2],
  [{ local: 'PNT', snomed: '762952008', name: '땅콩', category: 'food', reaction: '아나필락시스', severity: 'severe' }, 0.3, 1.6],
  [{ local: 'MITE', snomed: '260147004', name: '집먼지진드기', category: 'environment', reaction: '비염 증상', severity: 'mild' }, 3, 3.5],
]

function allergiesOf(chance: Random, person: Resident, asOf: string): Outlook['allergies'] {
  const age = ageOn(person.birthDate, asOf)
  return substances.flatMap(([substance, grown, child]) => {
    const isAllergic = chance.next() * 100 < (age < 15 ? child : grown)
    const years = chance.next() * Math.max(0.2, Math.min(9, age - 1))
    return isAllergic ? [{ ...substance, since: plusDays(asOf, -Math.round(years * 365) - 5) }] : []
  })
}
