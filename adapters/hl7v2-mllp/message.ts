/**
 * One decoded message as segments, fields, components. Parsing is @medplum/core's; this file adds what it leaves out: own delimiters,
 * escape sequences, absent repetitions, and a note of every field that was read, so that what nobody read can be reported.
 */
import { Hl7Context, Hl7Message } from '@medplum/core'
import type { Hl7Segment } from '@medplum/core'
import { unescapeText, type Delimiters } from './escape.ts'

/** One repetition of a field. `part` counts components and subcomponents from 1; empty and `""` (delete) are undefined. */
export interface Repetition {
  part(component: number, subcomponent?: number): string | undefined
  /** the whole repetition, unescaped, delimiters and all; for text fields, where a component mark is only a character */
  readonly text: string | undefined
}

export interface Segment {
  readonly name: string
  /** 1 for the first segment of this name; ERR-2 counts like this */
  readonly sequence: number
  /** first repetition of a field (or of one of its parts); marks the field as read */
  at(field: number, component?: number, subcomponent?: number): string | undefined
  all(field: number): readonly Repetition[]
  /** fields with a value that no mapping asked for */
  unread(): readonly number[]
}

export interface Message {
  readonly segments: readonly Segment[]
  readonly header: Segment
  first(name: string): Segment | undefined
  every(name: string): readonly Segment[]
}

export type ParseFault = 'no-header' | 'bad-delimiters' | 'not-a-segment' | 'second-header' | 'too-many-parts'

export type Parsed =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly fault: ParseFault; readonly line?: number }

/** Far above any real message; keeps a hostile one from costing more than its bytes. */
const maxSegments = 5_000
const maxFields = 500
const maxRepetitions = 2_000
const maxEscapes = 50_000

/** Never throws. `line` counts segments from 1. */
export function parseMessage(text: string): Parsed {
  if (!text.startsWith('MSH')) return { ok: false, fault: 'no-header' }
  const delimiters = delimitersOf(text)
  if (delimiters === undefined) return { ok: false, fault: 'bad-delimiters' }
  const lines = splitSegments(text)
  const isExcessive = (line: string): boolean =>
    count(line, delimiters.field) > maxFields ||
    count(line, delimiters.repetition) > maxRepetitions ||
    count(line, delimiters.escape) > maxEscapes
  if (lines.length > maxSegments || lines.some(isExcessive)) return { ok: false, fault: 'too-many-parts' }
  const stray = lines.findIndex((line) => !/^[A-Z][A-Z0-9]{2}$/.test(line.split(delimiters.field, 1)[0] ?? ''))
  if (stray !== -1) return { ok: false, fault: 'not-a-segment', line: stray + 1 }
  if (lines.some((line, at) => at > 0 && line.startsWith('MSH'))) return { ok: false, fault: 'second-header' }
  const { field, component, repetition, escape, subcomponent } = delimiters
  const parsed = new Hl7Message(lines, new Hl7Context('\r', field, component, repetition, escape, subcomponent))
  const counts = new Map<string, number>()
  const segments = parsed.segments.map((segment) => {
    const sequence = (counts.get(segment.name) ?? 0) + 1
    counts.set(segment.name, sequence)
    return readable(segment, sequence, delimiters)
  })
  const header = segments[0]
  return header === undefined ? { ok: false, fault: 'no-header' } : { ok: true, message: { segments, header, ...lookup(segments) } }
}

function count(text: string, sign: string): number {
  let found = 0
  for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) found += 1
  return found
}

function lookup(segments: readonly Segment[]): Pick<Message, 'first' | 'every'> {
  return {
    first: (name) => segments.find((segment) => segment.name === name),
    every: (name) => segments.filter((segment) => segment.name === name),
  }
}

/**
 * MSH-1 and MSH-2; undefined unless they are five different signs. A fifth sign in MSH-2 (truncation, v2.7) is accepted and unused;
 * so is an escape sign written twice, the mark of a sender whose own language escapes it.
 */
function delimitersOf(text: string): Delimiters | undefined {
  const isDoubled = text[6] !== undefined && text[6] === text[7]
  const signs = isDoubled ? `${text.slice(3, 7)}${text.slice(8, 9)}` : text.slice(3, 8)
  const [field = '', component = '', repetition = '', escape = '', subcomponent = ''] = signs
  const all = [field, component, repetition, escape, subcomponent]
  const next = isDoubled ? 9 : 8
  const afterwards = text[next] === '#' ? text[next + 1] : text[next]
  const isSound =
    all.every((sign) => /^[!-/:-@[-`{-~]$/.test(sign)) && new Set(all).size === 5 && (afterwards === field || afterwards === undefined)
  return isSound ? { field, component, repetition, escape, subcomponent } : undefined
}

/** Segments end with CR. A sender who writes LF alone is understood; where CR is used, LF is only a character (or half of CR LF). */
export function splitSegments(text: string): string[] {
  const lines = text.includes('\r') ? text.split('\r').map((line) => line.replace(/^\n+/, '')) : text.split('\n')
  return lines.filter((line) => line.trim() !== '')
}

function readable(segment: Hl7Segment, sequence: number, delimiters: Delimiters): Segment {
  const read = new Set<number>()
  // getField is typed as never undefined, yet answers undefined for a field beyond the last one.
  const fieldText = (field: number): string => (segment.getField(field) as { toString(): string } | undefined)?.toString() ?? ''
  const seen = new Map<number, readonly Repetition[]>()
  const all = (field: number): readonly Repetition[] => {
    read.add(field)
    const known = seen.get(field)
    if (known !== undefined) return known
    const text = fieldText(field)
    const repetitions = text === '' ? [] : segment.name === 'MSH' && field === 2 ? [text] : text.split(delimiters.repetition)
    const found = repetitions.map((repetition) => repetitionOf(repetition, delimiters))
    seen.set(field, found)
    return found
  }
  return {
    name: segment.name,
    sequence,
    all,
    at: (field, component = 1, subcomponent = 1) => all(field)[0]?.part(component, subcomponent),
    unread: () => {
      // MSH-1 is the separator itself, so an MSH field number is one more than its place.
      const last = segment.fields.length - (segment.name === 'MSH' ? 0 : 1)
      const numbers = Array.from({ length: last }, (_, at) => at + 1)
      return numbers.filter((field) => !read.has(field) && hasContent(fieldText(field), delimiters))
    },
  }
}

function repetitionOf(text: string, delimiters: Delimiters): Repetition {
  const known = (value: string | undefined): string | undefined => {
    const plain = value === undefined ? '' : unescapeText(value, delimiters).trimEnd()
    return plain === '' || plain === '""' ? undefined : plain
  }
  let components: readonly string[] | undefined
  return {
    part: (component, subcomponent = 1) => {
      components ??= text.split(delimiters.component)
      return known(components[component - 1]?.split(delimiters.subcomponent)[subcomponent - 1])?.trim()
    },
    // Leading blanks stay: they carry the columns of a table in a report.
    get text() {
      return known(text)
    },
  }
}

function hasContent(text: string, delimiters: Delimiters): boolean {
  const marks = [delimiters.component, delimiters.repetition, delimiters.subcomponent]
  return Array.from(text).some((sign) => sign !== ' ' && sign !== '"' && !marks.includes(sign))
}
