/**
 * A message is taken once. Same sender and id and body: the same statuses, ids and locations again. Same id, another body: 409 `duplicate`.
 * Without an id every request stands for itself. Kept 30 days.
 */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Context } from './context.ts'
import { Problem } from './problem.ts'
import type { Tables } from './store/store.ts'

export interface Once {
  /** '' = the request has no identifier of its own */
  readonly id: string
  /** SHA-256 of the canonical body */
  readonly sha256: string
}

/** Runs `work` inside the transaction `tables` belongs to, or answers what was answered before. */
export async function once<T>(
  tables: Tables,
  context: Context,
  sender: string,
  key: Once,
  work: () => Promise<{ status: number; value: T }>,
): Promise<T> {
  if (key.id === '') return (await work()).value
  // The lock makes the second of two identical messages wait for the first, then find its answer.
  await tables.sql.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${sender}\n${key.id}`])
  const seen = await tables.messages.seen(sender, key.id)
  if (seen !== undefined) {
    if (seen.sha256 !== key.sha256) {
      throw new Problem('duplicate', 'this message id was already used with another body; send the new content under a new id', {
        id: 'duplicate',
      })
    }
    const answered: T = JSON.parse(seen.outcome)
    return answered
  }
  const done = await work()
  const seenNow = { sha256: key.sha256, status: done.status, outcome: JSON.stringify(done.value) }
  await tables.messages.remember(sender, key.id, seenNow, context.now().getTime())
  return done.value
}

/** SHA-256 of the canonical JSON of a body (RFC 8785): key order and spacing of a repeat do not matter. */
export function bodyHash(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex')
}
