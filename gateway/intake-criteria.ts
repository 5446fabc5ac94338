/**
 * Criteria of conditional writes and references: a search under the caller's view, a system's in its own partition alone. What is hidden
 * is not there. Spec: http://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #3.1.0.7.1
 */
import { searchParametersOf } from '../fhir-profiles/search-parameters.ts'
import type { Call, Context } from './context.ts'
import { open } from './held.ts'
import { sightFor, viewsFor } from './judged.ts'
import { mayTouch } from './logic/access.ts'
import { allows, levelOf, parseScopes } from './logic/scope.ts'
import { Problem } from './problem.ts'
import { parseSearch, scopeOf } from './search-request.ts'

export interface Criteria {
  readonly type: string
  readonly query: readonly (readonly [name: string, value: string])[]
  /** where a fault is told: `Bundle.entry[3].request`; '' for a request of its own */
  readonly at: string
}

export interface Match {
  /** the id its writer knows it by */
  readonly localId: string
  readonly networkId: string
  readonly version: number
  readonly updatedMs: number
}

/** They say how an answer looks, not which record is meant. */
const notCriteria =
  /^_(count|sort|page|include|revinclude|total|summary|elements|contained|containedType|format|pretty|score|maxresults)(:.*)?$/

export function criteriaOf(type: string, query: Criteria['query'] | string, at: string): Criteria {
  return { type, query: typeof query === 'string' ? [...new URLSearchParams(query.replace(/^\?/, ''))] : query, at }
}

/** Two that ask the same share one name, on every process: they take turns. */
export function turnOf(call: Call, { type, query }: Criteria): string {
  const asked = query.map(([name, value]) => `${name}=${value}`).sort()
  return `criteria\n${call.caller.institution}\n${type}\n${asked.join('\n')}`
}

/**
 * At most two: one more than one is already too many. Throws invalid (400) for criteria that select nothing in particular or cannot be
 * followed to the letter, whatever `Prefer` says: a parameter left out would write somewhere else.
 */
export async function matching(context: Context, call: Call, criteria: Criteria): Promise<readonly Match[]> {
  requireMaySearch(call, criteria)
  requireSelective(criteria)
  const { type } = criteria
  const asked = await parseSearch(context, { ...call, method: 'GET', query: criteria.query, prefer: '' }, scopeOf(type))
  if (asked.clauses.length === 0) throw notSelective(criteria)
  const isSystem = call.caller.role === 'system'
  const sight = await sightFor(context.store, context, call, { type, persons: asked.persons })
  // To a system its own partition is all there is: its sight is no wider, a referral's records are not its own.
  const views = await viewsFor(context, call, { type, persons: asked.persons, sight: isSystem ? { ...sight, party: undefined } : sight })
  const { clauses } = asked
  const found = await context.store.search({ types: [type], views, clauses, sort: [], limit: 2, after: undefined, countTo: 0 })
  return found.held.map((held) => {
    const { facts, localId, version, updatedMs } = open(held)
    return { localId: isSystem ? localId : facts.id, networkId: facts.id, version: Number(version), updatedMs }
  })
}

/**
 * What a system's criteria match in its own partition, where they are one identifier with its system: the same as `matching`, asked by one statement
 * for each type. Criteria of any other form are left out. At most two ids each.
 */
export async function matchingIdentifiers(
  context: Context,
  call: Call,
  all: readonly Criteria[],
): Promise<ReadonlyMap<Criteria, readonly string[]>> {
  const found = new Map<Criteria, readonly string[]>()
  if (call.caller.role !== 'system') return found
  const known = all.flatMap((criteria) => {
    const identifier = identifierIn(criteria)
    return identifier === undefined ? [] : [{ criteria, identifier }]
  })
  for (const [type, of] of Map.groupBy(known, ({ criteria }) => criteria.type)) {
    for (const { criteria } of of) requireMaySearch(call, criteria)
    const ask = { institution: call.caller.institution, type }
    const ids = await context.store.records.byIdentifiers(
      ask,
      of.map(({ identifier }) => identifier),
    )
    for (const [at, { criteria }] of of.entries()) found.set(criteria, ids[at] ?? [])
  }
  return found
}

/** `identifier=system|value`, in letters that mean nothing else to a search; undefined for every other form. */
function identifierIn({ type, query }: Criteria): { readonly system: string; readonly value: string } | undefined {
  const [only, second] = query
  if (only === undefined || second !== undefined || only[0] !== 'identifier') return undefined
  if (searchParametersOf(type).get('identifier')?.type !== 'token') return undefined
  const [, system, value] = /^([^|,\\$]+)\|([^|,\\$]{1,200})$/.exec(only[1]) ?? []
  return system === undefined || value === undefined ? undefined : { system, value }
}

/** One or none. Throws precondition (412) when several match: http://hl7.org/fhir/R4/http.html#ccreate */
export async function onlyMatch(context: Context, call: Call, criteria: Criteria): Promise<Match | undefined> {
  const [only, second] = await matching(context, call, criteria)
  if (second === undefined) return only
  throw new Problem('precondition', 'the criteria match several records; ask by what only one has', {
    issues: [
      {
        id: 'multiple-matches',
        code: 'multiple-matches',
        diagnostics: 'the criteria match several records; ask by what only one has',
        ...placed(criteria),
      },
    ],
  })
}

function requireSelective(criteria: Criteria): void {
  const odd = criteria.query.find(([name]) => notCriteria.test(name))
  if (odd !== undefined)
    throw new Problem('invalid', 'criteria say which record is meant, not how an answer looks', { id: 'criteria', ...placed(criteria) })
  if (criteria.query.length === 0 || criteria.query.some(([, value]) => value === '')) throw notSelective(criteria)
}

function notSelective(criteria: Criteria): Problem {
  return new Problem('invalid', 'the criteria select nothing in particular; give at least one search parameter with a value', {
    id: 'criteria',
    ...placed(criteria),
  })
}

/** What the answer of a conditional write tells is what a search would: who may not search may not ask this way. */
function requireMaySearch({ caller }: Call, criteria: Criteria): void {
  const { role, scopes } = caller
  const asked = { level: levelOf(role), type: criteria.type, interaction: 'search-type' } as const
  if (mayTouch(role, criteria.type, 'search-type') && allows(parseScopes(scopes.join(' ')).scopes, asked)) return
  throw new Problem('forbidden', 'a conditional request needs the right to search this type', { id: 'scope', ...placed(criteria) })
}

function placed({ at }: Criteria): { readonly expression?: string } {
  return at === '' ? {} : { expression: at }
}
