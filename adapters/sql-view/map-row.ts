/** One row as the mapping reads it: trimmed text by column, resident numbers gone, and a Gap for all that could not be read. Pure. */
import type { CodeableConcept } from '../../fhir-profiles/r4.ts'
import { isResidentNumber, maskResidentNumbers } from '../../fhir-profiles/resident-number.ts'
import type { Gap } from '../contract.ts'
import { codingsOf, dateOf, textOf } from './map-values.ts'
import type { Mapping } from './mapping.ts'
import { isBytes } from './source.ts'
import type { SqlRow, SqlValue } from './source.ts'

/** What the maps are given besides the row; `uuid` is a pure function of its argument. */
export interface MapContext {
  readonly mapping: Mapping
  readonly institution: { readonly number: string; readonly name: string }
  readonly uuid: (name: string) => string
}

interface Relation {
  readonly view: string
  readonly change: string
  readonly residentNumbers?: readonly string[]
}

const dropped = { gap: 'dropped-by-law', reason: 'a resident number does not leave the institution' } as const

/**
 * The row without resident numbers: a column named for them is emptied, one in any other column is masked where it stands.
 * Rule: 개인정보 보호법 24조의2. The number is gone before the row is hashed, mapped or logged.
 */
export function withoutResidentNumbers(relation: Relation, row: SqlRow): { readonly row: SqlRow; readonly gaps: readonly Gap[] } {
  const gaps: Gap[] = []
  const columns = Object.entries(row).map(([column, value]): [string, SqlValue] => {
    // A change number made from a clock has 13 digits and may well begin like a birth date.
    if (column === relation.change) return [column, value]
    const kept = relation.residentNumbers?.includes(column) === true ? null : withoutNumber(value)
    if (kept !== value && textOf(value) !== undefined) gaps.push({ ...dropped, element: `${relation.view}.${column}` })
    return [column, kept]
  })
  return { row: Object.fromEntries(columns), gaps }
}

function withoutNumber(value: SqlValue): SqlValue {
  const text = textOf(value)
  if (text === undefined) return value
  if (isResidentNumber(text)) return null
  const masked = maskResidentNumbers(text)
  return masked.found ? masked.text : value
}

/** Reads columns of one row and gathers the gaps; lives for the mapping of that row only. */
export class RowReader {
  readonly gaps: Gap[] = []
  readonly #view: string
  readonly #row: SqlRow
  readonly #mapping: Mapping

  constructor(view: string, row: SqlRow, mapping: Mapping) {
    this.#view = view
    this.#row = row
    this.#mapping = mapping
  }

  /** A column the view does not have is a Gap, an empty one is not. */
  text(column: string | undefined): string | undefined {
    if (column === undefined) return undefined
    const value = this.#row[column]
    if (value === undefined) this.unmappable(column, 'the view has no such column')
    if (isBytes(value)) this.unmappable(column, 'the column holds bytes, not text')
    return textOf(value)
  }

  date(column: string | undefined, as: 'date' | 'dateTime' | 'instant'): string | undefined {
    const text = this.text(column)
    const date = text === undefined ? undefined : dateOf(text, as, this.#mapping.utcOffset)
    if (text !== undefined && date === undefined) this.unmappable(column, `the value is not a ${as}`)
    return date
  }

  number(column: string): number | undefined {
    const text = this.text(column)
    const number = text === undefined ? undefined : Number(text)
    if (number === undefined || Number.isFinite(number)) return number
    this.unmappable(column, 'the value is not a number')
    return undefined
  }

  code(column: string | undefined, values: string | undefined): string | undefined {
    const text = this.text(column)
    if (text === undefined || values === undefined) return text
    const map = this.#mapping.values[values] ?? {}
    if (Object.hasOwn(map, text)) return map[text]
    this.unmappable(column, `the value map \`${values}\` has no entry for this code`)
    return undefined
  }

  /** A local code without an entry stays readable as text, and is a Gap. `local` when the column holds several codes. */
  concept(
    column: string | undefined,
    name: string | undefined,
    words: string | undefined,
    local = this.text(column),
  ): CodeableConcept | undefined {
    if (local === undefined) return words === undefined ? undefined : { text: words }
    const map = name === undefined ? undefined : this.#mapping.concepts[name]
    const coding = map === undefined ? [] : codingsOf(local, map)
    if (coding.length > 0) return words === undefined ? { coding: [...coding] } : { coding: [...coding], text: words }
    this.unmappable(
      column,
      name === undefined ? 'no concept map is named for this code' : `the concept map \`${name}\` has no entry for this code`,
    )
    return { text: words ?? local }
  }

  unmappable(column: string | undefined, reason: string): void {
    this.gaps.push({ gap: 'unmappable', element: `${this.#view}.${column ?? '?'}`, reason })
  }
}
