/** What generated people consent to, on the wire, and which records of others it refuses to the asking institution. */
import { system } from '../../fhir-profiles/codes.ts'
import type { Json, RecordSpec } from './world-records.ts'

export const consentKinds = [
  'none',
  'permit-all',
  'permit-classes',
  'expired',
  'inactive',
  'unreadable',
  'deny-hospital',
  'deny-clinic',
  'deny-psychiatry',
  'deny-hiv',
  'deny-restricted',
  'deny-mental',
  'deny-diabetes',
  'deny-observations',
  'deny-period',
  'deny-lapsed',
] as const

export type ConsentKind = (typeof consentKinds)[number]

const network = { reference: 'Organization/network' }
const actor = (code: 'IRCP' | 'CST', reference: Json): Json => ({ role: { coding: [{ system: system.participation, code }] }, reference })
const source = (number: string): Json => actor('CST', { identifier: { system: system.institutionNumber, value: number } })
const classes = (...types: readonly string[]): readonly Json[] => types.map((code) => ({ system: system.resourceTypes, code }))
const dated = ['Condition', 'Observation', 'Encounter', 'DiagnosticReport', 'MedicationRequest', 'Composition', 'List']

/** The period that `deny-period` speaks of; dates of generated records lie within it or outside, never across. */
export const deniedPeriod = { start: '2021-01-01', end: '2021-12-31' } as const

const exceptions: Readonly<Partial<Record<ConsentKind, Json>>> = {
  'deny-hospital': { type: 'deny', actor: [source('11100002')] },
  'deny-clinic': { type: 'deny', actor: [source('31100001')] },
  'deny-psychiatry': { type: 'deny', actor: [actor('CST', { identifier: { system: system.department, value: '03' } })] },
  'deny-hiv': { type: 'deny', securityLabel: [{ system: system.actCode, code: 'HIV' }] },
  'deny-restricted': { type: 'deny', securityLabel: [{ system: system.confidentiality, code: 'R' }] },
  'deny-mental': { type: 'deny', securityLabel: [{ system: system.actCode, code: 'PSY' }] },
  'deny-diabetes': { type: 'deny', code: [{ coding: [{ system: system.kcd8, code: 'E11' }] }] },
  'deny-observations': { type: 'deny', class: classes('Observation') },
  'deny-period': { type: 'deny', class: classes(...dated), dataPeriod: deniedPeriod },
  'deny-lapsed': { type: 'deny', actor: [source('11100002')], period: { start: '2020-01-01', end: '2020-12-31' } },
}

const sensitive = /^(F|B2)/

/** undefined: the person wrote none. */
export function consentOf(kind: ConsentKind, personId: string): Json | undefined {
  if (kind === 'none') return undefined
  const exception = exceptions[kind]
  return {
    resourceType: 'Consent',
    status: kind === 'inactive' ? 'inactive' : 'active',
    scope: { coding: [{ system: system.consentScope, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: system.loinc, code: '59284-0' }] }],
    patient: { reference: `Patient/${personId}` },
    dateTime: '2026-01-01T09:00:00+09:00',
    organization: [network],
    policyRule: { coding: [{ system: system.actCode, code: 'OPTIN' }] },
    provision: {
      type: 'permit',
      actor: [actor('IRCP', network)],
      purpose: [{ system: system.actReason, code: 'TREAT' }],
      ...(kind === 'expired' ? { period: { start: '2020-01-01', end: '2020-12-31' } } : {}),
      ...(kind === 'unreadable' ? { code: [{ text: '읽을 수 없는 조건' }] } : {}),
      ...(kind === 'permit-classes' ? { class: classes('Patient', 'Observation') } : {}),
      ...(exception === undefined ? {} : { provision: [exception] }),
    },
  }
}

/** Whether the sensitive place (PSY) is refused where it is named by a record that is not. */
export function isPlaceRefusedBy(kind: ConsentKind): boolean {
  return kind === 'deny-mental' || kind === 'deny-restricted'
}

/** A refusal of the department in which the asking doctor works, which blinds it to the chart of its own house as well. */
export function refusalOf(personId: string): Json {
  return {
    ...consentOf('permit-all', personId),
    policyRule: { coding: [{ system: system.actCode, code: 'OPTOUT' }] },
    provision: { type: 'deny', actor: [actor('IRCP', { reference: 'Organization/tertiary-01' })] },
  }
}

/** Whether a record of another institution is refused to the asking one, whose people have to do with this person. */
export function isRefusedBy(kind: ConsentKind, spec: RecordSpec): boolean {
  switch (kind) {
    case 'none':
    case 'expired':
    case 'inactive':
    case 'unreadable':
      return true
    case 'permit-all':
    case 'deny-lapsed':
      return false
    case 'permit-classes':
      return spec.type !== 'Patient' && spec.type !== 'Observation'
    case 'deny-hospital':
      return spec.institution === 'hospital'
    case 'deny-clinic':
      return spec.institution === 'clinic'
    case 'deny-psychiatry':
      return spec.department === '03'
    case 'deny-hiv':
      return spec.code === 'B20' || spec.code === 'B24'
    case 'deny-restricted':
      // whatever the network finds sensitive is restricted, whoever says so
      return spec.isRestricted || spec.department === '03' || sensitive.test(spec.code)
    case 'deny-mental':
      return spec.department === '03' || spec.code.startsWith('F')
    case 'deny-diabetes':
      // a document that says no code may be about any: unknown strengthens a refusal (consent law)
      return spec.code === 'E11' || spec.type === 'DocumentReference'
    case 'deny-observations':
      return spec.type === 'Observation'
    case 'deny-period':
      return dated.includes(spec.type) && spec.date.startsWith('2021')
    default:
      return kind satisfies never
  }
}
