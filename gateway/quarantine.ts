/**
 * Quarantine: what an adapter refused before it was a parcel, and taking it again once the mapping or the configuration is fixed.
 * Replaying is what the EMR would do by sending it again: the same message lands once, however often it is tried.
 */
import type { Parcel, Receipt, RefusedMessage } from '../adapters/contract.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { takeParcel } from './incoming.ts'

const day = 86_400_000
/** Content of patients must not rest for ever; what landed is metadata and stays a month. */
const restsMs = 90 * day
const listedMs = 30 * day

/** Keeps a message that could not become a parcel. Rejects when the store is away: then the EMR must not be told that it is kept. */
export async function restMessage(context: Context, institution: string, refused: RefusedMessage): Promise<void> {
  const isKept = await context.store.quarantine.rest(context.newId(), {
    institution,
    message: refused.id,
    kind: refused.kind,
    reason: refused.reason,
    place: refused.where,
    fault: '',
    body: '',
    raw: refused.raw,
    bytes: refused.raw.byteLength,
    atMs: context.now().getTime(),
  })
  context.log('warn', isKept ? 'message-quarantined' : 'message-quarantined-without-content', { institution, kind: refused.kind })
}

export type Replayed =
  | { readonly id: string; readonly outcome: 'landed' }
  | { readonly id: string; readonly outcome: 'landed-before' }
  | { readonly id: string; readonly outcome: 'refused'; readonly reason: string; readonly place: string }
  | { readonly id: string; readonly outcome: 'later'; readonly reason: string }
  | { readonly id: string; readonly outcome: 'not-kept' }
  | { readonly id: string; readonly outcome: 'unknown' }

/** One message again, through the adapter as it is configured now. */
export async function replayOne(context: Context, id: string): Promise<Replayed> {
  const row = await context.store.quarantine.one(id)
  if (row === undefined) return { id, outcome: 'unknown' }
  if (row.landedMs !== undefined) return { id, outcome: 'landed-before' }
  if (!row.isKept) return { id, outcome: 'not-kept' }
  await context.store.quarantine.tried(id)
  const adapter = context.adapters.get(row.institution)
  const take = (parcel: Parcel): Promise<Receipt> => takeParcel(context, row.institution, parcel)
  const receipt = await (row.raw === undefined || adapter?.replay === undefined ? takeAgain(row, take) : adapter.replay(row.raw, take))
  switch (receipt.outcome) {
    case 'ok':
      await context.store.quarantine.landedId(id, context.now().getTime())
      return { id, outcome: 'landed' }
    case 'fatal':
      return { id, outcome: 'refused', reason: receipt.reason, place: receipt.where }
    case 'transient':
      return { id, outcome: 'later', reason: receipt.reason }
    default:
      return receipt satisfies never
  }
}

/** Everything that rests, in the order it came, at most `limit`. */
export async function replayAll(context: Context, limit: number): Promise<readonly Replayed[]> {
  const done: Replayed[] = []
  for (const id of await context.store.quarantine.resting(limit)) done.push(await replayOne(context, id))
  return done
}

async function takeAgain(row: { message: string; body: string }, take: (parcel: Parcel) => Promise<Receipt>): Promise<Receipt> {
  const parcel = parcelIn(row)
  return parcel === undefined ? { outcome: 'fatal', reason: 'this institution’s adapter cannot take it again', where: '' } : take(parcel)
}

function parcelIn({ message, body }: { message: string; body: string }): Parcel | undefined {
  const value: unknown = body === '' ? undefined : JSON.parse(body)
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('bundle' in value)) return undefined
  const { kind, bundle } = value
  const known = (['feed', 'referral-request', 'referral-response', 'recall'] as const).find((name) => name === kind)
  if (known === undefined || !isResource(bundle) || bundle.resourceType !== 'Bundle') return undefined
  return { id: message, kind: known, bundle, gaps: [] }
}

/** Called by housekeeping. */
export async function forgetQuarantine(context: Context): Promise<void> {
  const nowMs = context.now().getTime()
  await context.store.quarantine.forget({ landedMs: nowMs - listedMs, restingMs: nowMs - restsMs })
}
