/** A kit that finds nothing proves nothing until it has found what is there: each of these builds leaks in one way, and each must be caught. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { feedBystander } from '../../../bin/leaks/fill.ts'
import { fillTwins, run, type Filled } from '../../../bin/leaks/run.ts'
import { hasPostgres } from '../../support/databases.ts'
import { cases, seedOr } from '../../support/proof.ts'
import { twinProcesses, type TwinProcesses } from '../processes.ts'
import { planted, plantedLeaks } from './leaks.ts'

const seed = seedOr(20261122)
const worlds = 2
/** of the attacks that should find a leak */
const most = 600
/** two in `npm test`, all in `npm run prove` */
const tried = cases(1) > 1 ? plantedLeaks : plantedLeaks.filter(({ name }) => ['total-of-the-store', 'references-kept'].includes(name))

test.each(plantedLeaks)('the plant of a build where $about still fits the source', (leak) => {
  for (const { file } of leak.patches) {
    const source = readFileSync(new URL(`../../../gateway/${file}`, import.meta.url), 'utf8')
    expect(planted(leak, file, source)).not.toBe(source)
  }
})

test('at least twelve broken builds are known', () => {
  expect(new Set(plantedLeaks.map(({ name }) => name)).size).toBeGreaterThanOrEqual(12)
})

describe(`the leak kit (seed ${seed})`, () => {
  let twins: TwinProcesses
  const filled: Filled[] = []

  beforeAll(async () => {
    twins = await twinProcesses(hasPostgres ? 'PostgreSQL' : 'PGlite')
    const sound = await twins.start('')
    const { here, there } = twins.servers()
    await Promise.all([feedBystander(here), feedBystander(there)])
    for (let index = 0; index < worlds; index += 1) filled.push(await fillTwins(here, there, seed, index))
    await sound.stop()
  }, 300_000)
  afterAll(async () => twins.remove())

  test.each(tried)(
    'catches a build where $about',
    async ({ name, by, patches }) => {
      const broken = await twins.start(name)
      try {
        // the build under test is the broken one
        for (const { file } of patches) expect(broken.output()).toContain(`planted ${file}`)
        const { here, there } = twins.servers()
        const outcome = await run(here, there, {
          seed,
          requests: most,
          worlds: filled,
          only: by,
          isEnough: (found) => found > 0,
        })
        console.log(
          `${name}: found after ${outcome.tried} requests, ${outcome.findings[0]?.attack ?? ''}: ${outcome.findings[0]?.difference ?? 'nothing'}`,
        )
        expect(outcome.findings.length).toBeGreaterThan(0)
      } finally {
        await broken.stop()
      }
    },
    300_000,
  )

  test('finds nothing in the gateway as it is, on the same stores', async () => {
    const sound = await twins.start('')
    const { here, there } = twins.servers()
    const outcome = await run(here, there, { seed, requests: cases(20), worlds: filled })
    await sound.stop()
    expect(outcome.findings).toEqual([])
  }, 300_000)
})
