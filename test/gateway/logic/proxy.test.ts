import { describe, expect, test } from '@jest/globals'
import { system } from '../../../fhir-profiles/codes.ts'
import type { RelatedPerson } from '../../../fhir-profiles/r4.ts'
import { kindOf, standingOf, type StandingInput } from '../../../gateway/logic/proxy.ts'

const relation = (code: string, more: Partial<RelatedPerson> = {}): RelatedPerson => ({
  resourceType: 'RelatedPerson',
  patient: { reference: 'Patient/p' },
  relationship: [{ coding: [{ system: system.roleCode, code }] }],
  ...more,
})
const at = (text: string, more: Partial<StandingInput> = {}) =>
  standingOf({
    relations: [],
    birthDates: ['2012-03-02'],
    isDead: false,
    nowMs: Date.parse(text),
    zone: 'Asia/Seoul',
    ownConsentYears: 14,
    ...more,
  })

describe('who may act for somebody else, now', () => {
  test('a guardian until the last instant before the fourteenth birthday begins in Korea', () => {
    expect(at('2026-03-01T23:59:59.999+09:00')).toBe('reads-and-signs')
    expect(at('2026-03-02T00:00:00+09:00')).toBe('none')
    const verified = { relations: [relation('GUARD')] }
    expect(at('2026-03-01T23:59:59.999+09:00', verified)).toBe('reads-and-signs')
    expect(at('2026-03-02T00:00:00+09:00', verified)).toBe('none')
  })

  test('nobody, where the birth date is unknown, where institutions disagree or where no law row says who is a child', () => {
    const young = '2020-01-01T00:00:00+09:00'
    expect(at(young, { birthDates: [] })).toBe('none')
    expect(at(young, { birthDates: ['2012-03-02', '1990-03-02'] })).toBe('none')
    expect(at(young, { ownConsentYears: undefined })).toBe('none')
  })

  test.each([
    ['POWATT', 'reads-and-signs'],
    ['DELEGATEE', 'reads'],
    ['SPS', 'none'],
  ])('by a verified relation %s: %s, within its period and not a day longer', (code, standing) => {
    const relations = [relation(code, { period: { start: '2026-01-01', end: '2026-03-31' } })]
    const grown = { birthDates: ['1970-01-01'], relations }
    expect(at('2026-03-31T23:59:59+09:00', grown)).toBe(standing)
    for (const outside of ['2025-12-31T23:59:59+09:00', '2026-04-01T00:00:00+09:00']) expect(at(outside, grown)).toBe('none')
    expect(at('2026-03-01T00:00:00+09:00', { ...grown, isDead: true })).toBe('none')
    expect(at('2026-03-01T00:00:00+09:00', { ...grown, relations: relations.map((one) => ({ ...one, active: false })) })).toBe('none')
  })

  test('a relation that cannot be read opens nothing, and still ends what the sign-in vouched for', () => {
    const now = '2020-01-01T00:00:00+09:00'
    const unreadable = [
      relation('GUARD', { period: { end: 'some day' } }),
      relation('GUARD', { modifierExtension: [{ url: 'https://example.org/not' }] }),
      relation('GUARD', {
        relationship: [
          {
            coding: [
              { system: system.roleCode, code: 'GUARD' },
              { system: system.roleCode, code: 'X' },
            ],
          },
        ],
      }),
    ]
    for (const one of unreadable) expect(at(now, { relations: [one] })).toBe('none')
    expect(kindOf(relation('GUARD'))).toBe('guardian')
  })
})
