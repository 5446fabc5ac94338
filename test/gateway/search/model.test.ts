/** Random searches over random records find what a naive reading of FHIR finds, in an own store and in one with hidden records. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Views } from '../../../gateway/store/search.ts'
import { hasPostgres } from '../../support/databases.ts'
import type { TestGateway } from '../../support/gateway-client.ts'
import { startTestGateway } from '../../support/gateway.ts'
import { cases, enginesAtThisScale, seedOr } from '../../support/proof.ts'
import { randomFrom } from '../../support/seeded.ts'
import { find, index, institution, ownViews } from './indexed.ts'
import { Naive } from './naive.ts'
import { guarded, kinds, randomAsk, randomly, randomThings, withoutHidden, written } from './random-search.ts'

const seed = seedOr(20261122)
/** of each kind of caller and engine; 20,000 altogether at scale 10 */
const searches = cases(60) > 60 ? cases(500) : 60

const doctorViews: Views = {
  guarded,
  isSystem: false,
  groups: [
    {
      of: { but: [] },
      condition: {
        op: 'and',
        of: [
          { op: 'custodian', is: institution },
          { op: 'not', of: { op: 'classes', anyOf: ['urn:hidden'] } },
        ],
      },
      party: undefined,
      onlyParty: undefined,
    },
  ],
}

/** A person's Patient is found by identity, which these records have none of: chains go through what is left. */
const callers = [
  { name: 'an own system', views: ownViews, seen: (things: ReturnType<typeof randomThings>) => things, apart: [] },
  { name: 'a doctor from whom some records are hidden', views: doctorViews, seen: withoutHidden, apart: ['Patient'] },
]

describe.each(enginesAtThisScale(hasPostgres))('random searches on %s', (engine) => {
  let gateway: TestGateway
  const things = randomThings(randomFrom(seed))
  beforeAll(async () => {
    gateway = await startTestGateway(engine, { timeZone: 'UTC' })
    await index(gateway.context, things, { person: 'somebody' })
  }, 60_000)
  afterAll(async () => gateway.close())

  test.each(callers)(
    `by $name: ${searches} of them find what a naive reading finds (seed ${seed})`,
    async ({ views, seen, apart }) => {
      const random = randomFrom(seed + 1)
      const naive = new Naive(seen(things))
      let foundAny = 0
      for (let at = 0; at < searches; at += 1) {
        const type = randomly(random).pick(kinds)
        const asks = Array.from({ length: 1 + Math.floor(random() * 2) }, () => randomAsk(random, type, apart))
        const query = asks.map(written)
        const found = await find(gateway.context, type, [...query, ['_count', '100']], views)
        const wanted = naive.find(type, asks).map(({ id }) => id)
        expect({ type, query, found: found.toSorted() }).toEqual({ type, query, found: wanted.toSorted() })
        if (wanted.length > 0) foundAny += 1
      }
      // a test that finds nothing shows nothing
      expect(foundAny).toBeGreaterThan(searches / 6)
    },
    3_600_000,
  )
})
