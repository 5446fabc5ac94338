/** The nine stories: the consents and referrals that the sandbox starts with, made through the public contract like anybody's. */
import { system } from '../../fhir-profiles/codes.ts'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'

const network = { reference: 'Organization/network' }
const institution = (id: 'clinic' | 'hospital' | 'tertiary') => ({
  identifier: { system: system.institutionNumber, value: sandboxInstitutions[id].number },
  display: sandboxInstitutions[id].name,
})
const role = (code: 'IRCP' | 'CST') => ({ coding: [{ system: system.participation, code }] })

function networkConsent(person: string, at: string, exceptions: readonly object[]) {
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: system.consentScope, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: `Patient/${person}` },
    dateTime: at,
    organization: [network],
    policyRule: { coding: [{ system: system.actCode, code: 'OPTIN' }] },
    provision: {
      type: 'permit',
      actor: [{ role: role('IRCP'), reference: network }],
      purpose: [{ system: system.actReason, code: 'TREAT' }],
      ...(exceptions.length === 0 ? {} : { provision: exceptions }),
    },
  }
}

const tertiaryDenied = [
  { type: 'deny', actor: [{ role: role('IRCP'), reference: institution('tertiary') }] },
  { type: 'deny', actor: [{ role: role('CST'), reference: institution('tertiary') }] },
]
const psychiatry = { identifier: { system: system.department, value: '03' }, display: '정신건강의학과' }
const psychiatryDenied = [{ type: 'deny', actor: [{ role: role('CST'), reference: psychiatry }] }]

/** Consent to the whole network but for what is named. `at` is an instant. */
export function consentExcept(but: 'nothing' | 'tertiary' | 'psychiatry', person: string, at: string): object {
  return networkConsent(person, at, { nothing: [], tertiary: tertiaryDenied, psychiatry: psychiatryDenied }[but])
}

/** Consents by seeded person; `as` is who writes it. Persons 2, 6 to 9 have none here (6 brings a directed one inside its referral). */
export function seededConsents(at: string): readonly { number: number; as: string; make: (person: string) => object }[] {
  return [
    { number: 1, as: 'patient-1', make: (person) => consentExcept('nothing', person, at) },
    { number: 3, as: 'patient-3', make: (person) => consentExcept('tertiary', person, at) },
    { number: 4, as: 'patient-4', make: (person) => consentExcept('psychiatry', person, at) },
    { number: 5, as: 'guardian-5', make: (person) => consentExcept('nothing', person, at) },
  ]
}

/** The person claim of a token we just got; the gateway verifies tokens, this only reads its own. */
export function personIn(token: string): string {
  const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
  const id = JSON.stringify(payload).match(/"person_id":"([^"]+)"/)?.[1]
  if (id === undefined) throw new Error('the token names no person')
  return id
}

/** Referrals the clinic's desk writes into its outbox. */
export function seededReferrals(until: string): readonly object[] {
  const toTertiary = { toInstitutionNumber: sandboxInstitutions.tertiary.number, department: 'IM' }
  return [
    {
      ...toTertiary,
      patientNumber: 'C-0001',
      reason: '조절되지 않는 고혈압과 단백뇨로 정밀 검사를 의뢰합니다',
      hiraReason: '01',
      kcd: 'I10',
      note: '최근 3개월 혈압 150/95 이상 지속. 투약 조정에도 호전 없음.',
    },
    {
      ...toTertiary,
      patientNumber: 'C-0006',
      reason: '심방세동 의심으로 심장 정밀 검사를 의뢰합니다',
      hiraReason: '02',
      kcd: 'I48',
      note: '심전도에서 불규칙한 맥. 이번 의뢰에 한하여 동의함.',
      consent: { signedBy: '서도현', relation: '0', until },
    },
  ]
}
