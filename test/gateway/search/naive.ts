/**
 * Search, read naively: fhirpath.js finds the values, plain loops compare them, everything is in memory. It knows nothing of our index, and
 * what a search means is written here a second time.
 */
import { createRequire } from 'node:module'
import fhirpath from 'fhirpath'
import { searchParametersOf } from '../../../fhir-profiles/search-parameters.ts'
import type { Ask } from './random-search.ts'

const model: fhirpath.Model = createRequire(import.meta.url)('fhirpath/fhir-context/r4')

export interface Thing {
  readonly resourceType: string
  readonly id: string
  readonly meta?: { readonly lastUpdated?: string }
}

interface Value {
  readonly type: string
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever JSON holds there, of a type that fhirpath.js names
  readonly value: any
}

export class Naive {
  readonly #things: readonly Thing[]
  readonly #values = new Map<string, readonly Value[]>()

  constructor(things: readonly Thing[]) {
    this.#things = things
  }

  find(type: string, asks: readonly Ask[]): readonly Thing[] {
    return this.#things.filter((thing) => thing.resourceType === type && asks.every((ask) => this.passes(thing, ask)))
  }

  passes(thing: Thing, ask: Ask): boolean {
    if (ask.kind === 'chain') return this.#targets(thing, ask.param, ask.type).some((target) => this.passes(target, ask.inner))
    if (ask.kind === 'has')
      return this.#things.some(
        (other) =>
          other.resourceType === ask.type &&
          this.#targets(other, ask.param, thing.resourceType).includes(thing) &&
          this.passes(other, ask.inner),
      )
    const { param, modifier, values } = ask
    if (param === '_id') return values.includes(thing.id)
    if (param === '_lastUpdated') return values.some((text) => inRange(spanOf(thing.meta?.lastUpdated ?? ''), text))
    const parameter = searchParametersOf(thing.resourceType).get(param)
    if (parameter === undefined) throw new Error(`no parameter ${param}`)
    if (parameter.type === 'composite') return values.some((text) => this.#composite(thing, param, text))
    const found = this.valuesOf(thing, parameter.expression)
    if (modifier === 'missing') return (found.filter((each) => isIndexable(each, parameter.type)).length === 0) === (values[0] === 'true')
    const isAny = values.some((text) => found.some((each) => isMatch(each, parameter.type, modifier, text)))
    return modifier === 'not' ? !isAny : isAny
  }

  #targets(thing: Thing, param: string, type: string): readonly Thing[] {
    const expression = searchParametersOf(thing.resourceType).get(param)?.expression ?? ''
    const ids = this.valuesOf(thing, expression).map(({ value }) => String(value.reference))
    return this.#things.filter((other) => other.resourceType === type && ids.includes(`${type}/${other.id}`))
  }

  #composite(thing: Thing, param: string, text: string): boolean {
    const parameter = searchParametersOf(thing.resourceType).get(param)
    const parts = text.split('$')
    return this.valuesOf(thing, parameter?.expression ?? '').some((group) =>
      (parameter?.parts ?? []).every(({ type, expression }, at) =>
        evaluate(
          group.value,
          typeof group.value.resourceType === 'string' ? group.value.resourceType : (parameter?.expression.split(' | ').at(-1) ?? ''),
          expression,
        ).some((each) => isMatch(each, type, '', parts[at] ?? '')),
      ),
    )
  }

  valuesOf(thing: Thing, expression: string): readonly Value[] {
    const key = `${thing.resourceType}/${thing.id} ${expression}`
    const known = this.#values.get(key)
    if (known !== undefined) return known
    const plain = expression.replaceAll(/where\(resolve\(\) is (\w+)\)/g, "where(reference.startsWith('$1/'))")
    const values = evaluate(thing, '', plain)
    this.#values.set(key, values)
    return values
  }
}

/** @param base type of what it begins at, '' for a resource */
function evaluate(from: unknown, base: string, expression: string): readonly Value[] {
  const path = base === '' ? expression : { base, expression }
  const nodes: unknown[] = fhirpath.evaluate(from, path, undefined, model, { resolveInternalTypes: false })
  const types = fhirpath.types(nodes)
  const values: unknown[] = fhirpath.resolveInternalTypes(nodes)
  return values.map((value, at) => ({ value, type: (types[at] ?? '').replace(/^(?:FHIR|System)\./, '') }))
}

function isIndexable(each: Value, type: string): boolean {
  if (type === 'reference') return typeof each.value.reference === 'string'
  return type !== 'token' || tokensOf(each).length > 0
}

function isMatch(each: Value, type: string, modifier: string, text: string): boolean {
  switch (type) {
    case 'token':
      return modifier === 'text'
        ? wordsOf(each).some((word) => fold(word).startsWith(fold(text)))
        : tokensOf(each).some((token) => isToken(token, text))
    case 'string':
      return stringsOf(each).some((word) =>
        modifier === 'exact'
          ? word === text
          : modifier === 'contains'
            ? fold(word).includes(fold(text))
            : fold(word).startsWith(fold(text)),
      )
    case 'date':
      return inRange(each.type === 'Period' ? periodOf(each.value) : spanOf(String(each.value)), text)
    case 'number':
    case 'quantity':
      return isAmount(each, text)
    case 'uri':
      return modifier === 'below' ? each.value.startsWith(text) : modifier === 'above' ? text.startsWith(each.value) : each.value === text
    case 'reference': {
      if (modifier === 'identifier') return each.value.identifier !== undefined && isToken(each.value.identifier, text, 'value')
      const reference = String(each.value.reference)
      const wanted = modifier === '' || text.includes('/') ? text : `${modifier}/${text}`
      return wanted.includes('/') ? reference === wanted : reference.split('/')[1] === wanted
    }
    default:
      throw new Error(`no reading of ${type}`)
  }
}

interface Coding {
  readonly system?: string
  readonly code?: string
  readonly value?: string
  readonly display?: string
}

function tokensOf({ value, type }: Value): readonly Coding[] {
  if (type === 'CodeableConcept') return (value.coding ?? []).filter(({ code }: Coding) => code !== undefined)
  if (type === 'Identifier') return value.value === undefined ? [] : [{ system: value.system, code: value.value }]
  if (type === 'Coding') return value.code === undefined ? [] : [value]
  // of the codes in these tests each is searched by itself
  return [{ system: 'any', code: String(value) }]
}

function wordsOf({ value, type }: Value): readonly string[] {
  const words =
    type === 'CodeableConcept'
      ? [value.text, ...(value.coding ?? []).map(({ display }: Coding) => display)]
      : [type === 'Coding' ? value.display : value.type?.text]
  return words.filter((word) => word !== undefined)
}

function isToken(token: Coding, text: string, key: 'code' | 'value' = 'code'): boolean {
  const [first = '', second] = text.split('|')
  if (second === undefined) return token[key] === first
  const isSystem = first === '' ? token.system === undefined : token.system === first
  return isSystem && (second === '' || token[key] === second)
}

function stringsOf({ value, type }: Value): readonly string[] {
  if (typeof value === 'string') return [value]
  if (type === 'HumanName') return [value.text, value.family, ...(value.given ?? [])].filter((word) => word !== undefined)
  throw new Error(`no reading of ${type} as text`)
}

const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036F]/g, '')
    .normalize('NFC')
    .toLowerCase()

interface Span {
  readonly from: number
  readonly until: number
}

/** In UTC. */
function spanOf(text: string): Span {
  const [, year = '', month, day, time] = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?(T.*)?$/.exec(text) ?? []
  if (time !== undefined) {
    const from = Date.parse(text)
    return { from, until: from + (text.includes('.') ? 0 : 999) }
  }
  const [y, m] = [Number(year), Number(month ?? 1)]
  const next = month === undefined ? Date.UTC(y + 1, 0) : day === undefined ? Date.UTC(y, m) : Date.UTC(y, m - 1, Number(day) + 1)
  return { from: Date.UTC(y, m - 1, Number(day ?? 1)), until: next - 1 }
}

function periodOf({ start, end }: { readonly start?: string; readonly end?: string }): Span {
  return { from: start === undefined ? -8.64e15 : spanOf(start).from, until: end === undefined ? 8.64e15 : spanOf(end).until }
}

function inRange({ from, until }: Span, text: string): boolean {
  const { prefix, rest } = prefixOf(text)
  const low = spanOf(rest).from
  const high = spanOf(rest).until
  const within = from >= low && until <= high
  return {
    eq: within,
    ne: !within,
    gt: until > high,
    lt: from < low,
    ge: until >= low,
    le: from <= high,
    sa: from > high,
    eb: until < low,
    ap: false,
  }[prefix]
}

function isAmount({ value, type }: Value, text: string): boolean {
  const [number = '', system = '', unit = ''] = text.split('|')
  const { prefix, rest } = prefixOf(number)
  const isPlain = typeof value === 'number'
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  const ends: readonly any[] = type === 'Range' ? [value.low, value.high] : isPlain ? [] : [value]
  const first = ends.find((end) => end !== undefined)
  if (system !== '' && first?.system !== system) return false
  // under a system its code counts, or the unit where it has none; without, both do: http://hl7.org/fhir/R4/search.html#quantity
  const names = system === '' ? [first?.code, first?.unit] : [first?.code ?? first?.unit]
  if (unit !== '' && !names.includes(unit)) return false
  const from = isPlain ? value : (ends[0]?.value ?? Number.NEGATIVE_INFINITY)
  const until = isPlain ? value : ((type === 'Range' ? ends[1]?.value : ends[0]?.value) ?? Number.POSITIVE_INFINITY)
  const at = Number(rest)
  const half = 0.5 * 10 ** -(rest.split('.')[1]?.length ?? 0)
  const within = from >= at - half && until < at + half
  const near = from <= at + Math.abs(at) / 10 && until >= at - Math.abs(at) / 10
  return {
    eq: within,
    ne: !within,
    gt: until > at,
    lt: from < at,
    ge: until >= at,
    le: from <= at,
    sa: from > at,
    eb: until < at,
    ap: near,
  }[prefix]
}

function prefixOf(text: string): { readonly prefix: 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap'; readonly rest: string } {
  const found = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)(.*)$/.exec(text)
  // the expression lists the prefixes
  return found === null ? { prefix: 'eq', rest: text } : { prefix: found[1] as 'eq', rest: found[2] ?? '' }
}
