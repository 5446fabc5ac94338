/**
 * FHIR dates as the first and the last millisecond they cover.
 * A partial date covers its whole day, month or year in the configured zone; an offset in the value wins.
 * Spec: http://hl7.org/fhir/R4/datatypes.html#dateTime
 */

/** The farthest instants a date can hold; an open end of a period. */
export const farPastMs = -8.64e15
export const farFutureMs = 8.64e15

export interface Span {
  readonly firstMs: number
  readonly lastMs: number
}

interface Day {
  readonly year: number
  /** 1 to 12 */
  readonly month: number
  readonly day: number
}

const form = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?$/

/** Undefined when the text is not a FHIR date or names a day that does not exist. A time without offset is not a FHIR dateTime. */
export function spanOf(text: string, timeZone: string): Span | undefined {
  const [, year, month, day, hour, minute, second, fraction, offset] = form.exec(text) ?? []
  if (year === undefined || Number(year) === 0) return undefined
  const from: Day = { year: Number(year), month: Number(month ?? '1'), day: Number(day ?? '1') }
  if (!exists(from)) return undefined
  if (hour !== undefined) {
    const seconds = secondsOfDay(Number(hour), Number(minute), Number(second))
    const offsetMinutes = minutesOf(offset ?? '')
    if (seconds === undefined || offsetMinutes === undefined) return undefined
    const wholeMs = utcMs(from) + seconds * 1000 - offsetMinutes * 60_000
    const digits = (fraction ?? '.').slice(1)
    const lastMs = wholeMs + Number(digits.slice(0, 3).padEnd(3, '0'))
    // Instants are whole milliseconds: finer bounds are rounded inwards.
    return { firstMs: /[1-9]/.test(digits.slice(3)) ? lastMs + 1 : lastMs, lastMs }
  }
  return { firstMs: startOfDayMs(from, timeZone), lastMs: startOfDayMs(after(from, month, day), timeZone) - 1 }
}

/**
 * The first millisecond of the birthday at which the age is reached; of an incomplete birth date the earliest possible one.
 * Somebody born on 29 February reaches it at the end of February (민법 제160조③), which is 1 March in a common year.
 */
export function birthdayMs(birthDate: string, years: number, timeZone: string): number | undefined {
  const [, year, month, day, hour] = form.exec(birthDate) ?? []
  if (year === undefined || hour !== undefined) return undefined
  const born: Day = { year: Number(year), month: Number(month ?? '1'), day: Number(day ?? '1') }
  return exists(born) ? startOfDayMs({ ...born, year: born.year + years }, timeZone) : undefined
}

function after(from: Day, month: string | undefined, day: string | undefined): Day {
  if (month === undefined) return { ...from, year: from.year + 1 }
  if (day === undefined) return { ...from, month: from.month + 1 }
  return { ...from, day: from.day + 1 }
}

function exists(day: Day): boolean {
  const date = new Date(utcMs(day))
  return date.getUTCFullYear() === day.year && date.getUTCMonth() === day.month - 1 && date.getUTCDate() === day.day
}

/** Months and days beyond their end run into the next year and month. */
function utcMs(day: Day): number {
  // Date.UTC reads years below 100 as 19xx.
  return new Date(0).setUTCFullYear(day.year, day.month - 1, day.day)
}

/** 60 is a leap second, which FHIR allows. */
function secondsOfDay(hour: number, minute: number, second: number): number | undefined {
  return hour < 24 && minute < 60 && second <= 60 ? hour * 3600 + minute * 60 + second : undefined
}

function minutesOf(offset: string): number | undefined {
  if (offset === 'Z') return 0
  const hours = Number(offset.slice(1, 3))
  const minutes = Number(offset.slice(4))
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

function startOfDayMs(day: Day, timeZone: string): number {
  const wallMs = utcMs(day)
  const firstGuessMs = wallMs - aheadMs(wallMs, timeZone)
  return wallMs - aheadMs(firstGuessMs, timeZone)
}

/** Building a formatter costs more than using it; the memo is invisible to callers. */
const formatters = new Map<string, Intl.DateTimeFormat>()

/** By how much the wall clock of the zone is ahead of UTC at that instant. */
function aheadMs(atMs: number, timeZone: string): number {
  const formatter = formatters.get(timeZone) ?? clockOf(timeZone)
  formatters.set(timeZone, formatter)
  const part = new Map(formatter.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
  const wallDayMs = utcMs({ year: part.get('year') ?? 0, month: part.get('month') ?? 0, day: part.get('day') ?? 0 })
  const wallSeconds = (part.get('hour') ?? 0) * 3600 + (part.get('minute') ?? 0) * 60 + (part.get('second') ?? 0)
  return wallDayMs + wallSeconds * 1000 - Math.floor(atMs / 1000) * 1000
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const number = 'numeric' as const
  const clock = { year: number, month: number, day: number, hour: number, minute: number, second: number }
  return new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', hourCycle: 'h23', ...clock })
}
