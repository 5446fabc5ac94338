/** The log grows by every committed entry, once, in one order, whoever writes, seals, fails or is killed meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Context } from '../../gateway/context.ts'
import { leafHash } from '../../gateway/logic/chain.ts'
import { checkpointText, isSigned } from '../../gateway/logic/checkpoint.ts'
import { rotateLogKey, sealAll, sealLoop, sealNext } from '../../gateway/seal.ts'
import { verifyLedger } from '../../gateway/store/ledger-verify.ts'
import { openDatabase, type Database } from '../../gateway/store/pool.ts'
import { eachDatabase, hasPostgres, openTestDatabase, withoutPostgres } from '../support/databases.ts'
import { emptyLedger, entries, logContext, write, type Clock } from './log.ts'

async function sealedSeqs({ sql }: Database): Promise<readonly number[]> {
  return (await sql.query<{ seq: number }>('select seq from ledger_leaf order by leaf')).rows.map(({ seq }) => seq)
}

async function ledgerSeqs({ sql }: Database): Promise<readonly number[]> {
  return (await sql.query<{ seq: number }>('select seq from ledger order by seq')).rows.map(({ seq }) => seq)
}

const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b)

eachDatabase('the sealer', (open) => {
  let database: Database
  let context: Context
  let clock: Clock
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await emptyLedger(database)
    clock = { nowMs: Date.parse('2026-03-01T00:00:00Z') }
    context = logContext(database, clock)
  })

  test('of an empty ledger does nothing; an empty ledger verifies', async () => {
    expect(await sealNext(context)).toBe(0)
    expect(await verifyLedger(database)).toMatchObject({ entries: 0, leaves: 0, checkpoints: 0, unsealed: 0, findings: [] })
  })

  test('takes every entry in order, hashes its stored bytes and signs a checkpoint over all of them', async () => {
    await write(context, 7)
    expect(await sealNext(context)).toBe(7)
    expect(await sealNext(context)).toBe(0)
    expect(await sealedSeqs(database)).toEqual(await ledgerSeqs(database))
    const stored = await database.sql.query<{ body: string; hash: Buffer }>(
      'select l.body, f.hash from ledger l join ledger_leaf f on f.seq = l.seq order by f.leaf',
    )
    for (const { body, hash } of stored.rows) expect(hash).toEqual(leafHash(body))
    const newest = await context.store.log.newestCheckpoint()
    const [key] = await context.store.log.keys()
    expect(newest).toMatchObject({ size: 7, atMs: clock.nowMs, keyId: key?.id })
    if (newest === undefined || key === undefined) throw new Error('a checkpoint and its key are there')
    expect(isSigned(checkpointText({ ...newest, origin: key.origin }), newest.signature, key.publicKey)).toBe(true)
    expect((await verifyLedger(database)).findings).toEqual([])
  })

  test('seals what was written: an entry changed or removed while it waited is found, one of an older program is hashed when it is sealed', async () => {
    await write(context, 4)
    const [first, second, third] = await ledgerSeqs(database)
    await database.sql.query('update ledger_pending set hash = null where seq = $1', [first])
    await database.sql.query(`update ledger set body = replace(body, 'condition-', 'kondition-') where seq = $1`, [second])
    await database.sql.query('delete from ledger where seq = $1', [third])
    await sealAll(context)
    expect((await verifyLedger(database)).findings).toMatchObject([
      { kind: 'changed', seq: second },
      { kind: 'deleted', seq: third },
    ])
  })

  test('grows the same log in any number of steps', async () => {
    for (const count of [1, 2, 1, 5, 3, 8, 1]) {
      await write(context, count)
      await sealNext(context)
    }
    expect(await verifyLedger(database)).toMatchObject({ entries: 21, leaves: 21, checkpoints: 7, unsealed: 0, findings: [] })
  })

  test('names what is committed and waits as the unsealed tail, and says since when', async () => {
    await write(context, 3)
    await sealNext(context)
    clock.nowMs += 5_000
    await write(context, 2)
    clock.nowMs += 5_000
    await write(context, 1)
    expect(await context.store.log.backlog()).toEqual({ count: 3, firstAtMs: clock.nowMs - 5_000 })
    expect(await verifyLedger(database)).toMatchObject({ entries: 6, leaves: 3, unsealed: 3, findings: [] })
    await sealAll(context)
    expect(await context.store.log.backlog()).toEqual({ count: 0, firstAtMs: undefined })
    expect(await verifyLedger(database)).toMatchObject({ entries: 6, leaves: 6, unsealed: 0, findings: [] })
  })

  test('an entry whose transaction is undone is neither in the ledger nor in the log, and leaves a lawful gap', async () => {
    await write(context, 2)
    const undone = context.store.transaction(async (tables) => {
      await tables.ledger.append(entries(context, 3))
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    await write(context, 2)
    await sealAll(context)
    const seqs = await sealedSeqs(database)
    expect(seqs).toHaveLength(4)
    expect((seqs[2] ?? 0) - (seqs[1] ?? 0)).toBe(4)
    expect((await verifyLedger(database)).findings).toEqual([])
  })

  test('that dies before it commits has done nothing, and the next one seals the same entries', async () => {
    await write(context, 5)
    await sealNext(context)
    await write(context, 6)
    for (const step of ['append', 'addCheckpoint'] as const) {
      const dying: Context = {
        ...context,
        store: {
          ...context.store,
          transaction: (work) =>
            context.store.transaction((tables) =>
              work({
                ...tables,
                log: {
                  ...tables.log,
                  [step]: async () => {
                    if (step === 'append') await tables.log.append([{ leaf: 5, seq: 6, hash: leafHash('half done') }], [])
                    throw new Error('killed')
                  },
                },
              }),
            ),
        },
      }
      await expect(sealNext(dying)).rejects.toThrow('killed')
      expect(await verifyLedger(database)).toMatchObject({ leaves: 5, checkpoints: 1, unsealed: 6, findings: [] })
    }
    expect(await sealNext(context)).toBe(6)
    expect(await sealedSeqs(database)).toEqual(await ledgerSeqs(database))
    expect((await verifyLedger(database)).findings).toEqual([])
  })

  test('signs with a new key after a rotation; checkpoints of the old key still verify, and only the newest key can sign', async () => {
    await write(context, 1)
    await sealNext(context)
    await rotateLogKey(context)
    await write(context, 1)
    await sealNext(context)
    clock.nowMs += 91 * 86_400_000
    await write(context, 1)
    await sealNext(context)
    const keys = await context.store.log.keys()
    expect(keys).toHaveLength(3)
    expect(new Set(keys.map(({ origin }) => origin)).size).toBe(1)
    expect(keys.map(({ untilMs }) => untilMs === undefined)).toEqual([false, false, true])
    const checkpoints = await context.store.log.checkpoints(0, 10)
    expect(checkpoints.map(({ keyId }) => keyId)).toEqual(keys.map(({ id }) => id))
    const kept = await database.sql.query<{ count: number }>('select count(*) as count from ledger_key where private_key is not null')
    expect(kept.rows[0]?.count).toBe(1)
    expect(await verifyLedger(database)).toMatchObject({ keys: 3, checkpoints: 3, findings: [] })
  })

  test('seals nothing onto a log that does not fit its newest checkpoint', async () => {
    await write(context, 4)
    await sealNext(context)
    await database.sql.query('delete from ledger_leaf where leaf = 3')
    await write(context, 1)
    await expect(sealNext(context)).rejects.toThrow('does not fit its newest checkpoint')
    expect((await context.store.log.newestCheckpoint())?.size).toBe(4)
  })

  test('as a loop seals what comes within about a second, and ends with its signal', async () => {
    const stop = new AbortController()
    const loop = sealLoop(context, { signal: stop.signal, sleep: (ms) => sleep(ms) })
    const lagsMs: number[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      await write(context, 2)
      const startedAt = performance.now()
      while ((await context.store.log.backlog()).count > 0) await sleep(10)
      lagsMs.push(performance.now() - startedAt)
    }
    stop.abort()
    await loop
    expect(Math.max(...lagsMs)).toBeLessThan(2_000)
    expect((await verifyLedger(database)).findings).toEqual([])
  })

  test('beside many writers seals each entry exactly once', async () => {
    const writing = { isOn: true }
    const sealing = (async () => {
      while (writing.isOn) {
        await sealNext(context)
        await sleep(1)
      }
    })()
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let turn = 0; turn < 10; turn += 1) await write(context, 1 + ((writer + turn) % 3))
      }),
    )
    writing.isOn = false
    await sealing
    await sealAll(context)
    const seqs = await sealedSeqs(database)
    expect(sorted(seqs)).toEqual(await ledgerSeqs(database))
    expect((await verifyLedger(database)).findings).toEqual([])
  })
})

;(hasPostgres ? describe : describe.skip)(`sealers on one server ${hasPostgres ? '' : withoutPostgres}`, () => {
  test('an entry that is committed after a later one was sealed is sealed as well', async () => {
    const { database, source, close } = await openTestDatabase('PostgreSQL')
    const context = logContext(database)
    const other = await openDatabase(source)
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>()
    const { promise: written, resolve: hasWritten } = Promise.withResolvers<void>()
    const slow = logContext(other).store.transaction(async (tables) => {
      await tables.ledger.append(entries(context, 2))
      hasWritten()
      await mayCommit
    })
    await written
    await write(context, 3)
    expect(await sealNext(context)).toBe(3)
    expect((await verifyLedger(database)).findings).toEqual([])
    commit()
    await slow
    expect(await sealNext(context)).toBe(2)
    expect(await sealedSeqs(database)).toEqual([3, 4, 5, 1, 2])
    expect(await verifyLedger(database)).toMatchObject({ leaves: 5, checkpoints: 2, unsealed: 0, findings: [] })
    await other.close()
    await close()
  })

  test('four at once, with four writers, seal every entry once', async () => {
    const { database, source, close } = await openTestDatabase('PostgreSQL')
    const others = await Promise.all([1, 2, 3].map(() => openDatabase(source)))
    const contexts = [database, ...others].map((each) => logContext(each))
    const writing = { isOn: true }
    const sealed = Promise.all(
      contexts.map(async (context) => {
        let count = 0
        while (writing.isOn) {
          count += await sealNext(context)
          await sleep(1)
        }
        return count
      }),
    )
    await Promise.all(
      contexts.map(async (context) => {
        for (let turn = 0; turn < 40; turn += 1) await write(context, 2)
      }),
    )
    writing.isOn = false
    const counts = await sealed
    await Promise.all(contexts.map((context) => sealAll(context)))
    const seqs = await sealedSeqs(database)
    expect(seqs).toHaveLength(320)
    expect(sorted(seqs)).toEqual(await ledgerSeqs(database))
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1)
    expect((await verifyLedger(database)).findings).toEqual([])
    for (const other of others) await other.close()
    await close()
  })

  test('that loses its connection in the middle leaves a sound log and the lock to the next', async () => {
    const { database, source, close } = await openTestDatabase('PostgreSQL')
    const other = await openDatabase(source, { connectionLost: () => undefined })
    const context = logContext(database)
    await write(context, 5)
    const killed = logContext(other).store.transaction(async (tables) => {
      expect(await tables.log.tryToSeal()).toBe(true)
      await tables.log.append([{ leaf: 0, seq: 1, hash: leafHash('x') }], [])
      expect(await sealNext(context)).toBe(0)
      await tables.sql.query('select pg_terminate_backend(pg_backend_pid())')
    })
    await expect(killed).rejects.toThrow()
    expect(await sealNext(context)).toBe(5)
    expect((await verifyLedger(database)).findings).toEqual([])
    await other.close()
    await close()
  })
})
