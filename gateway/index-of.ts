/** The search index of one resource: what its parameters extract, its outgoing references, and what patients are matched by. Pure. */
import { redact, type LabelledElement } from '../consent/redact.ts'
import type { IndexEntry } from '../fhir-profiles/index-entry.ts'
import { parseJson } from '../fhir-profiles/json.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { references } from '../fhir-profiles/reference.ts'
import { narrowerIn } from '../fhir-profiles/search-narrower.ts'
import { extractIndex } from '../fhir-profiles/search-parameters.ts'
import { isResource } from '../fhir-profiles/validate/guards.ts'
import { corrected } from './corrected.ts'
import { matchKeys } from './logic/match.ts'
import type { IndexRow } from './store/index-rows.ts'

interface RecordName {
  readonly id: string
  readonly type: string
}

export interface IndexInput {
  /** in the custodian's own ids */
  readonly resource: Resource
  readonly timeZone: string
  /** `meta.source`, as the gateway sets it; '' = none */
  readonly source: string
  /** found by its codes as they are published as well as by what was sent */
  readonly correctCodes?: boolean
  /** network id of an own-partition reference; undefined leaves the reference as it is */
  readonly networkIdOf: (type: string, localId: string) => string | undefined
}

/**
 * Index rows that only a labelled element gives carry its labels; what only the words beside them give, the labels of all. Where none is labelled,
 * what a narrower parameter's row says is not said again.
 */
export function labelledIndex(input: IndexInput, row: RecordName, elements: readonly LabelledElement[]): readonly IndexRow[] {
  const all = indexRowsOf(input, row)
  if (elements.length === 0) return saidOnce(row.type, all)
  const rowsWithout = (gone: readonly LabelledElement[]) =>
    new Set(
      indexRowsOf(
        {
          ...input,
          resource: redact(
            input.resource,
            gone.map(({ path }) => path),
          ),
        },
        row,
      ).map((each) => JSON.stringify(each)),
    )
  const plain = rowsWithout(elements)
  const own = elements.map((element) => ({ element, rows: rowsWithout(elements.filter((each) => each !== element)) }))
  return all.flatMap((each) => {
    const text = JSON.stringify(each)
    if (plain.has(text)) return [each]
    const of = own.filter(({ rows }) => elements.length > 1 && rows.has(text)).map(({ element }) => element)
    const labels = of.length > 0 ? of : [strictest(elements)]
    return labels.map(({ codes, sensitivities, confidentiality }) => ({ ...each, codes, sensitivities, confidentiality }))
  })
}

function saidOnce(type: string, rows: readonly IndexRow[]): readonly IndexRow[] {
  const narrower = narrowerIn(type)
  if (narrower.size === 0) return rows
  return rows.filter((row) => {
    const names = narrower.get(row.param)
    return names === undefined || !rows.some((each) => names.includes(each.param) && saysSame(each, row))
  })
}

function saysSame(a: IndexRow, b: IndexRow): boolean {
  return (
    a.kind === b.kind &&
    a.system === b.system &&
    a.code === b.code &&
    a.exact === b.exact &&
    a.fromMs === b.fromMs &&
    a.untilMs === b.untilMs &&
    a.number === b.number &&
    a.numberHigh === b.numberHigh &&
    a.target === b.target &&
    a.targetType === b.targetType
  )
}

function strictest(elements: readonly LabelledElement[]): Omit<LabelledElement, 'path'> {
  return {
    codes: [...new Set(elements.flatMap(({ codes }) => codes))].sort(),
    sensitivities: [...new Set(elements.flatMap(({ sensitivities }) => sensitivities))].sort(),
    confidentiality: Math.max(...elements.map(({ confidentiality }) => confidentiality)),
  }
}

/** The rows of a stored record, made anew from its text. `elements`: as they were labelled when it was written. */
export function storedIndex(
  input: Omit<IndexInput, 'resource' | 'source'> & { readonly text: string; readonly elements: readonly LabelledElement[] },
  record: RecordName,
): readonly IndexRow[] {
  // stored texts were bounded when they came in
  const parsed = parseJson(input.text, { maxDepth: 200, maxBytes: input.text.length * 4 + 1 })
  if (!parsed.ok || !isResource(parsed.value)) throw new TypeError('a stored record is not a resource')
  const resource = parsed.value
  return labelledIndex({ ...input, resource, source: resource.meta?.source ?? '' }, record, input.elements)
}

/** Every row a resource is found by. Addresses are network ids. */
export function indexRowsOf(input: IndexInput, record: RecordName): readonly IndexRow[] {
  const { resource, networkIdOf } = input
  const idOf: IdOf = ({ type, id }) => networkIdOf(type, id) ?? id
  const add = (param: string, kind: IndexRow['kind'], system: string | null, code: string): void => {
    rows.push(line(record, { param, kind, system, code }))
  }
  const rows: IndexRow[] = []
  for (const entry of entriesOf(input)) {
    // The record row itself answers the first two, and its source is set by the gateway.
    if (entry.param !== '_source') rows.push(rowOf(entry, record, idOf))
  }
  if (input.source !== '') add('_source', 'uri', null, input.source)
  // What a parameter follows has its row; what none follows is known as pointed at all the same.
  const pointed = new Set(rows.flatMap(({ kind, system, code }) => (kind === 'reference' ? [`${system}/${code}`] : [])))
  for (const reference of references(resource)) {
    if (reference.kind !== 'relative') continue
    const code = idOf(reference)
    const target = `${reference.type}/${code}`
    if (!pointed.has(target)) add('_reference', 'reference', reference.type, code)
    pointed.add(target)
  }
  if (resource.resourceType === 'Patient') {
    const known = matchKeys(resource)
    if (known.birthDate !== undefined && known.birthDate !== '') add('x-birth-day', 'token', null, known.birthDate)
    for (const phone of known.phones) add('x-phone', 'token', null, phone)
  }
  return rows
}

/** Of a corrected record, what it is found by as it was sent and as it is read. */
function entriesOf({ resource, timeZone, correctCodes }: IndexInput): readonly IndexEntry[] {
  const sent = extractIndex(resource, timeZone)
  const read = corrected(resource, correctCodes).resource
  if (read === resource) return sent
  const known = new Set(sent.map((entry) => JSON.stringify(entry)))
  return [...sent, ...extractIndex(read, timeZone).filter((entry) => !known.has(JSON.stringify(entry)))]
}

type IdOf = (target: { readonly type: string; readonly id: string }) => string

function rowOf(entry: IndexEntry, record: RecordName, idOf: IdOf): IndexRow {
  const row = plainRow(entry, record, idOf)
  return entry.group === undefined ? row : { ...row, grp: entry.group }
}

function plainRow(entry: IndexEntry, record: RecordName, idOf: IdOf): IndexRow {
  const { param, kind } = entry
  switch (kind) {
    case 'token': {
      const { system = null, code = null, of } = entry
      const row = line(record, { param, kind, system, code })
      return of === undefined ? row : { ...row, targetType: of.type, target: idOf(of) }
    }
    case 'string':
      return { ...line(record, { param, kind, system: null, code: entry.text }), exact: entry.exact }
    case 'date':
      return { ...line(record, { param, kind, system: null, code: null }), fromMs: entry.fromMs, untilMs: entry.untilMs }
    case 'reference':
      return line(record, { param, kind, system: entry.type, code: idOf(entry) })
    case 'uri':
      return line(record, { param, kind, system: null, code: entry.value })
    case 'quantity': {
      const { system = null, code = null, low, high } = entry
      return { ...line(record, { param, kind, system, code }), number: low, numberHigh: high }
    }
    default:
      return kind satisfies never
  }
}

/** All rows have one shape in memory. */
function line({ id, type }: RecordName, { param, kind, system, code }: Pick<IndexRow, 'param' | 'kind' | 'system' | 'code'>): IndexRow {
  return { record: id, type, param, kind, system, code, fromMs: null, untilMs: null, number: null }
}

/** What a stored text refers to in its custodian's own ids. */
export function referencesIn(text: string): readonly { readonly type: string; readonly id: string }[] {
  const value: unknown = JSON.parse(text)
  if (!isResource(value)) throw new TypeError('a stored record is not a resource')
  return references(value).flatMap((reference) => (reference.kind === 'relative' ? [{ type: reference.type, id: reference.id }] : []))
}
