/**
 * HL7 v2 times (YYYY[MM[DD[HH[MM[SS[.S]]]]]][±ZZZZ]) ↔ FHIR dates. Precision is kept; an offset is the value's own, else the sender's.
 * Spec: HL7 v2.5.1 §2.A.22 DTM, §2.15.9.7 (MSH-7 gives the default zone) · http://hl7.org/fhir/R4/datatypes.html#dateTime
 */

interface Parts {
  readonly year: string
  readonly month: string | undefined
  readonly day: string | undefined
  readonly hour: string | undefined
  readonly minute: string | undefined
  readonly second: string | undefined
  readonly fraction: string | undefined
  readonly offset: string | undefined
}

const pattern = /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?)?)?)?([+-]\d{4})?$/

/** Undefined when it is not a date that exists. */
function read(text: string): Parts | undefined {
  const found = pattern.exec(text.trim())
  if (found?.[1] === undefined) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = found
  const isDate =
    Number(month ?? 1) >= 1 &&
    Number(month ?? 1) <= 12 &&
    Number(day ?? 1) >= 1 &&
    Number(day ?? 1) <= daysIn(Number(year), Number(month ?? 1))
  const isTime = Number(hour ?? 0) <= 23 && Number(minute ?? 0) <= 59 && Number(second ?? 0) <= 59
  const isZone = zone === undefined || (Number(zone.slice(1, 3)) <= 14 && Number(zone.slice(3)) <= 59)
  if (!isDate || !isTime || !isZone || year === '0000') return undefined
  return {
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction,
    offset: zone === undefined ? undefined : `${zone.slice(0, 3)}:${zone.slice(3)}`,
  }
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

/** `offset` (`+09:00`) applies where the value states none. FHIR wants seconds once hours are given, so missing ones are zero. */
export function fhirDateTime(text: string | undefined, offset: string): string | undefined {
  const parts = text === undefined ? undefined : read(text)
  if (parts === undefined) return undefined
  if (parts.hour === undefined) return dateOf(parts)
  const fraction = parts.fraction === undefined ? '' : `.${parts.fraction}`
  return `${dateOf(parts)}T${parts.hour}:${parts.minute ?? '00'}:${parts.second ?? '00'}${fraction}${parts.offset ?? offset}`
}

/** The day, month or year; a time of day is left out. */
export function fhirDate(text: string | undefined): string | undefined {
  const parts = text === undefined ? undefined : read(text)
  return parts === undefined ? undefined : dateOf(parts)
}

/** Only for values with a time of day. http://hl7.org/fhir/R4/datatypes.html#instant */
export function fhirInstant(text: string | undefined, offset: string): string | undefined {
  const dateTime = fhirDateTime(text, offset)
  return dateTime?.includes('T') === true ? dateTime : undefined
}

/** HHMM[SS] → hh:mm:ss */
export function fhirTime(text: string): string | undefined {
  const found = /^([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(?:\.\d+)?(?:[+-]\d{4})?$/.exec(text.trim())
  return found === null ? undefined : `${found[1]}:${found[2]}:${found[3] ?? '00'}`
}

/** The offset of MSH-7, which holds for every time of the message that states none itself. */
export function offsetOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : read(text)?.offset
}

function dateOf(parts: Parts): string {
  return [parts.year, parts.month, parts.day].filter((part) => part !== undefined).join('-')
}

/** FHIR date, dateTime or instant → DTM; fractions of a second are left out. */
export function hl7Time(fhir: string | undefined): string {
  const found = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(fhir ?? '')
  if (found === null) return ''
  const zone = found[7] === undefined ? '' : found[7] === 'Z' ? '+0000' : found[7].replace(':', '')
  return `${found.slice(1, 7).join('')}${zone}`
}

/** A clock reading as DTM with offset, in the offset's own day. */
export function hl7Now(now: Date, offset: string): string {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})$/.exec(offset) ?? []
  const shiftMs = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
  const local = new Date(now.getTime() + shiftMs).toISOString()
  return `${local.slice(0, 19).replace(/[-T:]/g, '')}${offset.replace(':', '')}`
}
