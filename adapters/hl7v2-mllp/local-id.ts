/**
 * Ids for what HL7 v2 does not number as FHIR does. The same content always gives the same id, so a repeated message changes nothing.
 * http://hl7.org/fhir/R4/datatypes.html#id
 */
import { createHash } from 'node:crypto'

/** The sender's own number where it can be a FHIR id, else a digest of it. */
export function idOf(number: string): string {
  return /^(?=.*[A-Za-z0-9])[A-Za-z0-9\-.]{1,64}$/.test(number) ? number : `x-${digest([number])}`
}

/** An id from the parts that make a thing this thing and no other. */
export function derivedId(kind: string, ...parts: readonly string[]): string {
  return `${kind}-${digest(parts)}`
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)
}
