/**
 * FHIR dates as spans of time. A date without a time is a whole day, month or year in a configured zone; an offset in the text wins.
 * No clock, and nothing here reads the zone of the process. Spec: http://hl7.org/fhir/R4/datatypes.html#dateTime
 */
import { instantOf, wallTimeOf } from './zone.ts'
import type { WallTime } from './zone.ts'

export const defaultZone = 'Asia/Seoul'

/** Inclusive, in milliseconds since the epoch. */
export interface TimeSpan {
  readonly fromMs: number
  readonly untilMs: number
}

export type Precision = 'year' | 'month' | 'day' | 'second' | 'millisecond'

export interface ParsedTime extends TimeSpan {
  readonly precision: Precision
}

/** Open ends of a period. Finite, so that they survive JSON and a bigint column. */
export const beginningOfTimeMs = -8_640_000_000_000_000
export const endOfTimeMs = 8_640_000_000_000_000

const pattern =
  /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])(?:T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00))?)?)?$/

/**
 * The span a FHIR date, dateTime or instant covers: `2026-03` is all of March in `zone`. undefined when the text is none of them or
 * names a day the calendar lacks. A leap second (`:60`) counts as the first second of the next minute.
 */
export function parseTime(text: string, zone: string = defaultZone): ParsedTime | undefined {
  const parts = calendarParts(text)
  if (parts === undefined) return undefined
  if (parts.offset !== undefined) return momentOf(parts, parts.offset)
  const { year, month, day } = parts
  const from = { year, month: month ?? 1, day: day ?? 1 }
  const next =
    month === undefined
      ? { year: year + 1, month: 1, day: 1 }
      : day === undefined
        ? { year, month: month + 1, day: 1 }
        : { year, month, day: day + 1 }
  const precision = month === undefined ? 'year' : day === undefined ? 'month' : 'day'
  const fromMs = startOfDay(from, zone)
  // A zone that crossed the date line lacks a whole day; such a date is one instant, never a span that ends before it begins.
  return { fromMs, untilMs: Math.max(fromMs, startOfDay(next, zone) - 1), precision }
}

/** True for a FHIR date (`date`: no time of day) or dateTime that exists in the calendar. */
export function isTimeText(text: string, type: 'date' | 'dateTime' | 'instant'): boolean {
  const parts = calendarParts(text)
  if (parts === undefined) return false
  return type === 'dateTime' || (type === 'date') === (parts.offset === undefined)
}

interface CalendarParts {
  readonly year: number
  readonly month: number | undefined
  readonly day: number | undefined
  readonly secondOfDay: number
  /** decimals of the second, as written */
  readonly fraction: string
  /** `Z` or `+09:00`; undefined when there is no time of day */
  readonly offset: string | undefined
}

function calendarParts(text: string): CalendarParts | undefined {
  const found = pattern.exec(text)
  if (found === null) return undefined
  const [, year = '', month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = found
  const parts = {
    year: Number(year),
    month: month === undefined ? undefined : Number(month),
    day: day === undefined ? undefined : Number(day),
    secondOfDay: Number(hour) * 3600 + Number(minute) * 60 + Number(second),
    fraction,
    offset,
  }
  return parts.year > 0 && (parts.day ?? 1) <= daysOf(parts.year, parts.month ?? 1) ? parts : undefined
}

function daysOf(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

function momentOf({ year, month, day, secondOfDay, fraction }: CalendarParts, offset: string): ParsedTime {
  const sign = offset.startsWith('-') ? -1 : 1
  const offsetMs = offset === 'Z' ? 0 : sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6))) * 60_000
  const secondMs = utcMs(year, month ?? 1, day ?? 1) + secondOfDay * 1000 - offsetMs
  const fromMs = secondMs + Number(fraction.slice(0, 3).padEnd(3, '0'))
  const widthMs = fraction.length >= 3 ? 1 : 10 ** (3 - fraction.length)
  return { fromMs, untilMs: fromMs + widthMs - 1, precision: fraction.length >= 3 ? 'millisecond' : 'second' }
}

/** Date.UTC without its special case for the years 0 to 99. */
function utcMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

/** The first instant of a calendar day; a day or month past its end runs over into the next. */
function startOfDay({ year, month, day }: { year: number; month: number; day: number }, zone: string): number {
  return instantOf(utcMs(year, month, day), zone)
}

/** The span of a FHIR Period; a missing end is open, an unreadable one makes the whole unreadable. Both missing: undefined. */
export function parsePeriod(period: { readonly start?: string; readonly end?: string }, zone: string = defaultZone): TimeSpan | undefined {
  const start = period.start === undefined ? undefined : parseTime(period.start, zone)
  const end = period.end === undefined ? undefined : parseTime(period.end, zone)
  if ((period.start !== undefined && start === undefined) || (period.end !== undefined && end === undefined)) return undefined
  if (start === undefined && end === undefined) return undefined
  return { fromMs: start?.fromMs ?? beginningOfTimeMs, untilMs: end?.untilMs ?? endOfTimeMs }
}

export function overlaps(a: TimeSpan, b: TimeSpan): boolean {
  return a.fromMs <= b.untilMs && b.fromMs <= a.untilMs
}

export function contains(outer: TimeSpan, inner: TimeSpan): boolean {
  return outer.fromMs <= inner.fromMs && inner.untilMs <= outer.untilMs
}

/**
 * Completed years of age at an instant. Of a partial birth date the last possible day counts, so that nobody is taken for older than
 * they may be. undefined: the date is unreadable, or the person is not yet born.
 */
export function ageAt(birthDate: string, atMs: number, zone: string = defaultZone): number | undefined {
  const born = lastDayOf(birthDate)
  if (born === undefined || atMs < startOfDay(born, zone)) return undefined
  const today = wallTimeOf(atMs, zone)
  const years = today.year - born.year
  return atMs < startOfDay({ ...born, year: born.year + years }, zone) ? years - 1 : years
}

/**
 * The instant at which a person born on `birthDate` completes `years` years: the first of that birthday. Born on 29 February, in other
 * years on 1 March (민법 158조, 160조). Of a partial date the last possible day counts.
 */
export function birthdayInstant(birthDate: string, years: number, zone: string = defaultZone): number | undefined {
  const born = lastDayOf(birthDate)
  return born === undefined ? undefined : startOfDay({ ...born, year: born.year + years }, zone)
}

function lastDayOf(birthDate: string): { year: number; month: number; day: number } | undefined {
  const parts = calendarParts(birthDate)
  if (parts === undefined || parts.offset !== undefined) return undefined
  const month = parts.month ?? 12
  return { year: parts.year, month, day: parts.day ?? daysOf(parts.year, month) }
}

/** `2026-03-01T09:00:00.000+09:00`: an instant as it is written in a zone. */
export function formatInstant(atMs: number, zone: string = defaultZone): string {
  const wall = wallTimeOf(atMs, zone)
  const milliseconds = ((atMs % 1000) + 1000) % 1000
  const time = [wall.hour, wall.minute, wall.second].map(two).join(':')
  const offset = Math.abs(wall.offsetMinutes)
  const sign = wall.offsetMinutes < 0 ? '-' : '+'
  return `${dateText(wall)}T${time}.${String(milliseconds).padStart(3, '0')}${sign}${two(Math.floor(offset / 60))}:${two(offset % 60)}`
}

/** `2026-03-01`: the calendar day an instant falls on in a zone. */
export function formatDate(atMs: number, zone: string = defaultZone): string {
  return dateText(wallTimeOf(atMs, zone))
}

function dateText({ year, month, day }: WallTime): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
