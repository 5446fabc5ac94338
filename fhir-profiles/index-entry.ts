/** One found value → the rows by which it is searched. Spec: http://hl7.org/fhir/R4/search.html#table */
import { namedByIdentifier } from './logical-reference.ts'
import type { Found } from './path.ts'
import { parseReference } from './reference.ts'
import { amounts, spans, textOf, texts, tokens, typedValues, wordsOf, type Amount, type Token } from './search-value.ts'
import { isRecord, isResource } from './validate/guards.ts'

export { hull, spans } from './search-value.ts'

/** Where a reference points; type '' : `id` is the whole text of a URL or urn; id '' : a record of this type, named by an identifier alone. */
export interface Target {
  readonly type: string
  readonly id: string
}

export type IndexValue =
  /** `of`: the reference whose identifier this is, where it points somewhere too */
  | ({ readonly kind: 'token'; readonly of?: Target } & Token)
  /** `text` is normalised (see `normaliseText`), `exact` as it was written */
  | { readonly kind: 'string'; readonly text: string; readonly exact: string }
  | { readonly kind: 'date'; readonly fromMs: number; readonly untilMs: number }
  | ({ readonly kind: 'reference' } & Target)
  | { readonly kind: 'uri'; readonly value: string }
  | ({ readonly kind: 'quantity' } & Amount)

/**
 * `param`: the parameter; with `:text`, `:of-type` or `:identifier` what those modifiers look at; with `$1`, `$2` … a part of a composite.
 * `group`: of such a part, which of the groups it stands in.
 */
export type IndexEntry = IndexValue & { readonly param: string; readonly group?: number }

export type IndexType = 'token' | 'string' | 'date' | 'reference' | 'uri' | 'number' | 'quantity'

export interface IndexInput {
  readonly param: string
  readonly type: IndexType
  readonly found: Found
  readonly zone: string
}

/** Every row of one value, those of the modifiers included. */
export function indexValue({ param, type, found, zone }: IndexInput): readonly IndexEntry[] {
  const own = valuesOf(type, found, zone).map((value) => ({ param, ...value }))
  if (type === 'token') {
    const words = wordsOf(found).map((text) => ({ param: `${param}:text`, ...stringOf(text) }))
    const typed = typedValues(found).map((token) => ({ param: `${param}:of-type`, kind: 'token' as const, ...token }))
    return words.length + typed.length === 0 ? own : [...own, ...words, ...typed]
  }
  return type === 'reference' ? [...own, ...identifiersOf(found).map((value) => ({ param: `${param}:identifier`, ...value }))] : own
}

/** The rows of a value as one kind of parameter sees it, without those of modifiers. */
export function valuesOf(type: IndexType, found: Found, zone: string): readonly IndexValue[] {
  switch (type) {
    case 'token':
      return tokens(found).map((token) => ({ kind: 'token', ...token }))
    case 'string':
      return texts(found).map(stringOf)
    case 'date':
      return spans(found, zone).map(({ fromMs, untilMs }) => ({ kind: 'date', fromMs, untilMs }))
    case 'reference':
      return referencesOf(found)
    case 'uri':
      return uris(found)
    case 'number':
    case 'quantity':
      return amounts(found).map((amount) => ({ kind: 'quantity', ...amount }))
    default:
      return type satisfies never
  }
}

function stringOf(text: string): Extract<IndexValue, { kind: 'string' }> {
  return isComposed.test(text)
    ? { kind: 'string', text: text.toLowerCase(), exact: text }
    : { kind: 'string', text: normaliseText(text), exact: text.normalize('NFC') }
}

/** ASCII and whole Hangul syllables are composed as they are, and have no accents. */
const isComposed = /^[\u0020-\u007e\uac00-\ud7a3]*$/

/**
 * How text is compared: without the accents of Latin, Greek and Cyrillic, composed (NFC, so that Hangul syllables of every input method are
 * equal) and in lower case.
 */
export function normaliseText(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
}

/** A canonical with a version is found with it and without. Spec: http://hl7.org/fhir/R4/references.html#canonical */
function uris({ value, type }: Found): readonly IndexValue[] {
  if (typeof value !== 'string') return []
  const bar = type === 'canonical' ? value.indexOf('|') : -1
  return [value, ...(bar > 0 ? [value.slice(0, bar)] : [])].map((text) => ({ kind: 'uri', value: text }))
}

function referencesOf(found: Found): readonly IndexValue[] {
  // Some reference parameters point by canonical URL.
  if (typeof found.value === 'string') return uris(found)
  // The head of a document or message is meant by what holds it.
  if (isResource(found.value))
    return found.value.id === undefined ? [] : [{ kind: 'reference', type: found.value.resourceType, id: found.value.id }]
  const target = targetOf(found)
  return target === undefined ? [] : [{ kind: 'reference', ...target }]
}

function targetOf({ value, type }: Found): Target | undefined {
  const text = type === 'Reference' && isRecord(value) ? textOf(value['reference']) : undefined
  const parsed = text === undefined ? undefined : parseReference(text)
  if (parsed === undefined || parsed.kind === 'contained') return undefined
  return parsed.kind === 'relative' ? { type: parsed.type, id: parsed.id } : { type: '', id: parsed.value }
}

function identifiersOf(found: Found): readonly IndexValue[] {
  if (found.type !== 'Reference' || !isRecord(found.value)) return []
  const named = namedByIdentifier(found.value, found.rule?.targets)
  const of = named === undefined ? targetOf(found) : { type: named, id: '' }
  return tokens({ value: found.value['identifier'], type: 'Identifier', rule: undefined }).map((token) => ({
    kind: 'token',
    ...token,
    ...(of === undefined ? {} : { of }),
  }))
}
