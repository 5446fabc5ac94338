/** Puts values at places like `name[0].text` and takes away what stayed empty. Pure. */

export interface Placed {
  readonly to: string
  readonly value: unknown
}

interface Node {
  [name: string]: unknown
}

/** `[{to: 'code.text', value: 'x'}]` → `{code: {text: 'x'}}`; an array keeps the order of its indices and has no holes. */
export function assemble(placed: readonly Placed[]): Readonly<Record<string, unknown>> {
  const root: Node = {}
  for (const { to, value } of placed) {
    if (value !== undefined) put(root, steps(to), value)
  }
  const packed = pack(root)
  return isNode(packed) ? packed : {}
}

function steps(place: string): readonly string[] {
  return place.split('.').flatMap((step) => {
    const [, name, index] = /^([^[]+)(?:\[(\d)\])?$/.exec(step) ?? []
    return [name, index].filter((part) => part !== undefined)
  })
}

function put(node: Node, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path
  if (first === undefined) return
  if (rest.length === 0) {
    node[first] = value
    return
  }
  const child = Object.hasOwn(node, first) ? node[first] : undefined
  const next = isNode(child) ? child : {}
  node[first] = next
  put(next, rest, value)
}

/** Nodes whose names are all digits were written by index: they become arrays. */
function pack(value: unknown): unknown {
  if (!isNode(value)) return value
  const entries = Object.entries(value).map(([name, child]) => [name, pack(child)] as const)
  const isList = entries.length > 0 && entries.every(([name]) => /^\d$/.test(name))
  return isList ? entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => child) : Object.fromEntries(entries)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
