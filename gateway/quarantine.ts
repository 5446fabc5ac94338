/**
 * Quarantine: what an adapter refused before it was a parcel, and taking it again once the mapping or the configuration is fixed.
 * Replaying is what the EMR would do by sending it again: the same message lands once, however often it is tried.
 */
import type { Parcel, Receipt, RefusedMessage } from '../adapters/contract.ts'
import { parseTaken } from '../fhir-profiles/json.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { takeParcel } from './incoming.ts'
import { ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import type { QuarantineRow } from './store/quarantine.ts'

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

/** Who looks or takes again: over HTTP with a token, or at the machine. */
export interface ActingOnQuarantine {
  readonly who: AuditWho
  readonly request: { readonly requestId: string; readonly query: string }
}

/** No token says who sits at the machine: the account there does. */
export function actingAtMachine(account: string, machine: string): ActingOnQuarantine {
  const who = { ...whoIsNetwork, subject: account, name: 'carenet quarantine', role: 'integrator', purposes: [], address: machine }
  return { who, request: { requestId: '', query: '' } }
}

/** What rests and what landed of late, newest first. A look is an act: it is in the ledger before anything is shown. */
export async function lookAtQuarantine(context: Context, by: ActingOnQuarantine, limit: number): Promise<readonly QuarantineRow[]> {
  const rows = await context.store.quarantine.list(limit)
  await enter(context, by, { action: 'R', interaction: 'quarantine', note: `${rows.length} listed` })
  return rows
}

/** The message is named by the id that the network gave it. Nobody is named: who could not be taken is not known. */
async function enter(
  context: Context,
  { who, request }: ActingOnQuarantine,
  act: { readonly action: 'R' | 'E'; readonly interaction: 'quarantine' | 'quarantine-replay'; readonly note: string },
): Promise<void> {
  const rest = { outcome: 'success', persons: [], entities: [], consents: [] } as const
  await context.store.ledger.append([ledgerEntry(context, who, request, { ...act, ...rest })])
}

export type Replayed =
  | { readonly id: string; readonly outcome: 'landed' }
  | { readonly id: string; readonly outcome: 'landed-before' }
  | { readonly id: string; readonly outcome: 'refused'; readonly reason: string; readonly place: string }
  | { readonly id: string; readonly outcome: 'later'; readonly reason: string }
  | { readonly id: string; readonly outcome: 'not-kept' }
  | { readonly id: string; readonly outcome: 'unknown' }

/** One message again, through the adapter as it is configured now. The act is entered first: what lands is an entry of its own. */
export async function replayOne(context: Context, by: ActingOnQuarantine, id: string): Promise<Replayed> {
  const row = await context.store.quarantine.one(id)
  // an id that is not ours may be anything, a patient's number too
  const note = row === undefined ? 'no message of this id' : `message ${row.id}`
  await enter(context, by, { action: 'E', interaction: 'quarantine-replay', note })
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
export async function replayAll(context: Context, by: ActingOnQuarantine, limit: number): Promise<readonly Replayed[]> {
  const done: Replayed[] = []
  for (const id of await context.store.quarantine.resting(limit)) done.push(await replayOne(context, by, id))
  return done
}

async function takeAgain(row: { message: string; body: string }, take: (parcel: Parcel) => Promise<Receipt>): Promise<Receipt> {
  const parcel = parcelIn(row)
  return parcel === undefined ? { outcome: 'fatal', reason: 'this institution’s adapter cannot take it again', where: '' } : take(parcel)
}

function parcelIn({ message, body }: { message: string; body: string }): Parcel | undefined {
  const value = body === '' ? undefined : parseTaken(body)
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
