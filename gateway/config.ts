/** Environment and config file → Config. Every fault is listed at once; an unknown key is fatal. */

export type Role = 'system' | 'doctor' | 'nurse' | 'coordinator' | 'patient' | 'proxy' | 'privacy-officer' | 'auditor' | 'integrator'

export interface Config {
  readonly port: number
  /** base of every absolute URL we print, without a trailing slash, e.g. `http://localhost:8080` */
  readonly publicUrl: string
  readonly dataDir: string
  /** undefined = embedded PGlite in `dataDir`/db */
  readonly databaseUrl: string | undefined
  readonly timeZone: string
  /** days on which no due time runs out, besides the public holidays known: `YYYY-MM-DD` in `timeZone` */
  readonly holidays: readonly string[]
  /** milliseconds to add to real time for the application clock (CARENET_NOW); 0 in production */
  readonly clockOffsetMs: number
  readonly implicitPolicy: 'deny-between-institutions' | 'deny' | 'basic-normal'
  readonly institutions: readonly InstitutionConfig[]
  readonly groups: readonly GroupConfig[]
  readonly clients: readonly ClientConfig[]
  /** applications people may sign in to with an authorization code */
  readonly apps: readonly AppConfig[]
  /** an outside OIDC issuer whose access tokens are taken for people; undefined = only our own */
  readonly issuer: IssuerConfig | undefined
  /** people who may sign in by the sandbox grant; undefined in production, and then that grant does not exist */
  readonly sandbox: SandboxConfig | undefined
  readonly limits: Limits
  readonly rateLimits: RateLimits
  readonly ledger: { readonly retentionDays: number }
  readonly subscriptions: SubscriptionsConfig
  readonly terminology?: TerminologyConfig
}

export interface SubscriptionsConfig {
  /** origins that notifications may be sent to, compared whole; empty = nobody can subscribe */
  readonly endpoints: readonly string[]
  /** failures in a row before a subscription is in error */
  readonly maxAttempts: number
}

export interface TerminologyConfig {
  /** a terminology server that is asked for what is not held; absent = none */
  readonly outside?: OutsideTerminologyConfig
}

export interface OutsideTerminologyConfig {
  /** FHIR R4 base, without a trailing slash */
  readonly url: string
  /** code systems whose codes may be asked there; of no other a code leaves */
  readonly systems: readonly string[]
  readonly deadlineMs: number
  /** sent as bearer token, where the server wants one */
  readonly token?: string
}

/** For each caller, counted in each process by itself; 0 = no limit. */
export interface RateLimits {
  readonly requestsPerMinute: { readonly system: number; readonly people: number }
  /** different persons one caller asks about in any hour, found or not */
  readonly personsPerHour: Readonly<Record<Role, number>>
  /** different persons one doctor declares an emergency for in any hour */
  readonly emergenciesPerHour: number
}

export interface InstitutionConfig {
  readonly id: string
  readonly name: string
  /** 요양기관기호, eight digits */
  readonly number: string
  /** 요양종별 code, e.g. 31 의원, 11 종합병원, 01 상급종합병원 */
  readonly type: string
  readonly phone: string
  readonly departments: readonly DepartmentConfig[]
  /** v3-ActCode sensitivities that it carries as such (a psychiatric hospital, an HIV clinic); absent = none */
  readonly sensitivities?: readonly string[]
  /** whether people read its codes and systems in their published spelling, with what was sent kept beside; what it sent stays as it is; absent = true */
  readonly correctCodes?: boolean
  /** profiles its records have to meet beside R4; absent = none */
  readonly validation?: ValidationConfig
  /** `kind` picks the adapter of `adapters/registry.ts`; the rest is that adapter's own configuration */
  readonly adapter: { readonly kind: string; readonly [key: string]: unknown }
}

export interface DepartmentConfig {
  readonly code: string
  readonly name: string
  /** as of the institution, beside what the code already says (03 is PSY everywhere) */
  readonly sensitivities?: readonly string[]
}

export interface ValidationConfig {
  /** `care`: our guide, and KR Core where the guide has no profile for a type; a list: canonical urls, each for its own type */
  readonly profiles: 'none' | 'kr-core' | 'care' | readonly string[]
  /** what happens to a record that does not meet them; nothing is ever stored in silence */
  readonly policy: 'reject' | 'accept-with-issues'
}

/** People and institutions that consents name together, as `Group/<id>`. */
export interface GroupConfig {
  readonly id: string
  /** as people write it */
  readonly name: string
  /** `Organization/<id>` (an institution, or `<institution>-<code>` for a department) and `Practitioner/<id>` */
  readonly members: readonly string[]
}

/** A system that authenticates by private_key_jwt. */
export interface ClientConfig {
  readonly clientId: string
  readonly institution: string
  /** public keys, as JWKs */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
}

export interface AppConfig {
  readonly clientId: string
  /** as people read it on the sign-in page */
  readonly name: string
  /** compared whole, never by prefix */
  readonly redirectUris: readonly string[]
  readonly kind: 'public' | 'confidential'
  /** public keys of a confidential app (private_key_jwt), as JWKs */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
}

export interface IssuerConfig {
  /** exact value of `iss` */
  readonly issuer: string
  /** undefined = what the issuer's discovery document says; of the issuer's origin either way */
  readonly jwksUri?: string
  /** exact value that `aud` must be or hold */
  readonly audience: string
  /** `typ` of its access tokens */
  readonly tokenType: string
  /** longest life of a token, in seconds; at most 300 without introspection */
  readonly maxLifetimeS: number
  /** which claim says what: a name, or a JSON Pointer when it begins with `/` */
  readonly claimMap: ClaimMap
  /** the issuer's words for our roles; a role it does not list is taken as it stands */
  readonly roles: Readonly<Record<string, Role>>
  readonly introspection?: {
    readonly endpoint: string
    readonly clientId: string
    readonly clientSecret: string
    /** how long an answer is remembered, in seconds; at most 30 */
    readonly cacheS: number
  }
}

export interface ClaimMap {
  readonly name: string
  readonly role: string
  /** directory id or 요양기관기호 of staff, `network` for the operator's people */
  readonly institution: string
  readonly departments: string
  readonly practitioner: string
  readonly purposes: string
  /** patients and proxies: network person id, or `system|value` of a patient number */
  readonly person: string
}

export interface SandboxConfig {
  /** public JWK that verifies the assertions of `carenet token` */
  readonly publicKey: Readonly<Record<string, unknown>>
  readonly identities: readonly SandboxIdentity[]
}

export interface SandboxIdentity {
  /** e.g. `tertiary-doctor`, `patient-1`, `guardian-5` */
  readonly name: string
  readonly displayName: string
  readonly role: Role
  /** directory id; `network` for operator and people */
  readonly institution: string
  /** national department codes the person works in */
  readonly departments: readonly string[]
  /** Practitioner id for staff; empty for patients and proxies */
  readonly practitioner: string
  /** patients: the own record; proxies: the record they act for; as `system|value` of a patient number; empty for staff */
  readonly patient: string
  /** scrypt hash (`security/password.ts`); without one nobody signs in by this name on the page */
  readonly password?: string
}

export interface Limits {
  readonly maxBodyBytes: number
  readonly maxDepth: number
  readonly maxBundleEntries: number
  readonly maxPageSize: number
  /** how long live institutions are waited for */
  readonly liveDeadlineMs: number
  readonly maxLiveResources: number
  /** an answer of 404 leaves so long after it was asked for, or a multiple of it; 0 = at once */
  readonly missingMs: number
}
