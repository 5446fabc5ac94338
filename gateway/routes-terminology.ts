/** The rows of the terminology service: published lists and definitions, for everybody who has a token; no scope covers them and no consent is asked. */
import { publishedTypes, readTerm, searchTerms } from './interactions/terms.ts'
import { expandSet } from './operations/expand.ts'
import { lookupCode, subsumesCode, translateCode, validateSetCode, validateSystemCode } from './operations/terminology.ts'
import type { Handler, Route } from './routes.ts'

const row = (method: 'GET' | 'POST', path: string, handler: Handler): Route => ({
  method,
  path,
  access: { by: 'operation', operation: 'terminology', type: '' },
  gate: 'publish',
  handler,
})

/** path below the type or below one resource of it → what answers */
const operations: readonly (readonly [path: string, handler: Handler])[] = [
  ['CodeSystem/$lookup', lookupCode],
  ['CodeSystem/$validate-code', validateSystemCode],
  ['CodeSystem/:id/$validate-code', validateSystemCode],
  ['CodeSystem/$subsumes', subsumesCode],
  ['CodeSystem/:id/$subsumes', subsumesCode],
  ['ValueSet/$expand', expandSet],
  ['ValueSet/:id/$expand', expandSet],
  ['ValueSet/$validate-code', validateSetCode],
  ['ValueSet/:id/$validate-code', validateSetCode],
  ['ConceptMap/$translate', translateCode],
  ['ConceptMap/:id/$translate', translateCode],
]

export const terminologyRoutes: readonly Route[] = [
  ...operations.flatMap(([path, handler]) => [row('GET', path, handler), row('POST', path, handler)]),
  ...publishedTypes.flatMap((type) => [
    row('GET', type, searchTerms),
    row('POST', `${type}/_search`, searchTerms),
    row('GET', `${type}/:id`, readTerm),
  ]),
]
