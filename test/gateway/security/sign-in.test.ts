import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import { callerOf } from '../../../gateway/security/caller.ts'
import { hasPostgres, withoutPostgres } from '../../support/databases.ts'
import { authorization, browser, callback, codeIn, exchange, signIn, tokenByPage } from './browser.ts'
import { type RunningServer, sandboxToken, startServer, tokenIn } from './running-server.ts'

const apps = [{ clientId: 'viewer', name: '기록 보기', redirectUris: [callback], kind: 'public' }] as const

const claimsOf = (token: string): Readonly<Record<string, unknown>> => {
  const { jti: _jti, iat: _iat, exp: _exp, client_id: _client, scope: _scope, ...rest } = decodeJwt(token)
  return rest
}

for (const engine of ['PGlite', 'PostgreSQL'] as const) {
  const isThere = engine === 'PGlite' || hasPostgres
  const title = `people sign in on a page, on ${engine}${isThere ? '' : ` ${withoutPostgres}`}`
  ;(isThere ? describe : describe.skip)(title, () => {
    let server: RunningServer

    beforeAll(async () => {
      server = await startServer({ sandbox: true, apps, engine })
    })
    afterAll(() => server.close())

    test('a token from the page says exactly what a token of the sandbox command says', async () => {
      for (const name of ['clinic-nurse', 'tertiary-doctor', 'patient-1', 'guardian-5', 'privacy-officer']) {
        const byPage = tokenIn(await tokenByPage(server, { name }))
        expect(claimsOf(byPage)).toEqual(claimsOf(await sandboxToken(server, { sub: name })))
        expect(callerOf(await server.verify(`Bearer ${byPage}`))).toMatchObject({ subject: name, clientId: 'viewer' })
      }
    })

    test('debug', async () => {
      const asked = authorization(server)
      const page = await signIn(browser(), asked, { name: 'clinic-nurse' })
      expect(page.location).toContain(`state=${asked.state}`)
      const reply = await exchange(server, asked, { code: codeIn(page) })
      expect(reply.body).toMatchObject({ token_type: 'Bearer' })
    })
  })
}
