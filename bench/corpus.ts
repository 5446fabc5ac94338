/**
 * The fixed corpus: one person with twenty consents, forty callers and three hundred records, the same in every run.
 * The consents are one level deep and their exceptions only refuse, because that is what a flat policy set can say too.
 */
import { compile } from '../consent/compile.ts'
import type { AccessRequest, ActorDirectory, Environment, Facts, ProvisionRow } from '../consent/types.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Consent, ConsentProvision, ConsentProvisionActor } from '../fhir-profiles/r4.ts'

export const nowMs = Date.parse('2026-03-02T10:00:00+09:00')
export const environment: Environment = { implicit: 'deny-between-institutions' }
export const institutions = ['clinic', 'hospital', 'tertiary'] as const
const departments = ['01', '02', '03', '04', '05'] as const
const types = ['Observation', 'Condition', 'MedicationRequest', 'DocumentReference', 'DiagnosticReport'] as const
const sensitivities = ['PSY', 'HIV', 'ETHUD', 'SDV', 'GDIS'] as const
const codes = ['F20', 'B20', 'E11', 'I10', 'J45', 'K21'] as const

export const directory: ActorDirectory = {
  resolve: ({ reference, value }) => (reference === undefined ? `dept:${value ?? ''}` : `org:${reference.slice('Organization/'.length)}`),
}

export const organization = (id: string) => ({ reference: `Organization/${id}` })
export const department = (code: string) => ({ identifier: { system: system.department, value: code } })
export const named = (role: 'IRCP' | 'CST', reference: ConsentProvisionActor['reference']): ConsentProvisionActor => ({
  role: { coding: [{ system: system.participation, code: role }] },
  reference,
})
export const forPurpose = (code: string) => [{ system: system.actReason, code }]
const ofClass = (code: string) => [{ system: system.resourceTypes, code }]
export const labelled = (code: string) => [{ system: system.actCode, code }]
export const coded = (code: string) => [{ coding: [{ system: system.kcd8, code }] }]

/** The national practice with refusals by institution, department, label and code; directed consents; and refusals of their own. */
const provisions: readonly ConsentProvision[] = [
  {
    type: 'permit',
    actor: [named('IRCP', organization('network'))],
    purpose: forPurpose('TREAT'),
    provision: [
      { type: 'deny', actor: [named('CST', department('03'))] },
      { type: 'deny', actor: [named('IRCP', department('05'))] },
      { type: 'deny', securityLabel: labelled('PSY') },
      { type: 'deny', code: coded('B20') },
    ],
  },
  ...types.flatMap((type): readonly ConsentProvision[] => [
    {
      type: 'permit',
      period: { start: '2026-01-01', end: '2026-12-31' },
      actor: [named('IRCP', organization('tertiary'))],
      purpose: forPurpose('HRESCH'),
      class: ofClass(type),
      provision: [{ type: 'deny', securityLabel: labelled('HIV') }],
    },
    {
      type: 'permit',
      actor: [named('IRCP', organization('hospital'))],
      purpose: forPurpose('HOPERAT'),
      class: ofClass(type),
      dataPeriod: { start: '2025-01-01', end: '2026-12-31' },
    },
    { type: 'permit', period: { end: '2025-06-30' }, actor: [named('IRCP', organization('clinic'))], class: ofClass(type) },
  ]),
  { type: 'deny', actor: [named('IRCP', organization('clinic'))], purpose: forPurpose('HRESCH') },
  { type: 'deny', actor: [named('IRCP', organization('hospital'))], securityLabel: labelled('SDV') },
  { type: 'deny', code: coded('K21'), dataPeriod: { start: '2024-01-01', end: '2024-12-31' } },
  { type: 'deny', actor: [named('IRCP', department('04'))], class: ofClass('DocumentReference') },
]

export const consents: readonly Consent[] = provisions.map((provision, at) => consentOf(`consent-${at + 1}`, 'person-1', provision))

export const rows: readonly ProvisionRow[] = consents.flatMap(
  (consent) => compile(consent, { version: '1', person: 'person-1', directory, timeZone: 'Asia/Seoul', signedByGuardian: false }).rows,
)

export const requests: readonly AccessRequest[] = institutions.flatMap((institution) =>
  departments.flatMap((code) =>
    (['TREAT', 'HRESCH', 'HOPERAT'] as const).map((purpose): AccessRequest => {
      const inside = [`practitioner:${institution}-${code}`, `dept:${code}`]
      return {
        action: 'access',
        purposes: [purpose],
        institution,
        receiver: [...inside, 'role:doctor', `org:${institution}`, 'org:network'],
        insideReceiver: [],
        basis: { inHouse: true, patientRequest: { kind: 'none' }, emergency: { kind: 'none' }, statute: { kind: 'none' } },
      }
    }),
  ),
)

/** A record per number: every element takes its values in turn, with periods that have no common divisor. */
export const records: readonly Facts[] = Array.from({ length: 300 }, (_, at): Facts => {
  const custodian = pick(institutions, at)
  const type = pick(types, Math.floor(at / 3))
  const fromMs = Date.parse('2024-01-01T09:00:00+09:00') + ((at * 17 * 86_400_000) % (800 * 86_400_000))
  return {
    id: `record-${at}`,
    type,
    person: 'person-1',
    custodian,
    sources: [`org:${custodian}`, 'org:network', `dept:${pick(departments, Math.floor(at / 7))}`],
    classes: [type],
    codes: at % 2 === 0 ? [`${system.kcd8}|${pick(codes, Math.floor(at / 2))}`] : [],
    confidentiality: 3,
    sensitivities: at % 11 === 0 ? [pick(sensitivities, Math.floor(at / 11))] : [],
    fromMs,
    untilMs: fromMs,
    relations: [],
  }
})

function pick<T>(values: readonly [T, ...T[]], at: number): T {
  return values[at % values.length] ?? values[0]
}

/** An active consent of the network. */
export function consentOf(id: string, person: string, provision: ConsentProvision): Consent {
  return {
    resourceType: 'Consent',
    id,
    status: 'active',
    scope: { coding: [{ system: system.consentScope, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: system.actCode, code: 'INFA' }] }],
    patient: { reference: `Patient/${person}` },
    organization: [organization('network')],
    provision,
  }
}
