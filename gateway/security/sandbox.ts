/**
 * What an identity of the sandbox may be given, in words of consent.md (item 8, break-glass). Pure but for the patient look-up that is passed in.
 * The key behind these requests is written by the sandbox start; production has neither the key nor the grant.
 */
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'
import type { Config, SandboxConfig, SandboxIdentity } from '../config.ts'
import { type Bearer, breakGlassReasons, type Declaration, maxNoteLength } from './claims.ts'
import type { AccessPolicy } from './policy.ts'
import { isText, isTexts, type JsonObject } from './read.ts'

/** `system|value` of a patient number → network person id; undefined when the network has no such record. */
export type ResolvePatient = (identifier: string) => Promise<string | undefined>

export type SandboxAnswer =
  | { readonly ok: true; readonly bearer: Bearer }
  | { readonly ok: false; readonly error: 'invalid_request' | 'access_denied' | 'temporarily_unavailable'; readonly why: string }

type Refusal = Extract<SandboxAnswer, { ok: false }>

export interface SandboxRules {
  readonly config: Config
  readonly sandbox: SandboxConfig
  readonly policy: AccessPolicy
  readonly resolvePatient: ResolvePatient
}

/** `claims` of a verified sandbox assertion → the bearer of the token, or why not. */
export async function sandboxBearer(claims: JsonObject, rules: SandboxRules): Promise<SandboxAnswer> {
  const identity = rules.sandbox.identities.find((known) => known.name === claims['sub'])
  if (identity === undefined) return refuse('access_denied', 'no such identity in the sandbox; the README lists them')
  const stated = claims['purpose']
  if (!isTexts(stated) || stated.length === 0) return refuse('invalid_request', 'no purpose is stated')
  const purposes = [...new Set(stated)]
  const wrong = wrongPurpose(identity, purposes, rules.policy)
  if (wrong !== undefined) return wrong
  const breakGlass = await declarationOf(claims, identity, purposes.includes('BTG'), rules)
  if ('ok' in breakGlass) return breakGlass
  const person = identity.patient === '' ? '' : await rules.resolvePatient(identity.patient)
  if (person === undefined) return refuse('temporarily_unavailable', 'the record of this patient has not reached the network yet')
  const { name, displayName, role, institution, departments, practitioner } = identity
  return { ok: true, bearer: { subject: name, name: displayName, role, institution, departments, practitioner, person, purposes, breakGlass } }
}

function wrongPurpose(identity: SandboxIdentity, purposes: readonly string[], policy: AccessPolicy): Refusal | undefined {
  const closed = purposes.find((purpose) => !policy.purposesFor(identity.role).includes(purpose))
  if (closed !== undefined) return refuse('access_denied', `purpose \`${closed}\` is not open to role \`${identity.role}\``)
  const added = purposes.find((purpose) => purpose === 'BTG' || purpose === 'ETREAT')
  const ordinary = purposes.filter((purpose) => purpose !== added)
  if (added !== undefined && !(ordinary.length === 1 && ordinary[0] === 'TREAT')) {
    return refuse('invalid_request', `purpose \`${added}\` is stated together with \`TREAT\` and nothing else`)
  }
  return undefined
}

async function declarationOf(
  claims: JsonObject,
  identity: SandboxIdentity,
  declared: boolean,
  rules: SandboxRules,
): Promise<Declaration | Refusal> {
  const { patient, reason, note } = claims
  if (!declared) {
    const stray = ['patient', 'reason', 'note'].find((name) => claims[name] !== undefined)
    return stray === undefined ? { kind: 'none' } : refuse('invalid_request', `\`${stray}\` goes with purpose \`BTG\` only`)
  }
  if (identity.role !== 'doctor') return refuse('access_denied', 'only a doctor may break the glass')
  if (!isText(reason) || !breakGlassReasons.includes(reason)) {
    return refuse('invalid_request', `break-glass needs a reason: one of \`${breakGlassReasons.join('`, `')}\``)
  }
  if (!isText(note) || note.length > maxNoteLength) {
    return refuse('invalid_request', `break-glass needs a note of at most ${maxNoteLength} characters`)
  }
  if (!isText(patient)) return refuse('invalid_request', 'break-glass needs the patient it is for')
  const person = await personOf(patient, identity, rules)
  return person === undefined
    ? refuse('invalid_request', 'the patient is named by a person id, or by a known number of the own institution')
    : { kind: 'declared', patient: person, reason, note }
}

/**
 * A person id is taken as it stands, known or not, so that the answer never tells whether it exists; the door computes the relation later.
 * A patient number is looked up only when it is the own institution's, which knows its own patients anyway.
 */
async function personOf(patient: string, identity: SandboxIdentity, { config, resolvePatient }: SandboxRules): Promise<string | undefined> {
  if (/^[A-Za-z0-9.-]{1,64}$/.test(patient)) return patient
  const own = config.institutions.find((institution) => institution.id === identity.institution)
  if (own === undefined || !patient.startsWith(`${patientNumberSystem(own.number)}|`)) return undefined
  return resolvePatient(patient)
}

function refuse(error: Refusal['error'], why: string): Refusal {
  return { ok: false, error, why }
}
