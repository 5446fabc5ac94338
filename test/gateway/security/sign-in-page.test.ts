import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair } from 'jose'
import { smartConfiguration } from '../../../gateway/security/metadata.ts'
import { atSignIn, authorization, browser, callback, codeIn, csrfIn, exchange, signIn } from './browser.ts'
import { assertionType, clientAssertion, passwordOf, type RunningServer, startServer } from './running-server.ts'

const apps = [
  { clientId: 'viewer', name: '기록 보기', redirectUris: [callback], kind: 'public' },
  { clientId: 'other', name: '다른 앱', redirectUris: ['http://localhost:9998/callback'], kind: 'public' },
] as const

let shiftMs = 0
const now = (): number => Date.now() + shiftMs

const emergency = { purpose: 'BTG', patient: 'T-0009', reason: 'unconscious', note: '응급실 도착, 의식 없음' }

describe('an authorization request', () => {
  let server: RunningServer

  beforeAll(async () => {
    shiftMs = 0
    server = await startServer({ sandbox: true, apps, now })
  })
  afterAll(() => server.close())

  test.each([
    ['PKCE left out', { code_challenge: '', code_challenge_method: '' }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['PKCE without a method', { code_challenge_method: '' }, 'invalid_request'],
    ['another FHIR server as `aud`', { aud: 'https://other.example/fhir' }, 'invalid_target'],
    ['another `resource`', { resource: 'https://other.example/fhir' }, 'invalid_target'],
    ['a scope nobody has', { scope: 'user/*.rs everything' }, 'invalid_scope'],
    ['a scope of systems', { scope: 'system/*.cruds' }, 'invalid_scope'],
    ['a token without a code', { response_type: 'token' }, 'invalid_request'],
    ['no page shown', { prompt: 'none' }, 'login_required'],
    ['a form that posts itself', { response_mode: 'form_post' }, 'invalid_request'],
    ['a request object', { request: 'x.y.z' }, 'request_not_supported'],
  ])('with %s goes back to the app as an error', async (_case, changes, error) => {
    const page = await browser().get(authorization(server, changes).url)
    // an implicit request is answered in the fragment
    const { searchParams, origin } = new URL(page.location === '' ? 'none:' : page.location.replace('#', '?'))
    const told = page.location === '' ? /error" value="([^"]+)/.exec(page.text)?.[1] : searchParams.get('error')
    expect([told, page.location === '' ? '' : origin]).toEqual([error, page.location === '' ? '' : 'http://localhost:9999'])
  })

  test.each([
    ['another host', 'https://evil.example/callback'],
    ['another port', 'http://localhost:9997/callback'],
    ['another scheme', 'https://localhost:9999/callback'],
    ['more path', `${callback}/more`],
    ['a query added', `${callback}?next=https://evil.example`],
    ['a path that climbs', 'http://localhost:9999/callback/../evil'],
    ['a user before the host', 'http://localhost:9999@evil.example/callback'],
    ['other letters', 'http://LOCALHOST:9999/callback'],
    ['the address of another app', 'http://localhost:9998/callback'],
    ['a script', 'javascript:alert(1)'],
    ['none at all', ''],
  ])('never leads to %s', async (_case, redirect_uri) => {
    const page = await browser().get(authorization(server, { redirect_uri }).url)
    expect([page.status, page.location]).toEqual([400, ''])
    expect(page.text).toContain('로그인할 수 없습니다')
  })

  test('of an app nobody knows, and one with a doubled parameter, is answered here', async () => {
    for (const url of [authorization(server, { client_id: '"><script>' }).url, `${authorization(server).url}&client_id=other`]) {
      const page = await browser().get(url)
      expect([page.status, page.location]).toEqual([400, ''])
      expect(page.text).not.toContain('<script')
    }
  })

  test('comes by GET only', async () => {
    expect((await browser().post(`${server.url}/oauth/authorize`, {})).status).toBe(404)
  })

  test('ends after ten minutes without a sign-in, and a code after one minute', async () => {
    const client = browser()
    const asked = authorization(server)
    const code = codeIn(await signIn(client, asked, { name: 'clinic-nurse' }))
    const { address, page } = await atSignIn(client, asked)
    shiftMs = 61_000
    const late = await exchange(server, asked, { code })
    expect([late.status, late.body['error']]).toEqual([400, 'invalid_grant'])
    shiftMs = 601_000
    const form = { csrf: csrfIn(page), name: 'clinic-nurse', password: passwordOf('clinic-nurse') }
    expect((await client.post(address, form)).status).toBe(400)
    shiftMs = 0
  })

  test('a token ends fifteen minutes after the page, not after the code', async () => {
    const asked = authorization(server)
    const code = codeIn(await signIn(browser(), asked, { name: 'clinic-nurse' }))
    shiftMs = 30_000
    const reply = await exchange(server, asked, { code })
    shiftMs = 0
    expect(Number(reply.body['expires_in'])).toBeLessThanOrEqual(870)
  })
})

describe('the sign-in page', () => {
  const hostile = '<img src=x onerror=alert(1)>"\'&'
  let server: RunningServer

  beforeAll(async () => {
    shiftMs = 0
    const doctor = { role: 'doctor', institution: 'tertiary', departments: ['01'], practitioner: 'p', patient: '' } as const
    server = await startServer({
      sandbox: true,
      apps: [{ ...apps[0], name: hostile }],
      people: [{ ...doctor, name: 'hostile', displayName: hostile }],
    })
  })
  afterAll(() => server.close())

  test('runs no script, loads nothing, cannot be framed or kept, and posts only home or to the app', async () => {
    const { page } = await atSignIn(browser(), authorization(server))
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/localhost:9999; frame-ancestors 'none'; base-uri 'none'$/,
    )
    expect(page.headers.get('x-frame-options')).toBe('DENY')
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect(page.text).not.toMatch(/<script|<link|https?:\/\/(?!127\.0\.0\.1|localhost)/)
    expect(page.text).toContain('<html lang="ko">')
  })

  test('writes names of apps and people as text', async () => {
    const client = browser()
    const { address, page } = await atSignIn(client, authorization(server))
    await client.post(address, { csrf: csrfIn(page), name: 'hostile', password: passwordOf('hostile') })
    const second = await client.get(address)
    expect(second.text).toContain('환자와 개인정보 보호책임자에게 통지되고')
    for (const each of [page, second]) {
      expect(each.text).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;')
      expect(each.text).not.toContain('<img')
    }
  })

  test('its cookies are out of reach for scripts and for other sites', async () => {
    const response = await fetch(authorization(server).url, { redirect: 'manual' })
    const lines = response.headers.getSetCookie()
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toMatch(/httponly/i)
    for (const line of lines) expect(line).toMatch(/samesite=lax/i)
  })

  test('a form without its token, with that of another sign-in, or from another site is not taken', async () => {
    const [client, other] = [browser(), browser()]
    const { address, page } = await atSignIn(client, authorization(server))
    const foreign = csrfIn((await atSignIn(other, authorization(server))).page)
    const person = { name: 'clinic-nurse', password: passwordOf('clinic-nurse') }
    expect((await client.post(address, person)).status).toBe(403)
    expect((await client.post(address, { ...person, csrf: foreign })).status).toBe(403)
    expect((await client.post(address, { ...person, csrf: csrfIn(page) }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    // the victim's browser, brought to the sign-in an attacker began
    expect((await other.post(address, { ...person, csrf: csrfIn(page) })).status).toBe(400)
    expect((await browser().post(address, { ...person, csrf: csrfIn(page) })).status).toBe(400)
  })

  test.each([
    ['no ground', { reason: '' }],
    ['an unknown ground', { reason: 'curious' }],
    ['no note', { note: '' }],
    ['no patient', { patient: '' }],
    ['a number nobody has', { patient: 'T-9999' }],
    ['two emergencies', { purpose: 'TREAT' }],
    ['a purpose nobody offers', { purpose: 'HMARKT' }],
  ])('break-glass with %s is not granted', async (_case, changes) => {
    const purpose = { ...emergency, password: passwordOf('tertiary-doctor'), ...changes }
    const page = await signIn(browser(), authorization(server), { name: 'tertiary-doctor', purpose })
    expect([page.status, page.location]).toEqual([422, ''])
    expect(server.issued).toEqual([])
  })

  test('break-glass asks for the password again', async () => {
    const page = await signIn(browser(), authorization(server), { name: 'tertiary-doctor', purpose: emergency })
    expect([page.status, page.location]).toEqual([403, ''])
  })

  test('the second page is not reached without the first', async () => {
    const client = browser()
    const { address, page } = await atSignIn(client, authorization(server))
    const answer = await client.post(address, { csrf: csrfIn(page), purpose: 'TREAT' })
    expect([answer.status, answer.location]).toEqual([403, ''])
  })
})

test('a confidential app proves itself with its key; a page of the app, and no other, may read the answer of the token endpoint', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES384', { extractable: true })
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'a1' }] }
  const server = await startServer({ sandbox: true, apps: [{ ...apps[0], kind: 'confidential', jwks }] })
  const asked = authorization(server)
  const code = codeIn(await signIn(browser(), asked, { name: 'clinic-nurse' }))
  const bare = await exchange(server, asked, { code })
  expect([bare.status, bare.body['error']]).toEqual([401, 'invalid_client'])
  const proof = {
    client_assertion_type: assertionType,
    client_assertion: await clientAssertion(server, {
      key: privateKey,
      header: { alg: 'ES384', kid: 'a1' },
      claims: { iss: 'viewer', sub: 'viewer' },
    }),
  }
  expect((await exchange(server, asked, { code, ...proof })).status).toBe(200)
  for (const [origin, allowed] of [
    ['http://localhost:9999', 'http://localhost:9999'],
    ['https://evil.example', null],
  ] as const) {
    const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: 'viewer', code: 'x' })
    const answer = await fetch(`${server.url}/oauth/token`, { method: 'POST', body, headers: { origin } })
    expect([origin, answer.headers.get('access-control-allow-origin')]).toEqual([origin, allowed])
  }
  await server.close()
})

test('discovery says what runs: a place to sign in where people can, and S256 only', async () => {
  const server = await startServer({ sandbox: true, apps })
  const response = await fetch(`${server.url}/oauth/.well-known/openid-configuration`)
  const offered = {
    authorization_endpoint: `${server.url}/oauth/authorize`,
    code_challenge_methods_supported: ['S256'],
    response_types_supported: ['code'],
  }
  expect(await response.json()).toMatchObject(offered)
  const smart = smartConfiguration(server.config)
  expect(smart).toMatchObject({ ...offered, grant_types_supported: expect.arrayContaining(['authorization_code', 'client_credentials']) })
  expect(smart['capabilities']).toEqual(
    expect.arrayContaining(['launch-standalone', 'context-standalone-patient', 'client-public', 'permission-v2']),
  )
  const without = smartConfiguration({ ...server.config, apps: [] })
  expect(without).not.toHaveProperty('authorization_endpoint')
  expect(without['capabilities']).toEqual(['client-confidential-asymmetric', 'permission-v2'])
  await server.close()
})
