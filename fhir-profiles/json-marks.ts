/**
 * Values with exact numbers, for code that copies objects by their members and would lose them: each such number becomes a text that begins
 * with NUL, which no text from outside does (`json.ts`), and back.
 */
import { isExactNumber, numberOf } from './json.ts'

/** A deep copy of JSON in which exact numbers are marked texts. */
export function marked(value: unknown): unknown {
  if (isExactNumber(value)) return `\0${value.rawJSON}`
  if (Array.isArray(value)) return value.map(marked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, marked(item)]))
}

/** A deep copy in which they are exact numbers again. */
export function unmarked(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('\0') ? JSON.rawJSON(value.slice(1)) : value
  if (Array.isArray(value)) return value.map(unmarked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unmarked(item)]))
}

/** A deep copy in which they are ordinary numbers, for engines that calculate. */
export function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('\0') ? Number(value.slice(1)) : value
  if (isExactNumber(value)) return numberOf(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

/** Equal as JSON is (RFC 6902 §4.6): members in any order, numbers by their value. Either side may be marked. */
export function isSameJson(a: unknown, b: unknown): boolean {
  const [left, right] = [scalar(a), scalar(b)]
  if (left !== undefined || right !== undefined) return left === right
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => isSameJson(item, b[at]))
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const others = new Map(Object.entries(b))
  const own = Object.entries(a)
  return own.length === others.size && own.every(([key, item]) => others.has(key) && isSameJson(item, others.get(key)))
}

function scalar(value: unknown): string | number | boolean | undefined {
  if (isExactNumber(value) || (typeof value === 'string' && value.startsWith('\0')))
    return Number(isExactNumber(value) ? value.rawJSON : value.slice(1))
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}
