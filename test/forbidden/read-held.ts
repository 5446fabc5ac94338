// What came from the store or an adapter cannot be read before it is judged.
import type { Held } from '../../gateway/held.ts'

export function leak(held: Held): unknown {
  const text = held.text // forbidden: TS2339
  const all = { ...held }
  return [text, all.facts] // forbidden: TS2339
}
