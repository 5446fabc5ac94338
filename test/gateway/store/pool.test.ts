import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Database, Sql } from '../../../gateway/store/pool.ts'
import { openDatabase } from '../../../gateway/store/pool.ts'
import { asProblem } from '../../../gateway/problem.ts'
import { eachDatabase, hasPostgres, openTestDatabase, withoutPostgres } from '../../support/databases.ts'

eachDatabase('the database', (open, engine) => {
  let database: Database
  beforeAll(async () => {
    database = await open({ schema: 'empty' })
    await database.sql.query('create table note (id int primary key, words text)')
    await database.sql.query('create table account (id int primary key, amount int not null)')
  })
  afterEach(async () => {
    await database.sql.query('truncate note')
  })

  const notes = async (sql: Sql = database.sql): Promise<number> => {
    const { rows } = await sql.query<{ count: number }>('select count(*) as count from note')
    return rows[0]?.count ?? -1
  }

  test('200 failing and succeeding statements in turn leave the connection sound', async () => {
    const wrong: number[] = []
    for (let turn = 0; turn < 200; turn += 1) {
      if (turn % 2 === 1) await expect(database.sql.query('select 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' })
      else {
        const { rows } = await database.sql.query<{ turn: number }>('select $1::int as turn', [turn])
        if (rows[0]?.turn !== turn) wrong.push(turn)
      }
    }
    expect(wrong).toEqual([])
  })

  test('200 statements at once are all answered with their own rows', async () => {
    const asked = Array.from({ length: 200 }, (_, index) => index)
    const answers = await Promise.all(asked.map((index) => database.sql.query<{ index: number }>('select $1::int as index', [index])))
    expect(answers.map((answer) => answer.rows[0]?.index)).toEqual(asked)
  })

  test('columns keep what they hold: long integers, decimals, dates, JSON text', async () => {
    const { rows } = await database.sql.query(
      `select 9007199254740991::int8 as safe, '{"value": 1.10}'::jsonb as jsonb, '{"value":1E2}'::json as json, date '1960-02-29' as day,
              1.10::numeric as decimal, array[1,2]::int8[] as longs, array['{}']::jsonb[] as documents, null::int8 as absent,
              timestamptz '2026-03-01 09:00:00+09' as instant, timestamp '2026-03-01 09:00' as wall`,
    )
    expect(rows[0]).toEqual({
      safe: 9007199254740991,
      jsonb: '{"value": 1.10}',
      json: '{"value":1E2}',
      day: '1960-02-29',
      decimal: '1.10',
      longs: [1, 2],
      documents: ['{}'],
      absent: null,
      instant: new Date('2026-03-01T00:00:00Z'),
      wall: '2026-03-01 09:00:00',
    })
  })

  test('values arrive as they were given, the first time a statement is asked and every time after', async () => {
    const hard = ['', 'NULL', 'a,b', '{}', '"quoted"', 'back\\slash', '한글', 'line\nbreak', ' space ']
    const values = ['한글 "x" \\ 끝', hard, [1.5, null, -2], true, null, Buffer.from([0, 255, 92]), []]
    const text =
      'select $1::text as words, $2::text[] as list, $3::float8[] as numbers, $4::boolean as yes, $5::text as nothing, $6::bytea as bytes, $7::text[] as empty'
    for (let turn = 0; turn < 3; turn += 1) {
      const { rows, rowCount } = await database.sql.query(text, values)
      expect(rows).toEqual([
        {
          words: values[0],
          list: hard,
          numbers: [1.5, null, -2],
          yes: true,
          nothing: null,
          bytes: Buffer.from([0, 255, 92]),
          empty: [],
        },
      ])
      expect(rowCount).toBe(1)
    }
    await expect(database.sql.query('select $1::timestamptz as at', [new Date(0)])).rejects.toThrow('no column takes this object')
    expect((await database.sql.query(text, values)).rowCount).toBe(1)
  })

  test('an integer that JavaScript cannot hold exactly is an error, not a rounded value', async () => {
    await expect(database.sql.query('select 9007199254740993::int8 as id')).rejects.toThrow('beyond 2^53')
    expect(await notes()).toBe(0)
  })

  test('an error names the constraint and never the values of the row', async () => {
    await database.sql.query('insert into note values (1, $1)', ['열'])
    const error: unknown = await database.sql.query('insert into note values (1, $1)', ['감기']).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: '23505', constraint: 'note_pkey' })
    expect(JSON.stringify(error)).not.toMatch(/감기|\(1\)/)
  })

  describe('a transaction', () => {
    test('keeps all of its rows when it commits and none when it fails', async () => {
      await database.transaction(async (tx) => {
        await Promise.all([1, 2, 3].map((id) => tx.query('insert into note values ($1)', [id])))
      })
      const failed = database.transaction(async (tx) => {
        await tx.query('insert into note values (4)')
        throw new Error('the receiver is gone')
      })
      await expect(failed).rejects.toThrow('the receiver is gone')
      expect(await notes()).toBe(3)
    })

    test('in which a statement failed unnoticed does not report success', async () => {
      const swallowed = database.transaction(async (tx) => {
        await tx.query('insert into note values (1)')
        await Promise.allSettled([tx.query('insert into note values (1)')])
      })
      await expect(swallowed).rejects.toThrow('nothing was committed')
      expect(await notes()).toBe(0)
    })

    test('whose first statement the server does not understand is rolled back, and the statement is understood once it can be', async () => {
      const late = (): Promise<unknown> => database.transaction((tx) => tx.query('select words from note_to_come'))
      await expect(late()).rejects.toMatchObject({ code: '42P01' })
      await database.sql.query('create table note_to_come (words text)')
      // on every connection that may have heard of it
      await Promise.all(Array.from({ length: 20 }, late))
      await expect(database.transaction((tx) => tx.query('select 1 / $1::int', [0]))).rejects.toMatchObject({ code: '22012' })
      expect(await database.transaction(async () => 'nothing was asked')).toBe('nothing was asked')
    })

    test('refuses the database handle inside, where it would wait for itself', async () => {
      const message = 'inside a transaction only `tx` is passed'
      await expect(database.transaction(() => database.sql.query('select 1'))).rejects.toThrow(message)
      await expect(database.transaction(() => database.transaction(async () => 1))).rejects.toThrow(message)
      expect(await notes()).toBe(0)
    })

    test('does not forbid the database handle to work it started and that outlives it', async () => {
      let later: Promise<number> | undefined
      await database.transaction(async () => {
        later = new Promise((resolve) => setTimeout(resolve, 30)).then(() => notes())
      })
      expect(await later).toBe(0)
    })

    test('refuses statements after its end', async () => {
      let kept: Sql | undefined
      await database.transaction(async (tx) => {
        kept = tx
      })
      await expect(kept?.query('select 1')).rejects.toThrow('the transaction is over')
    })

    test('marked read only cannot write', async () => {
      const writing = database.transaction((tx) => tx.query('insert into note values (1)'), {
        readOnly: true,
        isolation: 'repeatable read',
      })
      await expect(writing).rejects.toMatchObject({ code: '25006' })
    })

    test('is not left open by a bare begin', async () => {
      await expect(database.sql.query('begin')).rejects.toThrow('a transaction is opened by `transaction` only')
      expect(await notes()).toBe(0)
    })

    test('undone by a serialization failure is tried again, and gives up after a bounded number of times', async () => {
      let attempts = 0
      const conflict = database.transaction(async (tx) => {
        attempts += 1
        await tx.query(`do $$ begin raise exception 'conflict' using errcode = '40001'; end $$`)
      })
      await expect(conflict).rejects.toMatchObject({ code: '40001' })
      expect(attempts).toBe(6)
      const third = await database.transaction(async (tx) => {
        attempts += 1
        if (attempts < 9) await tx.query(`do $$ begin raise exception 'conflict' using errcode = '40P01'; end $$`)
        return attempts
      })
      expect(third).toBe(9)
    })

    test('a prepared statement survives a change of its table', async () => {
      const read = () => database.sql.query('select * from account')
      await read()
      await database.sql.query('alter table account add column note text')
      expect((await read()).rows).toEqual([])
      await database.sql.query('alter table account drop column note')
      const inside = await database.transaction((tx) => tx.query('select * from account'))
      expect(inside.rows).toEqual([])
    })

    test('many that add to one number at once lose no addition', async () => {
      await database.sql.query('insert into account values (1, 0) on conflict (id) do update set amount = 0')
      const add = (): Promise<unknown> =>
        database.transaction(
          async (tx) => {
            const { rows } = await tx.query<{ amount: number }>('select amount from account where id = 1')
            await tx.query('update account set amount = $1 where id = 1', [(rows[0]?.amount ?? Number.NaN) + 1])
          },
          { isolation: 'serializable' },
        )
      const done = await Promise.allSettled(Array.from({ length: 4 }, add))
      const { rows } = await database.sql.query<{ amount: number }>('select amount from account where id = 1')
      expect(rows[0]?.amount).toBe(done.filter((each) => each.status === 'fulfilled').length)
      expect(rows[0]?.amount).toBeGreaterThanOrEqual(engine === 'PGlite' ? 4 : 1)
    })
  })
})

describe('opening a database', () => {
  test('without an address is refused', async () => {
    await expect(openDatabase({})).rejects.toThrow('no database')
  })

  test('that does not answer says so', async () => {
    await expect(openDatabase({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none' })).rejects.toThrow('ECONNREFUSED')
  })

  test('in memory works without a folder, and is closed once however often it is asked', async () => {
    const database = await openDatabase('memory')
    expect(database.kind).toBe('pglite')
    await Promise.all([database.close(), database.close()])
    await expect(database.sql.query('select 1')).rejects.toThrow()
  })
})

;(hasPostgres ? describe : describe.skip)(`a server ${hasPostgres ? '' : withoutPostgres}`, () => {
  test('that ends a connection in the middle is survived: the statement fails, the next one works', async () => {
    const { source, close } = await openTestDatabase('PostgreSQL', { schema: 'empty' })
    const lost: string[] = []
    const database = await openDatabase(source, { connectionLost: (error) => lost.push(error.message) })
    const broken = database.transaction(async (tx) => {
      await tx.query('select pg_terminate_backend(pg_backend_pid())')
    })
    await expect(broken).rejects.toThrow()
    expect(lost).toContain('Connection terminated unexpectedly')
    expect((await database.sql.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await database.close()
    await close()
  })

  test('that has no connection left is told apart from a fault: nothing was done, and the caller may ask again', async () => {
    const { source, close } = await openTestDatabase('PostgreSQL', { schema: 'empty' })
    const database = await openDatabase(source, { connectDeadlineMs: 200 })
    const { promise: isOver, resolve: end } = Promise.withResolvers<unknown>()
    const holding = Array.from({ length: 10 }, () => database.transaction(() => isOver))
    const thrown: unknown = await database.sql.query('select 1').catch((error: unknown) => error)
    const problem = asProblem(thrown)
    expect([problem.status, problem.headers]).toEqual([503, { 'retry-after': '5' }])
    expect(problem.toOutcome('r').issue[0]).toMatchObject({ severity: 'error', code: 'transient' })
    end(undefined)
    await Promise.all(holding)
    expect((await database.sql.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await database.close()
    await close()
  })

  test('ends a statement that runs longer than its deadline', async () => {
    const { database, close } = await openTestDatabase('PostgreSQL', { schema: 'empty' })
    const { rows } = await database.sql.query<{ deadline: string; name: string }>(
      "select current_setting('statement_timeout') as deadline, current_setting('application_name') as name",
    )
    expect(rows[0]).toEqual({ deadline: '30s', name: 'care-network' })
    const slow = database.transaction(async (tx) => {
      await tx.query("set local statement_timeout = '50ms'")
      await tx.query('select pg_sleep(5)')
    })
    await expect(slow).rejects.toMatchObject({ code: '57014' })
    await close()
  })

  test('encoded otherwise than UTF-8 is refused', async () => {
    const { database, source, close } = await openTestDatabase('PostgreSQL', { schema: 'empty' })
    if (!('databaseUrl' in source)) throw new Error('expected a server')
    await database.sql.query("create database latin encoding 'SQL_ASCII' template template0")
    const latin = source.databaseUrl.replace(/\/\/\/[^?]+/, '///latin')
    await expect(openDatabase({ databaseUrl: latin })).rejects.toThrow('create it with encoding UTF8')
    await database.sql.query('drop database latin')
    await close()
  })
})
