/** Hidden and missing also take the same time: 2,000 interleaved pairs, three times, on PostgreSQL. Only in `npm run prove`. */
import { expect, test } from '@jest/globals'
import { auc, median } from '../../bin/leaks/auc.ts'
import { fillTwins } from '../../bin/leaks/run.ts'
import { randomFrom, type Random } from '../../bin/leaks/random.ts'
import type { Server } from '../../bin/leaks/server.ts'
import { hasPostgres } from '../support/databases.ts'
import { cases, seedOr } from '../support/proof.ts'
import { twinProcesses } from './processes.ts'

const seed = seedOr(20261122)
const [rounds, pairs] = [3, 2_000]
const tolerance = 0.05
const isProof = cases(1) > 1 && hasPostgres

test('the chance to tell two samples apart is half when they are alike, and whole when they are apart', () => {
  expect(auc([1, 2, 3, 4], [1, 2, 3, 4])).toBe(0.5)
  expect(auc([5, 6], [1, 2])).toBe(1)
  expect(auc([1, 2], [5, 6])).toBe(0)
  expect(auc([2, 2], [2, 2, 2])).toBe(0.5)
  expect(median([3, 1, 2])).toBe(2)
})

const timed = isProof ? test : test.skip
timed.each(['read', 'vread'])(
  `by the time a %s takes, a hidden record is not told from one that never was (seed ${seed}${isProof ? '' : '; skipped: only in npm run prove, on PostgreSQL'})`,
  async (interaction) => {
    const twins = await twinProcesses('PostgreSQL')
    try {
      const gateways = await twins.start('')
      const { here, there } = twins.servers()
      const { world, here: ids } = await fillTwins(here, there, seed, 0)
      const hidden = world.records
        .filter((record) => record.isRefused && !record.isDeleted && record.type === 'Condition')
        .map(({ name }) => ids.get(name) ?? '')
      const random = randomFrom(seed)
      const tail = interaction === 'vread' ? '/_history/1' : ''
      await measure(here, random, { hidden, tail, pairs: 300 })
      const found: number[] = []
      for (let round = 0; round < rounds; round += 1) found.push(await measure(here, random, { hidden, tail, pairs }))
      console.log(`${interaction}: AUC ${found.map((value) => value.toFixed(3)).join(', ')}`)
      await gateways.stop()
      expect(median(found.map((value) => Math.abs(value - 0.5)))).toBeLessThanOrEqual(tolerance)
    } finally {
      await twins.remove()
    }
  },
  900_000,
)

async function measure(server: Server, random: Random, ask: { hidden: readonly string[]; tail: string; pairs: number }): Promise<number> {
  const times = { hidden: [] as number[], missing: [] as number[] }
  for (let pair = 0; pair < ask.pairs; pair += 1) {
    const kinds = random.below(2) === 0 ? (['hidden', 'missing'] as const) : (['missing', 'hidden'] as const)
    for (const kind of kinds) {
      const id = kind === 'hidden' ? random.pick(ask.hidden) : random.uuid()
      const startedAt = performance.now()
      const { status } = await server.send({ as: 'tertiary-doctor', method: 'GET', path: `Condition/${id}${ask.tail}` })
      times[kind].push(performance.now() - startedAt)
      if (status !== 404) throw new Error(`a ${kind} record answered ${status}`)
    }
  }
  return auc(times.hidden, times.missing)
}
