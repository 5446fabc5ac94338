/** All that each concept falls under, sorted, so that "is this below that" is one search. Circles come to an end. */

export function closureOf(parents: readonly (readonly number[])[]): readonly Uint32Array[] {
  const done: (Uint32Array | undefined)[] = parents.map(() => undefined)
  const isOpen = new Uint8Array(parents.length)
  for (let start = 0; start < parents.length; start++) {
    const stack = [start]
    for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
      const waiting =
        done[at] === undefined ? (parents[at] ?? []).filter((parent) => done[parent] === undefined && isOpen[parent] === 0) : []
      if (done[at] === undefined && waiting.length > 0 && isOpen[at] === 0) {
        isOpen[at] = 1
        stack.push(...waiting)
        continue
      }
      stack.pop()
      done[at] ??= union(at, parents[at] ?? [], done)
      isOpen[at] = 0
    }
  }
  return done.map((list) => list ?? new Uint32Array())
}

function union(at: number, parents: readonly number[], done: readonly (Uint32Array | undefined)[]): Uint32Array {
  const [first, ...more] = parents
  if (first === undefined) return new Uint32Array()
  const all = new Set<number>(parents)
  for (const parent of [first, ...more]) for (const above of done[parent] ?? []) all.add(above)
  all.delete(at)
  return Uint32Array.from(all).sort()
}
