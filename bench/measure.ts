/** Contenders take turns in short rounds, so that whatever else the machine does meets all of them; a median forgets the worst of it. */

export interface Contender {
  readonly name: string
  /** decisions, views or searches per round */
  readonly perRound: number
  /** `at` differs from call to call: what it is applied to */
  readonly run: (at: number) => unknown
}

/** `processor`: the time this process was computing, whoever else the machine works for. `wall`: where others have a part in the answer. */
const clocks = {
  processor: (): number => {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  wall: (): number => performance.now() * 1000,
} as const

/** Median microseconds of one call, by name. The first tenth of the rounds is not counted. */
export async function medianMicroseconds(
  contenders: readonly Contender[],
  rounds: number,
  clock: keyof typeof clocks,
): Promise<ReadonlyMap<string, number>> {
  const now = clocks[clock]
  const times = new Map(contenders.map(({ name }): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, perRound, run } of contenders) {
      const startedAt = now()
      for (let at = 0; at < perRound; at += 1) {
        const result = run(round * 31 + at * 17)
        if (result instanceof Promise) await result
      }
      if (round >= rounds / 10) times.get(name)?.push((now() - startedAt) / perRound)
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]))
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
