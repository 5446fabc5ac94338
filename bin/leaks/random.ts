/** Seeded choices: the same seed makes the same people, consents and requests, so that a difference found once is found again. */
export interface Random {
  /** a number in [0, 1) */
  next(): number
  /** a whole number in [0, below) */
  below(below: number): number
  pick<T>(from: readonly T[]): T
  /** shaped like a random UUID; never one that a server gave out */
  uuid(): string
}

/** mulberry32: small, fast and good enough to choose test cases; never for secrets. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    pick(from) {
      const chosen = from[below(from.length)]
      if (chosen === undefined) throw new TypeError('there is nothing to pick from')
      return chosen
    },
    uuid() {
      const hex = Array.from({ length: 32 }, () => below(16).toString(16)).join('')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
    },
  }
}
