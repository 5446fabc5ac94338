/**
 * How many large bodies are worked on at once: read as JSON and checked, one takes many times the memory it came in (docs/decisions/107). Small
 * ones never wait. Those of a usual transaction go together up to a sum of bytes, in the order they came; a larger one than that goes by itself,
 * beside them.
 */
import { Problem } from './problem.ts'

/** bytes: below it a body is not counted */
const smallest = 16 * 1024
/** bytes worked on together: three transactions of a hundred entries */
const atOnce = 320 * 1024
/** bytes that may wait, which are in memory already */
const mostWaiting = 128 * 1024 * 1024

interface Waiting {
  readonly bytes: number
  readonly begin: () => void
}

/** Runs `work` when there is room for a body of this many bytes. Rejects with unavailable (503) when too much is waiting already. */
export type LargeBodies = <T>(bytes: number, work: () => Promise<T>) => Promise<T>

export function largeBodies(): LargeBodies {
  const [usual, huge] = [lane(atOnce), lane(0)]
  return async (bytes, work) => {
    if (bytes < smallest) return work()
    if (usual.waiting() + huge.waiting() + bytes > mostWaiting)
      throw new Problem('unavailable', 'too many large requests are waiting here; send it again in a moment', {
        id: 'large-waiting',
        headers: { 'retry-after': '5' },
      })
    return (bytes > atOnce ? huge : usual).run(bytes, work)
  }
}

/** First come, first served, up to `capacity` bytes at once; what is larger than that goes alone. */
function lane(capacity: number) {
  const queue: Waiting[] = []
  let [running, taken, waits] = [0, 0, 0]
  const next = (): void => {
    for (let first = queue[0]; first !== undefined && (running === 0 || taken + first.bytes <= capacity); first = queue[0]) {
      queue.shift()
      running += 1
      taken += first.bytes
      waits -= first.bytes
      first.begin()
    }
  }
  return {
    waiting: () => waits,
    async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
      await new Promise<void>((begin) => {
        queue.push({ bytes, begin })
        waits += bytes
        next()
      })
      try {
        return await work()
      } finally {
        running -= 1
        taken -= bytes
        next()
      }
    },
  }
}
