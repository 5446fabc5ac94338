/**
 * What is made of a text, kept under the text itself: the same text is the same thing whenever it is read, so what is kept can never be old.
 * Bounded: what was not asked for longest is forgotten, and a long text is not kept at all.
 */
const maxKept = 2_000
const maxLength = 16_384

export function remembering<T>(make: (text: string) => T): (text: string) => T {
  const kept = new Map<string, T>()
  return (text) => {
    const known = kept.get(text)
    const made = known ?? make(text)
    if (text.length > maxLength) return made
    if (known !== undefined) kept.delete(text)
    kept.set(text, made)
    const [oldest] = kept.size > maxKept ? kept.keys() : []
    if (oldest !== undefined) kept.delete(oldest)
    return made
  }
}
