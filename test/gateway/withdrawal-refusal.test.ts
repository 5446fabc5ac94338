/** A withdrawal never widens: where silence would release between institutions, a refusal takes the place of what was withdrawn. */
import { expect, test } from '@jest/globals'
import type { Context } from '../../gateway/context.ts'
import { refusalInPlaceOf } from '../../gateway/intake-consent.ts'
import { networkConsent } from '../consent/support/builders.ts'

// all that is looked at
const context = (implicitPolicy: Context['config']['implicitPolicy']): Context =>
  ({ config: { implicitPolicy }, now: () => new Date('2026-03-02T10:00:00+09:00') }) as unknown as Context

const withdrawn = { consent: { ...networkConsent(), status: 'inactive' as const }, from: 'active' }

test.each([
  ['deny-between-institutions', false],
  ['deny', false],
  ['basic-normal', true],
] as const)('under `%s`: %s', (policy, isNeeded) => {
  const refusal = refusalInPlaceOf(context(policy), withdrawn)
  expect(refusal?.provision).toEqual(isNeeded ? { type: 'deny' } : undefined)
  expect(refusal?.status).toBe(isNeeded ? 'active' : undefined)
})

test('what another consent replaces is no withdrawal, and an ended draft never spoke', () => {
  expect(refusalInPlaceOf(context('basic-normal'), { ...withdrawn, isReplaced: true })).toBeUndefined()
  expect(refusalInPlaceOf(context('basic-normal'), { ...withdrawn, from: 'proposed' })).toBeUndefined()
})
