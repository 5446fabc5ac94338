/** What every search shares: its links, what comes along with its matches, and what it says beside them. */
import type { OperationOutcome } from '../../fhir-profiles/r4.ts'
import type { SubsetAsk } from '../../fhir-profiles/subset.ts'
import type { Call, Context } from '../context.ts'
import { knownTypes } from '../logic/access.ts'
import { coverageNotice, indexingNotice, manyIncludedNotice } from '../notices.ts'
import { subsetAsked } from '../release-shape.ts'
import { mayFind, type Included, type Place, type Scope, type SearchRequest, type Views } from '../search-request.ts'
import { sealPage } from '../sealed.ts'

/** Which part of each match is asked for; a page link carries its own query. */
export function partAsked(call: Call, { query }: SearchRequest): SubsetAsk | undefined {
  return subsetAsked({ ...call, query: query.filter(([name, value]) => name !== '_summary' || value !== 'count') })
}

export interface Asked {
  readonly scope: Scope
  readonly request: SearchRequest
}

/** How many records one page brings along beside its matches. */
const mostIncluded = 1_000

/** The address of a page: its query is sealed, so that a link in a log or a history says nothing of what was asked. */
export function linkOf(call: Call, context: Context, { scope, request }: Asked, place: Place = request.place ?? []): string {
  const base = `${context.config.publicUrl}/fhir/R4/${scope.path}`
  if (request.query.length === 0 && place.length === 0) return base
  return `${base}?_page=${sealPage(context.pageKey, call.caller, { type: scope.path, query: request.query, place })}`
}

export async function findIncluded(
  call: Call,
  context: Context,
  { views, matches, request }: { readonly views: Views; readonly matches: readonly string[]; readonly request: SearchRequest },
): Promise<Included> {
  if (request.includes.length === 0 || matches.length === 0) return { held: [], isCut: false }
  return context.store.included({
    views,
    matches,
    includes: request.includes,
    types: knownTypes.filter((type) => mayFind(call, type)),
    limit: mostIncluded,
  })
}

/** Constant sentences; whether one stands there depends on the store as a whole or on what is shown, never on what is hidden. */
export function noticesOf(call: Call, state: { readonly isIndexing: boolean; readonly isCut: boolean }): readonly OperationOutcome[] {
  return [
    ...(call.caller.role === 'system' ? [] : [coverageNotice]),
    ...(state.isIndexing ? [indexingNotice] : []),
    ...(state.isCut ? [manyIncludedNotice] : []),
  ]
}
