/** A code as one text: `system|code`, the system under its published name. Pure. */
import { system } from './codes.ts'

/** Names under which senders are known to write a code system. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['urn:oid:2.16.840.1.113883.6.1', system.loinc],
  ['urn:oid:2.16.840.1.113883.6.96', 'http://snomed.info/sct'],
  ['urn:oid:2.16.840.1.113883.6.73', 'http://www.whocc.no/atc'],
])

/** A coding without a system has '' there. */
export function codeKey(of: string | undefined, code: string): string {
  return `${aliases.get(of ?? '') ?? of ?? ''}|${code}`
}
