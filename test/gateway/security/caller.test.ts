import { describe, expect, test } from '@jest/globals'
import { defaultRateLimits } from '../../../gateway/config-schema.ts'
import type { Config } from '../../../gateway/config.ts'
import { Problem } from '../../../gateway/problem.ts'
import { callerOf } from '../../../gateway/security/caller.ts'
import { type Bearer, extensionsFor } from '../../../gateway/security/claims.ts'
import type { VerifiedToken } from '../../../gateway/security/token.ts'

const config: Config = {
  port: 0,
  publicUrl: 'https://gateway.test',
  dataDir: '',
  databaseUrl: undefined,
  holidays: [],
  groups: [],
  timeZone: 'Asia/Seoul',
  clockOffsetMs: 0,
  implicitPolicy: 'deny-between-institutions',
  institutions: [
    { id: 'tertiary', name: '누리대학교병원', number: '01100003', type: '01', phone: '', departments: [], adapter: { kind: 'x' } },
  ],
  clients: [],
  apps: [],
  issuer: undefined,
  sandbox: undefined,
  ledger: { retentionDays: 731 },
  subscriptions: { endpoints: [], maxAttempts: 1 },
  limits: { maxBodyBytes: 1, maxDepth: 1, maxBundleEntries: 1, maxPageSize: 1, liveDeadlineMs: 1, maxLiveResources: 1, missingMs: 0 },
  rateLimits: defaultRateLimits,
}

const doctor: Bearer = {
  subject: 'tertiary-doctor',
  name: '이의사',
  role: 'doctor',
  institution: 'tertiary',
  departments: ['01'],
  practitioner: 'practitioner-1',
  person: '',
  purposes: ['TREAT', 'BTG'],
  breakGlass: { kind: 'declared', patient: 'person-9', reason: 'unconscious', note: '의식 없음' },
}

type Json = { [key: string]: Json } | readonly Json[] | string | number | boolean | null

function token(bearer: Bearer, change: (claims: Record<string, Json>) => void = () => undefined): VerifiedToken {
  const claims: Record<string, Json> = JSON.parse(JSON.stringify({ scope: 'user/*.rs', extensions: extensionsFor(bearer, config) }))
  change(claims)
  return { jti: 'j', subject: bearer.subject, clientId: 'c', issuedMs: 0, expiresMs: 900_000, claims }
}

/** Sets or removes the claim at a dotted path. */
function spoil(path: string, value: Json | undefined): (claims: Record<string, Json>) => void {
  return (claims) => {
    const names = path.split('.')
    let at: Json | undefined = claims
    for (const name of names.slice(0, -1)) at = isNode(at) ? at[name] : undefined
    const last = names.at(-1)
    if (!isNode(at) || last === undefined || !(last in at)) throw new Error(`no claim at ${path}`)
    if (value === undefined) delete at[last]
    else at[last] = value
  }
}

function isNode(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null
}

function refusedFor(bearer: Bearer, path: string, value: Json | undefined): Problem {
  try {
    callerOf(token(bearer, spoil(path, value)))
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown
    throw thrown
  }
  throw new Error('the token was accepted')
}

test('a complete token tells who asks, for whom and for what', () => {
  expect(callerOf(token(doctor))).toEqual({
    subject: 'tertiary-doctor',
    name: '이의사',
    role: 'doctor',
    institution: 'tertiary',
    departments: ['01'],
    practitioner: 'practitioner-1',
    person: '',
    purposes: ['TREAT', 'BTG'],
    scopes: ['user/*.rs'],
    jti: 'j',
    clientId: 'c',
    breakGlass: { kind: 'declared', patient: 'person-9', reason: 'unconscious', note: '의식 없음', untilMs: 900_000 },
  })
})

describe('every claim a rule could read is required: its absence is a refusal that names it', () => {
  const claims = [
    'scope',
    'extensions',
    'extensions.ihe_iua',
    'extensions.ihe_iua.subject_name',
    'extensions.ihe_iua.subject_organization',
    'extensions.ihe_iua.subject_organization_id',
    'extensions.ihe_iua.subject_role',
    'extensions.ihe_iua.purpose_of_use',
    'extensions.care_network',
    'extensions.care_network.institution',
    'extensions.care_network.departments',
    'extensions.care_network.practitioner',
    'extensions.care_network.break_glass',
  ]
  test.each(claims)('%s', (path) => {
    for (const value of [undefined, null, 7]) {
      const problem = refusedFor(doctor, path, value)
      expect([problem.kind, problem.status, problem.issues[0]?.id]).toEqual(['forbidden', 403, 'missing-claim'])
      expect(problem.message).toContain(`\`${path}\``)
    }
  })

  const patient: Bearer = {
    ...doctor,
    role: 'patient',
    institution: 'network',
    practitioner: '',
    person: 'person-1',
    purposes: ['PATRQT'],
    breakGlass: { kind: 'none' },
  }
  test('extensions.ihe_iua.person_id of a patient, and of a proxy', () => {
    for (const role of ['patient', 'proxy'] as const) {
      expect(callerOf(token({ ...patient, role })).person).toBe('person-1')
      expect(refusedFor({ ...patient, role }, 'extensions.ihe_iua.person_id', undefined).issues[0]?.id).toBe('missing-claim')
      expect(refusedFor({ ...patient, role }, 'extensions.ihe_iua.person_id', ' ').issues[0]?.id).toBe('missing-claim')
    }
  })
})

describe('a claim that says something else than it should is a refusal too', () => {
  const role = (code: string): Json => [{ system: 'https://care-network.kr/fhir/CodeSystem/role', code }]
  const purpose = (code: string): Json => [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }]
  const declared = { kind: 'declared', patient: 'person-9', reason: 'unconscious', note: 'x' }
  const iua = 'extensions.ihe_iua'
  const own = 'extensions.care_network'
  test.each<[string, string, Json]>([
    ['a role we do not know', `${iua}.subject_role`, role('surgeon')],
    ['a role of another system', `${iua}.subject_role`, [{ system: 'other', code: 'doctor' }]],
    ['two roles', `${iua}.subject_role`, [{ system: 'https://care-network.kr/fhir/CodeSystem/role', code: 'doctor' }, 'nurse']],
    ['no purpose', `${iua}.purpose_of_use`, []],
    ['a purpose of another system', `${iua}.purpose_of_use`, [{ system: 'other', code: 'TREAT' }]],
    ['a purpose without a code', `${iua}.purpose_of_use`, [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason' }]],
    ['a declaration without its purpose', `${iua}.purpose_of_use`, purpose('TREAT')],
    ['a purpose without its declaration', `${own}.break_glass`, { kind: 'none' }],
    ['a declaration without a patient', `${own}.break_glass`, { ...declared, patient: '' }],
    ['a declaration on another ground', `${own}.break_glass`, { ...declared, reason: 'curious' }],
    ['a declaration without a note', `${own}.break_glass`, { ...declared, note: ' ' }],
    ['a declaration of another kind', `${own}.break_glass`, { ...declared, kind: 'maybe' }],
    ['a nurse who breaks the glass', `${iua}.subject_role`, role('nurse')],
    ['a doctor who is nobody', `${own}.practitioner`, ''],
    ['departments that are not codes', `${own}.departments`, [1]],
  ])('%s', (_case, path, value) => {
    expect(refusedFor(doctor, path, value).issues[0]?.id).toBe('missing-claim')
  })
})
