/** Records that an older program indexed are found again after a start, and until then every search says that something may be missing. */
import { expect, test } from '@jest/globals'
import { indexerVersion } from '../../../fhir-profiles/search-parameters.ts'
import { storedIndex, referencesIn } from '../../../gateway/index-of.ts'
import { reindexStale } from '../../../gateway/store/reindex.ts'
import { openDatabase } from '../../../gateway/store/pool.ts'
import { feed, found, observation, patient } from '../records.ts'
import { hasPostgres, unopenedDatabase } from '../../support/databases.ts'
import { gatewaySetup } from '../../support/gateway-client.ts'
import { startGatewayOn } from '../../support/gateway.ts'

test('old rows are made anew, equal to new ones', async () => {
  const made = await unopenedDatabase(hasPostgres ? 'PostgreSQL' : 'PGlite')
  const gateway = await startGatewayOn(await gatewaySetup(), made.source)
  const running = { ...gateway, close: () => gateway.stop() }
  await feed(running, 'clinic', [patient('clinic', 4), observation('s-1', 'C-0004', { effectiveDateTime: '2026-01-10' })])
  await gateway.stop()
  const database = await openDatabase(made.source)
  try {
    const rows = async () => (await database.sql.query('select i::text as row from record_index i order by 1')).rows
    const before = await rows()
    await database.sql.query('update record set indexer = 0')
    await database.sql.query('delete from record_index')
    const how = {
      isStopped: () => false,
      referencesOf: referencesIn,
      make: (record: { id: string; type: string; text: string }, networkIdOf: (type: string, id: string) => string | undefined) =>
        storedIndex({ text: record.text, timeZone: 'Asia/Seoul', networkIdOf, elements: [] }, record),
    }
    expect(await reindexStale(database, how)).toBe(2)
    expect(await rows()).toEqual(before)
    expect((await database.sql.query('select distinct indexer from record')).rows).toEqual([{ indexer: indexerVersion }])
    expect(await reindexStale(database, how)).toBe(0)
    await database.sql.query('update record set indexer = 0')
  } finally {
    await database.close()
  }
  // what an old program left is indexed beside the running gateway
  const again = await startGatewayOn(await gatewaySetup(), made.source)
  try {
    const asked = async () => (await again.as('clinic-system').get('Observation')).body
    for (let tries = 0; tries < 50 && JSON.stringify(await asked()).includes('indexed anew'); tries += 1)
      await new Promise((done) => setTimeout(done, 100))
    const reply = await again.as('clinic-system').get('Observation?date=2026-01-10')
    expect([found(reply).length, reply.text.includes('indexed anew')]).toEqual([1, false])
  } finally {
    await again.stop()
    await made.remove()
  }
}, 120_000)
