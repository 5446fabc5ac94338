/**
 * Is the record of a type or profile the provision names? An unregistered type or profile is compared by equality.
 * Document types and media types are not among the facts of a record yet, hence unreadable.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.class
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { Coding, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { always, oneOf } from '../condition.ts'
import { readRepeats, sorted, type Read, type Rule, type Stated } from './rule.ts'

/** Systems whose codes are resource types or profile canonicals; R4 writes profiles as URIs. */
const readableSystems: readonly (string | undefined)[] = [system.resourceTypes, 'urn:ietf:rfc:3986', undefined]

export const contentClass: Rule = {
  element: 'class',
  part: 'data',
  read: readClasses,
  ask: (row) => (row.classes === null ? always : oneOf('classes', row.classes)),
}

function readClasses(provision: ConsentProvision, expression: string): Stated | undefined {
  if (provision.class === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.class, `${expression}.class`, readClass)
  return { terms: { classes: sorted(values) }, unreadable }
}

function readClass(coding: Coding): Read<string> {
  if (!readableSystems.includes(coding.system)) return { reason: 'class is neither a resource type nor a profile' }
  return coding.code === undefined ? { reason: 'class has no code' } : { value: coding.code }
}
