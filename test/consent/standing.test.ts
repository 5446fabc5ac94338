/** What of a consent outside its rules decides, in which words it is found fault with, and the life of a consent. */
import { describe, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import type { Consent, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { baseTypeOf } from '../../consent/base-type.ts'
import { compile } from '../../consent/compile.ts'
import { controllerOf, isUnverified, scopeOf, standingOf, verificationFaultsOf, wholeFaultsOf } from '../../consent/deciding.ts'
import { permitsBetweenInstitutions } from '../../consent/implicit.ts'
import { changeStatus } from '../../consent/lifecycle.ts'
import {
  at,
  actions,
  consent,
  department,
  directory,
  input,
  organization,
  practitioner,
  types,
  unknownModifier,
} from './support/builders.ts'

// what a client may send, not what the types allow
const odd = (provision: object) => provision as ConsentProvision

describe('the whole consent', () => {
  const typed = (overrides: object): Consent => ({ ...consent(), provision: {}, ...overrides })

  test('its base is the root type, else one known policy', () => {
    const policy = (...uris: readonly string[]) => ({ policy: uris.map((uri) => ({ uri })) })
    const rule = (...codes: readonly string[]) => ({ policyRule: { coding: codes.map((code) => ({ system: system.actCode, code })) } })
    const deny = 'https://profiles.ihe.net/ITI/PCF/Policy-deny'
    const codes = ['OPTIN', 'OPTINR', 'OPTOUT', 'OPTOUTE', 'EMRGONLY']
    expect(codes.map((code) => baseTypeOf(typed(rule(code))))).toEqual(['permit', 'permit', 'deny', 'deny', undefined])
    expect(baseTypeOf(typed(policy(deny)))).toBe('deny')
    expect(baseTypeOf(typed(policy('urn:x', deny)))).toBe('deny')
    expect(baseTypeOf(typed({ policy: [{ uri: deny, modifierExtension: [] }] }))).toBeUndefined()
    expect(baseTypeOf(typed({ policy: [{}] }))).toBeUndefined()
    expect(baseTypeOf(typed(rule('OPTIN', 'OPTINR')))).toBe('permit')
    expect(baseTypeOf(typed({ ...rule('OPTIN'), ...policy(deny) }))).toBeUndefined()
    expect(baseTypeOf(typed({ provision: { _type: {} }, ...rule('OPTIN') }))).toBeUndefined()
    expect(baseTypeOf(typed({ provision: { type: 'maybe' }, ...rule('OPTIN') }))).toBeUndefined()
    expect(baseTypeOf(typed({ provision: { type: 'deny' }, ...rule('OPTIN') }))).toBe('deny')
    expect(baseTypeOf(typed({ policyRule: { coding: [{ code: 'OPTIN' }, { system: system.actCode }] } }))).toBeUndefined()
    expect(baseTypeOf(typed({ provision: undefined, ...rule('OPTIN') }))).toBeUndefined()
  })

  test('its scope and status keep it out or in', () => {
    const scoped = (...codes: readonly string[]) =>
      typed({ scope: { coding: codes.map((code) => ({ system: system.consentScope, code })) } })
    expect(['patient-privacy', 'adr', 'research', 'treatment', 'x'].map((code) => scopeOf(scoped(code)))).toEqual([
      'privacy',
      'other',
      'other',
      'other',
      'unknown',
    ])
    expect(scopeOf(scoped('research', 'patient-privacy'))).toBe('privacy')
    expect([
      scopeOf(scoped('research', 'x')),
      scopeOf(scoped()),
      scopeOf(typed({ scope: undefined })),
      scopeOf(typed({ scope: {} })),
    ]).toEqual(Array(4).fill('unknown'))
    expect(scopeOf(typed({ scope: { coding: [{ system: 'urn:x', code: 'research' }] } }))).toBe('unknown')
    expect(
      ['active', 'draft', 'proposed', 'rejected', 'inactive', 'entered-in-error', 'x'].map((status) => standingOf(typed({ status }))),
    ).toEqual(['speaks', 'silent', 'silent', 'silent', 'silent', 'silent', 'speaks'])
    expect(standingOf(scoped('research'))).toBe('silent')
  })

  test('its controller is the network or one institution', () => {
    const of = (...organizations: readonly object[]) => controllerOf(typed({ organization: organizations }), directory)
    const [clinic, network, nobody] = [organization('clinic'), organization('network'), organization('nowhere')]
    expect([of(clinic), of(network), of(clinic, network), of(clinic, clinic)]).toEqual(['clinic', 'network', 'network', 'clinic'])
    expect([
      of(),
      of(nobody),
      of(clinic, nobody),
      of(network, nobody),
      of(clinic, organization('hospital')),
      of(practitioner('kim')),
    ]).toEqual(Array(6).fill(undefined))
    expect(controllerOf(typed({ organization: undefined }), directory)).toBeUndefined()
    expect(of(department('03'))).toBeUndefined()
  })

  test('what leaves it unreadable is told in words', () => {
    const why = (overrides: object) =>
      wholeFaultsOf(typed({ provision: { type: 'permit' }, ...overrides }), directory).map(
        ({ expression, reason }) => `${expression}: ${reason}`,
      )
    expect(why({})).toEqual([])
    expect(why({ status: 'x' })).toEqual(['Consent.status: unknown status'])
    expect(why({ scope: {} })).toEqual(['Consent.scope: unknown scope'])
    expect(why({ modifierExtension: [] })).toEqual(['Consent.modifierExtension: unknown modifierExtension'])
    expect(why({ implicitRules: 'urn:x' })).toEqual(['Consent.implicitRules: unknown implicit rules'])
    expect(why({ organization: [] })).toEqual(['Consent.organization: not one controller known to the directory'])
    expect(why({ provision: undefined })).toEqual(['Consent.provision: absent'])
    expect(why({ provision: {} })).toEqual(['Consent.provision.type: neither a type nor one registered policy'])
  })

  test('its verifications', () => {
    const verified = (...verification: readonly object[]) => typed({ verification })
    expect([
      isUnverified(typed({})),
      isUnverified(verified({ verified: true })),
      isUnverified(verified({ verified: true }, { verified: false })),
    ]).toEqual([false, false, true])
    expect(verificationFaultsOf(verified({ verified: true }, { verified: 'yes' }, { verified: true, modifierExtension: [] }))).toEqual([
      { expression: 'Consent.verification[1].verified', reason: 'neither true nor false' },
      { expression: 'Consent.verification[2]', reason: 'unknown modifierExtension' },
    ])
    const compiled = compile(verified({ verified: true, modifierExtension: [] }), input())
    expect(
      compile({ ...consent(), verification: [{ verified: true, modifierExtension: unknownModifier }] }, input()).rows[0]?.blind,
    ).toEqual(['verification'])
    expect(compiled.unreadable.map(({ expression }) => expression)).toEqual(['Consent.provision.type', 'Consent.verification[0]'])
  })

  test('after a death it permits nothing, and says so', () => {
    const compiled = compile(consent({ provision: [{ type: 'deny', class: types('Condition') }] }), input({ afterDeath: true }))
    expect(compiled.rows.map(({ blind }) => blind)).toEqual([['death'], ['death']])
    expect(compiled.unreadable).toEqual([{ expression: 'Consent.patient', reason: 'nobody permits anew after a death' }])
    expect(compile(consent(), input({ afterDeath: false })).unreadable).toEqual([])
  })

  test('all its faults are told, of the whole, of the root and of every exception', () => {
    const bad = { action: actions('read') }
    const nested = consent({ ...bad, provision: [{ type: 'deny', ...bad, provision: [odd({ ...bad })] }, { type: 'permit' }] })
    const at = ['.action[0]', '.provision[0].action[0]', '.provision[0].provision[0].type', '.provision[0].provision[0].action[0]']
    const compiled = compile(nested, input({ signedByGuardian: true }))
    expect(compiled.unreadable.map(({ expression }) => expression)).toEqual([
      'Consent.performer',
      ...at.map((each) => `Consent.provision${each}`),
    ])
    expect(compiled.rows.map(({ path, type, blind }) => `${path} ${type} ${blind.join()}`)).toEqual([
      ' permit action,performer',
      '0 deny action,performer',
      '0.0 deny action,performer,type',
      '1 permit action,performer',
    ])
    const lost = compile({ ...nested, status: 'x' as 'active' }, input({ signedByGuardian: true }))
    expect(lost.unreadable.map(({ expression }) => expression)).toEqual([
      'Consent.status',
      'Consent.performer',
      'Consent.provision.action[0]',
    ])
    expect(lost.unreadable[1]?.reason).toBe('a guardian signed and the birth date cannot be read')
    expect(compiled.unreadable[3]?.reason).toBe('neither permit nor deny')
  })

  test('whose meaning is lost it denies everything within its period, and nothing outside', () => {
    const lost = compile(consent({ period: { end: '2026' }, class: types('Condition') }, { implicitRules: 'urn:x' }), input())
    expect(lost.rows).toMatchObject([
      { type: 'deny', unreadable: true, classes: null, untilMs: at('2026-12-31T23:59:59.999+09:00'), blind: [] },
    ])
  })
})

describe('its life', () => {
  const statuses = ['draft', 'proposed', 'active', 'rejected', 'inactive', 'entered-in-error']

  test.each([
    [undefined, 'draft proposed active rejected inactive'],
    ['draft', 'draft proposed active rejected entered-in-error'],
    ['proposed', 'proposed active rejected inactive entered-in-error'],
    ['active', 'active inactive entered-in-error'],
    ['rejected', 'rejected entered-in-error'],
    ['inactive', 'inactive entered-in-error'],
    ['entered-in-error', ''],
    ['on-hold', 'on-hold'],
  ])('after %s: %s', (from, to) => {
    const lawful = statuses.filter((status) => changeStatus(from, status).lawful)
    expect(lawful).toEqual(to.split(' ').filter((status) => statuses.includes(status)))
  })

  test('says why a change is refused', () => {
    expect(changeStatus('active', 'x')).toEqual({ lawful: false, reason: 'not a consent status' })
    expect(changeStatus(undefined, 'entered-in-error')).toEqual({ lawful: false, reason: 'a new consent is not an error yet' })
    expect(changeStatus('active', 'draft')).toEqual({ lawful: false, reason: 'after `active` only `inactive`, `entered-in-error`' })
    expect(changeStatus('on-hold', 'active')).toEqual({ lawful: false, reason: 'nothing follows `on-hold`' })
  })

  test('silence releases to other institutions under two of the policies', () => {
    const policies = ['deny-between-institutions', 'basic-normal', 'all-normal', 'break-glass-only', 'deny'] as const
    expect(policies.map(permitsBetweenInstitutions)).toEqual([false, true, true, false, false])
  })
})
