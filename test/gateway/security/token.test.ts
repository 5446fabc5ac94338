import { generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { calculateJwkThumbprint, type CryptoKey, decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { Problem } from '../../../gateway/problem.ts'
import type { PublicKey } from '../../../gateway/security/keys.ts'
import { createTokenVerifier, type VerifiedToken } from '../../../gateway/security/token.ts'
import { grants } from '../../../gateway/store/grants.ts'
import { type RunningServer, sandboxToken, startServer } from './running-server.ts'

let server: RunningServer
let shiftMs = 0

beforeAll(async () => {
  server = await startServer({ sandbox: true, now: () => Date.now() + shiftMs })
})
afterAll(() => server.close())

/** The id of the problem a header is refused with, or `accepted`. */
async function verdict(header: string | undefined, verify = server.verify): Promise<string> {
  try {
    await verify(header)
    return 'accepted'
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    expect(thrown.kind).toBe('unauthenticated')
    expect(thrown.headers['WWW-Authenticate']).toMatch(/^Bearer realm="care-network"/)
    return thrown.issues[0]?.id ?? ''
  }
}

const doctor = (): Promise<string> => sandboxToken(server, { sub: 'tertiary-doctor' })

/** An issuer of our own making whose every token can be spoiled. */
async function issuer(now: () => number = Date.now): Promise<{
  key: PublicKey
  issue: (claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>) => Promise<string>
  keys: PublicKey[]
  loads: () => number
  verify: (header: string | undefined) => Promise<VerifiedToken>
  signer: CryptoKey
}> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const { x = '', y = '' } = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint({ kty: 'EC', crv: 'P-256', x, y })
  const key: PublicKey = { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }
  const keys = [key]
  let loads = 0
  const nowS = Math.floor(now() / 1000)
  const about = { iss: 'https://issuer.test', aud: 'https://gateway.test/fhir/R4', sub: 'd', client_id: 'c', iat: nowS, exp: nowS + 300 }
  const issue = async (claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const jti = crypto.randomUUID()
    const holder = { subject: 'd', client: 'c', institution: 'clinic', role: 'doctor', purposes: ['TREAT'] }
    const times = { issuedMs: now(), expiresMs: now() + 300_000 }
    await grants(server.database.sql).record({ jti, ...holder, ...times, breakGlass: undefined })
    return new SignJWT({ ...about, jti, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header })
      .sign(pair.privateKey, { crit: { 'urn:example:rule': true } })
  }
  const verify = createTokenVerifier({
    issuer: 'https://issuer.test',
    audience: 'https://gateway.test/fhir/R4',
    keys: async () => {
      loads += 1
      return [...keys]
    },
    sql: server.database.sql,
    now,
    clockSkewS: 5,
  })
  return { key, issue, keys, loads: () => loads, verify, signer: pair.privateKey }
}

describe('a request without a good access token goes no further', () => {
  test('no token, another scheme, and what is no token at all', async () => {
    expect(await verdict(undefined)).toBe('token-missing')
    expect(await verdict('')).toBe('token-missing')
    expect(await verdict('Basic ZG9jdG9yOnNlY3JldA==')).toBe('token-malformed')
    expect(await verdict('Bearer nonsense')).toBe('token-malformed')
    expect(await verdict('Bearer a.b.c')).toBe('token-malformed')
    expect(await verdict(`Bearer ${'a'.repeat(9000)}`)).toBe('token-malformed')
    expect(await verdict(`Bearer ${await doctor()} ${await doctor()}`)).toBe('token-malformed')
  })

  test('algorithm `none`', async () => {
    const [, payload] = (await doctor()).split('.')
    const [key] = await server.authorizationServer.publishedKeys()
    for (const alg of ['none', 'None', 'NONE']) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: key?.kid })).toString('base64url')
      expect(await verdict(`Bearer ${header}.${payload}.`)).toBe('token-signature')
    }
  })

  test('a symmetric signature made with our public key', async () => {
    const [key] = await server.authorizationServer.publishedKeys()
    const claims = decodeJwt(await doctor())
    for (const secret of [JSON.stringify(key), key?.x ?? '', JSON.stringify({ keys: [key] })]) {
      const forged = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: key?.kid ?? '' })
        .sign(new TextEncoder().encode(secret))
      expect(await verdict(`Bearer ${forged}`)).toBe('token-signature')
    }
  })

  test('a token whose content was changed after signing', async () => {
    const [header, , signature] = (await doctor()).split('.')
    const claims = { ...decodeJwt(await doctor()), sub: 'privacy-officer' }
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url')
    expect(await verdict(`Bearer ${header}.${changed}.${signature}`)).toBe('token-signature')
  })

  test('a key that the token itself brings along', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const [known] = await server.authorizationServer.publishedKeys()
    const brought = { ...publicKey.export({ format: 'jwk' }), kid: known?.kid }
    const header = { alg: 'ES256', typ: 'at+jwt', kid: known?.kid, jwk: brought, jku: `${server.url}/keys` }
    const encoded = [header, decodeJwt(await doctor())].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    const signature = sign('sha256', Buffer.from(encoded), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    expect(await verdict(`Bearer ${encoded}.${signature}`)).toBe('token-signature')
  })

  test.each<[string, JWTPayload, Readonly<Record<string, unknown>>, string]>([
    ['meant for another service', { aud: 'https://other.test/fhir/R4' }, {}, 'token-audience'],
    ['without an audience', { aud: [] }, {}, 'token-audience'],
    ['of another issuer', { iss: 'https://other.test' }, {}, 'token-issuer'],
    ['that is an id token', {}, { typ: 'JWT' }, 'token-typ'],
    ['of no stated type', {}, { typ: undefined }, 'token-typ'],
    ['that expired', { iat: 1000, exp: 1300 }, {}, 'token-expired'],
    ['that begins later', { nbf: Math.floor(Date.now() / 1000) + 60 }, {}, 'token-not-yet'],
    ['issued in the future', { iat: Math.floor(Date.now() / 1000) + 60 }, {}, 'token-not-yet'],
    ['that lives for a day', { exp: Math.floor(Date.now() / 1000) + 86_400 }, {}, 'token-claims'],
    ['of an unknown key', {}, { kid: 'unknown' }, 'token-unknown-key'],
    ['of an unnamed key', {}, { kid: undefined }, 'token-malformed'],
    ['with a rule we do not know', {}, { crit: ['urn:example:rule'], 'urn:example:rule': 1 }, 'token-malformed'],
  ])('a token %s', async (_case, claims, header, expected) => {
    const { issue, verify } = await issuer()
    expect(await verdict(`Bearer ${await issue(claims, header)}`, verify)).toBe(expected)
  })

  test.each(['jti', 'sub', 'client_id', 'iat', 'exp'])('a token without `%s`', async (claim) => {
    const { issue, verify } = await issuer()
    expect(await verdict(`Bearer ${await issue({ [claim]: undefined })}`, verify)).toBe('token-claims')
  })

  test('a well-signed token that was never recorded as issued', async () => {
    const { issue, verify } = await issuer()
    expect(await verdict(`Bearer ${await issue()}`, verify)).toBe('accepted')
    expect(await verdict(`Bearer ${await issue({ jti: 'made-up' })}`, verify)).toBe('token-revoked')
  })
})

describe('a good token', () => {
  test('is accepted again without another look at its signature, until it expires', async () => {
    const token = await doctor()
    expect(await verdict(`Bearer ${token}`)).toBe('accepted')
    expect(await verdict(`bearer ${token}`)).toBe('accepted')
    shiftMs = 904_000
    expect(await verdict(`Bearer ${token}`)).toBe('accepted')
    shiftMs = 906_000
    expect(await verdict(`Bearer ${token}`)).toBe('token-expired')
    shiftMs = 0
  })

  test('is refused from the next request on once it was ended', async () => {
    const token = await doctor()
    const { jti } = await server.verify(`Bearer ${token}`)
    expect(await grants(server.database.sql).end(jti, 'revoked', Date.now())).toBe(true)
    expect(await verdict(`Bearer ${token}`)).toBe('token-revoked')
    expect(await grants(server.database.sql).end(jti, 'revoked', Date.now())).toBe(false)
  })
})

describe('keys of the issuer', () => {
  test('a new key is found without a restart, and a flood of unknown keys asks for them once a second', async () => {
    let nowMs = Date.now()
    const old = await issuer(() => nowMs)
    const next = await issuer(() => nowMs)
    await old.verify(`Bearer ${await old.issue()}`)
    expect(old.loads()).toBe(1)
    old.keys.unshift(next.key)
    const signedByNext = `Bearer ${await next.issue()}`
    expect(await verdict(signedByNext, old.verify)).toBe('accepted')
    expect(old.loads()).toBe(2)
    for (let tries = 0; tries < 20; tries++) {
      expect(await verdict(`Bearer ${await old.issue({}, { kid: `x${tries}` })}`, old.verify)).toBe('token-unknown-key')
    }
    expect(old.loads()).toBe(2)
    nowMs += 1001
    expect(await verdict(`Bearer ${await old.issue({}, { kid: 'x' })}`, old.verify)).toBe('token-unknown-key')
    expect(old.loads()).toBe(3)
  })

  test('what a withdrawn key signed is no longer accepted, even if it was verified before', async () => {
    let nowMs = Date.now()
    const old = await issuer(() => nowMs)
    const next = await issuer(() => nowMs)
    const header = `Bearer ${await old.issue()}`
    expect(await verdict(header, old.verify)).toBe('accepted')
    old.keys.splice(0, 1, next.key)
    nowMs += 1001
    expect(await verdict(`Bearer ${await next.issue()}`, old.verify)).toBe('accepted')
    expect(await verdict(header, old.verify)).toBe('token-unknown-key')
  })
})
