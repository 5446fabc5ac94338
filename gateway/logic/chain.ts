/**
 * The Merkle tree of the ledger: hashes, growth, and proofs with their verification.
 * Spec: https://www.rfc-editor.org/rfc/rfc6962#section-2.1 (tree), https://www.rfc-editor.org/rfc/rfc9162#section-2.1 (verification).
 * A node is named by its level (0 = leaf) and its place on that level; only nodes over a full power of two leaves are ever kept, since
 * they never change again. Sizes are exact up to 2^53: no 32-bit arithmetic.
 */
import { createHash, hash } from 'node:crypto'

/** 32 bytes of SHA-256 */
export type Hash = Buffer

/** The root of a tree without leaves. */
export const emptyRoot: Hash = createHash('sha256').digest()

/** 0x00 before a leaf and 0x01 before a node, so that no node can pass for a leaf. Text is hashed as UTF-8. */
export function leafHash(data: string | Uint8Array): Hash {
  if (typeof data === 'string') return hash('sha256', `\u0000${data}`, 'buffer')
  return createHash('sha256').update(leafPrefix).update(data).digest()
}

/** Throws a RangeError for what is no hash. */
export function nodeHash(left: Hash, right: Hash): Hash {
  if (left.length !== hashBytes || right.length !== hashBytes) throw new RangeError('a hash has 32 bytes')
  joined.set(left, 1)
  joined.set(right, 1 + hashBytes)
  return hash('sha256', joined, 'buffer')
}

const leafPrefix = Buffer.of(0)
export const hashBytes = 32
/** every node is joined in the same place, and hashed there */
const joined = Buffer.alloc(1 + 2 * hashBytes, 1)

/** Where a kept node stands: it covers the leaves from `index * 2^level` on, 2^level of them. */
export interface NodeAt {
  readonly level: number
  readonly index: number
}

/** All that growth needs to know of a tree: the roots of its full subtrees, widest first. */
export interface Frontier {
  readonly size: number
  readonly peaks: readonly Hash[]
}

export const emptyFrontier: Frontier = { size: 0, peaks: [] }

export interface Grown {
  readonly frontier: Frontier
  /** the nodes above the new leaf that are complete now, lowest first; `made[0]` is on level 1 */
  readonly made: readonly Hash[]
}

/** One more leaf. */
export function grow({ size, peaks }: Frontier, leaf: Hash): Grown {
  const left = peaks.slice()
  const made: Hash[] = []
  let newest = leaf
  // each trailing one bit of the size is a full subtree that the new leaf completes into the next wider one
  for (let bits = size; bits % 2 === 1; bits = Math.floor(bits / 2)) {
    const sibling = left.pop()
    if (sibling === undefined) throw new RangeError('the frontier does not fit its size')
    newest = nodeHash(sibling, newest)
    made.push(newest)
  }
  return { frontier: { size: size + 1, peaks: [...left, newest] }, made }
}

/** The root of the tree as it stands. */
export function rootOf({ peaks }: Frontier): Hash {
  return peaks.length === 0 ? emptyRoot : fold(peaks)
}

/** Where the peaks of a tree of this size stand, widest first. */
export function peaksOf(size: number): readonly NodeAt[] {
  return nodesOf({ from: 0, until: size })
}

/** Leaves `from` (included) to `until` (excluded), as RFC 6962 cuts a tree: `from` is a multiple of the widest power of two that fits. */
export interface Range {
  readonly from: number
  readonly until: number
}

/** The kept nodes that make up a range, widest first. */
export function nodesOf({ from, until }: Range): readonly NodeAt[] {
  const nodes: NodeAt[] = []
  for (let at = from; at < until;) {
    const [level, width] = widest(until - at)
    nodes.push({ level, index: at / width })
    at += width
  }
  return nodes
}

/** The hash over a range, from the kept nodes. */
export function hashOfRange(range: Range, hashAt: (node: NodeAt) => Hash): Hash {
  return fold(nodesOf(range).map(hashAt))
}

function fold(peaks: readonly Hash[]): Hash {
  return peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), peaks.at(-1) ?? emptyRoot)
}

/** The largest power of two that `count` (1 or more) holds, and its exponent. Not by `Math.log2`, which rounds up near 2^49. */
function widest(count: number): readonly [level: number, width: number] {
  let [level, width] = [0, 1]
  while (width * 2 <= count) [level, width] = [level + 1, width * 2]
  return [level, width]
}

/** The largest power of two below `size` (more than 1). */
function cut(size: number): number {
  return widest(size - 1)[1]
}

/** What an inclusion proof of leaf `index` in a tree of `size` is made of, from the leaf upwards. PATH of RFC 6962 §2.1.1. */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  if (!(index >= 0 && index < size)) throw new RangeError('the leaf is not in the tree')
  const ranges: Range[] = []
  let { from, until }: Range = { from: 0, until: size }
  while (until - from > 1) {
    const middle = from + cut(until - from)
    if (index < middle) {
      ranges.unshift({ from: middle, until })
      until = middle
    } else {
      ranges.unshift({ from, until: middle })
      from = middle
    }
  }
  return ranges
}

/** What a proof that the tree of size `first` is the beginning of the tree of size `second` is made of. PROOF of RFC 6962 §2.1.2. */
export function consistencyRanges(first: number, second: number): readonly Range[] {
  if (!(first > 0 && first <= second)) throw new RangeError('the older tree is not a beginning of the younger')
  const ranges: Range[] = []
  let { from, until }: Range = { from: 0, until: second }
  while (until !== first) {
    const middle = from + cut(until - from)
    if (first <= middle) {
      ranges.unshift({ from: middle, until })
      until = middle
    } else {
      ranges.unshift({ from, until: middle })
      from = middle
    }
  }
  // the older tree's own root is known to whoever asks
  return from === 0 ? ranges : [{ from, until }, ...ranges]
}

export interface InclusionProof {
  readonly leaf: Hash
  readonly index: number
  readonly size: number
  readonly root: Hash
  readonly path: readonly Hash[]
}

/** Whether the leaf stands at `index` in the tree with this root. RFC 9162 §2.1.3.2. */
export function verifyInclusion({ leaf, index, size, root, path }: InclusionProof): boolean {
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size)) return false
  let [at, last, hash] = [index, size - 1, leaf]
  for (const sibling of path) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else hash = nodeHash(hash, sibling)
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 && hash.equals(root)
}

export interface ConsistencyProof {
  readonly first: number
  readonly second: number
  readonly firstRoot: Hash
  readonly secondRoot: Hash
  readonly path: readonly Hash[]
}

/** Whether the younger tree begins with the older one: nothing was changed, removed or put between. RFC 9162 §2.1.4.2. */
export function verifyConsistency({ first, second, firstRoot, secondRoot, path }: ConsistencyProof): boolean {
  if (!(Number.isSafeInteger(first) && Number.isSafeInteger(second) && first > 0 && first <= second)) return false
  if (first === second) return path.length === 0 && firstRoot.equals(secondRoot)
  const [start, ...rest] = widest(first)[1] === first ? [firstRoot, ...path] : path
  if (start === undefined) return false
  let [at, last] = [first - 1, second - 1]
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  let [older, younger] = [start, start]
  for (const sibling of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      older = nodeHash(sibling, older)
      younger = nodeHash(sibling, younger)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else younger = nodeHash(younger, sibling)
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 && older.equals(firstRoot) && younger.equals(secondRoot)
}
