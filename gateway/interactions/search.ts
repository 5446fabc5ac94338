/**
 * search-type by GET and POST. Filters, chains, sort, count and paging run under the caller's view, in SQL.
 * Cross-institution search is always about one patient; a search about nobody in particular sees the own institution only.
 * Spec: http://hl7.org/fhir/R4/http.html#search
 */
import type { Call, Context } from '../context.ts'
import { sightFor, viewsFor } from '../judged.ts'
import { judgeIncluded, matchesAmong } from '../release-include.ts'
import { releaseBundle, type Released } from '../release.ts'
import { shaped } from '../release-shape.ts'
import { parseSearch, scopeOf } from '../search-request.ts'
import { findIncluded, linkOf, noticesOf, partAsked, type Asked } from './search-page.ts'
import { searchPersons } from './search-persons.ts'
import { searchAudit, searchDirectory } from './search-public.ts'

export async function search(call: Call, context: Context): Promise<Released> {
  const type = call.params['type'] ?? ''
  if (type === 'AuditEvent') return searchAudit(call, context)
  const scope = scopeOf(type)
  const request = await parseSearch(context, call, scope)
  const part = partAsked(call, request)
  if (type === 'Organization' && call.caller.role !== 'system') return shaped(searchDirectory(context, request), part)
  if (type === 'Patient' && call.caller.role !== 'system') return shaped(await searchPersons(call, context, { scope, request }), part)
  return shaped(await searchRecords(call, context, { scope, request }), part)
}

/** Of one type, or of several that are judged by the same sight. */
export async function searchRecords(call: Call, context: Context, asked: Asked): Promise<Released> {
  const { scope, request } = asked
  const { persons } = request
  const [type = ''] = scope.types
  const sight = await sightFor(context.store, context, call, { type, persons })
  const views = await viewsFor(context, call, { type, persons, sight })
  const { clauses, sort, limit, countTo } = request
  const found = await context.store.search({ types: scope.types, views, clauses, sort, limit, after: request.place, countTo })
  const along = await findIncluded(call, context, { views, matches: matchesAmong(found.held), request })
  return releaseBundle(context, call, {
    type: 'searchset',
    interaction: 'search-type',
    held: found.held,
    included: await judgeIncluded(context, call, { held: along.held, persons }),
    total: found.total,
    self: linkOf(call, context, asked),
    next: found.next && linkOf(call, context, asked, found.next),
    sight,
    persons,
    notices: noticesOf(call, { isIndexing: found.isIndexing, isCut: along.isCut }),
  })
}
