/** The leak kit on our own gateway: thousands of generated requests in `npm run prove`, some in `npm test`, and no difference in any. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { attacks } from '../../bin/leaks/attacks.ts'
import { report } from '../../bin/leaks/report.ts'
import { run, type Outcome } from '../../bin/leaks/run.ts'
import { hasPostgres } from '../support/databases.ts'
import { cases, enginesAtThisScale, seedOr } from '../support/proof.ts'
import { startTwins, type TwinGateways } from './gateways.ts'

const seed = seedOr(20261122)
/** 10,000 of each engine in `npm run prove` (scale 10); each attack two or three times in `npm test` */
const requests = cases(1) > 1 ? cases(1_000) : 100

describe.each(enginesAtThisScale(hasPostgres))('a store with refused records and a store without them, on %s', (engine) => {
  let twins: TwinGateways | undefined
  let outcome: Outcome
  beforeAll(async () => {
    twins = await startTwins(engine)
    outcome = await run(twins.here, twins.there, { seed, requests })
    console.log(report(outcome).join('\n'))
  }, 3_600_000)
  afterAll(async () => twins?.close())

  test(`answer ${requests} generated requests alike, byte for byte (seed ${seed})`, () => {
    expect(outcome.findings.slice(0, 5)).toEqual([])
    expect(outcome.tried).toBeGreaterThanOrEqual(requests)
  })

  test('each attack was tried', () => {
    expect(outcome.rows.filter(({ tried }) => tried === 0).map(({ attack }) => attack)).toEqual([])
    expect(outcome.rows.length).toBe(attacks.length)
  })
})
