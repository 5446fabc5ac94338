/**
 * The part of FHIRPath most invariants are written in, compiled to closures over nodes: paths, exists, empty, count, where, and, or,
 * implies, comparison with literals. What it does not know it refuses, and fhirpath.js takes over; a test holds every invariant of R4
 * against fhirpath.js. Spec: http://hl7.org/fhirpath/N1/
 */
import { isEqual } from './equal.ts'
import type { Node } from './node.ts'

export type Item = Node | string | number | boolean
type Items = readonly Item[]
type Run = (focus: Items, resource: Node) => Items

/** What only the full engine can tell: several values where one is wanted, dates, quantities. */
export class BeyondUs extends Error {}

/** undefined: not in the part of the language known here. */
export function compilePath(expression: string): ((node: Node, resource: Node) => boolean) | undefined {
  const tokens = tokensOf(expression)
  if (tokens === undefined) return undefined
  const reader = { tokens, at: 0 }
  const run = readImplies(reader)
  if (run === undefined || reader.at < tokens.length) return undefined
  return (node, resource) => truth(run([node], resource)) === true
}

interface Reader {
  readonly tokens: readonly string[]
  at: number
}

const token = /\s*(`[^`\\]+`|'[^'\\]*'|\d+(?:\.\d+)?|[A-Za-z_]\w*|%[a-z]+|\$this|!=|<=|>=|[=<>().|,+])/y

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = []
  const end = text.trimEnd().length
  token.lastIndex = 0
  while (token.lastIndex < end) {
    const found = token.exec(text)
    if (found?.[1] === undefined) return undefined
    tokens.push(found[1])
  }
  return tokens
}

function take(reader: Reader, ...wanted: readonly string[]): string | undefined {
  const next = reader.tokens[reader.at]
  if (next === undefined || !wanted.includes(next)) return undefined
  reader.at += 1
  return next
}

type Operator = (left: Run, right: Run, name: string) => Run
type Read = (reader: Reader) => Run | undefined

/** One level of precedence: operands of the level below, joined from the left. */
function level(below: Read, names: readonly string[], operator: Operator): Read {
  return (reader) => {
    let left = below(reader)
    for (let name = take(reader, ...names); name !== undefined && left !== undefined; name = take(reader, ...names)) {
      const right = below(reader)
      if (right === undefined) return undefined
      left = operator(left, right, name)
    }
    return left
  }
}

const readSum = level(readPath, ['+'], (left, right) => (focus, resource) => sum(left(focus, resource), right(focus, resource)))
const readUnion = level(readSum, ['|'], (left, right) => (focus, resource) => [...left(focus, resource), ...right(focus, resource)])
const readOrder = level(
  readUnion,
  ['<', '>', '<=', '>='],
  (left, right, name) => (focus, resource) => compare(left(focus, resource), right(focus, resource), name),
)
const readEquality = level(
  readOrder,
  ['=', '!='],
  (left, right, name) => (focus, resource) => equal(left(focus, resource), right(focus, resource), name === '!='),
)
const readMember = level(readEquality, ['in'], (left, right) => (focus, resource) => member(left(focus, resource), right(focus, resource)))
const readAnd = level(readMember, ['and'], (left, right) => (focus, resource) => {
  const a = truth(left(focus, resource))
  if (a === false) return [false]
  const b = truth(right(focus, resource))
  return b === false ? [false] : a === undefined || b === undefined ? [] : [true]
})
const readOr = level(readAnd, ['or', 'xor'], (left, right, name) => (focus, resource) => {
  const a = truth(left(focus, resource))
  if (a === true && name === 'or') return [true]
  const b = truth(right(focus, resource))
  if (name === 'xor') return a === undefined || b === undefined ? [] : [a !== b]
  return b === true ? [true] : a === undefined || b === undefined ? [] : [false]
})
const readImplies: Read = level(readOr, ['implies'], (left, right) => (focus, resource) => {
  const a = truth(left(focus, resource))
  if (a === false) return [true]
  const b = truth(right(focus, resource))
  return b === true ? [true] : a === undefined || b === undefined ? [] : [false]
})

function readPath(reader: Reader): Run | undefined {
  let run = readTerm(reader)
  while (run !== undefined && take(reader, '.') !== undefined) {
    const next = readStep(reader)
    const before: Run = run
    run = next === undefined ? undefined : (focus, resource) => next(before(focus, resource), resource)
  }
  return run
}

function readTerm(reader: Reader): Run | undefined {
  const next = reader.tokens[reader.at]
  if (next === undefined) return undefined
  if (take(reader, '(') !== undefined) {
    const inner = readImplies(reader)
    return take(reader, ')') === undefined ? undefined : inner
  }
  const literal = literalOf(next)
  if (literal !== undefined) {
    reader.at += 1
    return () => [literal]
  }
  if (take(reader, '%resource') !== undefined) return (_, resource) => [resource]
  if (take(reader, '%ucum') !== undefined) return () => ['http://unitsofmeasure.org']
  if (take(reader, '$this') !== undefined) return (focus) => focus
  return readStep(reader)
}

function literalOf(text: string): Item | undefined {
  if (text.startsWith("'")) return text.slice(1, -1)
  if (text === 'true' || text === 'false') return text === 'true'
  return /^\d/.test(text) ? Number(text) : undefined
}

/** Names the language keeps for itself. */
const words: ReadonlySet<string> = new Set(['and', 'or', 'xor', 'implies', 'in', 'is', 'as', 'div', 'mod', 'contains'])

function readStep(reader: Reader): Run | undefined {
  const text = reader.tokens[reader.at] ?? ''
  const name = text.startsWith('`') ? text.slice(1, -1) : text
  // A capital begins a type, which `Patient.name` may start with.
  if (!/^[a-z]\w*$/.test(name) || words.has(name)) return undefined
  reader.at += 1
  if (take(reader, '(') === undefined) return step(name)
  if (take(reader, ')') !== undefined) return functions[name]
  const argument = readImplies(reader)
  if (argument === undefined || take(reader, ')') === undefined) return undefined
  return withArgument[name]?.(argument)
}

const nothing: Items = []

/** The children of a name; of one item, which is what most paths begin at, its own list. */
function step(name: string): Run {
  const choice = `${name}[x]`
  const childrenOf = (item: Item): Items =>
    typeof item === 'object' ? (item.children.get(name) ?? item.children.get(choice) ?? nothing) : nothing
  return (focus) => {
    const [first] = focus
    if (first === undefined) return nothing
    return focus.length === 1 ? childrenOf(first) : focus.flatMap(childrenOf)
  }
}

const functions: Readonly<Record<string, Run>> = {
  exists: (focus) => [focus.length > 0],
  empty: (focus) => [focus.length === 0],
  count: (focus) => [focus.length],
  first: (focus) => focus.slice(0, 1),
  not: (focus) => {
    const value = truth(focus)
    return value === undefined ? [] : [!value]
  },
  hasValue: (focus) => [focus.length === 1 && focus.every((item) => typeof item !== 'object' || item.value !== undefined)],
}

const withArgument: Readonly<Record<string, (argument: Run) => Run>> = {
  where: (argument) => (focus, resource) => focus.filter((item) => truth(argument([item], resource)) === true),
  exists: (argument) => (focus, resource) => [focus.some((item) => truth(argument([item], resource)) === true)],
  all: (argument) => (focus, resource) => [focus.every((item) => truth(argument([item], resource)) === true)],
  trace: () => (focus) => focus,
  startsWith: (argument) => (focus, resource) => {
    const [text, start] = [simpleOf(focus), simpleOf(argument(focus, resource))]
    if (text === undefined) return []
    if (typeof text !== 'string' || typeof start !== 'string') throw new BeyondUs()
    return [text.startsWith(start)]
  },
  select: (argument) => (focus, resource) => focus.flatMap((item) => argument([item], resource)),
  intersect: (argument) => (focus, resource) => {
    const others = argument(focus, resource).map((item) => plainOf(item))
    return focus.filter((item) => others.some((other) => isEqual(plainOf(item), other)))
  },
}

function plainOf(item: Item): unknown {
  return typeof item === 'object' ? item.plain : item
}

/** Texts, numbers and booleans; times and quantities have an equality of their own. */
const simple: ReadonlySet<string> = new Set(
  'boolean string code uri url canonical id markdown oid uuid integer positiveInt unsignedInt decimal'.split(' '),
)

function simpleOf(items: Items): string | number | boolean | undefined {
  const [item] = items
  if (item === undefined) return undefined
  if (items.length > 1) throw new BeyondUs()
  if (typeof item !== 'object') return item
  const { plain } = item
  if (!simple.has(item.type.name) || (typeof plain !== 'string' && typeof plain !== 'number' && typeof plain !== 'boolean'))
    throw new BeyondUs()
  return plain
}

/** One value that is no boolean is true. Spec: http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections */
function truth(items: Items): boolean | undefined {
  const [item] = items
  if (item === undefined) return undefined
  if (items.length > 1) throw new BeyondUs()
  const value = typeof item === 'object' ? item.plain : item
  if (typeof value === 'boolean') return value
  if (typeof item === 'object' && value === undefined) throw new BeyondUs()
  return true
}

function equal(left: Items, right: Items, isNegated: boolean): Items {
  const [a, b] = [simpleOf(left), simpleOf(right)]
  if (a === undefined || b === undefined) return []
  if (typeof a !== typeof b) throw new BeyondUs()
  return [(a === b) !== isNegated]
}

function sum(left: Items, right: Items): Items {
  const [a, b] = [simpleOf(left), simpleOf(right)]
  if (typeof a !== 'number' || typeof b !== 'number') throw new BeyondUs()
  return [a + b]
}

function compare(left: Items, right: Items, name: string): Items {
  const [a, b] = [simpleOf(left), simpleOf(right)]
  if (a === undefined || b === undefined) return []
  if (typeof a !== 'number' || typeof b !== 'number') throw new BeyondUs()
  return [name === '<' ? a < b : name === '>' ? a > b : name === '<=' ? a <= b : a >= b]
}

function member(left: Items, right: Items): Items {
  const value = simpleOf(left)
  return value === undefined ? [] : [right.some((item) => simpleOf([item]) === value)]
}
