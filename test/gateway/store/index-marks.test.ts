/** Rows of one record are compared by their marks alone: what says the same has one mark, in any process, and what does not has another. */
import { expect, test } from '@jest/globals'
import { placed, type IndexRow } from '../../../gateway/store/index-rows.ts'

const row = (more: Partial<IndexRow>): IndexRow => {
  const empty = { system: null, code: null, fromMs: null, untilMs: null, number: null }
  return { record: 'r', type: 'Condition', param: 'code', kind: 'token', ...empty, ...more }
}
const markOf = (more: Partial<IndexRow>): number => placed('s', row(more)).mark

test('the same row has the same mark, whatever was marked before it and wherever it lies', () => {
  const first = markOf({ system: 'urn:a', code: 'x' })
  for (const code of ['y', 'z']) markOf({ system: 'urn:a', code })
  expect(markOf({ system: 'urn:a', code: 'x' })).toBe(first)
  expect(placed('elsewhere', row({ system: 'urn:a', code: 'x' })).mark).toBe(first)
})

test.each<readonly [string, Partial<IndexRow>, Partial<IndexRow>]>([
  ['no system and an empty one', { system: null, code: 'x' }, { system: '', code: 'x' }],
  ['a system and a code that change places', { system: 'x', code: 'y' }, { system: 'y', code: 'x' }],
  ['a code and none', { system: 'urn:a', code: 'x' }, { system: 'urn:a' }],
  ['a beginning and an end', { fromMs: 7, untilMs: null }, { fromMs: null, untilMs: 7 }],
  ['a number and a time', { number: 7 }, { fromMs: 7 }],
  ['the type and the address of what is named', { targetType: 'x' }, { target: 'x' }],
])('%s are told apart', (_, one, other) => {
  expect(markOf(one)).not.toBe(markOf(other))
  // in the other order too: what is remembered of one is not taken for the other's
  expect(markOf(other)).not.toBe(markOf(one))
})
