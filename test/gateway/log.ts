/** A ledger without a gateway around it: entries as the releases write them, and the sealer on a context that has what it needs. */
import { randomUUID } from 'node:crypto'
import type { Context } from '../../gateway/context.ts'
import { ledgerEntry, whoIsNetwork } from '../../gateway/ledger-entry.ts'
import type { LedgerEntry } from '../../gateway/store/ledger.ts'
import type { Database } from '../../gateway/store/pool.ts'
import { createStore } from '../../gateway/store/store.ts'

export interface Clock {
  nowMs: number
}

export function logContext(database: Database, clock: Clock = { nowMs: Date.parse('2026-03-01T00:00:00Z') }): Context {
  const context = {
    config: { publicUrl: 'http://localhost:8080', ledger: { retentionDays: 731 } },
    store: createStore(database),
    now: () => new Date(clock.nowMs),
    newId: () => randomUUID(),
    log: () => undefined,
  }
  // the sealer and the ledger read no more of a context than this
  return context as unknown as Context
}

/** `count` entries about two persons in turn, as some release would have made them. */
export function entries(context: Context, count: number): readonly LedgerEntry[] {
  return Array.from({ length: count }, (_, at) =>
    ledgerEntry(
      context,
      { ...whoIsNetwork, institution: at % 3 === 0 ? 'clinic' : 'tertiary' },
      { requestId: `request-${at}`, query: '' },
      {
        action: 'R',
        interaction: at % 2 === 0 ? 'read' : 'summary',
        outcome: 'success',
        persons: at % 2 === 0 ? ['person-1'] : ['person-1', 'person-2'],
        entities: [{ type: 'Condition', id: `condition-${at}`, version: '1' }],
        consents: [{ id: 'consent-1', version: '1' }],
        note: '',
      },
    ),
  )
}

export async function write(context: Context, count: number): Promise<void> {
  await context.store.ledger.append(entries(context, count))
}

/** As after the migrations: no entry, no log, and the numbers begin at 1. */
export async function emptyLedger({ sql }: Database): Promise<void> {
  await sql.query('truncate ledger, ledger_pending, ledger_leaf, ledger_node, ledger_checkpoint, ledger_key restart identity')
}
