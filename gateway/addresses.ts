/** Which row of the route table an address belongs to. What is not there is 404, what is there for another method 405, whoever asks. */
import type { Call } from './context.ts'
import { knownTypes } from './logic/access.ts'
import { notFound, Problem } from './problem.ts'
import { routes, type Route } from './routes.ts'

const types = new Set(knownTypes)

/** The row and what its address names. Throws method-not-allowed (405) or not-found (404). */
export function find(call: Call, table: readonly Route[] = routes): { route: Route; params: Readonly<Record<string, string>> } {
  const method = call.method === 'HEAD' ? 'GET' : call.method
  const given = call.path.split('/')
  for (const route of ofLength(table, given.length)) {
    const params = route.method === method ? paramsOf(route.path, given) : undefined
    if (params !== undefined) return { route, params }
  }
  const others = methodsAt(call.path, table)
  if (others !== '') {
    throw new Problem('method-not-allowed', `\`${call.method}\` is not offered here; try ${others}`, {
      id: 'method-not-allowed',
      headers: { allow: others },
    })
  }
  throw nowhere(call.path)
}

/** What an address of this shape offers, whoever asks and whatever is there: `GET, PUT`; '' for an address of no row. */
export function methodsAt(path: string, table: readonly Route[] = routes): string {
  return [...new Set(table.flatMap((route) => (paramsOf(route.path, path.split('/')) === undefined ? [] : [route.method])))].join(', ')
}

export function nowhere(path: string): Problem {
  const [type] = path.split('/')
  const isType = type !== undefined && /^[A-Z][A-Za-z]+$/.test(type)
  return isType && !types.has(type)
    ? new Problem('not-found', 'this resource type is not offered; see /metadata', { id: 'unknown-type' })
    : notFound()
}

/** The row an address belongs to, without its ids; undefined for an address of no row. */
export function shapeOf(path: string): string | undefined {
  const given = path.split('/')
  for (const route of ofLength(routes, given.length)) {
    const params = paramsOf(route.path, given)
    if (params !== undefined) return route.path.replace(':type', params['type'] ?? '')
  }
  return undefined
}

const byLength = new WeakMap<readonly Route[], ReadonlyMap<number, readonly Route[]>>()

/** The rows of a table that have as many segments; in its order. */
function ofLength(table: readonly Route[], count: number): readonly Route[] {
  const known = byLength.get(table) ?? Map.groupBy(table, ({ path }) => wantedBy(path).length)
  byLength.set(table, known)
  return known.get(count) ?? []
}

const segmentsOf = new Map<string, readonly string[]>()

/** A pattern is one of a row: taken apart once. */
function wantedBy(pattern: string): readonly string[] {
  const known = segmentsOf.get(pattern)
  if (known !== undefined) return known
  const segments = pattern.split('/')
  segmentsOf.set(pattern, segments)
  return segments
}

function paramsOf(pattern: string, given: readonly string[]): Record<string, string> | undefined {
  const wanted = wantedBy(pattern)
  if (wanted.length !== given.length) return undefined
  // asked of every row for every request: no iterators
  for (let at = 0; at < wanted.length; at += 1) if (!fits(wanted[at] ?? '', given[at] ?? '')) return undefined
  const params: Record<string, string> = {}
  for (let at = 0; at < wanted.length; at += 1) {
    const name = wanted[at] ?? ''
    if (name.startsWith(':')) params[name.slice(1)] = given[at] ?? ''
  }
  if (params['type'] === undefined && /^[A-Z]/.test(wanted[0] ?? '')) params['type'] = wanted[0] ?? ''
  return params
}

function fits(name: string, value: string): boolean {
  if (name === ':type') return types.has(value)
  return name.startsWith(':') ? /^[A-Za-z0-9\-.]{1,64}$/.test(value) : name === value
}
