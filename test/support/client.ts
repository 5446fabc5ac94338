/** People of the sandbox as a test sees them: a name, a token, and what came back. */
import { defaultPurpose, sandboxToken, type SandboxKey } from '../../bin/sandbox/client.ts'
import type { Bundle, Resource } from '../../fhir-profiles/r4.ts'

export interface Ask {
  readonly purposes?: readonly string[]
  readonly patient?: string
  readonly reason?: string
  readonly note?: string
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  /** the body as it came, byte for byte */
  readonly text: string
  /** Throws unless the body is a resource of this type. */
  resource<T extends Resource['resourceType']>(type: T): Extract<Resource, { resourceType: T }>
  /** entries that are data, not outcomes */
  readonly entries: readonly Resource[]
}

export interface Caller {
  readonly name: string
  readonly token: string
  /** the person of a patient or proxy token; '' for staff */
  readonly person: string
  get(path: string): Promise<Reply>
  post(path: string, body: unknown): Promise<Reply>
  put(path: string, body: unknown, version?: string): Promise<Reply>
  /** JSON Patch; `version` goes into If-Match */
  patch(path: string, operations: readonly object[], version?: string): Promise<Reply>
  /** asks another gateway with the same token */
  at(base: string): Caller
}

export async function callerOf(gateway: { base: string; key: SandboxKey }, name: string, ask: Ask): Promise<Caller> {
  const { purposes = [defaultPurpose(name)], ...rest } = ask
  return withToken(gateway.base, name, await sandboxToken(gateway.key, { as: name, purposes, ...rest }))
}

function withToken(base: string, name: string, token: string): Caller {
  const call = async (method: string, path: string, sent: { body?: unknown; headers?: Record<string, string> } = {}): Promise<Reply> => {
    const hasBody = sent.body !== undefined
    const type = hasBody ? { 'content-type': 'application/fhir+json' } : {}
    const response = await fetch(`${base}/fhir/R4/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...type, ...sent.headers },
      ...(hasBody ? { body: JSON.stringify(sent.body) } : {}),
      signal: AbortSignal.timeout(30_000),
    })
    return replyOf(response, await response.text())
  }
  const version = (value: string | undefined): Record<string, string> => (value === undefined ? {} : { 'if-match': `W/"${value}"` })
  return {
    name,
    token,
    person: personIn(token),
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, { body }),
    put: (path, body, at) => call('PUT', path, { body, headers: version(at) }),
    patch: (path, body, at) => call('PATCH', path, { body, headers: { ...version(at), 'content-type': 'application/json-patch+json' } }),
    at: (other) => withToken(other, name, token),
  }
}

function replyOf({ status, headers }: Response, text: string): Reply {
  const body = (): unknown => (text === '' ? undefined : JSON.parse(text))
  return {
    status,
    headers,
    text,
    resource: (type) => typed(body(), type),
    get entries() {
      return dataOf(typed(body(), 'Bundle'))
    },
  }
}

function typed<T extends Resource['resourceType']>(body: unknown, type: T): Extract<Resource, { resourceType: T }> {
  const found = typeof body === 'object' && body !== null && 'resourceType' in body ? body.resourceType : undefined
  if (found !== type) throw new Error(`a ${type} was expected, this came: ${JSON.stringify(body)?.slice(0, 500)}`)
  // The type was compared just now, and the gateway is held to FHIR by its own tests.
  return body as Extract<Resource, { resourceType: T }>
}

function dataOf(bundle: Bundle): readonly Resource[] {
  return (bundle.entry ?? []).flatMap(({ resource, search }) => (resource === undefined || search?.mode === 'outcome' ? [] : [resource]))
}

function personIn(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
  return /"person_id":"([^"]+)"/.exec(payload)?.[1] ?? ''
}
