/**
 * What the generated people agreed to, and who is referred where: every story of the nine is some of theirs too. A pure function of the seed
 * and the year of care; the EMRs and the network hear of it through their own doors (`bin/sandbox/population-stories.ts`).
 */
import { ageOn } from './calendar.ts'
import type { Patient, Visit } from './care.ts'
import type { Place } from './conditions.ts'
import { referralOf, type Referral } from './letters.ts'
import { populationSeed } from './population.ts'
import { random } from './random.ts'

/** 7 is told of two people, so there is no 8 here */
export type StoryNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 9

export interface Agreement {
  readonly number: number
  readonly story: StoryNumber
  /** consent to the network; absent: none (story 6 brings a directed one inside its referral) */
  readonly consent?: { readonly but: 'nothing' | 'tertiary' | 'psychiatry'; readonly by: 'patient' | 'guardian' }
  readonly referral?: Referral
  /** at the university hospital now */
  readonly present?: 'outpatient' | 'emergency'
}

/** the age from which a minor consents alone, as `consent/law` has it */
const ownConsentYears = 14

const pairs: readonly (readonly [from: Place, to: Place])[] = [
  ['clinic', 'tertiary'],
  ['tertiary', 'clinic'],
  ['clinic', 'hospital'],
  ['hospital', 'clinic'],
  ['hospital', 'tertiary'],
  ['tertiary', 'hospital'],
]

/** One for each of `people`, in their order. */
export function agreements(people: readonly Patient[], asOf: string, seed: number = populationSeed): readonly Agreement[] {
  const chosen = new Map<number, Agreement>()
  const pool = shuffled(people, seed)
  const town: Town = {
    asOf,
    take: (isFit, count) => pool.filter((person) => !chosen.has(person.number) && isFit(person)).slice(0, count),
    agree: (person, rest) => void chosen.set(person.number, { number: person.number, ...rest }),
  }
  twoOfOneName(town, people)
  psychiatryDenied(town)
  tertiaryDenied(town)
  referred(town)
  directed(town)
  present(town)
  children(town)
  everybodyElse(town, seed)
  return people.flatMap(({ number }) => chosen.get(number) ?? [])
}

interface Town {
  readonly asOf: string
  /** so many of those who have no story yet */
  readonly take: (isFit: (person: Patient) => boolean, count: number) => readonly Patient[]
  readonly agree: (person: Patient, rest: Omit<Agreement, 'number'>) => void
}

/** Those known to all three institutions first: their stories show the most. */
function shuffled(people: readonly Patient[], seed: number): readonly Patient[] {
  const chance = random(seed, 'agreements')
  return people
    .map((person) => ({ person, place: chance.next() - person.at.length }))
    .sort((a, b) => a.place - b.place)
    .map(({ person }) => person)
}

const network = { but: 'nothing', by: 'patient' } as const

function twoOfOneName({ agree }: Town, people: readonly Patient[]): void {
  for (const person of people) {
    const other = people.find(({ number }) => number === person.namesake)
    if (other?.birthDate === person.birthDate) agree(person, { story: 7 })
  }
}

function psychiatryDenied({ asOf, take, agree }: Town): void {
  const isFit = (person: Patient): boolean =>
    isGrown(person, asOf) && person.at.length > 1 && person.visits.some((visit) => visit.place === 'hospital' && visit.department === '03')
  for (const person of take(isFit, 8)) {
    const from = person.at.includes('clinic') ? 'clinic' : 'tertiary'
    const referral = referralOf(person, { from, to: 'hospital', end: 'open', isSigned: false })
    if (referral !== undefined) agree(person, { story: 4, consent: { but: 'psychiatry', by: 'patient' }, referral })
  }
}

function tertiaryDenied({ asOf, take, agree }: Town): void {
  for (const person of take((each) => isGrown(each, asOf) && each.at.length === 3 && isReferable(each, 'clinic'), 3)) {
    const referral = referralOf(person, { from: 'clinic', to: 'hospital', end: 'open', isSigned: false })
    if (referral !== undefined) agree(person, { story: 3, consent: { but: 'tertiary', by: 'patient' }, referral, present: 'outpatient' })
  }
}

/** Between every two institutions, both ways, in every state. */
function referred({ asOf, take, agree }: Town): void {
  for (const end of ['open', 'accepted', 'completed', 'rejected'] as const) {
    for (const [from, to] of pairs) {
      for (const person of take((each) => isGrown(each, asOf) && isBetween(each, from, to), 1)) {
        const referral = referralOf(person, { from, to, end, isSigned: false })
        if (referral !== undefined) agree(person, { story: 1, consent: network, referral })
      }
    }
  }
}

function directed({ asOf, take, agree }: Town): void {
  for (const to of ['tertiary', 'hospital'] as const) {
    for (const person of take((each) => isGrown(each, asOf) && isBetween(each, 'clinic', to), 3)) {
      const referral = referralOf(person, { from: 'clinic', to, end: 'open', isSigned: true })
      if (referral !== undefined) agree(person, { story: 6, referral })
    }
  }
}

/** Being treated now, without a consent: some walked in, some were brought in. */
function present({ asOf, take, agree }: Town): void {
  const isFit = (person: Patient): boolean => isGrown(person, asOf) && person.at.includes('tertiary') && person.at.length > 1
  for (const person of take(isFit, 3)) agree(person, { story: 2, present: 'outpatient' })
  for (const person of take(isFit, 3)) agree(person, { story: 9, present: 'emergency' })
}

/** Below fourteen the guardian signs; from then on they do. */
function children({ asOf, take, agree }: Town): void {
  const isFit = ({ guardian, birthDate, at }: Patient): boolean =>
    guardian !== undefined && ageOn(birthDate, asOf) < ownConsentYears - 1 && at.length > 1
  for (const [at, person] of take(isFit, 9).entries()) {
    const [first, second] = person.at
    const [from, to] = at % 3 === 2 ? [second, first] : [first, second]
    if (from === undefined || to === undefined) continue
    const referral = at < 6 ? referralOf(person, { from, to, end: 'open', isSigned: false }) : undefined
    agree(person, { story: 5, consent: { but: 'nothing', by: 'guardian' }, ...(referral === undefined ? {} : { referral }) })
  }
}

/** About half of the others have signed already. */
function everybodyElse({ asOf, take, agree }: Town, seed: number): void {
  for (const person of take(() => true, Number.POSITIVE_INFINITY)) {
    const hasSigned = random(seed, `signed/${person.number}`).chance(0.55)
    const isChild = person.guardian !== undefined && ageOn(person.birthDate, asOf) < ownConsentYears
    if (!hasSigned) agree(person, { story: 2 })
    else agree(person, isChild ? { story: 5, consent: { but: 'nothing', by: 'guardian' } } : { story: 1, consent: network })
  }
}

function isGrown({ guardian, birthDate }: Patient, asOf: string): boolean {
  return guardian === undefined && ageOn(birthDate, asOf) >= 19
}

/** Known to both; of the sender's there is something to refer for. 의료급여 has steps of its own, so these are not among them. */
function isBetween(person: Patient, from: Place, to: Place): boolean {
  return person.payer === '4' && person.at.includes(to) && isReferable(person, from)
}

function isReferable({ visits }: Patient, from: Place): boolean {
  const isSuch = ({ place, diagnoses, department }: Visit): boolean =>
    place === from &&
    department !== '03' &&
    diagnoses.some(({ status }) => status === 'active') &&
    diagnoses.every(({ sensitive }) => sensitive === undefined)
  return visits.some(isSuch)
}
