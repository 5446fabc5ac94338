/** Configuration of one FHIR R4 server: unknown JSON → FhirRestConfig, or every fault at once. */

export interface FhirRestConfig {
  /** service base without a trailing slash, e.g. `https://emr.example.kr/fhir` */
  readonly baseUrl: string
  readonly auth: Auth
  /** for one question to the EMR as a whole, however many requests it takes */
  readonly deadlineMs: number
  /** of one answer */
  readonly maxBytes: number
  /** of one search */
  readonly maxPages: number
  /** pause between two looks at the EMR's Tasks */
  readonly pollMs: number
  /** how many wire failures in a row open the circuit breaker, and for how long */
  readonly breakAfterFailures: number
  readonly breakForMs: number
}

export type Auth =
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'client-credentials'
      readonly tokenUrl: string
      readonly clientId: string
      readonly clientSecret: string
      readonly scope: string
    }

export type ConfigReading =
  | { readonly ok: true; readonly config: FhirRestConfig }
  | { readonly ok: false; readonly faults: readonly string[] }

const numbers = {
  deadlineMs: { default: 3_000, min: 10, max: 120_000 },
  maxBytes: { default: 8_000_000, min: 1_000, max: 256_000_000 },
  maxPages: { default: 20, min: 1, max: 1_000 },
  pollMs: { default: 5_000, min: 10, max: 86_400_000 },
  breakAfterFailures: { default: 5, min: 1, max: 1_000 },
  breakForMs: { default: 10_000, min: 10, max: 3_600_000 },
} as const

const known = ['kind', 'baseUrl', 'token', 'clientCredentials', ...Object.keys(numbers)]
const knownCredentials = ['tokenUrl', 'clientId', 'clientSecret', 'scope']

/** Reads the `adapter` part of an institution's configuration. Messages name keys, never values: a token is a secret. */
export function readConfig(input: unknown): ConfigReading {
  if (!isRecord(input)) return { ok: false, faults: ['the configuration must be an object'] }
  const faults: string[] = unknownKeys(input, known, '')
  if (!isServiceBase(input['baseUrl'])) faults.push('`baseUrl` must be an http or https address without query, fragment or credentials')
  const config: FhirRestConfig = {
    baseUrl: String(input['baseUrl']).replace(/\/+$/, ''),
    auth: readAuth(input, faults),
    deadlineMs: readNumber(input, 'deadlineMs', faults),
    maxBytes: readNumber(input, 'maxBytes', faults),
    maxPages: readNumber(input, 'maxPages', faults),
    pollMs: readNumber(input, 'pollMs', faults),
    breakAfterFailures: readNumber(input, 'breakAfterFailures', faults),
    breakForMs: readNumber(input, 'breakForMs', faults),
  }
  return faults.length === 0 ? { ok: true, config } : { ok: false, faults }
}

/** The origins this configuration has to reach; whoever builds `ports.fetch` must allow them. */
export function originsOf(config: FhirRestConfig): readonly string[] {
  const urls = config.auth.kind === 'token' ? [config.baseUrl] : [config.baseUrl, config.auth.tokenUrl]
  return [...new Set(urls.map((url) => new URL(url).origin))]
}

function readAuth(input: Readonly<Record<string, unknown>>, faults: string[]): Auth {
  const { token, clientCredentials } = input
  const nothing: Auth = { kind: 'token', token: '' }
  if ((token === undefined) === (clientCredentials === undefined)) {
    faults.push('exactly one of `token` and `clientCredentials` must be given')
    return nothing
  }
  if (clientCredentials === undefined) {
    if (!isSecret(token)) faults.push('`token` must be visible ASCII without spaces')
    return { kind: 'token', token: String(token) }
  }
  if (!isRecord(clientCredentials)) {
    faults.push('`clientCredentials` must be an object')
    return nothing
  }
  faults.push(...unknownKeys(clientCredentials, knownCredentials, 'clientCredentials.'))
  const { tokenUrl, clientId, clientSecret, scope } = clientCredentials
  if (!isServiceBase(tokenUrl)) faults.push('`clientCredentials.tokenUrl` must be an http or https address')
  if (!isSecret(clientId)) faults.push('`clientCredentials.clientId` must be visible ASCII without spaces')
  if (!isSecret(clientSecret)) faults.push('`clientCredentials.clientSecret` must be visible ASCII without spaces')
  if (scope !== undefined && typeof scope !== 'string') faults.push('`clientCredentials.scope` must be text')
  return {
    kind: 'client-credentials',
    tokenUrl: String(tokenUrl),
    clientId: String(clientId),
    clientSecret: String(clientSecret),
    scope: typeof scope === 'string' ? scope : 'system/*.cruds',
  }
}

function readNumber(input: Readonly<Record<string, unknown>>, key: keyof typeof numbers, faults: string[]): number {
  const rule = numbers[key]
  const value = input[key] ?? rule.default
  if (typeof value === 'number' && Number.isInteger(value) && value >= rule.min && value <= rule.max) return value
  faults.push(`\`${key}\` must be a whole number from ${rule.min} to ${rule.max}`)
  return rule.default
}

function unknownKeys(input: Readonly<Record<string, unknown>>, allowed: readonly string[], prefix: string): string[] {
  return Object.keys(input)
    .filter((key) => !allowed.includes(key))
    .map((key) => `\`${prefix}${key}\` is not a known key`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isServiceBase(value: unknown): value is string {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return (
    url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  )
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
}
