/** JSON Schema of the config file. `docs/configuration.md` lists the same keys (a test compares). */
import { sensitivityCodes } from '../consent/label-order.ts'
import { legalRetentionDays } from './logic/ledger-expiry.ts'

const text = { type: 'string', minLength: 1 } as const
const count = { type: 'integer', minimum: 1 } as const
const id = { type: 'string', pattern: '^[A-Za-z0-9\\-.]{1,64}$' } as const

// absent = none
const sensitive = { type: 'array', items: { enum: sensitivityCodes } } as const

const department = {
  type: 'object',
  additionalProperties: false,
  required: ['code', 'name'],
  properties: { code: text, name: text, sensitivities: sensitive },
} as const

const institution = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'name', 'number', 'type', 'phone', 'departments', 'adapter'],
  properties: {
    id,
    name: text,
    number: { type: 'string', pattern: '^[0-9]{8}$' },
    type: { type: 'string', pattern: '^[0-9]{2}$' },
    phone: text,
    departments: { type: 'array', items: department },
    sensitivities: sensitive,
    // absent = true
    correctCodes: { type: 'boolean' },
    // absent = R4 alone
    validation: {
      type: 'object',
      additionalProperties: false,
      required: ['profiles', 'policy'],
      properties: {
        profiles: { anyOf: [{ enum: ['none', 'kr-core', 'care'] }, { type: 'array', minItems: 1, items: text }] },
        policy: { enum: ['reject', 'accept-with-issues'] },
      },
    },
    // what else an adapter takes is its own affair: `adapters/registry.ts` asks the kind for its faults
    adapter: { type: 'object', required: ['kind'], properties: { kind: text } },
  },
} as const

const group = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'name', 'members'],
  properties: {
    id,
    name: text,
    members: { type: 'array', items: { type: 'string', pattern: '^(Organization|Practitioner)/[A-Za-z0-9\\-.]{1,64}$' } },
  },
} as const

const key = { type: 'object', required: ['kty'], properties: { kty: text } } as const

const client = {
  type: 'object',
  additionalProperties: false,
  required: ['clientId', 'institution', 'jwks'],
  properties: {
    clientId: text,
    institution: id,
    jwks: {
      type: 'object',
      additionalProperties: false,
      required: ['keys'],
      properties: { keys: { type: 'array', minItems: 1, items: key } },
    },
  },
} as const

const jwks = client.properties.jwks

const app = {
  type: 'object',
  additionalProperties: false,
  required: ['clientId', 'name', 'redirectUris', 'kind'],
  properties: {
    clientId: text,
    name: text,
    redirectUris: { type: 'array', minItems: 1, items: text },
    kind: { enum: ['public', 'confidential'] },
    jwks,
  },
} as const

const roles = ['system', 'doctor', 'nurse', 'coordinator', 'patient', 'proxy', 'privacy-officer', 'auditor', 'integrator'] as const

const identity = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'displayName', 'role', 'institution', 'departments', 'practitioner', 'patient'],
  properties: {
    name: text,
    displayName: text,
    role: { enum: roles },
    institution: id,
    departments: { type: 'array', items: text },
    practitioner: { type: 'string' },
    patient: { type: 'string' },
    password: { type: 'string', pattern: '^scrypt\\$15\\$8\\$1\\$[A-Za-z0-9_-]{22}\\$[A-Za-z0-9_-]{43}$' },
  },
} as const

const claim = (name: string) => ({ ...text, default: name })

/** The claims are named here, so that a deployment states only where its issuer differs. */
const issuer = {
  type: 'object',
  additionalProperties: false,
  required: ['issuer', 'audience'],
  properties: {
    issuer: text,
    jwksUri: text,
    audience: text,
    tokenType: { ...text, default: 'at+jwt' },
    maxLifetimeS: { ...count, maximum: 86_400, default: 300 },
    claimMap: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        name: claim('name'),
        role: claim('role'),
        institution: claim('institution'),
        departments: claim('departments'),
        practitioner: claim('practitioner'),
        purposes: claim('purposes'),
        person: claim('person'),
      },
    },
    roles: { type: 'object', default: {}, additionalProperties: { enum: roles.filter((role) => role !== 'system') } },
    introspection: {
      type: 'object',
      additionalProperties: false,
      required: ['endpoint', 'clientId', 'clientSecret'],
      properties: { endpoint: text, clientId: text, clientSecret: text, cacheS: { type: 'integer', minimum: 0, maximum: 30, default: 30 } },
    },
  },
}

const sandbox = {
  type: 'object',
  additionalProperties: false,
  required: ['publicKey', 'identities'],
  properties: { publicKey: key, identities: { type: 'array', items: identity } },
} as const

export const defaultLimits = {
  maxBodyBytes: 20 * 1024 * 1024,
  maxDepth: 60,
  maxBundleEntries: 5000,
  maxPageSize: 200,
  liveDeadlineMs: 3000,
  maxLiveResources: 2000,
  missingMs: 20,
}

const limits = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(Object.entries(defaultLimits).map(([name, value]) => [name, { ...count, default: value }])),
    missingMs: { type: 'integer', minimum: 0, maximum: 1000, default: defaultLimits.missingMs },
  },
  default: {},
}

/**
 * What a ward and a reception need several times over, and what a list of invented numbers does not get through. Systems know only their own
 * patients; what they send in bulk is theirs, so they are not limited unless the operator says so.
 */
export const defaultRateLimits = {
  requestsPerMinute: { system: 0, people: 6000 },
  personsPerHour: {
    system: 0,
    doctor: 200,
    nurse: 200,
    coordinator: 300,
    patient: 20,
    proxy: 20,
    'privacy-officer': 200,
    auditor: 200,
    integrator: 20,
  },
  emergenciesPerHour: 30,
}

/** 0 = no limit; the bound keeps what must be remembered small */
const rate = (standard: number) => ({ type: 'integer', minimum: 0, maximum: 1_000_000, default: standard }) as const

const ratesOf = (standards: Readonly<Record<string, number>>) => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(standards).map(([name, standard]) => [name, rate(standard)])),
  default: {},
})

const rateLimits = {
  type: 'object',
  additionalProperties: false,
  properties: {
    requestsPerMinute: ratesOf(defaultRateLimits.requestsPerMinute),
    personsPerHour: ratesOf(defaultRateLimits.personsPerHour),
    emergenciesPerHour: rate(defaultRateLimits.emergenciesPerHour),
  },
  default: {},
}

const ledger = {
  type: 'object',
  additionalProperties: false,
  properties: { retentionDays: { type: 'integer', minimum: legalRetentionDays, maximum: 36_525, default: legalRetentionDays } },
  default: {},
}

const subscriptions = {
  type: 'object',
  additionalProperties: false,
  properties: {
    endpoints: { type: 'array', items: text, default: [] },
    maxAttempts: { ...count, maximum: 100, default: 10 },
  },
  default: {},
}

const terminology = {
  type: 'object',
  additionalProperties: false,
  properties: {
    outside: {
      type: 'object',
      additionalProperties: false,
      required: ['url', 'systems'],
      properties: {
        url: { type: 'string', pattern: '^https?://[^\\s?#]+[^/\\s?#]$' },
        systems: { type: 'array', minItems: 1, items: text },
        deadlineMs: { type: 'integer', minimum: 100, maximum: 10_000, default: 2000 },
        token: text,
      },
    },
  },
}

export const configSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['implicitPolicy', 'institutions'],
  properties: {
    port: { type: 'integer', minimum: 0, maximum: 65_535, default: 8080 },
    publicUrl: text,
    dataDir: { ...text, default: '.data' },
    timeZone: { ...text, default: 'Asia/Seoul' },
    holidays: { type: 'array', items: { type: 'string', pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$' }, default: [] },
    // no default: what happens where every consent is silent is a decision of each network (consent.md, implicit policy)
    implicitPolicy: { enum: ['deny-between-institutions', 'deny', 'basic-normal'] },
    institutions: { type: 'array', items: institution },
    groups: { type: 'array', items: group, default: [] },
    clients: { type: 'array', items: client, default: [] },
    apps: { type: 'array', items: app, default: [] },
    issuer,
    sandbox,
    limits,
    rateLimits,
    ledger,
    subscriptions,
    terminology,
  },
}

/** Environment variables that are read; any other `CARENET_*` is a fault. */
export const environmentNames = ['PORT', 'DATABASE_URL', 'CARENET_DATA_DIR', 'CARENET_PUBLIC_URL', 'CARENET_NOW', 'CARENET_CONFIG'] as const
