/** Large requests are worked on a few at a time, in their order, and one that fails leaves its room to the next. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { largeBodies, type LargeBodies } from '../../gateway/body-turns.ts'
import { Problem } from '../../gateway/problem.ts'
import { hasPostgres, withoutPostgres } from '../support/databases.ts'
import { startTestGateway } from '../support/gateway.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { condition, feed, patient, transaction } from './records.ts'

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
  afterEach(() => void jest.restoreAllMocks())

  test('small ones never wait', async () => {
    const work = asked(
      largeBodies(),
      Array.from({ length: 100 }, () => 16 * kib - 1),
    )
    expect(await work.now()).toHaveLength(100)
  })

  test('three go together, the next when one has ended, in their order', async () => {
    const work = asked(largeBodies(), [100 * kib, 16 * kib, 320 * kib, 100 * kib, 20 * kib])
    expect(await work.now()).toEqual([0, 1, 2])
    work.end(1)
    expect(await work.now()).toEqual([0, 2, 3])
    work.end(0)
    expect(await work.now()).toEqual([2, 3, 4])
  })

  test('the largest go one at a time, beside the others', async () => {
    const work = asked(largeBodies(), [20 * mib, 321 * kib, 100 * kib])
    expect(await work.now()).toEqual([0, 2])
    work.end(0)
    expect(await work.now()).toEqual([1, 2])
  })

  test('one that fails leaves its room, and its error is its own', async () => {
    const work = asked(largeBodies(), [mib, mib])
    expect(await work.now()).toEqual([0])
    work.fail(0)
    await expect(work.all[0]).rejects.toThrow('failed')
    expect(await work.now()).toEqual([1])
  })

  test('each goes on with its own trace, whoever made room for it', async () => {
    const [large, trace, seen] = [largeBodies(), new AsyncLocalStorage<string>(), [] as unknown[]]
    await Promise.all(
      ['first', 'second', 'third'].map((name) => trace.run(name, () => large(mib, async () => turn(seen.push([name, trace.getStore()]))))),
    )
    expect(seen).toEqual(['first', 'second', 'third'].map((name) => [name, name]))
  })

  const told = { kind: 'unavailable', headers: { 'retry-after': '5' } }

  test('how many wait is bounded: one more is told to come again, and when', async () => {
    const large = largeBodies()
    const work = asked(
      large,
      Array.from({ length: 7 }, () => mib),
    )
    const refused = await large(mib, () => Promise.resolve()).catch((thrown: unknown) => thrown)
    expect(refused).toBeInstanceOf(Problem)
    expect(refused).toMatchObject(told)
    expect(await work.now()).toEqual([0])
    work.end(0)
    expect(await work.now()).toEqual([1])
    const usual = asked(
      large,
      Array.from({ length: 403 }, () => 100 * kib),
    )
    await expect(large(100 * kib, () => Promise.resolve())).rejects.toMatchObject(told)
    expect(await usual.now()).toEqual([0, 1, 2])
  })

  test('how long one waits is bounded: it is not begun any more', async () => {
    const [large, passed] = [largeBodies(), new AbortController()]
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(passed.signal)
    const work = asked(large, [mib, mib])
    expect(await work.now()).toEqual([0])
    expect(timeout.mock.calls).toEqual([[60_000], [60_000]])
    passed.abort()
    work.end(0)
    await expect(work.all[1]).rejects.toMatchObject(told)
    expect(await work.now()).toEqual([])
  })
})

// what holds one up here is a lock of the server's: on one connection everybody would wait
const onServer = hasPostgres ? describe : describe.skip
onServer(`large requests to a gateway ${hasPostgres ? '' : withoutPostgres}`, () => {
  let gateway: TestGateway | undefined
  const running = (): TestGateway => gateway ?? fail()
  beforeAll(async () => {
    gateway = await startTestGateway('PostgreSQL')
    await feed(gateway, 'clinic', [patient('clinic', 2)])
  })
  afterAll(async () => gateway?.close())

  test('the next of the largest waits while one is worked on, and nobody else does', async () => {
    const clinic = running().as('clinic-system')
    await clinic.token()
    const filled = (id: string, length: number, more: object = {}) =>
      transaction([{ ...condition(id, 'C-0002', 'I10'), note: [{ text: 'x'.repeat(length) }], ...more }])
    const release = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const lock = running().context.store.transaction(async ({ sql }) => {
      await sql.query('lock table record in exclusive mode')
      locked.resolve()
      await release.promise
    })
    await locked.promise
    const answers: string[] = []
    const answered = async (name: string, reply: Promise<Reply>) => {
      const { status } = await reply
      answers.push(name)
      return status
    }
    const first = answered('first', clinic.post('', filled('large-1', 400 * kib)))
    await sleep(300)
    // refused before anything is written: by itself it is answered at once
    const unknown = { colour: 'blue' }
    const second = answered('second', clinic.post('', filled('large-2', 400 * kib, unknown)))
    try {
      const usual = answered('usual', clinic.post('', filled('large-3', 100 * kib, unknown)))
      expect(await usual).toBe(400)
      expect(await answered('small', clinic.get('Condition?code=I11'))).toBe(200)
      await sleep(300)
      expect(answers).toEqual(['usual', 'small'])
    } finally {
      release.resolve()
      await lock
    }
    expect(await Promise.all([first, second])).toEqual([200, 400])
    expect(answers).toEqual(['usual', 'small', 'first', 'second'])
  })
})

function fail(): never {
  throw new Error('the gateway has not started')
}
