/** A search as data: what the request parser writes and SQL is made of. Names of parameters and types are of our tables, values are not. */
import type { Condition } from '../../consent/types.ts'

export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap'

/** A FHIR date prefix applied to the range of the value given. Spec: http://hl7.org/fhir/R4/search.html#prefix */
export interface Range {
  readonly prefix: Prefix
  readonly fromMs: number
  readonly untilMs: number
}

export interface TokenTest {
  /** '' = rows without a system */
  readonly system?: string | undefined
  /** any of these; undefined = every code of the system */
  readonly codes?: readonly string[] | undefined
  /** instead: codes that begin so, points left out */
  readonly below?: string
}

export interface AmountTest {
  readonly prefix: Prefix
  readonly value: number
  /** what `eq`, `ne` and `ap` compare with: from `low` to before `high` */
  readonly low: number
  readonly high: number
  readonly system?: string | undefined
  readonly code?: string | undefined
}

/** Of one index row: true where any alternative is. */
export type Test =
  | { readonly kind: 'token'; readonly anyOf: readonly TokenTest[] }
  | { readonly kind: 'string'; readonly anyOf: readonly string[]; readonly match: 'starts' | 'exact' | 'contains' }
  | { readonly kind: 'date'; readonly anyOf: readonly Range[] }
  | { readonly kind: 'quantity'; readonly anyOf: readonly AmountTest[] }
  /** `type` '' : whatever the type */
  | { readonly kind: 'reference'; readonly anyOf: readonly { readonly type: string; readonly ids: readonly string[] }[] }
  | { readonly kind: 'uri'; readonly anyOf: readonly string[]; readonly match: 'exact' | 'below' | 'above' }

export type Clause =
  | { readonly on: 'id' | 'local-id' | 'person' | 'type'; readonly anyOf: readonly string[] }
  | { readonly on: 'updated'; readonly anyOf: readonly Range[] }
  /** some row of the parameter passes; `not`: none does */
  | { readonly on: 'row'; readonly param: string; readonly test: Test; readonly not?: boolean }
  | { readonly on: 'missing'; readonly param: string; readonly missing: boolean }
  /** each alternative: one test per part, met in one group */
  | { readonly on: 'composite'; readonly param: string; readonly anyOf: readonly (readonly Test[])[] }
  /** what the parameter points at passes, as one of these types */
  | { readonly on: 'chain'; readonly param: string; readonly through: readonly { readonly type: string; readonly clause: Clause }[] }
  /** a record of that type which points here by that parameter passes */
  | { readonly on: 'has'; readonly type: string; readonly param: string; readonly clause: Clause }
  /** one of these parameters (`Type.param`), of whatever type the record is, passes */
  | { readonly on: 'points'; readonly params: readonly string[]; readonly test: Test }
  | { readonly on: 'any' | 'all'; readonly of: readonly Clause[] }

/** What the caller may see of a group of types. */
export interface View {
  /** judged alike; `but`: all types other than these */
  readonly of: { readonly types: readonly string[] } | { readonly but: readonly string[] }
  readonly condition: Condition
  /** also visible, whatever consent says: records of a referral this institution is party to */
  readonly party: string | undefined
  /** only records of referrals this institution is party to; undefined = no such limit */
  readonly onlyParty: string | undefined
}

/** The caller's view of every type, under which all of a search runs: filters, chains, includes, counts, order. */
export interface Views {
  /** types whose records are about one patient: a reference to one is searched only where it may be followed */
  readonly guarded: readonly string[]
  /** a system's own ids, and Patient records instead of persons */
  readonly isSystem: boolean
  /** of disjoint groups that cover every type */
  readonly groups: readonly View[]
}

export function viewOf(views: Views, type: string): View {
  const found = views.groups.find(({ of }) => ('types' in of ? of.types.includes(type) : !of.but.includes(type)))
  if (found === undefined) throw new TypeError('no view covers a type that is searched')
  return found
}

/** A reference to follow from what was found. */
export interface Include {
  /** the type that has the parameter; '*' = any */
  readonly source: string
  /** '*' = every reference */
  readonly param: string
  /** only to this type; undefined = any */
  readonly target: string | undefined
  readonly isReverse: boolean
  /** also from what was itself included */
  readonly isIterated: boolean
}

export interface SortKey {
  /** a search parameter, `_id`, `_lastUpdated`, or `x-local-id` for the id its institution gave a record */
  readonly param: string
  readonly descending: boolean
}

/** Where a page begins: the sort values of the last record before it, its time and id. */
export type Place = readonly (string | number | null)[]

export interface SearchInput {
  readonly types: readonly string[]
  readonly views: Views
  readonly clauses: readonly Clause[]
  readonly sort: readonly SortKey[]
  readonly limit: number
  readonly after: Place | undefined
  /** how far matches are counted; 0 = not at all */
  readonly countTo: number
}
