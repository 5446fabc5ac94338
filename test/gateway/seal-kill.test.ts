/** kill -9 of the sealing process at seeded moments: what it said is committed is there, and the log is sound every time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { sealAll } from '../../gateway/seal.ts'
import { verifyLedger } from '../../gateway/store/ledger-verify.ts'
import { openDatabase } from '../../gateway/store/pool.ts'
import { hasPostgres, openTestDatabase, type Engine } from '../support/databases.ts'
import { startNode } from '../support/processes.ts'
import { cases, enginesAtThisScale, seedOr } from '../support/proof.ts'
import { logContext } from './log.ts'

const program = fileURLToPath(new URL('./sealing-process.ts', import.meta.url))

/** 0 to 1, the same in every run of one seed. */
function chances(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const sum = (output: string, word: string): number =>
  [...output.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].reduce((total, [, count]) => total + Number(count), 0)

async function killed(engine: Engine): Promise<void> {
  const made = await openTestDatabase(engine)
  await made.database.close()
  const address: Record<string, string> =
    'dataDir' in made.source ? { CARENET_DATA_DIR: made.source.dataDir } : { DATABASE_URL: made.source.databaseUrl }
  const chance = chances(seedOr(20261122))
  let [written, sealed] = [0, 0]
  for (let turn = 0; turn < cases(3); turn += 1) {
    const child = startNode([program], { env: address })
    await child.line(/^sealed /)
    await sleep(chance() * 300)
    await child.stop('SIGKILL')
    written += sum(child.output(), 'written')
    sealed += sum(child.output(), 'sealed')
    const database = await openDatabase(made.source)
    const report = await verifyLedger(database)
    expect(report.findings).toEqual([])
    expect(report.leaves + report.unsealed).toBe(report.entries)
    expect(report.entries).toBeGreaterThanOrEqual(written)
    expect(report.leaves).toBeGreaterThanOrEqual(sealed)
    await database.close()
  }
  const database = await openDatabase(made.source)
  await sealAll(logContext(database))
  expect(await verifyLedger(database)).toMatchObject({ unsealed: 0, findings: [] })
  await database.close()
  await made.close()
}

describe('a sealer that is killed at any moment', () => {
  test.each(enginesAtThisScale(hasPostgres))('leaves a sound log and loses nothing that was committed, on %s', async (engine) => {
    await killed(engine)
  })
})
