/**
 * The elements of a Consent outside its provision that decide: status, scope, patient, organization, verification, and what could turn
 * the whole round. `dateTime`, category, source and text decide nothing.
 */
import { system } from '../fhir-profiles/codes.ts'
import type { Consent } from '../fhir-profiles/r4.ts'
import { baseTypeOf } from './base-type.ts'
import { actorKeyOf } from './rules/actor.ts'
import { isModified, type Unreadable } from './rules/rule.ts'
import { networkController } from './tree.ts'
import type { ActorDirectory } from './types.ts'

export const consentStatuses: readonly string[] = ['draft', 'proposed', 'active', 'rejected', 'inactive', 'entered-in-error']

const otherScopes = ['adr', 'research', 'treatment']

/** speaks: it takes part in decisions. silent: a known status or scope keeps it out. An unknown one keeps it in, to deny. */
export function standingOf(consent: Consent): 'speaks' | 'silent' {
  if (consentStatuses.includes(consent.status) && consent.status !== 'active') return 'silent'
  return scopeOf(consent) === 'other' ? 'silent' : 'speaks'
}

export function scopeOf(consent: Consent): 'privacy' | 'other' | 'unknown' {
  // The type says it is always there; a stored document may lack it.
  const codings: readonly { system?: string; code?: string }[] =
    Reflect.get(consent, 'scope') === undefined ? [] : (consent.scope.coding ?? [])
  const codes = codings.filter((coding) => coding.system === system.consentScope).map((coding) => coding.code ?? '')
  if (codes.includes('patient-privacy')) return 'privacy'
  return codes.length > 0 && codes.every((code) => otherScopes.includes(code)) ? 'other' : 'unknown'
}

/**
 * Directory id of the institution whose records the consent governs; the network's governs all.
 * Undefined when it names nobody the directory knows, or several institutions.
 */
export function controllerOf(consent: Consent, directory: ActorDirectory): string | undefined {
  const keys = new Set((consent.organization ?? []).map((organization) => actorKeyOf(organization, directory)))
  const [key, ...others] = [...keys]
  if (key === undefined || !key.startsWith('org:') || others.includes(undefined)) return undefined
  if (keys.has(`org:${networkController}`)) return networkController
  return others.length === 0 ? key.slice('org:'.length) : undefined
}

/** What leaves the meaning of the whole consent unreadable, so that it denies. */
export function wholeFaultsOf(consent: Consent, directory: ActorDirectory): readonly Unreadable[] {
  const faults: readonly (readonly [boolean, string, string])[] = [
    [!consentStatuses.includes(consent.status), 'Consent.status', 'unknown status'],
    [scopeOf(consent) === 'unknown', 'Consent.scope', 'unknown scope'],
    [isModified(consent), 'Consent.modifierExtension', 'unknown modifierExtension'],
    [consent.implicitRules !== undefined, 'Consent.implicitRules', 'unknown implicit rules'],
    [controllerOf(consent, directory) === undefined, 'Consent.organization', 'not one controller known to the directory'],
    [consent.provision === undefined, 'Consent.provision', 'absent'],
    [
      consent.provision !== undefined && baseTypeOf(consent) === undefined,
      'Consent.provision.type',
      'neither a type nor one registered policy',
    ],
  ]
  return faults.filter(([isFault]) => isFault).map(([, expression, reason]) => ({ expression, reason }))
}

/** Somebody says that the patient did not confirm it: its permits are void, its refusals stay. */
export function isUnverified(consent: Consent): boolean {
  return (consent.verification ?? []).some((verification) => !verification.verified)
}

/** Verifications that cannot be read void the permits as well. */
export function verificationFaultsOf(consent: Consent): readonly Unreadable[] {
  return (consent.verification ?? []).flatMap((verification, index) => {
    const expression = `Consent.verification[${index}]`
    if (isModified(verification)) return [{ expression, reason: 'unknown modifierExtension' }]
    return typeof verification.verified === 'boolean' ? [] : [{ expression: `${expression}.verified`, reason: 'neither true nor false' }]
  })
}
