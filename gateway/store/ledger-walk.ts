/** One pass over the leaves of the log: what stands there, grown into the tree again, and what of it is not as it was sealed. */
import { emptyFrontier, grow, leafHash, rootOf, type Frontier, type Hash } from '../logic/chain.ts'
import { checkpointText, isSigned } from '../logic/checkpoint.ts'
import { ledgerColumns } from '../logic/ledger-columns.ts'
import type { LogKey, StoredCheckpoint } from './ledger-log.ts'
import type { SealedRow } from './ledger-rows.ts'

export type FindingKind =
  | 'changed'
  | 'moved'
  | 'deleted'
  | 'inserted'
  | 'truncated'
  | 'column'
  | 'leaf'
  | 'tree'
  | 'checkpoint'
  | 'signature'
  | 'uncovered'
  | 'trusted'
  | 'expiry'

export interface Finding {
  readonly kind: FindingKind
  /** one sentence: seq, id, leaf, size; no patient data */
  readonly says: string
  /** seq of the entry it is about, where it is about one */
  readonly seq?: number
}

/** What one pass over the leaves remembers. */
export interface Walk {
  readonly keys: ReadonlyMap<string, LogKey>
  readonly witness: { readonly size: number; readonly root: Hash } | undefined
  readonly findings: Finding[]
  /** below this leaf an entry that is gone has expired */
  readonly expiredUntil: number
  expired: number
  frontier: Frontier
  /** a leaf is missing: from there on no root can be computed */
  isBroken: boolean
  checkpoints: number
  /** size of the last checkpoint that fitted before the first that did not */
  lastSound: number
  firstUnsound: number | undefined
  unsound: number
  /** where the last reported damage of the tree ends: the nodes above it differ too, and are not news */
  damagedUntil: number
  readonly changed: { readonly row: SealedRow; readonly actual: string }[]
  readonly deleted: SealedRow[]
}

export function startWalk(keys: readonly LogKey[], witness: Walk['witness'], expiredUntil: number): Walk {
  return {
    keys: new Map(keys.map((key) => [key.id, key])),
    witness,
    findings: [],
    expiredUntil,
    expired: 0,
    frontier: emptyFrontier,
    isBroken: false,
    checkpoints: 0,
    lastSound: 0,
    firstUnsound: undefined,
    unsound: 0,
    damagedUntil: 0,
    changed: [],
    deleted: [],
  }
}

interface Chunk {
  readonly from: number
  readonly until: number
  readonly rows: readonly SealedRow[]
  /** `level/leaf` → hash */
  readonly nodes: ReadonlyMap<string, Hash>
  readonly checkpoints: readonly StoredCheckpoint[]
}

export function visitChunk(walk: Walk, { from, until, rows, nodes, checkpoints }: Chunk): void {
  const byLeaf = new Map(rows.map((row) => [row.leaf, row]))
  const bySize = new Map(checkpoints.map((checkpoint) => [checkpoint.size, checkpoint]))
  for (let leaf = from; leaf < until; leaf += 1) {
    const row = byLeaf.get(leaf)
    if (row === undefined) {
      walk.isBroken = true
      walk.findings.push({ kind: 'leaf', says: `leaf ${leaf} is missing from the log` })
    } else {
      checkEntry(walk, row)
      if (!walk.isBroken) growOver(walk, row, nodes)
    }
    const checkpoint = bySize.get(leaf + 1)
    if (checkpoint !== undefined) {
      walk.checkpoints += 1
      checkSignature(walk, checkpoint)
      checkRoot(walk, checkpoint)
    }
    if (walk.witness?.size === leaf + 1) checkWitness(walk, walk.witness)
  }
}

function checkEntry(walk: Walk, row: SealedRow): void {
  const { entry } = row
  if (entry === undefined) {
    if (row.leaf < walk.expiredUntil) walk.expired += 1
    else walk.deleted.push(row)
    return
  }
  const actual = leafHash(entry.body)
  if (!actual.equals(row.hash)) {
    walk.changed.push({ row, actual: actual.toString('hex') })
    return
  }
  const sealed = ledgerColumns(entry.body)
  const isSame = {
    id: sealed?.id === entry.id,
    at_ms: sealed?.atMs === entry.atMs,
    persons: JSON.stringify(sealed?.persons) === JSON.stringify(entry.persons),
    institution: sealed?.institution === entry.institution,
    kind: sealed?.kind === entry.kind,
  }
  const wrong = Object.entries(isSame).flatMap(([name, same]) => (same ? [] : [name]))
  if (wrong.length > 0)
    walk.findings.push({
      kind: 'column',
      seq: row.seq,
      says: `entry ${sealed?.id ?? entry.id} (seq ${row.seq}, leaf ${row.leaf}) is filed wrongly: ${wrong.join(', ')} differ from the sealed entry`,
    })
}

/** Grows the tree by one leaf and compares what that completes with what is kept. */
function growOver(walk: Walk, row: SealedRow, nodes: Chunk['nodes']): void {
  const grown = grow(walk.frontier, row.hash)
  walk.frontier = grown.frontier
  for (const [at, made] of grown.made.entries()) {
    const level = at + 1
    const first = row.leaf + 1 - 2 ** level
    const isSound = nodes.get(`${level}/${row.leaf}`)?.equals(made) === true
    if (isSound || first < walk.damagedUntil) continue
    walk.damagedUntil = row.leaf + 1
    walk.findings.push({
      kind: 'tree',
      seq: row.seq,
      says: `the log does not fit itself over the leaves ${first} to ${row.leaf}: one of them was changed after it was sealed (the last is seq ${row.seq})`,
    })
  }
}

export function checkSignature(walk: Walk, checkpoint: StoredCheckpoint): void {
  const key = walk.keys.get(checkpoint.keyId)
  const isGood = key !== undefined && isSigned(checkpointText({ ...checkpoint, origin: key.origin }), checkpoint.signature, key.publicKey)
  if (!isGood)
    walk.findings.push({
      kind: 'signature',
      says: `the checkpoint of size ${checkpoint.size} is not signed by the key it names (${checkpoint.keyId})`,
    })
}

function checkRoot(walk: Walk, checkpoint: StoredCheckpoint): void {
  if (!walk.isBroken && rootOf(walk.frontier).equals(checkpoint.root)) {
    if (walk.firstUnsound === undefined) walk.lastSound = checkpoint.size
    return
  }
  walk.firstUnsound ??= checkpoint.size
  walk.unsound += 1
}

function checkWitness(walk: Walk, witness: { readonly size: number; readonly root: Hash }): void {
  if (!walk.isBroken && rootOf(walk.frontier).equals(witness.root)) return
  walk.findings.push({
    kind: 'trusted',
    says: `the first ${witness.size} entries are not those of the trusted checkpoint: history was rewritten`,
  })
}

export function rootFindings({ firstUnsound, lastSound, unsound }: Walk): readonly Finding[] {
  if (firstUnsound === undefined) return []
  const more = unsound > 1 ? `, nor do ${unsound - 1} later ones` : ''
  const where = `between leaf ${lastSound} and leaf ${firstUnsound - 1}`
  return [{ kind: 'checkpoint', says: `the checkpoint of size ${firstUnsound} does not fit the log${more}: the cause lies ${where}` }]
}

/** Entries that are gone, are another's, or are no longer what was sealed. What was sealed elsewhere has moved. */
export function lostAndMoved(walk: Walk, leaves: number): readonly Finding[] {
  const sealedAt = new Map([...walk.changed.map(({ row }) => row), ...walk.deleted].map((row) => [row.hash.toString('hex'), row.leaf]))
  const changed = walk.changed.map(({ row, actual }): Finding => {
    const name = `entry ${row.entry?.id ?? ''} (seq ${row.seq}, leaf ${row.leaf})`
    const other = sealedAt.get(actual)
    return other === undefined
      ? { kind: 'changed', seq: row.seq, says: `${name} is not what was sealed` }
      : { kind: 'moved', seq: row.seq, says: `${name} stands where another was sealed: it was sealed as leaf ${other}` }
  })
  const kept = walk.deleted.slice()
  const tail: SealedRow[] = []
  while (kept.at(-1)?.leaf === leaves - 1 - tail.length) tail.unshift(...kept.splice(-1))
  const lost = kept.map(({ seq, leaf }): Finding => {
    return { kind: 'deleted', seq, says: `the entry of seq ${seq} (leaf ${leaf}) was removed` }
  })
  const [first] = tail
  const last = tail.at(-1)
  if (first === undefined || last === undefined) return [...changed, ...lost]
  const says = `the end of the ledger was cut off: ${tail.length} sealed entries, seq ${first.seq} to ${last.seq}, were removed`
  return [...changed, ...lost, { kind: 'truncated', seq: first.seq, says }]
}
