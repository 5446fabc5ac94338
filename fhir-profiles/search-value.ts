/** What a found value says in each kind of search parameter. Pure. Spec: http://hl7.org/fhir/R4/search.html#table */
import { numberOf } from './json.ts'
import type { Found } from './path.ts'
import { beginningOfTimeMs, endOfTimeMs, parsePeriod, parseTime } from './time.ts'
import type { TimeSpan } from './time.ts'
import { isRecord } from './validate/guards.ts'

export interface Token {
  readonly system: string | undefined
  readonly code: string | undefined
}

export function tokens({ value, type, rule }: Found): readonly Token[] {
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

/** The words that go with a code: what `:text` searches. Spec: http://hl7.org/fhir/R4/search.html#token */
export function wordsOf({ value, type }: Found): readonly string[] {
  if (!isRecord(value)) return []
  const texts =
    type === 'CodeableConcept'
      ? [value['text'], ...list(value['coding']).map((coding) => (isRecord(coding) ? coding['display'] : undefined))]
      : type === 'Coding'
        ? [value['display']]
        : type === 'Identifier' && isRecord(value['type'])
          ? [value['type']['text']]
          : []
  return texts.flatMap((text) => textOf(text) ?? [])
}

/** Values of an Identifier by the kind of identifier it is, for `:of-type`: the code is `type|value`. */
export function typedValues({ value, type }: Found): readonly Token[] {
  if (type !== 'Identifier' || !isRecord(value) || !isRecord(value['type'])) return []
  const own = textOf(value['value'])
  if (own === undefined) return []
  return list(value['type']['coding']).flatMap((coding) =>
    token(coding, 'code').map(({ system, code }) => ({ system, code: `${code ?? ''}|${own}` })),
  )
}

const nameParts = ['text', 'family', 'given', 'prefix', 'suffix']
const addressParts = ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country']

export function texts({ value, type }: Found): readonly string[] {
  if (typeof value === 'string') return [value]
  if (!isRecord(value)) return []
  const parts = type === 'HumanName' ? nameParts : type === 'Address' ? addressParts : []
  return parts.flatMap((part) => list(value[part])).filter((text) => typeof text === 'string')
}

/** The times a value covers: text, Period, or Timing (from its first to its last event, or its bounds). */
export function spans({ value, type }: Found, zone: string): readonly TimeSpan[] {
  if (typeof value === 'string') {
    const span = type === 'string' ? undefined : parseTime(value, zone)
    return span === undefined ? [] : [{ fromMs: span.fromMs, untilMs: span.untilMs }]
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

export interface Amount extends Token {
  readonly low: number
  /** as `low`, except of a Range; an open end is infinite */
  readonly high: number
}

/**
 * Quantity and its kinds, Money, Range, and plain numbers. Nothing is converted: `1 g` is not found as `1000 mg`. A unit that is written
 * other than its code is found by either. SampledData has no single value to find it by.
 */
export function amounts({ value, type }: Found): readonly Amount[] {
  const plain = numberOf(value)
  if (plain !== undefined) return [{ low: plain, high: plain, system: undefined, code: undefined }]
  if (!isRecord(value)) return []
  if (type === 'Range') return rangeAmounts(value)
  const amount = numberOf(value['value'])
  if (amount === undefined) return []
  const at = { low: amount, high: amount }
  if (type === 'Money') return [{ ...at, system: 'urn:iso:std:iso:4217', code: textOf(value['currency']) }]
  return unitsOf(value).map((unit) => ({ ...at, ...unit }))
}

function unitsOf(value: Readonly<Record<string, unknown>>): readonly Token[] {
  const [system, code, unit] = [textOf(value['system']), textOf(value['code']), textOf(value['unit'])]
  const first = { system, code: code ?? unit }
  return code === undefined || unit === undefined || unit === code ? [first] : [first, { system: undefined, code: unit }]
}

function rangeAmounts(range: Readonly<Record<string, unknown>>): readonly Amount[] {
  const [low, high] = [range['low'], range['high']].map((end) => (isRecord(end) ? end : undefined))
  const [least, most] = [numberOf(low?.['value']), numberOf(high?.['value'])]
  if (least === undefined && most === undefined) return []
  const at = { low: least ?? Number.NEGATIVE_INFINITY, high: most ?? Number.POSITIVE_INFINITY }
  return unitsOf(low ?? high ?? {}).map((unit) => ({ ...at, ...unit }))
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function list(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
}
