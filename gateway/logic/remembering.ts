/**
 * What is made of a text, kept under the text itself: the same text is the same thing whenever it is read, so what is kept can never be old.
 * Bounded: what was not asked for longest is forgotten, and a long text is not kept at all. A text of a row is a part of the whole row, records of
 * patients and all, to V8: what is kept is a copy, or the row would be kept with it.
 */
const maxLength = 16_384

export function remembering<T>(make: (text: string) => T, maxKept = 2_000): (text: string) => T {
  const kept = new Map<string, { readonly own: string; readonly made: T }>()
  return (text) => {
    if (text.length > maxLength) return make(text)
    const known = kept.get(text)
    const own = known?.own ?? copied(text)
    const made = known === undefined ? make(own) : known.made
    if (known !== undefined) kept.delete(own)
    kept.set(own, { own, made })
    const [oldest] = kept.size > maxKept ? kept.keys() : []
    if (oldest !== undefined) kept.delete(oldest)
    return made
  }
}

function copied(text: string): string {
  return Buffer.from(text).toString()
}
