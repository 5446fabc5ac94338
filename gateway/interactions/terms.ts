/** Read and search of the code systems, value sets and concept maps that are held. Spec: http://hl7.org/fhir/R4/codesystem.html#search */
import type { Head } from '../../fhir-profiles/terminology/bundle.ts'
import { idOf, publishedResource } from '../../fhir-profiles/terminology/published.ts'
import type { PublishedType } from '../../fhir-profiles/terminology/source.ts'
import type { Call, Context } from '../context.ts'
import { notFound, Problem } from '../problem.ts'
import { publishTerms } from '../release-terms.ts'
import type { Released } from '../released.ts'

/** by which each is found: the place in the head, and how it is compared */
export const termSearch: Readonly<Record<string, { readonly at: number; readonly type: 'token' | 'string' | 'uri' }>> = {
  url: { at: 0, type: 'uri' },
  _id: { at: 1, type: 'token' },
  version: { at: 2, type: 'token' },
  name: { at: 3, type: 'string' },
  title: { at: 4, type: 'string' },
  status: { at: 5, type: 'token' },
}

const standardCount = 20

export async function readTerm(call: Call, context: Context): Promise<Released> {
  const type = typeOf(call)
  const head = context.terminology.heads(type).find((each) => idOf(each) === call.params['id'])
  const resource = head === undefined ? undefined : publishedResource(context.terminology, type, head)
  if (resource === undefined) throw notFound()
  return publishTerms(resource)
}

export async function searchTerms(call: Call, context: Context): Promise<Released> {
  const type = typeOf(call)
  const { count, offset, clauses } = asked(call, context.config.limits.maxPageSize)
  const heads = context.terminology.heads(type).filter((head) => clauses.every(({ name, value }) => matches(head, name, value)))
  const base = `${context.config.publicUrl}/fhir/R4/${type}`
  const pageUrl = (from: number): string => `${base}?${query(clauses, count, from)}`
  return publishTerms({
    resourceType: 'Bundle',
    total: heads.length,
    self: pageUrl(offset),
    next: offset + count < heads.length && count > 0 ? pageUrl(offset + count) : undefined,
    matches: heads.slice(offset, offset + count).flatMap((head) => {
      const resource = publishedResource(context.terminology, type, head)
      return resource === undefined ? [] : [{ fullUrl: `${base}/${idOf(head)}`, resource }]
    }),
  })
}

interface Clause {
  readonly name: string
  readonly value: string
}

function asked(call: Call, maxCount: number): { count: number; offset: number; clauses: readonly Clause[] } {
  let [count, offset] = [Math.min(standardCount, maxCount), 0]
  const clauses: Clause[] = []
  for (const [name, value] of call.query) {
    if (name === '_count') count = Math.min(wholeNumber(name, value), maxCount)
    else if (name === '_offset') offset = wholeNumber(name, value)
    else if (Object.hasOwn(termSearch, name.replace(/:(exact|contains)$/, ''))) clauses.push({ name, value })
    else if (name !== '_format' && name !== '_pretty' && !call.prefer.includes('handling=lenient')) throw unsupported(name)
  }
  return { count, offset, clauses }
}

function wholeNumber(name: string, value: string): number {
  if (/^\d{1,7}$/.test(value)) return Number(value)
  throw new Problem('invalid', `\`${name}\` is not a whole number from 0 on`, { id: 'search-value', expression: name })
}

function unsupported(name: string): Problem {
  const plain = /^[\w:.-]{1,64}$/.test(name) ? name : 'unreadable name'
  return new Problem('not-supported', `\`${plain}\` is not supported here; try ${Object.keys(termSearch).join(', ')}`, {
    id: 'unsupported-parameter',
    expression: plain,
  })
}

/** Commas are or; a string matches from its beginning, without regard to case. http://hl7.org/fhir/R4/search.html#string */
function matches(head: Head, given: string, value: string): boolean {
  const [name = '', modifier] = given.split(':')
  const rule = termSearch[name]
  if (rule === undefined) return false
  const own = name === '_id' ? idOf(head) : (head[rule.at] ?? '')
  return value.split(',').some((each) => {
    if (rule.type !== 'string' || modifier === 'exact') return own === each
    const [text, part] = [own.toLowerCase(), each.toLowerCase()]
    return modifier === 'contains' ? text.includes(part) : text.startsWith(part)
  })
}

function query(clauses: readonly Clause[], count: number, offset: number): string {
  const parameters = new URLSearchParams()
  for (const { name, value } of clauses) parameters.append(name, value)
  parameters.set('_count', String(count))
  if (offset > 0) parameters.set('_offset', String(offset))
  return parameters.toString()
}

function typeOf(call: Call): PublishedType {
  const type = call.params['type']
  if (type === 'CodeSystem' || type === 'ValueSet' || type === 'ConceptMap') return type
  throw new TypeError('a row of another type leads here')
}
