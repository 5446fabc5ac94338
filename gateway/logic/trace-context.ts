/**
 * W3C Trace Context: which trace a request belongs to, read from its headers and written into those of the calls it causes.
 * Spec: https://www.w3.org/TR/trace-context/ · An id of a trace is chance; nothing of a patient is in it.
 */

export interface TraceContext {
  /** 32 hex digits, shared by everything one first request causes */
  readonly traceId: string
  /** 16 hex digits: the step that calls */
  readonly spanId: string
  readonly isSampled: boolean
  /** `tracestate` as it came: other vendors' own words, passed on and never read; '' = none */
  readonly state: string
}

/** The limits of the specification; a longer list is dropped whole, which it allows. */
const maxStateLength = 512
const maxStateMembers = 32

const parent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const key = /^([a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/
// printable ASCII without comma and equals sign, not ending in a space
const value = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** undefined for a header that is missing or malformed: a new trace begins, and its `tracestate` means nothing any more. */
export function readTrace(traceparent: string | undefined, tracestate: string | undefined): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = parent.exec(traceparent ?? '') ?? []
  // version 00 has exactly four parts; a later one may have more, `ff` never exists
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1, state: readState(tracestate ?? '') }
}

function readState(text: string): string {
  if (text.length > maxStateLength) return ''
  const members = text.split(',').map((member) => member.trim())
  const filled = members.filter((member) => member !== '')
  const keys = filled.map((member) => member.slice(0, Math.max(0, member.indexOf('='))))
  const isGood = filled.every((member, at) => key.test(keys[at] ?? '') && value.test(member.slice((keys[at] ?? '').length + 1)))
  return isGood && filled.length <= maxStateMembers && new Set(keys).size === keys.length ? text.trim() : ''
}

/** In the version we speak; flags we do not know are not passed on. */
export function writeTrace({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}
