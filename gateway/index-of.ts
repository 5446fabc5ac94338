/** The search index of one resource: what its parameters extract, its outgoing references, and what patients are matched by. Pure. */
import type { IndexEntry } from '../fhir-profiles/index-entry.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { references } from '../fhir-profiles/reference.ts'
import { extractIndex } from '../fhir-profiles/search-parameters.ts'
import { demographics } from './logic/match.ts'
import type { IndexRow } from './store/index-rows.ts'

export interface IndexInput {
  /** in the custodian's own ids */
  readonly resource: Resource
  readonly timeZone: string
  /** `meta.source`, as the gateway sets it; '' = none */
  readonly source: string
  /** network id of an own-partition reference; undefined leaves the reference as it is */
  readonly networkIdOf: (type: string, localId: string) => string | undefined
}

/** Every row a resource is found by. Addresses are network ids. */
export function indexRowsOf(input: IndexInput, record: { readonly id: string; readonly type: string }): readonly IndexRow[] {
  const { resource, networkIdOf } = input
  const empty = { record: record.id, type: record.type, system: null, code: null, fromMs: null, untilMs: null, number: null }
  const idOf = ({ type, id }: { readonly type: string; readonly id: string }): string => networkIdOf(type, id) ?? id
  const rows: IndexRow[] = []
  for (const entry of extractIndex(resource, input.timeZone)) {
    // The record row itself answers the first two, and its source is set by the gateway.
    if (entry.param !== '_source') rows.push({ ...empty, ...rowOf(entry, idOf) })
  }
  if (input.source !== '') rows.push({ ...empty, param: '_source', kind: 'uri', code: input.source })
  for (const reference of references(resource)) {
    if (reference.kind !== 'relative') continue
    rows.push({ ...empty, param: '_reference', kind: 'reference', system: reference.type, code: idOf(reference) })
  }
  if (resource.resourceType === 'Patient') {
    const known = demographics(resource)
    if (known.birthDate !== undefined && known.birthDate !== '')
      rows.push({ ...empty, param: 'x-birth-day', kind: 'token', code: known.birthDate })
    for (const phone of known.phones) rows.push({ ...empty, param: 'x-phone', kind: 'token', code: phone })
  }
  return rows
}

type Columns = Pick<IndexRow, 'param' | 'kind'> & Partial<IndexRow>

function rowOf(entry: IndexEntry, idOf: (target: { readonly type: string; readonly id: string }) => string): Columns {
  const head = { param: entry.param, ...(entry.group === undefined ? {} : { grp: entry.group }) }
  switch (entry.kind) {
    case 'token': {
      const at = entry.of === undefined ? {} : { targetType: entry.of.type, target: idOf(entry.of) }
      return { ...head, kind: 'token', system: entry.system ?? null, code: entry.code ?? null, ...at }
    }
    case 'string':
      return { ...head, kind: 'string', code: entry.text, exact: entry.exact }
    case 'date':
      return { ...head, kind: 'date', fromMs: entry.fromMs, untilMs: entry.untilMs }
    case 'reference':
      return { ...head, kind: 'reference', system: entry.type, code: idOf(entry) }
    case 'uri':
      return { ...head, kind: 'uri', code: entry.value }
    case 'quantity':
      return { ...head, kind: 'quantity', number: entry.low, numberHigh: entry.high, system: entry.system ?? null, code: entry.code ?? null }
    default:
      return entry satisfies never
  }
}
