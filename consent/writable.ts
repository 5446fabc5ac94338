/**
 * What makes a Consent unacceptable at write (422). What may be written but cannot be read afterwards is `compile`'s to mark.
 * Spec: http://hl7.org/fhir/R4/consent.html
 */
import type { Consent, ConsentProvision, Reference } from '../fhir-profiles/r4.ts'
import { baseTypeOf, isBaseType } from './base-type.ts'
import { consentStatuses, controllerOf, scopeOf } from './deciding.ts'
import type { Unreadable } from './rules/rule.ts'
import type { ActorDirectory } from './types.ts'

/** Statuses in which the content is, or may yet come, in force. */
const livingStatuses = ['draft', 'proposed', 'active']

/**
 * Faults of the consent, none when it may be written. A withdrawal is never refused for how the consent is written.
 * With a directory it is also checked that the controller is known.
 */
export function checkWritable(consent: Consent, directory?: ActorDirectory): readonly Unreadable[] {
  const status = fault(!consentStatuses.includes(consent.status), 'Consent.status', 'not a consent status')
  const patient = fault(!isNamed(consent.patient), 'Consent.patient', 'absent')
  if (status.length === 0 && !livingStatuses.includes(consent.status)) return patient
  const { provision } = consent
  return [
    ...status,
    ...patient,
    ...fault(scopeOf(consent) === 'unknown', 'Consent.scope', 'not a consent scope'),
    ...controllerFaults(consent, directory),
    ...fault(provision === undefined, 'Consent.provision', 'absent'),
    ...(provision === undefined ? [] : typeFaults(consent, provision)),
  ]
}

export function fault(isFault: boolean, expression: string, reason: string): readonly Unreadable[] {
  return isFault ? [{ expression, reason }] : []
}

/** Whether a reference says whom it means: a literal reference or an identifier with a value. */
export function isNamed(reference: Reference | undefined): boolean {
  return reference?.reference !== undefined || reference?.identifier?.value !== undefined
}

function controllerFaults(consent: Consent, directory: ActorDirectory | undefined): readonly Unreadable[] {
  if (!(consent.organization ?? []).some(isNamed))
    return [{ expression: 'Consent.organization', reason: 'absent: whose records does it govern' }]
  if (directory === undefined) return []
  return fault(controllerOf(consent, directory) === undefined, 'Consent.organization', 'not one institution of the directory')
}

function typeFaults(consent: Consent, root: ConsentProvision): readonly Unreadable[] {
  const rootFault = fault(baseTypeOf(consent) === undefined, 'Consent.provision.type', 'neither a type nor one registered policy')
  return [...rootFault, ...nestedTypeFaults(root, 'Consent.provision')]
}

function nestedTypeFaults(provision: ConsentProvision, expression: string): readonly Unreadable[] {
  return (provision.provision ?? []).flatMap((child, index) => {
    const at = `${expression}.provision[${index}]`
    return [...fault(!isBaseType(child.type), `${at}.type`, 'a nested provision states permit or deny'), ...nestedTypeFaults(child, at)]
  })
}
