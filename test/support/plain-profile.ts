/**
 * A profile read the plain way: cardinality, type, fixed and pattern values, required bindings, slices and our own invariants, straight from
 * the snapshot. Slow and small on purpose: it is the second opinion on our guide, not a validator (what R4 itself asks is not looked at).
 */
import { createRequire } from 'node:module'
import fhirpath from 'fhirpath'

const r4: fhirpath.Model = createRequire(import.meta.url)('fhirpath/fhir-context/r4')

export interface ElementDefinition {
  readonly id: string
  readonly path: string
  readonly sliceName?: string
  readonly min: number
  readonly max: string
  readonly base?: { readonly min: number }
  readonly type?: readonly { readonly code: string; readonly profile?: readonly string[]; readonly targetProfile?: readonly string[] }[]
  readonly binding?: { readonly strength: string; readonly valueSet: string }
  readonly slicing?: { readonly discriminator: readonly { readonly type: string; readonly path: string }[] }
  readonly constraint?: readonly { readonly key: string; readonly expression: string }[]
  readonly [other: string]: unknown
}

export interface StructureDefinition {
  readonly id: string
  readonly url: string
  readonly type: string
  readonly context?: readonly { readonly expression: string }[]
  readonly snapshot: { readonly element: readonly ElementDefinition[] }
  readonly differential: { readonly element: readonly ElementDefinition[] }
}

export interface World {
  readonly definitions: ReadonlyMap<string, StructureDefinition>
  /** value set → `system|code` */
  readonly valueSets: ReadonlyMap<string, ReadonlySet<string>>
}

/** One rule of one profile: `care-referral-task/Task.focus/min`. */
export type RuleId = string

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value])

/** Every rule of the profile that the resource breaks. `at` hears where each element of the profile stands in the resource. */
export function broken(resource: unknown, profile: string, world: World, at?: (element: string, pointer: string) => void): Set<RuleId> {
  const definition = world.definitions.get(profile)
  if (definition === undefined) throw new Error(`${profile} is not loaded`)
  const found = new Set<RuleId>()
  const elements = definition.snapshot.element
  const [root] = elements
  const below = childrenIn(definition)
  const say = (element: ElementDefinition, kind: string): void => void found.add(`${definition.id}/${element.id}/${kind}`)
  if (root !== undefined) visit(root, resource, '')
  return found

  function visit(element: ElementDefinition, value: unknown, pointer: string): void {
    at?.(element.id, pointer)
    values(element, value)
    if (!isObject(value)) return
    const names = new Set(childrenOf(element).map(({ path }) => path))
    for (const path of names) visitChildren(element, path, value, pointer)
  }

  function childrenOf(element: ElementDefinition): readonly ElementDefinition[] {
    return below.get(element.id) ?? []
  }

  function visitChildren(parent: ElementDefinition, path: string, value: Json, pointer: string): void {
    const all = childrenOf(parent).filter((each) => each.path === path)
    const plain = all.find(({ sliceName }) => sliceName === undefined)
    const items = itemsOf(value, lastOf(path), pointer)
    if (plain !== undefined) {
      cardinality(plain, items.length)
      for (const item of items) {
        visit(plain, item.value, item.pointer)
        if (isOtherType(plain, item.type)) say(plain, 'type')
      }
    }
    for (const slice of all.filter(({ sliceName }) => sliceName !== undefined)) {
      const own = items.filter((item) => matches(item.value, slice, plain))
      cardinality(slice, own.length)
      for (const item of own) visit(slice, item.value, item.pointer)
    }
  }

  function cardinality(element: ElementDefinition, count: number): void {
    if (count < element.min) say(element, 'min')
    if (element.max !== '*' && count > Number(element.max)) say(element, 'max')
  }

  function matches(value: unknown, slice: ElementDefinition, plain: ElementDefinition | undefined): boolean {
    const discriminators = plain?.slicing?.discriminator ?? []
    return discriminators.every(({ type, path }) => {
      if (path === 'url') return isObject(value) && value['url'] === slice.type?.[0]?.profile?.[0]
      const target = path === '$this' ? slice : elements.find(({ id }) => id === `${slice.id}.${path}`)
      if (target === undefined) return false
      const inside = path === '$this' ? [value] : valuesAt(value, path.split('.'))
      if (type === 'type') return inside.some((each) => isObject(each) && each['resourceType'] === target.type?.[0]?.code)
      const wanted = fixedOf(target)
      return wanted !== undefined && inside.some((each) => covers(each, wanted.value))
    })
  }

  function values(element: ElementDefinition, value: unknown): void {
    const wanted = fixedOf(element)
    if (wanted !== undefined && !covers(value, wanted.value)) say(element, wanted.kind)
    const { binding } = element
    if (binding?.strength === 'required' && !isBound(value, binding.valueSet)) say(element, 'binding')
    for (const { key, expression } of element.constraint ?? []) {
      if (key.startsWith('care-') && !holds(value, element, expression)) say(element, key)
    }
    const targets = (element.type ?? []).flatMap(({ targetProfile }) => targetProfile ?? [])
    const reference =
      isObject(value) && typeof value['reference'] === 'string'
        ? /([A-Z][A-Za-z]+)\/[^/]+(\/_history\/[^/]+)?$/.exec(value['reference'])?.[1]
        : undefined
    if (
      targets.length > 0 &&
      reference !== undefined &&
      !targets.some((target) => typeOf(target) === reference || typeOf(target) === 'Resource')
    )
      say(element, 'target')
    for (const profile of element.type?.[0]?.profile ?? []) {
      if (!world.definitions.has(profile) || element.type?.[0]?.code === 'Reference') continue
      const inside = broken(value, profile, world)
      for (const rule of inside) found.add(rule)
      if (inside.size > 0 && element.type?.[0]?.code !== 'Extension') say(element, 'profile')
    }
  }

  function isBound(value: unknown, valueSet: string): boolean {
    const set = world.valueSets.get(valueSet.split('|')[0] ?? '')
    // a number or a boolean has no code to be bound
    if (set === undefined || typeof value === 'number' || typeof value === 'boolean') return true
    if (typeof value === 'string') return [...set].some((each) => each.endsWith(`|${value}`))
    const codings = isObject(value) && 'coding' in value ? listOf(value['coding']) : [value]
    return codings.some((coding) => isObject(coding) && set.has(`${String(coding['system'])}|${String(coding['code'])}`))
  }

  function holds(value: unknown, element: ElementDefinition, expression: string): boolean {
    return listOf(compiled(element.path, expression)(value, { resource }))[0] === true
  }

  function typeOf(canonical: string): string {
    return world.definitions.get(canonical)?.type ?? lastOf(canonical.replace(/^.*\//, ''))
  }
}

function isOtherType(element: ElementDefinition, type: string): boolean {
  const types = (element.type ?? []).map(({ code }) => code.charAt(0).toUpperCase() + code.slice(1))
  return element.path.endsWith('[x]') && types.length > 0 && !types.includes(type)
}

type Children = ReadonlyMap<string, readonly ElementDefinition[]>
const children = new WeakMap<StructureDefinition, Children>()

/** Element id → the elements right below it, slices among them. */
function childrenIn(definition: StructureDefinition): Children {
  const known = children.get(definition)
  if (known !== undefined) return known
  const made = Map.groupBy(definition.snapshot.element, ({ id }) => id.slice(0, Math.max(0, id.lastIndexOf('.'))))
  children.set(definition, made)
  return made
}

type Evaluate = (value: unknown, environment: Readonly<Record<string, unknown>>) => unknown
const expressions = new Map<string, Evaluate>()

function compiled(path: string, expression: string): Evaluate {
  const key = `${path} ${expression}`
  const known = expressions.get(key)
  if (known !== undefined) return known
  // one result at once: no asynchronous functions are used
  const made = fhirpath.compile(path.includes('.') ? { base: path, expression } : expression, r4) as Evaluate
  expressions.set(key, made)
  return made
}

interface Item {
  readonly value: unknown
  readonly pointer: string
  /** of a choice: `CodeableConcept` */
  readonly type: string
}

function itemsOf(value: Json, name: string, pointer: string): readonly Item[] {
  const keys = name.endsWith('[x]') ? Object.keys(value).filter((key) => isChoice(key, name.slice(0, -3))) : [name]
  return keys.flatMap((key) => {
    const type = key.slice(name.length - 3)
    const inside = value[key]
    if (!Array.isArray(inside)) return inside === undefined ? [] : [{ value: inside, pointer: `${pointer}/${key}`, type }]
    return inside.map((each: unknown, index) => ({ value: each, pointer: `${pointer}/${key}/${index}`, type }))
  })
}

function isChoice(key: string, name: string): boolean {
  return key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length))
}

function valuesAt(value: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (name === undefined) return [value]
  return isObject(value) ? listOf(value[name]).flatMap((each) => valuesAt(each, rest)) : []
}

function fixedOf(element: ElementDefinition): { readonly kind: 'fixed' | 'pattern'; readonly value: unknown } | undefined {
  for (const [key, value] of Object.entries(element)) {
    const [, kind] = /^(fixed|pattern)[A-Z]/.exec(key) ?? []
    if (kind === 'fixed' || kind === 'pattern') return { kind, value }
  }
  return undefined
}

/** Whether the value says at least what is wanted. */
function covers(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return wanted.every((each) => listOf(value).some((own) => covers(own, each)))
  if (isObject(wanted)) return isObject(value) && Object.entries(wanted).every(([key, each]) => covers(value[key], each))
  return value === wanted
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
