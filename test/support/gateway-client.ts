/**
 * Keys, configuration and a client of a gateway with the sandbox's institutions and identities and EMRs that are not there: what comes in comes
 * by REST. Nothing here belongs to a test runner.
 */
import { randomUUID } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { defaultPurpose, sandboxToken, type SandboxKey } from '../../bin/sandbox/client.ts'
import { identities, institutions, portsFrom } from '../../bin/sandbox/network.ts'
import type { Limits } from '../../gateway/config.ts'
import type { Context } from '../../gateway/context.ts'
import { freePort } from './ports.ts'

/** What a reply may hold, loosely: which of it is there is what the tests ask. */
export interface Body {
  readonly resourceType?: string
  readonly id?: string
  readonly meta?: { readonly versionId?: string; readonly lastUpdated?: string; readonly source?: string }
  readonly total?: number
  readonly status?: string
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
  readonly entry?: readonly {
    readonly fullUrl?: string
    readonly resource?: Body
    readonly search?: { readonly mode?: string; readonly score?: number }
    readonly response?: { readonly status: string; readonly location?: string; readonly etag?: string; readonly outcome?: Body }
  }[]
  readonly issue?: readonly {
    readonly severity: string
    readonly code: string
    readonly diagnostics?: string
    readonly expression?: readonly string[]
    readonly details?: { readonly coding?: readonly { readonly system?: string; readonly code?: string }[] }
  }[]
  readonly [element: string]: unknown
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** {} for a reply without a body */
  readonly body: Body
}

export type RequestHeaders = Readonly<Record<string, string>>

/** One identity of the sandbox, asking over HTTP. */
export interface Asker {
  token(): Promise<string>
  get(path: string, headers?: RequestHeaders): Promise<Reply>
  post(path: string, body: unknown, headers?: RequestHeaders): Promise<Reply>
  put(path: string, body: unknown, headers?: RequestHeaders): Promise<Reply>
  patch(path: string, operations: unknown, headers?: RequestHeaders): Promise<Reply>
  delete(path: string, headers?: RequestHeaders): Promise<Reply>
  send(method: string, path: string, headers?: RequestHeaders, body?: string | Buffer): Promise<Reply>
}

export interface TestGateway {
  readonly url: string
  readonly context: Context
  /** a token that lasts as long as the suite is fetched once per name */
  as(name: string): Asker
  /** a fresh token, with more than a role's everyday purpose */
  token(
    name: string,
    ask?: { purposes?: readonly string[]; patient?: string; reason?: string; note?: string; scope?: string },
  ): Promise<string>
  /** private_key_jwt of an institution's system; answers the token endpoint's reply */
  systemToken(institution: 'clinic' | 'hospital' | 'tertiary', scope: string): Promise<Reply>
  /** any address of the gateway, without a token unless a header brings one */
  raw(path: string, init?: RequestInit): Promise<Reply>
  close(): Promise<void>
}

export interface GatewayOptions {
  /** default: as the configuration has it */
  readonly timeZone?: string
  readonly limits?: Partial<Limits>
  readonly rateLimits?: Readonly<Record<string, unknown>>
  readonly subscriptions?: Readonly<Record<string, unknown>>
  /** `institutions[].validation` by institution */
  readonly validation?: Readonly<Record<string, unknown>>
  /** more institutions, whose EMRs are not there */
  readonly members?: readonly Readonly<Record<string, unknown>>[]
  /** `institutions[].sensitivities` by institution */
  readonly sensitivities?: Readonly<Record<string, readonly string[]>>
  /**
   * `away`: the tertiary hospital is asked live and is never there; `broken`: it cannot be listened to; an address: it is asked live there;
   * default: it feeds like the others
   */
  readonly tertiary?: 'feeds' | 'away' | 'broken' | { readonly baseUrl: string; readonly token: string }
}

export interface GatewaySetup {
  /** the config file, as an object */
  readonly content: Readonly<Record<string, unknown>>
  readonly port: number
  readonly key: SandboxKey
  readonly systemKeys: Readonly<Record<string, CryptoKey>>
}

const institutionIds = ['clinic', 'hospital', 'tertiary'] as const

/** Keys and configuration of a gateway on a free port; also for a gateway in a process of its own. */
export async function gatewaySetup(options: GatewayOptions = {}): Promise<GatewaySetup> {
  const port = await freePort()
  const [closed, cli] = [await freePort(), await generateKeyPair('ES256', { extractable: true })]
  const systems = await Promise.all(institutionIds.map(async (id) => ({ id, pair: await generateKeyPair('ES384', { extractable: true }) })))
  const url = `http://127.0.0.1:${port}`
  const notThere = { kind: 'hl7v2-mllp', listen: { host: '127.0.0.1', port: 0 }, sendTo: { host: '127.0.0.1', port: closed } }
  const away = { kind: 'fhir-rest', baseUrl: `http://127.0.0.1:${closed}/fhir`, token: 'none', pollMs: 60_000, deadlineMs: 300 }
  const { tertiary = 'feeds' } = options
  const broken = { kind: 'hl7v2-mllp', sendTo: notThere.sendTo }
  const content = {
    port,
    publicUrl: url,
    implicitPolicy: 'deny-between-institutions',
    institutions: [
      ...institutions(portsFrom(port), { folder: '/nowhere', mapping: '/nowhere', tertiaryToken: 'none' }).map((institution) => ({
        ...institution,
        ...(options.validation?.[institution.id] === undefined ? {} : { validation: options.validation[institution.id] }),
        ...(options.sensitivities?.[institution.id] === undefined ? {} : { sensitivities: options.sensitivities[institution.id] }),
        adapter:
          institution.id === 'tertiary'
            ? typeof tertiary === 'object'
              ? { ...away, ...tertiary, pollMs: 200, deadlineMs: 20_000 }
              : { feeds: notThere, away, broken }[tertiary]
            : notThere,
      })),
      ...(options.members ?? []).map((member) => ({ ...member, adapter: notThere })),
    ],
    clients: await Promise.all(
      systems.map(async ({ id, pair }) => ({
        clientId: `${id}-system`,
        institution: id,
        jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), kid: id, alg: 'ES384' }] },
      })),
    ),
    sandbox: { publicKey: { ...(await exportJWK(cli.publicKey)) }, identities: identities() },
    ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }),
    limits: options.limits ?? {},
    rateLimits: options.rateLimits ?? {},
    subscriptions: options.subscriptions ?? {},
  }
  return {
    content,
    port,
    key: { privateKey: { ...(await exportJWK(cli.privateKey)) }, tokenEndpoint: `${url}/oauth/token` },
    systemKeys: Object.fromEntries(systems.map(({ id, pair }) => [id, pair.privateKey])),
  }
}

/** Talks to the gateway of this setup, wherever it runs. */
export function clientOf(setup: GatewaySetup): Omit<TestGateway, 'context' | 'close'> {
  const url = `http://127.0.0.1:${setup.port}`
  const askers = new Map<string, Asker>()
  const token: TestGateway['token'] = (name, ask = {}) => sandboxToken(setup.key, { as: name, purposes: [defaultPurpose(name)], ...ask })
  return {
    url,
    token,
    as(name) {
      const asker = askers.get(name) ?? askerWith(url, () => token(name))
      askers.set(name, asker)
      return asker
    },
    systemToken: (institution, scope) => systemToken(setup, institution, scope),
    raw: (path, init) => call(`${url}${path}`, init ?? {}),
  }
}

/** they live five minutes */
const tokenForMs = 240_000

/** An asker with a token of one's own choosing. */
export function askerWith(url: string, makeToken: () => Promise<string>): Asker {
  let made: { readonly token: Promise<string>; readonly atMs: number } | undefined
  const token = async (): Promise<string> => {
    if (made !== undefined && performance.now() - made.atMs < tokenForMs) return made.token
    const fresh = makeToken()
    made = { token: fresh, atMs: performance.now() }
    // a patient has no token until the record has arrived: try again then
    fresh.catch(() => (made = undefined))
    return fresh
  }
  const send: Asker['send'] = async (method, path, headers = {}, body) =>
    call(`${url}/fhir/R4/${path}`, {
      method,
      headers: { authorization: `Bearer ${await token()}`, ...headers },
      ...(body === undefined ? {} : { body }),
    })
  const json = 'application/fhir+json'
  const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body))
  return {
    token,
    send,
    get: (path, headers) => send('GET', path, headers),
    post: (path, body, headers) => send('POST', path, { 'content-type': json, ...headers }, textOf(body)),
    put: (path, body, headers) => send('PUT', path, { 'content-type': json, ...headers }, textOf(body)),
    patch: (path, body, headers) => send('PATCH', path, { 'content-type': 'application/json-patch+json', ...headers }, textOf(body)),
    delete: (path, headers) => send('DELETE', path, headers),
  }
}

async function call(address: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(address, { signal: AbortSignal.timeout(30_000), ...init })
  const text = await response.text()
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '') && text !== ''
  // what a reply holds is what the tests check
  return { status: response.status, headers: response.headers, text, body: isJson ? (JSON.parse(text) as Body) : {} }
}

async function systemToken(setup: GatewaySetup, institution: string, scope: string): Promise<Reply> {
  const key = setup.systemKeys[institution]
  if (key === undefined) throw new Error(`no such institution: ${institution}`)
  const client = `${institution}-system`
  const assertion = await new SignJWT({ iss: client, sub: client, aud: setup.key.tokenEndpoint, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES384', kid: institution, typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(key)
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    scope,
  }
  return call(setup.key.tokenEndpoint, { method: 'POST', body: new URLSearchParams(form) })
}
