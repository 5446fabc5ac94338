/** A bell that wakes every loop that sleeps, and those that are at work when it rings. */
export interface Alarm {
  readonly ring: () => void
  /** a sleep of its own for each loop: every one of them wakes when the bell rings, also if it rang while it was at work */
  readonly sleeper: () => (ms: number) => Promise<void>
}

/** Sleep that ends early when something became due. */
export function createAlarm(signal: AbortSignal): Alarm {
  const bell = new EventTarget()
  let rings = 0
  const ring = (): void => {
    rings += 1
    bell.dispatchEvent(new Event('ring'))
  }
  signal.addEventListener('abort', ring)
  return {
    ring,
    sleeper: () => {
      let heard = 0
      return async (ms) => {
        if (heard === rings && !signal.aborted) {
          await new Promise<void>((resolve) => {
            const wake = (): void => {
              clearTimeout(timer)
              bell.removeEventListener('ring', wake)
              resolve()
            }
            const timer = setTimeout(wake, ms)
            bell.addEventListener('ring', wake)
          })
        }
        heard = rings
      }
    },
  }
}
