/** Random resources that refer to one another, and random searches over them, from a few words so that something is found. */
import type { Thing } from './naive.ts'

export type Ask =
  | { readonly kind: 'plain'; readonly param: string; readonly modifier: string; readonly values: readonly string[] }
  | { readonly kind: 'chain'; readonly param: string; readonly type: string; readonly isTyped: boolean; readonly inner: Ask }
  | { readonly kind: 'has'; readonly type: string; readonly param: string; readonly inner: Ask }

type Random = () => number

export function randomly(random: Random) {
  const pick = <T>(of: readonly T[]): T => {
    const one = of[Math.floor(random() * of.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }
  const maybe = <T>(chance: number, make: () => T): T | undefined => (random() < chance ? make() : undefined)
  return { pick, maybe, upTo: (most: number) => Math.floor(random() * (most + 1)) }
}

const systems = ['urn:a', 'urn:b']
const codes = ['x', 'y', 'z']
const words = ['Müller', 'mull', 'Émile', '김하늘', '김', 'Lee 100%']
const dates = [
  '2024',
  '2024-05',
  '2024-05-10',
  '2024-05-11',
  '2025-01-01',
  '2024-05-10T08:00:00Z',
  '2024-05-10T08:00:00.500Z',
  '2023-12-31',
]
const numbers = ['1', '1.0', '1.04', '5', '5.5', '10', '-3']
const hidden = 'urn:hidden'

/** How many of each type. */
const population = { Practitioner: 4, Patient: 5, Encounter: 8, Condition: 10, Observation: 16, RiskAssessment: 5, List: 4 } as const
export type Kind = keyof typeof population
export const kinds = Object.keys(population).filter((name): name is Kind => name in population)
/** records that may be hidden, and to which a reference then is hidden too */
export const guarded = ['Encounter', 'Condition', 'Observation', 'RiskAssessment', 'List']

export function randomThings(random: Random): readonly Thing[] {
  const { pick, maybe } = randomly(random)
  const idOf = (type: Kind): string => `${type.toLowerCase()}-${Math.floor(random() * population[type])}`
  const reference = (type: Kind) => ({
    reference: `${type}/${idOf(type)}`,
    identifier: maybe(0.3, () => ({ system: maybe(0.7, () => pick(systems)), value: pick(codes) })),
  })
  const coding = () => ({ system: maybe(0.7, () => pick(systems)), code: pick(codes), display: maybe(0.4, () => pick(words)) })
  const concept = () => ({ coding: [coding(), ...(random() < 0.3 ? [coding()] : [])], text: maybe(0.4, () => pick(words)) })
  const quantity = () => ({
    value: Number(pick(numbers)),
    system: maybe(0.6, () => pick(systems)),
    code: maybe(0.6, () => pick(codes)),
    unit: maybe(0.5, () => pick(codes)),
  })
  const period = () => ({ start: maybe(0.7, () => pick(dates)), end: maybe(0.5, () => '2025-02-03') })
  const value = () =>
    pick([
      () => ({ valueQuantity: quantity() }),
      () => ({ valueCodeableConcept: concept() }),
      () => ({ valueString: pick(words) }),
      () => ({}),
    ])()
  const bodies: Readonly<Record<Kind, () => object>> = {
    Practitioner: () => ({
      identifier: [{ system: pick(systems), value: pick(codes) }],
      name: [{ family: pick(words), given: [pick(words)] }],
    }),
    Patient: () => ({
      identifier: [{ system: maybe(0.7, () => pick(systems)), value: pick(codes) }],
      name: [{ text: pick(words), family: maybe(0.5, () => pick(words)) }],
      birthDate: maybe(0.8, () => pick(['1980', '1980-05', '2001-01-01'])),
      generalPractitioner: maybe(0.6, () => [reference('Practitioner')]),
    }),
    Encounter: () => ({
      status: 'finished',
      class: coding(),
      subject: reference('Patient'),
      period: maybe(0.7, period),
      diagnosis: maybe(0.4, () => [{ condition: reference('Condition') }]),
    }),
    Condition: () => ({
      code: maybe(0.8, concept),
      subject: reference('Patient'),
      encounter: maybe(0.6, () => reference('Encounter')),
      recordedDate: maybe(0.6, () => pick(dates)),
    }),
    Observation: () => ({
      status: pick(['final', 'preliminary']),
      code: concept(),
      subject: reference('Patient'),
      encounter: maybe(0.5, () => reference('Encounter')),
      performer: maybe(0.4, () => [reference('Practitioner')]),
      hasMember: maybe(0.3, () => [reference('Observation')]),
      ...(random() < 0.6 ? { effectiveDateTime: pick(dates) } : { effectivePeriod: period() }),
      ...value(),
      component: maybe(0.4, () => [0, 1].map(() => ({ code: concept(), ...value() }))),
    }),
    RiskAssessment: () => ({
      status: 'final',
      subject: reference('Patient'),
      condition: maybe(0.5, () => reference('Condition')),
      prediction: [
        pick([{ probabilityDecimal: 0.5 }, { probabilityDecimal: 1 }, { probabilityRange: { low: { value: 1 }, high: { value: 5 } } }]),
      ],
    }),
    List: () => ({
      status: 'current',
      mode: 'working',
      subject: maybe(0.5, () => reference('Patient')),
      entry: [0, 1, 2].map(() => ({ item: reference(pick(['Condition', 'Observation', 'Encounter'])) })),
    }),
  }
  return kinds.flatMap((type) =>
    Array.from({ length: population[type] }, (_, at) => ({
      resourceType: type,
      id: `${type.toLowerCase()}-${at}`,
      meta: {
        tag: maybe(0.4, () => [coding()]),
        security: maybe(0.2, () => [coding()]),
        profile: guarded.includes(type) && random() < 0.3 ? [hidden] : maybe(0.3, () => [pick(['urn:p', 'urn:p/q'])]),
      },
      ...bodies[type](),
    })).map((thing) => withoutNothing(thing)),
  )
}

/** As it is sent: nothing that is undefined, no empty objects. */
function withoutNothing(thing: object): Thing {
  const drop = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(drop)
    if (typeof value !== 'object' || value === null) return value
    const kept = Object.entries(value).flatMap(([key, item]) => {
      const left = drop(item)
      return left === undefined ? [] : [[key, left] as const]
    })
    return kept.length === 0 ? undefined : Object.fromEntries(kept)
  }
  // every thing has a type and an id
  return drop(thing) as Thing
}

export function isHidden(thing: Thing): boolean {
  return JSON.stringify(thing.meta ?? {}).includes(hidden)
}

/** What is left where hidden records never were: without them, and without the references to them. */
export function withoutHidden(things: readonly Thing[]): readonly Thing[] {
  const gone = new Set(things.filter(isHidden).map(({ resourceType, id }) => `${resourceType}/${id}`))
  const keep = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(keep).filter((item) => item !== undefined)
    if (typeof value !== 'object' || value === null) return value
    if ('reference' in value && gone.has(String(value.reference))) return undefined
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => {
        const left = keep(item)
        return left === undefined || (Array.isArray(left) && left.length === 0) ? [] : [[key, left] as const]
      }),
    )
  }
  // a thing itself is no reference
  return things.filter((thing) => !isHidden(thing)).map((thing) => keep(thing) as Thing)
}

/** parameters by kind; references with where they lead */
const parameters: Readonly<
  Record<Kind, { readonly own: Readonly<Record<string, readonly string[]>>; readonly to: Readonly<Record<string, readonly Kind[]>> }>
> = {
  Practitioner: { own: { token: ['identifier'], string: ['name', 'family'] }, to: {} },
  Patient: {
    own: { token: ['identifier'], string: ['name', 'family'], date: ['birthdate'] },
    to: { 'general-practitioner': ['Practitioner'] },
  },
  Encounter: { own: { token: ['class'], date: ['date'] }, to: { subject: ['Patient'], diagnosis: ['Condition'] } },
  Condition: { own: { token: ['code'], date: ['recorded-date'] }, to: { subject: ['Patient'], encounter: ['Encounter'] } },
  Observation: {
    own: {
      token: ['code', 'value-concept', 'combo-code', 'component-code'],
      string: ['value-string'],
      date: ['date'],
      quantity: ['value-quantity', 'combo-value-quantity'],
      composite: ['code-value-quantity', 'component-code-value-quantity', 'code-value-concept', 'code-value-string'],
    },
    to: { subject: ['Patient'], encounter: ['Encounter'], performer: ['Practitioner'], 'has-member': ['Observation'] },
  },
  RiskAssessment: { own: { number: ['probability'] }, to: { subject: ['Patient'], condition: ['Condition'] } },
  List: { own: { token: ['status'] }, to: { subject: ['Patient'], item: ['Condition', 'Observation', 'Encounter'] } },
}
const common = { token: ['_tag', '_security'], uri: ['_profile'] }
const prefixes = ['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb']

/** @param apart types no reference is followed to or from, because they are found another way */
export function randomAsk(random: Random, type: Kind, apart: readonly string[], depth = 0): Ask {
  const { pick, upTo } = randomly(random)
  const forward = Object.entries(parameters[type].to).flatMap(([param, to]) =>
    to.filter((each) => !apart.includes(each)).map((each) => ({ param, to: each })),
  )
  const backward = kinds.flatMap((from) =>
    Object.entries(parameters[from].to).flatMap(([param, to]) => (to.includes(type) && !apart.includes(type) ? [{ from, param }] : [])),
  )
  const kind = random()
  if (depth < 3 && kind < 0.2 && forward.length > 0) {
    const { param, to } = pick(forward)
    return { kind: 'chain', param, type: to, isTyped: true, inner: randomAsk(random, to, apart, depth + 1) }
  }
  if (depth < 3 && kind < 0.35 && backward.length > 0) {
    const { param, from } = pick(backward)
    return { kind: 'has', type: from, param, inner: randomAsk(random, from, apart, depth + 1) }
  }
  if (kind < 0.5 && forward.length > 0) return referenceAsk(random, pick(forward))
  if (kind < 0.55) return { kind: 'plain', param: '_id', modifier: '', values: [`${type.toLowerCase()}-${upTo(population[type])}`] }
  const all = [...Object.entries(parameters[type].own), ...Object.entries(common)].flatMap(([of, names]) =>
    names.map((param) => ({ of, param })),
  )
  const { of, param } = pick(all)
  const modifiers: Readonly<Record<string, readonly string[]>> = {
    token: ['', '', 'not', 'text'],
    string: ['', 'exact', 'contains'],
    uri: ['', 'below', 'above'],
  }
  if (of !== 'composite' && random() < 0.1) return { kind: 'plain', param, modifier: 'missing', values: [pick(['true', 'false'])] }
  const modifier = pick(modifiers[of] ?? [''])
  const one = (): string => (of === 'composite' ? compositeValue(random, param) : valueFor(random, of, modifier))
  return { kind: 'plain', param, modifier, values: [one(), ...(random() < 0.3 ? [one()] : [])] }
}

function referenceAsk(random: Random, { param, to }: { readonly param: string; readonly to: Kind }): Ask {
  const { pick, upTo } = randomly(random)
  const id = `${to.toLowerCase()}-${upTo(population[to])}`
  const modifier = pick(['', '', to, 'identifier', 'missing'])
  const value =
    modifier === 'missing'
      ? pick(['true', 'false'])
      : modifier === 'identifier'
        ? valueFor(random, 'token', '')
        : modifier === ''
          ? `${to}/${id}`
          : id
  return { kind: 'plain', param, modifier, values: [value] }
}

function valueFor(random: Random, of: string, modifier: string): string {
  const { pick } = randomly(random)
  switch (of) {
    case 'token':
      return modifier === 'text'
        ? pick(words).slice(0, 4)
        : pick([pick(codes), `${pick(systems)}|${pick(codes)}`, `${pick(systems)}|`, `|${pick(codes)}`])
    case 'string':
      return modifier === 'exact' ? pick(words) : pick(words).slice(0, 1 + Math.floor(random() * 4))
    case 'date':
      return `${pick(prefixes)}${pick(dates)}`
    case 'uri':
      return pick(['urn:p', 'urn:p/q', 'urn:p/q/r', 'urn'])
    case 'number':
      return `${pick([...prefixes, 'ap'])}${pick(numbers)}`
    default:
      return `${pick([...prefixes, 'ap'])}${pick(numbers)}${pick(['', `|${pick(systems)}|${pick(codes)}`, `||${pick(codes)}`])}`
  }
}

function compositeValue(random: Random, param: string): string {
  const second = param.endsWith('quantity') ? 'quantity' : param.endsWith('concept') ? 'token' : 'string'
  return `${valueFor(random, 'token', '')}$${valueFor(random, second, '')}`
}

/** As it stands in an address, not yet encoded. */
export function written(ask: Ask): readonly [name: string, value: string] {
  if (ask.kind === 'plain') return [`${ask.param}${ask.modifier === '' ? '' : `:${ask.modifier}`}`, ask.values.join(',')]
  const [name, value] = written(ask.inner)
  return ask.kind === 'has' ? [`_has:${ask.type}:${ask.param}:${name}`, value] : [`${ask.param}:${ask.type}.${name}`, value]
}
