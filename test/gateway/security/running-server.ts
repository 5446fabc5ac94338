/** A real authorization server on a real port: express 5, a PGlite database of its own, two systems and the sandbox identities. */
import { defaultRateLimits } from '../../../gateway/config-schema.ts'
import type { Server } from 'node:http'
import express from 'express'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { AppConfig, Config, SandboxIdentity } from '../../../gateway/config.ts'
import { type AuthorizationServer, createAuthorizationServer } from '../../../gateway/security/authorization-server.ts'
import { sandboxClientId, sandboxGrantType } from '../../../gateway/security/endpoints.ts'
import { hashPassword } from '../../../gateway/security/password.ts'
import { createTokenVerifier, type VerifiedToken } from '../../../gateway/security/token.ts'
import type { IssuedGrant } from '../../../gateway/store/grants.ts'
import type { Database } from '../../../gateway/store/pool.ts'
import { type Engine, openTestDatabase } from '../../support/databases.ts'

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export interface RunningServer {
  readonly authorizationServer: AuthorizationServer
  readonly database: Database
  readonly config: Config
  readonly url: string
  readonly issued: IssuedGrant[]
  readonly clientKeys: { readonly clinic: CryptoKey; readonly hospital: CryptoKey; readonly sandbox: CryptoKey }
  readonly verify: (header: string | undefined) => Promise<VerifiedToken>
  post(path: string, form: Readonly<Record<string, string>>): Promise<Reply>
  close(): Promise<void>
}

export interface Reply {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

export interface ServerOptions {
  readonly sandbox: boolean
  /** milliseconds of real time; shift it to let time pass for our own code */
  readonly now?: () => number
  readonly engine?: Engine
  /** applications people may sign in to; their identities then have the password `passwordOf(name)` */
  readonly apps?: readonly AppConfig[]
  /** more people, without changing the usual ones */
  readonly people?: readonly SandboxIdentity[]
}

export async function startServer({
  sandbox,
  now = Date.now,
  engine = 'PGlite',
  apps = [],
  people = [],
}: ServerOptions): Promise<RunningServer> {
  const clinic = await generateKeyPair('ES384', { extractable: true })
  const hospital = await generateKeyPair('RS384', { extractable: true })
  const cli = await generateKeyPair('ES256', { extractable: true })
  const app = express()
  const server = await listening(app)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  const config: Config = {
    ...settings,
    groups: [],
    publicUrl: url,
    clients: [
      { clientId: 'clinic-system', institution: 'clinic', jwks: { keys: [{ ...(await exportJWK(clinic.publicKey)), kid: 'c1' }] } },
      { clientId: 'hospital-system', institution: 'hospital', jwks: { keys: [{ ...(await exportJWK(hospital.publicKey)), kid: 'h1' }] } },
    ],
    apps,
    sandbox: sandbox
      ? {
          publicKey: { ...(await exportJWK(cli.publicKey)) },
          identities: apps.length === 0 ? identities : await withPasswords([...identities, ...people]),
        }
      : undefined,
  }
  const opened = await openTestDatabase(engine)
  const { database } = opened
  const issued: IssuedGrant[] = []
  const authorizationServer = await createAuthorizationServer({
    config,
    sql: database.sql,
    now,
    resolvePatient: async (identifier) => known.get(identifier),
    admitEmergency: async () => undefined,
    issued: async (grant) => void issued.push(grant),
    left: async () => undefined,
    log: () => undefined,
  })
  app.use('/oauth', authorizationServer.router)
  const { issuer, audience, publishedKeys } = authorizationServer
  return {
    authorizationServer,
    database,
    config,
    url,
    issued,
    clientKeys: { clinic: clinic.privateKey, hospital: hospital.privateKey, sandbox: cli.privateKey },
    verify: createTokenVerifier({ issuer, audience, keys: publishedKeys, sql: database.sql, now, clockSkewS: 5 }),
    post: (path, form) => post(`${url}/oauth${path}`, form),
    async close() {
      await new Promise((done) => {
        server.close(done)
        server.closeAllConnections()
      })
      await opened.close()
    },
  }
}

const known = new Map([
  ['urn:oid:1.2.410.100110.10.01100003|T-0001', 'person-1'],
  ['urn:oid:1.2.410.100110.10.01100003|T-0005', 'person-5'],
  ['urn:oid:1.2.410.100110.10.01100003|T-0009', 'person-9'],
  ['urn:oid:1.2.410.100110.10.31100001|C-0001', 'person-1'],
])

function identity(name: string, role: SandboxIdentity['role'], institution: string, more: Partial<SandboxIdentity> = {}): SandboxIdentity {
  return { name, displayName: `${name} 이름`, role, institution, departments: [], practitioner: '', patient: '', ...more }
}

export const identities: readonly SandboxIdentity[] = [
  identity('tertiary-doctor', 'doctor', 'tertiary', { departments: ['01'], practitioner: 'tertiary-doctor' }),
  identity('clinic-nurse', 'nurse', 'clinic', { departments: ['01'], practitioner: 'clinic-nurse' }),
  identity('tertiary-coordinator', 'coordinator', 'tertiary'),
  identity('clinic-system', 'system', 'clinic'),
  identity('patient-1', 'patient', 'network', { patient: 'urn:oid:1.2.410.100110.10.01100003|T-0001' }),
  identity('patient-7', 'patient', 'network', { patient: 'urn:oid:1.2.410.100110.10.31100001|C-0007' }),
  identity('guardian-5', 'proxy', 'network', { patient: 'urn:oid:1.2.410.100110.10.01100003|T-0005' }),
  identity('privacy-officer', 'privacy-officer', 'network'),
  identity('auditor', 'auditor', 'network'),
  identity('integrator', 'integrator', 'network'),
]

export const passwordOf = (name: string): string => `비밀번호 of ${name}`

const hashes = new Map<string, Promise<string>>()

/** Hashed once per name and test file: the hash is slow by design. */
async function withPasswords(people: readonly SandboxIdentity[]): Promise<readonly SandboxIdentity[]> {
  return Promise.all(
    people.map(async (person) => {
      const hash = hashes.get(person.name) ?? hashPassword(passwordOf(person.name))
      hashes.set(person.name, hash)
      return { ...person, password: await hash }
    }),
  )
}

function institution(id: string, name: string, number: string, type: string): Config['institutions'][number] {
  return { id, name, number, type, phone: '', departments: [], adapter: { kind: 'none' } }
}

const settings = {
  port: 0,
  dataDir: '.data',
  databaseUrl: undefined,
  holidays: [],
  timeZone: 'Asia/Seoul',
  clockOffsetMs: 0,
  implicitPolicy: 'deny-between-institutions',
  issuer: undefined,
  institutions: [
    institution('clinic', '해맑은의원', '31100001', '31'),
    institution('hospital', '한빛종합병원', '11100002', '11'),
    institution('tertiary', '누리대학교병원', '01100003', '01'),
  ],
  ledger: { retentionDays: 731 },
  subscriptions: { endpoints: [], maxAttempts: 1 },
  limits: { maxBodyBytes: 1, maxDepth: 1, maxBundleEntries: 1, maxPageSize: 1, liveDeadlineMs: 1, maxLiveResources: 1, missingMs: 0 },
  rateLimits: defaultRateLimits,
} as const

function listening(app: express.Express): Promise<Server> {
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
}

async function post(url: string, form: Readonly<Record<string, string>>): Promise<Reply> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  const body: unknown = await response.json()
  if (typeof body !== 'object' || body === null) throw new Error('the answer is not a JSON object')
  return { status: response.status, body: { ...body }, headers: response.headers }
}

export interface AssertionOptions {
  readonly key?: CryptoKey
  readonly header?: { readonly alg: string; readonly kid?: string; readonly typ?: string }
  readonly claims?: Readonly<Record<string, unknown>>
}

const nowS = (): number => Math.floor(Date.now() / 1000)

/** A client assertion of the clinic's system, right unless the options spoil it. */
export async function clientAssertion(server: RunningServer, { key, header, claims }: AssertionOptions = {}): Promise<string> {
  const about = { iss: 'clinic-system', sub: 'clinic-system', aud: `${server.url}/oauth/token`, jti: crypto.randomUUID() }
  return new SignJWT({ ...about, iat: nowS(), exp: nowS() + 60, ...claims })
    .setProtectedHeader(header ?? { alg: 'ES384', kid: 'c1', typ: 'JWT' })
    .sign(key ?? server.clientKeys.clinic)
}

export async function systemTokenReply(server: RunningServer, options: AssertionOptions & { scope?: string } = {}): Promise<Reply> {
  return server.post('/token', {
    grant_type: 'client_credentials',
    client_assertion_type: assertionType,
    client_assertion: await clientAssertion(server, options),
    ...(options.scope === '' ? {} : { scope: options.scope ?? 'system/*.cruds' }),
  })
}

/** What `carenet token` sends, right unless the claims spoil it. */
export async function sandboxReply(
  server: RunningServer,
  claims: Readonly<Record<string, unknown>>,
  form: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const about = { iss: sandboxClientId, aud: `${server.url}/oauth/token`, jti: crypto.randomUUID(), iat: nowS(), exp: nowS() + 30 }
  const assertion = await new SignJWT({ ...about, ...claims }).setProtectedHeader({ alg: 'ES256' }).sign(server.clientKeys.sandbox)
  return server.post('/token', { grant_type: sandboxGrantType, client_id: sandboxClientId, assertion, ...form })
}

export async function sandboxToken(server: RunningServer, claims: Readonly<Record<string, unknown>>): Promise<string> {
  const reply = await sandboxReply(server, claims)
  return tokenIn(reply)
}

export function tokenIn(reply: Reply): string {
  const token = reply.body['access_token']
  if (typeof token !== 'string') throw new Error(`no token: ${JSON.stringify(reply.body)}`)
  return token
}
