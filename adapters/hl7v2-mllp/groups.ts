/**
 * The segments of a message in the groups they belong to. HL7 v2 says so by order alone: an NTE belongs to what stands before it,
 * an OBX to its OBR, everything to its PID. One walk serves ADT, ORU, REF and RRI. Pure.
 */
import type { Message, Segment } from './message.ts'

export interface ObservationGroup {
  readonly obx: Segment
  readonly notes: readonly Segment[]
}

export interface OrderGroup {
  readonly orc: Segment | undefined
  /** undefined for observations without an order (ADT) */
  readonly obr: Segment | undefined
  readonly notes: readonly Segment[]
  readonly observations: readonly ObservationGroup[]
}

export interface PatientGroup {
  readonly pid: Segment | undefined
  readonly pv1: Segment | undefined
  readonly pv2: Segment | undefined
  readonly allergies: readonly Segment[]
  readonly diagnoses: readonly Segment[]
  readonly orders: readonly OrderGroup[]
  /** whatever else stands under this patient: PR1, PDA, NK1, GT1, IN2, DB1 … */
  readonly others: readonly Segment[]
  /** notes on the message or the patient as a whole */
  readonly notes: readonly Segment[]
}

interface OpenOrder {
  orc: Segment | undefined
  obr: Segment | undefined
  notes: Segment[]
  observations: { obx: Segment; notes: Segment[] }[]
}

interface OpenPatient {
  pid: Segment | undefined
  pv1: Segment | undefined
  pv2: Segment | undefined
  allergies: Segment[]
  diagnoses: Segment[]
  orders: OpenOrder[]
  others: Segment[]
  notes: Segment[]
}

/** At least one group, even when the message has no PID. */
export function groupsOf(message: Message): readonly PatientGroup[] {
  let patient = emptyPatient()
  const patients = [patient]
  let order: OpenOrder | undefined
  let pendingOrc: Segment | undefined
  let notes = patient.notes
  for (const segment of message.segments) {
    if (segment.name === 'PID' && patient.pid !== undefined) {
      patient = emptyPatient()
      patients.push(patient)
    }
    switch (segment.name) {
      case 'ORC':
        pendingOrc = segment
        break
      case 'OBR':
        order = { orc: pendingOrc, obr: segment, notes: [], observations: [] }
        pendingOrc = undefined
        patient.orders.push(order)
        notes = order.notes
        break
      case 'OBX': {
        order ??= addOrder(patient)
        const observation = { obx: segment, notes: [] }
        order.observations.push(observation)
        notes = observation.notes
        break
      }
      case 'NTE':
        notes.push(segment)
        break
      default:
        place(patient, segment)
        // Specimen and timing belong to the order before them; anything else ends it.
        if (!['SPM', 'TQ1', 'TQ2', 'PRT', 'CTI', 'FT1', 'DSC'].includes(segment.name)) order = undefined
        notes = patient.notes
    }
  }
  return patients
}

function emptyPatient(): OpenPatient {
  return { pid: undefined, pv1: undefined, pv2: undefined, allergies: [], diagnoses: [], orders: [], others: [], notes: [] }
}

function addOrder(patient: OpenPatient): OpenOrder {
  const order: OpenOrder = { orc: undefined, obr: undefined, notes: [], observations: [] }
  patient.orders.push(order)
  return order
}

function place(patient: OpenPatient, segment: Segment): void {
  if (segment.name === 'PID') patient.pid = segment
  else if (segment.name === 'PV1') patient.pv1 ??= segment
  else if (segment.name === 'PV2') patient.pv2 ??= segment
  else if (segment.name === 'AL1') patient.allergies.push(segment)
  else if (segment.name === 'DG1') patient.diagnoses.push(segment)
  else patient.others.push(segment)
}
