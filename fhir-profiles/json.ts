/**
 * The one way in which JSON from outside becomes a value. Stricter than JSON.parse where leniency has hurt others: duplicate keys,
 * keys that reach a prototype, NUL, lone surrogates, bytes that are not UTF-8, depth and size. Numbers keep the digits they were
 * written with, as FHIR demands of decimals (http://hl7.org/fhir/R4/json.html#primitive, http://hl7.org/fhir/R4/datatypes.html#decimal).
 */
import { isUtf8 } from 'node:buffer'
import { isReservedKey, locateByte, locateFault } from './json-fault.ts'
import type { JsonFault, JsonLimits } from './json-fault.ts'

export type { JsonFault, JsonLimits } from './json-fault.ts'

declare global {
  // In the language since V8 11.4; TypeScript's library does not have it yet.
  interface JSON {
    rawJSON(text: string): ExactNumber
    isRawJSON(value: unknown): value is ExactNumber
  }
}

/** A number as it was written (`1.10`, `1E2`, twenty digits): what JSON.rawJSON makes. Frozen, without a prototype. */
export interface ExactNumber {
  readonly rawJSON: string
}

export type ParsedJson =
  /** `exact`: at least one number is held as an ExactNumber, because String(value) would have lost digits */
  { readonly ok: true; readonly value: unknown; readonly exact: boolean } | { readonly ok: false; readonly fault: JsonFault }

/**
 * Two native passes (JSON.parse and a walk) and one of our own over the text outside strings: about twice the time of JSON.parse.
 * Never throws; a fault is located by a second, slower scan that only refused input pays for.
 */
export function parseJson(source: string | Buffer, limits: JsonLimits): ParsedJson {
  const decoded = decode(source, limits)
  if (typeof decoded !== 'string') return { ok: false, fault: decoded }
  const survey = surveyOf(decoded, limits.maxDepth)
  const value = survey === undefined ? refused : read(decoded, survey)
  if (value === refused) return { ok: false, fault: locateFault(decoded, limits) }
  return { ok: true, value, exact: survey !== undefined && survey.inexact.length > 0 }
}

/** Deeper and longer than what intake takes and wraps: what is stored can be read. */
const takenLimits: JsonLimits = { maxDepth: 1000, maxBytes: 256 * 1024 * 1024 }

/**
 * Text that was taken in before, read again with its digits. What a laxer reader once took loses its digits, not its content.
 * Throws SyntaxError for what is not JSON at all.
 */
export function parseTaken(text: string): unknown {
  const parsed = parseJson(text, takenLimits)
  return parsed.ok ? parsed.value : JSON.parse(text)
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return JSON.isRawJSON(value)
}

/** A number of either form as a JavaScript number; undefined for anything else. Exact digits may be lost: compare, never write back. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return isExactNumber(value) ? Number(value.rawJSON) : undefined
}

/** JSON text in which every number has the digits it was read with. */
export function stringifyExact(value: unknown): string {
  return JSON.stringify(value)
}

const refused = Symbol('refused')
function decode(source: string | Buffer, { maxBytes }: JsonLimits): string | JsonFault {
  const bytes = typeof source === 'string' ? Buffer.byteLength(source) : source.byteLength
  if (bytes > maxBytes)
    return { kind: 'too-large', where: '1:1', diagnostics: `the body has ${bytes} bytes; at most ${maxBytes} are taken` }
  if (typeof source !== 'string' && !isUtf8(source)) {
    return {
      kind: 'not-utf8',
      where: locateByte(source),
      diagnostics: 'the bytes from here on are not UTF-8; send application/fhir+json in UTF-8',
    }
  }
  const text = typeof source === 'string' ? source : source.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

interface Survey {
  /** colons outside strings: in well-formed JSON, one per key */
  readonly colons: number
  /** start and end of each number that JavaScript would print otherwise, in pairs */
  readonly inexact: readonly number[]
}

const backslash = 92
const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

/** What must be known of the text before JSON.parse sees it. Says nothing about text that is not JSON; undefined when nested too deep. */
function surveyOf(text: string, maxDepth: number): Survey | undefined {
  const inexact: number[] = []
  let colons = 0
  let depth = 0
  for (let at = 0; at < text.length;) {
    const opening = text.indexOf('"', at)
    const end = opening < 0 ? text.length : opening
    while (at < end) {
      const sign = text.charCodeAt(at)
      // Space and commas: most of what stands outside strings.
      if (sign <= 44) at += 1
      else if (sign <= 57) {
        const start = at
        at = endOfNumber(text, at + 1)
        if (isInexact(text.slice(start, at))) inexact.push(start, at)
      } else {
        if (sign === 58) colons += 1
        else if (sign === 123 || sign === 91) depth += 1
        else if (sign === 125 || sign === 93) depth -= 1
        if (depth > maxDepth) return undefined
        at += 1
      }
    }
    if (opening >= 0) at = endOfString(text, opening)
  }
  return { colons, inexact }
}

function endOfNumber(text: string, from: number): number {
  let at = from
  for (;;) {
    const sign = text.charCodeAt(at)
    const inNumber = (sign >= 48 && sign <= 57) || sign === 46 || sign === 43 || sign === 45 || sign === 69 || sign === 101
    if (!inNumber) return at
    at += 1
  }
}

function isInexact(token: string): boolean {
  return String(Number(token)) !== token && jsonNumber.test(token)
}

/** The index after the closing quote, or the end of the text. */
function endOfString(text: string, opening: number): number {
  for (let closing = text.indexOf('"', opening + 1); closing >= 0; closing = text.indexOf('"', closing + 1)) {
    let before = closing - 1
    while (text.charCodeAt(before) === backslash) before -= 1
    if ((closing - before) % 2 === 1) return closing + 1
  }
  return text.length
}

/** Escapes that could hide NUL or half a surrogate pair. Most texts have none, and then strings need no look of their own. */
const suspectEscape = /\\u(?:0000|[dD][89a-fA-F])/

/** The value, or `refused` when anything at all is wrong with the text. */
function read(text: string, survey: Survey): unknown {
  if (!text.isWellFormed()) return refused
  const suspect = suspectEscape.test(text)
  try {
    const plain: unknown = survey.inexact.length === 0 || suspect ? JSON.parse(text) : undefined
    if (plain !== undefined && !isSound(plain, survey.colons, suspect)) return refused
    if (survey.inexact.length === 0) return plain
    // From here on no string of the sender's begins with NUL (an unescaped one is a syntax error), so the marks below are ours alone.
    const marked: unknown = JSON.parse(mark(text, survey.inexact))
    return isSound(marked, survey.colons, false) ? unmark(marked) : refused
  } catch (error) {
    if (error instanceof SyntaxError) return refused
    throw error
  }
}

/** Writes each inexact number as a string that begins with NUL. */
function mark(text: string, inexact: readonly number[]): string {
  const parts: string[] = []
  let at = 0
  for (let index = 0; index + 1 < inexact.length; index += 2) {
    const start = inexact[index] ?? 0
    const end = inexact[index + 1] ?? 0
    parts.push(text.slice(at, start), '"\\u0000', text.slice(start, end), '"')
    at = end
  }
  parts.push(text.slice(at))
  return parts.join('')
}

function unmark(value: unknown): unknown {
  if (typeof value === 'string') return value.charCodeAt(0) === 0 ? JSON.rawJSON(value.slice(1)) : value
  if (Array.isArray(value)) return unmarkList(value)
  if (typeof value !== 'object' || value === null) return value
  // An object straight from JSON.parse: its own enumerable keys are all there is.
  const record = value as Record<string, unknown>
  for (const key in record) {
    const item = record[key]
    if (typeof item === 'string' ? item.charCodeAt(0) === 0 : typeof item === 'object') record[key] = unmark(item)
  }
  return record
}

function unmarkList(list: unknown[]): unknown[] {
  for (let index = 0; index < list.length; index += 1) list[index] = unmark(list[index])
  return list
}

/** True when no key is doubled, reserved or begins with NUL (a number in a key's place) and, where asked, every string is whole. */
function isSound(value: unknown, colons: number, strings: boolean): boolean {
  let keys = 0
  const isWhole = (text: string) => !text.includes('\0') && text.isWellFormed()
  const visit = (item: unknown): boolean => {
    if (typeof item === 'string') return !strings || isWhole(item)
    if (typeof item !== 'object' || item === null) return true
    if (Array.isArray(item)) return item.every(visit)
    // As above: keys of a fresh JSON.parse object, read only.
    const record = item as Record<string, unknown>
    for (const key in record) {
      keys += 1
      if (key.charCodeAt(0) === 0 || isReservedKey(key) || (strings && !isWhole(key)) || !visit(record[key])) return false
    }
    return true
  }
  return visit(value) && keys === colons
}
