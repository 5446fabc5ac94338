/**
 * ValueSet/$expand: the codes of a set, a page of them, those that a text finds. Bounded: what cannot be listed in full is refused with the
 * next step, never cut short in silence. Spec: http://hl7.org/fhir/R4/valueset-operation-expand.html
 */
import type { CodeTable } from './code-table.ts'
import { wordsOf } from './code-table.ts'
import { withoutVersion, type Part, type SetDefinition } from './definition.ts'
import { testOf } from './filter.ts'
import type { Source } from './source.ts'
import { membership, type Asked } from './value-set.ts'

export interface Contained {
  readonly system: string
  readonly code: string
  readonly display: string
  readonly isAbstract: boolean
  readonly isInactive: boolean
}

export interface ExpandInput {
  /** words that code or name must hold; '' = all */
  readonly filter: string
  readonly offset: number
  /** undefined = all of them, up to `maxWhole` */
  readonly count: number | undefined
  readonly activeOnly: boolean
}

export interface Expansion {
  /** undefined where counting was given up */
  readonly total: number | undefined
  readonly contains: readonly Contained[]
}

export type ExpandFault =
  | { readonly fault: 'not-held'; readonly url: string }
  | { readonly fault: 'too-costly' }
  | { readonly fault: 'nested-too-deep' }

/** largest answer that is given without a `count` */
export const maxWhole = 5_000
/** codes of a set that are counted for one answer; after them the total is left open */
const maxVisited = 100_000
/** concepts tried against its filters */
const maxTried = 1_000_000
const maxNesting = 16

export function expand(source: Source, set: SetDefinition, input: ExpandInput): Expansion | ExpandFault {
  const isMember = membership(source)
  const missing = firstMissing(source, set, 0)
  if (missing !== undefined) return missing
  const contains: Contained[] = []
  const seen = new Set<string>()
  const limit = input.count ?? maxWhole
  const isOne = set.include.length === 1
  let found = 0
  let visited = 0
  const tried = { left: maxTried }
  const isSpent = (): boolean => visited > maxVisited || tried.left < 0
  for (const each of codesOf({ source, isMember, tried }, set, input.filter)) {
    visited++
    if (isSpent()) return input.count === undefined ? { fault: 'too-costly' } : { total: undefined, contains }
    if (input.activeOnly && each.isInactive) continue
    const key = `${each.system}|${each.code}`
    if (!isOne && seen.has(key)) continue
    if (!isOne) seen.add(key)
    found++
    if (found <= input.offset) continue
    if (contains.length < limit) contains.push(each)
    else if (input.count === undefined) return { fault: 'too-costly' }
  }
  if (isSpent()) return input.count === undefined ? { fault: 'too-costly' } : { total: undefined, contains }
  return { total: found, contains }
}

interface Ways {
  readonly source: Source
  readonly isMember: (url: string, asked: Asked) => 'yes' | 'no' | 'unknown'
  /** concepts that may still be tried, for the whole answer */
  readonly tried: { left: number }
}

function* codesOf(ways: Ways, set: SetDefinition, filter: string): Iterable<Contained> {
  for (const part of set.include) {
    for (const each of partCodes(ways, part, filter)) {
      const isOut = set.exclude.some((other) => isIn(ways, other, each))
      if (!isOut) yield each
    }
  }
}

/** Whether a code is in one part of a set. */
function isIn({ source, isMember }: Ways, part: Part, { system, code }: Contained): boolean {
  if (part.system !== undefined) {
    if (withoutVersion(part.system) !== system) return false
    if (part.codes !== undefined && !part.codes.has(code)) return false
    const table = source.system(system)
    const at = table?.indexOf(code) ?? -1
    if (part.filters.length > 0 && (table === undefined || at < 0)) return false
    if (table !== undefined && !part.filters.every((each) => testOf(table, each)(at) === 'yes')) return false
  }
  return part.valueSets.every((url) => isMember(url, { system, code }) === 'yes')
}

function* partCodes(ways: Ways, part: Part, filter: string): Iterable<Contained> {
  const { source, isMember } = ways
  if (part.system === undefined) {
    const [first, ...others] = part.valueSets
    const set = first === undefined ? undefined : source.valueSet(first)
    if (set === undefined) return
    for (const each of codesOf(ways, set, filter)) if (others.every((url) => isMember(url, each) === 'yes')) yield each
    return
  }
  const system = withoutVersion(part.system)
  const table = source.system(system)
  const listed = part.codes === undefined ? tableCodes(ways, table, part, filter) : listedCodes(part.codes, table, filter)
  for (const { code, display, at } of listed) {
    const each = { system, code, display, ...standingOf(table, at) }
    if (part.valueSets.every((url) => isMember(url, each) === 'yes')) yield each
  }
}

interface Place {
  readonly code: string
  readonly display: string
  readonly at: number
}

function* listedCodes(codes: ReadonlyMap<string, string>, table: CodeTable | undefined, filter: string): Iterable<Place> {
  const words = wordsOf(filter)
  for (const [code, own] of codes) {
    const at = table?.indexOf(code) ?? -1
    const display = own !== '' || at < 0 ? own : (table?.displayAt(at) ?? '')
    const text = `${code}\n${display}`.normalize('NFKC').toLowerCase()
    if (words.every((word) => text.includes(word))) yield { code, display, at }
  }
}

function* tableCodes({ tried }: Ways, table: CodeTable | undefined, part: Part, filter: string): Iterable<Place> {
  if (table === undefined) return
  const tests = part.filters.map((each) => testOf(table, each))
  for (const at of filter === '' ? placesOf(table) : table.matching(filter)) {
    if (--tried.left < 0) return
    if (tests.every((test) => test(at) === 'yes')) yield { code: table.codeAt(at), display: table.displayAt(at), at }
  }
}

function* placesOf(table: CodeTable): Iterable<number> {
  for (let at = 0; at < table.size; at++) yield at
}

/** http://hl7.org/fhir/R4/codesystem-concept-properties.html */
function standingOf(table: CodeTable | undefined, at: number): { isAbstract: boolean; isInactive: boolean } {
  const properties = table === undefined || at < 0 ? [] : table.detailsOf(at).properties
  return {
    isAbstract: properties.some(([code, value]) => (code === 'notSelectable' || code === 'abstract') && value === true),
    isInactive: properties.some(
      ([code, value]) =>
        (code === 'inactive' && value === true) ||
        (code === 'status' && (value === 'retired' || value === 'inactive' || value === 'deprecated')),
    ),
  }
}

/** The first system or set without which the expansion would be less than the set. */
function firstMissing(source: Source, set: SetDefinition, depth: number): ExpandFault | undefined {
  if (depth > maxNesting) return { fault: 'nested-too-deep' }
  if (set.include.length === 0) return { fault: 'not-held', url: set.head[0] }
  for (const part of [...set.include, ...set.exclude]) {
    if (part.system !== undefined && part.codes === undefined) {
      const system = withoutVersion(part.system)
      const table = source.system(system)
      const isHeld = table !== undefined && table.content === 'complete'
      if (!isHeld || part.filters.some((filter) => testOf(table, filter)(0) === 'unknown')) return { fault: 'not-held', url: system }
    }
    for (const url of part.valueSets) {
      const inner = source.valueSet(url)
      const fault: ExpandFault | undefined = inner === undefined ? { fault: 'not-held', url } : firstMissing(source, inner, depth + 1)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}
