/** What is not there is told on the tick: the wait is a floor, so it can be tested without a clock that is right. */
import { expect, test } from '@jest/globals'
import { notFound, Problem } from '../../gateway/problem.ts'
import { onTheTick, untilTick } from '../../gateway/tick.ts'

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now()
  await onTheTick(50, work).catch(() => undefined)
  return performance.now() - beganMs
}

test('the wait ends at the next whole tick since the question came, and less than four milliseconds later', () => {
  for (const [passedMs, endsMs] of [
    [0, 20],
    [0.1, 20],
    [19.9, 20],
    [20, 20],
    [20.1, 40],
    [399, 400],
  ] as const) {
    const at = Array.from({ length: 50 }, () => passedMs + untilTick(passedMs, 20))
    expect(Math.min(...at)).toBeGreaterThanOrEqual(endsMs - 1e-9)
    expect(Math.max(...at)).toBeLessThan(endsMs + 4)
  }
})

test('a 404 leaves no sooner than the tick, whether it was known at once or looked for', async () => {
  const looked = async (): Promise<never> => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    throw notFound()
  }
  // timers may end a millisecond early
  expect(await timed(() => Promise.reject(notFound()))).toBeGreaterThanOrEqual(49)
  expect(await timed(looked)).toBeGreaterThanOrEqual(49)
})

test('nothing else waits: not an answer, not another refusal, not a fault, and not where the tick is nought', async () => {
  const never = 60_000
  expect(await onTheTick(never, () => Promise.resolve('found'))).toBe('found')
  const refused = new Problem('forbidden', 'this role may not do this with this type', { id: 'role' })
  await expect(onTheTick(never, () => Promise.reject(refused))).rejects.toBe(refused)
  await expect(onTheTick(never, () => Promise.reject(new TypeError('fault')))).rejects.toThrow('fault')
  await expect(onTheTick(0, () => Promise.reject(notFound()))).rejects.toThrow(Problem)
})
