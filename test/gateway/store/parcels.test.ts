/** What a dead process had in its hands goes out as soon as another one starts; what a living one sends is left to it. */
import { expect, test } from '@jest/globals'
import { parcels } from '../../../gateway/store/parcels.ts'
import { openDatabase, type Database } from '../../../gateway/store/pool.ts'
import { eachDatabase, hasPostgres, openTestDatabase, withoutPostgres } from '../../support/databases.ts'

const leaseMs = 60_000
const lane = { to: 'tertiary' }

async function queued(database: Database, id: string): Promise<void> {
  await parcels(database.sql).queue({
    id,
    task: `task of ${id}`,
    kind: 'referral-request',
    sender: 'clinic',
    receiver: 'tertiary',
    version: 0,
    atMs: 1_000,
  })
}

eachDatabase('a parcel', (open, engine) => {
  test('that was settled or put off is nobody’s, so a start changes nothing of it', async () => {
    const database = await open()
    const table = parcels(database.sql)
    await queued(database, 'later')
    await queued(database, 'done')
    const [first, second] = [await table.claim(1_000, leaseMs, lane), await table.claim(1_000, leaseMs, lane)]
    expect(new Set([first?.id, second?.id])).toEqual(new Set(['done', 'later']))
    await table.settle('done', 'delivered', null, 1_000)
    await table.again('later', 9_000, 'away')
    expect(await table.freeAbandoned(2_000, true)).toBe(0)
    expect(await table.claim(2_000, leaseMs, lane)).toBeUndefined()
    expect((await table.claim(9_000, leaseMs, lane))?.id).toBe('later')
  })

  if (engine === 'PGlite')
    test('that the former process held is due again at once, for a folder belongs to one process', async () => {
      const database = await open()
      const table = parcels(database.sql)
      await queued(database, 'held')
      expect((await table.claim(1_000, leaseMs, lane))?.id).toBe('held')
      expect(await table.claim(2_000, leaseMs, lane)).toBeUndefined()
      expect(await table.freeAbandoned(2_000, true)).toBe(1)
      expect((await table.claim(2_000, leaseMs, lane))?.id).toBe('held')
    })
})

const title = 'a parcel in the hands of a living process stays there, and is due at once when that process is gone'
;(hasPostgres ? test : test.skip)(`on a server ${title}${hasPostgres ? '' : ` ${withoutPostgres}`}`, async () => {
  const { database, source, close } = await openTestDatabase('PostgreSQL')
  const other = await openDatabase(source)
  const table = parcels(database.sql)
  await queued(database, 'held')
  expect((await parcels(other.sql).claim(1_000, leaseMs, lane))?.id).toBe('held')
  expect(await table.freeAbandoned(2_000, false)).toBe(0)
  expect(await table.claim(2_000, leaseMs, lane)).toBeUndefined()
  await other.close()
  // the server ends a session a moment after its client has gone
  for (let look = 0; look < 100 && (await table.freeAbandoned(2_000, false)) === 0; look += 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
  expect((await table.claim(2_000, leaseMs, lane))?.attempts).toBe(2)
  await close()
})
