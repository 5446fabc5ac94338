/** What a Reference or canonical points at: contained, in the Bundle, or given from outside. Spec: http://hl7.org/fhir/R4/bundle.html#references */
import type { Judge } from './judge.ts'
import { childOf, childrenOf, textAt } from './node.ts'
import type { Node } from './node.ts'

/** The nodes a Reference, canonical or uri points at; undefined when nothing is said, empty when it is not found. */
export function resolve(judge: Judge, node: Node): readonly Node[] | undefined {
  const text = node.type.name === 'Reference' ? textAt(node, 'reference') : typeof node.value === 'string' ? node.value : undefined
  return text === undefined ? undefined : resolveText(judge, node, text)
}

export function resolveText(judge: Judge, from: Node, text: string): readonly Node[] {
  if (text.startsWith('#')) return containedIn(from.container, text.slice(1))
  const bundles = bundlesAround(from)
  const inBundle = bundles.length === 0 ? bundles : bundles.flatMap((bundle) => entriesOf(bundle, from, text))
  if (inBundle.length > 0) return inBundle
  const outside = judge.outside(text)
  return outside === undefined ? [] : [outside]
}

/** `#` alone is the container itself. */
function containedIn(container: Node, id: string): readonly Node[] {
  if (id === '') return [container]
  return childrenOf(container, 'contained').filter((each) => textAt(each, 'id') === id)
}

/** The bundles (and Parameters) around a node, innermost first. */
export function bundlesAround(node: Node): readonly Node[] {
  const found: Node[] = []
  for (let at: Node | undefined = node.container.parent; at !== undefined; at = at.resource.parent) {
    if (at.resource.type.name === 'Bundle') found.push(at.resource)
  }
  return found
}

const restful = /^(https?:\/\/.+\/)?([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]+)?$/

/** What a server does with these goes by type and id. */
const byIdToo: ReadonlySet<string> = new Set(['transaction', 'batch', 'transaction-response', 'batch-response', 'history'])

export interface Entry {
  readonly node: Node
  readonly fullUrl: string | undefined
  readonly resource: Node | undefined
}

const known = new WeakMap<Node, readonly Entry[]>()

export function entriesIn(bundle: Node): readonly Entry[] {
  const before = known.get(bundle)
  if (before !== undefined) return before
  const entries = childrenOf(bundle, 'entry').map((node) => ({
    node,
    fullUrl: textAt(node, 'fullUrl'),
    resource: childOf(node, 'resource'),
  }))
  known.set(bundle, entries)
  return entries
}

/** A relative reference is read against the server the referring entry's fullUrl names. */
function entriesOf(bundle: Node, from: Node, text: string): readonly Node[] {
  const entries = entriesIn(bundle)
  const plain = text.replace(/\/_history\/[^/]+$/, '').replace(/[#|].*$/, '')
  const parts = restful.exec(plain)
  const own = entries.find(({ resource }) => resource !== undefined && isInside(from, resource))
  const base = parts !== null && parts[1] === undefined ? restful.exec(own?.fullUrl ?? '')?.[1] : undefined
  const wanted = base === undefined ? plain : base + plain
  const byUrl = entries.filter(({ fullUrl }) => fullUrl === wanted)
  const isRelative = parts !== null && parts[1] === undefined
  // In a transaction or batch, and where entries carry no server's url, type and id are all there is to go by.
  const byId =
    isRelative && byUrl.length === 0
      ? entries.filter(
          ({ resource, fullUrl }) =>
            (fullUrl === undefined || byIdToo.has(textAt(bundle, 'type') ?? '')) &&
            resource?.type.name === parts?.[2] &&
            resource !== undefined &&
            textAt(resource, 'id') === parts?.[3],
        )
      : []
  return [...byUrl, ...byId].flatMap(({ resource }) => resource ?? [])
}

function isInside(node: Node, resource: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) if (at === resource) return true
  return false
}

interface Restful {
  readonly base: string | undefined
  readonly type: string
  readonly id: string
}

/** Several rules ask about one reference, one after the other. */
let last: { readonly text: string; readonly parts: Restful | undefined } = { text: '', parts: undefined }

/** Type and id of a RESTful reference. */
export function restfulParts(text: string): Restful | undefined {
  if (last.text === text) return last.parts
  const found = restful.exec(text)
  const parts = found === null ? undefined : { base: found[1], type: found[2] ?? '', id: found[3] ?? '' }
  last = { text, parts }
  return parts
}
