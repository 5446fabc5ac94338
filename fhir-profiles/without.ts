/**
 * A resource without some of its parts, as if it had been written without them. Pure. What cannot stand without a part goes with it: the
 * rest of the reference, a backbone element that requires it, the narrative, which tells of everything. A required element of the resource
 * itself stays, without content, in the one form that says nothing about why.
 */
import { isExactNumber } from './json.ts'
import { namedByIdentifier } from './logical-reference.ts'
import { parseReference } from './reference.ts'
import type { Resource } from './r4.ts'
import { isRecord, isResource } from './validate/guards.ts'
import { structureOf } from './validate/structure.ts'

/** What says that something is not known: http://hl7.org/fhir/R4/extension-data-absent-reason.html */
const unknown = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
} as const

export interface Part {
  /** `reasonCode[1]`, `contained[0].subject`; of the resource itself '' */
  readonly path: string
  readonly value: unknown
  /** name of its datatype; '' when R4 does not say */
  readonly type: string
  /** of a Reference: what it may refer to; undefined = anything */
  readonly targets: ReadonlySet<string> | undefined
}

type Gone = (part: Part) => boolean

/** The same object when nothing is gone. */
export function without(resource: Resource, isGone: Gone): Resource {
  const left = objectWithout(resource, { type: resource.resourceType, path: '', isRoot: true }, isGone)
  if (!isResource(left)) throw new TypeError('a resource stays a resource')
  return left
}

/**
 * Whether a part refers to one of these: a Reference with all it says of its target, or the address of an attachment. What is
 * named by an identifier alone is asked about under an id that no record has.
 */
export function refersTo(isHidden: (type: string, id: string) => boolean): Gone {
  return ({ path, value, type, targets }) => {
    const named = type === 'Reference' ? namedByIdentifier(value, targets) : undefined
    if (named !== undefined) return isHidden(named, '')
    const text = isRecord(value) ? value['reference'] : /(^|\.)url$/.test(path) ? value : undefined
    const parsed = typeof text === 'string' ? parseReference(text) : undefined
    return parsed?.kind === 'relative' && isHidden(parsed.type, parsed.id)
  }
}

interface Place {
  /** name of a datatype, of a nested structure or resource type; '' when R4 does not say */
  readonly type: string
  readonly targets?: ReadonlySet<string> | undefined
  readonly path: string
  readonly isRoot: boolean
}

/** undefined: the object cannot stand without what is gone. */
function objectWithout(object: Readonly<Record<string, unknown>> | Resource, place: Place, isGone: Gone): unknown {
  const structure = structureOf(place.type)
  const left: Record<string, unknown> = {}
  let isChanged = false
  for (const [key, value] of Object.entries(object)) {
    const { type = '', targets } = structure?.elements.get(key) ?? {}
    const next = valueWithout(value, { type, targets, path: place.path === '' ? key : `${place.path}.${key}`, isRoot: false }, isGone)
    if (next !== value) isChanged = true
    if (next !== undefined) left[key] = next
  }
  if (!isChanged) return object
  if (isRecord(left['text']) && 'div' in left['text']) delete left['text']
  for (const { element, keys } of structure?.required ?? []) {
    if (keys.some((key) => key in left || `_${key}` in left)) continue
    if (!place.isRoot) return undefined
    const [key = element] = keys
    left[key] = structure?.elements.get(key)?.isMany === true ? [unknown] : unknown
  }
  return isEmpty(left, place) ? undefined : left
}

function valueWithout(value: unknown, place: Place, isGone: Gone): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, at) => valueWithout(item, { ...place, path: `${place.path}[${at}]` }, isGone))
    if (items.every((item, at) => item === value[at])) return value
    const kept = items.filter((item) => item !== undefined)
    return kept.length === 0 ? undefined : kept
  }
  if (value !== null && value !== undefined && isGone({ path: place.path, value, type: place.type, targets: place.targets }))
    return undefined
  if (!isRecord(value) || isExactNumber(value)) return value
  const ownType = value['resourceType']
  if (typeof ownType === 'string') return objectWithout(value, { type: ownType, path: place.path, isRoot: true }, isGone)
  return objectWithout(value, place, isGone)
}

/** Nothing is left to say: FHIR has no empty objects, an extension has a value, a section a text, an entry or a section (cmp-1). */
function isEmpty(left: Readonly<Record<string, unknown>>, { type }: Place): boolean {
  const keys = Object.keys(left).filter((key) => key !== 'id')
  if (keys.length === 0) return true
  if (type === 'Extension') return keys.every((key) => key === 'url')
  return type === 'Composition.section' && !keys.some((key) => key === 'text' || key === 'entry' || key === 'section')
}
