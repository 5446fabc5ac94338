/** Questions on their way to the database, as its text protocol writes them. Arrays: https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO */

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
      throw new TypeError(`no column takes this ${typeof value}: write it as text first`)
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

const execute = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0])
const sync = Buffer.from([0x53, 0, 0, 0, 4])

/**
 * Bind, Execute and Sync of a statement the server knows, in one piece: one write instead of three.
 * Messages: https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
export function boundMessage(name: string, values: readonly (string | Buffer | null)[]): Buffer {
  const sizes = values.map((value) => (value === null ? -1 : typeof value === 'string' ? Buffer.byteLength(value) : value.length))
  const ofValues = sizes.reduce((sum, size) => sum + 4 + Math.max(size, 0), 0)
  // length, two names with their ends, formats, values, format of the answer
  const length = 4 + 1 + name.length + 1 + 2 + 2 * values.length + 2 + ofValues + 2
  const out = Buffer.allocUnsafe(1 + length + execute.length + sync.length)
  let at = out.writeUInt8(0x42, 0)
  at = out.writeInt32BE(length, at)
  at = out.writeUInt8(0, at)
  at += out.write(name, at, 'latin1')
  at = out.writeUInt8(0, at)
  at = out.writeInt16BE(values.length, at)
  for (const value of values) at = out.writeInt16BE(typeof value === 'object' && value !== null ? 1 : 0, at)
  at = out.writeInt16BE(values.length, at)
  for (const [index, value] of values.entries()) {
    at = out.writeInt32BE(sizes[index] ?? -1, at)
    if (typeof value === 'string') at += out.write(value, at, 'utf8')
    else if (value !== null) at += value.copy(out, at)
  }
  at = out.writeInt16BE(0, at)
  at += execute.copy(out, at)
  sync.copy(out, at)
  return out
}
