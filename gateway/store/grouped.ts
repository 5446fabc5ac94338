/**
 * Grouping without a timer: what is asked while a flush is under way waits and goes with the next one, all of it together. The first goes with
 * all that was asked in the same turn of the event loop. Alone, nothing waits; under load one statement serves many requests.
 */
import { setImmediate as turn } from 'node:timers/promises'

interface Waiting<Item, Answer> {
  readonly item: Item
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
}

/** how much goes in one flush: enough for every connection a gateway serves at once, and a statement that stays small */
const maxTogether = 500

/**
 * `flush` answers its items in their order. When it fails for several, each is tried alone, so that nobody fails for another's item.
 * Rejects with what `flush` threw.
 */
export function grouped<Item, Answer>(flush: (items: readonly Item[]) => Promise<readonly Answer[]>): (item: Item) => Promise<Answer> {
  let waiting: Waiting<Item, Answer>[] = []
  let isRunning = false
  const settle = async (group: readonly Waiting<Item, Answer>[]): Promise<void> => {
    try {
      const answers = await flush(group.map(({ item }) => item))
      group.forEach(({ resolve, reject }, at) => {
        const answer = answers[at]
        if (answer === undefined) reject(new TypeError('a flush answers every item'))
        else resolve(answer)
      })
    } catch (error) {
      const [only, ...others] = group
      if (others.length === 0) only?.reject(error)
      else for (const each of group) await settle([each])
    }
  }
  const run = async (): Promise<void> => {
    isRunning = true
    await turn()
    while (waiting.length > 0) {
      const group = waiting.splice(0, maxTogether)
      await settle(group)
    }
    isRunning = false
  }
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!isRunning) void run()
    })
}
