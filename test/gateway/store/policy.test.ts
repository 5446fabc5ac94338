/** Who asks from the same place asks once; two places are never taken for one. */
import { expect, test } from '@jest/globals'
import { askValues, type PolicyAsk } from '../../../gateway/store/policy.ts'

const from = (...insideReceiver: readonly string[]): PolicyAsk => ({
  relation: { institution: 'clinic', referralClass: '', closedSinceMs: 0, nowMs: 0, persons: [] },
  also: [],
  insideReceiver,
})

test('places are told apart by their keys, whatever characters the keys hold', () => {
  const [asks, places] = askValues([from('a', 'b'), from('a b'), from('a', 'b'), from()], () => ({}))
  const rows: unknown = JSON.parse(asks)
  expect(rows).toMatchObject([{ place: 0 }, { place: 1 }, { place: 0 }, { place: 2 }])
  expect(JSON.parse(places)).toEqual([
    { place: 0, inside: ['a', 'b'] },
    { place: 1, inside: ['a b'] },
    { place: 2, inside: [] },
  ])
})
