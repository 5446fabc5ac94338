/** Tokens that are not what they say, and tokens that are less than what is asked. */
import { createHmac, randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { decodeJwt, importJWK, SignJWT } from 'jose'
import { askerWith, type TestGateway } from '../../support/gateway-client.ts'
import { issueIds, observation, patient, transaction } from '../records.ts'
import { clinic } from './faults.ts'
import { expectRefused } from './refusal.ts'

export function tokens(gateway: () => TestGateway): void {
  describe('tokens', () => {
    /** A token of this gateway, signed again with its own key after some claims were changed. */
    const forged = async (claims: Readonly<Record<string, unknown>>, header: { alg?: string; typ?: string } = {}): Promise<string> => {
      const { sql } = gateway().context.store
      const key = await sql.query<{ kid: string; private_jwk: string }>(
        'select kid, private_jwk from signing_key order by generation desc limit 1',
      )
      const { kid = '', private_jwk: jwk = '{}' } = key.rows[0] ?? {}
      return new SignJWT({ ...decodeJwt(await gateway().token('clinic-system')), ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header })
        .sign(await importJWK({ ...JSON.parse(jwk), alg: 'ES256' }))
    }
    const asking = (token: string) => askerWith(gateway().url, async () => token).get('Observation')
    const unauthorized = (id: string) => ({ status: 401, id })
    const nowS = Math.floor(Date.now() / 1000)

    test('a token signed again without a change is as good as before: what follows fails for its one fault', async () => {
      expect((await asking(await forged({}))).status).toBe(200)
    })

    test('a token for another service is refused', async () => {
      expectRefused(await asking(await forged({ aud: 'https://other.example/fhir' })), unauthorized('token-audience'))
    })

    test('a token of another issuer is refused', async () => {
      expectRefused(await asking(await forged({ iss: 'https://other.example' })), unauthorized('token-issuer'))
    })

    test('a token that expired is refused', async () => {
      expectRefused(await asking(await forged({ iat: nowS - 400, exp: nowS - 100 })), unauthorized('token-expired'))
    })

    test('a token of another type is refused', async () => {
      expectRefused(await asking(await forged({}, { typ: 'JWT' })), unauthorized('token-typ'))
    })

    test('a token without a signature is refused, whatever its header says', async () => {
      const [, payload = ''] = (await gateway().token('clinic-system')).split('.')
      const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
      const reply = await asking(`${header}.${payload}.`)
      expect([reply.status, reply.body.resourceType]).toEqual([401, 'OperationOutcome'])
      expect(issueIds(reply.body)[0]).toMatch(/^token-(malformed|unknown-key|signature)$/)
    })

    test('a token signed with the public key as a shared secret is refused', async () => {
      const [header = '', payload = ''] = (await gateway().token('clinic-system')).split('.')
      const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
      const jwks = await gateway().raw('/oauth/jwks')
      for (const publicKey of [JSON.stringify(jwks.body), JSON.stringify((jwks.body['keys'] as unknown[])[0])]) {
        const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid })).toString('base64url')
        const signature = createHmac('sha256', publicKey).update(`${head}.${payload}`).digest('base64url')
        const reply = await asking(`${head}.${payload}.${signature}`)
        expect([reply.status, issueIds(reply.body)]).toEqual([401, ['token-signature']])
      }
    })

    test('a token whose payload was changed is refused', async () => {
      const [header, payload = '', signature] = (await gateway().token('clinic-nurse')).split('.')
      const changed = Buffer.from(Buffer.from(payload, 'base64url').toString('utf8').replace('nurse', 'doctor')).toString('base64url')
      expectRefused(await asking(`${header}.${changed}.${signature}`), unauthorized('token-signature'))
    })

    test('a token that nobody was given is refused, though its signature is right', async () => {
      expectRefused(await asking(await forged({ jti: randomUUID() })), unauthorized('token-revoked'))
    })

    test('a token that was handed back is refused in the next request', async () => {
      const token = await gateway().token('clinic-doctor')
      expect((await asking(token)).status).toBe(200)
      const ended = await gateway().raw('/oauth/revoke', { method: 'POST', body: new URLSearchParams({ client_id: 'carenet-cli', token }) })
      expect(ended.status).toBe(200)
      expectRefused(await asking(token), unauthorized('token-revoked'))
    })

    test('a token that does not say for whom, in which role or for what is refused', async () => {
      const claims = decodeJwt(await gateway().token('clinic-system'))
      for (const lacking of ['extensions', 'scope']) {
        const reply = await asking(await forged({ ...claims, [lacking]: undefined }))
        expect([reply.status, reply.body.resourceType]).toEqual([403, 'OperationOutcome'])
      }
    })

    test('a scope nobody knows is not granted, and the sender is told which', async () => {
      for (const scope of ['system/*.cruds system/Spaceship.r', 'system/*.everything', 'user/*.rs', '']) {
        const reply = await gateway().systemToken('clinic', scope)
        expect([reply.status, reply.body['error'], reply.body['access_token']]).toEqual([400, 'invalid_scope', undefined])
      }
    })

    test('a narrow scope opens nothing beyond itself: not by address, not in a transaction, not in $everything', async () => {
      const { access_token: token } = (await gateway().systemToken('clinic', 'system/Patient.r')).body
      const narrow = askerWith(gateway().url, async () => String(token))
      expect((await narrow.get('Patient/C-0001')).status).toBe(200)
      const refused = [
        await narrow.get('Observation/many-1'),
        await narrow.get('Patient'),
        await narrow.put('Patient/C-0001', patient('clinic', 1)),
        await narrow.post('', transaction([observation('narrow', 'C-0001')])),
        await narrow.get('Patient/C-0001/$everything'),
      ]
      expect(refused.map((reply) => [reply.status, ...issueIds(reply.body)])).toEqual(refused.map(() => [403, 'scope']))
      expect(refused[0]?.headers.get('www-authenticate')).toContain('insufficient_scope')
      expect((await clinic(gateway()).get('Observation/narrow')).status).toBe(404)
    })
  })
}
