/** One found value → the rows by which it is searched. Spec: http://hl7.org/fhir/R4/search.html#table */
import { numberOf } from './json.ts'
import type { Found } from './path.ts'
import { parseReference } from './reference.ts'
import { beginningOfTimeMs, endOfTimeMs, parsePeriod, parseTime } from './time.ts'
import type { TimeSpan } from './time.ts'
import { isRecord } from './validate/guards.ts'

export type IndexEntry =
  | { readonly param: string; readonly kind: 'token'; readonly system: string | undefined; readonly code: string | undefined }
  /** `text` is normalised: see `normaliseText` */
  | { readonly param: string; readonly kind: 'string'; readonly text: string }
  | { readonly param: string; readonly kind: 'date'; readonly fromMs: number; readonly untilMs: number }
  /** type '' : `id` is the whole text of a URL or urn */
  | { readonly param: string; readonly kind: 'reference'; readonly type: string; readonly id: string }
  | { readonly param: string; readonly kind: 'uri'; readonly value: string }
  | {
      readonly param: string
      readonly kind: 'quantity'
      readonly value: number
      readonly system: string | undefined
      readonly code: string | undefined
    }

export interface IndexInput {
  readonly param: string
  readonly type: 'token' | 'string' | 'date' | 'reference' | 'uri' | 'number' | 'quantity'
  readonly found: Found
  readonly zone: string
}

export function indexValue({ param, type, found, zone }: IndexInput): readonly IndexEntry[] {
  switch (type) {
    case 'token':
      return tokens(found).map((token) => ({ param, kind: 'token', ...token }))
    case 'string':
      return texts(found).map((text) => ({ param, kind: 'string', text: normaliseText(text) }))
    case 'date':
      return spans(found, zone).map(({ fromMs, untilMs }) => ({ param, kind: 'date', fromMs, untilMs }))
    case 'reference':
      return referenceEntries(param, found)
    case 'uri':
      return typeof found.value === 'string' ? [{ param, kind: 'uri', value: found.value }] : []
    case 'number':
    case 'quantity':
      return quantities(found).map((quantity) => ({ param, kind: 'quantity', ...quantity }))
    default:
      return type satisfies never
  }
}

/** How text is compared: composed (NFC, so that Hangul syllables of every input method are equal) and in lower case. */
export function normaliseText(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

interface Token {
  readonly system: string | undefined
  readonly code: string | undefined
}

function tokens({ value, type, rule }: Found): readonly Token[] {
  if (typeof value === 'boolean') return [{ system: undefined, code: String(value) }]
  if (typeof value === 'string') {
    // A `code` has no system on the wire; where its value set has just one, that is the one it means.
    const systems = [...(rule?.codes?.systems.keys() ?? [])]
    return [{ system: systems.length === 1 ? systems[0] : undefined, code: value }]
  }
  if (!isRecord(value)) return []
  if (type === 'CodeableConcept') return list(value['coding']).flatMap((coding) => token(coding, 'code'))
  return token(value, type === 'Identifier' || type === 'ContactPoint' ? 'value' : 'code', type === 'ContactPoint')
}

/** @param isContact a ContactPoint's `system` says phone or email: that is no code system */
function token(value: unknown, codeKey: 'code' | 'value', isContact = false): readonly Token[] {
  if (!isRecord(value)) return []
  const code = textOf(value[codeKey])
  return code === undefined ? [] : [{ system: isContact ? undefined : textOf(value['system']), code }]
}

const nameParts = ['text', 'family', 'given', 'prefix', 'suffix']
const addressParts = ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country']

function texts({ value, type }: Found): readonly string[] {
  if (typeof value === 'string') return [value]
  if (!isRecord(value)) return []
  const parts = type === 'HumanName' ? nameParts : type === 'Address' ? addressParts : []
  return parts.flatMap((part) => list(value[part])).filter((text) => typeof text === 'string')
}

/** The times a value covers: text, Period, or Timing (from its first to its last event, or its bounds). */
export function spans({ value, type }: Found, zone: string): readonly TimeSpan[] {
  if (typeof value === 'string') {
    const span = type === 'string' ? undefined : parseTime(value, zone)
    return span === undefined ? [] : [span]
  }
  if (!isRecord(value)) return []
  if (type === 'Period') return periodSpan(value, zone)
  if (type !== 'Timing') return []
  const repeat = value['repeat']
  const bounds = isRecord(repeat) && isRecord(repeat['boundsPeriod']) ? periodSpan(repeat['boundsPeriod'], zone) : []
  const events = list(value['event']).flatMap((event) => (typeof event === 'string' ? (parseTime(event, zone) ?? []) : []))
  return [...bounds, ...hull(events)]
}

function periodSpan(period: Readonly<Record<string, unknown>>, zone: string): readonly TimeSpan[] {
  const [start, end] = [textOf(period['start']), textOf(period['end'])]
  const span = parsePeriod({ ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) }, zone)
  return span === undefined ? [] : [span]
}

/** The one span from the earliest to the latest; none for none. */
export function hull(all: readonly TimeSpan[]): readonly TimeSpan[] {
  if (all.length === 0) return []
  const fromMs = all.reduce((least, span) => Math.min(least, span.fromMs), endOfTimeMs)
  return [{ fromMs, untilMs: all.reduce((most, span) => Math.max(most, span.untilMs), beginningOfTimeMs) }]
}

function referenceEntries(param: string, { value, type }: Found): readonly IndexEntry[] {
  // Some reference parameters point by canonical URL.
  if (typeof value === 'string') return [{ param, kind: 'uri', value }]
  const text = type === 'Reference' && isRecord(value) ? textOf(value['reference']) : undefined
  const parsed = text === undefined ? undefined : parseReference(text)
  if (parsed === undefined || parsed.kind === 'contained') return []
  return [
    parsed.kind === 'relative'
      ? { param, kind: 'reference', type: parsed.type, id: parsed.id }
      : { param, kind: 'reference', type: '', id: parsed.value },
  ]
}

interface Amount extends Token {
  readonly value: number
}

/** Quantity and its kinds, Money, the two ends of a Range, and plain numbers. SampledData has no single value to find it by. */
function quantities({ value, type }: Found): readonly Amount[] {
  const plain = numberOf(value)
  if (plain !== undefined) return [{ value: plain, system: undefined, code: undefined }]
  if (!isRecord(value)) return []
  if (type === 'Range') return [value['low'], value['high']].flatMap((end) => quantities({ value: end, type: 'Quantity', rule: undefined }))
  const amount = numberOf(value['value'])
  if (amount === undefined) return []
  if (type === 'Money') return [{ value: amount, system: 'urn:iso:std:iso:4217', code: textOf(value['currency']) }]
  return [{ value: amount, system: textOf(value['system']), code: textOf(value['code']) ?? textOf(value['unit']) }]
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function list(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
}
