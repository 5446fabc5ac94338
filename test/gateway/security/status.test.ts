import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sandboxClientId } from '../../../gateway/security/endpoints.ts'
import {
  assertionType,
  clientAssertion,
  type Reply,
  type RunningServer,
  sandboxToken,
  startServer,
  systemTokenReply,
  tokenIn,
} from './running-server.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ sandbox: true })
})
afterAll(() => server.close())

async function asClinic(path: '/introspect' | '/revoke', token: string): Promise<Reply> {
  const client_assertion = await clientAssertion(server, { claims: { aud: `${server.url}/oauth${path}` } })
  return server.post(path, { token, client_assertion_type: assertionType, client_assertion })
}

async function asHospital(path: '/introspect' | '/revoke', token: string): Promise<Reply> {
  const client_assertion = await clientAssertion(server, {
    key: server.clientKeys.hospital,
    header: { alg: 'RS384', kid: 'h1' },
    claims: { iss: 'hospital-system', sub: 'hospital-system' },
  })
  return server.post(path, { token, client_assertion_type: assertionType, client_assertion })
}

const clinicToken = async (): Promise<string> => tokenIn(await systemTokenReply(server))

describe('introspection', () => {
  test('tells a system about its own token, and about those of its institution', async () => {
    const own = await asClinic('/introspect', await clinicToken())
    expect(own.body).toMatchObject({ active: true, client_id: 'clinic-system', scope: 'system/*.cruds', token_type: 'Bearer' })
    expect(own.body).toHaveProperty('extensions.ihe_iua.purpose_of_use')
    const nurse = await asClinic('/introspect', await sandboxToken(server, { sub: 'clinic-nurse' }))
    expect(nurse.body).toMatchObject({ active: true, sub: 'clinic-nurse' })
  })

  test('of anybody else it says no more than of a token that never was', async () => {
    const others = [await clinicToken(), await sandboxToken(server, { sub: 'tertiary-doctor' }), 'nonsense', 'a.b.c']
    for (const token of others) {
      const reply = await asHospital('/introspect', token)
      expect([reply.status, reply.body]).toEqual([200, { active: false }])
    }
  })

  test('is for systems that prove who they are', async () => {
    const token = await clinicToken()
    const forms = [
      { token },
      { token, client_id: 'clinic-system' },
      { token, client_id: sandboxClientId },
      { token, client_assertion_type: assertionType, client_assertion: 'nonsense' },
      { token, client_assertion_type: 'other', client_assertion: await clientAssertion(server) },
      { token, client_id: 'hospital-system', client_assertion_type: assertionType, client_assertion: await clientAssertion(server) },
      {
        token,
        client_assertion_type: assertionType,
        client_assertion: await clientAssertion(server, { key: server.clientKeys.hospital, header: { alg: 'RS384', kid: 'c1' } }),
      },
    ]
    for (const form of forms) {
      const reply = await server.post('/introspect', form)
      expect([reply.status, reply.body['error']]).toEqual([401, 'invalid_client'])
    }
  })

  test('an assertion that lives too long, or was used, proves nothing', async () => {
    const long = await clientAssertion(server, { claims: { exp: Math.floor(Date.now() / 1000) + 3600 } })
    const form = { token: 'x', client_assertion_type: assertionType }
    expect((await server.post('/introspect', { ...form, client_assertion: long })).status).toBe(401)
    const once = await clientAssertion(server)
    expect((await server.post('/introspect', { ...form, client_assertion: once })).status).toBe(200)
    expect((await server.post('/introspect', { ...form, client_assertion: once })).status).toBe(401)
  })

  test('a request without a token is told so', async () => {
    const reply = await server.post('/introspect', {
      client_assertion_type: assertionType,
      client_assertion: await clientAssertion(server),
    })
    expect([reply.status, reply.body['error']]).toEqual([400, 'invalid_request'])
  })
})

describe('revocation', () => {
  test('bites in the next request, at the door and at introspection', async () => {
    const token = await clinicToken()
    await expect(server.verify(`Bearer ${token}`)).resolves.toMatchObject({ subject: 'clinic-system' })
    expect((await asClinic('/revoke', token)).status).toBe(200)
    await expect(server.verify(`Bearer ${token}`)).rejects.toMatchObject({ kind: 'unauthenticated', issues: [{ id: 'token-revoked' }] })
    expect((await asClinic('/introspect', token)).body).toEqual({ active: false })
  })

  test('whoever holds a token of the sandbox may end it: this is how a doctor leaves break-glass early', async () => {
    const emergency = { purpose: ['TREAT', 'BTG'], patient: 'person-9', reason: 'emergency', note: '수술 직전' }
    const token = await sandboxToken(server, { sub: 'tertiary-doctor', ...emergency })
    expect((await server.post('/revoke', { token, client_id: sandboxClientId })).status).toBe(200)
    await expect(server.verify(`Bearer ${token}`)).rejects.toMatchObject({ issues: [{ id: 'token-revoked' }] })
  })

  test('nobody ends the token of another client', async () => {
    const token = await clinicToken()
    expect((await asHospital('/revoke', token)).body['error']).toBe('unauthorized_client')
    expect((await server.post('/revoke', { token, client_id: sandboxClientId })).body['error']).toBe('unauthorized_client')
    await expect(server.verify(`Bearer ${token}`)).resolves.toMatchObject({ subject: 'clinic-system' })
  })

  test('what is no token of ours is answered like one that was ended', async () => {
    expect((await asClinic('/revoke', 'nonsense')).status).toBe(200)
    expect((await server.post('/revoke', { token: 'nonsense' })).status).toBe(401)
  })
})
