/** Clock readings in an IANA zone, from the zone rules that come with the runtime. Pure: never the zone of the process. */

export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** ahead of UTC; whole minutes, as FHIR writes offsets (older rules with seconds are cut to the minute) */
  readonly offsetMinutes: number
}

const minuteMs = 60_000
/** Zone rules change at whole quarters of an hour (UTC) for every zone in use since 1972; offsets are remembered per quarter hour. */
const quarterMs = 15 * minuteMs
const maxRemembered = 20_000

interface Zone {
  readonly format: Intl.DateTimeFormat
  /** offset in milliseconds by quarter hour since the epoch */
  readonly offsets: Map<number, number>
}

const zones = new Map<string, Zone>()

/** True for a zone name the runtime knows. */
export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** What a clock in the zone shows at an instant. Throws RangeError for a zone the runtime does not know (a fault of configuration). */
export function wallTimeOf(atMs: number, zone: string): WallTime {
  const offsetMs = offsetAt(atMs, zone)
  const shifted = new Date(atMs + offsetMs)
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    offsetMinutes: Math.trunc(offsetMs / minuteMs),
  }
}

/**
 * The instant at which a clock in the zone first shows the wall time `wallMs` (written as if it were UTC). A reading that the zone
 * skips counts as the moment of the jump.
 */
export function instantOf(wallMs: number, zone: string): number {
  // The true offset is in force somewhere within a day of the reading; the earliest instant that shows it is wanted.
  const before = wallMs - offsetAt(wallMs - 86_400_000, zone)
  if (before + offsetAt(before, zone) === wallMs) return before
  const after = wallMs - offsetAt(wallMs + 86_400_000, zone)
  if (after + offsetAt(after, zone) === wallMs) return after
  return jumpBetween(Math.min(before, after), Math.max(before, after), zone)
}

/** The first instant of the later offset, to the millisecond. */
function jumpBetween(fromMs: number, untilMs: number, zone: string): number {
  const earlier = offsetAt(fromMs, zone)
  let low = fromMs
  let high = untilMs
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(middle, zone) === earlier) low = middle
    else high = middle
  }
  return high
}

function offsetAt(atMs: number, name: string): number {
  const zone = zoneOf(name)
  const quarter = Math.floor(atMs / quarterMs)
  const known = zone.offsets.get(quarter)
  if (known !== undefined) return known
  const startMs = quarter * quarterMs
  const offsetMs = readOffset(startMs, zone.format)
  // Before zones kept whole quarters (local mean time) a change can fall inside the quarter: such an offset is not remembered.
  if (readOffset(startMs + quarterMs - 1000, zone.format) !== offsetMs) return readOffset(Math.floor(atMs / 1000) * 1000, zone.format)
  if (zone.offsets.size >= maxRemembered) zone.offsets.clear()
  zone.offsets.set(quarter, offsetMs)
  return offsetMs
}

function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'gregory',
    numberingSystem: 'latn',
    era: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  const zone = { format, offsets: new Map<number, number>() }
  zones.set(name, zone)
  return zone
}

/** `atMs` must be a whole second. */
function readOffset(atMs: number, format: Intl.DateTimeFormat): number {
  const parts: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(atMs)) parts[type] = value
  const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year'])
  const day = new Date(0).setUTCFullYear(year, Number(parts['month']) - 1, Number(parts['day']))
  return day + (Number(parts['hour']) * 3600 + Number(parts['minute']) * 60 + Number(parts['second'])) * 1000 - atMs
}
