import { describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { agreements } from '../../../adapters/sandbox/population/agreements.ts'
import { ageOn } from '../../../adapters/sandbox/population/calendar.ts'
import type { Visit } from '../../../adapters/sandbox/population/care.ts'
import { population } from '../../../adapters/sandbox/population/population.ts'
import { chosenCast, generatedCasts } from '../../../bin/demo/cast.ts'

const asOf = '2026-11-22'
const people = population(asOf)
const all = agreements(people, asOf)
const told = all.map((agreement) => {
  const person = people.find(({ number }) => number === agreement.number)
  if (person === undefined) throw new Error('an agreement belongs to nobody')
  return { ...agreement, person, age: ageOn(person.birthDate, asOf) }
})

describe('the same data from the same seed, in whatever process', () => {
  const printed = async (seed: number): Promise<string> => {
    const script = new URL('population-hash.ts', import.meta.url).pathname
    const flags = ['--disable-warning=ExperimentalWarning', script, asOf, String(seed)]
    return (await promisify(execFile)(process.execPath, flags)).stdout
  }

  test('two processes tell the same people, visits, consents and referrals to the byte; another seed tells others', async () => {
    const [one, again, other] = await Promise.all([printed(1), printed(1), printed(2)])
    expect(one).toMatch(/^[0-9a-f]{64} [0-9a-f]{64} [0-9a-f]{64}\n$/)
    expect(again).toBe(one)
    const parts = other.trim().split(' ')
    expect(
      one
        .trim()
        .split(' ')
        .filter((part) => parts.includes(part)),
    ).toEqual([])
  })
})

describe('what the generated people agreed to', () => {
  test('everybody has one story, and every story has somebody who can play it', () => {
    expect(all.map(({ number }) => number)).toEqual(people.map(({ number }) => number))
    const [casts, again] = [generatedCasts(asOf), generatedCasts(asOf)]
    for (const story of [1, 2, 3, 4, 5, 6, 7, 9]) {
      expect([story, casts.filter((each) => each.story === story).length >= 3]).toEqual([story, true])
      expect(chosenCast(casts, story)).toEqual(chosenCast(again, story))
    }
    expect(chosenCast(casts, 1).patient.at).toEqual(['clinic', 'hospital', 'tertiary'])
  })

  test('referrals go between every two institutions, both ways, and some are open, accepted, completed and rejected', () => {
    const ways = told.flatMap(({ story, referral }) =>
      story === 1 && referral !== undefined ? [`${referral.from} ${referral.to} ${referral.end}`] : [],
    )
    expect(new Set(ways).size).toBe(24)
  })

  test('a guardian signs below fourteen and nobody else does', () => {
    for (const { consent, age, person } of told)
      if (consent !== undefined) expect([person.number, consent.by === 'guardian']).toEqual([person.number, age < 14])
  })

  test('whoever denies psychiatry was seen there at the hospital; whoever is directed or unconscious signed nothing else', () => {
    for (const { story, consent, person } of told) {
      const isPsychiatric = person.visits.some((visit) => visit.place === 'hospital' && visit.department === '03')
      if (consent?.but === 'psychiatry') expect([person.number, isPsychiatric]).toEqual([person.number, true])
      if (story === 6 || story === 9 || story === 2) expect(consent).toBeUndefined()
    }
  })

  test('the sender has seen the patient for what it refers for, and the receiver knows the patient', () => {
    for (const { referral, person } of told) {
      if (referral === undefined) continue
      const codes = person.visits.filter(({ place }) => place === referral.from).flatMap(({ diagnoses }) => diagnoses.map(({ kcd }) => kcd))
      expect(codes).toContain(referral.kcd)
      expect([person.at.includes(referral.to), referral.from === referral.to]).toEqual([true, false])
    }
  })

  test('no letter names what the patient may want kept apart', () => {
    const isApart = ({ department, diagnoses }: Visit): boolean =>
      department === '03' || diagnoses.some(({ sensitive }) => sensitive !== undefined)
    for (const { referral, person } of told) {
      const apart = person.visits.filter(isApart)
      const plain = new Set(
        person.visits.filter((visit) => !isApart(visit)).flatMap(({ prescriptions }) => prescriptions.map(({ drug }) => drug.product)),
      )
      const drugs = apart
        .flatMap(({ prescriptions }) => prescriptions.map(({ drug }) => drug.product))
        .filter((product) => !plain.has(product))
      const names = apart.flatMap(({ diagnoses }) => diagnoses.flatMap(({ sensitive, name }) => (sensitive === undefined ? [] : [name])))
      for (const word of [...drugs, ...names]) expect(`${referral?.reason} ${referral?.note} ${referral?.answer}`).not.toContain(word)
    }
  })
})

const codes = new URL('../../../../shared/kr-core/codes.csv', import.meta.url)
const hasShared = existsSync(codes)
;(hasShared ? describe : describe.skip)(`codes of KR Core${hasShared ? '' : ' (skipped: ../shared absent)'}`, () => {
  const known = (system: string): ReadonlySet<string> => {
    const rows = readFileSync(codes, 'utf8')
      .split('\n')
      .map((row) => row.split(','))
    return new Set(rows.flatMap(([from, code]) => (from?.endsWith(`/${system}`) === true && code !== undefined ? [code] : [])))
  }

  test('every department and every vaccine is one of the national lists', () => {
    const departments = known('hira-medical-department')
    const vaccines = known('krcore-vcnt-types')
    expect([departments.size > 50, vaccines.size > 40]).toEqual([true, true])
    const visits = people.flatMap((person) => person.visits)
    expect(visits.filter(({ department }) => !departments.has(department))).toEqual([])
    expect(told.flatMap(({ referral }) => referral?.department ?? []).filter((code) => !departments.has(code))).toEqual([])
    expect(visits.flatMap(({ vaccinations }) => vaccinations).filter(({ code }) => !vaccines.has(code))).toEqual([])
  })
})
