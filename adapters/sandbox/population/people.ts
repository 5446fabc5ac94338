/** Who lives here and who belongs to whom: 300 invented people, numbers 1001 to 1300. Nobody here is real. */
import { sandboxPeople } from '../people.ts'
import type { SandboxPerson } from '../people.ts'
import { familyName, givenName } from './names.ts'
import { random } from './random.ts'
import type { Random } from './random.ts'

/** Somebody who may be a patient of all three institutions; where they really are is decided by their illnesses (`courses.ts`). */
export interface Resident extends Omit<SandboxPerson, 'at'> {
  readonly household: number
  /** who answers for a minor; a parent of the same home */
  readonly guardian?: Guardian
  /** number of the other twin */
  readonly twin?: number
  /** number of the other person of this name */
  readonly namesake?: number
}

export interface Guardian {
  readonly number: number
  readonly name: string
  readonly relation: '부' | '모'
  readonly phone: string
}

export const firstNumber = 1001
export const peopleCount = 300
export const twinPairs = 4
/** pairs of two people with one name; the first three share the day of birth and the sex as well */
export const namesakePairs = 8
export const namesakesOfOneDay = 3

type Draft = { -readonly [Key in keyof Resident]: Resident[Key] }

/** The day that ages are counted from when homes are put together; a chart written for another day shifts them by the years between. */
const censusYear = 2026

/** [road, district, postal code, has flats] */
const roads = [
  ['경기도 수원시 영통구 봉영로', '16703', true],
  ['경기도 수원시 영통구 청명로', '16702', true],
  ['경기도 수원시 팔달구 향교로', '16455', false],
  ['경기도 수원시 팔달구 매산로', '16460', false],
  ['경기도 수원시 권선구 동수원로', '16571', true],
  ['경기도 수원시 장안구 정자로', '16312', true],
  ['경기도 용인시 기흥구 흥덕중앙로', '16953', true],
  ['경기도 용인시 수지구 성복2로', '16824', true],
  ['경기도 화성시 동탄대로', '18478', true],
  ['경기도 화성시 병점1로', '18422', true],
  ['경기도 오산시 성호대로', '18131', true],
  ['경기도 성남시 분당구 판교로', '13487', true],
] as const

/** The same seed gives the same people. */
export function residents(seed: number): readonly Resident[] {
  const chance = random(seed, 'people')
  const people: Draft[] = []
  const taken = new Set(sandboxPeople.map(({ name }) => name))
  let twins = 0
  for (let household = 1; people.length < peopleCount; household += 1) {
    const left = peopleCount - people.length
    const hasTwins = twins < twinPairs && household % 20 === 7
    if (hasTwins) twins += 1
    const register = { chance, home: homeOf(chance, household), taken, next: firstNumber + people.length }
    people.push(...family(register, hasTwins).slice(0, left))
  }
  makeNamesakes(chance, people)
  return people
}

interface Home {
  readonly household: number
  readonly address: string
  readonly postalCode: string
  readonly payer: '4' | '5'
}

function homeOf(chance: Random, household: number): Home {
  const [road, postalCode, hasFlats] = chance.pick(roads)
  const house = `${road} ${chance.between(3, 420)}`
  const flat = `, ${chance.between(101, 118)}동 ${chance.between(1, 22)}0${chance.between(1, 4)}호`
  // About three Koreans in a hundred are under 의료급여.
  return { household, address: hasFlats ? `${house}${flat}` : house, postalCode, payer: chance.chance(0.035) ? '5' : '4' }
}

interface Register {
  readonly chance: Random
  readonly home: Home
  /** full names that are in use */
  readonly taken: Set<string>
  next: number
}

type Sex = 'male' | 'female'

/** A couple with children, an elderly couple, or somebody alone: the mix of a town in the south of 경기. */
function family(register: Register, hasTwins: boolean): Draft[] {
  const { chance } = register
  const kind = hasTwins
    ? 'parents'
    : chance.weighted([
        ['parents', 30],
        ['elderly', 25],
        ['middle', 23],
        ['alone', 22],
      ] as const)
  if (kind === 'alone') {
    const age = chance.weighted([
      [chance.between(20, 39), 45],
      [chance.between(40, 64), 30],
      [chance.between(65, 90), 25],
    ])
    return [enrol(register, { sex: chance.chance(0.5) ? 'male' : 'female', age, family: familyName(chance) })]
  }
  const husbandAge = { parents: chance.between(34, 47), middle: chance.between(48, 64), elderly: chance.between(63, 87) }[kind]
  const wifeAge = Math.max(30, husbandAge - chance.between(-1, 5))
  const husband = enrol(register, { sex: 'male', age: husbandAge, family: familyName(chance) })
  const wife = enrol(register, { sex: 'female', age: wifeAge, family: familyName(chance) })
  if (kind === 'parents') return [husband, wife, ...children(register, { husband, wife, wifeAge, hasTwins })]
  if (kind === 'elderly' || chance.chance(0.5)) return [husband, wife]
  const age = Math.max(19, Math.min(wifeAge - 27, chance.between(19, 30)))
  return [husband, wife, enrol(register, { sex: chance.chance(0.5) ? 'male' : 'female', age, family: familyOf(husband) })]
}

interface Parents {
  readonly husband: Draft
  readonly wife: Draft
  readonly wifeAge: number
  readonly hasTwins: boolean
}

/** Brothers and sisters are at least two years apart, unless they are twins. A child's telephone is the guardian's. */
function children(register: Register, { husband, wife, wifeAge, hasTwins }: Parents): Draft[] {
  const { chance } = register
  const oldest = Math.max(1, Math.min(16, wifeAge - chance.between(27, 31)))
  const younger = chance.weighted([
    [0, 50],
    [1, 42],
    [2, 8],
  ])
  const gaps = Array.from({ length: younger }, () => chance.between(2, 4))
  const ages = gaps.reduce<readonly number[]>((list, gap) => [...list, (list.at(-1) ?? oldest) - gap], [oldest]).filter((age) => age >= 1)
  const [parent, relation] = chance.chance(0.7) ? ([wife, '모'] as const) : ([husband, '부'] as const)
  const guardian: Guardian = { number: parent.number, name: parent.name, relation, phone: parent.phone }
  const born = ages.map((age) => enrol(register, { sex: chance.chance(0.51) ? 'male' : 'female', age, family: familyOf(husband) }))
  const elder = born[0]
  if (hasTwins && elder !== undefined) {
    const sex: Sex = chance.chance(0.6) ? elder.gender : elder.gender === 'male' ? 'female' : 'male'
    const other = enrol(register, { sex, age: oldest, family: familyOf(husband) })
    born.push({ ...other, birthDate: elder.birthDate, twin: elder.number })
    elder.twin = other.number
  }
  return born.map((child) => ({ ...child, phone: guardian.phone, guardian }))
}

function familyOf({ name }: Draft): string {
  return name.slice(0, 1)
}

/** No two people share a name by accident, and none is called like somebody of the stories. */
function enrol(register: Register, { sex, age, family }: { sex: Sex; age: number; family: string }): Draft {
  const { chance, home, taken } = register
  const year = censusYear - age
  let name = family + givenName(chance, sex, year)
  while (taken.has(name)) name = family + givenName(chance, sex, year)
  taken.add(name)
  const number = register.next
  register.next += 1
  const birthDate = `${year}-${twoDigits(chance.between(1, 12))}-${twoDigits(chance.between(1, 28))}`
  return { number, name, gender: sex, birthDate, phone: `010-5501-${number}`, ...home }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

/** Two people of one name, the same sex and nearly one age; some of one birthday too. Never of one home, so that phone and address tell them apart. */
function makeNamesakes(chance: Random, people: Draft[]): void {
  const free = people.filter(({ guardian, birthDate, twin }) => guardian === undefined && twin === undefined && birthDate >= '1940')
  const isParent = (draft: Draft): boolean => people.some(({ guardian }) => guardian?.number === draft.number)
  for (let pair = 0; pair < namesakePairs; pair += 1) {
    const first = chance.pick(free.filter(({ namesake }) => namesake === undefined))
    const alike = free.filter(
      (each) =>
        each.namesake === undefined &&
        each.household !== first.household &&
        each.gender === first.gender &&
        Math.abs(Number(each.birthDate.slice(0, 4)) - Number(first.birthDate.slice(0, 4))) <= 6 &&
        !isParent(each) &&
        !isFatherOf(each, people),
    )
    const second = chance.pick(alike)
    second.name = first.name
    if (pair < namesakesOfOneDay) second.birthDate = first.birthDate
    first.namesake = second.number
    second.namesake = first.number
  }
}

/** Whose family name others carry keeps it. */
function isFatherOf({ household, number }: Draft, people: readonly Draft[]): boolean {
  return people.some((each) => each.household === household && each.number > number + 1)
}
