/** Statements whose answer nobody reads: sent along with what follows them, and undone with their transaction like any other. */
import { afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Database, Sql } from '../../../gateway/store/pool.ts'
import { eachDatabase } from '../../support/databases.ts'

eachDatabase('a transaction', (open) => {
  let database: Database
  beforeAll(async () => {
    database = await open({ schema: 'empty' })
    await database.sql.query('create table note (id int primary key, words text)')
  })
  afterEach(async () => {
    await database.sql.query('truncate note')
  })

  const notes = async (): Promise<number> => {
    const { rows } = await database.sql.query<{ count: number }>('select count(*) as count from note')
    return rows[0]?.count ?? -1
  }

  test('sends what may wait in its place: after what came before, ahead of what follows, at the latest with the commit', async () => {
    const insert = (tx: Sql, id: number) => tx.query('insert into note values ($1)', [id], { mayWait: true })
    const insideOut = (first: number) =>
      database.transaction(async (tx) => {
        await insert(tx, first)
        const seen = await tx.query<{ id: number }>('select id from note where id >= $1 order by id', [first])
        await tx.query('delete from note where id = $1', [first], { mayWait: true })
        await insert(tx, first + 1)
        return seen.rows.map(({ id }) => id)
      })
    // the second time the server knows the statements, and they wait
    for (const first of [10, 20, 30]) expect(await insideOut(first)).toEqual([first])
    expect((await database.sql.query<{ id: number }>('select id from note order by id')).rows).toEqual([{ id: 11 }, { id: 21 }, { id: 31 }])
  })

  test('fails as a whole for what waited and could not be done, wherever it was sent along', async () => {
    const twice = (after: (tx: Sql) => Promise<unknown>) =>
      database.transaction(async (tx) => {
        await tx.query('insert into note values ($1)', [1], { mayWait: true })
        await tx.query('insert into note values ($1)', [1], { mayWait: true })
        await after(tx)
      })
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(twice(async () => undefined)).rejects.toMatchObject({ code: '23505' })
      await expect(twice((tx) => tx.query('select id from note'))).rejects.toMatchObject({ code: '23505' })
      expect(await notes()).toBe(0)
    }
    await database.transaction((tx) => tx.query('insert into note values ($1)', [1], { mayWait: true }))
    expect(await notes()).toBe(1)
  })

  test('leaves undone what waited when the work fails', async () => {
    const failed = database.transaction(async (tx) => {
      await tx.query('insert into note values ($1)', [1], { mayWait: true })
      throw new Error('the receiver is gone')
    })
    await expect(failed).rejects.toThrow('the receiver is gone')
    expect(await notes()).toBe(0)
  })
})
