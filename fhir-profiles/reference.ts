/** The references of a resource: what it points at, and the same resource pointing elsewhere. Spec: http://hl7.org/fhir/R4/references.html */
import { isExactNumber } from './json.ts'
import { isResourceType } from './validate/structure.ts'

export type ParsedReference =
  | { readonly kind: 'relative'; readonly type: string; readonly id: string; readonly version: string | undefined; readonly value: string }
  /** within the resource: `#id`; `#` alone is the resource that contains this one, and has an empty id */
  | { readonly kind: 'contained'; readonly type: undefined; readonly id: string; readonly value: string }
  /** `urn:uuid:` or `urn:oid:`, an entry of the same Bundle */
  | { readonly kind: 'urn'; readonly type: undefined; readonly id: undefined; readonly value: string }
  /** an address on some server; type and id where the address ends like a RESTful one */
  | { readonly kind: 'absolute'; readonly type: string | undefined; readonly id: string | undefined; readonly value: string }
  /** `Type?parameters`, allowed inside a transaction only: http://hl7.org/fhir/R4/http.html#trules */
  | { readonly kind: 'conditional'; readonly type: string; readonly id: undefined; readonly value: string }

export type FoundReference = ParsedReference & {
  /** where it stands: `Observation.subject.reference`, `DocumentReference.content[0].attachment.url` */
  readonly path: string
}

const idText = '[A-Za-z0-9\\-.]{1,64}'
const restful = new RegExp(`(?:^|/)([A-Z][A-Za-z]+)/(${idText})(?:/_history/(${idText}))?$`)
const urn = /^urn:(?:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|oid:[0-2](?:\.(?:0|[1-9]\d*))+)$/
const contained = new RegExp(`^#(${idText})?$`)
const conditional = /^([A-Z][A-Za-z]+)\?\S+$/
const absolute = /^[a-z][a-z0-9+.-]*:[^\s]+$/

/** undefined for text that R4 does not allow as a reference. */
export function parseReference(value: string): ParsedReference | undefined {
  const local = contained.exec(value)
  if (local !== null) return { kind: 'contained', type: undefined, id: local[1] ?? '', value }
  if (value.startsWith('urn:')) return urn.test(value) ? { kind: 'urn', type: undefined, id: undefined, value } : undefined
  const rest = restful.exec(value)
  const type = rest?.[1] !== undefined && isResourceType(rest[1]) ? rest[1] : undefined
  if (rest?.index === 0 && type !== undefined && !value.startsWith('/')) {
    return { kind: 'relative', type, id: rest[2] ?? '', version: rest[3], value }
  }
  if (absolute.test(value)) return { kind: 'absolute', type, id: type === undefined ? undefined : rest?.[2], value }
  const query = conditional.exec(value)
  return query?.[1] !== undefined && isResourceType(query[1]) ? { kind: 'conditional', type: query[1], id: undefined, value } : undefined
}

/**
 * Every readable Reference.reference of a resource, in document order, contained resources and Bundle entries included; also every
 * `Attachment.url` that points into the same server or Bundle (a Binary), since that is a reference in all but name.
 */
export function references(resource: object): readonly FoundReference[] {
  const before = known.get(resource)
  if (before !== undefined) return before
  const found: FoundReference[] = []
  const root = 'resourceType' in resource && typeof resource.resourceType === 'string' ? resource.resourceType : ''
  walk(resource, [root], (value, path, isUrl) => {
    const parsed = parseReference(value)
    if (parsed !== undefined && !(isUrl && isForeign(parsed))) found.push({ ...parsed, path: pathText(path) })
  })
  if (root !== '') known.set(resource, found)
  return found
}

/** Read once, however many ask for them on a resource's way in: a resource is never changed in place. */
const known = new WeakMap<object, readonly FoundReference[]>()

/** An ordinary web address in `Attachment.url` is content, not a reference. */
function isForeign({ kind }: ParsedReference): boolean {
  return kind === 'absolute' || kind === 'conditional'
}

/** Names and places in lists on the way from the root; written out only for what is found. */
type Way = (string | number)[]

function pathText([root = '', ...rest]: Way): string {
  return rest.reduce<string>((path, step) => (typeof step === 'number' ? `${path}[${step}]` : `${path}.${step}`), String(root))
}

type Visit = (value: string, path: Way, isUrl: boolean) => void

/** `way` is lent: it says where the walk stands while `visit` runs. */
function walk(value: object, way: Way, visit: Visit, under = ''): void {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index]
      if (typeof item === 'object' && item !== null) within(item, index, { way, visit, under })
    }
    return
  }
  if (isExactNumber(value)) return
  for (const key in value) {
    const item: unknown = Reflect.get(value, key)
    if (typeof item === 'object') {
      if (item !== null) within(item, key, { way, visit, under: key })
    } else if (typeof item === 'string' && (key === 'reference' || key === 'url') && isReferenceText(key, value, under)) {
      way.push(key)
      visit(item, way, key === 'url')
      way.pop()
    }
  }
}

function within(item: object, step: string | number, { way, visit, under }: { way: Way; visit: Visit; under: string }): void {
  way.push(step)
  walk(item, way, visit, under)
  way.pop()
}

const attachmentKeys = new Set(['id', 'extension', 'contentType', 'language', 'data', 'url', 'size', 'hash', 'title', 'creation'])

/**
 * In R4 a text under the key `reference` is a Reference's, except the web addresses of DetectedIssue, Immunization.education and
 * Expression. `url` counts in an Attachment only. `under`: the key of the owner itself.
 */
function isReferenceText(key: string, owner: object, under: string): boolean {
  if (key === 'reference') return under !== 'education' && !('resourceType' in owner || 'language' in owner)
  if (key !== 'url' || under === 'extension' || under === 'modifierExtension') return false
  return Object.keys(owner).every((name) => attachmentKeys.has(name.startsWith('_') ? name.slice(1) : name))
}

/**
 * The same resource with each reference that `rewrite` answers replaced. What is untouched is shared with the original, numbers keep
 * their written digits, and the original is not changed.
 */
export function rewriteReferences<T extends object>(resource: T, rewrite: (value: string) => string | undefined): T {
  // Only texts are replaced by texts: the shape of T is kept.
  return rewritten(resource, rewrite) as T
}

function rewritten(value: object, rewrite: (value: string) => string | undefined, under = ''): unknown {
  if (Array.isArray(value)) return rewrittenList(value, rewrite, under)
  if (isExactNumber(value)) return value
  let copy: Record<string, unknown> | undefined
  for (const key in value) {
    const item: unknown = Reflect.get(value, key)
    let next = item
    if (typeof item === 'object') next = item === null ? item : rewritten(item, rewrite, key)
    else if (typeof item === 'string' && (key === 'reference' || key === 'url') && isReferenceText(key, value, under))
      next = newText(item, key, rewrite)
    if (next === item) continue
    copy ??= { ...value }
    copy[key] = next
  }
  return copy ?? value
}

function rewrittenList(list: readonly unknown[], rewrite: (value: string) => string | undefined, under: string): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index]
    if (typeof item !== 'object' || item === null) continue
    const next = rewritten(item, rewrite, under)
    if (next === item) continue
    copy ??= [...list]
    copy[index] = next
  }
  return copy ?? list
}

function newText(text: string, key: string, rewrite: (value: string) => string | undefined): string {
  const parsed = key === 'url' ? parseReference(text) : undefined
  return key === 'url' && (parsed === undefined || isForeign(parsed)) ? text : (rewrite(text) ?? text)
}
