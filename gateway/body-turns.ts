/**
 * How many large bodies are worked on at once: read as JSON and checked, one takes many times the memory it came in (docs/decisions/107). Small
 * ones never wait. The usual ones go a few together, the largest one at a time beside them, each kind in the order it came.
 */
import { AsyncResource } from 'node:async_hooks'
import { bulkhead, BulkheadRejectedError, TaskCancelledError } from 'cockatiel'
import { Problem } from './problem.ts'

/** bytes: a body below it is small; a transaction of a hundred entries is about a third of the larger */
const [smallBelow, usualUpTo] = [16 * 1024, 320 * 1024]
/** who waits longer is told to come again, in milliseconds */
const longestWaitMs = 60_000

/** Runs `work` in the turn of a body of this many bytes. Rejects with unavailable (503) when too many wait already, or this one waited too long. */
export type LargeBodies = <T>(bytes: number, work: () => Promise<T>) => Promise<T>

export function largeBodies(): LargeBodies {
  // as many may wait as take 128 MB: they are in memory already
  const [usual, largest] = [bulkhead(3, 400), bulkhead(1, 6)]
  return async (bytes, work) => {
    if (bytes < smallBelow) return work()
    try {
      // whose turn it is goes on with its own trace, not with that of the one who made room
      return await (bytes > usualUpTo ? largest : usual).execute(AsyncResource.bind(work), AbortSignal.timeout(longestWaitMs))
    } catch (thrown) {
      if (thrown instanceof BulkheadRejectedError || thrown instanceof TaskCancelledError) throw tooMany(thrown)
      throw thrown
    }
  }
}

function tooMany(cause: Error): Problem {
  return new Problem('unavailable', 'too many large requests are waiting here; nothing was done, send it again in a few seconds', {
    id: 'large-waiting',
    headers: { 'retry-after': '5' },
    cause,
  })
}
