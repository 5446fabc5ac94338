import { describe, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import type { Consent, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { compile } from '../../consent/compile.ts'
import { decide } from '../../consent/decide.ts'
import { farFutureMs, farPastMs } from '../../consent/instant.ts'
import {
  actions,
  actor,
  at,
  consent,
  department,
  input,
  now,
  organization,
  practitioner,
  purposes,
  receiver,
  record,
  request,
  rowsOf,
  sandbox,
  source,
  types,
  unknownModifier,
} from './support/builders.ts'

const root = (one: Consent) => compile(one, input()).rows[0]
const blindOf = (provision: ConsentProvision) => compile(consent(provision), input()).rows.map((row) => row.blind)

describe('what a consent states becomes rows', () => {
  test('a consent without conditions constrains nothing', () => {
    expect(root(consent())).toEqual({
      consent: 'consent-1',
      version: '1',
      person: 'person-1',
      controller: 'network',
      path: '',
      type: 'permit',
      unreadable: false,
      blind: [],
      receivers: null,
      sources: null,
      purposes: null,
      actions: null,
      classes: null,
      labels: null,
      codes: null,
      dates: null,
      data: null,
      fromMs: farPastMs,
      untilMs: farFutureMs,
    })
  })

  test('receivers and sources are told apart by role, and named by reference or by national code', () => {
    const named = [
      receiver(organization('network')),
      actor('PRCP', { identifier: { system: system.institutionNumber, value: '11100002' } }),
      actor('GRANTEE', practitioner('dr-kim')),
      actor(undefined, organization('clinic')),
      source(department('03')),
      actor('AUT', practitioner('dr-lee')),
    ]
    expect(root(consent({ actor: named }))).toMatchObject({
      receivers: ['org:clinic', 'org:hospital', 'org:network', 'practitioner:dr-kim'],
      sources: ['dept:03', 'practitioner:dr-lee'],
      blind: [],
    })
  })

  test('an exception inherits what it omits and replaces what it states, at any depth', () => {
    const deepest: ConsentProvision = { type: 'permit', actor: [receiver(practitioner('dr-kim'))] }
    const nested: ConsentProvision = { type: 'deny', class: types('Condition'), provision: [deepest] }
    const { rows } = compile(
      consent({ actor: [receiver(organization('network'))], purpose: purposes('TREAT'), provision: [nested] }),
      input(),
    )
    expect(rows.map(({ path, type, receivers, purposes: stated, classes }) => ({ path, type, receivers, stated, classes }))).toEqual([
      { path: '', type: 'permit', receivers: ['org:network'], stated: ['TREAT'], classes: null },
      { path: '0', type: 'deny', receivers: ['org:network'], stated: ['TREAT'], classes: ['Condition'] },
      { path: '0.0', type: 'permit', receivers: ['practitioner:dr-kim'], stated: ['TREAT'], classes: ['Condition'] },
    ])
  })

  test('records are named by their network id, for the store to resolve', () => {
    const data: ConsentProvision['data'] = [{ meaning: 'related', reference: { reference: 'ServiceRequest/abc' } }]
    expect(root(consent({ data }))?.data).toEqual([{ meaning: 'related', reference: 'abc', bothWays: false, found: { kind: 'unknown' } }])
  })

  test.each(['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error'] as const)('a consent that is %s has no rules', (status) => {
    expect(compile(consent({}, { status }), input())).toEqual({ rows: [], unreadable: [] })
  })

  test('a consent to treatment or research is not a privacy consent', () => {
    expect(compile(consent({}, { scope: { coding: [{ system: system.consentScope, code: 'research' }] } }), input()).rows).toEqual([])
  })

  test('without a root type the opt-in and opt-out families say it', () => {
    const typed = (code: string): Consent => ({ ...consent(), provision: {}, policyRule: { coding: [{ system: system.actCode, code }] } })
    expect(['OPTIN', 'OPTINR', 'OPTOUT', 'OPTOUTE'].map((code) => root(typed(code))?.type)).toEqual(['permit', 'permit', 'deny', 'deny'])
    expect(root(typed('EMRGONLY'))?.unreadable).toBe(true)
  })

  test('an institution is the controller of its own consent', () => {
    const byNumber = { identifier: { system: system.institutionNumber, value: '31100001' } }
    expect(root(consent({}, { organization: [byNumber] }))?.controller).toBe('clinic')
  })
})

describe('the time in which a rule is in force', () => {
  const boundsOf = (period: ConsentProvision['period'], timeZone = 'Asia/Seoul') => {
    const [row] = compile(consent(period === undefined ? {} : { period }), input({ timeZone })).rows
    return row && [new Date(row.fromMs).toISOString(), new Date(row.untilMs).toISOString()]
  }

  test('partial dates cover their whole day, month or year in Seoul', () => {
    expect(boundsOf({ start: '2026-03-01', end: '2026-03-01' })).toEqual(['2026-02-28T15:00:00.000Z', '2026-03-01T14:59:59.999Z'])
    expect(boundsOf({ start: '2024-02', end: '2024-02' })).toEqual(['2024-01-31T15:00:00.000Z', '2024-02-29T14:59:59.999Z'])
    expect(boundsOf({ start: '2026', end: '2026' })).toEqual(['2025-12-31T15:00:00.000Z', '2026-12-31T14:59:59.999Z'])
  })

  test('the configured zone decides where a day begins, an offset in the consent wins over it', () => {
    expect(boundsOf({ start: '2026-07-01', end: '2026-07-01' }, 'America/New_York')).toEqual([
      '2026-07-01T04:00:00.000Z',
      '2026-07-02T03:59:59.999Z',
    ])
    const exact = { start: '2026-03-01T00:00:00+02:00', end: '2026-03-01T12:00:00.250Z' }
    expect(boundsOf(exact, 'America/New_York')).toEqual(['2026-02-28T22:00:00.000Z', '2026-03-01T12:00:00.250Z'])
  })

  test('an exception never begins before its consent', () => {
    const { rows } = compile(consent({ period: { start: '2026' }, provision: [{ type: 'deny', period: { start: '2020' } }] }), input())
    expect(rows.map((row) => row.fromMs)).toEqual([at('2026-01-01T00:00:00+09:00'), at('2026-01-01T00:00:00+09:00')])
  })

  test('an exception never outlives its consent', () => {
    const { rows } = compile(consent({ period: { end: '2026' }, provision: [{ type: 'deny', period: { end: '2030' } }] }), input())
    expect(rows.map((row) => row.untilMs)).toEqual([at('2026-12-31T23:59:59.999+09:00'), at('2026-12-31T23:59:59.999+09:00')])
  })

  test.each([
    [{ start: '2026-02-30' }],
    [{ start: '01.03.2026' }],
    [{ end: '2026-03-01T10:00:00' }],
    [{ end: '2026-13' }],
    [{ start: '0000' }],
    [{ start: '2027', end: '2026' }],
    [{ start: '2026-03-01T25:00:00Z' }],
    [{ start: '2026-03-01T10:00:00+15:00' }],
  ])('a period that cannot be read is marked, never guessed: %j', (period) => {
    expect(blindOf({ period })).toEqual([['period']])
  })

  test('the permits of a guardian end before the fourteenth birthday, the refusals do not', () => {
    const one = consent({ provision: [{ type: 'deny', class: types('Condition') }] })
    const { rows } = compile(one, input({ signedByGuardian: true, birthDate: '2018-06-09' }))
    expect(rows.map((row) => row.untilMs)).toEqual([at('2032-06-09T00:00:00+09:00') - 1, farFutureMs])
  })

  test('of an incomplete birth date the earliest birthday counts; a leap day is reached on 1 March', () => {
    const lapse = (birthDate: string) => compile(consent(), input({ signedByGuardian: true, birthDate })).rows[0]?.untilMs
    expect(lapse('2018')).toBe(at('2032-01-01T00:00:00+09:00') - 1)
    expect(lapse('2018-06')).toBe(at('2032-06-01T00:00:00+09:00') - 1)
    expect(lapse('2012-02-29')).toBe(at('2026-03-01T00:00:00+09:00') - 1)
  })

  test('a guardian`s permit without a birth date does not count', () => {
    const compiled = compile(consent(), input({ signedByGuardian: true }))
    expect(compiled.rows[0]?.blind).toEqual(['performer'])
    expect(compiled.unreadable.map(({ expression }) => expression)).toEqual(['Consent.performer'])
  })
})

describe('what cannot be read', () => {
  test.each<readonly [string, ConsentProvision, string]>([
    ['securityLabel', { securityLabel: [{ system: system.confidentiality, code: 'X' }] }, 'Consent.provision.securityLabel[0]'],
    ['securityLabel', { securityLabel: [{ system: system.actReason, code: 'PSY' }] }, 'Consent.provision.securityLabel[0]'],
    ['code', { code: [{ text: '우울증' }] }, 'Consent.provision.code[0]'],
    ['code', { code: [{ coding: [{ system: system.kcd8, code: 'F32' }, { system: system.loinc }] }] }, 'Consent.provision.code[0]'],
    ['dataPeriod', { dataPeriod: { end: 'last year' } }, 'Consent.provision.dataPeriod'],
    ['data', { data: [{ meaning: 'authoredby', reference: { reference: 'Organization/nowhere' } }] }, 'Consent.provision.data[0]'],
    ['data', { data: [{ meaning: 'instance', reference: { identifier: { value: '1' } } }] }, 'Consent.provision.data[0]'],
    ['actor', { actor: [actor('ROLE-WE-DO-NOT-KNOW', organization('clinic'))] }, 'Consent.provision.actor[0]'],
    ['actor', { actor: [receiver(organization('clinic')), receiver(organization('nowhere'))] }, 'Consent.provision.actor[1]'],
    [
      'actor',
      { actor: [receiver({ reference: 'Organization/clinic', identifier: { system: system.institutionNumber, value: '11100002' } })] },
      'Consent.provision.actor[0]',
    ],
    ['purpose', { purpose: purposes('TREAT', 'MY-PURPOSE') }, 'Consent.provision.purpose[1]'],
    ['purpose', { type: 'deny', purpose: [{ system: 'https://example.org', code: 'TREAT' }] }, 'Consent.provision.purpose[0]'],
    ['action', { action: actions('read') }, 'Consent.provision.action[0]'],
    ['class', { class: [{ system: system.loinc }] }, 'Consent.provision.class[0]'],
    ['actor', { actor: [] }, 'Consent.provision.actor'],
  ])('%s is marked with where it stands, and inherited by every exception', (element, provision, expression) => {
    const compiled = compile(consent({ ...provision, provision: [{ type: 'deny' }] }), input())
    expect(compiled.rows.map((row) => row.blind)).toEqual([[element], [element]])
    expect(compiled.unreadable.map((fault) => fault.expression)).toEqual([expression])
  })

  test('an exception cannot take away a mark by stating the element anew', () => {
    const unreadable = [{ ...receiver(organization('clinic')), modifierExtension: unknownModifier }]
    expect(blindOf({ actor: unreadable, provision: [{ type: 'permit', actor: [receiver(organization('tertiary'))] }] })).toEqual([
      ['actor'],
      ['actor'],
    ])
  })

  test('stated but unreadable actors are not the same as no actors', () => {
    expect(root(consent({ actor: [receiver(organization('nowhere'))] }))).toMatchObject({ receivers: [], sources: [], blind: ['actor'] })
  })

  test('a modifier extension on a provision makes all of it and all below it unreadable', () => {
    const rows = compile(
      consent({ modifierExtension: unknownModifier, period: { end: '2020' }, provision: [{ type: 'deny' }] }),
      input(),
    ).rows
    const everything = ['action', 'actor', 'class', 'code', 'data', 'dataPeriod', 'modifierExtension', 'period', 'purpose', 'securityLabel']
    expect(rows.map((row) => row.blind)).toEqual([everything, everything])
    expect(decide(request('tertiary'), rows, record('clinic'), sandbox, now).because).toMatchObject([{ rule: 'deny', path: '0' }])
  })

  test('a refusal whose recipient cannot be read still denies, a permit does not permit', () => {
    const nobody = { actor: [receiver(organization('nowhere'))] }
    const refusal = decide(request('tertiary'), rowsOf(consent({ type: 'deny', ...nobody })), record('clinic'), sandbox, now)
    expect(refusal.because).toMatchObject([{ rule: 'deny', path: '' }])
    const permit = decide(request('tertiary'), rowsOf(consent(nobody)), record('clinic'), { implicit: 'basic-normal' }, now)
    expect(permit).toMatchObject({ permit: false, because: [{ rule: 'unreadable-permit' }] })
  })

  test('an unverified consent permits nothing and still refuses', () => {
    const one = consent(
      { provision: [{ type: 'deny', class: types('Condition') }] },
      { verification: [{ verified: true }, { verified: false }] },
    )
    const compiled = compile(one, input())
    expect(compiled.rows.map((row) => row.blind)).toEqual([['verification'], ['verification']])
    expect(compiled.unreadable).toEqual([])
    expect(decide(request('tertiary'), compiled.rows, record('clinic'), sandbox, now).because).toMatchObject([
      { rule: 'unreadable-permit' },
    ])
    const condition = record('clinic', { classes: ['Condition'] })
    expect(decide(request('tertiary'), compiled.rows, condition, sandbox, now).because).toMatchObject([{ rule: 'deny', path: '0' }])
  })

  test('a consent without verification permits', () => {
    expect(decide(request('tertiary'), rowsOf(consent()), record('clinic'), sandbox, now).permit).toBe(true)
  })

  test.each<readonly [string, Partial<Consent>, string]>([
    ['a modifier extension', { modifierExtension: unknownModifier }, 'Consent.modifierExtension'],
    ['implicit rules', { implicitRules: 'https://example.org/rules' }, 'Consent.implicitRules'],
    // Not a word of the type; it is what a fault in a store could look like.
    ['an unknown status', { status: 'on-hold' as 'active' }, 'Consent.status'],
    ['an unknown scope', { scope: { text: 'privacy' } }, 'Consent.scope'],
    ['a controller nobody knows', { organization: [organization('nowhere')] }, 'Consent.organization'],
    ['two controllers', { organization: [organization('clinic'), organization('hospital')] }, 'Consent.organization'],
    ['no base decision', { provision: {} }, 'Consent.provision.type'],
  ])('a consent with %s denies, whatever it says', (_name, overrides, expression) => {
    const compiled = compile(consent({}, overrides), input())
    expect(compiled.rows).toHaveLength(1)
    expect(compiled.rows[0]).toMatchObject({ unreadable: true, type: 'deny', path: '' })
    expect(compiled.unreadable.map((fault) => fault.expression)).toEqual([expression])
    const decision = decide(request('tertiary'), compiled.rows, record('clinic'), { implicit: 'basic-normal' }, now)
    expect(decision.because).toMatchObject([{ rule: 'unreadable-consent' }])
  })

  test('an exception without a type is a refusal', () => {
    const compiled = compile(consent({ provision: [{ class: types('Condition') }] }), input())
    expect(compiled.rows[1]).toMatchObject({ type: 'deny', blind: ['type'] })
    expect(compiled.unreadable.map((fault) => fault.expression)).toEqual(['Consent.provision.provision[0].type'])
  })
})
