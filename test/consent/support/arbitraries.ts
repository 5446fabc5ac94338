/** Generated consents, requests and records, written in the words of `vocabulary.ts`. */
import fc from 'fast-check'
import { system } from '../../../fhir-profiles/codes.ts'
import type { Coding, Consent, ConsentProvision } from '../../../fhir-profiles/r4.ts'
import { compile } from '../../../consent/compile.ts'
import type { AccessRequest, ActorDirectory, DataTarget, Environment, Facts, ProvisionRow } from '../../../consent/types.ts'
import { unknownModifier } from './builders.ts'
import type { World } from './naive.ts'
import { actorKeys, askedAt, closed, guardedBirthDate, guardianUntilMs, referredTo } from './vocabulary.ts'

export const generatedDirectory: ActorDirectory = {
  resolve: ({ reference, value }) => actorKeys.get(reference ?? value ?? ''),
}

/** Mostly readable: what cannot be read is rare, so that most of a consent speaks. */
const mostly = <T>(common: readonly T[], odd: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 24, arbitrary: fc.constantFrom(...common) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })

const actorArbitrary = fc
  .record({
    role: mostly<string | undefined>(['IRCP', 'IRCP', 'IRCP', 'CST', 'CST', 'PRCP', 'GRANTEE', 'AUT', undefined], ['NO-SUCH']),
    name: mostly([...actorKeys.keys(), 'Organization/network', 'Organization/network', 'Organization/tertiary'], ['Organization/nowhere']),
    isModified: mostly([false], [true]),
  })
  .map(({ role, name, isModified }) => ({
    ...(isModified ? { modifierExtension: unknownModifier } : {}),
    ...(role === undefined
      ? {}
      : { role: { coding: [{ system: role === 'GRANTEE' ? system.roleCode : system.participation, code: role }] } }),
    reference: name.includes('/')
      ? { reference: name }
      : { identifier: { system: name.length === 2 ? system.department : system.institutionNumber, value: name } },
  }))

const purposeArbitrary = mostly(
  ['TREAT', 'TREAT', 'TREAT', 'TREAT', 'COC', 'HRESCH', 'CLINTRCH', 'PurposeOfUse', 'BTG', 'ETREAT'],
  ['NO-SUCH'],
).map((code) => ({ system: system.actReason, code }))
const actionArbitrary = mostly(['access', 'access', 'access', 'disclose', 'use', 'collect', 'correct'], ['no-such']).map((code) => ({
  coding: [{ system: system.consentAction, code }],
}))
const classArbitrary = mostly(
  [
    { system: system.resourceTypes, code: 'Observation' },
    { system: system.resourceTypes, code: 'Observation' },
    { system: system.resourceTypes, code: 'Condition' },
    { system: 'urn:ietf:rfc:3986', code: 'https://example.org/profile' },
    { system: system.resourceTypes, code: 'NoSuchType' },
    { system: system.loinc, code: '11488-4' },
  ],
  [{ system: system.loinc }],
)
const dataArbitrary = fc.record({
  meaning: mostly(['instance', 'related', 'related', 'dependents', 'authoredby'], ['no-such']),
  reference: mostly(['ServiceRequest/r1', 'Observation/r2', 'Task/r3', 'Task/r4', 'Practitioner/clinic-doctor'], ['Observation/gone']).map(
    (reference) => ({ reference }),
  ),
})
const labelArbitrary = mostly(
  [
    ...['U', 'L', 'M', 'N', 'R', 'V'].map((code) => ({ system: system.confidentiality, code })),
    ...['PSY', 'PSY', 'SPI', 'SUD', 'HIV', 'GDIS'].map((code) => ({ system: system.actCode, code })),
  ],
  [{ system: system.confidentiality, code: 'X' }],
)
const codeArbitrary = mostly<readonly Coding[]>(
  [
    [{ system: system.kcd8, code: 'F20' }],
    [{ system: system.loinc, code: '718-7' }],
    [
      { system: system.kcd8, code: 'F20.0' },
      { system: 'https://example.org/own', code: 'x' },
    ],
  ],
  [[]],
).map((coding) => ({ coding }))
const periodArbitrary = mostly<{ readonly start?: string; readonly end?: string }>(
  [
    { start: '2025' },
    { start: '2026-03-02', end: '2026-03' },
    { end: '2025' },
    { start: '2026-03-02T01:00:00Z', end: '2040-12-31' },
    { end: '2026-03-02T01:00:00Z' },
    { end: '2040-12-31' },
  ],
  [{ start: 'in spring' }],
)

const rarely = <T>(arbitrary: fc.Arbitrary<T>, every: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: every - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(arbitrary, { minLength: 1, maxLength: 2 })

/** Elements stated undefined are left out. */
function stated(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, element]) => element !== undefined))
}

const elements = {
  period: rarely(periodArbitrary, 6),
  actor: rarely(some(actorArbitrary), 2),
  purpose: rarely(some(purposeArbitrary), 2),
  action: rarely(some(actionArbitrary), 4),
  class: rarely(some(classArbitrary), 4),
  data: rarely(some(dataArbitrary), 6),
  securityLabel: rarely(some(labelArbitrary), 4),
  code: rarely(some(codeArbitrary), 5),
  dataPeriod: rarely(periodArbitrary, 6),
  modifierExtension: rarely(fc.constant(unknownModifier), 50),
}

/** A rule without exceptions. */
export function leaf(type: 'permit' | 'deny'): fc.Arbitrary<ConsentProvision> {
  return fc.record(elements).map((said) => ({ ...stated(said), type }))
}

export function provisionArbitrary(depth: number): fc.Arbitrary<ConsentProvision> {
  const children = depth === 0 ? fc.constant(undefined) : rarely(some(provisionArbitrary(depth - 1)), 2)
  const type = mostly<'permit' | 'deny' | undefined>(['permit', 'permit', 'deny'], [undefined])
  // Generated words are wider than the types of R4 on purpose.
  return fc.record({ ...elements, type, provision: children }).map((said) => stated(said) as ConsentProvision)
}

const consentArbitrary: fc.Arbitrary<Consent> = fc
  .record({
    provision: provisionArbitrary(3),
    status: mostly(['active'], ['inactive', 'draft', 'no-such']),
    scope: mostly(['patient-privacy'], ['research', 'no-such']),
    organization: mostly(['network', 'network', 'network', 'clinic', 'tertiary'], ['nowhere']),
    policyRule: mostly(['OPTIN', 'OPTOUT'], ['NO-SUCH']),
    verified: rarely(fc.boolean(), 12),
    modifierExtension: rarely(fc.constant(unknownModifier), 60),
    isPcf: fc.nat(5).map((n) => n === 0),
    implicitRules: rarely(fc.constant('https://example.org/rules'), 60),
  })
  .map(
    ({ provision, status, scope, organization, policyRule, verified, isPcf, ...rest }) =>
      // As above.
      ({
        resourceType: 'Consent',
        ...(isPcf ? { meta: { profile: ['https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentIntermediate'] } } : {}),
        ...stated(rest),
        status,
        scope: { coding: [{ system: system.consentScope, code: scope }] },
        category: [],
        patient: { reference: 'Patient/p1' },
        organization: [{ reference: `Organization/${organization}` }],
        policyRule: { coding: [{ system: system.actCode, code: policyRule }] },
        provision,
        ...(verified === undefined ? {} : { verification: [{ verified }] }),
      }) as Consent,
  )

const persons = ['p1', 'p2', 'p3', 'p4'] as const

export interface Written {
  readonly consent: Consent
  readonly person: string
  readonly isGuarded: boolean
}

export const writtenArbitrary: fc.Arbitrary<readonly Written[]> = fc
  .array(
    fc.record({
      consent: consentArbitrary,
      person: fc.constantFrom('p1', 'p1', 'p1', 'p2', 'p3'),
      isGuarded: fc.nat(5).map((n) => n === 0),
    }),
    {
      maxLength: 4,
    },
  )
  .map((written) => written.map((one, index) => ({ ...one, consent: { ...one.consent, id: `consent-${index}` } })))

const institutions = ['clinic', 'hospital', 'tertiary'] as const

/** Relevant dates: inside, across and outside the periods above, and unknown. */
const spans: readonly Pick<Facts, 'fromMs' | 'untilMs'>[] = [
  ['2025-06-01T00:00:00+09:00', '2025-06-01T23:59:59.999+09:00'],
  ['2025-12-31T12:00:00+09:00', '2026-01-02T12:00:00+09:00'],
  ['2026-03-02T00:00:00+09:00', '2026-03-02T23:59:59.999+09:00'],
  ['2026-03-02T10:00:00+09:00', '2026-03-02T10:00:00+09:00'],
  ['2026-03-31T23:00:00+09:00', '2026-04-01T01:00:00+09:00'],
]
  .map(([from = '', until = '']) => ({ fromMs: Date.parse(from), untilMs: Date.parse(until) }))
  .concat({ fromMs: -8.64e15, untilMs: 8.64e15 })

export const factsArbitrary: fc.Arbitrary<Facts> = fc
  .record({
    id: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
    person: fc.constantFrom('p1', 'p1', 'p1', ...persons),
    custodian: fc.constantFrom(...institutions),
    department: fc.constantFrom('dept:01', 'dept:03', undefined),
    author: fc.constantFrom('practitioner:clinic-doctor', undefined),
    type: fc.constantFrom('Observation', 'Observation', 'Condition', 'ServiceRequest'),
    isProfiled: fc.boolean(),
    isContaining: mostly([false, false, false], [true]),
    codes: fc.oneof(fc.subarray([`${system.kcd8}|F20`, `${system.kcd8}|F20.0`, `${system.loinc}|718-7`]), fc.constant(['?'])),
    label: mostly<Pick<Facts, 'confidentiality' | 'sensitivities'>>(
      [
        { confidentiality: 3, sensitivities: [] },
        { confidentiality: 3, sensitivities: [] },
        { confidentiality: 1, sensitivities: [] },
        { confidentiality: 4, sensitivities: ['PSY'] },
        { confidentiality: 4, sensitivities: ['HIV'] },
        { confidentiality: 5, sensitivities: ['HIV', 'PSY'] },
        { confidentiality: 4, sensitivities: ['ETHUD'] },
        { confidentiality: 4, sensitivities: ['GDIS'] },
      ],
      [{ confidentiality: 6, sensitivities: ['?'] }],
    ),
    span: fc.constantFrom(...spans),
    relations: fc.oneof({ weight: 9, arbitrary: fc.subarray(['r1', 'r2', 'r3', 'r4']) }, { weight: 1, arbitrary: fc.constant(['?']) }),
  })
  .map(({ department, author, isProfiled, isContaining, label, span, ...facts }) => ({
    ...facts,
    ...label,
    ...span,
    sources: [`org:${facts.custodian}`, 'org:network', department, author].filter((key) => key !== undefined),
    classes: [
      facts.type,
      ...(isProfiled ? ['https://example.org/profile'] : []),
      ...(isContaining ? ['contained', 'contained:Condition'] : []),
    ],
  }))

const someone = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'none' } as const) },
  { weight: 1, arbitrary: fc.constantFrom(...persons).map((person) => ({ kind: 'person', person }) as const) },
)

export const requestArbitrary: fc.Arbitrary<AccessRequest> = fc
  .record({
    action: fc.constantFrom('access', 'access', 'access', 'disclose', 'collect'),
    purposes: fc.oneof(
      { weight: 8, arbitrary: fc.constant(['TREAT']) },
      { weight: 3, arbitrary: fc.constantFrom(['TREAT', 'BTG'], ['TREAT', 'BTG'], ['TREAT', 'ETREAT'], ['BTG']) },
      { weight: 1, arbitrary: fc.constant([]) },
      {
        weight: 2,
        arbitrary: fc.uniqueArray(fc.constantFrom('TREAT', 'COC', 'HRESCH', 'CLINTRCH', 'BTG', 'XYZ'), { minLength: 1, maxLength: 2 }),
      },
    ),
    institution: fc.constantFrom(...institutions, 'tertiary', 'network'),
    department: fc.constantFrom('dept:01', 'dept:03', undefined),
    inHouse: fc.boolean(),
    patientRequest: someone,
    emergency: someone,
    statute: fc.oneof(
      { weight: 9, arbitrary: fc.constant({ kind: 'none' } as const) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom(...persons), fc.constantFrom('medical-service-act-21-3-4', 'no-such-article'))
          .map(([person, article]) => ({ kind: 'person', person, article }) as const),
      },
    ),
  })
  .map(({ action, purposes, institution, department, inHouse, patientRequest, emergency, statute }) => {
    const insideReceiver = [`practitioner:${institution}-doctor`, department].filter((key) => key !== undefined)
    const receiver = [...new Set([...insideReceiver, `org:${institution}`, 'org:network'])]
    return { action, purposes, institution, receiver, insideReceiver, basis: { inHouse, patientRequest, emergency, statute } } as const
  })

export interface Scene {
  readonly written: readonly Written[]
  readonly request: AccessRequest
  readonly environment: Environment
  readonly nowMs: number
}

export const sceneArbitrary: fc.Arbitrary<Scene> = fc.record({
  written: writtenArbitrary,
  request: requestArbitrary,
  environment: fc
    .constantFrom('deny-between-institutions', 'deny', 'basic-normal', 'all-normal', 'break-glass-only')
    .map((implicit) => ({ implicit }) as const),
  nowMs: fc.constantFrom(...askedAt),
})

/** Compiled and resolved, as the store would hand them over. */
export function rowsByPerson(written: readonly Written[]): ReadonlyMap<string, readonly ProvisionRow[]> {
  const rows = written.flatMap(({ consent, person, isGuarded }) => compile(consent, inputOf(person, isGuarded)).rows)
  return Map.groupBy(rows.map(resolved), (row) => row.person)
}

export function worldOf(scene: Scene): World {
  const consents = scene.written.map(({ consent, person, isGuarded }) => ({
    consent,
    person,
    guardianUntilMs: isGuarded ? guardianUntilMs : undefined,
  }))
  return { consents, implicit: scene.environment.implicit, nowMs: scene.nowMs }
}

function inputOf(person: string, isGuarded: boolean) {
  const birthDate = isGuarded ? guardedBirthDate : undefined
  return { version: '1', person, directory: generatedDirectory, timeZone: 'Asia/Seoul', signedByGuardian: isGuarded, birthDate }
}

function resolved(row: ProvisionRow): ProvisionRow {
  return { ...row, data: row.data?.map(withIds) ?? null }
}

function withIds(target: DataTarget): DataTarget {
  const refersTo = referredTo.get(target.reference)
  const custodian = closed.get(target.reference)
  if (refersTo !== undefined) return { ...target, found: { kind: 'read', refersTo } }
  return custodian === undefined ? target : { ...target, found: { kind: 'closed', custodian } }
}
