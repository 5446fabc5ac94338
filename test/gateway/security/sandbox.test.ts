import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { generateKeyPair, SignJWT } from 'jose'
import { type Caller, callerOf } from '../../../gateway/security/caller.ts'
import { sandboxClientId, sandboxGrantType } from '../../../gateway/security/endpoints.ts'
import { type RunningServer, sandboxReply, sandboxToken, startServer, tokenIn } from './running-server.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ sandbox: true })
})
afterAll(() => server.close())

const nowS = (): number => Math.floor(Date.now() / 1000)

async function caller(claims: Readonly<Record<string, unknown>>): Promise<Caller> {
  return callerOf(await server.verify(`Bearer ${await sandboxToken(server, claims)}`))
}

async function refusal(claims: Readonly<Record<string, unknown>>): Promise<unknown> {
  const reply = await sandboxReply(server, claims)
  expect(reply.status).toBe(400)
  return reply.body['error']
}

const emergency = {
  sub: 'tertiary-doctor',
  purpose: ['TREAT', 'BTG'],
  patient: 'person-9',
  reason: 'unconscious',
  note: '응급실 도착, 의식 없음',
}

describe('people of the sandbox', () => {
  test.each([
    [
      'tertiary-doctor',
      { role: 'doctor', institution: 'tertiary', departments: ['01'], practitioner: 'tertiary-doctor', purposes: ['TREAT'] },
    ],
    ['clinic-nurse', { role: 'nurse', institution: 'clinic', practitioner: 'clinic-nurse', person: '', purposes: ['TREAT'] }],
    ['tertiary-coordinator', { role: 'coordinator', institution: 'tertiary', purposes: ['TREAT'] }],
    ['clinic-system', { role: 'system', institution: 'clinic', subject: 'clinic-system', scopes: ['system/*.cruds'] }],
    ['patient-1', { role: 'patient', institution: 'network', person: 'person-1', purposes: ['PATRQT'], practitioner: '' }],
    ['guardian-5', { role: 'proxy', institution: 'network', person: 'person-5', purposes: ['PATRQT'] }],
    ['privacy-officer', { role: 'privacy-officer', person: '', purposes: ['HOPERAT'] }],
    ['auditor', { role: 'auditor', purposes: ['HOPERAT'], scopes: ['user/AuditEvent.rs'] }],
    ['integrator', { role: 'integrator', purposes: ['HOPERAT'], scopes: [] }],
  ])('%s is known by what the directory says of them', async (sub, expected) => {
    expect(await caller({ sub })).toMatchObject({ ...expected, clientId: sandboxClientId, breakGlass: { kind: 'none' } })
  })

  test('people have fifteen minutes, systems five', async () => {
    const doctor = await sandboxReply(server, { sub: 'tertiary-doctor' })
    const system = await sandboxReply(server, { sub: 'clinic-system' })
    expect([doctor.body['expires_in'], system.body['expires_in']]).toEqual([900, 300])
  })

  test('an application may ask for less than its user has, and for nothing more', async () => {
    const less = await sandboxReply(server, { sub: 'tertiary-doctor' }, { scope: 'user/Observation.rs' })
    expect(callerOf(await server.verify(`Bearer ${tokenIn(less)}`)).scopes).toEqual(['user/Observation.rs'])
    const more = await sandboxReply(server, { sub: 'auditor' }, { scope: 'user/Observation.rs' })
    expect([more.status, more.body['error']]).toEqual([400, 'invalid_scope'])
  })

  test('nobody who is not in the sandbox', async () => {
    expect(await refusal({ sub: 'somebody' })).toBe('access_denied')
    expect(await refusal({ sub: undefined })).toBe('invalid_grant')
  })

  test('a patient whose record has not arrived gets no token rather than one without a patient', async () => {
    expect(await refusal({ sub: 'patient-7' })).toBe('temporarily_unavailable')
  })
})

describe('the assertion behind it', () => {
  test.each([
    ['is out of date', { iat: nowS() - 300, exp: nowS() - 120 }],
    ['is good for an hour', { exp: nowS() + 3600 }],
    ['was made for another server', { aud: 'http://localhost:1/oauth/token' }],
    ['comes from another program', { iss: 'other' }],
    ['cannot be told from its repetition', { jti: undefined }],
  ])('is refused when it %s', async (_case, claims) => {
    expect(await refusal({ sub: 'tertiary-doctor', ...claims })).toBe('invalid_grant')
  })

  test('is refused when another key signed it, or the key of the network itself in a symmetric disguise', async () => {
    const claims = { iss: sandboxClientId, sub: 'tertiary-doctor', aud: `${server.url}/oauth/token`, exp: nowS() + 30 }
    const { privateKey } = await generateKeyPair('ES256')
    const secret = new TextEncoder().encode(JSON.stringify(server.config.sandbox?.publicKey))
    const foreign = await new SignJWT({ ...claims, jti: 'a' }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey)
    const symmetric = await new SignJWT({ ...claims, jti: 'b' }).setProtectedHeader({ alg: 'HS256' }).sign(secret)
    for (const assertion of [foreign, symmetric, 'nonsense', '']) {
      const reply = await server.post('/token', { grant_type: sandboxGrantType, client_id: sandboxClientId, assertion })
      expect(reply.status).toBe(400)
    }
  })

  test('works once', async () => {
    const jti = crypto.randomUUID()
    const replies = await Promise.all([1, 2].map(() => sandboxReply(server, { sub: 'tertiary-doctor', jti })))
    expect(replies.map((reply) => reply.status).sort((a, b) => a - b)).toEqual([200, 400])
  })
})

describe('purposes', () => {
  test.each([
    ['a doctor may not act as an officer', { sub: 'tertiary-doctor', purpose: ['HOPERAT'] }, 'access_denied'],
    ['nor do research with a clinical token', { sub: 'tertiary-doctor', purpose: ['TREAT', 'HRESCH'] }, 'access_denied'],
    ['a patient does not treat', { sub: 'patient-1', purpose: ['TREAT'] }, 'access_denied'],
    ['a purpose that is not a list of codes', { sub: 'tertiary-doctor', purpose: 'TREAT' }, 'invalid_request'],
    ['a nurse does not break the glass', { ...emergency, sub: 'clinic-nurse' }, 'access_denied'],
    ['nor does a coordinator', { ...emergency, sub: 'tertiary-coordinator' }, 'access_denied'],
    ['nor does a system', { ...emergency, sub: 'clinic-system' }, 'access_denied'],
    ['break-glass and emergency treatment are not combined', { ...emergency, purpose: ['TREAT', 'BTG', 'ETREAT'] }, 'invalid_request'],
    ['break-glass needs a ground', { ...emergency, reason: undefined }, 'invalid_request'],
    ['one of the three grounds of the law', { ...emergency, reason: 'curious' }, 'invalid_request'],
    ['break-glass needs a patient', { ...emergency, patient: undefined }, 'invalid_request'],
    ['break-glass needs a note', { ...emergency, note: undefined }, 'invalid_request'],
    ['the note says something', { ...emergency, note: '  ' }, 'invalid_request'],
    ['and is not a letter', { ...emergency, note: '가'.repeat(501) }, 'invalid_request'],
    ['a patient without an emergency is not ignored', { sub: 'tertiary-doctor', patient: 'person-1' }, 'invalid_request'],
    ['nor is a ground', { sub: 'tertiary-doctor', reason: 'emergency' }, 'invalid_request'],
    ['nor a note', { sub: 'tertiary-doctor', note: 'x' }, 'invalid_request'],
  ])('%s', async (_case, claims, expected) => {
    expect(await refusal(claims)).toBe(expected)
  })
})

describe('break-glass', () => {
  test('is for one patient, on one ground, with a note, and ends with its token', async () => {
    const before = Date.now()
    const { breakGlass, purposes } = await caller(emergency)
    expect(purposes).toEqual(['TREAT', 'BTG'])
    expect(breakGlass).toMatchObject({ kind: 'declared', patient: 'person-9', reason: 'unconscious', note: emergency.note })
    const untilMs = breakGlass.kind === 'declared' ? breakGlass.untilMs : 0
    expect(untilMs - before).toBeLessThanOrEqual(15 * 60 * 1000)
  })

  test('is on record before the token leaves', async () => {
    const { jti } = await caller(emergency)
    expect(server.issued.at(-1)).toMatchObject({ jti, breakGlass: { person: 'person-9', reason: 'unconscious', note: emergency.note } })
    const found = await server.database.sql.query('select break_glass_person, break_glass_reason, purposes from "grant" where jti = $1', [
      jti,
    ])
    expect(found.rows).toEqual([{ break_glass_person: 'person-9', break_glass_reason: 'unconscious', purposes: ['TREAT', 'BTG'] }])
  })

  test('a doctor names a patient by a number of the own institution', async () => {
    const found = await caller({ ...emergency, patient: 'urn:oid:1.2.410.100110.10.01100003|T-0009' })
    expect(found.breakGlass).toMatchObject({ patient: 'person-9' })
  })

  test('and learns nothing about numbers of another: known or not, the answer is one', async () => {
    const answers = await Promise.all(
      ['C-0001', 'C-9999'].map((number) => sandboxReply(server, { ...emergency, patient: `urn:oid:1.2.410.100110.10.31100001|${number}` })),
    )
    expect(answers.map((answer) => answer.status)).toEqual([400, 400])
    expect(answers[0]?.body).toEqual(answers[1]?.body)
  })

  test('a person id is not looked up, so that the answer tells nobody whether it exists', async () => {
    expect((await caller({ ...emergency, patient: 'no-such-person' })).breakGlass).toMatchObject({ patient: 'no-such-person' })
  })

  test('a doctor who is refused it still has the ordinary token', async () => {
    expect((await caller({ sub: 'tertiary-doctor' })).purposes).toEqual(['TREAT'])
  })
})
