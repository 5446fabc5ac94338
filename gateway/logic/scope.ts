/**
 * SMART v2 scopes: what an application was given, on top of what its role may do. A scope never widens the role.
 * Spec: http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 * Departs: v1 scopes (`.read`, `.write`, `.*`) and finer-grained `?param=value` scopes are refused, not guessed.
 */
import { classOf, knownTypes, letterOf } from './access.ts'
import type { Interaction, Role } from './access.ts'

export type Level = 'patient' | 'user' | 'system'

export interface Scope {
  readonly level: Level
  /** an R4 type, or `*` */
  readonly type: string
  /** a subset of `cruds`, in that order */
  readonly letters: string
}

export interface ParsedScopes {
  readonly scopes: readonly Scope[]
  /** launch and identity scopes: lawful, and they open no resource */
  readonly other: readonly string[]
  /** whatever was not understood; a token with one is refused by name */
  readonly unknown: readonly string[]
}

const otherScopes: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'fhirUser',
  'launch',
  'launch/patient',
  'launch/encounter',
  'offline_access',
  'online_access',
])

/** Space-separated, as in RFC 6749 §3.3; a repeated scope counts once. */
export function parseScopes(text: string): ParsedScopes {
  const words = [...new Set(text.split(' ').filter((word) => word !== ''))]
  return {
    scopes: words.flatMap((word) => parseScope(word) ?? []),
    other: words.filter((word) => otherScopes.has(word)),
    unknown: words.filter((word) => !otherScopes.has(word) && parseScope(word) === undefined),
  }
}

/** One resource scope; letters out of order, repeated or absent are not a scope. */
function parseScope(word: string): Scope | undefined {
  const [, level, type = '', letters = ''] = /^(patient|user|system)\/([A-Za-z]+|\*)\.(c?r?u?d?s?)$/.exec(word) ?? []
  if (!isLevel(level) || letters === '' || (type !== '*' && classOf(type) === undefined)) return undefined
  return { level, type, letters }
}

function isLevel(text: string | undefined): text is Level {
  return text === 'patient' || text === 'user' || text === 'system'
}

/** One request, or one entry of a batch or transaction. `type` is `*` for what spans all types. */
export interface ScopedRequest {
  readonly level: Level
  readonly type: string
  readonly interaction: Interaction
}

/** The union of the scopes; a request at one level is never opened by a scope of another. */
export function allows(scopes: readonly Scope[], { level, type, interaction }: ScopedRequest): boolean {
  const needed = scopeLetter(interaction)
  return scopes.some((scope) => scope.level === level && (scope.type === '*' || scope.type === type) && scope.letters.includes(needed))
}

/** An entry of a referral or of its answer is a create for SMART; a changed Task inside it is checked as the update it is. */
function scopeLetter(interaction: Interaction): string {
  return interaction === 'refer' || interaction === 'answer' ? 'c' : letterOf[interaction]
}

const directoryRead = knownTypes.filter((type) => classOf(type) === 'directory').map((type) => `user/${type}.rs`)
const papers = ['ServiceRequest', 'DocumentReference', 'Composition', 'Bundle', 'Binary'].map((type) => `user/${type}.crs`)

const roleScopes: Readonly<Record<Role, readonly string[]>> = {
  system: ['system/*.cruds'],
  doctor: ['user/*.crs', 'user/Task.crus'],
  nurse: ['user/*.rs', 'user/Task.crus', 'user/DocumentReference.crs', 'user/Communication.crs'],
  coordinator: ['user/Task.crus', ...papers, 'user/Patient.c', ...directoryRead],
  patient: ['patient/*.rs', 'patient/Consent.crus'],
  proxy: ['patient/*.rs', 'patient/Consent.crus'],
  'privacy-officer': [
    'user/Consent.crus',
    'user/AuditEvent.rs',
    'user/Task.rus',
    'user/Provenance.rs',
    'user/RelatedPerson.crus',
    ...directoryRead,
  ],
  auditor: ['user/AuditEvent.rs'],
  integrator: [],
}

/** What a token of this role carries when nothing narrower is asked for. */
export function scopesForRole(role: Role): readonly string[] {
  return roleScopes[role]
}

export function levelOf(role: Role): Level {
  if (role === 'system') return 'system'
  return role === 'patient' || role === 'proxy' ? 'patient' : 'user'
}
