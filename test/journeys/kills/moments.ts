/**
 * When to kill: so long after something that can be seen from outside happened to the referral. What happens in between nobody outside sees,
 * so the points are spread evenly from each such moment to the next.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Network } from '../../support/sandbox.ts'
import { randomFrom } from '../../support/seeded.ts'
import { emrsOf } from './emrs.ts'

/** in the order in which they mostly happen */
export const moments = ['begun', 'written', 'arrived', 'accepted', 'acceptance back', 'reported', 'report back'] as const
export type Moment = (typeof moments)[number]

export interface Point {
  readonly after: Moment
  /** 0 to 1: how far from this moment to the next */
  readonly share: number
}

/** ms from each moment to the next */
export type Gaps = Readonly<Record<Moment, number>>

/** `count` points, as many after each moment, each in a part of its own of the gap; in an order of the seed. */
export function pointsOf(seed: number, count: number): readonly Point[] {
  const random = randomFrom(seed)
  return Array.from({ length: count }, (_, at) => {
    const after = moments[at % moments.length] ?? 'begun'
    const [nth, parts] = [Math.floor(at / moments.length), Math.ceil(count / moments.length)]
    return { point: { after, share: (nth + random()) / parts }, order: random() }
  })
    .toSorted((a, b) => a.order - b.order)
    .map(({ point }) => point)
}

const lookEveryMs = 10
/** a moment that does not come (its message waits for a turn of its own) is not waited for any longer; the kill comes then */
const waitMs = 10_000

/** Resolves when it has happened to the referral of this number, or will not soon. */
export async function happened(network: Network, number: string, moment: Moment): Promise<void> {
  const isOver = observerOf(network, number)[moment]
  for (const deadline = performance.now() + waitMs; !isOver() && performance.now() < deadline;) await sleep(lookEveryMs)
}

const shortestGapMs = 40

/** What was seen of one referral that nobody disturbed. */
export async function gapsOf(network: Network, number: string): Promise<Gaps> {
  const times: number[] = [performance.now()]
  for (const moment of moments.slice(1)) {
    await happened(network, number, moment)
    times.push(performance.now())
  }
  const gap = (at: number): number => Math.max(shortestGapMs, (times[at + 1] ?? 0) - (times[at] ?? 0))
  // what the gateway still has to note after the report is back takes about as long as delivering it
  const after = moments.map((moment, at) => [moment, gap(at)] as const)
  return {
    begun: 0,
    written: 0,
    arrived: 0,
    accepted: 0,
    'acceptance back': 0,
    reported: 0,
    'report back': 0,
    ...Object.fromEntries(after),
  }
}

function observerOf(network: Network, number: string): Readonly<Record<Moment, () => boolean>> {
  const emr = emrsOf(network)
  const task = (version: number) => (): boolean =>
    emr.tertiary(`select id as value from version where type = 'Task' and version = ${version} and body like '%"${number}"%'`).length > 0
  const inbox = (status: string) => (): boolean =>
    emr.clinic(`select MSG_ID as value from REF_IN where REF_NO = '${number}' and STS_CD = '${status}'`).length > 0
  return {
    begun: () => true,
    written: () => true,
    arrived: task(1),
    accepted: task(2),
    'acceptance back': inbox('10'),
    reported: task(3),
    'report back': inbox('90'),
  }
}
