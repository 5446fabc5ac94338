/**
 * What the terminology service says: code systems, value sets, concept maps, definitions and plain values about codes, from what is committed or
 * the operator put in. The types are closed: nothing of a record fits in.
 */
import type { PublishedResource, StructureDefinition } from '../fhir-profiles/terminology/published.ts'
import type { PlainValue } from './release-public.ts'
import { mint, type Released } from './released.ts'

export type TermValue =
  | PlainValue
  | { readonly name: string; readonly valueUri: string }
  | { readonly name: string; readonly valueCoding: { readonly system: string; readonly code: string; readonly display?: string } }

export type TermParameter = TermValue | { readonly name: string; readonly part: readonly TermValue[] }

export interface TermParameters {
  readonly resourceType: 'Parameters'
  readonly parameter: readonly TermParameter[]
}

export type PublishedTerm = PublishedResource | StructureDefinition

export interface TermPage {
  readonly resourceType: 'Bundle'
  readonly total: number
  readonly self: string
  readonly next: string | undefined
  readonly matches: readonly { readonly fullUrl: string; readonly resource: PublishedTerm }[]
}

export function publishTerms(content: PublishedTerm | TermParameters | TermPage): Released {
  if (content.resourceType !== 'Bundle') return mint(200, {}, JSON.stringify(content))
  const { total, self, next, matches } = content
  return mint(
    200,
    {},
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'searchset',
      total,
      link: [{ relation: 'self', url: self }, ...(next === undefined ? [] : [{ relation: 'next', url: next }])],
      ...(matches.length === 0 ? {} : { entry: matches.map((each) => ({ ...each, search: { mode: 'match' } })) }),
    }),
  )
}
