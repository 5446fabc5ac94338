/** How each element of a consent is read into a rule, and with which words it is refused: for the officer who has to act on it. */
import { describe, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import type { Consent, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { claimsPcf, compile } from '../../consent/compile.ts'
import { actor, at, actions, consent, input, organization, purposes, receiver, source, unknownModifier } from './support/builders.ts'

const rootOf = (provision: ConsentProvision, overrides: Partial<Consent> = {}) => compile(consent(provision, overrides), input()).rows[0]
const faultsOf = (provision: ConsentProvision) => compile(consent(provision), input()).unreadable
// what a client may send, not what the types allow
const odd = (provision: object) => provision as ConsentProvision

describe('an actor', () => {
  const named = (role: object | undefined, reference: object = organization('clinic')) =>
    odd({ actor: [{ ...(role === undefined ? {} : { role }), reference }] })
  const coded = (...codes: readonly (readonly [string, string])[]) => ({ coding: codes.map(([of, code]) => ({ system: of, code })) })

  test.each([
    ['IRCP', system.participation, 'receivers'],
    ['PRCP', system.participation, 'receivers'],
    ['GRANTEE', system.roleCode, 'receivers'],
    ['CST', system.participation, 'sources'],
    ['AUT', system.participation, 'sources'],
  ] as const)('%s of %s is one of the %s', (code, of, side) => {
    expect(rootOf(named(coded([of, code])))).toMatchObject({ receivers: [], sources: [], blind: [], [side]: ['org:clinic'] })
    const elsewhere = of === system.roleCode ? system.participation : system.roleCode
    expect(rootOf(named(coded([elsewhere, code])))?.blind).toEqual(['actor'])
  })

  test('may have several words for one role, beside words nobody knows, and not two roles', () => {
    expect(rootOf(named(coded([system.participation, 'IRCP'], [system.roleCode, 'GRANTEE'], ['x', 'y'])))).toMatchObject({
      receivers: ['org:clinic'],
      blind: [],
    })
    expect(rootOf(named(coded([system.participation, 'IRCP'], [system.participation, 'CST'])))?.blind).toEqual(['actor'])
    for (const role of [{}, { text: 'x' }, { coding: [{}] }]) expect(rootOf(named(role))?.blind).toEqual(['actor'])
  })

  test('has its reason told when it cannot be read', () => {
    const reasonOf = (each: object) => faultsOf(odd({ actor: [each] })).map(({ reason }) => reason)
    expect(reasonOf({ ...receiver(organization('clinic')), modifierExtension: unknownModifier })).toEqual(['unknown modifierExtension'])
    expect(reasonOf(actor('X', organization('clinic')))).toEqual(['actor role is neither a receiver nor a source'])
    expect(reasonOf(receiver(organization('nowhere')))).toEqual(['actor is not known to the directory'])
    expect(reasonOf({ role: receiver(organization('clinic')).role })).toEqual(['actor is not known to the directory'])
    expect(faultsOf({ actor: [] })).toEqual([{ expression: 'Consent.provision.actor', reason: 'an empty list states nothing readable' }])
  })

  test('may be named twice, if both names are of the same', () => {
    const both = (value: string) => receiver({ ...organization('hospital'), identifier: { system: system.institutionNumber, value } })
    expect(rootOf({ actor: [both('11100002')] })?.receivers).toEqual(['org:hospital'])
    expect(rootOf({ actor: [both('31100001')] })?.blind).toEqual(['actor'])
  })

  test('is a source only where records can come from it', () => {
    const known = { resolve: ({ reference }: { readonly reference?: string | undefined }) => reference }
    const reading = (key: string, side: typeof source) =>
      compile(consent({ actor: [side({ reference: key })] }, { organization: [{ reference: 'org:network' }] }), input({ directory: known }))
    for (const key of ['org:a', 'dept:01', 'practitioner:a']) expect(reading(key, source).rows[0]?.sources).toEqual([key])
    for (const key of ['role:doctor', 'person:a', 'group:a', 'x-org:a']) {
      expect(reading(key, source).unreadable.map(({ reason }) => reason)).toEqual(['no record says that it comes from such an actor'])
      expect(reading(key, receiver).rows[0]?.receivers).toEqual([key])
    }
  })
})

describe('the other elements', () => {
  test('each action is one code of its system', () => {
    for (const code of ['access', 'collect', 'correct', 'disclose', 'use'])
      expect(rootOf({ action: actions(code) })?.actions).toEqual([code])
    const said = (coding: object) => rootOf(odd({ action: [{ coding }] }))
    expect(
      said([
        { system: 'x', code: 'use' },
        { system: system.consentAction, code: 'access' },
      ])?.actions,
    ).toEqual(['access'])
    expect(said(['access', 'use'].map((code) => ({ system: system.consentAction, code })))?.blind).toEqual(['action'])
    expect(said(['use', 'use'].map((code) => ({ system: system.consentAction, code })))?.actions).toEqual(['use'])
    expect(faultsOf(odd({ action: [{}] }))).toEqual([{ expression: 'Consent.provision.action[0]', reason: 'not one consent action' }])
  })

  test('a class is a resource type, a profile or a coded document', () => {
    const read = (of: string | undefined, code: string) =>
      rootOf(odd({ class: [{ ...(of === undefined ? {} : { system: of }), code }] }))?.classes
    for (const each of [
      system.resourceTypes,
      'http://hl7.org/fhir/ValueSet/resource-types',
      'http://hl7.org/fhir/fhir-types',
      'urn:ietf:rfc:3986',
      undefined,
    ])
      expect(read(each, 'Condition')).toEqual(['Condition'])
    expect(read(system.loinc, '34133-9')).toEqual([`${system.loinc}|34133-9`])
    expect(faultsOf(odd({ class: [{}] }))).toEqual([{ expression: 'Consent.provision.class[0]', reason: 'class has no code' }])
  })

  test('a code has a word in every coding', () => {
    const read = (coding: object) => compile(consent(odd({ code: [{ coding }] })), input())
    expect(
      read([
        { system: system.kcd8, code: 'F32' },
        { system: system.loinc, code: '1' },
      ]).rows[0]?.codes,
    ).toEqual([`${system.loinc}|1`, `${system.kcd8}|F32`].sort())
    expect(read([{ system: system.kcd8, code: 'F32' }, { system: system.loinc }]).unreadable).toEqual([
      { expression: 'Consent.provision.code[0]', reason: 'a concept without a code in each coding' },
    ])
    expect(read([]).rows[0]?.blind).toEqual(['code'])
  })

  test('a label is a confidentiality or a sensitivity, with all it includes', () => {
    const word = (of: string, code: string) => ({ system: of, code })
    const securityLabel = [
      word(system.confidentiality, 'R'),
      word(system.confidentiality, 'L'),
      word(system.confidentiality, 'R'),
      word(system.actCode, 'SUD'),
    ]
    expect(rootOf({ securityLabel })?.labels).toEqual({ confidentialities: [1, 4], sensitivities: ['ETHUD', 'OPIOIDUD', 'SUD'] })
    expect(faultsOf({ securityLabel: [{ code: 'R' }] })).toEqual([
      { expression: 'Consent.provision.securityLabel[0]', reason: 'neither a confidentiality nor a sensitivity' },
    ])
  })

  test('a purpose of another system is a word of its own in a permit', () => {
    const other = { system: 'urn:x', code: 'y' }
    expect(rootOf({ purpose: [other, ...purposes('PurposeOfUse')] })?.purposes).toEqual(['PurposeOfUse', 'urn:x|y'])
    for (const coding of [{ code: 'y' }, { system: 'urn:x' }, { system: system.actReason }])
      expect(faultsOf({ purpose: [coding] }).map(({ reason }) => reason)).toEqual(['not a purpose of use'])
    expect(faultsOf({ type: 'deny', purpose: [other] }).map(({ reason }) => reason)).toEqual(['not a purpose of use'])
  })

  test('data names a record of the network, or its author', () => {
    const of = (meaning: string, reference: string) => odd({ data: [{ meaning, reference: { reference } }] })
    for (const meaning of ['instance', 'related', 'dependents'])
      expect(rootOf(of(meaning, 'Observation/a1'))?.data).toEqual([
        { meaning, reference: 'a1', bothWays: false, found: { kind: 'unknown' } },
      ])
    expect(rootOf(of('authoredby', 'Practitioner/kim'))?.data).toEqual([
      { meaning: 'authoredby', reference: 'practitioner:kim', bothWays: false, found: { kind: 'unknown' } },
    ])
    const why = (said: ConsentProvision) => faultsOf(said).map(({ reason }) => reason)
    expect(why(of('authoredby', 'Organization/nowhere'))).toEqual(['author is not known to the directory'])
    expect(why(of('near', 'Observation/a1'))).toEqual(['not a meaning of data'])
    for (const reference of ['urn:uuid:a', 'Observation', 'https://x/Observation/1', 'Observation/a_b'])
      expect(why(of('instance', reference))).toEqual(['not a literal reference to a record of the network'])
    expect(why(odd({ data: [{ meaning: 'instance' }] }))).toEqual(['not a literal reference to a record of the network'])
    expect(why(odd({ data: [{ meaning: 'instance', reference: { reference: 'List/b' }, modifierExtension: unknownModifier }] }))).toEqual([
      'unknown modifierExtension',
    ])
  })

  test('data is kept in a fixed order', () => {
    const of = (meaning: string, reference: string) => ({ meaning, reference: { reference } })
    const data = [of('related', 'List/b'), of('instance', 'List/c'), of('related', 'List/a'), of('instance', 'List/b')]
    const inOrder = ['instance b', 'instance c', 'related a', 'related b']
    for (const each of [data, data.toReversed()])
      expect(rootOf(odd({ data: each }))?.data?.map(({ meaning, reference }) => `${meaning} ${reference}`)).toEqual(inOrder)
  })

  test('the IHE PCF profile is claimed by its canonical', () => {
    const claims = (...profile: readonly string[]) => claimsPcf(consent({}, { meta: { profile: [...profile] } }))
    const pcf = 'https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentBasic'
    expect([claims(pcf), claims('urn:a', pcf), claims('urn:a'), claims(), claimsPcf(consent())]).toEqual([true, true, false, false, false])
    const data: ConsentProvision['data'] = [{ meaning: 'related', reference: { reference: 'List/b' } }]
    expect(rootOf({ data }, { meta: { profile: [pcf] } })?.data).toMatchObject([{ bothWays: true }])
  })

  test('an element nobody reads is told, and voids', () => {
    expect(faultsOf(odd({ _purpose: [{}] }))).toEqual([{ expression: 'Consent.provision._purpose', reason: 'element is not read' }])
    expect(rootOf(odd({ mood: 'good' }))?.blind).toEqual(['mood'])
    expect(rootOf(odd({ id: 'a', extension: [], _type: {} }))?.blind).toEqual([])
    expect(faultsOf({ modifierExtension: unknownModifier })).toEqual([
      { expression: 'Consent.provision.modifierExtension', reason: 'unknown modifierExtension' },
    ])
  })
})

describe('a period', () => {
  const why = (period: object) =>
    faultsOf(odd({ period })).map(({ expression, reason }) => `${expression.slice('Consent.provision.'.length)}: ${reason}`)
  test.each([
    [{ start: '2027', end: '2026' }, 'period: ends before it starts'],
    [{ start: 'soon' }, 'period: not a FHIR date'],
    [{ end: 'soon' }, 'period: not a FHIR date'],
    [{ _start: {} }, 'period: `start` has no readable value'],
    [{ _end: {} }, 'period: `end` has no readable value'],
    [{ start: 2026 }, 'period: `start` has no readable value'],
    [{ end: null }, 'period: `end` has no readable value'],
    [{ from: '2026' }, 'period: unknown element `from`'],
  ])('%j', (period, expected) => {
    expect(why(period)).toEqual([expected])
  })

  test.each([[{ start: '2026', _start: {} }], [{ end: '2026', _end: {} }], [{ id: 'a', extension: [] }], [{ start: '2026', end: '2026' }]])(
    '%j can be read',
    (period) => {
      expect(why(period)).toEqual([])
    },
  )

  test('one instant is enough, as a period of the consent and of the data', () => {
    const instant = '2026-03-02T10:00:00+09:00'
    const period = { start: instant, end: instant }
    expect(rootOf({ period, dataPeriod: period })).toMatchObject({
      fromMs: at(instant),
      untilMs: at(instant),
      dates: { fromMs: at(instant), untilMs: at(instant) },
      blind: [],
    })
    expect(faultsOf({ dataPeriod: { end: 'soon' } })).toEqual([{ expression: 'Consent.provision.dataPeriod', reason: 'not a FHIR date' }])
  })
})
