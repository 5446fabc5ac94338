/** The mask takes away what two equal servers may write differently, and nothing else: each difference below must survive it. */
import { describe, expect, test } from '@jest/globals'
import { difference, masked, type Reply, type Side } from '../../bin/leaks/mask.ts'

const ids = (first: string): readonly [string, string, string] => [
  `${first}0000000-0000-4000-8000-000000000001`,
  `${first}0000000-0000-4000-8000-000000000002`,
  `${first}0000000-0000-4000-8000-000000000003`,
]
const [a1, a2, a3] = ids('a')
const [b1, b2, b3] = ids('b')
const sinceMs = Date.parse('2026-03-01T00:00:00Z')
const one: Side = { base: 'http://127.0.0.1:4000', names: new Map([[a1, 'known']]) }
const other: Side = { base: 'http://127.0.0.1:50000', names: new Map([[b1, 'known']]) }

const reply = (text: string, headers: Readonly<Record<string, string>> = {}, status = 200): Reply => ({
  status,
  headers: Object.entries(headers),
  text,
})
const differs = (first: Reply, second: Reply): boolean =>
  difference(masked(first, one, sinceMs), masked(second, other, sinceMs)) !== undefined

const lines = (...texts: readonly string[]): Reply => reply(texts.join(''), { 'content-type': 'application/fhir+ndjson; charset=utf-8' })
const line = (id: string, text: string): string => `{"resourceType":"Basic","id":"${id}","code":{"text":"${text}"}}\n`

describe('what is alike', () => {
  test.each([
    ['ids, in the same places', reply(`"${a2}" "${a3}" "${a2}"`), reply(`"${b2}" "${b3}" "${b2}"`)],
    ['ids the kit knows by the same name', reply(`"${a1}"`), reply(`"${b1}"`)],
    [
      'times of this run in the same order',
      reply('2026-03-02T10:00:00.000Z 2026-03-02T10:00:01.000Z'),
      reply('2026-03-05T10:00:00.123Z 2026-03-05T12:00:00.000Z'),
    ],
    [
      'addresses, and bodies that are longer by them',
      reply(`${one.base}/x`, { 'content-length': '23' }),
      reply(`${other.base}/x`, { 'content-length': '24' }),
    ],
    ['the date of the reply', reply('', { date: 'x' }), reply('', { date: 'y' })],
    [
      'a second in which something shown was written',
      reply('2026-03-02T10:00:00.000Z', { 'last-modified': 'Mon, 02 Mar 2026 10:00:00 GMT' }),
      reply('2026-03-03T10:00:09.500Z', { 'last-modified': 'Tue, 03 Mar 2026 10:00:09 GMT' }),
    ],
    ['sealed links of one length', reply('_page=abcdef'), reply('_page=ghijkl')],
    ['lines of a bulk file in another order', lines(line(a2, 'x'), line(a3, 'y')), lines(line(b2, 'y'), line(b3, 'x'))],
    ['version hashes', reply('', { etag: 'W/"0123456789abcdefghijkl"' }), reply('', { etag: 'W/"zzzz456789abcdefghijkl"' })],
  ])('%s', (_, first, second) => {
    expect(differs(first, second)).toBe(false)
  })
})

describe('what is not', () => {
  test.each([
    ['another status', reply('', {}, 404), reply('', {}, 403)],
    ['a header more', reply('', { etag: 'W/"1"' }), reply('')],
    ['another version number', reply('', { etag: 'W/"1"' }), reply('', { etag: 'W/"2"' })],
    ['another order of known things', reply(`"${a1}" "${a2}"`), reply(`"${b2}" "${b1}"`)],
    ['an id that comes back', reply(`"${a2}" "${a2}"`), reply(`"${b2}" "${b3}"`)],
    ['a known thing in the place of an unknown one', reply(`"${a1}"`), reply(`"${b2}"`)],
    [
      'times in another order',
      reply('2026-03-02T10:00:00.000Z 2026-03-02T10:00:01.000Z'),
      reply('2026-03-02T10:00:01.000Z 2026-03-02T10:00:00.000Z'),
    ],
    [
      'times that are one on one side',
      reply('2026-03-02T10:00:00.000Z 2026-03-02T10:00:00.000Z'),
      reply('2026-03-02T10:00:00.000Z 2026-03-02T10:00:01.000Z'),
    ],
    ['a time of before this run', reply('2021-03-02T10:00:00.000Z'), reply('2021-03-02T10:00:01.000Z')],
    ['a clinical time with its own offset', reply('2026-03-02T10:00:00+09:00'), reply('2026-03-02T10:00:01+09:00')],
    [
      'a Last-Modified of something that is not shown',
      reply('2026-03-02T10:00:00.000Z', { 'last-modified': 'Mon, 02 Mar 2026 11:00:00 GMT' }),
      reply('2026-03-02T10:00:00.000Z', { 'last-modified': 'Mon, 02 Mar 2026 10:00:00 GMT' }),
    ],
    ['a line more in a bulk file', lines(line(a2, 'x'), line(a3, 'x')), lines(line(b2, 'x'))],
    ['a line of a bulk file that says something else', lines(line(a2, 'x'), line(a3, 'y')), lines(line(b2, 'y'), line(b3, 'z'))],
    ['a known id in the line of another', lines(line(a1, 'x'), line(a2, 'y')), lines(line(b1, 'y'), line(b2, 'x'))],
    ['a sealed link of another length', reply('_page=abcdef'), reply('_page=abcdefgh')],
    ['a count', reply('"total":3'), reply('"total":4')],
    ['a body of another length', reply('', { 'content-length': '10' }), reply('', { 'content-length': '11' })],
    ['an id where there was none', reply(`"${a3}"`), reply('""')],
  ])('%s', (_, first, second) => {
    expect(differs(first, second)).toBe(true)
  })

  test('is shown where it begins', () => {
    const found = difference(masked(reply('{"total":3}'), one, sinceMs), masked(reply('{"total":4}'), other, sinceMs))
    expect(found).toBe('body at 9: {"total":3} | {"total":4}')
  })

  test('two unknown ids of both sides do not depend on each other', () => {
    expect(differs(reply(`"${a3}"`), reply(`"${b3}"`))).toBe(false)
  })
})
