/** When must somebody have acted? The rows of `clock-rules.ts` applied to one referral, in the calendar days of the network's zone. */
import { parseTime } from '../../fhir-profiles/time.ts'
import { wallTimeOf } from '../../fhir-profiles/zone.ts'
import { clockRows, fixedHolidays, movingHolidays, runsWhile, type Clock, type ClockRow } from './clock-rules.ts'
import type { Status } from './referral.ts'
import type { Payer } from './route-rules.ts'

export type { Clock } from './clock-rules.ts'

export interface Calendar {
  /** IANA zone whose days are counted */
  readonly zone: string
  /** further days off, `YYYY-MM-DD` */
  readonly holidays: readonly string[]
}

export interface Due {
  readonly clock: Clock
  readonly rule: string
  /** the last millisecond of the last day */
  readonly atMs: number
}

const dayMs = 86_400_000

/** The due times of a referral that was submitted, or let go on, at `fromMs`. A day without a row in force has no clock. */
export function dueTimes(input: { readonly fromMs: number; readonly payer: Payer | undefined }, calendar: Calendar): readonly Due[] {
  return (['transmission', 'answer'] as const).flatMap((clock) => {
    const row = rowFor(clock, dayOf(input.fromMs, calendar.zone), input.payer)
    return row === undefined ? [] : [{ clock, rule: row.rule, atMs: endOf(row, input.fromMs, calendar) }]
  })
}

function rowFor(clock: Clock, day: string, payer: Payer | undefined): ClockRow | undefined {
  return clockRows.find(
    (row) =>
      row.clock === clock &&
      row.from <= day &&
      (row.until === undefined || day <= row.until) &&
      (row.payers === undefined || (payer !== undefined && row.payers.includes(payer))),
  )
}

/** The day of the event itself is not counted. */
function endOf({ days, counting }: ClockRow, fromMs: number, calendar: Calendar): number {
  let day = dayOf(fromMs, calendar.zone)
  for (let left = days; left > 0;) {
    day = nextDay(day)
    if (counting === 'calendar' || !isDayOff(day, calendar)) left -= 1
  }
  const last = counting === 'calendar' ? firstWorkingDay(day, calendar) : day
  return parseTime(last, calendar.zone)?.untilMs ?? fromMs + days * dayMs
}

function firstWorkingDay(day: string, calendar: Calendar): string {
  let on = day
  while (isDayOff(on, calendar) || weekday(on) === 6) on = nextDay(on)
  return on
}

/** Sundays are public holidays by the same rule as the others; Saturdays are not. */
function isDayOff(day: string, { holidays }: Calendar): boolean {
  return weekday(day) === 0 || fixedHolidays.has(day.slice(5)) || movingHolidays.has(day) || holidays.includes(day)
}

function weekday(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay()
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10)
}

function dayOf(atMs: number, zone: string): string {
  return inZone(atMs, zone).slice(0, 10)
}

/** The instant as a clock in the zone shows it, to the second, with its offset. */
export function inZone(atMs: number, zone: string): string {
  const { offsetMinutes } = wallTimeOf(atMs, zone)
  const local = new Date(atMs + offsetMinutes * 60_000).toISOString().slice(0, 19)
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60]
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
}

/** The rules whose clock does not run in this state of a referral. */
export function stoppedBy(status: Status): readonly string[] {
  return clockRows.filter(({ clock }) => !runsWhile[clock].includes(status)).map(({ rule }) => rule)
}

/** The row of a rule: which clock it is, and the sentence for a person who finds that its time has passed. */
export function clockRow(rule: string): ClockRow | undefined {
  return clockRows.find((row) => row.rule === rule)
}

/** Every rule that sets a due time. */
export const rulesOfClocks: readonly string[] = clockRows.map(({ rule }) => rule)
