import { describe, expect, test } from '@jest/globals'
import type { Patient } from '../../../fhir-profiles/r4.ts'
import { compare, demographics } from '../../../gateway/logic/match.ts'
import type { Demographics } from '../../../gateway/logic/match.ts'

/** A fixed sequence (Park–Miller), so that every run sees the same people. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647
    return state % sides
  }
}

interface Known {
  readonly person: number
  readonly patient: Patient
}

const families = ['김', '이', '박', '최', '정', '강']
const givens = ['민준', '서연', '도윤', '지우', '하늘', '서준', '지호', '예은']
const pad = (number: number): string => String(number).padStart(2, '0')
const pick = (from: readonly string[], roll: (sides: number) => number): string => from[roll(from.length)] ?? ''

/** Households: two parents, twins of one or two sexes, one phone for all the children, one address. Few names, so many namesakes. */
function households(count: number): Known[] {
  const roll = dice(20_260_301)
  return Array.from({ length: count }, (_, house) => {
    const family = pick(families, roll)
    const [phone, address] = [`010-${2000 + house}-${1000 + roll(9000)}`, `경기도 수원시 팔달구 향교로 ${house + 1}`]
    const birth = `${2010 + roll(4)}-${pad(1 + roll(12))}-${pad(1 + roll(28))}`
    const twin = pick(givens, roll)
    const others = givens.filter((given) => given !== twin)
    const people = [
      {
        name: family + pick(givens, roll),
        birthDate: `${1980 + roll(3)}-${pad(1 + roll(2))}-${pad(1 + roll(28))}`,
        gender: 'male' as const,
      },
      {
        name: pick(families, roll) + pick(givens, roll),
        birthDate: `${1980 + roll(3)}-${pad(1 + roll(2))}-${pad(1 + roll(28))}`,
        gender: 'female' as const,
      },
      { name: family + twin, birthDate: birth, gender: 'female' as const },
      { name: family + pick(others, roll), birthDate: birth, gender: roll(2) === 0 ? ('male' as const) : ('female' as const) },
    ]
    return people.map(({ name, birthDate, gender }, place) => ({
      person: house * 4 + place,
      patient: {
        resourceType: 'Patient' as const,
        name: [{ text: name }],
        birthDate,
        gender,
        telecom: [{ system: 'phone' as const, value: place < 2 ? `010-${5000 + house}-${1000 + place * 4000 + roll(4000)}` : phone }],
        address: [{ text: address }],
      },
    }))
  }).flat()
}

/** The same person as another institution wrote it down: mostly alike, sometimes moved, renumbered, mistyped or half known. */
function again({ person, patient }: Known, roll: (sides: number) => number): Known {
  const changes: readonly Partial<Patient>[] = [
    {},
    {},
    {},
    { telecom: [{ system: 'phone', value: `+82 10-9${pad(person % 100)}0-${1000 + roll(9000)}` }] },
    { address: [{ text: `서울특별시 중구 세종대로 ${1 + roll(300)}` }] },
    { birthDate: `${patient.birthDate?.slice(0, 8)}${pad(1 + roll(28))}` },
    { telecom: [] },
    { name: [{ text: (patient.name?.[0]?.text ?? '').split('').join(' ') }] },
    { name: [{ text: `${patient.name?.[0]?.text?.slice(0, 2)}${pick(['우', '연', '준'], roll)}` }] },
  ]
  return { person, patient: { ...patient, ...changes[roll(changes.length)] } }
}

describe('600 people in 150 households, written down twice', () => {
  const roll = dice(7)
  const first = households(150)
  const second = first.map((known) => again(known, roll))
  const read = ({ person, patient }: Known): { person: number; demographics: Demographics } => ({
    person,
    demographics: demographics(patient),
  })
  const [left, right] = [first.map(read), second.map(read)]
  const pairs = left.flatMap((a) =>
    right.map((b) => ({ same: a.person === b.person, grade: compare(a.demographics, b.demographics).grade })),
  )

  test('not one of 360,000 pairs is merged that should not be', () => {
    expect(pairs.filter(({ same, grade }) => !same && grade === 'certain')).toEqual([])
  })

  test('no twin, namesake or changed record is lost in silence: at least 97 of 100 are merged or asked about', () => {
    const own = pairs.filter(({ same }) => same)
    expect(own.filter(({ grade }) => grade !== 'none').length / own.length).toBeGreaterThan(0.97)
  })

  test('at least 70 of 100 need no person to decide, and fewer than 1 pair in 500 of strangers asks for one', () => {
    const [own, strangers] = [pairs.filter(({ same }) => same), pairs.filter(({ same }) => !same)]
    expect(own.filter(({ grade }) => grade === 'certain').length / own.length).toBeGreaterThan(0.7)
    expect(strangers.filter(({ grade }) => grade === 'possible').length / strangers.length).toBeLessThan(0.002)
  })
})
