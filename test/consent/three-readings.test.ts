import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ConsentProvision } from '../../fhir-profiles/r4.ts'
import { decide } from '../../consent/decide.ts'
import type { Environment, Facts } from '../../consent/types.ts'
import { matches, view } from '../../consent/view.ts'
import { factsArbitrary, rowsByPerson, sceneArbitrary, worldOf, type Scene } from './support/arbitraries.ts'
import { consent, department, now, organization, receiver, request, source, types, unknownModifier } from './support/builders.ts'
import { plainContent } from '../support/plain-facts.ts'
import { cases, seedOr } from '../support/proof.ts'
import { naivelyPermits } from './support/naive.ts'

const seed = seedOr(20260301)

/** The records on which the three readings differ. */
function disagreements(scene: Scene, records: readonly Facts[]): readonly object[] {
  const rows = rowsByPerson(scene.written)
  const seen = view(scene.request, rows, scene.environment, scene.nowMs)
  const world = worldOf(scene)
  return records.flatMap((facts) => {
    const decided = decide(scene.request, rows.get(facts.person) ?? [], facts, scene.environment, scene.nowMs).permit
    const viewed = matches(seen.condition, facts)
    const expected = naivelyPermits(scene.request, facts, world)
    return decided === expected && viewed === expected ? [] : [{ facts, decided, viewed, expected }]
  })
}

describe('one law, three readings', () => {
  test('the decision, the view and a slow reading of the consent itself agree on every generated record', () => {
    fc.assert(
      fc.property(sceneArbitrary, fc.array(factsArbitrary, { minLength: 1, maxLength: 5 }), (scene, records) => {
        expect(disagreements(scene, records)).toEqual([])
      }),
      { seed, numRuns: cases(5000) },
    )
  })

  test('they agree on every small consent: each base, each exception, each element met, missed, unreadable or absent', () => {
    const elements = variants()
    const exceptions = [undefined, ...elements.flatMap((said) => (['permit', 'deny'] as const).map((type) => ({ ...said, type })))]
    const environments: readonly Environment[] = [{ implicit: 'deny-between-institutions' }, { implicit: 'basic-normal' }]
    let judged = 0
    for (const root of elements) {
      for (const type of ['permit', 'deny'] as const) {
        for (const exception of exceptions) {
          const provision = { ...root, type, ...(exception === undefined ? {} : { provision: [exception] }) }
          const written = [{ consent: consent(provision), person: 'p1', isGuarded: false }]
          const asked = { written, request: request('tertiary'), nowMs: now }
          const found = environments.flatMap((environment) => disagreements({ ...asked, environment }, records))
          judged += environments.length * records.length
          if (found.length > 0) expect({ provision, found }).toBeUndefined()
        }
      }
    }
    expect(judged).toBe(15 * 2 * 31 * 2 * 2)
  })
})

const records: readonly Facts[] = (['clinic', 'tertiary'] as const).map((custodian) => ({
  id: 'r1',
  type: 'Observation',
  person: 'p1',
  custodian,
  sources: [`org:${custodian}`, 'org:network'],
  classes: ['Observation'],
  ...plainContent,
}))

/** The actor met, missed, met inside the own house, unreadable or absent × the class met, missed or absent. */
function variants(): readonly ConsentProvision[] {
  const actors: readonly ConsentProvision[] = [
    { actor: [receiver(organization('tertiary'))] },
    { actor: [source(organization('hospital'))] },
    { actor: [receiver(department('01'))] },
    { actor: [{ ...receiver(organization('tertiary')), modifierExtension: unknownModifier }] },
    {},
  ]
  const classes: readonly ConsentProvision[] = [{ class: types('Observation') }, { class: types('Condition') }, {}]
  return actors.flatMap((named) => classes.map((limited) => ({ ...named, ...limited })))
}
