import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Parcel, Receipt } from '../../../adapters/contract.ts'
import { loadCursor } from '../../../adapters/sql-view/cursor.ts'
import { pollView } from '../../../adapters/sql-view/poll.ts'
import type { Feed } from '../../../adapters/sql-view/poll.ts'
import type { SqlRow, SqlSource } from '../../../adapters/sql-view/source.ts'
import { cases, seedOr } from '../../support/proof.ts'

const feed: Feed = {
  view: 'V',
  change: 'CHG',
  key: ['KEY'],
  parcel: (id, row) => ({
    id,
    kind: 'feed',
    gaps: [],
    bundle: { resourceType: 'Bundle', type: 'transaction', identifier: { value: String(row['VERSION']) } },
  }),
}

/** A table with real transactions: a number is taken when one begins, a row is seen when it commits. */
class Table implements SqlSource {
  readonly committed = new Map<number, SqlRow>()
  readonly open: { readonly change: number; readonly key: number }[] = []
  readonly everSeen = new Set<string>()
  #next = 1

  begin(key: number): void {
    this.open.push({ change: this.#next, key })
    this.#next += 1
  }

  commit(at: number): void {
    const [done] = this.open.splice(at % Math.max(this.open.length, 1), 1)
    if (done !== undefined) this.committed.set(done.key, { KEY: done.key, CHG: done.change, VERSION: `${done.key}@${done.change}` })
  }

  get next(): number {
    return this.#next
  }

  versions(): readonly string[] {
    return [...this.committed.values()].map((row) => String(row['VERSION']))
  }

  async rows(_view: unknown, afterChange: number, limit: number): Promise<readonly SqlRow[]> {
    const all = [...this.committed.values()].filter((row) => Number(row['CHG']) > afterChange)
    const sorted = all.sort((a, b) => Number(a['CHG']) - Number(b['CHG']))
    const last = sorted[Math.min(limit, sorted.length) - 1]
    return sorted.filter((row) => Number(row['CHG']) <= Number(last?.['CHG'] ?? 0))
  }

  async insertOnce(): Promise<'inserted'> {
    return 'inserted'
  }

  async columns(): Promise<readonly string[]> {
    return []
  }
}

/** Keeps each parcel id once. `lost` = kept, but the answer never arrived. */
class IdempotentGateway {
  readonly kept = new Map<string, string>()
  readonly refused = new Set<string>()
  readonly answers: string[] = []

  readonly take = async (parcel: Parcel): Promise<Receipt> => {
    const version = parcel.bundle.identifier?.value ?? ''
    const before = this.kept.get(parcel.id)
    if (before !== undefined && before !== version) throw new Error('one id, two bodies')
    const answer = this.answers.shift() ?? 'ok'
    if (answer === 'fatal') this.refused.add(version)
    if (answer === 'fatal') return { outcome: 'fatal', reason: 'invalid', where: 'Patient' }
    if (answer === 'transient') return { outcome: 'transient', reason: 'busy' }
    this.kept.set(parcel.id, version)
    if (answer === 'lost') throw new Error('connection reset')
    return { outcome: 'ok' }
  }
}

type Step =
  | { readonly do: 'begin'; readonly key: number }
  | { readonly do: 'commit'; readonly at: number }
  | { readonly do: 'poll'; readonly answers: readonly string[]; readonly memoryFails: boolean; readonly commitsBetween: readonly number[] }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('begin' as const), key: fc.nat(30) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('commit' as const), at: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('poll' as const),
      answers: fc.array(fc.constantFrom('ok', 'ok', 'ok', 'transient', 'fatal', 'lost'), { maxLength: 6 }),
      memoryFails: fc.boolean(),
      commitsBetween: fc.array(fc.nat(9), { maxLength: 3 }),
    }),
  },
)

test('any interleaving of commits, polls, crashes and receipts delivers each row version exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.nat(6), fc.integer({ min: 1, max: 4 }), async (steps, overlap, batchRows) => {
      const table = new Table()
      const gateway = new IdempotentGateway()
      const kept = new Map<string, string>()
      // The promise the clinic makes: an open transaction is at most `overlap` numbers behind the newest visible one.
      const settle = (): void => {
        for (;;) {
          const late = table.open.findIndex((each) => each.change < Math.max(...changes(table), 0) - overlap)
          if (late < 0) return
          table.commit(late)
        }
      }
      const poll = async (answers: readonly string[], memoryFails: boolean, between: readonly number[]): Promise<void> => {
        gateway.answers.splice(0, gateway.answers.length, ...answers)
        const waiting = [...between]
        const source: SqlSource = {
          insertOnce: () => table.insertOnce(),
          columns: () => table.columns(),
          // Others commit between two pages of the same poll.
          rows: async (view, after, limit) => {
            const rows = await table.rows(view, after, limit)
            const at = waiting.shift()
            if (at !== undefined) table.commit(at)
            settle()
            return rows
          },
        }
        const memory = {
          get: async (key: string) => kept.get(key),
          set: async (key: string, value: string) => {
            if (memoryFails) throw new Error('killed')
            kept.set(key, value)
          },
        }
        // Every poll starts from what was remembered, as after a restart.
        const cursor = await loadCursor(memory, 'V')
        const work = pollView(feed, 'V', cursor, {
          source,
          memory,
          log: () => {},
          take: gateway.take,
          signal: new AbortController().signal,
          overlap,
          batchRows,
        })
        await work.catch((error: unknown) => {
          if (!(error instanceof Error) || error.message !== 'killed') throw error
        })
      }
      const due = new Set<string>()
      for (const each of steps) {
        if (each.do === 'begin' && !table.open.some((open) => open.key === each.key)) table.begin(each.key)
        if (each.do === 'commit') table.commit(each.at)
        settle()
        if (each.do === 'poll') await poll(each.answers, each.memoryFails, each.commitsBetween)
      }
      while (table.open.length > 0) table.commit(0)
      await poll([], false, [])
      for (const version of table.versions()) due.add(version)
      const delivered = [...gateway.kept.values()]
      expect(new Set(delivered).size).toBe(delivered.length)
      expect([...due].filter((version) => !delivered.includes(version) && !gateway.refused.has(version))).toEqual([])
    }),
    { numRuns: cases(400), seed: seedOr(20260302) },
  )
})

function changes(table: Table): readonly number[] {
  return [...table.committed.values()].map((row) => Number(row['CHG']))
}

test('rows of one transaction that share a change number are all read, however small the page', async () => {
  const kept = new Map<string, string>()
  const rows = Array.from({ length: 9 }, (_, at) => ({ KEY: at, CHG: 5, VERSION: `${at}` }))
  const source: SqlSource = {
    rows: async (_view, after) => (after < 5 ? rows : []),
    insertOnce: async () => 'inserted',
    columns: async () => [],
  }
  const gateway = new IdempotentGateway()
  const memory = { get: async (key: string) => kept.get(key), set: async (key: string, value: string) => void kept.set(key, value) }
  const poll = { source, memory, log: () => {}, take: gateway.take, signal: new AbortController().signal, overlap: 0, batchRows: 2 }
  const first = await pollView(feed, 'V', await loadCursor(memory, 'V'), poll)
  await pollView(feed, 'V', first.cursor, poll)
  expect([...gateway.kept.values()]).toEqual(rows.map((row) => row.VERSION))
})

test('a change number that is no whole number stops the view instead of being guessed', async () => {
  const source: SqlSource = { rows: async () => [{ KEY: 1, CHG: '41a' }], insertOnce: async () => 'inserted', columns: async () => [] }
  const memory = { get: async () => undefined, set: async () => {} }
  const poll = {
    source,
    memory,
    log: () => {},
    take: new IdempotentGateway().take,
    signal: new AbortController().signal,
    overlap: 1,
    batchRows: 2,
  }
  await expect(pollView(feed, 'V', await loadCursor(memory, 'V'), poll)).rejects.toThrow(
    'column `CHG` of `V` holds something that is no whole number',
  )
})

test('a remembered cursor that cannot be read is an error, not a start from the beginning', async () => {
  await expect(loadCursor({ get: async () => '{"high":"x"}', set: async () => {} }, 'V')).rejects.toThrow(
    'the remembered cursor `V` is not one',
  )
})
