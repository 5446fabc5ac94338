/**
 * A checker of histories. One person's consent is a register with two values, shown or hidden; withdrawals and new consents write it one
 * after the other, reads run at any time. All times are of one clock, the client's: a request that begins there after the first byte of a
 * reply came in was received by the gateway after that reply began.
 */

export interface Change {
  /** what every later reply must do */
  readonly shows: boolean
  readonly sentAtMs: number
  /** the first byte of its reply */
  readonly repliedAtMs: number
}

export interface Look {
  readonly path: string
  readonly beganAtMs: number
  /** the last byte of its reply */
  readonly endedAtMs: number
  readonly shows: boolean
}

export interface Fault {
  readonly look: Look
  readonly why: 'shows after a withdrawal' | 'hides after a new consent' | 'older than what another reply had already told'
}

/**
 * The replies that no order of the changes explains. A reply must be explained by the last change answered before it began or by one that
 * was under way with it; and once a finished reply has told of a change, replies asked for later may not tell of the time before.
 * @param changes of one person, in the order written; the first is what held before any look
 */
export function faultsOf(changes: readonly Change[], looks: readonly Look[]): readonly Fault[] {
  const faults: Fault[] = []
  const told: { readonly endedAtMs: number; readonly change: number }[] = []
  for (const look of looks.toSorted((a, b) => a.beganAtMs - b.beganAtMs)) {
    const first = changes.findLastIndex(({ repliedAtMs }) => repliedAtMs <= look.beganAtMs)
    const last = changes.findLastIndex(({ sentAtMs }) => sentAtMs < look.endedAtMs)
    const change = changes.findIndex(({ shows }, at) => at >= first && at <= last && shows === look.shows)
    const known = told.reduce((latest, each) => (each.endedAtMs < look.beganAtMs ? Math.max(latest, each.change) : latest), first)
    if (change < 0) faults.push({ look, why: look.shows ? 'shows after a withdrawal' : 'hides after a new consent' })
    else {
      const explained = changes.findIndex(({ shows }, at) => at >= known && at <= last && shows === look.shows)
      if (explained < 0) faults.push({ look, why: 'older than what another reply had already told' })
      else told.push({ endedAtMs: look.endedAtMs, change: explained })
    }
  }
  return faults
}

/** Changes that some reply was under way with: the interleavings tried. */
export function overlapped(changes: readonly Change[], looks: readonly Look[]): number {
  return changes.filter(({ sentAtMs, repliedAtMs }) =>
    looks.some(({ beganAtMs, endedAtMs }) => beganAtMs < repliedAtMs && endedAtMs > sentAtMs),
  ).length
}
