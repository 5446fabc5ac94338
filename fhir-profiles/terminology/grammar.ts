/**
 * Code systems that are a way of writing, not a list: which codes are well-formed can be said, which are registered cannot.
 * Spec: http://hl7.org/fhir/R4/terminologies-systems.html#special
 */
import type { Answer } from './filter.ts'
import { isUcum } from './ucum.ts'

/** RFC 5646 §2.1: language, then script, region, variants, extensions and private use, in this order. */
const language =
  /^(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?$/i
/** RFC 6838 §4.2, with parameters (RFC 2045 §5.1) */
const mediaType = /^[a-z\d][\w!#$&^.+-]{0,126}\/[a-z\d][\w!#$&^.+-]{0,126}(?:\s*;\s*[\w!#$&^.+-]+=(?:[^\s;"]+|"[^"]*"))*$/i
/** RFC 3986 §3: a scheme, and no blanks */
const address = /^[a-z][a-z\d+.-]*:[^\s<>"{}|\\^`]+$/i

const grammars: ReadonlyMap<string, (code: string) => boolean> = new Map([
  ['urn:ietf:bcp:47', (code: string) => language.test(code)],
  ['urn:ietf:bcp:13', (code: string) => mediaType.test(code)],
  ['urn:ietf:rfc:3986', (code: string) => address.test(code)],
  ['http://unitsofmeasure.org', isUcum],
])

/** `no` for what is not well-formed, `yes` for what is. undefined: not such a system. */
export function grammarOf(system: string): ((code: string) => Answer) | undefined {
  const isWellFormed = grammars.get(system)
  return isWellFormed === undefined ? undefined : (code) => (code.length <= 1024 && isWellFormed(code) ? 'yes' : 'no')
}
