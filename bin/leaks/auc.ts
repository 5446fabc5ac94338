/**
 * How well one of two samples can be told from the other by size alone: the chance that a value of the first exceeds one of the second, ties half
 * (Mann–Whitney U ÷ nm). 0.5 = not at all. NaN when a sample is empty.
 */
export function auc(first: readonly number[], second: readonly number[]): number {
  const all = [...first.map((value) => ({ value, isFirst: true })), ...second.map((value) => ({ value, isFirst: false }))].sort(
    (a, b) => a.value - b.value,
  )
  let rankSum = 0
  for (let from = 0; from < all.length;) {
    let until = from
    while (until < all.length && all[until]?.value === all[from]?.value) until += 1
    const meanRank = (from + 1 + until) / 2
    rankSum += meanRank * all.slice(from, until).filter(({ isFirst }) => isFirst).length
    from = until
  }
  return (rankSum - (first.length * (first.length + 1)) / 2) / (first.length * second.length)
}

/** The middle one; of an even number the lower middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN
}
