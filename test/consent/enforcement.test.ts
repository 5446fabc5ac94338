/** What became of a consent: the officer sees at a glance which are enforced, and why the others are not. */
import { describe, expect, test } from '@jest/globals'
import { compile } from '../../consent/compile.ts'
import { enforcementOf } from '../../consent/enforcement.ts'
import { replacedIn, whyNotReplaceable } from '../../consent/replaces.ts'
import { extension, system } from '../../fhir-profiles/codes.ts'
import type { Consent } from '../../fhir-profiles/r4.ts'
import { at, consent, directory, input, networkConsent, now, organization, purposes, source } from './support/builders.ts'

const replacing = (id: string, more: Partial<Consent> = {}): Consent =>
  consent({}, { id: 'newer', extension: [{ url: extension.replaces, valueReference: { reference: `Consent/${id}` } }], ...more })

function statusOf(one: Consent, others: readonly Consent[] = [], nowMs = now, more = {}) {
  const { rows, unreadable } = compile(one, input(more))
  const written = others.map((other) => ({ id: other.id ?? '', consent: other }))
  return enforcementOf({ id: one.id ?? '', consent: one, rows, unreadable }, written, nowMs)
}

const strange = { type: 'deny', purpose: [{ system: 'https://example.org/own', code: 'x' }] } as const

describe('the enforcement status', () => {
  test.each([
    ['an active consent that is read whole is enforced', networkConsent(), 'enforced'],
    ['a root that is lost is over-refused', consent({}, { implicitRules: 'https://example.org/rules' }), 'over-refused'],
    ['an exception that is lost is over-refused', networkConsent({ ...strange, purpose: [...strange.purpose] }), 'over-refused'],
    [
      'an ended one is expired, read or not',
      consent({ period: { end: '2025' }, provision: [{ ...strange, purpose: [...strange.purpose] }] }),
      'expired',
    ],
    ['one of next year is not yet in force', consent({ period: { start: '2027' } }), 'not-yet-in-force'],
    ['a draft is a draft', consent({}, { status: 'draft' }), 'draft'],
    ['an ended one that nothing replaced was withdrawn', consent({}, { status: 'inactive' }), 'withdrawn'],
    ['one entered in error is void', consent({}, { status: 'entered-in-error' }), 'void'],
    ['a permit nobody confirmed is unverified', consent({}, { verification: [{ verified: false }] }), 'unverified'],
    ['a refusal nobody confirmed is enforced', consent({ type: 'deny' }, { verification: [{ verified: false }] }), 'enforced'],
    [
      'a research consent says nothing about care',
      consent({}, { scope: { coding: [{ system: system.consentScope, code: 'research' }] } }),
      'not-about-privacy',
    ],
  ] as const)('%s', (_title, one, status) => {
    expect(statusOf(one)).toEqual({ status, by: undefined })
  })

  test('one that an active consent names is superseded by it; a draft that names it replaced nothing', () => {
    const ended = consent({}, { status: 'inactive' })
    expect(statusOf(ended, [replacing('consent-1')])).toEqual({ status: 'superseded', by: 'newer' })
    expect(statusOf(ended, [replacing('consent-1', { status: 'draft' })])).toEqual({ status: 'withdrawn', by: undefined })
  })

  test('a guardian’s permit expires on the fourteenth birthday, though its refusals stay', () => {
    const one = networkConsent({ type: 'deny', actor: [source(organization('tertiary'))] })
    const guarded = { signedByGuardian: true, birthDate: '2018-06-09' }
    expect(statusOf(one, [], at('2032-06-08T23:00:00+09:00'), guarded).status).toBe('enforced')
    expect(statusOf(one, [], at('2032-06-09T00:00:00+09:00'), guarded).status).toBe('expired')
  })
})

describe('a consent takes the place of another', () => {
  const older = consent({}, { id: 'older' })
  test.each([
    ['of the same controller, scope and subject', replacing('older'), older, undefined],
    ['only when it is active', replacing('older', { status: 'draft' }), older, 'only an active consent takes the place of another'],
    ['only of an active one', replacing('older'), { ...older, status: 'inactive' as const }, 'the consent named is not active'],
    [
      'not of another controller',
      replacing('older'),
      { ...older, organization: [organization('clinic')] },
      'the consent named has another controller',
    ],
    [
      'not of another scope',
      replacing('older'),
      { ...older, scope: { coding: [{ system: system.consentScope, code: 'research' }] } },
      'the consent named has another scope',
    ],
    [
      'not a consent for one referral',
      replacing('older'),
      consent({ data: [{ meaning: 'related', reference: { reference: 'ServiceRequest/a' } }] }, { id: 'older' }),
      'the consent named is about something else',
    ],
    [
      'whatever else it says',
      { ...replacing('older'), provision: { type: 'deny' as const, purpose: purposes('TREAT') } },
      older,
      undefined,
    ],
  ])('%s', (_title, newer, old, why) => {
    expect(whyNotReplaceable(newer, old, directory)).toBe(why)
  })

  test('by naming it literally, and never itself', () => {
    const named = (reference: string) =>
      replacedIn(replacing('x', { extension: [{ url: extension.replaces, valueReference: { reference } }] }))
    expect(named('Consent/older')).toEqual([{ id: 'older' }])
    expect(
      [...named('Consent/newer'), ...named('https://example.org/Consent/older'), ...named('Patient/p')].every((each) => 'fault' in each),
    ).toBe(true)
  })
})
