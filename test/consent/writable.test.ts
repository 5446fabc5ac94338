import { describe, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import type { Consent } from '../../fhir-profiles/r4.ts'
import { checkDirected } from '../../consent/directed.ts'
import { permitsBetweenInstitutions } from '../../consent/implicit.ts'
import { changeStatus } from '../../consent/lifecycle.ts'
import { checkWritable } from '../../consent/writable.ts'
import {
  consent,
  department,
  directory,
  networkConsent,
  organization,
  receiver,
  source,
  types,
  unknownModifier,
} from './support/builders.ts'

const expressions = (faults: readonly { readonly expression: string }[]) => faults.map(({ expression }) => expression)

describe('what may be written', () => {
  test('a network consent with refusals may be written', () => {
    const one = networkConsent({ type: 'deny', actor: [source(department('03'))] })
    expect(checkWritable(one)).toEqual([])
    expect(checkWritable(one, directory)).toEqual([])
  })

  test.each<readonly [string, Consent, readonly string[]]>([
    ['no root type and no registered policy', { ...consent(), provision: {} }, ['Consent.provision.type']],
    [
      'an unregistered policy',
      { ...consent(), provision: {}, policyRule: { coding: [{ system: system.actCode, code: 'hipaa-self-pay' }] } },
      ['Consent.provision.type'],
    ],
    [
      'an exception without a type',
      consent({ provision: [{ type: 'deny', provision: [{}] }] }),
      ['Consent.provision.provision[0].provision[0].type'],
    ],
    ['no controller', consent({}, { organization: [] }), ['Consent.organization']],
    // Not a word of the type: it is what a client may send.
    ['an unknown status', consent({}, { status: 'on-hold' as 'active' }), ['Consent.status']],
    ['an unknown scope', consent({}, { scope: { text: 'privacy' } }), ['Consent.scope']],
    ['no patient', consent({}, { patient: {} }), ['Consent.patient']],
  ])('%s is refused, with where', (_name, one, expected) => {
    expect(expressions(checkWritable(one))).toEqual(expected)
  })

  test('a consent without provision is refused', () => {
    const { provision: _provision, ...rest } = consent()
    expect(expressions(checkWritable(rest))).toEqual(['Consent.provision'])
  })

  test('a controller the directory does not know is refused', () => {
    expect(expressions(checkWritable(consent({}, { organization: [organization('nowhere')] }), directory))).toEqual([
      'Consent.organization',
    ])
  })

  test('a withdrawal is never refused for how the consent is written', () => {
    expect(checkWritable({ ...consent(), status: 'inactive', provision: {}, organization: [] })).toEqual([])
  })

  test('what is merely unreadable may be written: it denies and goes to the privacy officer', () => {
    expect(checkWritable(consent({ modifierExtension: unknownModifier, securityLabel: [{ code: 'R' }] }), directory)).toEqual([])
  })
})

describe('the directed consent of a referral', () => {
  const provision = {
    actor: [receiver(organization('tertiary'))],
    period: { end: '2026-06-30' },
    data: [{ meaning: 'related' as const, reference: { reference: 'urn:uuid:the-request' } }],
  }
  const signed: Partial<Consent> = {
    verification: [{ verified: true, verifiedWith: { reference: 'Patient/person-1' } }],
    sourceAttachment: { contentType: 'application/pdf', url: 'Binary/form' },
  }
  const referral = {
    referralReferences: ['urn:uuid:the-request', 'urn:uuid:the-task'],
    receiverKeys: ['org:tertiary'],
    directory,
    timeZone: 'Asia/Seoul',
  }
  const check = (changed: Consent['provision'] = {}, overrides: Partial<Consent> = {}) =>
    expressions(checkDirected(consent({ ...provision, ...changed }, { ...signed, ...overrides }), referral))

  test('opens this referral to its owner until a day, confirmed and signed', () => {
    expect(check()).toEqual([])
    expect(check({}, { verification: [{ verified: true, verifiedWith: { identifier: { value: 'x' } } }] })).toEqual([])
  })

  test.each<readonly [string, Consent['provision'], string]>([
    ['denies', { type: 'deny' }, 'Consent.provision.type'],
    ['has an exception', { provision: [{ type: 'permit' }] }, 'Consent.provision.provision'],
    ['names another receiver', { actor: [receiver(organization('hospital'))] }, 'Consent.provision.actor'],
    ['names a second receiver', { actor: [...provision.actor, receiver(organization('hospital'))] }, 'Consent.provision.actor'],
    ['names the receiver as source', { actor: [source(organization('tertiary'))] }, 'Consent.provision.actor'],
    ['has no end', { period: { start: '2026' } }, 'Consent.provision.period.end'],
    ['has an end that is no date', { period: { end: 'soon' } }, 'Consent.provision.period'],
    [
      'reaches another record',
      { data: [...provision.data, { meaning: 'instance', reference: { reference: 'Observation/1' } }] },
      'Consent.provision.data',
    ],
    [
      'reaches an author',
      { data: [{ meaning: 'authoredby', reference: { reference: 'urn:uuid:the-request' } }] },
      'Consent.provision.data',
    ],
    ['carries a label that is none', { securityLabel: [{ code: 'R' }] }, 'Consent.provision.securityLabel[0]'],
  ])('is refused when it %s', (_name, changed, expression) => {
    expect(check(changed)).toContain(expression)
  })

  test('is refused without data, without an actor', () => {
    const { data: _data, ...everything } = provision
    const { actor: _actor, ...anybody } = provision
    expect(expressions(checkDirected(consent(everything, signed), referral))).toEqual(['Consent.provision.data'])
    expect(expressions(checkDirected(consent(anybody, signed), referral))).toEqual(['Consent.provision.actor'])
  })

  test.each<readonly [string, Partial<Consent>, string]>([
    ['nobody was asked', { verification: [{ verified: true }] }, 'Consent.verification.verifiedWith'],
    [
      'the patient did not confirm',
      { verification: [{ verified: false, verifiedWith: { reference: 'Patient/person-1' } }] },
      'Consent.verification.verifiedWith',
    ],
    ['the signed form is absent', { sourceAttachment: { contentType: 'application/pdf' } }, 'Consent.source'],
    ['it is a draft', { status: 'draft' }, 'Consent.status'],
    ['its meaning may be turned round', { modifierExtension: unknownModifier }, 'Consent.modifierExtension'],
  ])('is refused when %s', (_name, overrides, expression) => {
    expect(check({}, overrides)).toEqual([expression])
  })

  test('may name the request itself alone', () => {
    expect(check({ data: [{ meaning: 'instance', reference: { reference: 'urn:uuid:the-request' } }] })).toEqual([])
  })

  test('may limit itself further', () => {
    expect(check({ class: types('DocumentReference') })).toEqual([])
  })
})

describe('the life of a consent', () => {
  const lawful = (from: string | undefined, to: string) => changeStatus(from, to).lawful

  test('drafted, proposed, active, withdrawn', () => {
    expect(lawful(undefined, 'draft') && lawful('draft', 'proposed') && lawful('proposed', 'active') && lawful('active', 'inactive')).toBe(
      true,
    )
  })

  test('content may change while the status stays', () => {
    expect(lawful('active', 'active')).toBe(true)
  })

  test('what ended is not revived, and nothing leaves an error', () => {
    expect(changeStatus('inactive', 'active')).toEqual({ lawful: false, reason: 'after `inactive` only `entered-in-error`' })
    expect(changeStatus('entered-in-error', 'active')).toEqual({ lawful: false, reason: 'nothing follows `entered-in-error`' })
    expect(lawful('entered-in-error', 'entered-in-error')).toBe(false)
    expect(lawful('active', 'draft')).toBe(false)
  })

  test('a withdrawal has to write a refusal only where silence would release to other institutions', () => {
    expect((['deny', 'deny-between-institutions', 'basic-normal'] as const).map(permitsBetweenInstitutions)).toEqual([false, false, true])
  })

  test('a status that does not exist is not lawful', () => {
    expect(lawful('active', 'on-hold')).toBe(false)
  })
})
