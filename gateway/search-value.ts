/** Values of search parameters, read. What cannot be read is a 400 that names the parameter. Spec: http://hl7.org/fhir/R4/search.html#prefix */
import type { IndexType } from '../fhir-profiles/index-entry.ts'
import { normaliseText } from '../fhir-profiles/search-parameters.ts'
import { parseTime, type TimeSpan } from '../fhir-profiles/time.ts'
import { instantOf } from '../fhir-profiles/zone.ts'
import { Problem } from './problem.ts'
import type { AmountTest, Prefix, Range, Test, TokenTest } from './store/search-clause.ts'

export interface Clock {
  /** IANA name */
  readonly timeZone: string
  readonly nowMs: number
}

/** As it is repeated in an answer: no value, and nothing that is not a name. */
export function safeName(name: string): string {
  return /^[\w:.*-]{1,128}$/.test(name) ? name : 'unreadable name'
}

export function badValue(name: string, id: string, needs: string): Problem {
  return new Problem('invalid', `\`${safeName(name)}\` needs ${needs}`, { id, expression: safeName(name) })
}

/** Cut at a sign that no backslash stands before; the pieces keep their backslashes. Spec: http://hl7.org/fhir/R4/search.html#escaping */
export function pieces(value: string, sign: ',' | '|' | '$'): readonly string[] {
  const out = ['']
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charAt(at)
    if (char === sign) out.push('')
    else {
      const escaped = char === '\\' ? value.charAt(at + 1) : ''
      out.push(`${out.pop() ?? ''}${char}${escaped}`)
      if (char === '\\') at += 1
    }
  }
  return out
}

/** `\,` is a comma, `\|` a bar, `\$` a dollar, `\\` a backslash. */
export function plain(piece: string): string {
  return piece.replaceAll(/\\([,|$\\])/g, '$1')
}

/** `code`, `system|code`, `system|`, `|code`. */
export function tokenOf(piece: string): TokenTest {
  const [first = '', ...rest] = pieces(piece, '|')
  if (rest.length === 0) return { codes: [plain(first)] }
  const code = plain(rest.join('|'))
  return { system: plain(first), ...(code === '' ? {} : { codes: [code] }) }
}

const prefixes: ReadonlySet<string> = new Set<Prefix>(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'])

function isPrefix(text: string): text is Prefix {
  return prefixes.has(text)
}

function prefixed(piece: string): { readonly prefix: Prefix; readonly rest: string } {
  const head = piece.slice(0, 2)
  return isPrefix(head) ? { prefix: head, rest: piece.slice(2) } : { prefix: 'eq', rest: piece }
}

export function rangeOf(piece: string, name: string, { timeZone, nowMs }: Clock): Range {
  const { prefix, rest } = prefixed(piece)
  const time = searchTime(rest, timeZone)
  if (time === undefined) throw badValue(name, 'bad-date', 'a FHIR date')
  if (prefix !== 'ap') return { prefix, ...time }
  // a tenth of the time between then and now
  const marginMs = Math.round(Math.abs(nowMs - (time.fromMs + time.untilMs) / 2) / 10)
  return { prefix, fromMs: time.fromMs - marginMs, untilMs: time.untilMs + marginMs }
}

const timed = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+ -]\d{2}:\d{2})?$/

/** A search may leave out the seconds, and the zone, which is then the configured one; a `+` that became a space is a plus again. */
function searchTime(text: string, timeZone: string): TimeSpan | undefined {
  const found = timed.exec(text)
  if (found === null) return spanOf(parseTime(text, timeZone))
  const [, minute = '', second, zone] = found
  const read = spanOf(parseTime(`${minute}${second ?? ':00'}${zone?.replace(' ', '+') ?? 'Z'}`, timeZone))
  if (read === undefined) return undefined
  const span = second === undefined ? { fromMs: read.fromMs, untilMs: read.fromMs + 59_999 } : read
  if (zone !== undefined) return span
  const shiftMs = instantOf(span.fromMs, timeZone) - span.fromMs
  return { fromMs: span.fromMs + shiftMs, untilMs: span.untilMs + shiftMs }
}

function spanOf(time: TimeSpan | undefined): TimeSpan | undefined {
  return time === undefined ? undefined : { fromMs: time.fromMs, untilMs: time.untilMs }
}

const numeral = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/

/** `5.4` means from 5.35 to before 5.45; compared otherwise than by eq, ne and ap it is exact. `quantity`: `number|system|code`. */
export function amountOf(piece: string, name: string, kind: 'number' | 'quantity'): AmountTest {
  const { prefix, rest } = prefixed(piece)
  const [number = '', system = '', ...code] = kind === 'number' ? [rest] : pieces(rest, '|').map(plain)
  const found = numeral.exec(number)
  if (found === null) throw badValue(name, 'bad-number', 'a number')
  const [, sign = '', whole = '', decimals = '', exponent = '0'] = found
  const value = Number(number)
  const unit = code.join('|')
  const named = { ...(system === '' ? {} : { system }), ...(unit === '' ? {} : { code: unit }) }
  if (prefix === 'ap') return { prefix, value, low: value - Math.abs(value) / 10, high: value + Math.abs(value) / 10, ...named }
  // exact in ten times the last digit given; one rounding at the end
  const digits = BigInt(`${sign}${whole}${decimals}`) * 10n
  const scale = `e${Number(exponent) - decimals.length - 1}`
  return { prefix, value, low: Number(`${digits - 5n}${scale}`), high: Number(`${digits + 5n}${scale}`), ...named }
}

/** The test of some alternatives, without a modifier; references are resolved elsewhere. */
export function testOf(type: Exclude<IndexType, 'reference'>, name: string, alternatives: readonly string[], clock: Clock): Test {
  switch (type) {
    case 'token':
      return { kind: 'token', anyOf: alternatives.map(tokenOf) }
    case 'string':
      return { kind: 'string', match: 'starts', anyOf: alternatives.map((piece) => normaliseText(plain(piece))) }
    case 'date':
      return { kind: 'date', anyOf: alternatives.map((piece) => rangeOf(plain(piece), name, clock)) }
    case 'uri':
      return { kind: 'uri', match: 'exact', anyOf: alternatives.map(plain) }
    case 'number':
    case 'quantity':
      return { kind: 'quantity', anyOf: alternatives.map((piece) => amountOf(piece, name, type)) }
    default:
      return type satisfies never
  }
}
