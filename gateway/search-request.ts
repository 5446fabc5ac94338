/**
 * A query → a search on the caller's view. An unsupported parameter or modifier is a 400 that names it, never silence
 * (contract, promise 5); `Prefer: handling=lenient` leaves unknown parameters out. Spec: http://hl7.org/fhir/R4/search.html
 */
import { searchParametersOf } from '../fhir-profiles/search-parameters.ts'
import type { Call, Context } from './context.ts'
import { Problem } from './problem.ts'
import { clauseOf, type Asking } from './search-clause.ts'
import { includeOf } from './search-include.ts'
import { badValue, safeName } from './search-value.ts'
import { openPage, type SealedPage } from './sealed.ts'
import type { Clause, Include, Place, SortKey } from './store/search-clause.ts'

export { personsOf, referenceTest } from './search-reference.ts'
export { isSearchable, mayFind, modifiersOf } from './search-clause.ts'
export type { Included } from './store/search-include.ts'
export type { Place, Test, Views } from './store/search-clause.ts'

export interface SearchRequest {
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly clauses: readonly Clause[]
  readonly sort: readonly SortKey[]
  readonly includes: readonly Include[]
  readonly limit: number
  /** where the page begins; undefined = the first page */
  readonly place: Place | undefined
  /** how far matches are counted; 0 = no total is told */
  readonly countTo: number
  /** the persons asked about by `patient`, `subject` and the like; empty = nobody in particular */
  readonly persons: readonly string[]
  /** what was asked of `identifier`, for the person search */
  readonly identifiers: readonly { readonly system: string | undefined; readonly code: string | undefined }[]
}

/** What is searched: a type, or what of many types is in a compartment. */
export interface Scope {
  /** '' = several */
  readonly type: string
  readonly types: readonly string[]
  /** what a page link of this search is good for */
  readonly path: string
}

export function scopeOf(type: string): Scope {
  return { type, types: [type], path: type }
}

/** Totals are exact as far as this and left out beyond it, unless they are asked for (docs/decisions/075). */
const countedUnasked = 1_000
/** more than any store holds */
const everything = 2_000_000_000

const ignored = new Set(['_format', '_pretty', '_page', '_elements'])

interface Reading {
  limit: number
  countTo: number
  isCount: boolean
  sort: readonly SortKey[]
  readonly includes: Include[]
  readonly clauses: Clause[]
  readonly unknown: string[]
}

export async function parseSearch(context: Context, call: Call, scope: Scope): Promise<SearchRequest> {
  const page = pageOf(context, call, scope)
  const query = page?.query ?? call.query
  const persons: string[] = []
  const { maxPageSize } = context.config.limits
  const reading: Reading = {
    limit: Math.min(50, maxPageSize),
    countTo: countedUnasked,
    isCount: false,
    sort: [],
    includes: [],
    clauses: [],
    unknown: [],
  }
  const clock = { timeZone: context.config.timeZone, nowMs: context.now().getTime() }
  for (const [name, value] of query) {
    if (ignored.has(name)) continue
    const isRead = readControl(reading, { name, value, scope, call, maxPageSize })
    if (isRead) continue
    const clause = await clauseIn({ context, call, clock, name, persons }, scope, { name, value })
    if (clause === undefined) reading.unknown.push(name)
    else reading.clauses.push(clause)
  }
  requireKnown(reading.unknown, call, scope)
  return {
    query,
    ...reading,
    ...(reading.isCount || reading.limit === 0 ? { limit: 0, countTo: everything } : {}),
    place: page?.place,
    persons,
    identifiers: reading.clauses.flatMap(identifiersIn),
  }
}

async function clauseIn(
  asking: Asking,
  { type, types }: Scope,
  { name, value }: { readonly name: string; readonly value: string },
): Promise<Clause | undefined> {
  if (type !== '') return clauseOf(asking, { type, name, value })
  // in several types: what every resource has, and which types
  if (name === '_type') return { on: 'type', anyOf: value.split(',') }
  return name.startsWith('_') && !name.startsWith('_has') ? clauseOf(asking, { type: types[0] ?? '', name, value }) : undefined
}

interface Control {
  readonly name: string
  readonly value: string
  readonly scope: Scope
  readonly call: Call
  readonly maxPageSize: number
}

/** Parameters that say how to answer, not what to find. */
function readControl(reading: Reading, { name, value, scope, call, maxPageSize }: Control): boolean {
  const [plain = '', modifier = ''] = name.split(':')
  switch (plain) {
    case '_count':
      reading.limit = countOf(value, maxPageSize)
      return true
    case '_total':
      reading.countTo = totalOf(value)
      return true
    case '_summary':
      reading.isCount = value === 'count'
      return true
    case '_sort':
      reading.sort = sortOf(value, scope.type, call.caller.role === 'system')
      return true
    case '_include':
    case '_revinclude': {
      const include = includeOf(scope, { value, modifier, isReverse: plain === '_revinclude' })
      if (include !== undefined) reading.includes.push(include)
      return include !== undefined
    }
    default:
      return false
  }
}

function requireKnown(unknown: readonly string[], call: Call, { type }: Scope): void {
  if (unknown.length === 0 || call.prefer.includes('handling=lenient')) return
  const of = type === '' ? 'a search of several types' : type
  throw new Problem('not-supported', 'unsupported search parameter', {
    issues: unknown.map((name) => ({
      id: 'unsupported-parameter',
      diagnostics: `\`${safeName(name)}\` is not a supported parameter or modifier of ${of}; see /metadata for those that are`,
      expression: type === '' ? safeName(name) : `${type}.${safeName(name)}`,
    })),
  })
}

function identifiersIn(clause: Clause): SearchRequest['identifiers'] {
  if (clause.on !== 'row' || clause.param !== 'identifier' || clause.not === true || clause.test.kind !== 'token') return []
  return clause.test.anyOf.map(({ system, codes }) => ({ system, code: codes?.[0] }))
}

function pageOf(context: Context, call: Call, { path }: Scope): SealedPage | undefined {
  const sealed = call.query.find(([name]) => name === '_page')?.[1]
  if (sealed === undefined) return undefined
  const page = openPage(context.pageKey, call.caller, sealed)
  if (page?.type !== path) {
    throw new Problem('invalid', 'this page link is not valid for this caller; repeat the search', { id: 'page-link' })
  }
  return page
}

function countOf(value: string, max: number): number {
  if (!/^\d{1,6}$/.test(value)) throw new Problem('invalid', '`_count` must be a whole number', { id: 'bad-count', expression: '_count' })
  return Math.min(Number(value), max)
}

/** An estimate from statistics would tell of records that are not seen: it is counted too. */
function totalOf(value: string): number {
  if (value === 'none') return 0
  if (value !== 'accurate' && value !== 'estimate') throw badValue('_total', 'bad-total', '`none`, `estimate` or `accurate`')
  return everything
}

function sortOf(value: string, type: string, isSystem: boolean): readonly SortKey[] {
  // Never by a reference: the order of ids says nothing, and what is pointed at may be refused.
  const sortable = [...searchParametersOf(type)].flatMap(([name, parameter]) =>
    parameter.type === 'reference' || parameter.type === 'composite' ? [] : [name],
  )
  const known = new Set([...sortable, '_lastUpdated', '_id'])
  return value.split(',').map((key) => {
    const param = key.replace(/^-/, '')
    if (!known.has(param))
      throw new Problem('not-supported', '`_sort` names a parameter that is not supported', {
        id: 'unsupported-parameter',
        expression: '_sort',
      })
    // a system sorts by the ids it knows
    return { param: param === '_id' && isSystem ? 'x-local-id' : param, descending: key.startsWith('-') }
  })
}
