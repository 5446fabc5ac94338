import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { route } from '../../../gateway/logic/route.ts'
import type { Institution, RouteRequest } from '../../../gateway/logic/route.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

const clinic: Institution = { id: 'clinic', type: '31', departments: ['01'] }
const hospital: Institution = { id: 'hospital', type: '11', departments: ['01', '03', '05'] }
const tertiary: Institution = { id: 'tertiary', type: '01', departments: ['01', '03', '05', '09'] }
const pharmacy: Institution = { id: 'pharmacy', type: '81', departments: ['05'] }
const network = [clinic, hospital, tertiary, pharmacy]

function request(changes: Partial<RouteRequest> = {}): RouteRequest {
  return { requester: clinic, wanted: { specialties: ['05'] }, payer: '4', at: '2026-03-01T09:00:00+09:00', grounds: [], ...changes }
}

const rules = (answer: ReturnType<typeof route>): string[] => answer.because.map((one) => one.rule)

const warned = (answer: ReturnType<typeof route>): string[] => answer.because.flatMap((one) => (one.isWarning === true ? [one.rule] : []))

describe('a clinic names the university hospital', () => {
  const named = (changes: Partial<RouteRequest> = {}) =>
    route(request({ wanted: { institution: 'tertiary', specialties: ['05'] }, ...changes }), network)

  test('health insurance: lawful, because the referral itself is the letter the second step needs', () => {
    expect(named()).toMatchObject({ kind: 'to', institution: 'tertiary' })
    expect(rules(named())).toEqual(['named-target', 'nhi-second-step-by-referral'])
  })

  test('medical aid: the second tier comes between; the referral goes with a warning that it may not be paid for', () => {
    expect(named({ payer: '5' })).toMatchObject({ kind: 'to', institution: 'tertiary' })
    expect(rules(named({ payer: '5' }))).toEqual(['named-target', 'medical-aid-three-tiers'])
    expect(warned(named({ payer: '5' }))).toEqual(['medical-aid-three-tiers'])
  })

  test('medical aid in an emergency: lawful, and the exemption is the reason', () => {
    expect(rules(named({ payer: '5', grounds: ['emergency'] }))).toEqual(['named-target', 'medical-aid-emergency-exempt'])
  })

  test('medical aid from a general hospital: lawful', () => {
    expect(rules(named({ payer: '5', requester: hospital }))).toEqual(['named-target', 'medical-aid-third-tier-by-referral'])
  })

  test('a referral without a payer is not stopped, and says by which rule it was judged', () => {
    expect(rules(named({ payer: undefined }))).toEqual(['named-target', 'payer-unstated', 'nhi-second-step-by-referral'])
  })

  test('veterans have no tier rule in the table', () => {
    expect(rules(named({ payer: '7' }))).toEqual(['named-target', 'no-tier-rule'])
  })

  test('a department the directory does not list is the doctor’s choice, with a remark', () => {
    const answer = route(request({ wanted: { institution: 'hospital', specialties: ['09'] } }), network)
    expect(answer).toMatchObject({ kind: 'to', institution: 'hospital' })
    expect(rules(answer)).toContain('specialty-not-listed')
  })

  test.each([
    ['itself', 'clinic', 'own-institution'],
    ['a stranger', 'elsewhere', 'not-a-member'],
    ['a pharmacy', 'pharmacy', 'not-a-destination'],
  ])('naming %s is refused', (_, institution, rule) => {
    const answer = route(request({ wanted: { institution, specialties: [] } }), network)
    expect(answer.kind).toBe('refused')
    expect(rules(answer)).toEqual([rule])
  })

  test('a day before the law, or an unreadable one, decides nothing', () => {
    expect(named({ at: '1999-01-01' }).kind).toBe('undecided')
    expect(rules(named({ at: 'soon' }))).toEqual(['no-rule-in-force'])
  })

  test('an institution type nobody knows is not guessed', () => {
    expect(named({ requester: { ...clinic, type: '99' } })).toMatchObject({ kind: 'undecided' })
  })
})

describe('who pays, and which step', () => {
  const institutions = { clinic, hospital, tertiary }
  // from, to, payer, exemption claimed → the rule told, and whether it is a warning
  test.each<
    [keyof typeof institutions, keyof typeof institutions, RouteRequest['payer'], RouteRequest['grounds'][number] | '', string, boolean]
  >([
    ['clinic', 'hospital', '4', '', 'nhi-first-step', false],
    ['clinic', 'tertiary', '4', '', 'nhi-second-step-by-referral', false],
    ['hospital', 'tertiary', '4', '', 'nhi-second-step-by-referral', false],
    ['tertiary', 'clinic', '4', '', 'nhi-first-step', false],
    ['clinic', 'tertiary', '4', 'dental', 'nhi-dental-exempt', false],
    ['clinic', 'tertiary', '4', 'haemophilia', 'nhi-haemophilia-exempt', false],
    ['clinic', 'tertiary', '4', 'rare-disease', 'nhi-second-step-by-referral', false],
    ['clinic', 'hospital', '5', '', 'medical-aid-second-tier-by-referral', false],
    ['hospital', 'tertiary', '5', '', 'medical-aid-third-tier-by-referral', false],
    ['clinic', 'tertiary', '5', '', 'medical-aid-three-tiers', true],
    ['clinic', 'tertiary', '5', 'emergency', 'medical-aid-emergency-exempt', false],
    ['clinic', 'tertiary', '5', 'childbirth', 'medical-aid-childbirth-exempt', false],
    ['clinic', 'tertiary', '5', 'rare-disease', 'medical-aid-rare-disease-exempt', false],
    ['clinic', 'tertiary', '5', 'own-staff', 'medical-aid-own-staff-exempt', false],
    ['clinic', 'tertiary', '5', 'family-medicine', 'medical-aid-three-tiers', true],
    ['tertiary', 'hospital', '5', '', 'medical-aid-return', false],
    ['tertiary', 'clinic', '5', '', 'medical-aid-first-tier', false],
    ['clinic', 'tertiary', '7', '', 'no-tier-rule', false],
    ['clinic', 'tertiary', '9', '', 'no-tier-rule', false],
  ])('%s → %s, payer %s %s: %s', (from, to, payer, ground, rule, isWarning) => {
    const answer = route(
      request({
        requester: institutions[from],
        wanted: { institution: to, specialties: [] },
        payer,
        grounds: ground === '' ? [] : [ground],
      }),
      network,
    )
    expect(answer).toMatchObject({ kind: 'to', institution: to })
    expect(rules(answer)).toEqual(['named-target', rule])
    expect(warned(answer)).toEqual(isWarning ? [rule] : [])
  })
})

describe('a clinic asks for a specialty', () => {
  test('the nearest tier that has it is chosen: the general hospital before the university hospital', () => {
    expect(route(request(), network)).toMatchObject({ kind: 'to', institution: 'hospital' })
    expect(rules(route(request(), network))[0]).toBe('nearest-tier')
  })

  test('only the university hospital has it', () => {
    expect(route(request({ wanted: { specialties: ['09'] } }), network)).toMatchObject({ kind: 'to', institution: 'tertiary' })
  })

  test('medical aid and only the third tier has it: refused with the rule, not sent elsewhere in silence', () => {
    const answer = route(request({ wanted: { specialties: ['09'] }, payer: '5' }), network)
    expect(answer.kind).toBe('refused')
    expect(rules(answer)).toEqual(['medical-aid-three-tiers'])
  })

  test('nobody has it, or nothing was asked: a person decides', () => {
    expect(rules(route(request({ wanted: { specialties: ['77'] } }), network))).toEqual(['no-such-specialty'])
    expect(rules(route(request({ wanted: { specialties: [] } }), network))).toEqual(['nothing-wanted'])
  })

  test('department `1` is not department `01`', () => {
    expect(route(request({ wanted: { specialties: ['5'] } }), network).kind).toBe('undecided')
  })

  test('the order in which institutions are listed never matters, and ties go by id', () => {
    const twins = [...network, { id: 'hospital-b', type: '11', departments: ['05'] }]
    fc.assert(
      fc.property(fc.shuffledSubarray(twins, { minLength: twins.length }), (shuffled) => {
        expect(route(request(), shuffled)).toMatchObject({ institution: 'hospital' })
      }),
    )
  })

  test('every answer says why in Korean and English', () => {
    for (const payer of ['4', '5', '7', '9', undefined] as const) {
      for (const specialties of [[], ['05'], ['09'], ['77']]) {
        for (const { rule, ko, en } of route(request({ payer, wanted: { specialties } }), network).because) {
          expect([rule.length, ko.length, en.length].every((length) => length > 0)).toBe(true)
        }
      }
    }
  })
})
