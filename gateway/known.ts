/**
 * Whether a caller has what would be sent: If-None-Match, and If-Modified-Since where there is no If-None-Match.
 * Spec: https://www.rfc-editor.org/rfc/rfc9110#section-13.1, http://hl7.org/fhir/R4/http.html#cread
 */
import type { Released } from './released.ts'

export interface KnownToCaller {
  readonly method: string
  readonly ifNoneMatch: string
  readonly ifModifiedSince: string
}

export function isKnown({ status, headers }: Pick<Released, 'status' | 'headers'>, asked: KnownToCaller): boolean {
  if (status !== 200 || (asked.method !== 'GET' && asked.method !== 'HEAD')) return false
  const etag = headers['etag']
  if (asked.ifNoneMatch !== '') return etag !== undefined && asked.ifNoneMatch.split(',').some((each) => isSameTag(each.trim(), etag))
  const changedMs = Date.parse(headers['last-modified'] ?? '')
  const sinceMs = Date.parse(asked.ifModifiedSince)
  return changedMs <= sinceMs
}

/** Weak comparison: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.2 */
function isSameTag(given: string, etag: string): boolean {
  return given === '*' || given.replace(/^W\//, '') === etag.replace(/^W\//, '')
}
