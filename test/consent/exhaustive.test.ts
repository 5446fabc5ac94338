/**
 * Every consent of a root with up to two exceptions, or a chain of three, over a small domain: each node permits or denies; its actor is
 * met, missed, unreadable or absent; its label is met, missed or absent. `npm run prove` tries them all, `npm test` every fiftieth.
 */
import { expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import type { ConsentProvision } from '../../fhir-profiles/r4.ts'
import { decide } from '../../consent/decide.ts'
import type { Environment, Facts } from '../../consent/types.ts'
import { matches, view } from '../../consent/view.ts'
import { cases, seedOr } from '../support/proof.ts'
import { rowsByPerson, worldOf } from './support/arbitraries.ts'
import { consent, now, organization, receiver, record, request, unknownModifier } from './support/builders.ts'
import { naivelyPermits } from './support/naive.ts'

const actors: readonly ConsentProvision[] = [
  { actor: [receiver(organization('tertiary'))] },
  { actor: [receiver(organization('hospital'))] },
  { actor: [{ ...receiver(organization('tertiary')), modifierExtension: unknownModifier }] },
  {},
]
const labels: readonly ConsentProvision[] = [
  { securityLabel: [{ system: system.confidentiality, code: 'R' }] },
  { securityLabel: [{ system: system.actCode, code: 'HIV' }] },
  {},
]
const nodes: readonly ConsentProvision[] = (['permit', 'deny'] as const).flatMap((type) =>
  actors.flatMap((actor) => labels.map((label) => ({ type, ...actor, ...label }))),
)

/** Normal and psychiatric records of the own house and of another. */
const records: readonly Facts[] = (['tertiary', 'clinic'] as const).flatMap((custodian) => [
  record(custodian, { person: 'p1' }),
  record(custodian, { person: 'p1', confidentiality: 4, sensitivities: ['PSY'] }),
])
const environment: Environment = { implicit: 'deny-between-institutions' }
const asked = request('tertiary')

function* shapes(): Generator<ConsentProvision> {
  for (const root of nodes) {
    yield root
    for (const first of nodes) {
      yield { ...root, provision: [first] }
      for (const second of nodes) {
        yield { ...root, provision: [first, second] }
        yield { ...root, provision: [{ ...first, provision: [second] }] }
      }
    }
  }
}

test('decision, view and the slow reading agree on every small consent', () => {
  const every = cases(1) > 1 ? 1 : 50
  let tried = 0
  let turn = seedOr(20261122) % every
  for (const provision of shapes()) {
    turn += 1
    if (turn % every !== 0) continue
    tried += 1
    const written = [{ consent: consent(provision), person: 'p1', isGuarded: false }]
    const rows = rowsByPerson(written)
    const seen = view(asked, rows, environment, now)
    const world = worldOf({ written, request: asked, environment, nowMs: now })
    for (const facts of records) {
      const expected = naivelyPermits(asked, facts, world)
      const decided = decide(asked, rows.get('p1') ?? [], facts, environment, now).permit
      const viewed = matches(seen.condition, facts)
      if (decided !== expected || viewed !== expected) expect({ provision, facts, decided, viewed, expected }).toBeUndefined()
    }
  }
  expect(tried).toBe(Math.floor((28_248 + (seedOr(20261122) % every)) / every))
})
