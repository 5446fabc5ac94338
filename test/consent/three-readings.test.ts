import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decide } from '../../consent/decide.ts'
import { matches, view } from '../../consent/view.ts'
import { factsArbitrary, rowsByPerson, sceneArbitrary, worldOf } from './support/arbitraries.ts'
import { naivelyPermits } from './support/naive.ts'

const seed = 20260301

describe('one law, three readings', () => {
  test('the decision, the view and a slow reading of the consent itself agree on every generated record', () => {
    fc.assert(
      fc.property(sceneArbitrary, fc.array(factsArbitrary, { minLength: 1, maxLength: 6 }), (scene, records) => {
        const rows = rowsByPerson(scene.written)
        const seen = view(scene.request, rows, scene.environment, scene.nowMs)
        const world = worldOf(scene)
        for (const facts of records) {
          const decision = decide(scene.request, rows.get(facts.person) ?? [], facts, scene.environment, scene.nowMs)
          const expected = naivelyPermits(scene.request, facts, world)
          expect({ decide: decision.permit, view: matches(seen.condition, facts) }).toEqual({ decide: expected, view: expected })
        }
      }),
      { seed, numRuns: 5000 },
    )
  })
})
