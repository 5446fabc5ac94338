/**
 * What an identity of the sandbox may be given. Purposes are judged by `logic/purpose.ts`; here the identity, the patient and the paperwork.
 * The key behind these requests is written by the sandbox start; production has neither the key nor the grant.
 */
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'
import type { Config, SandboxConfig, SandboxIdentity } from '../config.ts'
import { judgePurposes } from '../logic/purpose.ts'
import { type Bearer, maxNoteLength } from './claims.ts'
import { isText, isTexts, type JsonObject } from './read.ts'

/** `system|value` of a patient number → network person id; undefined when the network has no such record. */
export type ResolvePatient = (identifier: string) => Promise<string | undefined>

/** Whether this doctor may declare another emergency now: undefined, or the seconds to wait. Asked before anything is looked up. */
export type AdmitEmergency = (
  doctor: Pick<Bearer, 'subject' | 'name' | 'role' | 'institution'>,
  patient: string,
) => Promise<number | undefined>

export type SandboxAnswer =
  | { readonly ok: true; readonly bearer: Bearer }
  | {
      readonly ok: false
      readonly error: 'invalid_request' | 'access_denied' | 'temporarily_unavailable'
      readonly why: string
      readonly retryAfterS?: number
    }

type Refusal = Extract<SandboxAnswer, { ok: false }>

export interface SandboxRules {
  readonly config: Config
  readonly sandbox: SandboxConfig
  readonly resolvePatient: ResolvePatient
  readonly admitEmergency: AdmitEmergency
}

/** `claims` of a verified sandbox assertion → the bearer of the token, or why not. */
export async function sandboxBearer(claims: JsonObject, rules: SandboxRules): Promise<SandboxAnswer> {
  const identity = rules.sandbox.identities.find((known) => known.name === claims['sub'])
  if (identity === undefined) return refuse('access_denied', 'no such identity in the sandbox; the README lists them')
  const use = await useOf(claims, identity, rules)
  if ('ok' in use) return use
  const person = identity.patient === '' ? '' : await rules.resolvePatient(identity.patient)
  if (person === undefined) return refuse('temporarily_unavailable', 'the record of this patient has not reached the network yet')
  const { name, displayName, role, institution, departments, practitioner } = identity
  return { ok: true, bearer: { subject: name, name: displayName, role, institution, departments, practitioner, person, ...use } }
}

type Use = Pick<Bearer, 'purposes' | 'breakGlass'>

/** Purposes and, for an emergency, its declaration: who, on which ground, in the doctor's own words. Nothing stated is ignored. */
async function useOf(claims: JsonObject, identity: SandboxIdentity, rules: SandboxRules): Promise<Use | Refusal> {
  const { purpose = [], patient, reason, note } = claims
  const wrong = [patient, reason, note].some((stated) => stated !== undefined && !isText(stated))
  if (!isTexts(purpose) || wrong) return refuse('invalid_request', '`purpose` is a list of codes; `patient`, `reason` and `note` are texts')
  const verdict = judgePurposes({ role: identity.role, purposes: purpose, ground: textOf(reason), person: textOf(patient) })
  if (verdict.kind === 'refused') {
    return refuse(verdict.rule === 'not-entitled' ? 'access_denied' : 'invalid_request', verdict.reason)
  }
  if (verdict.breakGlass === undefined) {
    if (isText(patient) || isText(note)) return refuse('invalid_request', 'a patient and a note are given only with BTG or ETREAT')
    return { purposes: verdict.purposes, breakGlass: { kind: 'none' } }
  }
  if (!isText(note) || note.length > maxNoteLength) {
    return refuse('invalid_request', `a note of at most ${maxNoteLength} characters is required`)
  }
  const doctor = { subject: identity.name, name: identity.displayName, role: identity.role, institution: identity.institution }
  const retryAfterS = await rules.admitEmergency(doctor, verdict.breakGlass.person)
  if (retryAfterS !== undefined)
    return {
      ...refuse('temporarily_unavailable', 'too many emergencies were declared within an hour; wait, or call the operator'),
      retryAfterS,
    }
  const person = await personOf(verdict.breakGlass.person, identity, rules)
  if (person === undefined) {
    return refuse('invalid_request', 'the patient is named by a person id, or by a known number of the own institution')
  }
  return { purposes: verdict.purposes, breakGlass: { kind: 'declared', patient: person, reason: verdict.breakGlass.ground, note } }
}

function textOf(value: unknown): string | undefined {
  return isText(value) ? value : undefined
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
