/** Hidden and missing take the same time: what is not there is told on the tick, however soon it was known. */
import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Problem } from './problem.ts'

/** Timers count whole milliseconds; spread over several of them, what they round away tells nothing. */
const spreadMs = 4

/**
 * An answer of 404 leaves `tickMs` after it was asked for, or a whole multiple of that, and up to 4 ms later: as late for what is hidden as
 * for what never was (docs/threat-model.md, A26). 0 = at once. Everything else leaves when it is ready.
 */
export async function onTheTick<T>(tickMs: number, work: () => Promise<T>): Promise<T> {
  const beganMs = performance.now()
  try {
    return await work()
  } catch (thrown) {
    if (tickMs > 0 && thrown instanceof Problem && thrown.status === 404) await pause(untilTick(performance.now() - beganMs, tickMs))
    throw thrown
  }
}

/** Milliseconds to wait, after so many since the question came. */
export function untilTick(passedMs: number, tickMs: number): number {
  const ticks = Math.max(1, Math.ceil(passedMs / tickMs))
  return ticks * tickMs - passedMs + randomInt(0, spreadMs * 1_000) / 1_000
}
