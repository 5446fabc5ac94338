/** One test of one index row, in SQL. Spec: http://hl7.org/fhir/R4/search.html#prefix, #string, #token, #quantity, #uri */
import { beginning, indexedLength } from './index-rows.ts'
import { numberOf } from './numbers.ts'
import type { AmountTest, Prefix, Range, Test, TokenTest } from './search-clause.ts'

type Add = (value: unknown) => string

export function testSql(test: Test, row: string, add: Add): string {
  return `(${alternatives(test, row, add).join(' or ') || 'false'})`
}

function alternatives(test: Test, row: string, add: Add): readonly string[] {
  switch (test.kind) {
    case 'token':
      return test.anyOf.map((token) => tokenSql(token, row, add))
    case 'string':
      return test.anyOf.map((text) => stringSql(text, test.match, row, add))
    case 'date':
      return test.anyOf.map((range) => rangeSql(range, { from: `${row}.from_ms`, until: `${row}.until_ms` }, add))
    case 'quantity':
      return test.anyOf.map((amount) => amountSql(amount, row, add))
    case 'reference':
      return merged(test.anyOf).map(({ type, ids }) => {
        const isId = `${row}.kind in ('r', 'u') and ${row}.code = any(${add(ids)}::text[])`
        return type === '' ? `(${isId})` : `(${isId} and ${row}.system = ${numberOf(add(type))})`
      })
    case 'uri':
      return test.anyOf.map((uri) => uriSql(uri, test.match, row, add))
    default:
      return test satisfies never
  }
}

/** One list for each type, and none for nobody: an `or` between them could not be looked up. */
function merged(targets: Extract<Test, { kind: 'reference' }>['anyOf']): typeof targets {
  const types = Map.groupBy(targets, ({ type }) => type)
  return [...types].map(([type, of]) => ({ type, ids: of.flatMap(({ ids }) => ids) })).filter(({ ids }) => ids.length > 0)
}

function tokenSql({ system, codes, below }: TokenTest, row: string, add: Add): string {
  const parts = [
    ...(system === undefined ? [] : [system === '' ? `${row}.system is null` : `${row}.system = ${numberOf(add(system))}`]),
    ...(codes === undefined ? [] : [codesSql(codes, row, add)]),
    ...(below === undefined ? [] : [`upper(replace(${row}.code, '.', '')) like ${add(`${escaped(below)}%`)}`]),
  ]
  return parts.length === 0 ? 'false' : `(${parts.join(' and ')})`
}

function codesSql(codes: readonly string[], row: string, add: Add): string {
  const [only, second] = codes
  if (only !== undefined && second === undefined) return same(only, row, add)
  return codes.some(isLong) ? `(${codes.map((code) => same(code, row, add)).join(' or ')})` : `${row}.code = any(${add(codes)}::text[])`
}

/** A text that is longer than the index holds is looked up by its beginning and compared whole. */
function same(text: string, row: string, add: Add): string {
  return isLong(text) ? `(${row}.code = ${add(beginning(text))} and ${row}.whole = ${add(text)})` : `${row}.code = ${add(text)}`
}

function isLong(text: string): boolean {
  return text.length > indexedLength
}

function stringSql(text: string, match: 'starts' | 'exact' | 'contains', row: string, add: Add): string {
  const whole = `coalesce(${row}.whole, ${row}.code)`
  if (match === 'contains') return `${whole} like ${add(`%${escaped(text)}%`)}`
  if (match === 'exact') return `coalesce(${row}.exact, ${whole}) = ${add(text)}`
  if (!isLong(text)) return `(${row}.code like ${add(`${escaped(text)}%`)}${between(text, row, add)})`
  return `(${row}.code = ${add(beginning(text))} and ${row}.whole like ${add(`${escaped(text)}%`)})`
}

/** Says the same as the `like` before it, in words an index understands whatever the value is; bytewise, as that index compares. */
function between(text: string, row: string, add: Add): string {
  const after = afterAll(text)
  const low = ` and ${row}.code ~>=~ ${add(text)}`
  return after === '' ? low : `${low} and ${row}.code ~<~ ${add(after)}`
}

/** The first text after all that begin with this one; '' = there is none. UTF-8 keeps the order of code points. */
function afterAll(text: string): string {
  const points = Array.from(text)
  for (let last = points.length - 1; last >= 0; last -= 1) {
    const point = points[last]?.codePointAt(0) ?? 0
    // between the two there are halves of characters, which no text holds
    const next = point === 0xd7ff ? 0xe000 : point + 1
    if (next <= 0x10ffff) return [...points.slice(0, last), String.fromCodePoint(next)].join('')
  }
  return ''
}

/** `below`: addresses that begin with this one; `above`: those this one begins with. */
function uriSql(uri: string, match: 'exact' | 'below' | 'above', row: string, add: Add): string {
  const whole = `coalesce(${row}.whole, ${row}.code)`
  if (match === 'below') return stringSql(uri, 'starts', row, add)
  return match === 'above' ? `starts_with(${add(uri)}::text, ${whole})` : same(uri, row, add)
}

function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)
}

/** Both ends are inclusive milliseconds. ge and le: some part of it is no earlier, or no later, than the value. */
export function rangeSql(range: Range, { from, until }: { from: string; until: string }, add: Add): string {
  const low = (): string => `${add(range.fromMs)}::bigint`
  const high = (): string => `${add(range.untilMs)}::bigint`
  const within = (): string => `(${from} >= ${low()} and ${until} <= ${high()})`
  const sqlOf: Readonly<Record<Prefix, () => string>> = {
    // the third follows from the others and bounds what an index has to be read
    eq: () => `(${from} >= ${low()} and ${from} <= ${high()} and ${until} <= ${high()})`,
    ne: () => `not ${within()}`,
    gt: () => `${until} > ${high()}`,
    lt: () => `${from} < ${low()}`,
    ge: () => `${until} >= ${low()}`,
    le: () => `${from} <= ${high()}`,
    sa: () => `${from} > ${high()}`,
    eb: () => `${until} < ${low()}`,
    ap: () => `(${from} <= ${high()} and ${until} >= ${low()})`,
  }
  return sqlOf[range.prefix]()
}

/** Of a plain number both ends of the row are the same; comparisons other than eq, ne and ap take the value as exact. */
function amountSql({ prefix, value, low, high, system, code }: AmountTest, row: string, add: Add): string {
  const [from, until] = [`${row}.number`, `${row}.number_high`]
  const at = (number: number): string => `${add(number)}::float8`
  const within = (): string => `(${from} >= ${at(low)} and ${until} < ${at(high)})`
  const sqlOf: Readonly<Record<Prefix, () => string>> = {
    eq: within,
    ne: () => `not ${within()}`,
    gt: () => `${until} > ${at(value)}`,
    lt: () => `${from} < ${at(value)}`,
    ge: () => `${until} >= ${at(value)}`,
    le: () => `${from} <= ${at(value)}`,
    sa: () => `${from} > ${at(value)}`,
    eb: () => `${until} < ${at(value)}`,
    ap: () => `(${from} <= ${at(high)} and ${until} >= ${at(low)})`,
  }
  const parts = [
    sqlOf[prefix](),
    ...(system === undefined ? [] : [`${row}.system = ${numberOf(add(system))}`]),
    ...(code === undefined ? [] : [`${row}.code = ${add(code)}`]),
  ]
  return `(${parts.join(' and ')})`
}
