/**
 * Is something in the record coded as the provision names? The broader codes of a record's codes are among its facts, so naming a category
 * reaches its members. A code of a system we do not know is compared by equality.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.code
 */
import { codeKey } from '../../fhir-profiles/code-key.ts'
import type { CodeableConcept, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { always, oneOf } from '../condition.ts'
import { unknownWord } from '../types.ts'
import { readRepeats, sorted, type Read, type Rule, type Stated } from './rule.ts'

export const code: Rule = {
  element: 'code',
  part: 'data',
  read: readCodes,
  ask({ type, codes }) {
    if (codes === null) return always
    return oneOf('codes', type === 'deny' && codes.length > 0 ? [...codes, unknownWord] : codes)
  },
}

function readCodes(provision: ConsentProvision, expression: string): Stated | undefined {
  if (provision.code === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.code, `${expression}.code`, readConcept)
  return { terms: { codes: sorted(values.flat()) }, unreadable }
}

/** The codings of one concept say the same in several systems. */
function readConcept(concept: CodeableConcept): Read<readonly string[]> {
  const keys = (concept.coding ?? []).map(({ system, code: word }) => (word === undefined ? undefined : codeKey(system, word)))
  const readable = keys.filter((key) => key !== undefined)
  return keys.length === 0 || readable.length < keys.length ? { reason: 'a concept without a code in each coding' } : { value: readable }
}
