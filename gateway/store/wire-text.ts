/** Values on their way to the database, as its text protocol writes them. Arrays: https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO */

/** Throws for what no column of ours takes: a date (times are milliseconds here) or an object (JSON is written by who sends it). */
export function wireText(value: unknown): string | Buffer | null {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'undefined':
      return null
    default:
      if (value === null) return null
      if (Array.isArray(value)) return arrayText(value)
      if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      throw new TypeError(`no column takes a ${typeof value}: write it as text first`)
  }
}

function arrayText(items: readonly unknown[]): string {
  return `{${items.map(itemText).join(',')}}`
}

function itemText(item: unknown): string {
  if (item === null || item === undefined) return 'NULL'
  if (Array.isArray(item)) return arrayText(item)
  if (item instanceof Uint8Array) return `"\\\\x${Buffer.from(item).toString('hex')}"`
  const text = wireText(item)
  if (typeof text !== 'string') throw new TypeError('an array holds texts, numbers or bytes')
  return `"${text.includes('\\') || text.includes('"') ? text.replaceAll(/[\\"]/g, '\\$&') : text}"`
}
