/** A plan is made once for each connection, perhaps while there is nothing yet: what it looks at must not grow with what comes after. */
import { describe, expect, test } from '@jest/globals'
import { ledger } from '../../../gateway/store/ledger.ts'
import { ledgerLog } from '../../../gateway/store/ledger-log.ts'
import type { Transaction } from '../../../gateway/store/pool.ts'
import { hasPostgres, openTestDatabase, withoutPostgres } from '../../support/databases.ts'
import { entries, logContext } from '../log.ts'

/** Rows of this table that `work` looks up by an index; it is read in no other way (`pool.ts`). */
async function lookedUp(tx: Transaction, table: string, work: () => Promise<unknown>): Promise<number> {
  const fetched = async (): Promise<number> => {
    const { rows } = await tx.query<{ count: number }>(
      'select coalesce(sum(idx_tup_fetch), 0)::int as count from pg_stat_xact_user_tables where relname = $1',
      [table],
    )
    return rows[0]?.count ?? 0
  }
  const before = await fetched()
  await work()
  return (await fetched()) - before
}

const only = hasPostgres ? describe : describe.skip
only(`a plan that was made of an empty store ${hasPostgres ? '' : withoutPostgres}`, () => {
  test('finds the entries that wait to be sealed without reading the sealed ones', async () => {
    const { database, close } = await openTestDatabase('PostgreSQL')
    const context = logContext(database)
    await database.transaction(async (tx) => {
      const [log, rows] = [ledgerLog(tx), ledger(tx)]
      await log.pending(2_000)
      await rows.append(entries(context, 1_500))
      await log.append(
        (await log.pending(2_000)).map((entry, leaf) => ({ leaf, ...entry })),
        [],
      )
      await rows.append(entries(context, 5))
      const looked = await lookedUp(tx, 'ledger', async () => {
        expect((await log.pending(2_000)).length).toBe(5)
        await log.backlog()
      })
      expect(looked).toBeLessThan(20)
    })
    await close()
  })

  test('asks whether a token was ended without reading the others', async () => {
    const { database, close } = await openTestDatabase('PostgreSQL')
    const context = logContext(database)
    await database.transaction(async (tx) => {
      const append = async (): Promise<unknown> => ledger(tx).append(entries(context, 2), { standing: undefined, jti: 'token-7' })
      expect(await append()).toMatchObject({ isLive: false })
      await tx.query(
        `insert into "grant" (jti, subject, client, institution, role, purposes, issued_ms, expires_ms)
         select 'token-' || n, 'somebody', 'app', 'clinic', 'doctor', '{}', 0, 1 from generate_series(1, 2000) n`,
      )
      const looked = await lookedUp(tx, 'grant', async () => expect(await append()).toMatchObject({ isLive: true }))
      expect(looked).toBeLessThan(20)
    })
    await close()
  })

  test('finds the entries about somebody, named first or after others, without reading those about others', async () => {
    const { database, close } = await openTestDatabase('PostgreSQL')
    const context = logContext(database)
    await database.transaction(async (tx) => {
      const rows = ledger(tx)
      const about = { persons: ['person-9', 'person-8'], limit: 3, offset: 0 }
      expect(await rows.find(about)).toEqual({ bodies: [], total: 0 })
      const lists = [['person-9'], ['person-1', 'person-9'], ['person-9', 'person-8'], ['person-1', 'person-7', 'person-8'], ['person-7']]
      await rows.append(entries(context, lists.length).map((entry, at) => ({ ...entry, persons: lists[at] ?? [] })))
      await rows.append(entries(context, 1_500))
      const looked = await lookedUp(tx, 'ledger', async () => {
        const { bodies, total } = await rows.find(about)
        expect([bodies.length, total]).toEqual([3, 4])
      })
      expect(looked).toBeLessThan(30)
    })
    await close()
  })
})
