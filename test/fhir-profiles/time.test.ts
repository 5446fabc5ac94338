import { describe, expect, test } from '@jest/globals'
import {
  ageAt,
  beginningOfTimeMs,
  birthdayInstant,
  contains,
  endOfTimeMs,
  formatDate,
  formatInstant,
  isTimeText,
  overlaps,
  parsePeriod,
  parseTime,
} from '../../fhir-profiles/time.ts'
import { instantOf, isZone, wallTimeOf } from '../../fhir-profiles/zone.ts'
import { inTwoZones } from './plain-process.ts'

const at = (text: string) => Date.parse(text)
const span = (text: string, zone?: string) => {
  const parsed = parseTime(text, zone)
  return parsed === undefined
    ? undefined
    : [new Date(parsed.fromMs).toISOString(), new Date(parsed.untilMs).toISOString(), parsed.precision]
}

describe('what a date covers', () => {
  test('a date is that whole day, month or year in Korea', () => {
    expect(span('2026-03-01')).toEqual(['2026-02-28T15:00:00.000Z', '2026-03-01T14:59:59.999Z', 'day'])
    expect(span('2024-02')).toEqual(['2024-01-31T15:00:00.000Z', '2024-02-29T14:59:59.999Z', 'month'])
    expect(span('2026')).toEqual(['2025-12-31T15:00:00.000Z', '2026-12-31T14:59:59.999Z', 'year'])
  })

  test('an offset in the text wins over the configured zone', () => {
    expect(span('2026-03-01T09:00:00+09:00', 'America/New_York')).toEqual([
      '2026-03-01T00:00:00.000Z',
      '2026-03-01T00:00:00.999Z',
      'second',
    ])
    expect(span('2026-03-01T09:00:00.25-05:00')).toEqual(['2026-03-01T14:00:00.250Z', '2026-03-01T14:00:00.259Z', 'second'])
    expect(span('2026-03-01T09:00:00.123456Z')).toEqual(['2026-03-01T09:00:00.123Z', '2026-03-01T09:00:00.123Z', 'millisecond'])
  })

  test('a leap second is the first second of the next minute', () => {
    expect(span('2016-12-31T23:59:60Z')?.[0]).toBe('2017-01-01T00:00:00.000Z')
  })

  test.each([
    ['Korean summer time of 1987', '1987-05-10', 'Asia/Seoul', 23],
    ['its end', '1987-10-11', 'Asia/Seoul', 25],
    ['a day that begins at one o’clock', '2018-11-04', 'America/Sao_Paulo', 23],
    ['a British spring day', '2026-03-29', 'Europe/London', 23],
    ['a day in an old half-hour zone', '1955-07-02', 'Asia/Seoul', 24],
  ])('%s has its own length', (_, date, zone, hours) => {
    const day = parseTime(date, zone)
    expect(((day?.untilMs ?? 0) + 1 - (day?.fromMs ?? 0)) / 3_600_000).toBe(hours)
  })

  test('a day that a zone skipped is one instant, not a span that ends before it begins', () => {
    const day = parseTime('2011-12-30', 'Pacific/Apia')
    expect(day?.fromMs).toBe(day?.untilMs)
  })

  test.each([
    ['Asia/Seoul', 1948, 1961],
    ['Asia/Seoul', 1986, 1990],
    ['America/New_York', 2024, 2027],
  ])('the days of %s from %i to %i follow one another without gap or overlap', (zone, first, last) => {
    const breaks: string[] = []
    let next: number | undefined
    for (let day = Date.UTC(first, 0, 1); day < Date.UTC(last, 0, 1); day += 86_400_000) {
      const text = new Date(day).toISOString().slice(0, 10)
      const parsed = parseTime(text, zone)
      if (next !== undefined && parsed?.fromMs !== next) breaks.push(text)
      next = (parsed?.untilMs ?? 0) + 1
    }
    expect(breaks).toEqual([])
  })

  test.each([
    '',
    '26-03-01',
    '2026-3-1',
    '2026-13',
    '2026-02-29',
    '2026-04-31',
    '1900-02-29',
    '0000',
    '2026-03-01T09:00Z',
    '2026-03-01T09:00:00',
    '2026-03-01T24:00:00Z',
    '2026-03-01T09:00:00+15:00',
    '2026-03-01 09:00:00Z',
    ' 2026',
    '2026\n',
    '2026-03-01T09:00:00z',
  ])('%j is no FHIR date', (text) => {
    expect(parseTime(text)).toBe(undefined)
    expect(isTimeText(text, 'dateTime')).toBe(false)
  })

  test('date, dateTime and instant are told apart', () => {
    expect([isTimeText('2026-03-01', 'date'), isTimeText('2026-03-01', 'dateTime'), isTimeText('2026-03-01', 'instant')]).toEqual([
      true,
      true,
      false,
    ])
    expect(isTimeText('2026-03-01T09:00:00Z', 'date')).toBe(false)
    expect(isTimeText('2026-03-01T09:00:00Z', 'instant')).toBe(true)
  })
})

describe('periods', () => {
  test('an end given as a date includes that day; a missing end is open', () => {
    expect(parsePeriod({ start: '2026-03-01', end: '2026-03-02' })).toEqual({
      fromMs: at('2026-03-01T00:00:00+09:00'),
      untilMs: at('2026-03-03T00:00:00+09:00') - 1,
    })
    expect(parsePeriod({ start: '2026-03-01' })?.untilMs).toBe(endOfTimeMs)
    expect(parsePeriod({ end: '2026-03-01' })?.fromMs).toBe(beginningOfTimeMs)
  })

  test('an unreadable end makes the period unreadable, not open', () => {
    expect(parsePeriod({ start: '2026-03-01', end: 'soon' })).toBe(undefined)
    expect(parsePeriod({})).toBe(undefined)
  })

  test('overlap and containment count the ends in', () => {
    const day = { fromMs: 10, untilMs: 20 }
    expect([overlaps(day, { fromMs: 20, untilMs: 30 }), overlaps(day, { fromMs: 21, untilMs: 30 })]).toEqual([true, false])
    expect([contains(day, { fromMs: 10, untilMs: 20 }), contains(day, { fromMs: 9, untilMs: 20 })]).toEqual([true, false])
  })
})

describe('age', () => {
  test('a child turns fourteen at the first instant of the birthday in Korea', () => {
    expect(birthdayInstant('2012-03-05', 14)).toBe(at('2026-03-05T00:00:00+09:00'))
    expect(ageAt('2012-03-05', at('2026-03-04T23:59:59.999+09:00'))).toBe(13)
    expect(ageAt('2012-03-05', at('2026-03-05T00:00:00+09:00'))).toBe(14)
  })

  test('born on 29 February, the birthday of other years is 1 March', () => {
    expect(birthdayInstant('2012-02-29', 14)).toBe(at('2026-03-01T00:00:00+09:00'))
    expect(ageAt('2012-02-29', at('2026-02-28T23:59:59+09:00'))).toBe(13)
    expect(birthdayInstant('2012-02-29', 16)).toBe(at('2028-02-29T00:00:00+09:00'))
  })

  test('of an incomplete birth date the youngest possible age counts', () => {
    expect(ageAt('2012', at('2026-12-30T12:00:00+09:00'))).toBe(13)
    expect(ageAt('2012-03', at('2026-03-31T00:00:00+09:00'))).toBe(14)
  })

  test('an unreadable birth date and an unborn person have no age', () => {
    expect(ageAt('unknown', 0)).toBe(undefined)
    expect(ageAt('2030-01-01', at('2026-01-01T00:00:00Z'))).toBe(undefined)
    expect(birthdayInstant('2012-02-30', 14)).toBe(undefined)
  })
})

describe('writing', () => {
  test('an instant is written with the offset of the zone', () => {
    expect(formatInstant(at('2026-03-01T00:00:00Z'))).toBe('2026-03-01T09:00:00.000+09:00')
    expect(formatInstant(-1, 'America/New_York')).toBe('1969-12-31T18:59:59.999-05:00')
    expect(formatDate(at('2026-02-28T15:00:00Z'))).toBe('2026-03-01')
  })

  test('what is written is read as the same instant', () => {
    for (const zone of ['Asia/Seoul', 'America/St_Johns', 'Asia/Kathmandu', 'UTC']) {
      for (const ms of [0, 1, 951_782_399_999, 1_772_323_200_123]) expect(parseTime(formatInstant(ms, zone))?.fromMs).toBe(ms)
    }
  })
})

describe('zones', () => {
  test('an unknown zone is known to be one', () => {
    expect([isZone('Asia/Seoul'), isZone('Asia/Pyongchang')]).toEqual([true, false])
  })

  test('a reading that comes twice is the first, one that never comes is the jump', () => {
    expect(instantOf(Date.UTC(2026, 9, 25, 1, 30), 'Europe/London')).toBe(at('2026-10-25T01:30:00+01:00'))
    expect(instantOf(Date.UTC(2026, 2, 29, 1, 30), 'Europe/London')).toBe(at('2026-03-29T01:00:00Z'))
    expect(wallTimeOf(at('2026-03-29T01:00:00Z'), 'Europe/London')).toMatchObject({ hour: 2, offsetMinutes: 60 })
  })
})

test('the zone of the machine changes nothing', () => {
  const expression = `[
    ['2026', '1987-05-10', '1955-07', '2026-03-01T09:00:00+09:00'].map((text) => [it.parseTime(text), it.parseTime(text, 'Europe/Berlin')]),
    it.ageAt('2012-02-29', 1772290800000), it.birthdayInstant('2012-02-29', 14), it.formatInstant(0), it.formatDate(0, 'America/New_York')]`
  const [here, there] = inTwoZones('time.ts', expression)
  expect(here).toContain('1970-01-01T09:00:00.000+09:00')
  expect(there).toBe(here)
})
