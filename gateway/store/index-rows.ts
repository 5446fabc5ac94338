/** Rows of the search index as they are written: what is long is kept whole beside a beginning that an index has room for. */
import { arrayLiteral } from './array-literal.ts'
import { aboutOf, numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'

export interface IndexRow {
  readonly record: string
  readonly type: string
  readonly param: string
  readonly kind: 'token' | 'string' | 'date' | 'reference' | 'uri' | 'quantity'
  readonly system: string | null
  readonly code: string | null
  readonly fromMs: number | null
  readonly untilMs: number | null
  readonly number: number | null
  /** of a range; else as `number` */
  readonly numberHigh?: number
  /** text as it was written, where it is compared in another form */
  readonly exact?: string
  /** the group of a composite */
  readonly grp?: number
  /** where the reference points whose identifier this is */
  readonly targetType?: string
  readonly target?: string
  /** of rows that only a labelled element gives: its labels */
  readonly codes?: readonly string[]
  readonly sensitivities?: readonly string[]
  readonly confidentiality?: number
}

/** Characters of `code` that the index compares; a search for more looks at `whole` too. */
export const indexedLength = 256

interface Column {
  readonly name: string
  readonly type: 'text' | 'bigint' | 'double precision' | 'int' | 'text[]'
  readonly value: (row: IndexRow) => string | number | null
  /** nothing stands in it but in few rows: where none of a statement's rows has it, it does not travel */
  readonly isSeldom?: boolean
  /** the column of `record_index` it is kept in, made in SQL of `i`; '' = in none of its own. As it travels where this is left out. */
  readonly kept?: { readonly in: string; readonly sql: string }
}

/** What a row says as it travels, and where it is kept beside `shard` and `record`. A row's mark is made of it. */
const columns: readonly Column[] = [
  { name: 'type', type: 'text', value: ({ type }) => type, kept: { in: 'about', sql: aboutOf(`i.type || '.' || i.param`) } },
  { name: 'param', type: 'text', value: ({ param }) => param, kept: { in: '', sql: '' } },
  { name: 'kind', type: 'text', value: ({ kind }) => kind, kept: { in: 'kind', sql: 'left(i.kind, 1)::"char"' } },
  { name: 'system', type: 'text', value: ({ system }) => system, kept: { in: 'system', sql: numberOf('i.system') } },
  { name: 'code', type: 'text', value: ({ code }) => (code === null ? null : beginning(code)) },
  { name: 'from_ms', type: 'bigint', value: ({ fromMs }) => fromMs },
  { name: 'until_ms', type: 'bigint', value: ({ untilMs }) => untilMs },
  { name: 'number', type: 'double precision', value: ({ number }) => number },
  { name: 'number_high', type: 'double precision', value: ({ number, numberHigh }) => (number === null ? null : (numberHigh ?? number)) },
  { name: 'exact', type: 'text', value: ({ exact, code }) => (exact === undefined || exact === code ? null : exact) },
  { name: 'whole', type: 'text', value: ({ code }) => (code !== null && code.length > indexedLength ? code : null), isSeldom: true },
  { name: 'grp', type: 'int', value: ({ grp }) => grp ?? null },
  {
    name: 'target_type',
    type: 'text',
    value: ({ targetType }) => targetType ?? null,
    isSeldom: true,
    kept: { in: 'target_type', sql: numberOf('i.target_type') },
  },
  { name: 'target', type: 'text', value: ({ target }) => target ?? null, isSeldom: true },
  { name: 'codes', type: 'text[]', value: ({ codes }) => (codes === undefined ? null : arrayLiteral(codes)), isSeldom: true },
  {
    name: 'sensitivities',
    type: 'text[]',
    value: ({ sensitivities }) => (sensitivities === undefined ? null : arrayLiteral(sensitivities)),
    isSeldom: true,
  },
  { name: 'confidentiality', type: 'int', value: ({ confidentiality }) => confidentiality ?? null, isSeldom: true },
]

/** Where a column is kept, and what is kept there. An array travels as a text, since an array of arrays would need all of one length. */
const keptOf = ({ name, type, kept }: Column) => kept ?? { in: name, sql: type === 'text[]' ? `i.${name}::text[]` : `i.${name}` }

/** As they are moved from one shard to another. */
export const indexColumns = [...columns.map((column) => keptOf(column).in).filter((name) => name !== ''), 'mark'].join(', ')

/** SQL: the row is a reference to a record of some type, not one to who knows what. */
export function isReferenceSql(row: string): string {
  return `${row}.kind = 'r' and ${row}.system <> ${numberOf(`''`)}`
}

/** A row as it travels: which record it is of, and what stands in its columns. */
export interface Placed {
  readonly shard: string
  readonly record: string
  readonly mark: number
  readonly values: readonly (string | number | null)[]
}

/** `mark`: says the same of rows that say the same, by 53 bits. */
export function placed(shard: string, row: IndexRow): Placed {
  const values = columns.map(({ value }) => value(row))
  return { shard, record: row.record, mark: markOf(values), values }
}

/** Which columns travel: all of them, or those in which as a rule something stands. */
export type Width = 'usual' | 'all'

const places = columns.map((column, at) => ({ ...column, at }))
const travelling: Readonly<Record<Width, typeof places>> = { usual: places.filter(({ isSeldom }) => isSeldom !== true), all: places }
const seldom = places.filter(({ isSeldom }) => isSeldom === true)

/** The narrowest that leaves nothing of these rows behind. */
export function widthOf(rows: readonly Placed[]): Width {
  return rows.some(({ values }) => seldom.some(({ at }) => (values[at] ?? null) !== null)) ? 'all' : 'usual'
}

/** How many parameters the insert of index rows takes, and its text with these from `first` on. */
export function insertIndex(first: number, width: Width): { readonly sql: string; readonly next: number } {
  const own = travelling[width]
  const types = ['text', 'text', 'bigint', ...own.map(({ type }) => (type === 'text[]' ? 'text' : type))]
  const lists = types.map((type, at) => `$${first + at}::${type}[]`)
  const names = ['shard', 'record', 'mark', ...own.map(({ name }) => name)]
  const kept = [
    { in: 'shard', sql: numberOf('i.shard') },
    { in: 'record', sql: numberOf('i.record') },
    { in: 'mark', sql: 'i.mark' },
    ...own.map(keptOf).filter((each) => each.in !== ''),
  ]
  const sql = `insert into record_index (${kept.map((each) => each.in).join(', ')}) select ${kept.map((each) => each.sql).join(', ')}
    from unnest(${lists.join(', ')}) as i(${names.join(', ')})`
  return { sql, next: first + types.length }
}

/** The parameters of `insertIndex`. */
export function indexValues(rows: readonly Placed[], width: Width): readonly string[] {
  return [
    arrayLiteral(rows.map(({ shard }) => shard)),
    arrayLiteral(rows.map(({ record }) => record)),
    arrayLiteral(rows.map(({ mark }) => mark)),
    ...travelling[width].map(({ at }) => arrayLiteral(rows.map(({ values }) => values[at] ?? null))),
  ]
}

/** Replaces the rows of these records, which are locked. */
export async function writeIndex(
  sql: Sql,
  records: readonly { readonly shard: string; readonly id: string }[],
  index: readonly IndexRow[],
): Promise<void> {
  const shardOf = new Map(records.map(({ shard, id }) => [id, shard]))
  await sql.query(
    `delete from record_index i using unnest($1::text[], $2::text[]) as k(shard, id) where i.shard = ${numberOf('k.shard')} and i.record = ${numberOf('k.id')}`,
    [records.map(({ shard }) => shard), records.map(({ id }) => id)],
  )
  const rows = index.map((row) => placed(shardOf.get(row.record) ?? '', row))
  const width = widthOf(rows)
  await sql.query(insertIndex(1, width).sql, indexValues(rows, width))
}

type Value = string | number | null

/** Two 32-bit hashes side by side. */
interface Hashes {
  a: number
  b: number
}

/** What the first columns of rows come to: type, parameter, kind and system are the same few. */
const begun = new Map<string, Readonly<Hashes>>()
const [headLength, maxBegun] = [4, 5_000]

/** The hashes, cut to what a number holds exactly. Rows of one record are compared by it, no others. */
function markOf(values: readonly Value[]): number {
  const head = values.slice(0, headLength)
  // an absent system is not an empty one
  const name = JSON.stringify(head)
  const before = begun.get(name) ?? head.reduce(hashed, { a: 0x811c9dc5, b: 0x1b873593 })
  // systems come from outside and have no end
  if (begun.size < maxBegun) begun.set(name, before)
  const hashes = { ...before }
  for (let at = headLength; at < values.length; at += 1) {
    const value = values[at] ?? null
    // where it stands is told by how many came before
    if (value === null) hashes.b = (hashes.b + 1) | 0
    else hashed(hashes, value)
  }
  const a = Math.imul(hashes.a ^ (hashes.a >>> 16), 0x85ebca6b)
  const b = Math.imul(hashes.b ^ (hashes.b >>> 15), 0xc2b2ae35)
  return (((b ^ (b >>> 13)) >>> 0) & 0x1fffff) * 0x1_0000_0000 + ((a ^ (a >>> 13)) >>> 0)
}

/** With one value more. */
function hashed(hashes: Hashes, value: Value): Hashes {
  const text = value === null ? '\u0000' : String(value)
  let { a, b } = hashes
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at)
    a = Math.imul(a ^ sign, 0x01000193)
    b = Math.imul((b << 13) | (b >>> 19), 5) + (sign ^ 0xe6546b64)
  }
  hashes.a = Math.imul(a ^ 0x1f, 0x01000193)
  hashes.b = Math.imul(b ^ 0x1f ^ hashes.a, 0x85ebca6b)
  return hashes
}

/** As `code` holds it: never half of a character. */
export function beginning(text: string): string {
  if (text.length <= indexedLength) return text
  const cut = text.slice(0, indexedLength)
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut
}
