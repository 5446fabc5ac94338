/** Lists as PostgreSQL reads them, written in one go: a driver that escapes value by value costs more than the insert it is for. */

type Item = string | number | boolean | null

/** One array; numbers that are none (infinite) are the words PostgreSQL reads. Spec: https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO */
export function arrayLiteral(items: readonly Item[]): string {
  let text = '{'
  // of a column's values many are as the one before
  let [last, written]: [Item, string] = [null, 'NULL']
  for (let at = 0; at < items.length; at += 1) {
    if (at > 0) text += ','
    const item = items[at] ?? null
    if (item !== last) {
      last = item
      written = item === null ? 'NULL' : typeof item === 'string' ? quoted(item) : String(item)
    }
    text += written
  }
  return `${text}}`
}

function quoted(text: string): string {
  return /["\\]/.test(text) ? `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `"${text}"`
}
