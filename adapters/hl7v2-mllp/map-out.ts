/**
 * Parcels → messages for the EMR: referral-request → REF^I12, referral-response → RRI^I12, or REF^I14 when the sender takes its referral
 * back, recall → REF^I14. Pure.
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { Bundle, CodeableConcept, Patient, Resource, ServiceRequest, Task } from '../../fhir-profiles/r4.ts'
import type { Parcel } from '../contract.ts'
import { escapeText } from './escape.ts'
import { controlIdIn } from './map.ts'
import { writeConcept } from './map-code.ts'
import { clinicalSegments } from './map-out-clinical.ts'
import { pidFrom, prdFrom, resolve } from './map-out-patient.ts'
import { taskStatusList } from './map-response-in.ts'
import { components, joinSegments, segment } from './segment-writer.ts'
import { hl7Now, hl7Time } from './time.ts'

/** What the message says of sender and receiver. */
export interface Envelope {
  readonly now: Date
  readonly utcOffset: string
  readonly sendingApplication: string
  readonly sendingFacility: string
  readonly receivingApplication: string
  /** 요양기관기호 of the receiver */
  readonly receivingFacility: string
  /** MSH-18 */
  readonly charset: string
  readonly departments: Readonly<Record<string, string>>
}

export type Sent =
  | { readonly ok: true; readonly text: string; readonly left: readonly string[] }
  /** `where`: a FHIR expression */
  | { readonly ok: false; readonly reason: string; readonly where: string }

/** One parcel → one message whose MSH-10 is the parcel's id. What has no place in it is named in `left`. */
export function toMessage(parcel: Parcel, envelope: Envelope): Sent {
  const task = resources(parcel.bundle).find((item) => item.resourceType === 'Task')
  switch (parcel.kind) {
    case 'referral-request':
      return task === undefined ? noTask : written(request(parcel, task, envelope), parcel.bundle)
    case 'referral-response':
      if (task === undefined) return noTask
      return task.status === 'cancelled'
        ? { ok: true, text: joinSegments(cancellation(parcel, task, envelope)), left: [] }
        : written(response(parcel, task, envelope), parcel.bundle)
    case 'recall':
      return { ok: true, text: joinSegments(recall(parcel, task, envelope)), left: [] }
    case 'feed':
      return { ok: false, reason: 'records are not fed into an EMR by HL7 v2', where: 'Bundle' }
    default:
      return parcel.kind satisfies never
  }
}

const noTask: Sent = { ok: false, reason: 'a referral needs a Task', where: 'Bundle.entry' }

interface Draft {
  readonly head: readonly string[]
  readonly notes: readonly string[]
}

/** A note on the whole message stands after PV1: right after an OBX it would be a note on that result. */
function written({ head, notes }: Draft, bundle: Bundle): Sent {
  const clinical = clinicalSegments(bundle)
  const last = notes.map((text, at) => segment('NTE', { 1: String(at + 1), 3: escapeText(text) }))
  return { ok: true, text: joinSegments([...head, ...clinical.segments, segment('PV1', { 1: '1', 2: 'N' }), ...last]), left: clinical.left }
}

function request(parcel: Parcel, task: Task, envelope: Envelope): Draft {
  const order = serviceRequestOf(task, parcel.bundle)
  const patient = patientOf(task, parcel.bundle)
  const department = localDepartment(order?.performerType, envelope)
  const head = [
    header(parcel, 'REF^I12^REF_I12', envelope),
    segment('RF1', {
      1: 'P^Pending^HL70283',
      2: priorityOf(order ?? task),
      6: referralNumber(parcel.id, envelope),
      7: hl7Time(task.authoredOn),
      10: (order?.reasonCode ?? []).map(writeConcept).join('~'),
      11: placerNumbers(task)
        .map((value) => escapeText(value))
        .join('~'),
    }),
    prdFrom({ role: 'RP', institution: task.requester, person: order?.requester, department: undefined }, parcel.bundle),
    prdFrom({ role: 'RT', institution: task.owner ?? order?.performer?.[0], person: undefined, department }, parcel.bundle),
    ...(patient === undefined ? [] : [pidFrom(patient)]),
  ]
  return { head, notes: notesOf(order) }
}

/** The words of a referral that are not in RF1-10. */
function notesOf(order: ServiceRequest | undefined): readonly string[] {
  return (order?.note ?? []).flatMap(({ text }) => text ?? [])
}

const responseCodes: Readonly<Record<string, string>> = {
  accepted: 'A^Accepted',
  'in-progress': 'A^Accepted',
  completed: 'A^Accepted',
  rejected: 'R^Rejected',
  failed: 'R^Rejected',
}

function response(parcel: Parcel, task: Task, envelope: Envelope): Draft {
  const patient = patientOf(task, parcel.bundle)
  const [placer] = placerNumbers(task)
  const parcelId = parcelAnswered(parcel, task)
  const answered = parcelId === undefined ? undefined : controlIdIn(parcelId)
  const status = task.status ?? 'received'
  const head = [
    header(parcel, 'RRI^I12^RRI_I12', envelope),
    segment('MSA', { 1: 'AA', 2: escapeText(answered ?? placer ?? '') }),
    segment('RF1', {
      // The alternate code says exactly what table 0283 can only say roughly.
      1: components(responseCodes[status] ?? 'P^Pending', 'HL70283', status, '', escapeText(taskStatusList)),
      6: escapeText(placer ?? answered ?? parcel.id),
      9: hl7Time(task.lastModified),
      11: referralNumber(parcel.id, envelope),
    }),
    prdFrom({ role: 'RP', institution: task.requester, person: undefined, department: undefined }, parcel.bundle),
    prdFrom({ role: 'RT', institution: task.owner, person: undefined, department: undefined }, parcel.bundle),
    ...(patient === undefined ? [] : [pidFrom(patient)]),
  ]
  const reason = task.statusReason?.text ?? task.statusReason?.coding?.[0]?.display
  return { head, notes: [...(reason === undefined ? [] : [reason]), ...(task.note ?? []).flatMap(({ text }) => text ?? [])] }
}

/** The parcel's own id names this message, not the one it answers. */
function parcelAnswered(parcel: Parcel, task: Task): string | undefined {
  return task.identifier?.find((item) => item.system === system.parcel && item.value !== parcel.id)?.value
}

/** Only who sent a referral cancels it: the receiver's referral, by the number it came with, is off (chapter 11, event I14). */
function cancellation(parcel: Parcel, task: Task, envelope: Envelope): readonly string[] {
  const patient = patientOf(task, parcel.bundle)
  return [
    header(parcel, 'REF^I14^REF_I12', envelope),
    segment('RF1', {
      1: components('E^Expired', 'HL70283', 'cancelled', '', escapeText(taskStatusList)),
      6: referralNumber(parcelAnswered(parcel, task) ?? parcel.id, envelope),
      9: hl7Time(task.lastModified),
    }),
    prdFrom({ role: 'RP', institution: task.requester, person: undefined, department: undefined }, parcel.bundle),
    prdFrom({ role: 'RT', institution: task.owner, person: undefined, department: undefined }, parcel.bundle),
    ...(patient === undefined ? [] : [pidFrom(patient)]),
    segment('PV1', { 1: '1', 2: 'N' }),
    segment('NTE', { 1: '1', 3: escapeText(task.statusReason?.text ?? task.statusReason?.coding?.[0]?.display ?? 'cancelled') }),
  ]
}

const recallText =
  '환자가 동의를 철회하였거나 줄였습니다. 그 동의로 받은 자료를 더 이상 이용하지 마십시오. (The consent was withdrawn or narrowed: stop using what was received under it.)'

/**
 * No HL7 v2 message recalls data; the cancellation of a referral (REF^I14) is the one that staff are shown. RF1-6 names the first message
 * that is recalled and RF1-11 all others, each by the MSH-10 it came with.
 */
function recall(parcel: Parcel, task: Task | undefined, envelope: Envelope): readonly string[] {
  const patient =
    task === undefined ? resources(parcel.bundle).find((item) => item.resourceType === 'Patient') : patientOf(task, parcel.bundle)
  const [recalled, ...others] = (task?.input ?? []).flatMap(({ valueIdentifier }) =>
    valueIdentifier?.system === system.parcel ? (valueIdentifier.value ?? []) : [],
  )
  return [
    header(parcel, 'REF^I14^REF_I12', envelope),
    segment('RF1', {
      1: 'E^Expired^HL70283',
      6: referralNumber(recalled ?? parcel.id, envelope),
      11: others.map((id) => referralNumber(id, envelope)).join('~'),
    }),
    segment('PRD', { 1: 'RP^Referring provider^HL70286', 4: components('', '', '', escapeText(envelope.sendingFacility)) }),
    ...(patient === undefined ? [] : [pidFrom(patient)]),
    segment('PV1', { 1: '1', 2: 'N' }),
    segment('NTE', { 1: '1', 3: escapeText(recallText) }),
  ]
}

function header(parcel: Parcel, type: string, envelope: Envelope): string {
  return segment('MSH', {
    3: escapeText(envelope.sendingApplication),
    4: escapeText(envelope.sendingFacility),
    5: escapeText(envelope.receivingApplication),
    6: escapeText(envelope.receivingFacility),
    7: hl7Now(envelope.now, envelope.utcOffset),
    9: type,
    10: escapeText(parcel.id),
    11: 'P',
    12: '2.5.1',
    17: 'KOR',
    18: envelope.charset,
  })
}

function referralNumber(id: string, envelope: Envelope): string {
  return components(escapeText(id), escapeText(envelope.sendingApplication))
}

/** The requester's own numbers for the referral. */
function placerNumbers(task: Task): readonly string[] {
  const own = (task.identifier ?? []).filter((item) => item.system !== system.parcel)
  const placers = own.filter((item) => item.type?.coding?.some(({ code }) => code === 'PLAC') === true)
  return (placers.length > 0 ? placers : own).flatMap(({ value }) => value ?? [])
}

function serviceRequestOf(task: Task, bundle: Bundle): ServiceRequest | undefined {
  const focus = resolve(task.focus, bundle)
  return focus?.resourceType === 'ServiceRequest' ? focus : resources(bundle).find((item) => item.resourceType === 'ServiceRequest')
}

/** The Patient of the Bundle, or as much as the Task's own reference says. */
function patientOf(task: Task, bundle: Bundle): Patient | undefined {
  const named = resolve(task.for, bundle)
  if (named?.resourceType === 'Patient') return named
  const only = resources(bundle).find((item) => item.resourceType === 'Patient')
  if (only !== undefined) return only
  const identifier = task.for?.identifier
  const display = task.for?.display
  if (identifier === undefined) return undefined
  return { resourceType: 'Patient', identifier: [identifier], ...(display === undefined ? {} : { name: [{ text: display }] }) }
}

function resources(bundle: Bundle): readonly Resource[] {
  return (bundle.entry ?? []).flatMap(({ resource }) => resource ?? [])
}

function priorityOf({ priority }: ServiceRequest | Task): string {
  const codes: Readonly<Record<string, string>> = { stat: 'S^STAT', urgent: 'A^ASAP', asap: 'A^ASAP', routine: 'R^Routine' }
  const known = codes[priority ?? 'routine']
  return known === undefined ? '' : `${known}^HL70280`
}

/** The EMR's own code for a national department, where the map has one. */
function localDepartment(type: CodeableConcept | undefined, envelope: Envelope): string | undefined {
  const code = type?.coding?.find((item) => item.system === system.department)?.code
  const local = Object.entries(envelope.departments).find(([, national]) => national === code)?.[0]
  return local ?? code ?? type?.text
}
