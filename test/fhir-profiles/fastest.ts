/** The shortest of several runs, in milliseconds: what the code costs when the shared machine lets it. */
export function fastestMs(run: () => void, rounds = 8): number {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
  return Math.min(...times)
}
