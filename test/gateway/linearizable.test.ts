/** Promise 3 under load: two gateway processes, one database, every way to ask, and consents that come and go. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hasPostgres, withoutPostgres } from '../support/databases.ts'
import type { Body } from '../support/gateway-client.ts'
import { cases, seedOr } from '../support/proof.ts'
import { faultsOf, overlapped, type Change, type Look } from './linearizable/history.ts'
import { createAskers, runLoad, type Ask, type Askers, type Lane } from './linearizable/load.ts'
import { startTwoProcesses, type TwoProcesses } from './linearizable/network.ts'
import { condition, feed, numberAt, openEncounter, patient, personId } from './records.ts'

const seed = seedOr(20261122)
const people = [1, 2, 3, 4, 6]
/** `npm test`: 40; `npm run prove`: 5,000 at scale 10 */
const wanted = cases(1) === 1 ? 40 : cases(500)
/** 5,000 take five minutes on an idle machine and much longer on a busy one */
const longestMs = 120_000 + wanted * 1_000

describe('the checker of histories', () => {
  const given: Change = { shows: true, sentAtMs: 0, repliedAtMs: 1 }
  const withdrawn: Change = { shows: false, sentAtMs: 10, repliedAtMs: 20 }
  const again: Change = { shows: true, sentAtMs: 30, repliedAtMs: 40 }
  const look = (beganAtMs: number, endedAtMs: number, shows: boolean): Look => ({ path: 'x', beganAtMs, endedAtMs, shows })
  const why = (...looks: readonly Look[]) => faultsOf([given, withdrawn, again], looks).map((fault) => fault.why)

  test.each([
    [
      'shown before, during and as late as a request begun before the reply',
      [look(2, 9, true), look(12, 50, true), look(19.9, 29, true)],
      [],
    ],
    ['hidden while the withdrawal is under way, and after it', [look(12, 15, false), look(21, 25, false)], []],
    ['shown to a request that began after the withdrawal was answered', [look(20, 25, true)], ['shows after a withdrawal']],
    ['hidden though the new consent was answered', [look(40, 45, false)], ['hides after a new consent']],
    [
      'shown after somebody was already told of the withdrawal',
      [look(11, 12, false), look(13, 14, true)],
      ['older than what another reply had already told'],
    ],
    ['shown and hidden at the same time as the withdrawal', [look(11, 14, false), look(12, 13, true)], []],
  ])('%s', (_title, looks, faults) => {
    expect(why(...looks)).toEqual(faults)
  })
})

const onServer = hasPostgres ? describe : describe.skip
onServer(`withdrawals under load, two processes on PostgreSQL${hasPostgres ? '' : ` ${withoutPostgres}`}`, () => {
  let running: TwoProcesses | undefined
  const network = (): TwoProcesses => {
    if (running === undefined) throw new Error('the gateways have not started')
    return running
  }
  beforeAll(async () => {
    running = await startTwoProcesses()
  })
  afterAll(async () => running?.close())

  test(
    `seed ${seed}: no reply to a request received after a withdrawal was answered shows the data, in ${wanted} interleavings`,
    async () => {
      const random = randomFrom(seed)
      const lanes = await lanesOf(network(), random)
      const odd: string[] = []
      const { client, bases } = network()
      const askers = createAskers({ gateway: client, bases, random })
      let tried = 0
      while (tried < wanted) {
        // checked every few hundred: a fault shows soon, and what was seen does not pile up
        const changesPerLane = Math.min(40, Math.max(4, Math.ceil((wanted - tried) / lanes.length / 0.95)))
        for (const { changes, looks } of lanes) [changes.length, looks.length] = [0, 0]
        await runLoad({ gateway: client, bases, random, odd }, lanes, { changesPerLane, readers: 2 })
        for (const { changes, looks } of lanes) {
          expect(faultsOf(changes, looks)).toEqual([])
          tried += overlapped(changes.slice(1), looks)
          // otherwise nobody would have seen a difference
          expect(new Set(looks.map(({ shows }) => shows)).size).toBe(2)
        }
        // the next turn begins where this one ended
        for (const lane of lanes) await endAll(askers, lane)
      }
      expect(odd).toEqual([])
      expect(tried).toBeGreaterThanOrEqual(wanted)
    },
    longestMs,
  )
})

/** Each person with records at the clinic and a stay at the tertiary hospital, and every address under which its doctor finds the former. */
async function lanesOf(network: TwoProcesses, random: () => number): Promise<readonly Lane[]> {
  const { client, bases } = network
  const askers = createAskers({ gateway: client, bases, random })
  return Promise.all(
    people.map(async (number): Promise<Lane> => {
      const canary = `Zq7canary${number}x`
      const told = (id: string) => condition(`${id}-${number}`, numberAt('clinic', number), 'I10', { note: [{ text: canary }] })
      await feed(client, 'clinic', [patient('clinic', number), told('a'), told('b'), told('c')])
      await feed(client, 'tertiary', [patient('tertiary', number), openEncounter(`now-${number}`, numberAt('tertiary', number), '01')])
      const person = await personId(client, number)
      const lane = { number, person, canary, changes: [], looks: [] }
      await runLoad({ gateway: client, bases, random, odd: [] }, [{ ...lane, asks: [] }], { changesPerLane: 0, readers: 0 })
      const first = await askers('tertiary-doctor', { method: 'GET', path: `Condition?patient=${person}&_count=1` })
      const asks = asksOf(person, first.text)
      for (const ask of asks) {
        const { text, status } = await askers('tertiary-doctor', ask)
        expect({ path: ask.path, status, shows: text.includes(canary) }).toEqual({ path: ask.path, status: 200, shows: true })
      }
      await endAll(askers, lane)
      return { ...lane, asks }
    }),
  )
}

function asksOf(person: string, firstPage: string): readonly Ask[] {
  const record = /\/Condition\/([^"/]+)"/.exec(firstPage)?.[1] ?? ''
  const next = /"relation":"next","url":"[^"]*\/fhir\/R4\/([^"]+)"/.exec(firstPage)?.[1] ?? ''
  const get = (path: string): Ask => ({ method: 'GET', path })
  const entry = [`Condition/${record}`, `Condition?patient=${person}`].map((url) => ({ request: { method: 'GET', url } }))
  return [
    get(`Condition/${record}`),
    get(`Condition/${record}/_history`),
    get(`Condition/${record}/_history/1`),
    get(`Condition?patient=${person}`),
    { method: 'POST', path: 'Condition/_search', body: `patient=${person}`, type: 'application/x-www-form-urlencoded' },
    get(next),
    get(`Patient/${person}/$everything`),
    get(`Patient/${person}/$summary`),
    { method: 'POST', path: '', body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }) },
  ]
}

/** No consent of the person is active any more. */
async function endAll(askers: Askers, { number, person }: Pick<Lane, 'number' | 'person'>): Promise<void> {
  const who = `patient-${number}`
  const found: Body = JSON.parse((await askers(who, { method: 'GET', path: `Consent?patient=${person}&status=active&_count=100` })).text)
  for (const { resource } of found.entry ?? []) {
    if (resource?.resourceType !== 'Consent') continue
    const body = JSON.stringify([{ op: 'replace', path: '/status', value: 'inactive' }])
    const ask = { method: 'PATCH', path: `Consent/${resource.id ?? ''}`, body, type: 'application/json-patch+json' } as const
    expect((await askers(who, ask, `W/"${resource.meta?.versionId ?? ''}"`)).status).toBe(200)
  }
}

/** mulberry32: the same numbers for the same seed, 0 to 1 */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
