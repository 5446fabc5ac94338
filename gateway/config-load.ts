/**
 * Environment and config file → Config, or every fault at once. The environment is stronger than the file. Faults name the key and never
 * repeat a value, which may be a secret.
 */
import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import { configSchema, environmentNames } from './config-schema.ts'
import { signInContradictions } from './config-sign-in.ts'
import type {
  AppConfig,
  ClientConfig,
  Config,
  GroupConfig,
  InstitutionConfig,
  IssuerConfig,
  Limits,
  RateLimits,
  SandboxConfig,
} from './config.ts'

export type Loaded = { readonly ok: Config } | { readonly faults: readonly string[] }

export type Environment = Readonly<Record<string, string | undefined>>

/** What the schema guarantees after its defaults are filled in. */
interface FileConfig {
  readonly port: number
  readonly publicUrl?: string
  readonly dataDir: string
  readonly timeZone: string
  readonly holidays: readonly string[]
  readonly implicitPolicy: Config['implicitPolicy']
  readonly institutions: readonly InstitutionConfig[]
  readonly groups: readonly GroupConfig[]
  readonly clients: readonly ClientConfig[]
  readonly apps: readonly AppConfig[]
  readonly issuer?: IssuerConfig
  readonly sandbox?: SandboxConfig
  readonly limits: Limits
  readonly rateLimits: RateLimits
  readonly ledger: Config['ledger']
  readonly subscriptions: Config['subscriptions']
  readonly terminology?: NonNullable<Config['terminology']>
}

/** Reads `file`, else the file CARENET_CONFIG names. With neither, the file counts as `{}` and its required keys are faults. */
export async function loadConfig(
  env: Environment,
  file: string | undefined = env['CARENET_CONFIG'],
  realNow = new Date(),
): Promise<Loaded> {
  if (file === undefined || file === '') return readConfig(env, {}, realNow)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return { faults: [`config file \`${file}\` cannot be read: ${codeOf(error)}`, ...readEnvironment(env, realNow).faults] }
  }
  const content = parse(text)
  if (content === undefined) return { faults: [`config file \`${file}\` is not JSON`, ...readEnvironment(env, realNow).faults] }
  return readConfig(env, content, realNow)
}

/** The same for a config that is at hand as an object (the sandbox makes its own). Pure; `content` is not changed. */
export function readConfig(env: Environment, content: unknown, realNow: Date): Loaded {
  const fromEnv = readEnvironment(env, realNow)
  const file = structuredClone(content)
  if (!isFileConfig(file)) return { faults: [...fromEnv.faults, ...(isFileConfig.errors ?? []).map(faultText)] }
  const port = fromEnv.port ?? file.port
  const config: Config = {
    port,
    publicUrl: fromEnv.publicUrl ?? file.publicUrl ?? `http://localhost:${port}`,
    dataDir: fromEnv.dataDir ?? file.dataDir,
    databaseUrl: fromEnv.databaseUrl,
    timeZone: file.timeZone,
    holidays: file.holidays,
    clockOffsetMs: fromEnv.clockOffsetMs,
    implicitPolicy: file.implicitPolicy,
    institutions: file.institutions,
    groups: file.groups,
    clients: file.clients,
    apps: file.apps,
    issuer: file.issuer,
    sandbox: file.sandbox,
    limits: file.limits,
    rateLimits: file.rateLimits,
    ledger: file.ledger,
    subscriptions: file.subscriptions,
    ...(file.terminology === undefined ? {} : { terminology: file.terminology }),
  }
  const faults = [...fromEnv.faults, ...contradictions(config)]
  return faults.length > 0 ? { faults } : { ok: config }
}

const isFileConfig = new Ajv({ allErrors: true, useDefaults: true, strict: true, strictRequired: false }).compile<FileConfig>(configSchema)

function readEnvironment(env: Environment, realNow: Date) {
  const known: readonly string[] = environmentNames
  const faults = Object.keys(env)
    .filter((name) => name.startsWith('CARENET_') && !known.includes(name))
    .map((name) => `environment: \`${name}\` is not a setting of care-network`)
  const given = (name: (typeof environmentNames)[number]): string | undefined => (env[name] === '' ? undefined : env[name])
  const check = (isFault: boolean, fault: string): void => {
    if (isFault) faults.push(fault)
  }

  const port = given('PORT')
  check(port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535), 'environment: `PORT` is not a port number (0 to 65535)')
  const databaseUrl = given('DATABASE_URL')
  check(
    databaseUrl !== undefined && !isUrl(databaseUrl, ['postgres:', 'postgresql:']),
    'environment: `DATABASE_URL` is not a postgresql:// URL',
  )
  const now = given('CARENET_NOW')
  // without an offset the instant would depend on the machine
  const isInstant = now === undefined || (/T.*(Z|[+-]\d\d:\d\d)$/.test(now) && !Number.isNaN(Date.parse(now)))
  check(!isInstant, 'environment: `CARENET_NOW` is not an instant with an offset, like 2026-03-01T09:00:00+09:00')
  return {
    faults,
    port: port === undefined ? undefined : Number(port),
    databaseUrl,
    dataDir: given('CARENET_DATA_DIR'),
    publicUrl: given('CARENET_PUBLIC_URL'),
    clockOffsetMs: now === undefined || !isInstant ? 0 : Date.parse(now) - realNow.getTime(),
  }
}

/** What a schema cannot say. */
function contradictions(config: Config): readonly string[] {
  const ids = config.institutions.map((institution) => institution.id)
  const isMember = (id: string): boolean => ids.includes(id)
  return [
    ...(isUrl(config.publicUrl, ['http:', 'https:']) && !config.publicUrl.endsWith('/')
      ? []
      : ['`publicUrl` (`CARENET_PUBLIC_URL`) is not an http(s) URL without a trailing slash']),
    ...(isTimeZone(config.timeZone) ? [] : ['`timeZone` is not an IANA time zone, like Asia/Seoul']),
    ...(config.clockOffsetMs !== 0 && config.sandbox === undefined
      ? ['`CARENET_NOW` moves the clock that consent is judged by: it is for the sandbox and tests, and needs a `sandbox` section']
      : []),
    ...(isMember('network') ? ['`institutions`: the id `network` is taken by the operator'] : []),
    ...repeats(ids).map((id) => `\`institutions\`: two have the id \`${id}\``),
    ...repeats(config.institutions.map((each) => each.number)).map((number) => `\`institutions\`: two have the number \`${number}\``),
    ...groupContradictions(config),
    ...config.subscriptions.endpoints
      .filter((origin) => !isEndpoint(origin))
      .map(
        (origin) => `\`subscriptions.endpoints\`: \`${origin}\` is not an origin like https://ehr.example.kr (http only on this machine)`,
      ),
    ...repeats(config.clients.map((client) => client.clientId)).map((id) => `\`clients\`: two have the clientId \`${id}\``),
    ...signInContradictions(config),
    ...repeats((config.sandbox?.identities ?? []).map((each) => each.name)).map(
      (name) => `\`sandbox.identities\`: two are called \`${name}\``,
    ),
    ...config.clients
      .filter((client) => !isMember(client.institution))
      .map((client) => `\`clients\`: \`${client.clientId}\` belongs to \`${client.institution}\`, which is not an institution here`),
    ...(config.sandbox?.identities ?? [])
      .filter((each) => each.institution !== 'network' && !isMember(each.institution))
      .map((each) => `\`sandbox.identities\`: \`${each.name}\` belongs to \`${each.institution}\`, which is not an institution here`),
  ]
}

function isEndpoint(text: string): boolean {
  const url = URL.parse(text)
  const isLocal = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  return url !== null && url.origin === text && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal))
}

function groupContradictions({ groups, institutions }: Config): readonly string[] {
  const organizations = new Set(institutions.flatMap(({ id, departments }) => [id, ...departments.map(({ code }) => `${id}-${code}`)]))
  const isStranger = (member: string): boolean => {
    const [type, id = ''] = member.split('/')
    return type === 'Organization' && !organizations.has(id)
  }
  return [
    ...repeats(groups.map(({ id }) => id)).map((id) => `\`groups\`: two have the id \`${id}\``),
    ...groups.flatMap(({ id, members }) =>
      members.filter(isStranger).map((member) => `\`groups\`: \`${id}\` has the member \`${member}\`, which is not in the directory`),
    ),
  ]
}

function faultText(error: ErrorObject): string {
  const place = error.instancePath.slice(1).replaceAll('/', '.')
  const within = place === '' ? '' : `${place}.`
  if (error.keyword === 'additionalProperties') return `unknown key \`${within}${String(error.params['additionalProperty'])}\``
  if (error.keyword === 'required') return `missing key \`${within}${String(error.params['missingProperty'])}\``
  if (error.keyword === 'enum') return `\`${place}\` must be one of ${String(error.params['allowedValues']).replaceAll(',', ', ')}`
  return `\`${place === '' ? 'the config file' : place}\` ${error.message ?? 'is not valid'}`
}

function repeats(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))]
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol)
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error)
}
