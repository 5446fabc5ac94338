import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { acutes } from '../../../adapters/sandbox/population/acute.ts'
import { ageOn, daysBetween } from '../../../adapters/sandbox/population/calendar.ts'
import type { Visit } from '../../../adapters/sandbox/population/care.ts'
import { chronic } from '../../../adapters/sandbox/population/conditions.ts'
import type { Chronic } from '../../../adapters/sandbox/population/conditions.ts'
import { drugs } from '../../../adapters/sandbox/population/drugs.ts'
import type { DrugName } from '../../../adapters/sandbox/population/drugs.ts'
import { namesakePairs, namesakesOfOneDay, peopleCount, twinPairs } from '../../../adapters/sandbox/population/people.ts'
import { population } from '../../../adapters/sandbox/population/population.ts'
import { sandboxPeople } from '../../../adapters/sandbox/people.ts'
import { chartText } from '../../support/charts.ts'
import {
  codes,
  isDiabetic,
  isDue,
  isKnownSugar,
  isOfStage,
  isOneStory,
  isPossible,
  isPressure,
  isSizeOf,
  isSumOfLipids,
  numberOf,
  results,
  sameFiltration,
  within,
} from '../../support/clinical-rules.ts'

const asOf = '2026-11-22'
const people = population(asOf)
const seen = people.flatMap((person) =>
  person.visits.map((visit) => ({ person, visit, age: ageOn(person.birthDate, visit.start.slice(0, 10)) })),
)
type Seen = (typeof seen)[number]
const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)

/** What breaks the rule, readable; empty when all hold it. */
function breaking(isKept: (each: Seen) => boolean): readonly string[] {
  return seen.filter((each) => !isKept(each)).map(({ person, visit }) => chartText({ ...person, visits: [visit] }))
}

describe('the same people every time', () => {
  test('one seed and one day give one population, to the byte', () => {
    expect(hash(people)).toBe('f49637dbec83aeac')
    expect(hash(population(asOf))).toBe(hash(people))
  })

  test('another seed gives other people', () => {
    expect(hash(population(asOf, 7))).not.toBe(hash(people))
  })

  test('on another day they are the same people with another year', () => {
    const later = population('2027-02-15')
    expect(later.map(({ name, birthDate, phone }) => [name, birthDate, phone])).toEqual(
      people.map(({ name, birthDate, phone }) => [name, birthDate, phone]),
    )
  })
})

describe('who they are', () => {
  test('there are 300 beside the nine of the stories, whose names nobody else has', () => {
    expect(people).toHaveLength(peopleCount)
    expect(people.map(({ number }) => number)).toEqual(Array.from({ length: 300 }, (_, at) => 1001 + at))
    expect(people.filter(({ name }) => sandboxPeople.some((story) => story.name === name))).toEqual([])
  })

  test('every way of belonging to the three institutions occurs', () => {
    const ways = Object.groupBy(people, ({ at }) => at.join('+'))
    expect(Object.fromEntries(Object.entries(ways).map(([way, list]) => [way, list?.length]))).toEqual({
      clinic: 144,
      'clinic+hospital': 65,
      'clinic+hospital+tertiary': 15,
      'clinic+tertiary': 34,
      hospital: 27,
      'hospital+tertiary': 11,
      tertiary: 4,
    })
  })

  test('four pairs of twins share birthday, home and guardian', () => {
    const twins = people.filter(({ twin }) => twin !== undefined)
    expect(twins).toHaveLength(twinPairs * 2)
    for (const one of twins) {
      const other = people.find(({ number }) => number === one.twin)
      expect([other?.birthDate, other?.household, other?.guardian?.number, other?.twin]).toEqual([
        one.birthDate,
        one.household,
        one.guardian?.number,
        one.number,
      ])
      expect(other?.name).not.toBe(one.name)
    }
  })

  test('eight pairs share a name, three of them the birthday too, and nobody else does', () => {
    const same = Object.values(Object.groupBy(people, ({ name }) => name)).filter((list) => (list?.length ?? 0) > 1)
    expect(same.map((list) => list?.length)).toEqual(Array.from({ length: namesakePairs }, () => 2))
    expect(same.filter((list) => list?.[0]?.birthDate === list?.[1]?.birthDate)).toHaveLength(namesakesOfOneDay)
    for (const [one, other] of same.map((list) => list ?? []))
      expect([one?.gender, one?.phone === other?.phone, one?.address === other?.address]).toEqual([other?.gender, false, false])
  })

  test('every minor has a grown-up guardian at home, and no grown-up has one', () => {
    for (const person of people) {
      const isMinor = ageOn(person.birthDate, asOf) < 18
      const guardian = people.find(({ number }) => number === person.guardian?.number)
      expect([person.number, guardian !== undefined]).toEqual([person.number, isMinor])
      if (guardian === undefined) continue
      expect(guardian.household).toBe(person.household)
      expect(ageOn(guardian.birthDate, person.birthDate)).toBeGreaterThan(20)
      expect([person.guardian?.name, person.guardian?.relation]).toEqual([guardian.name, guardian.gender === 'female' ? '모' : '부'])
    }
  })

  test('psychiatry, HIV and genetic tests are among the records', () => {
    const have = (isSuch: (visit: Visit) => boolean): number => people.filter(({ visits }) => visits.some(isSuch)).length
    expect(have((visit) => codes(visit).some((kcd) => /^F[0-9]/.test(kcd)))).toBeGreaterThanOrEqual(10)
    expect(have((visit) => codes(visit).some((kcd) => /^(B2[0-4]|Z21)/.test(kcd)))).toBe(4)
    expect(have(({ panels }) => panels.some(({ panel }) => panel === 'genes'))).toBeGreaterThanOrEqual(8)
  })
})

/** One row per rule a clinician would apply to every visit. */
const rules: readonly (readonly [title: string, isKept: (each: Seen) => boolean])[] = [
  [
    'a visit lies in the year, ends after it began, and before today',
    ({ visit }) => visit.start >= '2025-11-22' && visit.end > visit.start && visit.end.slice(0, 10) < asOf,
  ],
  ['nobody is seen before birth', ({ person, visit }) => visit.start.slice(0, 10) >= person.birthDate],
  ['there is a reason for every visit', ({ visit }) => visit.diagnoses.length > 0],
  [
    'doors are closed on Sundays, except the emergency room’s and the wards’',
    ({ visit }) => visit.kind !== 'outpatient' || new Date(`${visit.start.slice(0, 10)}T00:00:00Z`).getUTCDay() !== 0,
  ],
  ['KCD-8 codes have their form', ({ visit }) => codes(visit).every((kcd) => /^[A-Z]\d{2}(\.\d{1,2})?$/.test(kcd))],
  [
    'no man is pregnant, gives birth or has women’s illnesses',
    ({ person, visit }) => person.gender === 'female' || !codes(visit).some((kcd) => /^(O|Z34|C50|N30|M81\.0|Z80\.3)/.test(kcd)),
  ],
  [
    'no woman has a prostate',
    ({ person, visit }) => person.gender === 'male' || (!codes(visit).includes('N40') && numberOf(visit, 'PSA') === undefined),
  ],
  [
    'pregnancies are of women between 18 and 48',
    ({ visit, age }) => !codes(visit).some((kcd) => /^(O|Z34)/.test(kcd)) || (age >= 18 && age < 48),
  ],
  [
    'old people’s illnesses are not young people’s',
    ({ visit, age }) => age >= 35 || !codes(visit).some((kcd) => /^(I10|I20|I48|I50|I69|G30|J44|M17|M81|N40|C18|B02)/.test(kcd)),
  ],
  ['infants’ ears hurt, not grown-ups’', ({ visit, age }) => age < 10 || !codes(visit).includes('H66.9')],
  [
    'influenza goes round from November to May',
    ({ visit }) => !codes(visit).includes('J10.1') || ['11', '12', '01', '02', '03', '04', '05'].includes(visit.start.slice(5, 7)),
  ],
  [
    'influenza is confirmed by exactly one positive antigen',
    ({ visit }) => !codes(visit).includes('J10.1') || results(visit).filter(({ value }) => value === '양성').length === 1,
  ],
  [
    'every number is one a living body can have',
    ({ visit }) => results(visit).every(({ test, value }) => isPossible(test.possible, value)),
  ],
  [
    'every result has the decimals and the unit its laboratory prints',
    ({ visit }) =>
      results(visit).every(
        ({ test, value }) =>
          (test.unit === '') === Number.isNaN(Number(value.replace('<', ''))) &&
          (test.unit === '' || (value.split('.')[1] ?? '').length === (value.startsWith('<') ? 0 : test.digits)),
      ),
  ],
  ['haematocrit is three times haemoglobin', ({ visit }) => within(numberOf(visit, 'HCT'), numberOf(visit, 'HB'), 2.8, 3.2)],
  [
    'red cells, haemoglobin and haematocrit give a possible cell volume',
    ({ visit }) => within(numberOf(visit, 'HCT'), numberOf(visit, 'RBC'), 6.9, 10.2),
  ],
  ['eGFR is that of creatinine, age and sex', ({ person, visit, age }) => sameFiltration(person, visit, age)],
  ['a stage 3 kidney has an eGFR between 30 and 59, a healthy one more', ({ person, visit }) => isOfStage(person, visit)],
  ['total cholesterol is the sum of its parts', ({ visit }) => isSumOfLipids(visit)],
  ['fasting glucose and HbA1c tell the same story', ({ visit }) => isOneStory(numberOf(visit, 'GLU'), numberOf(visit, 'A1C'))],
  ['HbA1c is high in diabetics from the day it is known, and in nobody else', ({ person, visit }) => isKnownSugar(person, visit)],
  ['blood pressures are pressures', ({ visit }) => isPressure(visit.vitals.pressure)],
  ['heights and weights fit the age', ({ visit, age }) => isSizeOf(visit, age)],
  [
    'temperatures are those of the living, and high in influenza',
    ({ visit }) =>
      visit.vitals.celsius === undefined ||
      (visit.vitals.celsius >= 36 && visit.vitals.celsius <= 40 && (!codes(visit).includes('J10.1') || visit.vitals.celsius >= 38)),
  ],
  [
    'every drug is for a diagnosis of the day',
    ({ visit }) => visit.prescriptions.every(({ drug }) => codes(visit).some((kcd) => indications.get(kcd)?.has(drug.local) === true)),
  ],
  [
    'nobody gets a drug meant for another age',
    ({ visit, age }) => visit.prescriptions.every(({ drug }) => Math.floor(age) >= drug.fromAge && Math.floor(age) <= drug.untilAge),
  ],
  [
    'a child’s dose follows the weight',
    ({ visit }) =>
      visit.prescriptions.every(
        ({ drug, dose }) =>
          drug.perKg === undefined ||
          Math.abs(dose - Math.min(drug.perKg.most, Math.max(1, drug.perKg.dose * (visit.vitals.weightKg ?? 0)))) <= 0.6,
      ),
  ],
  [
    'nobody gets what they are allergic to',
    ({ person, visit }) =>
      visit.prescriptions.every(({ drug }) => !person.allergies.some(({ atc }) => atc !== undefined && drug.atc.startsWith(atc))),
  ],
  [
    'no drug twice in one prescription, no endless one',
    ({ visit }) =>
      new Set(visit.prescriptions.map(({ drug }) => drug.local)).size === visit.prescriptions.length &&
      visit.prescriptions.every(({ days }) => days >= 1 && days <= 112),
  ],
  [
    'a sick kidney gets no metformin and no anti-inflammatory painkiller',
    ({ person, visit }) =>
      !person.visits.some((each) => codes(each).includes('N18.3') && each.start <= visit.start) ||
      !visit.prescriptions.some(({ drug }) => ['MET500', 'CEL200', 'LOX60'].includes(drug.local)),
  ],
  [
    'drugs carry EDI-shaped and ATC codes',
    ({ visit }) => visit.prescriptions.every(({ drug }) => /^\d{9}$/.test(drug.edi) && /^[A-Z]\d{2}[A-Z]{2}(\d{2})?$/.test(drug.atc)),
  ],
  [
    'a ward is left on another day than it is entered',
    ({ visit }) => visit.kind !== 'inpatient' || visit.end.slice(0, 10) > visit.start.slice(0, 10),
  ],
  [
    'vaccines are for those they are for',
    ({ person, visit, age }) => visit.vaccinations.every(({ code }) => isDue(code, age, person.gender)),
  ],
]

test.each(rules)('in every chart: %s', (_, isKept) => {
  expect(breaking(isKept).slice(0, 3)).toEqual([])
})

/** by KCD, the local codes of what the clinical tables give for it */
const indications = new Map<string, Set<string>>()
for (const { kcd, regimens } of Object.values<Chronic>(chronic)) note(kcd, regimens.flat())
for (const { kcd, adult, child = [] } of acutes) note(kcd, [...adult.flat(), ...child.flat()])
note('O80.9', ['iron'])

function note(kcd: string, names: readonly DrugName[]): void {
  indications.set(kcd, new Set([...(indications.get(kcd) ?? []), ...names.map((name) => drugs[name].local)]))
}

test('under treatment a high HbA1c falls within four months', () => {
  const courses = people.filter(isDiabetic).map(({ visits }) =>
    visits.flatMap((visit) => {
      const hba1c = numberOf(visit, 'A1C')
      return hba1c === undefined ? [] : [{ hba1c, day: visit.start.slice(0, 10) }]
    }),
  )
  const high = courses.flatMap(([first, ...rest]) => {
    const later = rest.find(({ day }) => first !== undefined && daysBetween(first.day, day) >= 120)
    return first !== undefined && first.hba1c >= 8 && later !== undefined ? [{ from: first.hba1c, to: later.hba1c }] : []
  })
  expect(high.length).toBeGreaterThan(0)
  expect(high.filter(({ from, to }) => to > from - 0.3)).toEqual([])
})

test('hypertension and diabetes come with age', () => {
  const share = (kcd: string, from: number, until: number): number => {
    const group = people.filter(({ birthDate }) => ageOn(birthDate, asOf) >= from && ageOn(birthDate, asOf) < until)
    return group.filter(({ visits }) => visits.some((visit) => codes(visit).includes(kcd))).length / group.length
  }
  for (const kcd of ['I10.9', 'E11.9']) {
    expect(share(kcd, 0, 35)).toBe(0)
    expect(share(kcd, 65, 100)).toBeGreaterThan(share(kcd, 35, 55))
  }
})

test('nobody is in two places at once', () => {
  for (const { visits } of people) {
    for (const [at, visit] of visits.entries()) {
      const later = visits[at + 1]
      if (later !== undefined) expect(later.start >= visit.end).toBe(true)
    }
  }
})
