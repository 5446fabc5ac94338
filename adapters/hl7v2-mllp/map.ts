/**
 * HL7 v2 ↔ parcels. Pure: no clock, no network, no files. This file knows which messages we take and what each must have;
 * the `map-*.ts` files beside it know the segments. Outgoing: `map-out.ts`.
 */
import type { Bundle, BundleEntry, Resource } from '../../fhir-profiles/r4.ts'
import type { Parcel } from '../contract.ts'
import { gapList, localSystem, reportUnread, type Draft, type MapContext } from './draft.ts'
import { groupsOf, type PatientGroup } from './groups.ts'
import { cancellationFrom } from './map-cancel.ts'
import { allergyFrom, conditionFrom, type Chart } from './map-clinical.ts'
import { mergedFrom, mergeFault } from './map-merge.ts'
import { payerNumbers } from './map-payer.ts'
import { deathCausesFrom, procedureFrom } from './map-procedure.ts'
import { relatedFrom } from './map-related.ts'
import { patientFrom, patientNumberOf, reportResidentNumbers } from './map-patient.ts'
import { referralFrom } from './map-referral-in.ts'
import { isReportLine, responseFrom } from './map-response-in.ts'
import { resultFault, resultsFrom } from './map-result.ts'
import { departmentIn, encounterFrom, visitOf } from './map-visit.ts'
import type { Message } from './message.ts'
import { place, type Refusal } from './refusal.ts'
import { offsetOf } from './time.ts'

export type Mapped = { readonly ok: true; readonly parcel: Parcel } | { readonly ok: false; readonly refusal: Refusal }

const mapped = {
  ADT: ['PID', 'NK1', 'PV1', 'PV2', 'AL1', 'DG1', 'PR1', 'GT1', 'IN2', 'DB1', 'PDA', 'MRG', 'OBR', 'OBX', 'NTE'],
  ORU: ['ORC', 'OBR', 'OBX', 'NTE'],
  REF: ['RF1', 'PRD', 'PID', 'NK1', 'GT1', 'IN1', 'IN2', 'DB1', 'DG1', 'AL1', 'PR1', 'OBR', 'OBX', 'NTE'],
  RRI: ['RF1', 'OBR', 'OBX', 'NTE'],
} as const

/** Segments that only say whose visit it is: ADT is where their content comes from, so what is not read here is not lost. */
const contextOnly = { ADT: [], ORU: ['PID', 'PV1', 'PV2'], REF: ['PV1', 'PV2'], RRI: ['PRD', 'PID', 'PV1', 'PV2'] } as const

type MessageKind = keyof typeof mapped

/** the events we take; everything else is refused with AR */
const taken: Readonly<Record<MessageKind, readonly string[]>> = {
  ADT: ['A01', 'A04', 'A08', 'A40'],
  ORU: ['R01'],
  REF: ['I12', 'I14'],
  RRI: ['I12'],
}

/** One message → one parcel, or why not. Never throws for anything a sender can write. */
export function toParcel(message: Message, context: MapContext): Mapped {
  const fault = headerFault(message, context) ?? bodyFault(message, context)
  if (fault !== undefined) return { ok: false, refusal: fault }
  const kind = kindOf(message)
  if (kind === undefined) return refused('AR', 'messageType', 'this type of message is not taken', 'MSH', 9)
  const draft: Draft = {
    context,
    offset: offsetOf(message.header.at(7)) ?? context.utcOffset,
    messageId: messageIdOf(message),
    messageTime: message.header.at(7),
    gaps: gapList(),
  }
  const content = contentOf(kind, message, draft)
  if ('condition' in content) return { ok: false, refusal: content }
  for (const pid of message.every('PID')) reportResidentNumbers(pid, draft)
  // A cancellation repeats the referral it ends; what it repeats is not lost.
  const isCancelled = kind === 'REF' && eventOf(message) === 'I14'
  if (!isCancelled) reportUnread(message, { mapped: mapped[kind], context: contextOnly[kind] }, draft.gaps)
  const parcelKind = isCancelled ? 'referral-response' : parcelKinds[kind]
  return { ok: true, parcel: { id: draft.messageId, kind: parcelKind, bundle: bundleOf(kind, content, draft), gaps: draft.gaps.list } }
}

const parcelKinds = { ADT: 'feed', ORU: 'feed', REF: 'referral-request', RRI: 'referral-response' } as const

/** MSH-10 is unique per sending application only, so the application and facility are part of a message's identity. */
export function messageIdOf(message: Message): string {
  const sender = [message.header.at(3), message.header.at(4)].filter((part) => part !== undefined).join('.')
  const control = message.header.at(10) ?? ''
  return sender === '' ? control : `${control}@${sender}`
}

/** MSH-10 of the message whose identity `messageIdOf` made. */
export function controlIdIn(messageId: string): string {
  const at = messageId.lastIndexOf('@')
  return at <= 0 ? messageId : messageId.slice(0, at)
}

function kindOf(message: Message): MessageKind | undefined {
  const type = message.header.at(9)?.toUpperCase()
  const kind = (['ADT', 'ORU', 'REF', 'RRI'] as const).find((known) => known === type)
  return kind !== undefined && taken[kind].includes(eventOf(message)) ? kind : undefined
}

function eventOf(message: Message): string {
  return (message.header.at(9, 2) ?? message.first('EVN')?.at(1) ?? '').toUpperCase()
}

function headerFault({ header, ...message }: Message, context: MapContext): Refusal | undefined {
  const type = header.at(9)?.toUpperCase()
  if (type === undefined) return refusal('AR', 'requiredField', 'MSH-9 is required', 'MSH', 9)
  if (header.at(10) === undefined) return refusal('AR', 'requiredField', 'MSH-10 is required', 'MSH', 10)
  if (!Object.hasOwn(taken, type)) return refusal('AR', 'messageType', 'this type of message is not taken', 'MSH', 9)
  if (kindOf({ header, ...message }) === undefined) return refusal('AR', 'eventCode', 'this event is not taken', 'MSH', 9)
  if (!/^2\.[1-9](\.\d)?$/.test(header.at(12) ?? '')) return refusal('AR', 'versionId', 'MSH-12 must be a version 2.x', 'MSH', 12)
  if (!context.processingIds.includes(header.at(11) ?? 'P'))
    return refusal('AR', 'processingId', 'messages of this processing id are not taken here', 'MSH', 11)
  return undefined
}

function bodyFault(message: Message, context: MapContext): Refusal | undefined {
  const groups = groupsOf(message)
  const nobody = groups.find((group) => patientNumberOf(group.pid) === undefined)
  if (nobody !== undefined) return refusal('AE', 'requiredField', 'PID-3 must hold a patient number', 'PID', 3, nobody.pid?.sequence ?? 1)
  const unmergeable = eventOf(message) === 'A40' ? mergeFault(groups) : undefined
  if (unmergeable !== undefined) return unmergeable
  for (const group of groups) {
    const nameless = resultFault(group.orders)
    if (nameless !== undefined) return nameless
    const department = group.pv1 === undefined ? undefined : departmentIn(group.pv1, context.departments)
    if (context.unknownDepartment === 'refuse' && department !== undefined && department.code === undefined) {
      return refusal(
        'AE',
        'tableValue',
        'the department code has no entry in the department map; a patient may have refused that department',
        'PV1',
        10,
      )
    }
  }
  return undefined
}

function contentOf(kind: MessageKind, message: Message, draft: Draft): readonly Resource[] | Refusal {
  const groups = groupsOf(message)
  const [first] = groups
  if (first === undefined) return refusal('AE', 'segmentSequence', 'PID is required', 'PID', 1)
  switch (kind) {
    case 'ADT':
      return groups.flatMap((group) => (eventOf(message) === 'A40' ? merge(group, message, draft) : admission(group, message, draft)))
    case 'ORU':
      // A result message carries less of patient and visit than ADT does: they are written only where nothing is known yet (`isBackground`).
      return groups.flatMap((group) => {
        const chart = chartOf(group, message)
        return [...patientOf(group, chart, draft), ...visitIn(group, chart, message, draft), ...resultsOf(group, chart, draft)]
      })
    case 'REF':
      return referral(first, message, draft)
    case 'RRI':
      return response(first, message, draft)
    default:
      return kind satisfies never
  }
}

function chartOf(group: PatientGroup, message: Message): Chart {
  const patientNumber = patientNumberOf(group.pid) ?? ''
  return { patientNumber, visit: visitOf(group, patientNumber, message) }
}

function admission(group: PatientGroup, message: Message, draft: Draft): readonly Resource[] {
  const chart = chartOf(group, message)
  return [
    ...patientOf(group, chart, draft),
    ...encounterOf(group, chart, message, draft),
    ...relativesOf(group, chart, draft),
    ...clinicalOf(group, chart, draft),
    ...resultsOf(group, chart, draft),
  ]
}

/** The patient who stays comes first: a message that merges one into another that is merged itself keeps its order. */
function merge(group: PatientGroup, message: Message, draft: Draft): readonly Resource[] {
  const chart = chartOf(group, message)
  return [...patientOf(group, chart, draft), ...mergedFrom(group, chart.patientNumber, draft)]
}

function relativesOf(group: PatientGroup, chart: Chart, draft: Draft): readonly Resource[] {
  return group.others.flatMap((segment) => relatedFrom(segment, chart, draft) ?? [])
}

function patientOf(group: PatientGroup, chart: Chart, draft: Draft): readonly Resource[] {
  return group.pid === undefined ? [] : [patientFrom(group.pid, chart.patientNumber, draft, payerNumbers(group.others, draft))]
}

function encounterOf(group: PatientGroup, chart: Chart, message: Message, draft: Draft): readonly Resource[] {
  if (group.pv1 === undefined || group.pv1.at(2)?.toUpperCase() === 'N') return []
  if (chart.visit === undefined) {
    draft.gaps.add('PV1-19', 'neither a visit number nor a begin: the visit cannot be told from others')
    return []
  }
  return [encounterFrom({ group, pv1: group.pv1, visit: chart.visit, patientNumber: chart.patientNumber, event: eventOf(message) }, draft)]
}

/** The visit of a message that is not about visits: named where it can be, never missed. */
function visitIn(group: PatientGroup, chart: Chart, message: Message, draft: Draft): readonly Resource[] {
  return chart.visit === undefined ? [] : encounterOf(group, chart, message, draft)
}

/** Written only where the institution has nothing under that id yet; ADT is where the whole of it comes from. */
function isBackground(kind: MessageKind, { resourceType }: Resource): boolean {
  if (kind === 'ADT') return false
  return resourceType === 'Encounter' || (resourceType === 'Patient' && kind === 'ORU')
}

function clinicalOf(group: PatientGroup, chart: Chart, draft: Draft): readonly Resource[] {
  return [
    ...group.allergies.map((al1) => allergyFrom(al1, chart, draft)),
    ...group.diagnoses.map((dg1) => conditionFrom(dg1, chart, draft)),
    ...group.others.flatMap((segment): readonly (Resource | undefined)[] => {
      if (segment.name === 'PR1') return [procedureFrom(segment, chart, draft)]
      return segment.name === 'PDA' ? deathCausesFrom(segment, chart, draft) : []
    }),
  ].filter((item) => item !== undefined)
}

function resultsOf(group: PatientGroup, chart: Chart, draft: Draft): readonly Resource[] {
  return group.orders.flatMap((order, at) => resultsFrom({ order, ordinal: at + 1 }, chart, draft))
}

function referral(group: PatientGroup, message: Message, draft: Draft): readonly Resource[] | Refusal {
  const rf1 = message.first('RF1')
  const number = rf1?.at(6)
  if (rf1 === undefined || number === undefined)
    return refusal('AE', 'requiredField', 'RF1-6 is required: the referral needs its number', 'RF1', 6)
  if (eventOf(message) === 'I14') return [cancellationFrom({ rf1, number, group }, draft)]
  const chart = chartOf(group, message)
  const enclosed = [...clinicalOf(group, chart, draft), ...resultsOf(group, chart, draft)]
  return [
    ...referralFrom({ message, rf1, number, group, chart, enclosed }, draft),
    ...patientOf(group, chart, draft),
    ...relativesOf(group, chart, draft),
    ...visitIn(group, chart, message, draft),
    ...enclosed,
  ]
}

function response(group: PatientGroup, message: Message, draft: Draft): readonly Resource[] | Refusal {
  const rf1 = message.first('RF1')
  const parcel = message.first('MSA')?.at(2) ?? rf1?.at(6)
  if (rf1 === undefined || parcel === undefined)
    return refusal('AE', 'requiredField', 'MSA-2 or RF1-6 must name the referral that is answered', 'MSA', 2)
  const chart = chartOf(group, message)
  const measured = group.orders
    .map((order) => ({ ...order, notes: [], observations: order.observations.filter(({ obx }) => !isReportLine(obx)) }))
    .filter((order) => order.observations.length > 0)
  const results = resultsOf({ ...group, orders: measured }, chart, draft)
  const answer = responseFrom({ rf1, parcel, group, chart, results }, draft)
  return answer === undefined
    ? refusal('AE', 'tableValue', 'RF1-1 must be A, R, P or E of HL7 table 0283', 'RF1', 1)
    : [...answer, ...results]
}

/** One PUT per resource; where a message says the same thing twice, the later one holds. */
function bundleOf(kind: MessageKind, resources: readonly Resource[], draft: Draft): Bundle {
  const entries = new Map<string, BundleEntry>()
  for (const resource of resources) {
    const url = `${resource.resourceType}/${resource.id ?? ''}`
    const request = { method: 'PUT' as const, url }
    entries.set(url, { resource, request: isBackground(kind, resource) ? { ...request, ifNoneMatch: '*' } : request })
  }
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    identifier: { system: localSystem(draft.context, 'message'), value: draft.messageId },
    entry: [...entries.values()],
  }
}

function refusal(
  code: Refusal['code'],
  condition: Refusal['condition'],
  reason: string,
  segment: string,
  field: number,
  sequence = 1,
): Refusal {
  return { code, condition, reason, place: place(segment, sequence, field) }
}

function refused(...parts: Parameters<typeof refusal>): Mapped {
  return { ok: false, refusal: refusal(...parts) }
}
