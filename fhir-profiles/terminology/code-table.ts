/** One code system as it is asked: where a code stands, what it is called, what it falls under. Two makings: lists (here) and compiled releases. */
import type { Content, Head, PackedDetails, PackedSystem, PropertyValue } from './bundle.ts'

export interface ConceptDetails {
  readonly definition: string | undefined
  readonly designations: readonly (readonly [language: string, value: string])[]
  readonly properties: readonly (readonly [code: string, value: PropertyValue])[]
}

export interface CodeTable {
  readonly head: Head
  readonly content: Content
  readonly isCaseSensitive: boolean
  readonly size: number
  /** -1 = no such code here */
  indexOf(code: string): number
  codeAt(at: number): string
  /** '' = none */
  displayAt(at: number): string
  parentsOf(at: number): readonly number[]
  childrenOf(at: number): readonly number[]
  /** strictly below: a code is not below itself */
  isBelow(at: number, above: number): boolean
  detailsOf(at: number): ConceptDetails
  /** places whose code or a name holds every word of the text, without regard to case, in the order of the table */
  matching(text: string): Iterable<number>
}

/** The words a text is searched by. */
export function wordsOf(text: string): readonly string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}

/** A code system held as a list. `details` are read when first asked for. */
export function listTable(packed: PackedSystem, details: () => PackedDetails | undefined): CodeTable {
  const { c: codes, d: displays, p: parents } = packed
  const isCaseSensitive = packed.i !== 1
  const places = new Map(codes.map((code, at) => [code, at]))
  const folded = isCaseSensitive ? undefined : new Map(codes.map((code, at) => [code.toLowerCase(), at]))
  const displayAt = (at: number): string => textOf(displays[at], codes[at])
  const parentsOf = (at: number): readonly number[] => asList(parents?.[at])
  let children: ReadonlyMap<number, readonly number[]> | undefined
  const designationsOf = (at: number) => details()?.x?.[at] ?? []
  return {
    head: packed.h,
    content: packed.k,
    isCaseSensitive,
    size: codes.length,
    indexOf: (code) => places.get(code) ?? folded?.get(code.toLowerCase()) ?? -1,
    codeAt: (at) => codes[at] ?? '',
    displayAt,
    parentsOf,
    childrenOf(at) {
      children ??= childrenIn(codes.length, parentsOf)
      return children.get(at) ?? []
    },
    isBelow: (at, above) => parents !== undefined && climbs(at, above, parentsOf),
    detailsOf(at) {
      const found = details()
      return {
        definition: textOf(found?.f?.[at], undefined) || undefined,
        designations: designationsOf(at),
        properties: found?.q?.[at] ?? [],
      }
    },
    *matching(text) {
      const words = wordsOf(text)
      for (const [at, code] of codes.entries()) {
        const names = [code, displayAt(at), ...designationsOf(at).map(([, value]) => value)].join('\n').normalize('NFKC').toLowerCase()
        if (words.every((word) => names.includes(word))) yield at
      }
    },
  }
}

function textOf(display: string | 0 | 1 | undefined, code: string | undefined): string {
  return display === 1 ? (code ?? '') : display === undefined || display === 0 ? '' : display
}

function asList(parents: number | readonly number[] | undefined): readonly number[] {
  return typeof parents === 'object' ? parents : parents === undefined || parents < 0 ? [] : [parents]
}

function childrenIn(size: number, parentsOf: (at: number) => readonly number[]): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>()
  for (let at = 0; at < size; at++) {
    for (const parent of parentsOf(at)) {
      const list = found.get(parent)
      if (list === undefined) found.set(parent, [at])
      else list.push(at)
    }
  }
  return found
}

/** Upwards from a concept; a list that runs in a circle ends all the same. */
function climbs(from: number, to: number, parentsOf: (at: number) => readonly number[]): boolean {
  const seen = new Set<number>()
  const waiting = [...parentsOf(from)]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === to) return true
    if (seen.has(at)) continue
    seen.add(at)
    waiting.push(...parentsOf(at))
  }
  return false
}
