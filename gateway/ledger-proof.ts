/** What the log tells: the newest checkpoint, its keys, and proofs by which whoever holds a checkpoint can check us. No patient data. */
import type { Context } from './context.ts'
import { consistencyRanges, hashOfRange, inclusionRanges, nodesOf, type Hash, type Range } from './logic/chain.ts'
import { checkpointText, noteOf, verifierKey } from './logic/checkpoint.ts'
import type { LogKey, StoredCheckpoint } from './store/ledger-log.ts'
import type { Tables } from './store/store.ts'

export interface Sealed {
  readonly checkpoint: StoredCheckpoint
  readonly key: LogKey
  /** the signed note, as it is handed out */
  readonly note: string
}

export interface EntryProof extends Sealed {
  readonly leaf: Hash
  readonly index: number
  /** from the leaf upwards */
  readonly path: readonly Hash[]
}

/** The newest checkpoint; undefined before the first. */
export async function newestCheckpoint(tables: Tables): Promise<Sealed | undefined> {
  const checkpoint = await tables.log.newestCheckpoint()
  const key = (await tables.log.keys()).find(({ id }) => id === checkpoint?.keyId)
  if (checkpoint === undefined || key === undefined) return undefined
  const text = checkpointText({ ...checkpoint, origin: key.origin })
  return { checkpoint, key, note: noteOf(text, { name: key.origin, keyId: key.id, signature: checkpoint.signature }) }
}

/** That this entry is in the log under the newest checkpoint; undefined while it is not sealed. */
export async function proveEntry(context: Context, id: string): Promise<EntryProof | undefined> {
  return context.store.snapshot(async (tables) => {
    const [place, newest] = [await tables.log.leafOf(id), await newestCheckpoint(tables)]
    if (place === undefined || newest === undefined || place.leaf >= newest.checkpoint.size) return undefined
    const path = await hashes(tables, inclusionRanges(place.leaf, newest.checkpoint.size))
    return { ...newest, leaf: place.hash, index: place.leaf, path }
  })
}

/** That the log of size `first` is the beginning of the log under the newest checkpoint; undefined for a size it never had. */
export async function proveGrowth(context: Context, first: number): Promise<(Sealed & { readonly path: readonly Hash[] }) | undefined> {
  return context.store.snapshot(async (tables) => {
    const newest = await newestCheckpoint(tables)
    if (newest === undefined || first < 1 || first > newest.checkpoint.size) return undefined
    return { ...newest, path: await hashes(tables, consistencyRanges(first, newest.checkpoint.size)) }
  })
}

export interface PublishedLogKey {
  readonly id: string
  /** one line, as verifiers of signed notes are given it */
  readonly verifierKey: string
  /** 32 raw bytes, base64 */
  readonly ed25519: string
  readonly since: string
  /** absent while it signs */
  readonly until?: string
}

/** Every key that ever signed a checkpoint of this log, oldest first. */
export async function publishedLogKeys(context: Context): Promise<readonly PublishedLogKey[]> {
  return (await context.store.log.keys()).map(({ id, origin, publicKey, sinceMs, untilMs }) => ({
    id,
    verifierKey: verifierKey(origin, publicKey),
    ed25519: publicKey.toString('base64'),
    since: new Date(sinceMs).toISOString(),
    ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
  }))
}

async function hashes(tables: Tables, ranges: readonly Range[]): Promise<readonly Hash[]> {
  const hashAt = await tables.log.nodes(ranges.flatMap(nodesOf))
  return ranges.map((range) => hashOfRange(range, hashAt))
}
