/**
 * The questions of the terminology service as functions: a code's names, whether it is right, which of two is broader, what it is elsewhere.
 * Spec: http://hl7.org/fhir/R4/terminology-service.html
 */
import type { MapTarget, PackedGroup, PackedMap } from './bundle.ts'
import type { CodeTable, ConceptDetails } from './code-table.ts'
import { withoutVersion } from './definition.ts'
import { grammarOf } from './grammar.ts'
import type { Source } from './source.ts'
import { membership } from './value-set.ts'

export interface AskedCode {
  readonly system: string
  readonly code: string
  /** '' = not asked */
  readonly display: string
}

export interface Validated {
  readonly result: boolean
  readonly message: string
  /** '' = none known */
  readonly display: string
}

/** `fault`: what would have to be held for an answer */
export interface NotHeld {
  readonly fault: 'not-held'
  readonly url: string
}

export interface Found extends ConceptDetails {
  readonly name: string
  readonly version: string
  readonly display: string
  readonly parents: readonly string[]
  readonly children: readonly string[]
}

/** undefined: the system is held and has no such code. http://hl7.org/fhir/R4/codesystem-operation-lookup.html */
export function lookup(source: Source, { system, code }: Pick<AskedCode, 'system' | 'code'>): Found | NotHeld | undefined {
  const table = source.system(system)
  const at = table?.indexOf(code) ?? -1
  const grammar = grammarOf(system)?.(code)
  if (grammar === 'no') return undefined
  if (grammar === 'yes' && at < 0) return written(system, code)
  if (table === undefined || table.size === 0) return { fault: 'not-held', url: system }
  if (at < 0) return table.content === 'complete' ? undefined : { fault: 'not-held', url: system }
  const [, , version, name] = table.head
  return {
    name: name === '' ? system : name,
    version,
    display: table.displayAt(at) === '' ? code : table.displayAt(at),
    ...table.detailsOf(at),
    parents: table.parentsOf(at).map((each) => table.codeAt(each)),
    children: table.childrenOf(at).map((each) => table.codeAt(each)),
  }
}

/** A code that is right because it is well-formed says of itself what it is. */
function written(system: string, code: string): Found {
  return { name: system, version: '', display: code, definition: undefined, designations: [], properties: [], parents: [], children: [] }
}

/** http://hl7.org/fhir/R4/codesystem-operation-validate-code.html */
export function validateInSystem(source: Source, asked: AskedCode): Validated | NotHeld {
  const grammar = grammarOf(asked.system)?.(asked.code)
  if (grammar !== undefined)
    return { result: grammar === 'yes', message: grammar === 'yes' ? '' : 'the code is not well-formed', display: '' }
  const table = source.system(asked.system)
  const at = table?.indexOf(asked.code) ?? -1
  if (table === undefined || (at < 0 && table.content !== 'complete')) return { fault: 'not-held', url: asked.system }
  if (at < 0) return { result: false, message: 'the code system has no such code', display: '' }
  return named(table, at, asked.display)
}

/** http://hl7.org/fhir/R4/valueset-operation-validate-code.html */
export function validateInSet(source: Source, url: string, asked: AskedCode): Validated | NotHeld {
  const answer = membership(source)(url, { system: asked.system === '' ? undefined : asked.system, code: asked.code })
  if (answer === 'unknown')
    return { fault: 'not-held', url: source.valueSet(withoutVersion(url)) === undefined ? url : asked.system || url }
  if (answer === 'no') return { result: false, message: 'the value set does not have the code', display: '' }
  const table = source.system(asked.system)
  const at = table?.indexOf(asked.code) ?? -1
  return table === undefined || at < 0 ? { result: true, message: '', display: '' } : named(table, at, asked.display)
}

/** A code that exists, under the name it was asked with: names are compared without regard to case and blanks. */
function named(table: CodeTable, at: number, asked: string): Validated {
  const display = table.displayAt(at)
  const names = [display, ...table.detailsOf(at).designations.map(([, value]) => value)].filter((name) => name !== '')
  const isRight = asked === '' || names.length === 0 || names.some((name) => folded(name) === folded(asked))
  return { result: isRight, message: isRight ? '' : 'the display is none of the names of this code', display }
}

function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

export type Subsumption = 'equivalent' | 'subsumes' | 'subsumed-by' | 'not-subsumed'

/** Whether A is the broader. http://hl7.org/fhir/R4/codesystem-operation-subsumes.html */
export function subsumes(source: Source, system: string, codeA: string, codeB: string): Subsumption | NotHeld | undefined {
  const table = source.system(system)
  if (table === undefined || table.size === 0) return { fault: 'not-held', url: system }
  const [a, b] = [table.indexOf(codeA), table.indexOf(codeB)]
  if (a < 0 || b < 0) return table.content === 'complete' ? undefined : { fault: 'not-held', url: system }
  if (a === b) return 'equivalent'
  if (table.isBelow(b, a)) return 'subsumes'
  return table.isBelow(a, b) ? 'subsumed-by' : 'not-subsumed'
}

export interface TranslateInput extends Pick<AskedCode, 'system' | 'code'> {
  /** canonical of one map, '' = any */
  readonly map: string
  /** value sets the code comes from and is wanted in; '' = any */
  readonly sourceSet: string
  readonly targetSet: string
  /** code system wanted; '' = any */
  readonly target: string
  readonly isReverse: boolean
}

export interface Translated {
  readonly equivalence: string
  readonly system: string
  readonly code: string
  readonly display: string
  /** url of the map */
  readonly map: string
}

/** undefined: there is no such map. http://hl7.org/fhir/R4/conceptmap-operation-translate.html */
export function translate(source: Source, input: TranslateInput): readonly Translated[] | undefined {
  const fits = (wanted: string, is: string): boolean => wanted === '' || withoutVersion(wanted) === withoutVersion(is)
  const [from, to] = input.isReverse ? [input.targetSet, input.sourceSet] : [input.sourceSet, input.targetSet]
  const maps = source.maps().filter(({ h, s, t }) => fits(input.map, h[0]) && fits(from, s) && fits(to, t))
  if (maps.length === 0) return undefined
  return maps.flatMap((map) => map.g.flatMap((group) => inGroup(map, group, input)))
}

function inGroup(map: PackedMap, group: PackedGroup, input: TranslateInput): readonly Translated[] {
  const [from, to] = input.isReverse ? [group.t, group.s] : [group.s, group.t]
  if (from !== input.system || (input.target !== '' && to !== input.target)) return []
  const made = (code: string, equivalence: string, display: string) => ({ system: to, code, equivalence, display, map: map.h[0] })
  if (input.isReverse)
    return group.e.flatMap(([code, targets]) =>
      targets.flatMap(([target, equivalence]) => (target === input.code ? [made(code, reversed(equivalence), '')] : [])),
    )
  const targets: readonly MapTarget[] | undefined = group.e.find(([code]) => code === input.code)?.[1]
  if (targets !== undefined)
    return targets.flatMap(([code, equivalence, display]) => (code === '' ? [] : [made(code, equivalence, display)]))
  if (group.m?.mode === 'fixed' && group.m.code !== undefined) return [made(group.m.code, 'inexact', group.m.display ?? '')]
  return group.m?.mode === 'provided' ? [made(input.code, 'equal', '')] : []
}

/** What A → B says of B → A. http://hl7.org/fhir/R4/valueset-concept-map-equivalence.html */
function reversed(equivalence: string): string {
  const other: Readonly<Record<string, string>> = { wider: 'narrower', narrower: 'wider', subsumes: 'specializes', specializes: 'subsumes' }
  return other[equivalence] ?? equivalence
}
