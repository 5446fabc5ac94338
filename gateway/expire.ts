/**
 * Removes ledger entries whose time is over (`ledger.retentionDays`), oldest first, in bounded portions. One transaction writes the entry that
 * tells of it, seals that, and removes the content; leaves, nodes and checkpoints stay, so every proof still holds. What does not fit its
 * leaf is not removed: an expiry must never cover up damage.
 */
import type { Context } from './context.ts'
import { ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import { leafHash } from './logic/chain.ts'
import { dayMs, expiryKind, expiryNote } from './logic/ledger-expiry.ts'
import { sealInside } from './seal.ts'
import type { Tables } from './store/store.ts'

/** leaves looked at in one transaction; no checkpoint covers more new ones */
const portion = 2_000
const everyMs = 24 * 3_600_000

/** Once a day until `signal` aborts. */
export async function expireLoop(context: Context, input: { signal: AbortSignal; sleep: (ms: number) => Promise<void> }): Promise<void> {
  while (!input.signal.aborted) {
    const count = await expireAll(context, input.signal).catch((thrown: unknown) => {
      context.log('error', 'expiry-fault', { fault: thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown' })
      return 0
    })
    if (count > 0) context.log('info', 'ledger-expired', { count })
    await input.sleep(everyMs)
  }
}

async function expireAll(context: Context, signal: AbortSignal): Promise<number> {
  let total = 0
  for (let count = await expireNext(context); count > 0; count = signal.aborted ? 0 : await expireNext(context)) total += count
  return total
}

/** Removes one portion; how many entries it held. 0 also while another process seals. Throws when an entry is not what was sealed. */
export async function expireNext(context: Context): Promise<number> {
  const nowMs = context.now().getTime()
  const cutoffMs = nowMs - context.config.ledger.retentionDays * dayMs
  return context.store.transaction(async (tables) => {
    if (!(await tables.log.tryToSeal())) return 0
    const from = await tables.expiry.removedUntil()
    const until = await expiredUntil(tables, from, cutoffMs)
    if (until === from) return 0
    await requireWhole(tables, from, until)
    const act = {
      action: 'D',
      interaction: expiryKind,
      outcome: 'success',
      persons: [],
      entities: [],
      consents: [],
      note: expiryNote({ from, until, cutoffMs }),
    } as const
    await tables.ledger.append([ledgerEntry(context, whoIsNetwork, { requestId: '', query: '' }, act)])
    while ((await sealInside(tables, context)) > 0);
    await tables.expiry.remove(from, until)
    return until - from
  })
}

/** The size of the youngest checkpoint, of those next in line, that was signed by the cutoff with all before it. */
async function expiredUntil(tables: Tables, from: number, cutoffMs: number): Promise<number> {
  const next = await tables.log.checkpoints(from, from + portion)
  const young = next.findIndex(({ atMs }) => atMs > cutoffMs)
  return (young === -1 ? next : next.slice(0, young)).at(-1)?.size ?? from
}

async function requireWhole(tables: Tables, from: number, until: number): Promise<void> {
  const rows = await tables.expiry.entries(from, until)
  const isWhole = rows.length === until - from && rows.every(({ hash, body }) => body !== undefined && leafHash(body).equals(hash))
  if (!isWhole)
    throw new Error(
      `an expired entry of leaves ${from} to ${until - 1} is not what was sealed: nothing is removed; run \`carenet audit verify\``,
    )
}
