/** Judged, and then entered in the ledger under the same rules: or from the start again. */
import { Problem } from './problem.ts'

/** The rules changed between judging and the entry: nothing was written, and nothing may be shown. */
export class RulesChanged extends Error {}

const maxAttempts = 8

/** `work` reads only, and may run more than once. Throws unavailable (503) when consents kept changing. */
export async function rested<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof RulesChanged)) throw thrown
      if (attempt === maxAttempts)
        throw new Problem('unavailable', 'consents kept changing while this was answered; ask again', {
          id: 'changed-meanwhile',
          cause: thrown,
        })
    }
  }
}
