import { describe, expect, test } from '@jest/globals'
import { clockRow, dueTimes, inZone, rulesOfClocks, stoppedBy } from '../../../gateway/logic/clocks.ts'
import type { Payer } from '../../../gateway/logic/route-rules.ts'

const seoul = { zone: 'Asia/Seoul', holidays: [] }
const due = (
  clock: string,
  at: string,
  payer: Payer | undefined = '4',
  calendar: { zone: string; holidays: readonly string[] } = seoul,
) => {
  const found = dueTimes({ fromMs: Date.parse(at), payer }, calendar).find((each) => each.clock === clock)
  return found === undefined ? undefined : inZone(found.atMs, calendar.zone)
}

describe('the record goes out within 5 days', () => {
  test.each([
    ['the day of the request is not counted', '2026-03-09T09:00:00+09:00', '2026-03-16T23:59:59+09:00'],
    ['the last minute of a day is still that day', '2026-03-10T23:59:59+09:00', '2026-03-16T23:59:59+09:00'],
    ['a minute later it is the next day', '2026-03-11T00:00:00+09:00', '2026-03-16T23:59:59+09:00'],
    ['a midweek request ends in the middle of the week', '2026-03-12T10:00:00+09:00', '2026-03-17T23:59:59+09:00'],
    ['an end on a Saturday moves to Monday', '2026-03-16T10:00:00+09:00', '2026-03-23T23:59:59+09:00'],
    ['an end in the days of 설날 moves behind them', '2026-02-11T10:00:00+09:00', '2026-02-19T23:59:59+09:00'],
    ['a day is a day of the zone, not of London', '2026-03-11T16:00:00Z', '2026-03-17T23:59:59+09:00'],
  ])('%s', (_what, from, until) => {
    expect(due('transmission', from)).toBe(until)
  })

  test('a day that the operator adds is a holiday like the others', () => {
    expect(due('transmission', '2026-03-12T10:00:00+09:00', '4', { ...seoul, holidays: ['2026-03-17'] })).toBe('2026-03-18T23:59:59+09:00')
  })
})

describe('an answer within 7 days without holidays', () => {
  test.each<[string, string, string]>([
    ['Sundays do not count, Saturdays do', '2026-03-09T09:00:00+09:00', '2026-03-17T23:59:59+09:00'],
    ['three days of 설날 and two Sundays', '2026-02-13T09:00:00+09:00', '2026-02-25T23:59:59+09:00'],
    ['삼일절 on a Sunday gives Monday as well', '2026-02-27T09:00:00+09:00', '2026-03-09T23:59:59+09:00'],
  ])('%s', (_what, from, until) => {
    expect(due('answer', from)).toBe(until)
  })

  test('for medical aid it is the law, for the others what the network promises', () => {
    const rules = (payer: Payer | undefined) =>
      dueTimes({ fromMs: Date.parse('2026-03-09T09:00:00+09:00'), payer }, seoul).map(({ rule }) => rule)
    expect(rules('5')).toEqual(['record-within-5-days', 'medical-aid-letter-within-7-days'])
    expect(rules('4')).toEqual(['record-within-5-days', 'answer-within-7-days'])
    expect(rules(undefined)).toEqual(rules('4'))
    expect(rulesOfClocks.map((rule) => clockRow(rule)?.basis)).toEqual(['law', 'law', 'house'])
  })
})

test('each state stops the clocks that have nothing to wait for any more', () => {
  const both = [...rulesOfClocks].sort()
  expect(stoppedBy('requested')).toEqual([])
  expect(stoppedBy('received')).toEqual(['record-within-5-days'])
  // withheld: nothing may be sent, but the letter grows no younger
  expect(stoppedBy('on-hold')).toEqual(['record-within-5-days'])
  for (const status of ['accepted', 'rejected', 'in-progress', 'completed', 'cancelled', 'failed'] as const)
    expect([...stoppedBy(status)].sort()).toEqual(both)
})

test('an instant is written as the zone’s clocks show it', () => {
  expect(inZone(Date.parse('2026-01-01T00:00:00Z'), 'America/St_Johns')).toBe('2025-12-31T20:30:00-03:30')
})
