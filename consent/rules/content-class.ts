/**
 * Is the record of a type, profile, document type or media type the provision names? A word nobody registered is compared by equality.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.class
 */
import { codeKey } from '../../fhir-profiles/code-key.ts'
import { system } from '../../fhir-profiles/codes.ts'
import { containedAny, containedClass } from '../../fhir-profiles/facts.ts'
import type { Coding, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { all, always, not, oneOf } from '../condition.ts'
import { readRepeats, sorted, type Read, type Rule, type Stated } from './rule.ts'

/** Systems whose codes are resource types or profile canonicals, written as they are; R4 writes profiles as URIs. */
const plainSystems: readonly (string | undefined)[] = [
  system.resourceTypes,
  'http://hl7.org/fhir/ValueSet/resource-types',
  'http://hl7.org/fhir/fhir-types',
  'urn:ietf:rfc:3986',
  undefined,
]

export const contentClass: Rule = {
  element: 'class',
  part: 'data',
  read: readClasses,
  ask({ type, classes }) {
    if (classes === null) return always
    // What a record contains is refused with it, and not permitted by its name.
    if (type === 'deny') return oneOf('classes', [...classes, ...classes.map(containedClass)])
    return all([oneOf('classes', classes), not(oneOf('classes', [containedAny]))])
  },
}

function readClasses(provision: ConsentProvision, expression: string): Stated | undefined {
  if (provision.class === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.class, `${expression}.class`, readClass)
  return { terms: { classes: sorted(values) }, unreadable }
}

function readClass(coding: Coding): Read<string> {
  const { code } = coding
  if (code === undefined) return { reason: 'class has no code' }
  return { value: plainSystems.includes(coding.system) ? code : codeKey(coding.system, code) }
}
