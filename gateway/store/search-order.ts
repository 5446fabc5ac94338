/** The order of a search, and where a page of it begins. Absent values come last, and ties are told apart, so that the order is total. */
import { searchParametersOf } from '../../fhir-profiles/search-parameters.ts'
import type { Place, SearchInput, SortKey } from './search-clause.ts'
import { told, type At, type Look, type Making } from './search-view.ts'

interface Key {
  /** over the record */
  readonly sql: string
  readonly descending: boolean
  readonly cast: 'bigint' | 'float8' | 'text'
}

export interface Order {
  /** `<value> as k1, …`: what is ordered by */
  readonly columns: string
  /** over a table `of` that has these columns */
  readonly by: (of: string) => string
  /** true of the rows after the place, over the same table; undefined = from the beginning */
  readonly after: (of: string) => string | undefined
  /** names of the columns, in order: the place of a row */
  readonly names: readonly string[]
}

export function orderOf(make: Making, at: At, { sort, after }: Pick<SearchInput, 'sort' | 'after'>, look?: Look): Order {
  const own = sort.map((key) => keyOf(make, at, key, look))
  const keys: readonly Key[] = [
    ...own,
    { sql: `${at.alias}.updated_ms`, descending: true, cast: 'bigint' },
    // Text is compared bytewise (consent.md, item 13): the same order on every database.
    { sql: `${at.alias}.id`, descending: false, cast: 'text' },
  ]
  const names = keys.map((_, index) => `k${index + 1}`)
  const column = (of: string, index: number): string => `${of}.${names[index] ?? ''}${keys[index]?.cast === 'text' ? ' collate "C"' : ''}`
  return {
    columns: keys.map(({ sql }, index) => `${sql} as ${names[index] ?? ''}`).join(', '),
    by: (of) => keys.map(({ descending }, index) => `${column(of, index)} ${descending ? 'desc' : 'asc'} nulls last`).join(', '),
    after: (of) => (after === undefined ? undefined : afterSql(make, keys, after, (index) => column(of, index))),
    names,
  }
}

/** Later in the first key, or equal in it and later in the second, and so on. */
function afterSql(make: Making, keys: readonly Key[], place: Place, column: (index: number) => string): string {
  return keys.reduceRight((later, { descending, cast }, index) => {
    const value = place[index] ?? null
    const of = column(index)
    if (value === null) return `(${of} is null and ${later})`
    const given = `${make.add(value)}::${cast}`
    return `(${of} ${descending ? '<' : '>'} ${given} or ${of} is null or (${of} = ${given} and ${later}))`
  }, 'false')
}

/** `look`: the value is seen there, with whatever else is asked of the record's rows. */
function keyOf(make: Making, at: At, { param, descending }: SortKey, look: Look | undefined): Key {
  const record = { _lastUpdated: 'updated_ms', _id: 'id', 'x-local-id': 'local_id' }[param]
  if (record !== undefined) return { sql: `${at.alias}.${record}`, descending, cast: param === '_lastUpdated' ? 'bigint' : 'text' }
  const { column, cast } = columnOf(at, param)
  const pick = (value: string): string => `${descending ? 'max' : 'min'}(${value}${cast === 'text' ? ' collate "C"' : ''})`
  if (look !== undefined) return { sql: look.pick(param, (row) => pick(`${row}.${column}`)), descending, cast }
  const row = make.alias('i')
  // `offset 0`: else the first or last of all records is looked for in the index of values, until one is of this record
  return {
    sql: `(select ${pick('s.v')} from (select ${row}.${column} as v from record_index ${row} where ${told(make, at, row, param)} offset 0) s)`,
    descending,
    cast,
  }
}

function columnOf({ types }: At, param: string): { readonly column: string; readonly cast: Key['cast'] } {
  switch (searchParametersOf(types[0] ?? '').get(param)?.type) {
    case 'date':
      return { column: 'from_ms', cast: 'bigint' }
    case 'number':
    case 'quantity':
      return { column: 'number', cast: 'float8' }
    default:
      return { column: 'code', cast: 'text' }
  }
}
