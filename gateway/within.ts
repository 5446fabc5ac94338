/**
 * A request inside one database transaction: whatever takes this context reads and writes through that transaction, also what would open
 * one of its own. Nothing in it may await the network (`store/pool.ts`); delivery is woken after the commit.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from './context.ts'
import { Problem } from './problem.ts'
import type { Store, Tables } from './store/store.ts'
import { inTurn } from './turns.ts'

/** What was read was changed by somebody else before it was locked: nothing was written, and the work is done again from the start. */
export class ChangedMeanwhile extends Error {}

const maxAttempts = 12

/**
 * `turns`: held in this process before the transaction opens, and in the database from its first statement on.
 * `work` may run more than once. Throws conflict (409) when others kept changing what it read.
 */
export async function withinTransaction<T>(context: Context, turns: readonly string[], work: (inner: Context) => Promise<T>): Promise<T> {
  return inTurn(turns, () =>
    again(context, async (inner) => {
      await inner.store.writes.takeTurns(turns)
      return work(inner)
    }),
  )
}

async function again<T>(context: Context, work: (inner: Context) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(context, work)
    } catch (thrown) {
      if (!(thrown instanceof ChangedMeanwhile)) throw thrown
      if (attempt === maxAttempts)
        throw new Problem('conflict', 'others kept changing what this request reads; nothing was written, send it again', {
          id: 'changed-meanwhile',
          cause: thrown,
        })
      await pause(attempt * 3)
    }
  }
}

async function once<T>(context: Context, work: (inner: Context) => Promise<T>): Promise<T> {
  let isWoken = false
  const done = await context.store.transaction((tables) => {
    isWoken = false
    return work({ ...context, store: storeOf(tables), wakeDelivery: () => (isWoken = true) })
  })
  if (isWoken) context.wakeDelivery()
  return done
}

function storeOf(tables: Tables): Store {
  return { ...tables, transaction: (work) => work(tables), snapshot: (work) => work(tables) }
}
