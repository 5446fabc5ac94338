import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair } from 'jose'
import { Problem } from '../../../gateway/problem.ts'
import { type Caller, callerOf } from '../../../gateway/security/caller.ts'
import type { VerifiedToken } from '../../../gateway/security/token.ts'
import { audience, issuerConfig, type OutsideServer, staff, startOutside, verifierOf } from './outside-server.ts'
import { type RunningServer, sandboxToken, startServer } from './running-server.ts'

let server: RunningServer
let outside: OutsideServer
let shiftMs = 0
const now = (): number => Date.now() + shiftMs

beforeAll(async () => {
  server = await startServer({ sandbox: true })
  outside = await startOutside()
})
afterEach(() => {
  shiftMs = 0
  Object.assign(outside, { active: true, isUp: true })
})
afterAll(async () => {
  await outside.close()
  await server.close()
})

type Verify = (header: string | undefined) => Promise<VerifiedToken>

const plain = (): Verify => verifierOf(server, issuerConfig(outside.url), { now })

async function callerBy(verify: Verify, token: string): Promise<Caller> {
  return callerOf(await verify(`Bearer ${token}`))
}

async function refusal(verify: Verify, token: string): Promise<string> {
  try {
    await callerBy(verify, token)
    return 'accepted'
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    return thrown.issues[0]?.id ?? ''
  }
}

describe('a token of an outside issuer', () => {
  test('names the same caller that a token of ours would name', async () => {
    const verify = plain()
    expect(await callerBy(verify, await outside.token())).toMatchObject({
      subject: 'kim',
      name: '김의사',
      role: 'doctor',
      institution: 'tertiary',
      departments: ['01'],
      practitioner: 'kim-1',
      person: '',
      purposes: ['TREAT'],
      scopes: ['user/*.rs'],
      clientId: 'their-app',
      breakGlass: { kind: 'none' },
    })
    const patient = { role: 'patient', purposes: ['PATRQT'], person: 'urn:oid:1|P-1', scope: 'patient/*.rs' }
    expect(await callerBy(verify, await outside.token(patient))).toMatchObject({
      role: 'patient',
      institution: 'network',
      person: 'person-1',
    })
    const officer = { role: 'privacy-officer', institution: 'network', purposes: 'HOPERAT', scope: 'user/Consent.rs' }
    expect(await callerBy(verify, await outside.token(officer))).toMatchObject({ role: 'privacy-officer', institution: 'network' })
  })

  test('speaks in its own claims and words where the configuration says so', async () => {
    const { claimMap } = issuerConfig(outside.url)
    const issuer = issuerConfig(outside.url, {
      claimMap: { ...claimMap, role: '/realm/roles', institution: 'https://hira.or.kr/number' },
      roles: { 의사: 'doctor' },
    })
    const claims = {
      role: undefined,
      realm: { roles: ['offline', '의사'] },
      institution: undefined,
      'https://hira.or.kr/number': '31100001',
    }
    expect(await callerBy(verifierOf(server, issuer), await outside.token(claims))).toMatchObject({ role: 'doctor', institution: 'clinic' })
  })

  test('stands beside ours, which stay as good as they were', async () => {
    const ours = await sandboxToken(server, { sub: 'clinic-nurse' })
    expect(await callerBy(plain(), ours)).toMatchObject({ subject: 'clinic-nurse' })
  })

  test.each(['name', 'role', 'institution', 'departments', 'practitioner', 'purposes', 'scope'])(
    'without `%s` is refused',
    async (claim) => {
      expect(await refusal(plain(), await outside.token({ [claim]: undefined }))).toBe('missing-claim')
    },
  )

  test.each([
    ['a role nobody has here', { role: 'surgeon' }],
    ['two roles', { role: ['doctor', 'nurse'] }],
    ['the role of a system', { role: 'system' }],
    ['an institution that is no member', { institution: '99999999' }],
    ['a name every object has', { institution: 'constructor' }],
    ['a hospital of its own as the network’s officer', { role: 'privacy-officer', institution: 'tertiary', purposes: 'HOPERAT' }],
    ['staff of the network', { institution: 'network' }],
    ['a purpose of another role', { purposes: ['HOPERAT'] }],
    ['break-glass, for which nothing was declared', { purposes: ['TREAT', 'BTG'] }],
    ['no purpose at all', { purposes: [] }],
    ['a patient without a person', { role: 'patient', purposes: 'PATRQT' }],
  ])('with %s is refused', async (_case, claims) => {
    expect(await refusal(plain(), await outside.token(claims))).toBe('missing-claim')
  })

  test('of a patient whose record has not arrived is refused', async () => {
    const claims = { role: 'patient', purposes: 'PATRQT', person: 'urn:oid:1|P-2' }
    expect(await refusal(plain(), await outside.token(claims))).toBe('unknown-person')
  })

  const nowS = Math.floor(Date.now() / 1000)
  test.each([
    ['for another service', { aud: 'https://other.example' }, {}, 'token-audience'],
    ['that has expired', { iat: nowS - 400, exp: nowS - 100 }, {}, 'token-expired'],
    ['from the future', { iat: nowS + 100, exp: nowS + 300 }, {}, 'token-not-yet'],
    ['that lives longer than five minutes', { exp: nowS + 3600 }, {}, 'token-claims'],
    ['without an end', { exp: undefined }, {}, 'token-claims'],
    ['without a client', { client_id: undefined }, {}, 'token-claims'],
    ['that is no access token', {}, { typ: 'JWT' }, 'token-typ'],
    ['with a critical extension', {}, { crit: ['urn:example:rule'], 'urn:example:rule': 1 }, 'token-malformed'],
    ['without a key id', {}, { kid: undefined }, 'token-malformed'],
    ['of an unknown key', {}, { kid: 'k9' }, 'token-unknown-key'],
  ])('%s is refused', async (_case, claims, header, fault) => {
    expect(await refusal(plain(), await outside.token(claims, header))).toBe(fault)
  })

  test('cannot be signed by us, nor ours by it', async () => {
    const [header = '', payload = '', signature = ''] = (await outside.token({ iss: server.authorizationServer.issuer })).split('.')
    expect(await refusal(plain(), [header, payload, signature].join('.'))).toBe('token-unknown-key')
  })
})

describe('the issuer', () => {
  test('is asked for its keys once, and again when it has a new one', async () => {
    const verify = plain()
    const before = outside.asked.keys
    for (let i = 0; i < 3; i += 1) expect(await refusal(verify, await outside.token({ n: i }))).toBe('accepted')
    expect(outside.asked.keys).toBe(before + 1)
  })

  test('that does not answer makes its tokens wait, not pass', async () => {
    outside.isUp = false
    expect(await refusal(plain(), await outside.token())).toBe('issuer-unavailable')
  })

  test.each([
    ['a private key', async () => ({ ...(await exportJWK(outside.signer)), kid: 'k2', alg: 'ES256' })],
    ['a symmetric key', async () => ({ kty: 'oct', k: 'AAAA', kid: 'k2', alg: 'HS256' })],
    [
      'one key id for two keys',
      async () => ({ ...(await exportJWK((await generateKeyPair('ES256')).publicKey)), kid: 'k1', alg: 'ES256' }),
    ],
  ])('that publishes %s is not trusted', async (_case, make) => {
    outside.keys.push(await make())
    const answer = await refusal(plain(), await outside.token())
    outside.keys.pop()
    expect(answer).toBe('issuer-unavailable')
  })

  test('cannot send us anywhere else for its keys', async () => {
    const issuer = issuerConfig(outside.url, { jwksUri: `${server.url}/oauth/jwks` })
    expect(await refusal(verifierOf(server, issuer), await outside.token())).toBe('issuer-unavailable')
  })

  test('ends a token by introspection, and is believed for thirty seconds at most', async () => {
    const introspection = { endpoint: `${outside.url}/introspect`, clientId: 'care', clientSecret: 's:t', cacheS: 30 }
    const verify = verifierOf(server, issuerConfig(outside.url, { introspection, maxLifetimeS: 3600 }), { now })
    const nowS = Math.floor(Date.now() / 1000)
    const token = await outside.token({ exp: nowS + 3600 })
    const before = outside.asked.introspection
    expect(await refusal(verify, token)).toBe('accepted')
    expect(outside.asked.authorization).toBe(`Basic ${Buffer.from('care:s%3At').toString('base64')}`)
    outside.active = false
    expect(await refusal(verify, token)).toBe('accepted')
    expect(outside.asked.introspection).toBe(before + 1)
    shiftMs = 30_001
    expect(await refusal(verify, token)).toBe('token-revoked')
    outside.active = undefined
    shiftMs = 60_002
    expect(await refusal(verify, token)).toBe('issuer-unavailable')
  })
})

test('every token that was taken has a row, so that the ledger and a revocation can name it', async () => {
  const { jti } = await plain()(`Bearer ${await outside.token(staff)}`)
  const found = await server.database.sql.query('select subject, client, institution, role from "grant" where jti = $1', [jti])
  expect(found.rows).toEqual([{ subject: 'kim', client: 'their-app', institution: 'tertiary', role: 'doctor' }])
  expect(audience).not.toBe(server.authorizationServer.audience)
})
