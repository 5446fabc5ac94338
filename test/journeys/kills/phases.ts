/** Where a referral stood when a process was killed, read afterwards from the times that everybody noted. */
import type { Database } from '../../../gateway/store/pool.ts'
import type { Network } from '../../support/sandbox.ts'
import { emrsOf } from './emrs.ts'

export interface Kill {
  /** undefined: the desk did not acknowledge the referral */
  readonly referral: string | undefined
  readonly atMs: number
}

interface Step extends Record<string, unknown> {
  readonly number: string
  readonly parcel: string
  readonly seq: number
  readonly created: number
  readonly settled: number
}

/** in the order of a referral's life; each lasts until the time of the same place in `endsOf` */
const names = [
  'not yet with the gateway',
  'stored, on its way to the receiver',
  'at the receiver, receipt not noted',
  'received, not yet read by staff',
  'accepted at the desk, not yet with the gateway',
  'acceptance on its way to the referrer',
  'accepted, report not yet written',
  'report written, not yet with the gateway',
  'report on its way to the referrer',
  'over',
] as const

/** How many kills fell into which phase of the referral that was begun with them; a line each. */
export async function phasesHit(network: Network, database: Database, kills: readonly Kill[]): Promise<readonly string[]> {
  const { rows } = await database.sql.query<Step>(
    `select (regexp_match(t.text, '"value": *"(R\\d{8}-\\d{4})"'))[1] as number, p.id as parcel, p.seq, p.created_ms as created, p.settled_ms as settled
     from parcel p join record t on t.id = p.task and t.type = 'Task' order by p.task, p.seq`,
  )
  const stamps = "select id || ' ' || version || ' ' || json_extract(body, '$.meta.lastUpdated') as value from version where type = 'Task'"
  const atReceiver = new Map(
    emrsOf(network)
      .tertiary(stamps)
      .map((text) => text.split(' '))
      .map(([id, version, at]) => [`${id} ${version}`, Date.parse(at ?? '')] as const),
  )
  const counts = new Map<string, number>()
  for (const { referral, atMs } of kills) {
    const ends = endsOf(
      rows.filter(({ number }) => number === referral),
      atReceiver,
    )
    const at = ends.findIndex((endMs) => atMs < endMs)
    const name = referral === undefined ? 'before the desk had answered' : (names[at === -1 ? names.length - 1 : at] ?? '')
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return ['before the desk had answered', ...names].map((name) => `${String(counts.get(name) ?? 0).padStart(4)}  ${name}`)
}

function endsOf([request, accepted, completed]: readonly Step[], atReceiver: ReadonlyMap<string, number>): readonly number[] {
  if (request === undefined || accepted === undefined || completed === undefined) return []
  const receiver = (version: number): number => atReceiver.get(`${request.parcel} ${version}`) ?? request.settled
  return [
    request.created,
    receiver(1),
    request.settled,
    receiver(2),
    accepted.created,
    accepted.settled,
    receiver(3),
    completed.created,
    completed.settled,
  ]
}
