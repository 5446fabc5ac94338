/** One row of a record view → one feed parcel with one resource, by the rules of the mapping file. Pure. */
import type { Resource } from '../../fhir-profiles/r4.ts'
import { patientNumberSystem, system } from '../../fhir-profiles/codes.ts'
import type { Parcel } from '../contract.ts'
import { assemble } from './map-place.ts'
import { transaction } from './map-parts.ts'
import { RowReader } from './map-row.ts'
import type { MapContext } from './map-row.ts'
import { localId, quantityOf, withIngredients } from './map-values.ts'
import type { Placed } from './map-place.ts'
import type { ElementRule, ViewMapping } from './mapping.ts'
import type { SqlRow } from './source.ts'

/** A row whose key is empty or too long for an id still becomes a parcel, without an entry and with the Gap that says why. */
export function feedParcel(id: string, view: ViewMapping, row: SqlRow, context: MapContext): Parcel {
  const reader = new RowReader(view.view, row, context.mapping)
  const resource = resourceOf(view, reader, context)
  const entry =
    resource === undefined ? [] : [{ resource, request: { method: 'PUT' as const, url: `${resource.resourceType}/${resource.id}` } }]
  return { id, kind: 'feed', bundle: transaction(id, entry), gaps: reader.gaps }
}

function resourceOf(view: ViewMapping, reader: RowReader, context: MapContext): (Resource & { readonly id: string }) | undefined {
  const parts = view.key.map((column) => reader.text(column))
  const id = parts.includes(undefined) ? undefined : localId(view.idPrefix ?? '', parts.map(String))
  if (id === undefined) {
    reader.unmappable(view.key.join('+'), 'the key is empty or too long for an id')
    return undefined
  }
  const placed = view.elements.flatMap((rule) => place(rule, reader, context))
  // The mapping check knows the mandatory elements of each type; the gateway validates the rest of the resource at intake.
  return { resourceType: view.resource, id, ...assemble(placed) } as unknown as Resource & { readonly id: string }
}

function place(rule: ElementRule, reader: RowReader, context: MapContext): readonly Placed[] {
  const { to } = rule
  switch (rule.as) {
    case 'constant':
      return rule.when === undefined || reader.text(rule.when) !== undefined ? [{ to, value: rule.value }] : []
    case 'text':
      return [{ to, value: reader.text(rule.column) }]
    case 'date':
    case 'dateTime':
    case 'instant':
      return [{ to, value: reader.date(rule.column, rule.as) }]
    case 'number':
      return [{ to, value: reader.number(rule.column) }]
    case 'patientNumber':
      return [{ to, value: withText(reader, rule.column, (value) => ({ system: patientNumberSystem(context.institution.number), value })) }]
    case 'code':
      return [{ to, value: reader.code(rule.column, rule.values) ?? rule.otherwise }]
    case 'concept': {
      const concept = reader.concept(rule.column, rule.concept, reader.text(rule.text))
      return [{ to, value: rule.ingredients === true && concept !== undefined ? withIngredients(concept) : concept }]
    }
    case 'reference':
      return [{ to, value: withText(reader, rule.column, (key) => referenceTo(rule, key, reader)) }]
    case 'quantity':
      return quantity(rule, reader)
    default:
      return rule satisfies never
  }
}

function withText<T>(reader: RowReader, column: string, make: (text: string) => T): T | undefined {
  const text = reader.text(column)
  return text === undefined ? undefined : make(text)
}

function referenceTo(rule: Extract<ElementRule, { as: 'reference' }>, key: string, reader: RowReader): { reference: string } | undefined {
  const id = localId(rule.idPrefix ?? '', [key])
  if (id === undefined) reader.unmappable(rule.column, 'the key is too long for an id')
  return id === undefined ? undefined : { reference: `${rule.type}/${id}` }
}

/** A number goes to `to` with its unit; words such as `음성` go to `words`, or are a Gap when the mapping names no place for them. */
function quantity(rule: Extract<ElementRule, { as: 'quantity' }>, reader: RowReader): readonly Placed[] {
  const text = reader.text(rule.column)
  if (text === undefined) return []
  const number = quantityOf(text)
  if (number === undefined) {
    if (rule.words === undefined) reader.unmappable(rule.column, 'the value is not a number')
    return rule.words === undefined ? [] : [{ to: rule.words, value: text }]
  }
  return [{ to: rule.to, value: { ...number, ...unitOf(rule, reader) } }]
}

function unitOf(rule: Extract<ElementRule, { as: 'quantity' }>, reader: RowReader): object {
  if (rule.unitCode !== undefined) return { unit: rule.unitCode, system: system.ucum, code: rule.unitCode }
  const local = reader.text(rule.unit)
  if (local === undefined) return {}
  const [coding] = reader.concept(rule.unit, rule.units, undefined, local)?.coding ?? []
  return coding?.code === undefined ? { unit: local } : { unit: local, system: coding.system, code: coding.code }
}
