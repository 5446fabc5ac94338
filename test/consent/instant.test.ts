/** FHIR dates as the milliseconds they cover. */
import { expect, test } from '@jest/globals'
import { birthdayMs, farFutureMs, farPastMs, spanOf } from '../../consent/instant.ts'

const spanned = (text: string, timeZone = 'Asia/Seoul') => {
  const span = spanOf(text, timeZone)
  return span && [new Date(span.firstMs).toISOString(), new Date(span.lastMs).toISOString()]
}
const once = (instant: string) => [instant, instant]

test.each([
  ['2026', ['2025-12-31T15:00:00.000Z', '2026-12-31T14:59:59.999Z']],
  ['2026-12', ['2026-11-30T15:00:00.000Z', '2026-12-31T14:59:59.999Z']],
  ['2026-12-31', ['2026-12-30T15:00:00.000Z', '2026-12-31T14:59:59.999Z']],
  ['2024-02-29', ['2024-02-28T15:00:00.000Z', '2024-02-29T14:59:59.999Z']],
  ['0099-01-01', ['0098-12-31T15:32:08.000Z', '0099-01-01T15:32:07.999Z']],
  ['2026-03-02T10:11:12Z', once('2026-03-02T10:11:12.000Z')],
  ['2026-03-02T10:11:12+09:00', once('2026-03-02T01:11:12.000Z')],
  ['2026-03-02T10:11:12-03:30', once('2026-03-02T13:41:12.000Z')],
  ['2026-03-02T10:11:12+14:00', once('2026-03-01T20:11:12.000Z')],
  ['2026-03-02T10:11:12-14:00', once('2026-03-03T00:11:12.000Z')],
  ['2026-03-02T10:11:12+13:59', once('2026-03-01T20:12:12.000Z')],
  ['2026-03-02T10:11:12.5Z', once('2026-03-02T10:11:12.500Z')],
  ['2026-03-02T10:11:12.0009Z', ['2026-03-02T10:11:12.001Z', '2026-03-02T10:11:12.000Z']],
  ['2026-03-02T10:11:12.1230Z', once('2026-03-02T10:11:12.123Z')],
  ['2026-03-02T23:59:60Z', once('2026-03-03T00:00:00.000Z')],
  ['2026-03-02T00:00:00Z', once('2026-03-02T00:00:00.000Z')],
])('%s covers %j', (text, expected) => {
  expect(spanned(text)).toEqual(expected)
})

test.each([
  '0000',
  '26',
  '2026-00',
  '2026-13',
  '2026-00-01',
  '2026-01-00',
  '2026-02-29',
  '2026-04-31',
  '2026-03-02T10:11',
  '2026-03-02T10:11:12',
  '2026-03-02T24:00:00Z',
  '2026-03-02T10:60:00Z',
  '2026-03-02T10:11:61Z',
  '2026-03-02T10:11:12+14:01',
  '2026-03-02T10:11:12-14:01',
  '2026-03-02T10:11:12+15:00',
  '2026-03-02T10:11:12+09:60',
  'x2026',
  '2026x',
  '',
])('`%s` covers nothing', (text) => {
  expect(spanned(text)).toBeUndefined()
})

test('a day begins when the clocks of its zone say so, also where they are put forward and back', () => {
  const zone = 'America/New_York'
  expect(spanned('2026-03-08', zone)).toEqual(['2026-03-08T05:00:00.000Z', '2026-03-09T03:59:59.999Z'])
  expect(spanned('2026-11-01', zone)).toEqual(['2026-11-01T04:00:00.000Z', '2026-11-02T04:59:59.999Z'])
  expect(spanned('2026-03-29', 'Europe/Berlin')).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T21:59:59.999Z'])
  expect(spanned('2026-03-08', 'Asia/Kolkata')).toEqual(['2026-03-07T18:30:00.000Z', '2026-03-08T18:29:59.999Z'])
  expect(spanned('2026-04-05', 'Australia/Lord_Howe')).toEqual(['2026-04-04T13:00:00.000Z', '2026-04-05T13:29:59.999Z'])
  expect(spanned('1883-11-19', zone)).toEqual(['1883-11-19T05:00:00.000Z', '1883-11-20T04:59:59.999Z'])
})

test('a birthday is the first day of the age; of an incomplete birth date the earliest', () => {
  const at = (birthDate: string, years = 14) => {
    const reached = birthdayMs(birthDate, years, 'Asia/Seoul')
    return reached === undefined ? undefined : new Date(reached).toISOString()
  }
  expect([at('2018'), at('2018-06'), at('2018-06-09'), at('2012-02-29'), at('2012-02-29', 4)]).toEqual([
    '2031-12-31T15:00:00.000Z',
    '2032-05-31T15:00:00.000Z',
    '2032-06-08T15:00:00.000Z',
    '2026-02-28T15:00:00.000Z',
    '2016-02-28T15:00:00.000Z',
  ])
  expect([at('soon'), at('2018-02-30'), at('2018-06-09T00:00:00Z')]).toEqual([undefined, undefined, undefined])
})

test('the ends of time are the farthest instants', () => {
  expect([new Date(farPastMs).toISOString(), new Date(farFutureMs).toISOString()]).toEqual([
    '-271821-04-20T00:00:00.000Z',
    '+275760-09-13T00:00:00.000Z',
  ])
})
