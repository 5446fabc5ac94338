/**
 * How a column becomes a JavaScript value, the same on PGlite and on a server.
 * Departs from the defaults of `pg` where they lose something: `bigint` is a number (an unsafe one is an error, never a rounded value),
 * `json`/`jsonb` stay text (nothing is parsed that is only passed on), `date` and `timestamp` stay text (the default reads them in the
 * time zone of the machine). `timestamptz` is a Date, `numeric` is text. `varchar` is octets: no table of ours has such a column, a statement says it of a
 * text that it passes on (`octets.ts`).
 */
import pg from 'pg'
import { Octets, octetsOf, textOf } from '../../fhir-profiles/octets.ts'

const oid = { int8: 20, json: 114, varchar: 1043, jsonb: 3802, date: 1082, timestamp: 1114, textArray: 1009 }
const arrayOid = { int8: 1016, json: 199, jsonb: 3807, date: 1182, timestamp: 1115 }

type Parse = (text: string) => unknown

const asText: Parse = (text) => text
const asTextArray: Parse = (text) => textArray(text)

const parsers = new Map<number, Parse>([
  [oid.int8, safeInteger],
  [oid.json, asText],
  [oid.varchar, octetsOf],
  [oid.jsonb, asText],
  [oid.date, asText],
  [oid.timestamp, asText],
  [oid.textArray, asTextArray],
  [arrayOid.int8, (text) => textArray(text).map((item) => (typeof item === 'string' ? safeInteger(item) : item))],
  [arrayOid.json, asTextArray],
  [arrayOid.jsonb, asTextArray],
  [arrayOid.date, asTextArray],
  [arrayOid.timestamp, asTextArray],
])

export const columnTypes: pg.CustomTypesConfig = {
  // what `pg` declares is `any`; binary results are never asked for
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    // oxlint-disable-next-line typescript/no-unsafe-return -- see above
    (format === 'binary' ? undefined : parsers.get(id)) ?? pg.types.getTypeParser(id, format),
}

/** How a column of this type is read, where one is read without `pg`'s doing. */
export function parserOf(id: number): Parse {
  // oxlint-disable-next-line typescript/no-unsafe-return -- see above
  return parsers.get(id) ?? pg.types.getTypeParser(id, 'text')
}

const beyondAscii = /[\u0080-\u00ff]/

/** How a column of this type is read where its bytes are given, a character for each (`octets.ts`). */
export function readerOf(id: number): (chars: string) => unknown {
  if (id === oid.varchar) return (chars) => new Octets(chars)
  const parse = parserOf(id)
  return (chars) => parse(beyondAscii.test(chars) ? textOf(new Octets(chars)) : chars)
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint column holds a value beyond 2^53: read it as text')
  return value
}

const isPlain = /^\{[^"\\{}]+\}$/

/** Most arrays hold words that need no quotes: nothing but commas parts those. A quote, an escape, a nested array or a null is read by `pg`. */
function textArray(text: string): readonly unknown[] {
  if (text === '{}') return []
  if (isPlain.test(text) && !text.includes('NULL')) return text.slice(1, -1).split(',')
  // oxlint-disable-next-line typescript/no-unsafe-call -- what `pg` declares is `any`; the result is checked below
  const items: unknown = pg.types.getTypeParser(oid.textArray, 'text')(text)
  if (!Array.isArray(items)) throw new TypeError('an array column did not parse as an array')
  return items
}
