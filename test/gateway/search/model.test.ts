/** Random searches over random records find what a naive reading of FHIR finds, in an own store and in one with hidden records. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Condition } from '../../../consent/types.ts'
import { open } from '../../../gateway/held.ts'
import { parseSearch, scopeOf } from '../../../gateway/search-request.ts'
import type { Place, Views } from '../../../gateway/store/search.ts'
import { hasPostgres } from '../../support/databases.ts'
import type { TestGateway } from '../../support/gateway-client.ts'
import { startTestGateway } from '../../support/gateway.ts'
import { cases, enginesAtThisScale, seedOr } from '../../support/proof.ts'
import { randomFrom } from '../../support/seeded.ts'
import { callOf, find, index, institution, ownViews } from './indexed.ts'
import { Naive } from './naive.ts'
import { guarded, kinds, randomAsk, randomly, randomThings, withoutHidden, written } from './random-search.ts'

const seed = seedOr(20261122)
/** of each kind of caller and engine; 20,000 altogether at scale 10 */
const searches = cases(60) > 60 ? cases(500) : 60

const isHidden = { op: 'classes', anyOf: ['urn:hidden'] } as const
const seeing = (whom: Condition): Views => ({
  guarded,
  isSystem: false,
  groups: [{ of: { but: [] }, condition: { op: 'and', of: [whom, { op: 'not', of: isHidden }] }, party: undefined, onlyParty: undefined }],
})
const person = 'somebody'
const doctorViews = seeing({ op: 'custodian', is: institution })
/** the same records, for they are all of one person: they are gone through where that person's lie */
const personViews = seeing({ op: 'persons', anyOf: [person] })

/** A person's Patient is found by identity, which these records have none of: chains go through what is left. */
const callers = [
  { name: 'an own system', views: ownViews, seen: (things: ReturnType<typeof randomThings>) => things, apart: [] },
  { name: 'a doctor from whom some records are hidden', views: doctorViews, seen: withoutHidden, apart: ['Patient'] },
  { name: 'a doctor who sees one person, of whom some records are hidden', views: personViews, seen: withoutHidden, apart: ['Patient'] },
]
const sorts = ['_id', '-_lastUpdated', 'date', '-date', 'code', '-code', '-code,date', 'value-quantity']

describe.each(enginesAtThisScale(hasPostgres))('random searches on %s', (engine) => {
  let gateway: TestGateway
  const things = randomThings(randomFrom(seed))
  beforeAll(async () => {
    gateway = await startTestGateway(engine, { timeZone: 'UTC' })
    await index(gateway.context, things, { person })
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

  /** Every page, and one after the last record: local ids and totals. */
  const pagesOf = async (type: string, query: readonly (readonly [string, string])[], views: Views) => {
    const { clauses, sort, countTo } = await parseSearch(gateway.context, callOf(query), scopeOf(type))
    const input = { types: [type], views, clauses, sort, limit: 2, countTo }
    const pages = []
    for (let after: Place | undefined; ;) {
      const { held, total, next } = await gateway.context.store.search({ ...input, after })
      pages.push({ ids: held.map((each) => open(each).localId), total })
      if (next === undefined) break
      after = next
    }
    const { held, total } = await gateway.context.store.search({ ...input, after: [...sort.map(() => null), 0, ''] })
    return [...pages, { ids: held.map((each) => open(each).localId), total }]
  }

  test(`pages of one person's records are those of the same records looked for everywhere (seed ${seed})`, async () => {
    const random = randomFrom(seed + 2)
    let turned = 0
    for (let at = 0; at < searches; at += 1) {
      const { pick } = randomly(random)
      const type = random() < 0.7 ? 'Observation' : pick(kinds)
      const asks = Array.from({ length: Math.floor(random() * 3) }, () => randomAsk(random, type, ['Patient']))
      const sort = type === 'Observation' ? pick(sorts) : pick(sorts.slice(0, 2))
      const query: readonly (readonly [string, string])[] = [...asks.map(written), ['_sort', sort], ['_total', 'accurate']]
      const pages = await pagesOf(type, query, personViews)
      expect({ type, query, pages }).toEqual({ type, query, pages: await pagesOf(type, query, doctorViews) })
      if (pages.length > 2) turned += 1
    }
    expect(turned).toBeGreaterThan(searches / 8)
  }, 3_600_000)
})
