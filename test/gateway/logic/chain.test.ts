/** The tree against RFC 6962 as written: the published vectors, and the recursive definition that nobody would run on a large log. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  consistencyRanges,
  emptyFrontier,
  emptyRoot,
  grow,
  hashOfRange,
  inclusionRanges,
  leafHash,
  nodesOf,
  peaksOf,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  type Frontier,
  type Hash,
  type NodeAt,
} from '../../../gateway/logic/chain.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

const sha256 = (...parts: readonly Uint8Array[]): Hash => createHash('sha256').update(Buffer.concat(parts)).digest()

/** MTH, PATH and PROOF of RFC 6962 §2.1, word for word. */
const split = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}
const mth = (d: readonly Uint8Array[]): Hash => {
  const [only] = d
  if (only === undefined) return sha256()
  if (d.length === 1) return sha256(Buffer.of(0), only)
  const k = split(d.length)
  return sha256(Buffer.of(1), mth(d.slice(0, k)), mth(d.slice(k)))
}
const path = (m: number, d: readonly Uint8Array[]): Hash[] => {
  if (d.length === 1) return []
  const k = split(d.length)
  return m < k ? [...path(m, d.slice(0, k)), mth(d.slice(k))] : [...path(m - k, d.slice(k)), mth(d.slice(0, k))]
}
const subproof = (m: number, d: readonly Uint8Array[], isWhole: boolean): Hash[] => {
  if (m === d.length) return isWhole ? [] : [mth(d)]
  const k = split(d.length)
  return m <= k ? [...subproof(m, d.slice(0, k), isWhole), mth(d.slice(k))] : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))]
}

/** A log in memory, grown leaf by leaf. */
function logOf(data: readonly Uint8Array[]) {
  const kept = new Map<string, Hash>()
  let frontier: Frontier = emptyFrontier
  for (const [index, item] of data.entries()) {
    const leaf = leafHash(item)
    kept.set(`0/${index}`, leaf)
    const grown = grow(frontier, leaf)
    for (const [at, hash] of grown.made.entries()) kept.set(`${at + 1}/${(index + 1) / 2 ** (at + 1) - 1}`, hash)
    frontier = grown.frontier
  }
  const hashAt = ({ level, index }: NodeAt): Hash => {
    const hash = kept.get(`${level}/${index}`)
    if (hash === undefined) throw new Error(`node ${level}/${index} was not kept`)
    return hash
  }
  return {
    frontier,
    root: rootOf(frontier),
    rootAt: (size: number) => hashOfRange({ from: 0, until: size }, hashAt),
    peaks: peaksOf(data.length).map(hashAt),
    inclusion: (index: number, size: number) => inclusionRanges(index, size).map((range) => hashOfRange(range, hashAt)),
    consistency: (first: number, second: number) => consistencyRanges(first, second).map((range) => hashOfRange(range, hashAt)),
  }
}

// The eight leaves and roots that Certificate Transparency's own implementations test with.
const vectors = [
  ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  ['00', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  ['10', 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  ['2021', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
  ['3031', '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
  ['40414243', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
  ['5051525354555657', 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
  ['606162636465666768696a6b6c6d6e6f', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
] as const
const published = vectors.map(([leaf]) => Buffer.from(leaf, 'hex'))

describe('the tree of RFC 6962', () => {
  test('has the published roots after each of the eight published leaves, and the hash of nothing before them', () => {
    expect(emptyRoot.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(rootOf(emptyFrontier)).toEqual(emptyRoot)
    for (const [at, [, root]] of vectors.entries()) expect(logOf(published.slice(0, at + 1)).root.toString('hex')).toBe(root)
  })

  test('gives the published inclusion and consistency proofs', () => {
    const log = logOf(published)
    const hex = (hashes: readonly Hash[]) => hashes.map((hash) => hash.toString('hex'))
    expect(hex(log.inclusion(0, 1))).toEqual([])
    expect(hex(log.inclusion(0, 8))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ])
    expect(hex(log.consistency(1, 1))).toEqual([])
    expect(hex(log.consistency(6, 8))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
  })

  test('a leaf never hashes like a node of the same bytes', () => {
    const [left, right] = [leafHash('a'), leafHash('b')]
    expect(leafHash(Buffer.concat([left, right]))).not.toEqual(logOf([Buffer.from('a'), Buffer.from('b')]).root)
  })

  test('of every size up to 20 has the roots and proofs of the definition, and every one verifies', () => {
    const data = Array.from({ length: 20 }, (_, at) => Buffer.from(`entry ${at}`))
    const log = logOf(data)
    for (let size = 1; size <= data.length; size += 1) {
      const own = data.slice(0, size)
      expect(log.rootAt(size)).toEqual(mth(own))
      for (let index = 0; index < size; index += 1) {
        const proof = log.inclusion(index, size)
        expect(proof).toEqual(path(index, own))
        const leaf = leafHash(data[index] ?? '')
        expect(verifyInclusion({ leaf, index, size, root: log.rootAt(size), path: proof })).toBe(true)
        if (size > 1) expect(verifyInclusion({ leaf, index: (index + 1) % size, size, root: log.rootAt(size), path: proof })).toBe(false)
      }
      for (let first = 1; first <= size; first += 1) {
        const proof = log.consistency(first, size)
        expect(proof).toEqual(subproof(first, own, true))
        const both = { first, second: size, firstRoot: log.rootAt(first), secondRoot: log.rootAt(size), path: proof }
        expect(verifyConsistency(both)).toBe(true)
        expect(verifyConsistency({ ...both, firstRoot: emptyRoot })).toBe(false)
        expect(verifyConsistency({ ...both, secondRoot: emptyRoot })).toBe(false)
      }
    }
  })

  test('grown from its peaks alone is the tree grown from the beginning', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 70 }), fc.nat(70), (data, at) => {
        const before = logOf(data.slice(0, at))
        const rest = data.slice(at)
        const after = rest.reduce<Frontier>((frontier, item) => grow(frontier, leafHash(item)).frontier, {
          size: before.frontier.size,
          peaks: before.peaks,
        })
        expect(rootOf(after)).toEqual(mth(data))
      }),
    )
  })

  test('no proof holds for a changed leaf, root, position, size or path', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), fc.nat(), (size, pick, bit) => {
        const data = Array.from({ length: size }, (_, at) => Buffer.from(String(at)))
        const log = logOf(data)
        const index = pick % size
        const good = { leaf: leafHash(data[index] ?? ''), index, size, root: log.root, path: log.inclusion(index, size) }
        expect(verifyInclusion(good)).toBe(true)
        const flipped = (hash: Hash): Hash => {
          const copy = Buffer.from(hash)
          copy.writeUInt8(copy.readUInt8(bit % 32) ^ 1, bit % 32)
          return copy
        }
        expect(verifyInclusion({ ...good, leaf: flipped(good.leaf) })).toBe(false)
        expect(verifyInclusion({ ...good, root: flipped(good.root) })).toBe(false)
        expect(
          verifyInclusion({
            ...good,
            path: good.path.with(bit % good.path.length, flipped(good.path[bit % good.path.length] ?? log.root)),
          }),
        ).toBe(false)
        expect(verifyInclusion({ ...good, path: good.path.slice(1) })).toBe(false)
        expect(verifyInclusion({ ...good, path: [...good.path, log.root] })).toBe(false)
        expect(verifyInclusion({ ...good, index: size })).toBe(false)
        expect(verifyInclusion({ ...good, index: -1 })).toBe(false)
      }),
    )
  })

  test('stays exact beyond 32 bits', () => {
    expect(peaksOf(2 ** 50 - 1)).toHaveLength(50)
    const size = 2 ** 40 + 3
    expect(peaksOf(size)).toEqual([
      { level: 40, index: 0 },
      { level: 1, index: 2 ** 39 },
      { level: 0, index: 2 ** 40 + 2 },
    ])
    const ranges = inclusionRanges(2 ** 40 + 2, size)
    expect(ranges.flatMap(nodesOf)).toEqual([
      { level: 1, index: 2 ** 39 },
      { level: 40, index: 0 },
    ])
    // a tree of that size in which every node below the cut hashes to the same made-up bytes
    const [leaf, pair, whole] = [leafHash('c'), leafHash('b'), leafHash('a')]
    const root = rootOf({ size, peaks: [whole, pair, leaf] })
    expect(verifyInclusion({ leaf, index: 2 ** 40 + 2, size, root, path: [pair, whole] })).toBe(true)
    expect(
      verifyConsistency({
        first: 2 ** 40,
        second: size,
        firstRoot: whole,
        secondRoot: root,
        path: [rootOf({ size: 3, peaks: [pair, leaf] })],
      }),
    ).toBe(true)
  })

  test('what is no proof is refused, not misread', () => {
    expect(() => inclusionRanges(3, 3)).toThrow('not in the tree')
    expect(() => consistencyRanges(0, 3)).toThrow('not a beginning')
    expect(() => consistencyRanges(4, 3)).toThrow('not a beginning')
    const { root } = logOf(published)
    expect(verifyConsistency({ first: 0, second: 8, firstRoot: emptyRoot, secondRoot: root, path: [] })).toBe(false)
    expect(verifyConsistency({ first: 9, second: 8, firstRoot: root, secondRoot: root, path: [] })).toBe(false)
    expect(verifyConsistency({ first: 3, second: 8, firstRoot: root, secondRoot: root, path: [] })).toBe(false)
    expect(verifyInclusion({ leaf: root, index: 0.5, size: 1, root, path: [] })).toBe(false)
  })
})
