/**
 * Read and search of the code systems, value sets, concept maps and definitions that are held: what judges records is no secret.
 * Spec: http://hl7.org/fhir/R4/codesystem.html#search, http://hl7.org/fhir/R4/structuredefinition.html#search
 */
import type { SubsetAsk } from '../../fhir-profiles/subset.ts'
import type { Head } from '../../fhir-profiles/terminology/bundle.ts'
import { idOf, publishedResource, type StructureDefinition } from '../../fhir-profiles/terminology/published.ts'
import type { Call, Context } from '../context.ts'
import { notFound, Problem } from '../problem.ts'
import { shaped, subsetAsked } from '../release-shape.ts'
import { publishTerms, type PublishedTerm } from '../release-terms.ts'
import type { Released } from '../released.ts'

/** what is read and searched at these rows */
export const publishedTypes = ['CodeSystem', 'ValueSet', 'ConceptMap', 'StructureDefinition'] as const

type TermType = (typeof publishedTypes)[number]

type Rule = { readonly type: 'token' | 'string' | 'uri'; readonly of: (listed: Listed) => string }

const common: Readonly<Record<string, Rule>> = {
  url: { type: 'uri', of: ({ head }) => head[0] },
  _id: { type: 'token', of: ({ id }) => id },
  version: { type: 'token', of: ({ head }) => head[2] },
  name: { type: 'string', of: ({ head }) => head[3] },
  title: { type: 'string', of: ({ head }) => head[4] },
  status: { type: 'token', of: ({ head }) => head[5] },
}
const ofStructures: Readonly<Record<string, Rule>> = {
  ...common,
  type: { type: 'uri', of: ({ structure }) => textIn(structure?.type) },
  kind: { type: 'token', of: ({ structure }) => textIn(structure?.kind) },
  derivation: { type: 'token', of: ({ structure }) => textIn(structure?.derivation) },
  base: { type: 'uri', of: ({ structure }) => textIn(structure?.baseDefinition) },
}

/** by which each is found */
export function termSearch(type: TermType): Readonly<Record<string, Rule>> {
  return type === 'StructureDefinition' ? ofStructures : common
}

/** One list or definition that is held. */
interface Listed {
  readonly head: Head
  readonly id: string
  readonly structure?: StructureDefinition
}

const standardCount = 20

export async function readTerm(call: Call, context: Context): Promise<Released> {
  const type = typeOf(call)
  const ask = subsetAsked(call)
  for (const [name] of call.query) if (!shaping.has(name) && !isLenient(call)) throw unsupported(name, shaping)
  const listed = listOf(context, type).find(({ id }) => id === call.params['id'])
  const resource = listed && resourceOf(context, type, listed)
  if (resource === undefined) throw notFound()
  return shaped(publishTerms(resource), ask)
}

export async function searchTerms(call: Call, context: Context): Promise<Released> {
  const type = typeOf(call)
  const { count, offset, clauses, ask } = asked(call, type, context.config.limits.maxPageSize)
  const found = listOf(context, type).filter((listed) => clauses.every((clause) => matches(listed, type, clause)))
  const base = `${context.config.publicUrl}/fhir/R4/${type}`
  const pageUrl = (from: number): string => `${base}?${query(call, clauses, count, from)}`
  const page = publishTerms({
    resourceType: 'Bundle',
    total: found.length,
    self: pageUrl(offset),
    next: offset + count < found.length && count > 0 ? pageUrl(offset + count) : undefined,
    matches: found.slice(offset, offset + count).flatMap((listed) => {
      const resource = resourceOf(context, type, listed)
      return resource === undefined ? [] : [{ fullUrl: `${base}/${listed.id}`, resource }]
    }),
  })
  return shaped(page, ask)
}

function listOf(context: Context, type: TermType): readonly Listed[] {
  if (type !== 'StructureDefinition') return context.terminology.heads(type).map((head) => ({ head, id: idOf(head) }))
  return context
    .profiles()
    .structures()
    .map((structure) => {
      const { url, id, version, name, title, status } = structure
      const head = [url, textIn(id), textIn(version), textIn(name), textIn(title), textIn(status)] as const
      return { head, id: idOf(head), structure }
    })
}

/** A package is what its publisher made it. */
function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function resourceOf(context: Context, type: TermType, { head, id, structure }: Listed): PublishedTerm | undefined {
  return type === 'StructureDefinition' ? structure && { ...structure, id } : publishedResource(context.terminology, type, head)
}

interface Clause {
  readonly name: string
  readonly value: string
}

/** what says how much of each is shown */
const shaping: ReadonlySet<string> = new Set(['_summary', '_elements', '_format', '_pretty'])

interface Asked {
  readonly count: number
  readonly offset: number
  readonly clauses: readonly Clause[]
  readonly ask: SubsetAsk | undefined
}

function asked(call: Call, type: TermType, maxCount: number): Asked {
  const rules = termSearch(type)
  const isCounted = call.query.some(([name, value]) => name === '_summary' && value === 'count')
  const ask = subsetAsked({ ...call, query: call.query.filter(([name]) => name !== '_summary' || !isCounted) })
  let [count, offset] = [Math.min(standardCount, maxCount), 0]
  const clauses: Clause[] = []
  for (const [name, value] of call.query) {
    if (name === '_count') count = Math.min(wholeNumber(name, value), maxCount)
    else if (name === '_offset') offset = wholeNumber(name, value)
    else if (Object.hasOwn(rules, name.replace(/:(exact|contains)$/, ''))) clauses.push({ name, value })
    else if (!shaping.has(name) && !isLenient(call)) throw unsupported(name, Object.keys(rules))
  }
  return { count: isCounted ? 0 : count, offset, clauses, ask }
}

function isLenient({ prefer }: Call): boolean {
  return prefer.includes('handling=lenient')
}

function wholeNumber(name: string, value: string): number {
  if (/^\d{1,7}$/.test(value)) return Number(value)
  throw new Problem('invalid', `\`${name}\` is not a whole number from 0 on`, { id: 'search-value', expression: name })
}

function unsupported(name: string, taken: Iterable<string>): Problem {
  const plain = /^[\w:.-]{1,64}$/.test(name) ? name : 'unreadable name'
  return new Problem('not-supported', `\`${plain}\` is not supported here; try ${[...taken].join(', ')}`, {
    id: 'unsupported-parameter',
    expression: plain,
  })
}

/** Commas are or; a string matches from its beginning, without regard to case. http://hl7.org/fhir/R4/search.html#string */
function matches(listed: Listed, type: TermType, clause: Clause): boolean {
  const [name = '', modifier] = clause.name.split(':')
  const rule = termSearch(type)[name]
  if (rule === undefined) return false
  const own = rule.of(listed)
  return clause.value.split(',').some((each) => {
    if (rule.type !== 'string' || modifier === 'exact') return own === each
    const [text, part] = [own.toLowerCase(), each.toLowerCase()]
    return modifier === 'contains' ? text.includes(part) : text.startsWith(part)
  })
}

function query(call: Call, clauses: readonly Clause[], count: number, offset: number): string {
  const parameters = new URLSearchParams()
  for (const { name, value } of clauses) parameters.append(name, value)
  for (const [name, value] of call.query) if (name === '_summary' || name === '_elements') parameters.append(name, value)
  parameters.set('_count', String(count))
  if (offset > 0) parameters.set('_offset', String(offset))
  return parameters.toString()
}

function typeOf(call: Call): TermType {
  const found = publishedTypes.find((type) => type === call.params['type'])
  if (found === undefined) throw new TypeError('a row of another type leads here')
  return found
}
