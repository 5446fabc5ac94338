/**
 * A visible record as it reads where what it points at was never heard of: the reference goes with its display, identifier and type, and so
 * does the text that was written about it (consent.md, non-interference: S− is S without every reference to what is refused). Pure.
 */
import { isExactNumber } from '../../fhir-profiles/json.ts'
import { parseReference } from '../../fhir-profiles/reference.ts'

/** ids in `Type/id` texts: whatever the record may point at, read without parsing it */
export function idsNamedIn(text: string): readonly string[] {
  return [...text.matchAll(/"[A-Z][A-Za-z]+\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?"/g)].flatMap(([, id]) => id ?? [])
}

/**
 * The same resource without what names a refused id. An element that is a reference goes; an item of a list that holds one goes whole, since
 * its other elements speak of the same thing; narrative of whatever lost something goes. The original is not changed.
 */
export function withoutReferences(resource: object, isRefused: (id: string) => boolean): object {
  let refused = isRefused
  for (;;) {
    const left = keptObject(resource, { isRefused: refused, isItem: false, under: '' }) ?? resource
    // what pointed at a contained resource that went, goes too
    const gone = containedIds(resource).filter((id) => !containedIds(left).includes(id) && !refused(`#${id}`))
    if (gone.length === 0) return left
    const before = refused
    refused = (id) => before(id) || gone.some((each) => id === `#${each}`)
  }
}

interface Place {
  readonly isRefused: (id: string) => boolean
  /** an item of a list */
  readonly isItem: boolean
  /** the name of the element */
  readonly under: string
}

function containedIds(resource: object): readonly string[] {
  if (!('contained' in resource) || !Array.isArray(resource.contained)) return []
  return resource.contained.flatMap((item: unknown) =>
    typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string' ? [item.id] : [],
  )
}

/** undefined: gone. */
function kept(value: unknown, place: Place): unknown {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return value
  if (!Array.isArray(value)) return keptObject(value, place)
  const items = value.flatMap((item: unknown) => {
    const left = kept(item, { ...place, isItem: true })
    return left === undefined ? [] : [left]
  })
  if (items.length === 0) return undefined
  return items.length === value.length && items.every((item, at) => item === value[at]) ? value : items
}

function keptObject(value: object, place: Place): object | undefined {
  if (namesRefused(value, place.isRefused)) return undefined
  const left: Record<string, unknown> = {}
  let isWhole = true
  for (const [key, item] of Object.entries(value)) {
    const next = kept(item, { ...place, isItem: false, under: key })
    if (next !== item) isWhole = false
    if (next !== undefined) left[key] = next
    else if (place.isItem && !Array.isArray(item)) return undefined
  }
  if (isWhole) return value
  if (isNarrative(left['text'])) delete left['text']
  const isEmptySection = place.under === 'section' && !['text', 'entry', 'section'].some((key) => key in left)
  return Object.keys(left).length === 0 || isEmptySection ? undefined : left
}

/** A Reference, or an Attachment whose file is one of ours. */
function namesRefused(value: object, isRefused: (id: string) => boolean): boolean {
  const texts = ['reference' in value ? value.reference : undefined, 'url' in value ? value.url : undefined]
  return texts.some((text) => {
    const parsed = typeof text === 'string' ? parseReference(text) : undefined
    if (parsed?.kind === 'contained') return isRefused(`#${parsed.id}`)
    return parsed?.kind === 'relative' && isRefused(parsed.id)
  })
}

function isNarrative(text: unknown): boolean {
  return typeof text === 'object' && text !== null && 'div' in text
}
