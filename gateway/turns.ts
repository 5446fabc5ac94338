/**
 * Who asks the same at the same moment waits here, before a database connection is taken: of all that would wait for one lock, one of each
 * process holds a connection. The lock itself is the database's (`store/writes.ts`): this only keeps the others free for everybody else.
 */
const waiting = new Map<string, Promise<void>>()

/** Runs `work` when it is its turn under every name. In one order, so that nobody waits crosswise. */
export async function inTurn<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
  const [name, ...others] = [...new Set(names)].sort()
  if (name === undefined) return work()
  const before = waiting.get(name)
  const { promise, resolve } = Promise.withResolvers<void>()
  const last = (before ?? Promise.resolve()).then(() => promise)
  waiting.set(name, last)
  try {
    await before
    return await inTurn(others, work)
  } finally {
    resolve()
    // nobody came after: the name is free
    if (waiting.get(name) === last) waiting.delete(name)
  }
}
