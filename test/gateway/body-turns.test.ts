/** Large requests are worked on a few at a time, in their order, and one that fails leaves its room to the next. */
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { largeBodies, type LargeBodies } from '../../gateway/body-turns.ts'
import { Problem } from '../../gateway/problem.ts'

const [kib, mib] = [1024, 1024 * 1024]

/** Asks for work of these sizes at once; says which run, and ends one. */
function asked(large: LargeBodies, sizes: readonly number[]) {
  const running = new Set<number>()
  const ends = new Map<number, { resolve: () => void; reject: (reason: Error) => void }>()
  const all = sizes.map((bytes, at) =>
    large(bytes, async () => {
      running.add(at)
      await new Promise<void>((resolve, reject) => ends.set(at, { resolve, reject }))
    }).finally(() => running.delete(at)),
  )
  return {
    all,
    async now() {
      await turn()
      return [...running].sort((a, b) => a - b)
    },
    end: (at: number) => ends.get(at)?.resolve(),
    fail: (at: number) => ends.get(at)?.reject(new Error('failed')),
  }
}

describe('large bodies', () => {
  test('small ones never wait', async () => {
    const work = asked(
      largeBodies(),
      Array.from({ length: 100 }, () => 16 * kib - 1),
    )
    expect(await work.now()).toHaveLength(100)
  })

  test('a few go together, the next when one has ended, in their order', async () => {
    const work = asked(largeBodies(), [100 * kib, 100 * kib, 100 * kib, 100 * kib, 20 * kib])
    // the last would still fit, and does not overtake
    expect(await work.now()).toEqual([0, 1, 2])
    work.end(1)
    expect(await work.now()).toEqual([0, 2, 3, 4])
  })

  test('one that is larger than all that go together goes by itself, beside them', async () => {
    const work = asked(largeBodies(), [20 * mib, 20 * mib, 100 * kib])
    expect(await work.now()).toEqual([0, 2])
    work.end(0)
    expect(await work.now()).toEqual([1, 2])
  })

  test('one that fails leaves its room, and its error is its own', async () => {
    const work = asked(largeBodies(), [300 * kib, 300 * kib])
    expect(await work.now()).toEqual([0])
    work.fail(0)
    await expect(work.all[0]).rejects.toThrow('failed')
    expect(await work.now()).toEqual([1])
  })

  test('what waits is bounded: one more is told to come again, and when', async () => {
    const large = largeBodies()
    const work = asked(
      large,
      Array.from({ length: 7 }, () => 20 * mib),
    )
    expect(await work.now()).toEqual([0])
    const refused = await large(20 * mib, () => Promise.resolve()).catch((thrown: unknown) => thrown)
    expect(refused).toBeInstanceOf(Problem)
    expect(refused).toMatchObject({ kind: 'unavailable', headers: { 'retry-after': '5' } })
    // the usual ones come in by a door of their own, until that is full too
    expect(await large(100 * kib, () => Promise.resolve('done'))).toBe('done')
    work.end(0)
    expect(await work.now()).toEqual([1])
    expect(await Promise.race([large(5 * mib, () => Promise.resolve('waits')), turn('waiting')])).toBe('waiting')
  })
})
