/**
 * A condition as SQL over one row of records. Values are parameters; every atom is a plain boolean, never NULL, because the columns are not.
 */
import type { Condition } from './types.ts'

/** SQL expressions of the columns, e.g. `r.person`. Invariant: none is ever NULL; lists are `text[]`, numbers `bigint`. */
export interface Columns {
  readonly person: string
  readonly custodian: string
  readonly sources: string
  readonly classes: string
  readonly id: string
  readonly codes: string
  readonly sensitivities: string
  readonly relations: string
  readonly confidentiality: string
  readonly fromMs: string
  readonly untilMs: string
}

/**
 * Text is compared with `=` and `&&`, which PostgreSQL decides bytewise under every deterministic collation.
 * @param addParameter takes a value (text or an array of texts) and returns its placeholder, e.g. `$3`
 */
export function toSql(condition: Condition, columns: Columns, addParameter: (value: unknown) => string): string {
  switch (condition.op) {
    case 'true':
    case 'false':
      return condition.op
    case 'and':
    case 'or':
      if (condition.of.length === 0) return condition.op === 'and' ? 'true' : 'false'
      return `(${condition.of.map((member) => toSql(member, columns, addParameter)).join(` ${condition.op} `)})`
    case 'not':
      return `not (${toSql(condition.of, columns, addParameter)})`
    case 'custodian':
      return `${columns.custodian} = ${addParameter(condition.is)}::text`
    case 'sources':
    case 'classes':
    case 'codes':
    case 'sensitivities':
    case 'relations':
      return `${columns[condition.op]} && ${addParameter(condition.anyOf)}::text[]`
    case 'cleared':
      return `(${columns.sensitivities} <> '{}' and ${columns.sensitivities} <@ ${addParameter(condition.for)}::text[])`
    case 'confidentiality':
    case 'fromMs':
    case 'untilMs':
      return `${columns[condition.op]} <= ${addParameter(condition.atMost)}::bigint`
    case 'ids':
      return membership(columns.id, condition.anyOf, addParameter)
    case 'persons':
      return membership(columns.person, condition.anyOf, addParameter)
    default:
      return condition satisfies never
  }
}

/** From here on a list is looked up in a hash: a prepared statement compares the elements of an array one after the other. */
const hashedFrom = 16

function membership(column: string, values: readonly string[], addParameter: (value: unknown) => string): string {
  const [only, ...others] = values
  if (only !== undefined && others.length === 0) return `${column} = ${addParameter(only)}::text`
  const list = `${addParameter(values)}::text[]`
  return values.length < hashedFrom ? `${column} = any(${list})` : `${column} in (select unnest(${list}))`
}
