/**
 * What the claims of an outside issuer mean here. They become the same bearer as our own; a claim that is missing or unknown is a refusal
 * that names it, never a default. Systems and break-glass do not come this way.
 */
import type { Config, IssuerConfig, Role } from '../config.ts'
import { judgePurposes } from '../logic/purpose.ts'
import { roles } from '../logic/access.ts'
import { Problem } from '../problem.ts'
import { missingClaim } from './caller.ts'
import type { Bearer } from './claims.ts'
import { isObject, isText, isTexts, type JsonObject } from './read.ts'
import type { ResolvePatient } from './sandbox.ts'

export interface ClaimRules {
  readonly config: Config
  readonly issuer: IssuerConfig
  readonly resolvePatient: ResolvePatient
}

/** Throws `forbidden`, naming the claim that does not fit. */
export async function mappedBearer(claims: JsonObject, rules: ClaimRules): Promise<Bearer> {
  const { claimMap } = rules.issuer
  const role = roleIn(claims, rules.issuer)
  const isStaff = role === 'doctor' || role === 'nurse' || role === 'coordinator'
  const { sub } = claims
  if (!isText(sub)) throw missingClaim('sub')
  return {
    subject: sub,
    name: textAt(claims, claimMap.name),
    role,
    institution: institutionIn(claims, role, rules),
    departments: isStaff ? textsAt(claims, claimMap.departments) : [],
    practitioner: role === 'doctor' || role === 'nurse' ? textAt(claims, claimMap.practitioner) : '',
    person: role === 'patient' || role === 'proxy' ? await personIn(claims, rules) : '',
    purposes: purposesIn(claims, role, claimMap.purposes),
    breakGlass: { kind: 'none' },
  }
}

/** A name, or a JSON Pointer when it begins with `/`. Spec: https://www.rfc-editor.org/rfc/rfc6901 */
function claimAt(claims: JsonObject, path: string): unknown {
  if (!path.startsWith('/')) return Object.hasOwn(claims, path) ? claims[path] : undefined
  let value: unknown = claims
  for (const step of path.slice(1).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

function textAt(claims: JsonObject, path: string): string {
  const value = claimAt(claims, path)
  if (!isText(value)) throw missingClaim(path)
  return value
}

/** A text counts as a list of one; a list may be empty where it is stated. */
function textsAt(claims: JsonObject, path: string): readonly string[] {
  const value = claimAt(claims, path)
  if (isText(value)) return [value]
  if (!isTexts(value)) throw missingClaim(path)
  return value
}

/** Exactly one role of ours; what else the issuer calls a role is not our affair. */
function roleIn(claims: JsonObject, { claimMap, roles: words }: IssuerConfig): Role {
  const stated = textsAt(claims, claimMap.role).map((word) => (Object.hasOwn(words, word) ? words[word] : word))
  const known = [...new Set(roles.filter((role) => role !== 'system' && stated.includes(role)))]
  const [role] = known
  if (role === undefined || known.length > 1) throw missingClaim(claimMap.role)
  return role
}

/** Staff belong to a member; officers, auditors and integrators are the network's, so a hospital's own officer is not ours by that name. */
function institutionIn(claims: JsonObject, role: Role, { config, issuer }: ClaimRules): string {
  if (role === 'patient' || role === 'proxy') return 'network'
  const stated = textAt(claims, issuer.claimMap.institution)
  const isStaff = role === 'doctor' || role === 'nurse' || role === 'coordinator'
  if (!isStaff && stated === 'network') return stated
  const member = config.institutions.find((known) => known.id === stated || known.number === stated)
  if (!isStaff || member === undefined) throw missingClaim(issuer.claimMap.institution)
  return member.id
}

async function personIn(claims: JsonObject, { issuer, resolvePatient }: ClaimRules): Promise<string> {
  const person = await resolvePatient(textAt(claims, issuer.claimMap.person))
  if (person === undefined) {
    throw new Problem('forbidden', 'the record of the patient this access token is for has not reached the network yet', {
      id: 'unknown-person',
    })
  }
  return person
}

/** Emergency purposes need a declaration, and an outside token has none. */
function purposesIn(claims: JsonObject, role: Role, path: string): readonly string[] {
  const stated = textsAt(claims, path)
  const verdict = judgePurposes({ role, purposes: stated, ground: undefined, person: undefined })
  if (stated.length === 0 || verdict.kind === 'refused') throw missingClaim(path)
  return verdict.purposes
}
