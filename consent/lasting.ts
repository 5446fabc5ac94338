/** For how long nothing begins or ends: of these rules, and of the law. Pure. */
import { breakGlassRows, ceilingRows, statuteRows } from './law/kr.ts'
import type { ProvisionRow } from './types.ts'

/** Milliseconds since the epoch, both inclusive; every instant of it sees what `nowMs` sees. */
export interface Lasting {
  readonly fromMs: number
  readonly untilMs: number
}

const lawMs = [...breakGlassRows, ...ceilingRows, ...statuteRows].map(({ fromMs }) => fromMs)

export function lasting(rows: readonly ProvisionRow[], nowMs: number): Lasting {
  let [fromMs, untilMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const begins = (atMs: number): void => {
    if (atMs <= nowMs) fromMs = Math.max(fromMs, atMs)
    else untilMs = Math.min(untilMs, atMs - 1)
  }
  for (const atMs of lawMs) begins(atMs)
  for (const row of rows) {
    begins(row.fromMs)
    begins(row.untilMs + 1)
  }
  return { fromMs, untilMs }
}
