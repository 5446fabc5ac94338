import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import { callerOf } from '../../../gateway/security/caller.ts'
import { Problem } from '../../../gateway/problem.ts'
import { hasPostgres, withoutPostgres } from '../../support/databases.ts'
import { authorization, browser, callback, codeIn, exchange, signIn, tokenByPage } from './browser.ts'
import { passwordOf, type RunningServer, sandboxToken, startServer, tokenIn } from './running-server.ts'
import { enginesAtThisScale } from '../../support/proof.ts'

const apps = [
  { clientId: 'viewer', name: '기록 보기', redirectUris: [callback], kind: 'public' },
  { clientId: 'other', name: '다른 앱', redirectUris: ['http://localhost:9998/callback'], kind: 'public' },
] as const

let shiftMs = 0
const now = (): number => Date.now() + shiftMs
/** Everything but what names this one token, its app and its times. */
const claimsOf = (token: string): Readonly<Record<string, unknown>> => {
  const { jti: _jti, iat: _iat, exp: _exp, client_id: _client, ...rest } = decodeJwt(token)
  return rest
}

async function verdict(server: RunningServer, token: string): Promise<string> {
  try {
    await server.verify(`Bearer ${token}`)
    return 'accepted'
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    return thrown.issues[0]?.id ?? ''
  }
}

const emergency = { purpose: 'BTG', patient: 'T-0009', reason: 'unconscious', note: '응급실 도착, 의식 없음' }

// Its tables run on both engines in grants.test.ts; the whole flow, slow with scrypt, on one unless proofs are asked for.
for (const engine of enginesAtThisScale(hasPostgres)) {
  const isThere = engine === 'PGlite' || hasPostgres
  ;(isThere ? describe : describe.skip)(`people sign in on a page, on ${engine}${isThere ? '' : ` ${withoutPostgres}`}`, () => {
    let server: RunningServer

    beforeAll(async () => {
      shiftMs = 0
      server = await startServer({ sandbox: true, apps, engine, now })
    })
    afterAll(() => server.close())

    test.each(['clinic-nurse', 'tertiary-doctor', 'tertiary-coordinator', 'patient-1', 'guardian-5', 'privacy-officer', 'integrator'])(
      'a token of %s from the page says exactly what one of the sandbox command says',
      async (name) => {
        const asked = authorization(server, { scope: '' })
        const byPage = tokenIn(await exchange(server, asked, { code: codeIn(await signIn(browser(), asked, { name })) }))
        expect(claimsOf(byPage)).toEqual(claimsOf(await sandboxToken(server, { sub: name })))
        expect(callerOf(await server.verify(`Bearer ${byPage}`))).toMatchObject({ subject: name, clientId: 'viewer' })
      },
    )

    test('an app gets of what it asked for what the person has, and no more', async () => {
      const asked = authorization(server, { scope: 'user/*.rs user/Task.crus patient/*.rs' })
      const reply = await exchange(server, asked, { code: codeIn(await signIn(browser(), asked, { name: 'clinic-nurse' })) })
      expect([reply.body['scope'], decodeJwt(tokenIn(reply))['scope']]).toEqual(['user/*.rs user/Task.crus', 'user/*.rs user/Task.crus'])
      const none = await signIn(browser(), authorization(server, { scope: 'patient/*.rs' }), { name: 'clinic-nurse' })
      expect(none.location).toMatch(/^http:\/\/localhost:9999\/callback\?error=access_denied&/)
    })

    test('the app finds its state again, with a code and with an error; without one none is made up', async () => {
      const asked = authorization(server)
      const page = await signIn(browser(), asked, { name: 'clinic-nurse' })
      expect(new URL(page.location).searchParams.get('state')).toBe(asked.state)
      const refused = await browser().get(authorization(server, { state: 'a b&c', code_challenge: '' }).url)
      expect(new URL(refused.location).searchParams.get('state')).toBe('a b&c')
      const without = await signIn(browser(), authorization(server, { state: '' }), { name: 'clinic-nurse' })
      expect(new URL(without.location).searchParams.has('state')).toBe(false)
    })

    test('a patient in context is told to an app that asks for it, and only where there is one', async () => {
      const asPatient = authorization(server, { scope: 'launch/patient patient/*.rs' })
      const reply = await exchange(server, asPatient, { code: codeIn(await signIn(browser(), asPatient, { name: 'patient-1' })) })
      expect(reply.body).toMatchObject({ patient: 'person-1', scope: 'launch/patient patient/*.rs' })
      const asNurse = authorization(server, { scope: 'launch/patient user/*.rs' })
      const nurse = await exchange(server, asNurse, { code: codeIn(await signIn(browser(), asNurse, { name: 'clinic-nurse' })) })
      expect(nurse.body).not.toHaveProperty('patient')
      expect(nurse.body['scope']).toBe('user/*.rs')
    })

    test('a wrong password, a name nobody has and a system are refused in the same words', async () => {
      const asked = authorization(server)
      const pages = []
      for (const person of [
        { name: 'clinic-nurse', password: 'wrong' },
        { name: 'nobody', password: 'wrong' },
        { name: 'clinic-system', password: passwordOf('clinic-system') },
      ]) {
        pages.push(await signIn(browser(), asked, person))
      }
      expect(pages.map((page) => [page.status, page.location])).toEqual([
        [403, ''],
        [403, ''],
        [403, ''],
      ])
      const [first = '', ...others] = pages.map((page) => page.text.replace(/sign-in\/[\w-]+|value="[\w-]+"/g, ''))
      expect(first).toContain('비밀번호가 맞지 않습니다')
      for (const other of others) expect(other).toBe(first)
    })

    test('a code works once; when it comes again, the token it gave ends', async () => {
      const asked = authorization(server)
      const code = codeIn(await signIn(browser(), asked, { name: 'clinic-nurse' }))
      const token = tokenIn(await exchange(server, asked, { code }))
      expect(await verdict(server, token)).toBe('accepted')
      const again = await exchange(server, asked, { code })
      expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant'])
      expect(await verdict(server, token)).toBe('token-revoked')
    })

    test('a code that arrives three times at the same instant gives one token at most', async () => {
      const asked = authorization(server)
      const code = codeIn(await signIn(browser(), asked, { name: 'clinic-nurse' }))
      const replies = await Promise.all([1, 2, 3].map(() => exchange(server, asked, { code })))
      expect(replies.filter((reply) => reply.status === 200).length).toBeLessThanOrEqual(1)
      expect(replies.filter((reply) => reply.status !== 200).every((reply) => reply.body['error'] === 'invalid_grant')).toBe(true)
    })

    test.each([
      ['without the verifier', { code_verifier: '' }],
      ['with another verifier', { code_verifier: 'x'.repeat(43) }],
      ['by another app', { client_id: 'other' }],
      ['with another redirect address', { redirect_uri: 'http://localhost:9998/callback' }],
    ])('a stolen code is worth nothing %s, and the thief does not spoil it', async (_case, changes) => {
      const asked = authorization(server)
      const code = codeIn(await signIn(browser(), asked, { name: 'clinic-nurse' }))
      const stolen = await exchange(server, asked, { code, ...changes })
      expect([stolen.status, stolen.body['error']]).toEqual([400, 'invalid_grant'])
      expect((await exchange(server, asked, { code })).status).toBe(200)
    })

    test('a session ends at sign-out: every token it gave, break-glass too, whichever of them is brought', async () => {
      const client = browser()
      const plain = tokenIn(await tokenByPage(server, { name: 'tertiary-doctor' }, client))
      const reply = await tokenByPage(
        server,
        { name: 'tertiary-doctor', purpose: { ...emergency, password: passwordOf('tertiary-doctor') } },
        client,
      )
      const breakGlass = tokenIn(reply)
      const elsewhere = tokenIn(await tokenByPage(server, { name: 'tertiary-doctor' }))
      const caller = callerOf(await server.verify(`Bearer ${breakGlass}`))
      expect(caller.purposes).toEqual(['TREAT', 'BTG'])
      expect(caller.breakGlass).toMatchObject({ kind: 'declared', patient: 'person-9', reason: 'unconscious', note: emergency.note })
      expect(Number(reply.body['expires_in'])).toBeLessThanOrEqual(900)
      expect(server.issued.at(-2)).toMatchObject({ breakGlass: { person: 'person-9' } })

      expect((await server.post('/logout', { token: plain })).status).toBe(200)
      expect(await Promise.all([plain, breakGlass, elsewhere].map((token) => verdict(server, token)))).toEqual([
        'token-revoked',
        'token-revoked',
        'accepted',
      ])
    })

    test('signing out in the browser ends the session, also for a code that is on its way', async () => {
      const client = browser()
      const token = tokenIn(await tokenByPage(server, { name: 'clinic-nurse' }, client))
      const asked = authorization(server)
      const code = codeIn(await signIn(client, asked, { name: 'clinic-nurse' }))
      const forged = await client.post(`${server.url}/oauth/logout`, {}, { 'sec-fetch-site': 'cross-site' })
      expect([forged.status, await verdict(server, token)]).toEqual([403, 'accepted'])
      const left = await client.post(`${server.url}/oauth/logout`, {}, { 'sec-fetch-site': 'same-origin', accept: 'text/html' })
      expect([left.status, left.text]).toEqual([200, expect.stringContaining('로그아웃되었습니다')])
      expect(await verdict(server, token)).toBe('token-revoked')
      const late = await exchange(server, asked, { code })
      expect([late.status, late.body['error']]).toEqual([400, 'invalid_grant'])
    })

    test('when somebody else signs in at the same browser, what the first was given ends', async () => {
      const client = browser()
      const nurse = tokenIn(await tokenByPage(server, { name: 'clinic-nurse' }, client))
      const patient = tokenIn(await tokenByPage(server, { name: 'patient-1' }, client))
      expect([await verdict(server, nurse), await verdict(server, patient)]).toEqual(['token-revoked', 'accepted'])
    })

    test('too many wrong passwords close the account for a while, for the right one too, and for names nobody has', async () => {
      for (const name of ['auditor', 'nobody-at-all']) {
        const asked = authorization(server)
        const client = browser()
        for (let attempt = 0; attempt < 10; attempt += 1) expect((await signIn(client, asked, { name, password: 'x' })).status).toBe(403)
        const closed = await signIn(client, asked, { name })
        expect([closed.status, closed.location]).toEqual([429, ''])
        expect(Number(closed.headers.get('retry-after'))).toBeGreaterThan(800)
      }
      shiftMs = 15 * 60 * 1000 + 1000
      const asked = authorization(server, { scope: '' })
      expect((await signIn(browser(), asked, { name: 'auditor' })).location).toContain('code=')
      shiftMs = 0
    })
  })
}
