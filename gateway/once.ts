/**
 * A message is taken once. Same sender and id and body: the same statuses, ids and locations again. Same id, another body: 409 `duplicate`.
 * Without an id every request stands for itself. Kept 30 days.
 */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Gap } from '../adapters/contract.ts'
import type { Context } from './context.ts'
import { Problem } from './problem.ts'
import type { WrittenEntry } from './written.ts'
import type { Tables } from './store/store.ts'

export interface Once {
  /** '' = the request has no identifier of its own */
  readonly id: string
  /** SHA-256 of the canonical body */
  readonly sha256: string
  /** what of the message could not be mapped; noted with it, so that a repeat does not note it again */
  readonly gaps?: { readonly message: string; readonly list: readonly Gap[] }
}

/** What is remembered of an answer: statuses, ids and locations. Bodies are released anew, never replayed. */
export interface Outcome {
  /** the referral it made or moved; '' for a feed */
  readonly task: string
  readonly entries: readonly WrittenEntry[]
}

/** Runs `work` inside the transaction `tables` belongs to, or answers what was answered before. */
export async function once(tables: Tables, context: Context, sender: string, key: Once, work: () => Promise<Outcome>): Promise<Outcome> {
  if (key.id === '') return work()
  // The lock makes the second of two identical messages wait for the first, then find its answer.
  await tables.messages.lock(sender, key.id)
  const seen = await tables.messages.seen(sender, key.id)
  if (seen !== undefined) {
    if (seen.sha256 !== key.sha256) {
      throw new Problem('duplicate', 'this message id was already used with another body; send the new content under a new id', {
        id: 'duplicate',
        expression: 'Bundle.identifier',
      })
    }
    const before: unknown = JSON.parse(seen.outcome)
    if (!isOutcome(before)) throw new TypeError('a remembered outcome has our own shape')
    return before
  }
  const done = await work()
  const nowMs = context.now().getTime()
  await tables.messages.remember(sender, key.id, { sha256: key.sha256, status: 200, outcome: JSON.stringify(done) }, nowMs)
  if (key.gaps !== undefined) await tables.messages.gaps(sender, key.gaps.message, key.gaps.list, nowMs)
  return done
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && 'task' in value && 'entries' in value && Array.isArray(value.entries)
}

/** SHA-256 of the canonical JSON of a body (RFC 8785): key order and spacing of a repeat do not matter. */
export function bodyHash(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('hex')
}
