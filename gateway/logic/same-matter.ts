/**
 * Whether an old version may be judged by the record as it is now: only where both are about the same patient, in the same departments.
 * A version from before a correction (the wrong patient, the wrong clinic) is another matter, and is not shown outside its own house.
 */
import { facts } from '../../fhir-profiles/facts.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import { valueOf, type Octets } from '../../fhir-profiles/octets.ts'

/** Both texts in the same id space. A text that is no resource is never the same. */
export function isSameMatter(now: Octets, then: Octets): boolean {
  const [one, other] = [matterOf(now), matterOf(then)]
  return one !== undefined && one === other
}

function matterOf(text: Octets): string | undefined {
  const value = valueOf(text)
  if (!isResource(value)) return undefined
  const { type, patient, encounter, departments, classes } = facts(value)
  return JSON.stringify([type, patient, encounter, departments.toSorted(), classes.toSorted()])
}
