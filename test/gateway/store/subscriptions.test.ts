/** What a dead process was sending is sent again, under the number and the id it had; two living ones never send the same at once. */
import { expect, test } from '@jest/globals'
import type { Database } from '../../../gateway/store/pool.ts'
import { subscriptions, type SubscriptionRow } from '../../../gateway/store/subscriptions.ts'
import { eachDatabase } from '../../support/databases.ts'

const leaseMs = 30_000

async function subscribed(database: Database, id: string, more: Partial<SubscriptionRow> = {}): Promise<void> {
  await subscriptions(database.sql).add({
    id,
    subject: 'tertiary-system',
    institution: 'tertiary',
    role: 'system',
    caller: '{}',
    topic: 'referrals',
    body: '{}',
    version: 1,
    updatedMs: 1_000,
    endpoint: 'https://x.kr',
    headers: [],
    payload: 'id-only',
    heartbeatMs: undefined,
    deadlineMs: 1_000,
    status: 'active',
    error: undefined,
    endMs: 9_000_000,
    told: 0,
    failures: 0,
    heardMs: 1_000,
    ...more,
  })
}

const change = (record: string) => ({ topic: 'referrals', record, type: 'Task', version: 1 })

eachDatabase('a subscription', (open) => {
  test('is claimed by one process at a time, and again when the lease of a dead one is over', async () => {
    const database = await open()
    const table = subscriptions(database.sql)
    await subscribed(database, 's1')
    expect(await table.claim(2_000, leaseMs)).toBeUndefined()
    expect(await table.tell([change('t1'), { ...change('t2'), topic: 'else' }], 2_000)).toBe(1)
    expect((await table.claim(2_000, leaseMs))?.id).toBe('s1')
    const [event] = await table.unjudged('s1', 10)
    if (event === undefined) throw new Error('there is an event')
    await table.number('s1', [{ seq: event.seq, number: 1, notice: 'n1' }], 1)
    // it dies here, before it knows whether anybody heard
    expect(await table.claim(2_000 + leaseMs - 1, leaseMs)).toBeUndefined()
    const again = await table.claim(2_000 + leaseMs, leaseMs)
    expect(again?.told).toBe(1)
    expect(await table.unjudged('s1', 10)).toEqual([])
    expect(await table.unsent('s1')).toMatchObject({ record: 't1', number: 1, notice: 'n1' })
    if (again === undefined) throw new Error('it was claimed')
    await table.heard(again, event.seq, 40_000)
    expect(await table.claim(50_000, leaseMs)).toBeUndefined()
    expect((await table.events('s1', { from: 1, until: 9, limit: 9 })).map(({ number }) => number)).toEqual([1])
  })

  test('gives no number to what is dropped, and tells nothing of it', async () => {
    const database = await open()
    const table = subscriptions(database.sql)
    await subscribed(database, 's1')
    await table.tell([change('hidden')], 2_000)
    await table.tell([change('shown')], 2_000)
    const [hidden, shown] = await table.unjudged('s1', 10)
    await table.drop([hidden?.seq ?? 0])
    await table.number('s1', [{ seq: shown?.seq ?? 0, number: 1, notice: 'n1' }], 1)
    expect((await table.events('s1', { from: 1, until: 9, limit: 9 })).map(({ record, number }) => [record, number])).toEqual([
      ['shown', 1],
    ])
  })

  test('that was written anew while a notification was under way stays as it was written', async () => {
    const database = await open()
    const table = subscriptions(database.sql)
    await subscribed(database, 's1', { status: 'requested' })
    const sending = await table.claim(2_000, leaseMs)
    if (sending === undefined) throw new Error('a handshake is due')
    await table.replace({ ...sending, version: 2, status: 'off' })
    await table.heard(sending, undefined, 3_000)
    await table.failed(sending, { status: 'error', error: 'x', nextMs: 3_000 })
    const owner = { subject: 'tertiary-system', institution: 'tertiary', role: 'system' }
    expect((await table.find('s1', owner))?.status).toBe('off')
    expect(await table.claim(4_000, leaseMs)).toBeUndefined()
    expect(await table.tell([change('t1')], 4_000)).toBe(0)
  })
})
