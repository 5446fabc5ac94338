/**
 * Lawful changes of `Consent.status`. A consent that ended is not revived: who changes their mind signs anew.
 * Spec: http://hl7.org/fhir/R4/valueset-consent-state-codes.html
 */
import { consentStatuses } from './deciding.ts'

export type StatusChange = { readonly lawful: true } | { readonly lawful: false; readonly reason: string }

const next: ReadonlyMap<string, readonly string[]> = new Map([
  ['draft', ['proposed', 'active', 'rejected', 'entered-in-error']],
  ['proposed', ['active', 'rejected', 'inactive', 'entered-in-error']],
  ['active', ['inactive', 'entered-in-error']],
  ['rejected', ['entered-in-error']],
  ['inactive', ['entered-in-error']],
  ['entered-in-error', []],
])

/** Whether a version with status `to` may follow one with status `from`; undefined = the consent is new. Keeping the status is lawful. */
export function changeStatus(from: string | undefined, to: string): StatusChange {
  if (!consentStatuses.includes(to)) return { lawful: false, reason: 'not a consent status' }
  if (from === undefined)
    return to === 'entered-in-error' ? { lawful: false, reason: 'a new consent is not an error yet' } : { lawful: true }
  if (from === to && from !== 'entered-in-error') return { lawful: true }
  const lawful = next.get(from) ?? []
  if (lawful.includes(to)) return { lawful: true }
  const reason =
    lawful.length === 0 ? `nothing follows \`${from}\`` : `after \`${from}\` only ${lawful.map((status) => `\`${status}\``).join(', ')}`
  return { lawful: false, reason }
}
