/** A small seeded generator: the same seed and key give the same stream on any machine. Not for secrets. */

export interface Random {
  /** 0 ≤ x < 1 */
  next(): number
  chance(probability01: number): boolean
  /** a whole number, both ends included */
  between(low: number, high: number): number
  /** bell-shaped, cut at three standard deviations, so that no value is absurd */
  normal(mean: number, deviation: number): number
  /** Throws on an empty list: there is nothing to pick. */
  pick<T>(list: readonly T[]): T
  weighted<T>(list: readonly (readonly [T, number])[]): T
}

/** `key` names what the stream is for, e.g. one person: a change in one stream moves no other. */
export function random(seed: number, key: string): Random {
  const next = sfc32(hash(`${seed}/${key}`))
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  const at = <T>(list: readonly T[], index: number): T => {
    const item = list[index]
    if (item === undefined) throw new Error('there is nothing to pick from')
    return item
  }
  return {
    next,
    between,
    chance: (probability01) => next() < probability01,
    // The sum of twelve uniforms has variance one: https://en.wikipedia.org/wiki/Irwin–Hall_distribution
    normal: (mean, deviation) => {
      const sum = Array.from({ length: 12 }, next).reduce((total, each) => total + each, 0)
      return mean + Math.max(-3, Math.min(3, sum - 6)) * deviation
    },
    pick: (list) => at(list, between(0, list.length - 1)),
    weighted: (list) => {
      let left = next() * list.reduce((total, [, weight]) => total + weight, 0)
      for (const [item, weight] of list) {
        left -= weight
        if (left < 0) return item
      }
      return at(list, list.length - 1)[0]
    },
  }
}

/** FNV-1a, four words from four offsets. http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): readonly [number, number, number, number] {
  const word = (offset: number): number =>
    Array.from(text).reduce((state, sign) => Math.imul(state ^ (sign.codePointAt(0) ?? 0), 0x01000193) >>> 0, (0x811c9dc5 ^ offset) >>> 0)
  return [word(0), word(0x9e3779b9), word(0x7f4a7c15), word(0x85ebca6b)]
}

/** sfc32 of the PractRand suite (public domain). https://pracrand.sourceforge.net */
function sfc32([first, second, third, fourth]: readonly [number, number, number, number]): () => number {
  let [a, b, c, counter] = [first | 0, second | 0, third | 0, fourth | 0]
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }
  for (let round = 0; round < 15; round += 1) step()
  return step
}
