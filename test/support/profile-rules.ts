/** The rules a profile adds to what it builds on, and the profile without one of them. */
import type { ElementDefinition, RuleId, StructureDefinition } from './plain-profile.ts'

export interface ProfileRule {
  readonly id: RuleId
  readonly element: string
  readonly kind: string
  /** no resource can break it alone: why */
  readonly implied?: string
}

export function rulesOf(definition: StructureDefinition): readonly ProfileRule[] {
  const { element } = definition.differential
  return element.flatMap((each) => kindsOf(each).map((kind) => rule(definition, each, kind)))
}

function rule(definition: StructureDefinition, element: ElementDefinition, kind: string): ProfileRule {
  const implied = impliedBy(definition, element, kind)
  const id = `${definition.id}/${element.id}/${kind}`
  return implied === undefined ? { id, element: element.id, kind } : { id, element: element.id, kind, implied }
}

function kindsOf(element: ElementDefinition): readonly string[] {
  const value = Object.keys(element).flatMap((key) => /^(fixed|pattern)[A-Z]/.exec(key)?.[1] ?? [])
  return [
    ...((element.min ?? 0) > 0 ? ['min'] : []),
    ...(element.max !== undefined && element.max !== '*' ? ['max'] : []),
    ...value,
    ...(element.binding?.strength === 'required' ? ['binding'] : []),
    ...typeKinds(element),
    ...(element.constraint ?? []).map(({ key }) => key),
  ]
}

function typeKinds(element: ElementDefinition): readonly string[] {
  const types = element.type ?? []
  if (types.some(({ targetProfile }) => targetProfile !== undefined)) return ['target']
  if (element.path.endsWith('[x]') && types.length > 0) return ['type']
  return types.some(({ code, profile }) => profile !== undefined && code !== 'Extension') ? ['profile'] : []
}

function impliedBy(definition: StructureDefinition, element: ElementDefinition, kind: string): string | undefined {
  const slices = definition.differential.element.filter(
    ({ id }) => id.startsWith(`${element.id}:`) && !id.slice(element.id.length).includes('.'),
  )
  if (kind === 'min' && slices.length > 0 && element.min === slices.reduce((sum, { min }) => sum + (min ?? 0), 0))
    return 'the sum of its slices'
  if (namesSlice(definition, element, kind)) return 'tells which slice it is'
  if (element.id === 'Bundle.entry:composition' && kind === 'min') return 'R4 asks every document to begin with one (bdl-11)'
  if (definition.type !== 'Extension') return undefined
  if (element.path === 'Extension.url') return 'the extension itself'
  // a part of a complex extension is asked for like any slice
  const isPart = element.path === 'Extension.extension' && element.sliceName !== undefined
  if (!isPart && (kind === 'max' || kind === 'min')) return 'R4 asks for a value or extensions, never both (ext-1)'
  return undefined
}

/** A value the discriminator looks at: with another one, or without it, the entry is not of the slice at all. */
function namesSlice(definition: StructureDefinition, element: ElementDefinition, kind: string): boolean {
  return definition.snapshot.element.some(({ id, slicing }) =>
    (slicing?.discriminator ?? []).some(({ path, type }) => {
      if (!element.id.startsWith(`${id}:`)) return false
      const below = element.id
        .slice(id.length + 1)
        .split('.')
        .slice(1)
        .join('.')
      const isValue = (kind === 'fixed' || kind === 'pattern') && type !== 'type'
      if (path === '$this') return below === '' && isValue
      return (below === path && (isValue || kind === 'min')) || (path.startsWith(`${below}.`) && kind === 'min')
    }),
  )
}

/** The profile with this rule as it was in what it builds on. */
export function withoutRule(definition: StructureDefinition, { element, kind }: ProfileRule): StructureDefinition {
  const parent = element.includes(':') ? element.slice(0, element.lastIndexOf(':')) : undefined
  const relax = (each: ElementDefinition): ElementDefinition => {
    // a sliced element's own minimum is the sum of its slices
    if (kind === 'min' && each.id === parent && !element.slice(parent.length).includes('.'))
      return { ...each, min: Math.max(0, each.min - 1) }
    return isSame(each, element, kind) ? relaxed(each, kind) : each
  }
  return { ...definition, snapshot: { element: definition.snapshot.element.map(relax) } }
}

/** The element itself, and where slices carry what it says. */
function isSame(each: ElementDefinition, element: string, kind: string): boolean {
  if (each.id === element) return true
  const isSliceOfIt = each.sliceName !== undefined
  return each.id.replaceAll(/:[^.]*/g, '') === element && (!isSliceOfIt || kind.startsWith('care-'))
}

function relaxed(element: ElementDefinition, kind: string): ElementDefinition {
  if (kind === 'min') return { ...element, min: 0 }
  if (kind === 'max') return { ...element, max: '*' }
  const drop = (isDropped: (key: string) => boolean): ElementDefinition =>
    // every key that the type asks for stays
    Object.fromEntries(Object.entries(element).filter(([key]) => !isDropped(key))) as unknown as ElementDefinition
  if (kind === 'fixed' || kind === 'pattern') return drop((key) => key.startsWith(kind))
  if (kind === 'binding') return drop((key) => key === 'binding')
  if (kind === 'profile') return { ...element, type: (element.type ?? []).map(({ code }) => ({ code })) }
  if (kind === 'target' || kind === 'type') return drop((key) => key === 'type')
  return { ...element, constraint: (element.constraint ?? []).filter(({ key }) => key !== kind) }
}
