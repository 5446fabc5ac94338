/**
 * The sealer: takes every committed ledger entry that is not in the log yet, appends it, and signs a checkpoint over the whole, in one
 * transaction under an advisory lock. So there is one sealer per database however many processes run, and one that is killed half-way has
 * done nothing. It never seals onto a log that does not fit its newest checkpoint: it stops, loudly, until a person has looked.
 */
import { createHash, generateKeyPairSync } from 'node:crypto'
import type { Context } from './context.ts'
import { grow, rootOf, type Frontier } from './logic/chain.ts'
import { checkpointText, keyIdOf, signText } from './logic/checkpoint.ts'
import type { KeptNode, Leaf, PendingEntry, SigningLogKey } from './store/ledger-log.ts'
import type { Tables } from './store/store.ts'

/** An entry waits at most about this long, and the time of one transaction, for its checkpoint. */
const sealEveryMs = 500
/** entries of one transaction */
const batch = 2_000
const rotateAfterMs = 90 * 86_400_000

/** Runs until `signal` aborts. */
export async function sealLoop(context: Context, input: { signal: AbortSignal; sleep: (ms: number) => Promise<void> }): Promise<void> {
  while (!input.signal.aborted) {
    const sealed = await sealNext(context).catch((thrown: unknown) => {
      context.log('error', 'sealing-fault', { fault: thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown' })
      return 0
    })
    if (sealed < batch) await input.sleep(sealEveryMs)
  }
}

/** Everything that is committed now; for a clean stop. Throws what `sealNext` throws. */
export async function sealAll(context: Context): Promise<void> {
  while ((await sealNext(context)) > 0);
}

/** Seals one batch; how many entries it held. 0 also while another process seals. Throws when the log does not fit its checkpoint. */
export async function sealNext(context: Context): Promise<number> {
  if (!(await context.store.log.hasPending())) return 0
  return context.store.transaction(async (tables) => ((await tables.log.tryToSeal()) ? sealInside(tables, context) : 0))
}

/** One batch within the transaction of `tables`, which holds the sealer's lock; how many entries it held. */
export async function sealInside(tables: Tables, context: Pick<Context, 'now'>): Promise<number> {
  const pending = await tables.log.pending(batch)
  if (pending.length === 0) return 0
  const before = await tables.log.frontier()
  await requireSound(tables, before)
  const { leaves, nodes, after } = appended(before, pending)
  await tables.log.append(leaves, nodes)
  await sign(tables, context, after)
  return pending.length
}

/** A new key signs from the next checkpoint on, its id is the answer; the keys before it stay published. */
export async function rotateLogKey(context: Pick<Context, 'store' | 'now'>): Promise<string> {
  return context.store.transaction(async (tables) => {
    await tables.log.waitToSeal()
    const key = nextKey(await tables.log.signingKey(), context.now().getTime())
    await tables.log.addKey(key)
    return key.id
  })
}

async function requireSound(tables: Tables, frontier: Frontier): Promise<void> {
  const newest = await tables.log.newestCheckpoint()
  const isSound = (newest?.size ?? 0) === frontier.size && (newest === undefined || newest.root.equals(rootOf(frontier)))
  if (!isSound) throw new Error("the ledger's log does not fit its newest checkpoint: nothing is sealed; run `carenet audit verify`")
}

function appended(before: Frontier, pending: readonly PendingEntry[]) {
  const leaves: Leaf[] = []
  const nodes: KeptNode[] = []
  let frontier = before
  for (const { seq, hash } of pending) {
    const leaf = frontier.size
    leaves.push({ leaf, seq, hash })
    const grown = grow(frontier, hash)
    for (const [at, made] of grown.made.entries()) nodes.push({ leaf, level: at + 1, hash: made })
    frontier = grown.frontier
  }
  return { leaves, nodes, after: frontier }
}

async function sign(tables: Tables, context: Pick<Context, 'now'>, frontier: Frontier): Promise<void> {
  const atMs = context.now().getTime()
  const known = await tables.log.signingKey()
  const isFresh = known !== undefined && atMs - known.sinceMs < rotateAfterMs
  const key = isFresh ? known : nextKey(known, atMs)
  if (!isFresh) await tables.log.addKey(key)
  const { size } = frontier
  const root = rootOf(frontier)
  const signature = signText(checkpointText({ origin: key.origin, size, root, atMs }), key.privateKey)
  await tables.log.addCheckpoint({ size, root, atMs, keyId: key.id, signature })
}

/** The log keeps the name that its first key gave it. */
function nextKey(before: SigningLogKey | undefined, sinceMs: number): SigningLogKey {
  const pair = generateKeyPairSync('ed25519')
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const origin = before?.origin ?? `care-network.kr/ledger/${createHash('sha256').update(publicKey).digest('hex').slice(0, 16)}`
  return {
    generation: (before?.generation ?? 0) + 1,
    id: keyIdOf(origin, publicKey),
    origin,
    publicKey,
    sinceMs,
    untilMs: undefined,
    privateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
  }
}
