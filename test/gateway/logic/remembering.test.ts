/** What is kept of a text is the text, never the row it was a part of. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from '@jest/globals'
import { remembering } from '../../../gateway/logic/remembering.ts'

test('the same text is made something of once, and what was not asked for longest is forgotten', () => {
  let made = 0
  const of = remembering((text) => `${text}${(made += 1)}`)
  expect([of('a'), of('a'), made]).toEqual(['a1', 'a1', 1])
  for (let at = 0; at < 1_999; at += 1) of(`other ${at}`)
  expect(of('a')).toBe('a1')
  for (let at = 0; at < 2_000; at += 1) of(`more ${at}`)
  expect(of('a')).not.toBe('a1')
})

test('a row is not kept for a part of it that is', () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new TypeError('this runtime collects nothing when asked')
  const used = (): number => {
    Reflect.apply(collect, undefined, [])
    return process.memoryUsage().heapUsed
  }
  const of = remembering(() => 1)
  const rowOf = (at: number): string => Buffer.alloc(1_000_000, String(at % 10)).toString('latin1')
  const before = used()
  for (let round = 0; round < 2; round += 1) for (let at = 0; at < 60; at += 1) of(rowOf(at).slice(0, 100 + at))
  expect(used() - before).toBeLessThan(20_000_000)
})
