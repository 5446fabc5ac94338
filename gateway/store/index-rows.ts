/** Rows of the search index as they are written: what is long is kept whole beside a beginning that an index has room for. */
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

/** Columns of `record_index` beside `shard` and `record`, and how they are read from JSON as `stored` writes them. */
export const indexColumns =
  'type, param, kind, system, code, from_ms, until_ms, number, number_high, exact, whole, grp, target_type, target, codes, sensitivities, confidentiality'
export const indexValues = `type, param, kind, system, code, "fromMs", "untilMs", number, "numberHigh", exact, whole, grp, "targetType", target,
  codes, sensitivities, confidentiality`
export const indexShape = `type text, param text, kind text, system text, code text, "fromMs" bigint, "untilMs" bigint,
  number double precision, "numberHigh" double precision, exact text, whole text, grp int, "targetType" text, target text,
  codes text[], sensitivities text[], confidentiality int`

/** Replaces the rows of these records, which are locked. */
export async function writeIndex(
  sql: Sql,
  records: readonly { readonly shard: string; readonly id: string }[],
  index: readonly IndexRow[],
): Promise<void> {
  const rowsOf = Map.groupBy(index, (row) => row.record)
  const json = JSON.stringify(records.map(({ shard, id }) => ({ shard, id, index: (rowsOf.get(id) ?? []).map(stored) })))
  await sql.query(
    `delete from record_index i using jsonb_to_recordset($1::jsonb) as k(shard text, id text) where i.shard = k.shard and i.record = k.id`,
    [json],
  )
  await sql.query(
    `insert into record_index (shard, record, ${indexColumns})
     select k.shard, k.id, ${indexValues} from json_to_recordset($1::json) as k(shard text, id text, index json)
     cross join lateral json_to_recordset(k.index) as i(${indexShape})`,
    [json],
  )
}

/** As it travels to the database. */
export function stored(row: IndexRow): object {
  const { code, number, numberHigh, exact, ...rest } = row
  const isLong = code !== null && code.length > indexedLength
  return {
    ...rest,
    code: isLong ? beginning(code) : code,
    ...(isLong ? { whole: code } : {}),
    ...(exact === undefined || exact === code ? {} : { exact }),
    number: number === null ? null : numeral(number),
    ...(number === null ? {} : { numberHigh: numeral(numberHigh ?? number) }),
  }
}

/** JSON has no infinity; PostgreSQL reads the word. */
function numeral(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

/** As `code` holds it: never half of a character. */
export function beginning(text: string): string {
  const cut = text.slice(0, indexedLength)
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut
}
