/** OBR → DiagnosticReport, OBX → Observation, NTE → note or conclusion. Pure. HL7 v2.5.1 §7.4.1, §7.4.2 */
import { system } from '../../fhir-profiles/codes.ts'
import type {
  Annotation,
  CodeableConcept,
  DiagnosticReport,
  Identifier,
  Observation,
  Organization,
  Practitioner,
  Reference,
} from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { freeText, localSystem, type Draft } from './draft.ts'
import type { ObservationGroup, OrderGroup } from './groups.ts'
import { derivedId } from './local-id.ts'
import type { Chart } from './map-clinical.ts'
import { concept, v2Table } from './map-code.ts'
import { patientIdOf } from './map-patient.ts'
import { interpretationOf, rangeOf, valueOf } from './map-value.ts'
import { practitioner } from './map-visit.ts'
import type { Segment } from './message.ts'
import { place, type Refusal } from './refusal.ts'
import { fhirDateTime, fhirInstant } from './time.ts'

/** What makes an order's results addressable: its number, else this message and the order's place in it. */
export interface OrderKey {
  readonly order: OrderGroup
  readonly ordinal: number
}

/** An OBR needs OBR-4, and an OBX its OBX-3 or an order that names it: without them nobody knows what was measured. */
export function resultFault(orders: readonly OrderGroup[]): Refusal | undefined {
  for (const { obr, observations } of orders) {
    if (obr !== undefined && obr.all(4)[0]?.text === undefined) return missing('OBR-4', place('OBR', obr.sequence, 4))
    const nameless = observations.find(({ obx }) => !isEmpty(obx) && obx.all(3)[0]?.text === undefined)
    if (nameless !== undefined && obr === undefined) return missing('OBX-3', place('OBX', nameless.obx.sequence, 3))
  }
  return undefined
}

function missing(element: string, at: ReturnType<typeof place>): Refusal {
  return { code: 'AE', condition: 'requiredField', reason: `${element} is required: nobody can tell what was measured`, place: at }
}

/** The report (none for observations without an order) and its observations. Call `resultFault` first. */
export function resultsFrom(key: OrderKey, chart: Chart, draft: Draft): readonly (DiagnosticReport | Observation)[] {
  const { order } = key
  const seen = new Map<string, number>()
  const observations = order.observations
    .filter(({ obx }) => !isEmpty(obx))
    .map((item) => {
      const code = concept(item.obx.all(3)[0], draft, 'OBX-3') ?? orderCode(order, draft)
      const name = `${conceptKey(code)}/${item.obx.at(4) ?? ''}`
      const occurrence = (seen.get(name) ?? 0) + 1
      seen.set(name, occurrence)
      const id = derivedId('result', chart.patientNumber, ...orderParts(key, chart, draft), name, String(occurrence))
      return observationFrom({ item, order, code, id }, chart, draft)
    })
  return order.obr === undefined ? observations : [reportFrom(key, order.obr, observations, chart, draft), ...observations]
}

function isEmpty(obx: Segment): boolean {
  return obx.all(3)[0]?.text === undefined && obx.all(5)[0]?.text === undefined
}

/** The lines of a typed report often name nothing themselves: they are what was ordered. */
function orderCode(order: OrderGroup, draft: Draft): CodeableConcept {
  draft.gaps.add('OBX-3', 'the observation names nothing; it was given the name of its order', 'not-held')
  return concept(order.obr?.all(4)[0], draft, 'OBR-4') ?? {}
}

function orderParts({ order, ordinal }: OrderKey, chart: Chart, draft: Draft): readonly string[] {
  const number = order.obr?.at(3) ?? order.obr?.at(2) ?? order.orc?.at(3) ?? order.orc?.at(2)
  const test = order.obr?.at(4) ?? order.obr?.at(4, 2) ?? ''
  if (order.obr === undefined) return ['no-order', chart.visit?.id ?? draft.messageId]
  return number === undefined ? ['message', draft.messageId, String(ordinal), test] : ['order', number, test]
}

/** HL7 table 0123 → http://hl7.org/fhir/R4/valueset-diagnostic-report-status.html */
const reportStatuses: Readonly<Record<string, DiagnosticReport['status']>> = {
  F: 'final',
  C: 'corrected',
  P: 'preliminary',
  R: 'preliminary',
  A: 'partial',
  I: 'registered',
  S: 'registered',
  O: 'registered',
  X: 'cancelled',
}
/** HL7 table 0085 → http://hl7.org/fhir/R4/valueset-observation-status.html */
const resultStatuses: Readonly<Record<string, Observation['status']>> = {
  F: 'final',
  U: 'final',
  C: 'corrected',
  P: 'preliminary',
  R: 'preliminary',
  S: 'preliminary',
  I: 'registered',
  O: 'registered',
  X: 'cancelled',
  N: 'cancelled',
  D: 'entered-in-error',
  W: 'entered-in-error',
}

function reportFrom(key: OrderKey, obr: Segment, observations: readonly Observation[], chart: Chart, draft: Draft): DiagnosticReport {
  const status = reportStatuses[obr.at(25) ?? '']
  if (status === undefined) draft.gaps.add('OBR-25', 'no status of HL7 table 0123 is stated')
  const section = obr.at(24)
  const [start, end] = [fhirDateTime(obr.at(7), draft.offset), fhirDateTime(obr.at(8), draft.offset)]
  const notes = key.order.notes.flatMap((nte) => noteText(nte, draft) ?? [])
  return compact<DiagnosticReport>({
    resourceType: 'DiagnosticReport',
    id: derivedId('report', chart.patientNumber, ...orderParts(key, chart, draft)),
    identifier: orderNumbers(key.order, draft),
    status: status ?? 'unknown',
    category: section === undefined ? undefined : [{ coding: [{ system: v2Table('0074'), code: section }] }],
    code: concept(obr.all(4)[0], draft, 'OBR-4') ?? {},
    subject: { reference: `Patient/${patientIdOf(chart.patientNumber)}` },
    encounter: chart.visit?.reference,
    effectiveDateTime: end === undefined ? start : undefined,
    effectivePeriod: end === undefined ? undefined : { ...(start === undefined ? {} : { start }), end },
    issued: fhirInstant(obr.at(22), draft.offset),
    result: observations.length === 0 ? undefined : observations.map(({ id }) => ({ reference: `Observation/${id}` })),
    conclusion: notes.length === 0 ? undefined : notes.join('\n'),
  })
}

function orderNumbers(order: OrderGroup, draft: Draft): Identifier[] | undefined {
  const numbers = [
    ['PLAC', 'order', [order.obr?.at(2), order.orc?.at(2)]],
    ['FILL', 'result', [order.obr?.at(3), order.orc?.at(3)]],
  ] as const
  const found = numbers.flatMap(([code, list, places]): Identifier[] => {
    const value = places.find((text) => text !== undefined)
    return value === undefined
      ? []
      : [{ type: { coding: [{ system: system.v2IdentifierType, code }] }, system: localSystem(draft.context, list), value }]
  })
  return found.length === 0 ? undefined : found
}

interface ObservationInput {
  readonly item: ObservationGroup
  readonly order: OrderGroup
  readonly code: CodeableConcept
  readonly id: string
}

function observationFrom({ item, order, code, id }: ObservationInput, chart: Chart, draft: Draft): Observation {
  const { obx } = item
  const status = resultStatuses[obx.at(11) ?? '']
  if (status === undefined) draft.gaps.add('OBX-11', 'no status of HL7 table 0085 is stated')
  const performer = performersOf(obx, draft)
  const note = item.notes.flatMap((nte): Annotation[] => {
    const text = noteText(nte, draft)
    return text === undefined ? [] : [{ text }]
  })
  return compact<Observation>({
    resourceType: 'Observation',
    id,
    status: status ?? 'unknown',
    category: categoryOf(order.obr),
    code,
    subject: { reference: `Patient/${patientIdOf(chart.patientNumber)}` },
    encounter: chart.visit?.reference,
    effectiveDateTime: timeOf(obx, 14, draft) ?? fhirDateTime(order.obr?.at(7), draft.offset),
    issued: fhirInstant(obx.at(19), draft.offset) ?? fhirInstant(order.obr?.at(22), draft.offset),
    performer: performer.length === 0 ? undefined : performer,
    ...valueOf(obx, draft),
    interpretation: interpretationOf(obx),
    note: note.length === 0 ? undefined : note,
    method: concept(obx.all(17)[0], draft, 'OBX-17'),
    referenceRange: rangeOf(obx, draft),
  })
}

function timeOf(obx: Segment, field: number, draft: Draft): string | undefined {
  const text = obx.at(field)
  const at = fhirDateTime(text, draft.offset)
  if (text !== undefined && at === undefined) draft.gaps.add(`OBX-${field}`, 'not a time')
  return at
}

/** HL7 table 0074, as far as it says what kind of observation it is */
const laboratory = ['LAB', 'CH', 'HM', 'MB', 'MCB', 'MYC', 'VR', 'IMM', 'SR', 'BG', 'BLB', 'TX', 'CG', 'GE', 'UR', 'CUS', 'OSL']
const imaging = ['RAD', 'RX', 'CT', 'CTH', 'MR', 'NMR', 'NMS', 'RUS', 'OUS', 'VUS', 'XRC', 'IMG', 'EC']

function categoryOf(obr: Segment | undefined): CodeableConcept[] | undefined {
  const section = obr?.at(24)?.toUpperCase() ?? ''
  const code = laboratory.includes(section) ? 'laboratory' : imaging.includes(section) ? 'imaging' : undefined
  return code === undefined ? undefined : [{ coding: [{ system: system.observationCategory, code }] }]
}

function performersOf(obx: Segment, draft: Draft): Reference<Practitioner | Organization>[] {
  const people = obx.all(16).flatMap((item) => practitioner(item, draft) ?? [])
  const places = [obx.at(23), obx.at(15, 2) ?? obx.at(15)].flatMap((display): Reference<Organization>[] =>
    display === undefined ? [] : [{ type: 'Organization', display }],
  )
  return [...people, ...places]
}

/** NTE-3, repetitions as lines. */
export function noteText(nte: Segment, draft: Draft): string | undefined {
  const lines = nte.all(3).flatMap((item) => item.text ?? [])
  return lines.length === 0 ? undefined : freeText(draft, lines.join('\n'), 'NTE-3')
}

function conceptKey(code: CodeableConcept): string {
  const first = code.coding?.[0]
  return first === undefined ? (code.text ?? '') : `${first.system ?? ''}|${first.code ?? ''}`
}
