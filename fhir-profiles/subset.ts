/**
 * A resource with fewer elements, marked as such: `_summary` and `_elements`. Pure; numbers keep their digits.
 * What changes the meaning of the rest (status, modifiers) always stays. Spec: http://hl7.org/fhir/R4/search.html#summary, #elements
 */
import summaries from './r4-summary.json' with { type: 'json' }
import { isRecord } from './validate/guards.ts'
import { structureOf, type Structure } from './validate/structure.ts'

export type SubsetAsk =
  | { readonly summary: 'true' | 'text' | 'data' }
  /** names of elements, also as `Type.element`; names the type does not have select nothing */
  | { readonly elements: readonly string[] }

/** http://terminology.hl7.org/CodeSystem/v3-ObservationValue */
const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' } as const

const always = ['resourceType', 'id', 'meta', 'implicitRules', 'modifierExtension'] as const

/**
 * Elements that turn around what the others say, where R4 does not require them anyway: an allergy that was refuted, a patient who died.
 * http://hl7.org/fhir/R4/conformance-rules.html#isModifier
 */
const modifiers = [
  'status',
  'clinicalStatus',
  'verificationStatus',
  'active',
  'deceased[x]',
  'doNotPerform',
  'isSubpotent',
  'link',
  'intent',
] as const

// The compiler's type of the file lists every key; a table with string keys is what we look names up in.
const table: Readonly<Record<string, string>> = summaries

export function subset(resource: object, ask: SubsetAsk): object {
  const type = 'resourceType' in resource && typeof resource.resourceType === 'string' ? resource.resourceType : ''
  const structure = structureOf(type)
  if (structure === undefined || !isRecord(resource)) return resource
  return tagged(keptOf(resource, structure, ask))
}

function keptOf(resource: Readonly<Record<string, unknown>>, structure: Structure, ask: SubsetAsk): Record<string, unknown> {
  if ('elements' in ask) return picked(resource, structure, namesIn(ask.elements, structure))
  switch (ask.summary) {
    case 'data': {
      const { text: _, ...rest } = resource
      return rest
    }
    case 'text':
      return picked(resource, structure, new Set(['text']))
    case 'true':
      return summaryOf(resource, structure)
    default:
      return ask.summary satisfies never
  }
}

function namesIn(elements: readonly string[], { name, elements: known }: Structure): ReadonlySet<string> {
  const own = elements.flatMap((element) => {
    const [first = '', second] = element.split('.')
    return second === undefined ? [first] : first === name ? [second] : []
  })
  return new Set([...modifiers.filter((each) => [...known.values()].some((rule) => rule.element === each)), ...own])
}

/** The named elements, those R4 requires, and those that say what the rest means. */
function picked(resource: Readonly<Record<string, unknown>>, structure: Structure, names: ReadonlySet<string>): Record<string, unknown> {
  const wanted = new Set<string>([...always, ...names, ...structure.required.map(({ element }) => element)])
  return filtered(resource, (key) => {
    const element = structure.elements.get(key)?.element
    return wanted.has(key) || (element !== undefined && (wanted.has(element) || wanted.has(element.replace('[x]', ''))))
  })
}

/** Elements R4 marks for a summary, within nested structures too. */
function summaryOf(value: Readonly<Record<string, unknown>>, structure: Structure): Record<string, unknown> {
  const marked = new Set([...always, ...(table[structure.name] ?? '').split(' '), ...structure.required.map(({ element }) => element)])
  const kept = filtered(value, (key) => marked.has(structure.elements.get(key)?.element ?? key))
  return Object.fromEntries(
    Object.entries(kept).map(([key, item]) => {
      const type = structure.elements.get(key)?.type ?? ''
      const inner = Object.hasOwn(table, type) ? structureOf(type) : undefined
      return [key, inner === undefined ? item : summarised(item, inner)]
    }),
  )
}

function summarised(value: unknown, structure: Structure): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => summarised(item, structure))
  return isRecord(value) ? summaryOf(value, structure) : value
}

/** A primitive's extensions stay with it. */
function filtered(value: Readonly<Record<string, unknown>>, isKept: (key: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => isKept(key.startsWith('_') ? key.slice(1) : key)))
}

/** So that nobody stores it as if it were all: http://hl7.org/fhir/R4/resource.html#simple-tags */
function tagged(resource: Record<string, unknown>): object {
  const meta = isRecord(resource['meta']) ? resource['meta'] : {}
  const tags: readonly unknown[] = Array.isArray(meta['tag']) ? meta['tag'] : []
  const isTagged = tags.some((tag) => isRecord(tag) && tag['system'] === subsetted.system && tag['code'] === subsetted.code)
  return { ...resource, meta: { ...meta, tag: isTagged ? tags : [...tags, subsetted] } }
}
