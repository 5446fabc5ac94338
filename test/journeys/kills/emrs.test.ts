/** Each EMR is killed at every point of a referral, on both engines: by `npm run prove` only, which takes a quarter of an hour and more. */
import { expect, test } from '@jest/globals'
import { scale } from '../../support/proof.ts'
import { moments, pointsOf } from './moments.ts'
import { killAll } from './run.ts'

test('the points of a seed are the same in every run, as many after each moment, spread evenly up to the next', () => {
  const made = pointsOf(7, 70)
  expect(pointsOf(7, 70)).toEqual(made)
  expect(pointsOf(8, 70)).not.toEqual(made)
  for (const moment of moments) {
    const tenths = made.flatMap(({ after, share }) => (after === moment ? [Math.floor(share * 10)] : []))
    expect(tenths.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  }
})

if (scale > 1) for (const victim of ['clinic', 'hospital', 'tertiary'] as const) killAll(victim)
