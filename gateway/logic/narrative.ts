/**
 * The narrative of a resource (`text`) says again, in free words, what its elements say, and what its author knew besides: no rule reads it.
 * It stays in the house that wrote it and with the patient; elsewhere the elements speak. The text of a Composition's section is the
 * document itself and stays. Spec: http://hl7.org/fhir/R4/narrative.html
 */
import { isExactNumber, parseTaken, stringifyExact } from '../../fhir-profiles/json.ts'
import { octetsOf, textOf, type Octets } from '../../fhir-profiles/octets.ts'

/** JSON of a resource without its narrative, nor those of what it contains; numbers keep their digits. The same octets where it has none. */
export function withoutNarrative(text: Octets): Octets {
  if (!text.chars.includes('"div"')) return text
  // a live answer may hold what intake would have refused: its digits are lost then, not its rules
  const value = parseTaken(textOf(text))
  const stripped = strip(value)
  return stripped === value ? text : octetsOf(stringifyExact(stripped))
}

/** What has no narrative stays the same object. */
function strip(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return value
  if (Array.isArray(value)) {
    const items = value.map(strip)
    return items.some((item, at) => item !== value[at]) ? items : value
  }
  const isResource = 'resourceType' in value
  const entries = Object.entries(value)
  const kept = entries.filter(([key, item]) => !(isResource && key === 'text' && isNarrative(item)))
  const changed = kept.map(([key, item]): [string, unknown] => [key, strip(item)])
  const isSame = kept.length === entries.length && changed.every(([, item], at) => item === kept[at]?.[1])
  return isSame ? value : Object.fromEntries(changed)
}

function isNarrative(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'div' in value
}
