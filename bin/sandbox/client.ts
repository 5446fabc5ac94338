/** A small client of the public contract: tokens by the sandbox grant, FHIR by bearer token. Used by the seeding and by `carenet token`'s tests. */
import { randomUUID } from 'node:crypto'
import { SignJWT, importJWK } from 'jose'

const grantType = 'https://care-network.kr/fhir/grant-type/sandbox'

export interface SandboxKey {
  readonly privateKey: Readonly<Record<string, unknown>>
  readonly tokenEndpoint: string
}

/** An access token for a sandbox identity; `scope`: less than the identity has. Throws with the server's reason. */
export async function sandboxToken(
  key: SandboxKey,
  ask: { as: string; purposes: readonly string[]; patient?: string; reason?: string; note?: string; scope?: string },
): Promise<string> {
  const signer = await importJWK({ ...key.privateKey }, 'ES256')
  const { as, purposes, scope, ...rest } = ask
  const assertion = await new SignJWT({ purpose: purposes, ...rest })
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .setIssuer('carenet-cli')
    .setSubject(as)
    .setAudience(key.tokenEndpoint)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(signer)
  const response = await fetch(key.tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: grantType, client_id: 'carenet-cli', assertion, ...(scope === undefined ? {} : { scope }) }),
    signal: AbortSignal.timeout(10_000),
  })
  const body: unknown = await response.json()
  if (typeof body === 'object' && body !== null && 'access_token' in body && typeof body.access_token === 'string') return body.access_token
  const why =
    typeof body === 'object' && body !== null && 'error_description' in body ? String(body.error_description) : `status ${response.status}`
  throw new Error(`no token for \`${as}\`: ${why}`)
}

export function defaultPurpose(name: string): string {
  if (/^(patient|guardian)-/.test(name)) return 'PATRQT'
  return ['privacy-officer', 'integrator', 'auditor'].includes(name) ? 'HOPERAT' : 'TREAT'
}

export async function callFhir(
  base: string,
  token: string,
  ask: { method: string; path: string; body?: unknown; headers?: Record<string, string> },
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(`${base}/fhir/R4/${ask.path}`, {
    method: ask.method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(ask.body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
      ...ask.headers,
    },
    ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, body, headers: response.headers }
}
