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

/** A statement the server knows by its name, and the values it is asked with. */
export interface Bound {
  readonly name: string
  readonly values: readonly (string | Buffer | null)[]
}

/**
 * Bind and Execute of each of these, in their order, and one Sync: one write for all. When one fails the server leaves out those behind it.
 * Messages: https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
export function boundMessage(all: readonly Bound[]): Buffer {
  const sizes = all.map(({ values }) => values.map(sizeOf))
  const lengths = all.map(({ name, values }, at) => bindLength(name, values.length, sizes[at] ?? []))
  const total = lengths.reduce((sum, length) => sum + 1 + length + execute.length, sync.length)
  const out = Buffer.allocUnsafe(total)
  let at = 0
  for (const [index, bound] of all.entries()) {
    at = writeBind(out, at, { ...bound, sizes: sizes[index] ?? [], length: lengths[index] ?? 0 })
    at += execute.copy(out, at)
  }
  sync.copy(out, at)
  return out
}

function sizeOf(value: string | Buffer | null): number {
  return value === null ? -1 : typeof value === 'string' ? Buffer.byteLength(value) : value.length
}

/** length, two names with their ends, formats, values, format of the answer */
function bindLength(name: string, count: number, sizes: readonly number[]): number {
  const ofValues = sizes.reduce((sum, size) => sum + 4 + Math.max(size, 0), 0)
  return 4 + 1 + name.length + 1 + 2 + 2 * count + 2 + ofValues + 2
}

function writeBind(
  out: Buffer,
  from: number,
  { name, values, sizes, length }: Bound & { readonly sizes: readonly number[]; readonly length: number },
): number {
  let at = out.writeUInt8(0x42, from)
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
  return out.writeInt16BE(0, at)
}
