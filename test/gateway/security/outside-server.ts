/** A small outside issuer on loopback: discovery, keys, introspection; its answers can be spoiled between requests. */
import { createServer } from 'node:http'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { guardedFetch } from '../../../adapters/guarded-fetch.ts'
import type { Config, IssuerConfig } from '../../../gateway/config.ts'
import { outsideIssuer } from '../../../gateway/security/outside-issuer.ts'
import { createTokenVerifier, type VerifiedToken } from '../../../gateway/security/token.ts'
import type { RunningServer } from './running-server.ts'

export interface OutsideServer {
  readonly url: string
  readonly keys: JWK[]
  readonly signer: CryptoKey
  /** the next answers of introspection; undefined: it answers 500 */
  active: boolean | undefined
  isUp: boolean
  readonly asked: { keys: number; introspection: number; authorization: string }
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
  close(): Promise<void>
}

export const audience = 'https://care.example/fhir/R4'

export const staff = {
  sub: 'kim',
  name: '김의사',
  role: 'doctor',
  institution: '01100003',
  departments: ['01'],
  practitioner: 'kim-1',
  purposes: 'TREAT',
  scope: 'user/*.rs',
}

export async function startOutside(): Promise<OutsideServer> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const keys: JWK[] = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }]
  const server = createServer((request, response) => {
    const answer = (body: unknown, status = 200) => {
      response.writeHead(outside.isUp ? status : 503, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.url === '/.well-known/openid-configuration') return answer({ issuer: outside.url, jwks_uri: `${outside.url}/keys` })
    if (request.url === '/keys') {
      outside.asked.keys += 1
      return answer({ keys })
    }
    if (request.url === '/introspect' && request.method === 'POST') {
      outside.asked.introspection += 1
      outside.asked.authorization = request.headers.authorization ?? ''
      return outside.active === undefined ? answer({}, 500) : answer({ active: outside.active })
    }
    return answer({}, 404)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const outside: OutsideServer = {
    url: `http://127.0.0.1:${address.port}`,
    keys,
    signer: pair.privateKey,
    active: true,
    isUp: true,
    asked: { keys: 0, introspection: 0, authorization: '' },
    token: async (claims = {}, header = {}) => {
      const nowS = Math.floor(Date.now() / 1000)
      const times = { iat: nowS, exp: nowS + 300 }
      const about = { iss: outside.url, aud: audience, client_id: 'their-app', ...times, ...staff, ...claims }
      return new SignJWT(about).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header }).sign(pair.privateKey, {
        crit: { 'urn:example:rule': true },
      })
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return outside
}

export function issuerConfig(url: string, changes: Partial<IssuerConfig> = {}): IssuerConfig {
  return {
    issuer: url,
    audience,
    tokenType: 'at+jwt',
    maxLifetimeS: 300,
    claimMap: {
      name: 'name',
      role: 'role',
      institution: 'institution',
      departments: 'departments',
      practitioner: 'practitioner',
      purposes: 'purposes',
      person: 'person',
    },
    roles: {},
    ...changes,
  }
}

/** The verifier of a gateway that takes tokens of both issuers. */
export function verifierOf(
  server: RunningServer,
  issuer: IssuerConfig,
  { now = Date.now, resolvePatient }: { now?: () => number; resolvePatient?: (number: string) => Promise<string | undefined> } = {},
): (header: string | undefined) => Promise<VerifiedToken> {
  const config: Config = { ...server.config, issuer }
  const fetch = guardedFetch({ allowOrigins: [new URL(issuer.issuer).origin], deadlineMs: 2000, maxBytes: 100_000 })
  const resolve = resolvePatient ?? (async (number) => (number === 'urn:oid:1|P-1' ? 'person-1' : undefined))
  const { sql } = server.database
  const outside = outsideIssuer({ config, issuer, resolvePatient: resolve, sql, now, clockSkewS: 5, fetch })
  const { issuer: own, audience: base, publishedKeys } = server.authorizationServer
  return createTokenVerifier({ issuer: own, audience: base, keys: publishedKeys, sql, now, clockSkewS: 5, outside })
}
