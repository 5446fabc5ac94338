import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeJwt, decodeProtectedHeader, generateKeyPair } from 'jose'
import { callerOf } from '../../../gateway/security/caller.ts'
import {
  assertionType,
  clientAssertion,
  type RunningServer,
  sandboxReply,
  startServer,
  systemTokenReply,
  tokenIn,
} from './running-server.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ sandbox: true })
})
afterAll(() => server.close())

const nowS = (): number => Math.floor(Date.now() / 1000)

describe('a hospital system signs in with its own key', () => {
  test('and receives a token for five minutes, for this gateway only, that says who it is and for what', async () => {
    const reply = await systemTokenReply(server, { scope: 'system/Patient.rs system/*.cruds' })
    expect(reply.body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'system/Patient.rs system/*.cruds' })
    expect(reply.headers.get('cache-control')).toBe('no-store')
    const token = tokenIn(reply)
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(decodeJwt(token)).toMatchObject({ iss: `${server.url}/oauth`, aud: `${server.url}/fhir/R4`, client_id: 'clinic-system' })
    const caller = callerOf(await server.verify(`Bearer ${token}`))
    expect(caller).toMatchObject({
      subject: 'clinic-system',
      role: 'system',
      institution: 'clinic',
      name: '해맑은의원',
      purposes: ['TREAT'],
      breakGlass: { kind: 'none' },
    })
    expect(server.issued.at(-1)).toMatchObject({ jti: caller.jti, subject: 'clinic-system', institution: 'clinic', role: 'system' })
  })

  test('RS384 is accepted beside ES384, as SMART asks of servers', async () => {
    const reply = await systemTokenReply(server, {
      key: server.clientKeys.hospital,
      header: { alg: 'RS384', kid: 'h1', typ: 'JWT' },
      claims: { iss: 'hospital-system', sub: 'hospital-system' },
    })
    expect(reply.status).toBe(200)
  })

  test('another key is refused', async () => {
    const { privateKey } = await generateKeyPair('ES384')
    const reply = await systemTokenReply(server, { key: privateKey })
    expect([reply.status, reply.body['error']]).toEqual([401, 'invalid_client'])
  })

  test.each([
    ['an expired assertion', { iat: nowS() - 600, exp: nowS() - 60 }],
    ['an assertion good for more than five minutes', { exp: nowS() + 3600 }],
    ['an assertion meant for another server', { aud: 'https://other.example/token' }],
    ['an assertion meant for several servers', { aud: ['https://other.example/token', 'http://127.0.0.1/oauth/token'] }],
    ['an assertion without `jti`', { jti: undefined }],
    ['an assertion in the name of another system', { iss: 'hospital-system' }],
    ['an assertion of an unknown system', { iss: 'nobody', sub: 'nobody' }],
  ])('%s is refused', async (_case, claims) => {
    const reply = await systemTokenReply(server, { claims })
    expect([reply.status, reply.body['error']]).toEqual([401, 'invalid_client'])
  })

  test('a key that is not named by `kid` is refused', async () => {
    const reply = await systemTokenReply(server, { header: { alg: 'ES384' } })
    expect(reply.status).toBe(401)
  })

  test('a symmetric signature made with what is public is refused', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(server.config.clients[0]?.jwks.keys[0]))
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const reply = await systemTokenReply(server, { key, header: { alg: 'HS256', kid: 'c1' } })
    expect(reply.status).toBe(401)
  })

  test('an assertion works once, also when it arrives twice at the same instant', async () => {
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: assertionType,
      client_assertion: await clientAssertion(server),
      scope: 'system/*.cruds',
    }
    const replies = await Promise.all([1, 2, 3].map(() => server.post('/token', form)))
    expect(replies.map((reply) => reply.status).sort((a, b) => a - b)).toEqual([200, 401, 401])
    const later = await server.post('/token', form)
    expect([later.status, later.body['error']]).toEqual([401, 'invalid_client'])
  })

  test('an assertion used for a token cannot be used again at another endpoint', async () => {
    const assertion = await clientAssertion(server)
    const form = { client_assertion_type: assertionType, client_assertion: assertion }
    await server.post('/token', { ...form, grant_type: 'client_credentials', scope: 'system/*.cruds' })
    const reply = await server.post('/introspect', { ...form, token: 'x' })
    expect([reply.status, reply.body['error_description']]).toEqual([401, 'client assertion: this assertion was used before'])
  })

  test.each([
    ['unknown', 'system/*.cruds everything'],
    ['of the wrong level', 'user/*.rs'],
    ['out of order', 'system/*.dus'],
    ['of version 1', 'system/*.read'],
  ])('a scope that is %s is refused by name and not dropped', async (_case, scope) => {
    const reply = await systemTokenReply(server, { scope })
    expect([reply.status, reply.body['error']]).toEqual([400, 'invalid_scope'])
    expect(reply.body['error_description']).toContain(scope.split(' ').at(-1))
  })

  test('a request without scope is refused', async () => {
    const reply = await systemTokenReply(server, { scope: '' })
    expect([reply.status, reply.body['error']]).toEqual([400, 'invalid_scope'])
  })

  test('a token for another service is not to be had', async () => {
    const reply = await server.post('/token', {
      grant_type: 'client_credentials',
      client_assertion_type: assertionType,
      client_assertion: await clientAssertion(server),
      scope: 'system/*.cruds',
      resource: 'https://other.example/fhir',
    })
    expect([reply.status, reply.body['error']]).toEqual([400, 'invalid_target'])
  })
})

describe('only what runs is offered', () => {
  test('discovery names no authorization endpoint while nobody can sign in by one', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server']) {
      const response = await fetch(`${server.url}/oauth/.well-known/${path}`)
      const document: unknown = await response.json()
      expect(document).toMatchObject({
        issuer: `${server.url}/oauth`,
        token_endpoint: `${server.url}/oauth/token`,
        introspection_endpoint: `${server.url}/oauth/introspect`,
        revocation_endpoint: `${server.url}/oauth/revoke`,
        token_endpoint_auth_signing_alg_values_supported: ['ES384', 'RS384', 'ES256'],
      })
      expect(document).not.toHaveProperty('authorization_endpoint')
    }
  })

  test.each(['/auth', '/request', '/me', '/session/end', '/reg', '/device/auth', '/token/introspection'])(
    'oidc-provider is not reached at %s',
    async (path) => {
      for (const method of ['GET', 'POST']) {
        const response = await fetch(`${server.url}/oauth${path}`, { method })
        expect(response.status).toBe(404)
      }
    },
  )

  test('the published keys hold nothing secret', async () => {
    const response = await fetch(`${server.url}/oauth/jwks`)
    const text = await response.text()
    expect(text).toContain('"kid"')
    expect(text).not.toContain('"d"')
  })

  test('a form that is too large or doubled is refused, not guessed', async () => {
    const large = await server.post('/revoke', { token: 'x'.repeat(60_000) })
    expect([large.status, large.body['error']]).toEqual([413, 'invalid_request'])
    const doubled = await fetch(`${server.url}/oauth/introspect`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `client_assertion=a&client_assertion=b&client_assertion_type=${assertionType}&token=x`,
    })
    expect(doubled.status).toBe(401)
  })
})

describe('keys rotate', () => {
  test('the new key signs, the old one stays published, and tokens of both are good', async () => {
    const before = tokenIn(await systemTokenReply(server))
    await server.authorizationServer.rotateKeys()
    const after = tokenIn(await systemTokenReply(server))
    const published = (await server.authorizationServer.publishedKeys()).map((key) => key.kid)
    expect(published).toEqual([decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid])
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid)
    await expect(server.verify(`Bearer ${before}`)).resolves.toMatchObject({ clientId: 'clinic-system' })
    await expect(server.verify(`Bearer ${after}`)).resolves.toMatchObject({ clientId: 'clinic-system' })
  })
})

describe('in production', () => {
  let production: RunningServer

  beforeAll(async () => {
    production = await startServer({ sandbox: false })
  })
  afterAll(() => production.close())

  test('nobody becomes a doctor by naming one: the sandbox grant does not exist, not even for a signed-in system', async () => {
    const reply = await sandboxReply(production, { sub: 'tertiary-doctor' })
    expect([reply.status, reply.body['error']]).toEqual([401, 'invalid_client'])
    const asSystem = await production.post('/token', {
      grant_type: 'https://care-network.kr/fhir/grant-type/sandbox',
      client_assertion_type: assertionType,
      client_assertion: await clientAssertion(production),
      assertion: 'x',
    })
    expect([asSystem.status, asSystem.body['error']]).toEqual([400, 'unsupported_grant_type'])
  })

  test('discovery does not mention it', async () => {
    const response = await fetch(`${production.url}/oauth/.well-known/openid-configuration`)
    const document: unknown = await response.json()
    expect(document).toMatchObject({
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    })
  })
})

test('a token that cannot be recorded is not issued', async () => {
  const broken = await startServer({ sandbox: true })
  await broken.database.sql.query('alter table "grant" rename to elsewhere')
  const replies = [await systemTokenReply(broken), await sandboxReply(broken, { sub: 'tertiary-doctor' })]
  for (const reply of replies) {
    expect([reply.status, reply.body['error']]).toEqual([500, 'server_error'])
    expect(reply.body).not.toHaveProperty('access_token')
  }
  await broken.close()
})
