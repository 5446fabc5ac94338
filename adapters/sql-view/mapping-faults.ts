/** Unknown JSON → Mapping, or every fault at once: the shape by JSON Schema, the meaning by the checks below. */
import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import { system } from '../../fhir-profiles/codes.ts'
import { columnsOf, systemUrl } from './map-values.ts'
import { mappingSchema } from './mapping-schema.ts'
import type { ElementRule, MappedType, Mapping, ViewMapping } from './mapping.ts'

export type MappingReading = { readonly ok: true; readonly mapping: Mapping } | { readonly ok: false; readonly faults: readonly string[] }

/** The mapping holds no patient data, so faults may quote its keys. */
export function readMapping(input: unknown): MappingReading {
  const validate = new Ajv({ allErrors: true, discriminator: true, allowUnionTypes: true }).compile<Mapping>(mappingSchema)
  if (!validate(input)) return { ok: false, faults: (validate.errors ?? []).map(shapeFault) }
  const faults = [
    ...relationFaults(input),
    ...input.views.flatMap((view) => viewFaults(view, input)),
    ...codingFaults(input),
    ...nameFaults(input),
  ]
  return faults.length === 0 ? { ok: true, mapping: input } : { ok: false, faults }
}

function shapeFault(error: ErrorObject): string {
  const place = `mapping${error.instancePath}`
  const extra: unknown = error.params['additionalProperty'] ?? error.params['allowedValues'] ?? error.params['pattern']
  return `\`${place}\` ${error.message ?? 'is not valid'}${extra === undefined ? '' : ` (${JSON.stringify(extra)})`}`
}

function relationFaults(mapping: Mapping): string[] {
  const views = [...mapping.views, mapping.outbox, mapping.answers].filter((view) => view !== undefined)
  const repeated = views.filter((view, at) => views.findIndex((other) => other.view === view.view) !== at).map((view) => view.view)
  // A prefix that begins another one (an empty one begins all) would let two keys meet in one id.
  const ids = mapping.views.map((view) => `${view.resource}/${view.idPrefix ?? ''}`)
  const clashing = mapping.views.filter((_, at) => ids.some((id, other) => other !== at && (ids[at] ?? '').startsWith(id)))
  return [
    ...repeated.map((view) => `view \`${view}\` is named twice`),
    ...clashing.map(
      (view) =>
        `view \`${view.view}\` could make the ${view.resource} ids of another view: give each an \`idPrefix\`, none beginning another`,
    ),
    ...views.flatMap((view) => {
      const used = [...view.key, view.change, ...('elements' in view ? view.elements.flatMap(columnsOf) : Object.values(view.columns))]
      const forbidden = used.filter((column) => view.residentNumbers?.includes(column))
      return forbidden.map((column) => `\`${view.view}.${column}\` holds resident numbers and must not be mapped`)
    }),
  ]
}

/** Elements without which R4 takes no such resource, and the subject without which the record is nobody's; alternatives side by side. */
const mandatory: Readonly<Record<MappedType, readonly (readonly string[])[]>> = {
  Patient: [],
  Encounter: [['status'], ['class'], ['subject']],
  Condition: [['subject'], ['code']],
  MedicationRequest: [['status'], ['intent'], ['medicationCodeableConcept', 'medicationReference'], ['subject']],
  Observation: [['status'], ['code'], ['subject']],
  AllergyIntolerance: [['patient'], ['code']],
  Procedure: [['status'], ['subject']],
  Immunization: [['status'], ['vaccineCode'], ['patient'], ['occurrenceDateTime', 'occurrenceString']],
}

function viewFaults(view: ViewMapping, mapping: Mapping): string[] {
  const places = view.elements.map((rule) => rule.to)
  const roots = new Set(places.map((place) => place.split(/[.[]/)[0]))
  const own = places.filter((place) => place === 'id' || place === 'resourceType' || place.startsWith('id.'))
  return [
    ...places.filter((place, at) => places.indexOf(place) !== at).map((place) => `view \`${view.view}\` fills \`${place}\` twice`),
    ...own.map((place) => `view \`${view.view}\` must not fill \`${place}\`: it comes from the key`),
    ...mandatory[view.resource]
      .filter((choice) => !choice.some((element) => roots.has(element)))
      .map((choice) => `view \`${view.view}\` fills no \`${view.resource}.${choice.join('` or `')}\``),
    ...view.elements.flatMap((rule) => ruleFaults(rule, view, mapping)),
  ]
}

function ruleFaults(rule: ElementRule, view: ViewMapping, mapping: Mapping): string[] {
  const where = `view \`${view.view}\`, \`${rule.to}\``
  switch (rule.as) {
    case 'code':
      return Object.hasOwn(mapping.values, rule.values) ? [] : [`${where}: there is no value map \`${rule.values}\``]
    case 'concept':
      return Object.hasOwn(mapping.concepts, rule.concept) ? [] : [`${where}: there is no concept map \`${rule.concept}\``]
    case 'quantity': {
      const faults = rule.unit !== undefined && rule.unitCode !== undefined ? [`${where}: give \`unit\` or \`unitCode\`, not both`] : []
      const known = rule.units === undefined || Object.hasOwn(mapping.concepts, rule.units)
      return known ? faults : [...faults, `${where}: there is no concept map \`${rule.units}\``]
    }
    case 'reference': {
      const made = mapping.views.some((other) => other.resource === rule.type && (other.idPrefix ?? '') === (rule.idPrefix ?? ''))
      return made ? [] : [`${where}: no view makes ${rule.type} with the prefix \`${rule.idPrefix ?? ''}\``]
    }
    case 'constant':
    case 'text':
    case 'date':
    case 'dateTime':
    case 'instant':
    case 'number':
    case 'patientNumber':
      return []
    default:
      return rule satisfies never
  }
}

/** How codes of these systems are written; catches a slip in the file before it reaches a chart. */
const written: Readonly<Record<string, RegExp>> = {
  [system.kcd8]: /^[A-Z]\d{2}(\.\d{1,3})?$/,
  [system.ediMedication]: /^\d{9}$/,
  [system.atc]: /^[A-Z](\d{2}([A-Z]([A-Z](\d{2})?)?)?)?$/,
  [system.loinc]: /^\d{1,7}-\d$/,
  [system.department]: /^\d{1,2}$/,
}

function codingFaults(mapping: Mapping): string[] {
  return Object.entries(mapping.concepts).flatMap(([name, map]) => {
    const used = [...Object.values(map.entries).flat(), ...(map.otherwise === undefined ? [] : [map.otherwise])]
    const unknown = used.filter((coding) => systemUrl(coding.system) === undefined).map((coding) => coding.system)
    const misspelt = Object.entries(map.entries).flatMap(([local, codings]) =>
      codings
        .filter((coding) => written[systemUrl(coding.system) ?? '']?.test(coding.code) === false)
        .map((coding) => `concept map \`${name}\`, \`${local}\`: \`${coding.code}\` is not how ${coding.system} codes are written`),
    )
    return [...new Set(unknown)].map((alias) => `concept map \`${name}\`: \`${alias}\` is no known code system`).concat(misspelt)
  })
}

function nameFaults(mapping: Mapping): string[] {
  const concepts = Object.values(mapping.outbox?.concepts ?? {}).filter((name) => !Object.hasOwn(mapping.concepts, name))
  const values = [
    ...Object.values(mapping.outbox?.values ?? {}),
    ...Object.values(mapping.answers?.values ?? {}),
    ...Object.values(mapping.inbox?.columns ?? {}).flatMap((column) =>
      'values' in column && column.values !== undefined ? [column.values] : [],
    ),
  ].filter((name) => !Object.hasOwn(mapping.values, name))
  const keyed = mapping.inbox === undefined || isParcel(mapping.inbox.columns[mapping.inbox.key])
  return [
    ...concepts.map((name) => `there is no concept map \`${name}\``),
    ...values.map((name) => `there is no value map \`${name}\``),
    ...(keyed ? [] : [`inbox: the key column \`${mapping.inbox?.key}\` must carry the fact \`parcel\``]),
  ]
}

function isParcel(column: NonNullable<Mapping['inbox']>['columns'][string] | undefined): boolean {
  return column !== undefined && 'fact' in column && column.fact === 'parcel' && column.values === undefined
}
