/**
 * `kill -9` of one process, again and again, at points spread over the life of a referral, while people at the desks go on working. The next
 * referral does not wait until the one before has arrived. In between and in the end everything is compared.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { runNode } from '../../support/processes.ts'
import { scale, seedOr } from '../../support/proof.ts'
import { eachNetwork, type Network, type Program } from '../../support/sandbox.ts'
import { desk, until } from '../../support/stories.ts'
import { expectAgreement } from './agreement.ts'
import { emrsOf } from './emrs.ts'
import { gapsOf, happened, moments, pointsOf, type Gaps, type Point } from './moments.ts'
import { phasesHit, type Kill } from './phases.ts'
import { staffAtWork } from './staff.ts'

/** `npm test` sees that it works; `npm run prove` goes through all of them */
export const points = scale > 1 ? Math.min(200, Math.ceil(25 * (scale - 1))) : 2
const compareEvery = 50
const maxUnderWay = 3
const stuckMs = 120_000
/** two seconds on an idle machine */
const longestPointMs = 20_000
const seed = seedOr(20261122)

const options = {
  isSameOnBoth: true,
  // Little waiting between two looks, so that most points fall into work; the breaker does not stay open for ten seconds.
  adapters: { clinic: { pollMs: 60 }, tertiary: { pollMs: 60, breakForMs: 100 } },
} as const

/** One network per engine, killed at all its points. */
export function killAll(victim: Program): void {
  eachNetwork(
    `${points} kills of the ${victim}`,
    (network, engine) => {
      const work = async (): Promise<void> => {
        const began = performance.now()
        const run = beginRun(network(), victim)
        await run.measure()
        for (const [at, point] of pointsOf(seed, points).entries()) {
          await run.point(at, point)
          if ((at + 1) % compareEvery === 0 && at + 1 < points) await run.compare()
        }
        await run.compare()
        const seconds = (performance.now() - began) / 1_000
        console.log(`${points} kills of the ${victim} on ${engine}, ${(seconds / points).toFixed(2)} s each; ${await run.report()}`)
      }
      test(`seed ${seed}: one row per parcel, nothing acknowledged is lost, the ledger verifies`, work, 120_000 + points * longestPointMs)
    },
    options,
  )
}

function beginRun(network: Network, victim: Program) {
  const kills: Kill[] = []
  const referrals: string[] = []
  const results: string[] = []
  let staff = staffAtWork(network)
  let taken: ReadonlySet<string> = new Set()
  let entered = 0
  let gaps: Gaps | undefined
  const refer = async (to: 'tertiary' | 'hospital', at: number): Promise<string | undefined> => {
    const number = await staff.refer(to, `의뢰 ${at}`)
    if (number !== undefined) referrals.push(number)
    return number
  }
  const enter = async (): Promise<void> => {
    entered += 1
    const id = await staff.enterResult(`${900_000 + entered}.5`)
    if (id !== undefined) results.push(id)
  }
  const untilFew = async (few: number): Promise<void> => {
    const isFew = async () => (referrals.filter((number) => !staff.reported.has(number)).length <= few ? true : undefined)
    await Promise.race([until('the referrals under way', isFew, stuckMs), staff.failure]).catch((thrown: unknown) =>
      toldBy(network, thrown),
    )
  }
  return {
    /** how long each part of a referral takes when nobody is killed; the first ones find everything cold */
    async measure(): Promise<void> {
      for (let at = 0; at < (points > 2 ? 4 : 1); at += 1) {
        const [number] = await Promise.all([refer('tertiary', at), enter()])
        gaps = await gapsOf(network, number ?? '')
        await untilFew(0)
      }
    },
    /** the process is killed at this point of a new referral, and started again at once */
    async point(at: number, { after, share }: Point): Promise<void> {
      const written = refer('tertiary', at)
      const others = [enter(), enter(), ...(at % 4 === 0 ? [refer('hospital', at)] : [])]
      const number = after === 'begun' ? undefined : await written
      if (number !== undefined) await happened(network, number, after)
      await sleep(share * (gaps?.[after] ?? 0))
      const atMs = Date.now()
      await network.process(victim).stop('SIGKILL')
      await network.start(victim)
      kills.push({ referral: await written, atMs })
      await Promise.all(others)
      await untilFew(maxUnderWay)
    },
    /** lets everything arrive, stops the gateway, looks, and starts it again */
    async compare(): Promise<void> {
      await untilRest(network)
      await staff.goHome()
      taken = new Set([...taken, ...staff.taken])
      expect(await network.process('gateway').stop()).toEqual({ code: 0, signal: null })
      await network.database((database) => expectAgreement(network, database, { referrals, results, taken }))
      await expectSoundLedger(network)
      await network.start('gateway')
      staff = staffAtWork(network, staff.reported)
    },
    async report(): Promise<string> {
      await staff.goHome()
      await network.process('gateway').stop()
      const phases = await network.database((database) => phasesHit(network, database, kills))
      const known = gaps
      const lengths = known === undefined ? '' : moments.map((moment) => `${moment} ${known[moment].toFixed(0)}`).join(', ')
      return `${referrals.length} referrals, ${results.length} results; ms after each moment: ${lengths}\n${phases.join('\n')}`
    },
  }
}

/** Until every referral in the clinic's own book is answered, the hospital has told everything, and no parcel waits. */
async function untilRest(network: Network): Promise<void> {
  const open = `select O.REF_NO as value from REF_OUT O where not exists (select 1 from REF_IN I where I.REF_NO = O.REF_NO and I.STS_CD = '90')`
  await until(
    'everything to arrive',
    async () => {
      // GET /health answers {waiting}
      const { waiting } = (await desk(network, 'hospital', '/health')).body as { waiting: number }
      const metrics = await (await fetch(`${network.url}/metrics`)).text()
      const isQueued = /^carenet_parcels\{[^}]*state="queued"[^}]*\} [1-9]/m.test(metrics)
      return waiting === 0 && !isQueued && emrsOf(network).clinic(open).length === 0 ? true : undefined
    },
    stuckMs,
  ).catch((thrown: unknown) => toldBy(network, thrown))
}

/** What a person needs who looks for the cause: where the parcels wait, and what the gateway last said. */
async function toldBy(network: Network, cause: unknown): Promise<never> {
  const metrics = await fetch(`${network.url}/metrics`).then((reply) => reply.text(), String)
  const parcels = metrics.split('\n').filter((line) => line.startsWith('carenet_parcels') || line.startsWith('carenet_quarantine'))
  const said = network.process('gateway').output().slice(-3_000)
  throw new Error(`${String(cause)}\n${parcels.join('\n')}\nthe gateway said: ${said}`, { cause })
}

async function expectSoundLedger({ dataDir, databaseUrl }: Network): Promise<void> {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const env = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }
  const args = ['bin/carenet.mjs', 'audit', 'verify', '--config', `${dataDir}/sandbox/gateway.json`]
  const verified = await runNode(['--disable-warning=ExperimentalWarning', ...args], { env, cwd: root })
  expect(verified).toEqual({ code: 0, signal: null, output: expect.stringMatching(/^ok /) })
}
