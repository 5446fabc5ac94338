/** What the gateway believes held against what each EMR has in its own database, when everything has come to rest. */
import { expect } from '@jest/globals'
import type { Database } from '../../../gateway/store/pool.ts'
import type { Network } from '../../support/sandbox.ts'
import { emrsOf, sorted, type Emrs } from './emrs.ts'

/** What the people at the desks were told is done. */
export interface Acknowledged {
  readonly referrals: readonly string[]
  /** ids of the messages that carry them */
  readonly results: readonly string[]
  /** `<parcel> accept` and `<parcel> complete` */
  readonly taken: ReadonlySet<string>
}

interface SentParcel extends Record<string, unknown> {
  readonly id: string
  readonly receiver: string
  readonly state: string
  readonly kind: string
  readonly task: string
}

/** One row per parcel at each receiver, every acknowledged thing stored, no step taken twice. Throws what jest throws. */
export async function expectAgreement(network: Network, database: Database, acknowledged: Acknowledged): Promise<void> {
  const parcels = (await database.sql.query<SentParcel>('select id, receiver, state, kind, task from parcel')).rows
  const to = (receiver: string) => sorted(parcels.flatMap((parcel) => (parcel.receiver === receiver ? [parcel.id] : [])))
  const emr = emrsOf(network)
  for (const name of ['clinic', 'hospital', 'tertiary'] as const)
    expect(emr[name]('select quick_check as value from pragma_quick_check')).toEqual(['ok'])
  expect(parcels.filter(({ state }) => state !== 'delivered')).toEqual([])

  // exactly one row per parcel at each receiver
  expect(emr.clinic('select MSG_ID as value from REF_IN')).toEqual(to('clinic'))
  expect(emr.hospital('select control_id as value from inbox')).toEqual(to('hospital'))
  const requests = sorted(parcels.flatMap(({ id, receiver, kind }) => (receiver === 'hospital' && kind === 'referral-request' ? [id] : [])))
  expect(emr.hospital("select id as value from referral where direction = 'in'")).toEqual(requests)
  expect(emr.tertiary("select distinct id as value from version where type = 'Task'")).toEqual(to('tertiary'))

  // every step once: requested, accepted, completed at the receiver; one answer each at the referrer
  const steps = "select id || ' ' || group_concat(json_extract(body, '$.status'), ' ' order by version) as value"
  const completed = to('tertiary').map((id) => `${id} requested accepted completed`)
  expect(emr.tertiary(`${steps} from version where type = 'Task' group by id`)).toEqual(completed)
  const answers = "select REF_NO || ' ' || STS_CD as value from REF_IN where MSG_KIND = 'referral-response'"
  const written = emr.clinic('select REF_NO as value from REF_OUT')
  expect(emr.clinic(answers)).toEqual(sorted(written.flatMap((number) => [`${number} 10`, `${number} 90`])))

  await expectStored(database, { acknowledged, written, emr })
}

/** Nothing acknowledged is lost, neither by a desk nor by the gateway. */
async function expectStored(
  database: Database,
  { acknowledged, written, emr }: { acknowledged: Acknowledged; written: readonly string[]; emr: Emrs },
): Promise<void> {
  expect(written).toEqual(expect.arrayContaining([...acknowledged.referrals]))
  const texts = async (sql: string) => sorted((await database.sql.query<{ value: string }>(sql)).rows.map(({ value }) => value))
  const tasks = await texts("select text as value from record where type = 'Task' and institution = 'network'")
  expect(sorted(tasks.flatMap((text) => /"value":\s*"(R\d{8}-\d{4})"/.exec(text)?.[1] ?? []))).toEqual(written)
  // the network's other Tasks ask a person whether two records are one
  const referrals = tasks.filter((text) => text.includes('referral-task'))
  expect(new Set(referrals.map((text) => /"status":\s*"([a-z-]+)"/.exec(text)?.[1]))).toEqual(new Set(['completed']))

  const sent = emr.hospital("select control_id as value from outbox where state = 'sent'")
  expect(sent).toEqual(emr.hospital('select control_id as value from outbox'))
  expect(sent).toEqual(expect.arrayContaining([...acknowledged.results]))
  const taken = await texts("select id as value from message where sender = 'hospital'")
  expect(sorted(taken.map((id) => id.replace(/^parcel |@.*$/g, '')))).toEqual(sent)
  // one Observation per result message, and no message without
  const results = emr.hospital("select control_id as value from outbox where kind = 'ORU^R01' and body like '%추가 검사%'")
  const stored = await texts(
    "select substring(text from '\"value\": *(9[0-9]{5}[.]5)') as value from record where institution = 'hospital' and type = 'Observation' and text ~ '\"value\": *9[0-9]{5}[.]5'",
  )
  expect(stored.length).toBe(results.length)
  expect(new Set(stored).size).toBe(stored.length)
  await expectGapsOnce(database, acknowledged.results)

  const steps = new Set(emr.tertiary("select id || ' ' || json_extract(body, '$.status') as value from version where type = 'Task'"))
  const lost = [...acknowledged.taken].filter((step) => !steps.has(step.replace('accept', 'accepted').replace('complete', 'completed')))
  expect(lost).toEqual([])
  expect(await texts('select reason as value from quarantine')).toEqual([])
}

/** Result messages are all alike, so what could not be mapped of them is noted equally often of each. */
async function expectGapsOnce(database: Database, results: readonly string[]): Promise<void> {
  const noted = await database.sql.query<{ message: string; count: number }>(
    "select regexp_replace(message, '@.*$', '') as message, count(*)::int as count from gap where institution = 'hospital' group by 1",
  )
  const counts = new Map(noted.rows.map(({ message, count }) => [message, count]))
  expect(new Set(results.map((id) => counts.get(id) ?? 0)).size).toBeLessThanOrEqual(1)
}
