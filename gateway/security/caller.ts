/**
 * Who asks, for whom, for what: read from a verified token. Nothing is optional: what the token does not say is refused here,
 * so that no rule behind the door ever matches on absence.
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { Role } from '../config.ts'
import { Problem } from '../problem.ts'
import { roles } from '../logic/access.ts'
import { type Ground, grounds } from '../logic/purpose.ts'
import { type Declaration, ownExtension, roleSystem } from './claims.ts'
import { isObject, isText, isTexts, type JsonObject } from './read.ts'
import type { VerifiedToken } from './token.ts'

export interface Caller {
  readonly subject: string
  readonly name: string
  readonly role: Role
  /** directory id; `network` for operator, patients and proxies */
  readonly institution: string
  /** national department codes */
  readonly departments: readonly string[]
  /** Practitioner id; never empty for doctors and nurses, empty where there is none */
  readonly practitioner: string
  /** patient: the own network person id; proxy: the one acted for; else empty */
  readonly person: string
  /** never empty */
  readonly purposes: readonly string[]
  /** empty for roles that open no resource type */
  readonly scopes: readonly string[]
  readonly jti: string
  readonly clientId: string
  readonly breakGlass: BreakGlass
}

/** `untilMs`: milliseconds of real time; the token itself ends then. */
export type BreakGlass =
  | { readonly kind: 'none' }
  | { readonly kind: 'declared'; readonly patient: string; readonly reason: Ground; readonly note: string; readonly untilMs: number }

const known = new WeakMap<VerifiedToken, Caller>()

/** The same object for the same token. Throws `forbidden` with id `missing-claim`, naming the claim that is missing or malformed. */
export function callerOf(token: VerifiedToken): Caller {
  const caller = known.get(token) ?? readCaller(token)
  known.set(token, caller)
  return caller
}

function readCaller(token: VerifiedToken): Caller {
  const extensions = objectIn(token.claims, 'extensions', 'extensions')
  const iua = objectIn(extensions, 'ihe_iua', 'extensions.ihe_iua')
  const own = objectIn(extensions, ownExtension, `extensions.${ownExtension}`)
  const role = roleIn(iua)
  const purposes = purposesIn(iua)
  textIn(iua, 'subject_organization', iuaName)
  textIn(iua, 'subject_organization_id', iuaName)
  return {
    subject: token.subject,
    name: textIn(iua, 'subject_name', iuaName),
    role,
    institution: textIn(own, 'institution', ownName),
    departments: departmentsIn(own),
    practitioner: practitionerIn(own, role),
    person: role === 'patient' || role === 'proxy' ? textIn(iua, 'person_id', iuaName) : '',
    purposes,
    scopes: scopesIn(token.claims),
    jti: token.jti,
    clientId: token.clientId,
    breakGlass: breakGlassIn(own, { role, purposes, untilMs: token.expiresMs }),
  }
}

const iuaName = 'extensions.ihe_iua'
const ownName = `extensions.${ownExtension}`

/** The refusal of a token that lacks a claim, or states it wrongly. */
export function missingClaim(claim: string): Problem {
  return new Problem('forbidden', `the access token lacks claim \`${claim}\` or states it wrongly; request a new one`, {
    id: 'missing-claim',
    headers: { 'WWW-Authenticate': 'Bearer realm="care-network", error="invalid_token"' },
  })
}

function objectIn(from: JsonObject, name: string, claim: string): JsonObject {
  const value = from[name]
  if (!isObject(value)) throw missingClaim(claim)
  return value
}

function textIn(from: JsonObject, name: string, within: string): string {
  const value = from[name]
  if (!isText(value)) throw missingClaim(`${within}.${name}`)
  return value
}

function roleIn(iua: JsonObject): Role {
  const codes = codesIn(iua['subject_role'], roleSystem)
  const role = roles.find((known) => known === codes?.[0])
  if (role === undefined || codes?.length !== 1) throw missingClaim(`${iuaName}.subject_role`)
  return role
}

function purposesIn(iua: JsonObject): readonly string[] {
  const codes = codesIn(iua['purpose_of_use'], system.actReason)
  if (codes === undefined || codes.length === 0) throw missingClaim(`${iuaName}.purpose_of_use`)
  return codes
}

/** Codes of a list of Codings; undefined when one of them is unreadable or of another system. */
function codesIn(value: unknown, codeSystem: string): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const codes = value.map((coding: unknown) => (isObject(coding) && coding['system'] === codeSystem ? coding['code'] : undefined))
  return isTexts(codes) ? codes : undefined
}

function scopesIn(claims: JsonObject): readonly string[] {
  const { scope } = claims
  if (typeof scope !== 'string') throw missingClaim('scope')
  return scope.split(' ').filter((word) => word !== '')
}

function departmentsIn(own: JsonObject): readonly string[] {
  const { departments } = own
  if (!isTexts(departments)) throw missingClaim(`${ownName}.departments`)
  return departments
}

function practitionerIn(own: JsonObject, role: Role): string {
  const { practitioner } = own
  const needed = role === 'doctor' || role === 'nurse'
  if (typeof practitioner !== 'string' || (needed && !isText(practitioner))) throw missingClaim(`${ownName}.practitioner`)
  return practitioner
}

/** An emergency purpose and its declaration stand or fall together, and only a doctor's token may carry them. */
function breakGlassIn(own: JsonObject, about: { role: Role; purposes: readonly string[]; untilMs: number }): BreakGlass {
  const declaration = declarationIn(own['break_glass'])
  const declared = declaration?.kind === 'declared'
  if (
    declaration === undefined ||
    declared !== about.purposes.some((purpose) => purpose === 'BTG' || purpose === 'ETREAT') ||
    (declared && about.role !== 'doctor')
  ) {
    throw missingClaim(`${ownName}.break_glass`)
  }
  return declaration.kind === 'none' ? declaration : { ...declaration, untilMs: about.untilMs }
}

function declarationIn(value: unknown): Declaration | undefined {
  if (!isObject(value)) return undefined
  const { kind, patient, note } = value
  const reason = grounds.find((ground) => ground === value['reason'])
  if (kind === 'none') return { kind }
  if (kind !== 'declared' || !isText(patient) || reason === undefined || !isText(note)) return undefined
  return { kind, patient, reason, note }
}
