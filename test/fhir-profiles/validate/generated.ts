/** Resources of any shape the types of R4 allow, and mutations of them, from a seed. */
import { r4Urls } from '../../../fhir-profiles/definitions/r4.ts'
import type { ElementInfo, TypeInfo, Types } from '../../../fhir-profiles/validate/type-info.ts'

export type Random = () => number

/** mulberry32 */
export function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)]
}

/** Names of R4's resource types. */
export function resourceTypesOf(types: Types): readonly string[] {
  const names = [...r4Urls()].map((url) => url.slice(url.lastIndexOf('/') + 1))
  return names.filter((name) => types.of(name)?.kind === 'resource' && name !== 'Resource' && name !== 'DomainResource')
}

const texts = ['a', 'final', 'cancelled', 'searchset', 'group', 'display', '%', 'http://unitsofmeasure.org', 'true', '#x', 'h']

const primitives: Readonly<Record<string, (random: Random) => unknown>> = {
  boolean: (random) => random() < 0.5,
  integer: (random) => Math.floor(random() * 4),
  positiveInt: (random) => 1 + Math.floor(random() * 3),
  unsignedInt: (random) => Math.floor(random() * 3),
  decimal: (random) => Math.floor(random() * 400) / 2,
  date: (random) => pick(random, ['2020', '2020-02', '2021-03-04']),
  dateTime: (random) => pick(random, ['2020', '2020-02-03', '2021-03-04T05:06:07+09:00']),
  instant: () => '2021-03-04T05:06:07+09:00',
  time: () => '05:06:07',
  base64Binary: () => 'AAAA',
  xhtml: () => '<div xmlns="http://www.w3.org/1999/xhtml">a</div>',
  uri: (random) => pick(random, ['http://unitsofmeasure.org', 'http://loinc.org', '#x']),
}

export function instanceOf(types: Types, type: TypeInfo, random: Random, depth = 0): Record<string, unknown> {
  const value: Record<string, unknown> = type.kind === 'resource' ? { resourceType: type.name } : {}
  const chosen = new Set<string>()
  const share = depth === 0 ? 0.45 : depth < 3 ? 0.3 : 0.1
  for (const [key, element] of type.elements) {
    if (chosen.has(element.name) || random() > share || element.name === 'extension' || element.name === 'modifierExtension') continue
    const item = () => valueOf(types, element, random, depth + 1)
    const made = element.isList ? (random() < 0.6 ? [item()] : [item(), item()]) : item()
    if (made === undefined) continue
    chosen.add(element.name)
    value[key] = made
  }
  return value
}

function valueOf(types: Types, element: ElementInfo, random: Random, depth: number): unknown {
  if (element.kind === 'primitive') return (primitives[element.type] ?? (() => pick(random, texts)))(random)
  // what lies deeper is empty; of a resource its type is left, else it is none
  if (depth > 5) return element.kind === 'resource' ? { resourceType: 'Basic' } : {}
  const type = types.of(element.kind === 'resource' ? (pick(random, ['Patient', 'Observation', 'Basic']) ?? 'Basic') : element.type)
  return type === undefined ? {} : instanceOf(types, type, random, depth)
}

const oddities: readonly unknown[] = [
  null,
  '',
  0,
  -1,
  1e300,
  true,
  [],
  {},
  [null],
  [[]],
  '#',
  ' ',
  '\u0000',
  'x'.repeat(3000),
  { id: 'x' },
  { resourceType: 'Patient' },
]

/** Changes one place: replaces, removes, repeats or renames. The value given is not touched. */
export function mutated(value: unknown, random: Random): unknown {
  if (random() < 0.15 || typeof value !== 'object' || value === null) return pick(random, oddities)
  if (Array.isArray(value)) {
    const at = Math.floor(random() * value.length)
    if (random() < 0.2) return [...value, ...value]
    return value.map((item: unknown, index) => (index === at ? mutated(item, random) : item))
  }
  const entries = Object.entries(value)
  const at = Math.floor(random() * entries.length)
  return Object.fromEntries(
    entries.flatMap(([key, item]): [string, unknown][] => {
      if (entries[at]?.[0] !== key) return [[key, item]]
      const kind = random()
      if (kind < 0.1) return []
      if (kind < 0.2) return [[`_${key}`, item]]
      if (kind < 0.3) return [[`${key}x`, item]]
      if (kind < 0.4) return [[key, [item]]]
      return [[key, mutated(item, random)]]
    }),
  )
}

/** The same JSON with its keys in another order. */
export function reordered(value: unknown, random: Random): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, random))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, reordered(item, random)])
  return Object.fromEntries(
    entries
      .map((entry) => ({ entry, place: random() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ entry }) => entry),
  )
}
