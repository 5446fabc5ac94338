/**
 * REF^I12 → what a referral is here: a Task asking for a ServiceRequest. Pure. HL7 v2.5.1 chapter 11 (RF1 §11.8.1, PRD §11.8.2).
 * Receiving institution and department stand in PRD (role RT): PRD-4 facility and point of care, in v2.7 also PRD-10.
 */
import { canonicalBase, profile, system } from '../../fhir-profiles/codes.ts'
import type {
  Annotation,
  CodeableConcept,
  Identifier,
  Organization,
  Patient,
  Practitioner,
  Reference,
  Resource,
  ServiceRequest,
  Task,
} from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { freeText, localSystem, type Draft } from './draft.ts'
import type { PatientGroup } from './groups.ts'
import { idOf } from './local-id.ts'
import type { Chart } from './map-clinical.ts'
import { concept, departmentOf, v2Table } from './map-code.ts'
import { insuranceFrom } from './map-insurance-in.ts'
import { nameOf, patientIdOf } from './map-patient.ts'
import { noteText } from './map-result.ts'
import type { Message, Segment } from './message.ts'
import { fhirDateTime } from './time.ts'

/** HL7 table 0280 → http://hl7.org/fhir/R4/valueset-request-priority.html */
const priorities: Readonly<Record<string, NonNullable<ServiceRequest['priority']>>> = { S: 'stat', A: 'asap', R: 'routine' }

export interface ReferralInput {
  readonly message: Message
  readonly rf1: Segment
  readonly number: string
  readonly group: PatientGroup
  readonly chart: Chart
  /** Conditions, Observations … of the same message */
  readonly enclosed: readonly Resource[]
}

/** What Task and ServiceRequest say alike. */
interface Shared {
  readonly id: string
  readonly identifier: Identifier[]
  readonly priority: ServiceRequest['priority']
  readonly patient: Reference<Patient>
  readonly authoredOn: string | undefined
  readonly sender: Reference<Organization>
  readonly receiver: Receiver
}

export function referralFrom(input: ReferralInput, draft: Draft): readonly (Task | ServiceRequest)[] {
  const { rf1, chart } = input
  const priority = priorities[rf1.at(2)?.toUpperCase() ?? '']
  if (rf1.at(2) !== undefined && priority === undefined) draft.gaps.add('RF1-2', 'not a code of HL7 table 0280')
  const shared: Shared = {
    id: idOf(input.number),
    identifier: [placerNumber(input.number, draft)],
    priority,
    patient: { reference: `Patient/${patientIdOf(chart.patientNumber)}` },
    authoredOn: fhirDateTime(rf1.at(7), draft.offset) ?? fhirDateTime(draft.messageTime, draft.offset),
    sender: institution(draft.context.institution.number, draft.context.institution.name),
    receiver: receiverOf(input.message, draft),
  }
  return [taskFrom(shared), serviceRequestFrom(shared, input, draft)]
}

function taskFrom({ id, identifier, priority, patient, authoredOn, sender, receiver }: Shared): Task {
  return compact<Task>({
    resourceType: 'Task',
    id,
    meta: { profile: [profile.referralTask] },
    identifier,
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
    priority,
    focus: { reference: `ServiceRequest/${id}` },
    for: patient,
    authoredOn,
    requester: sender,
    owner: receiver.institution,
  })
}

function serviceRequestFrom(
  { id, identifier, priority, patient, authoredOn, sender, receiver }: Shared,
  input: ReferralInput,
  draft: Draft,
): ServiceRequest {
  const { rf1, chart } = input
  return compact<ServiceRequest>({
    resourceType: 'ServiceRequest',
    id,
    identifier: [...identifier, ...rf1.all(11).flatMap((item) => externalNumber(item.part(1), draft))],
    status: 'active',
    intent: 'order',
    category: categoryOf(rf1, draft),
    code: { coding: [{ system: system.snomed, code: '3457005', display: 'Patient referral' }], text: '진료의뢰' },
    priority,
    subject: patient,
    encounter: chart.visit?.reference,
    authoredOn,
    requester: referrer(input.message, draft) ?? sender,
    performer: receiver.institution === undefined ? undefined : [receiver.institution],
    performerType: receiver.department,
    ...reasonsOf(input, draft),
    ...insuranceFrom(input.message, { pv1: input.group.pv1, patient }, draft),
    supportingInfo: referencesTo(input.enclosed, ['Observation', 'DiagnosticReport', 'AllergyIntolerance']),
    note: notesOf(input, draft),
  })
}

/** An institution by its 요양기관기호: the operator's directory says who that is, never the message. */
function institution(number: string, display?: string): Reference<Organization> {
  return compact<Reference<Organization>>({
    type: 'Organization',
    identifier: { system: system.institutionNumber, value: number },
    display,
  })
}

/** The referral's number as its sender knows it. */
export function placerNumber(value: string, draft: Draft): Identifier {
  return {
    type: { coding: [{ system: system.v2IdentifierType, code: 'PLAC' }] },
    system: `${canonicalBase}/Identifier/task/${draft.context.institution.number}`,
    value,
  }
}

function externalNumber(value: string | undefined, draft: Draft): readonly Identifier[] {
  return value === undefined ? [] : [{ system: localSystem(draft.context, 'RF1-11'), value }]
}

function categoryOf(rf1: Segment, draft: Draft): CodeableConcept[] | undefined {
  const tables = [
    [3, '0281'],
    [4, '0282'],
    [5, '0284'],
  ] as const
  const found = tables.flatMap(([field, table]) =>
    rf1.all(field).flatMap((item): CodeableConcept[] => {
      const code = item.part(1)
      const named = concept(item, draft, `RF1-${field}`)
      if (named === undefined) return []
      return code !== undefined && item.part(3) === undefined ? [{ ...named, coding: [{ system: v2Table(table), code }] }] : [named]
    }),
  )
  return found.length === 0 ? undefined : found
}

interface Receiver {
  readonly institution: Reference<Organization> | undefined
  readonly department: CodeableConcept | undefined
}

function receiverOf(message: Message, draft: Draft): Receiver {
  const prd = providers(message, 'RT')
  if (prd === undefined) {
    draft.gaps.add('PRD-1', 'no receiving provider (role RT) is named; the network chooses one', 'not-held')
    return { institution: undefined, department: undefined }
  }
  const number = institutionNumberIn(prd)
  const name = prd.at(10) ?? prd.at(4, 9)
  if (number === undefined && (name ?? prd.at(4, 4)) !== undefined)
    draft.gaps.add('PRD-4', 'the receiving institution is not named by its 요양기관기호')
  return { institution: number === undefined ? undefined : institution(number, name), department: departmentOfProvider(prd, draft) }
}

function departmentOfProvider(prd: Segment, draft: Draft): CodeableConcept | undefined {
  const local = prd.at(4)
  if (local === undefined) return undefined
  const code = departmentOf(local, draft.context.departments)
  if (code !== undefined) return { coding: [{ system: system.department, code }] }
  draft.gaps.add('PRD-4', 'the receiving department has no entry in the department map')
  return { text: local }
}

/** Eight digits, or the national OID that ends in them: in PRD-4.4, PRD-7 or (v2.7) PRD-10. */
function institutionNumberIn(prd: Segment): string | undefined {
  const places = [prd.at(4, 4, 1), prd.at(4, 4, 2), prd.at(10, 10), prd.at(10, 3), ...prd.all(7).map((item) => item.part(1))]
  for (const text of places) {
    const found = /^(?:1\.2\.410\.100110\.10\.)?(\d{8})$/.exec(text ?? '')?.[1]
    if (found !== undefined) return found
  }
  return undefined
}

function providers(message: Message, role: string): Segment | undefined {
  return message.every('PRD').find((prd) => prd.all(1).some((item) => item.part(1)?.toUpperCase() === role))
}

/** The referring doctor (role RP). */
function referrer(message: Message, draft: Draft): Reference<Practitioner> | undefined {
  const prd = providers(message, 'RP')
  const name = prd?.all(2).flatMap((item) => nameOf(item))[0]?.text
  // The referring institution is always the sender, whatever the message says.
  const stated = prd === undefined ? undefined : institutionNumberIn(prd)
  if (stated !== undefined && stated !== draft.context.institution.number)
    draft.gaps.add('PRD-4', 'the referring institution is the sender, not the one named')
  const licence = prd
    ?.all(7)
    .find((item) => ['MD', 'LN'].includes(item.part(2)?.toUpperCase() ?? ''))
    ?.part(1)
  const staff = prd?.at(7)
  const identifier =
    licence !== undefined
      ? { system: system.doctorLicence, value: licence }
      : staff !== undefined
        ? { system: localSystem(draft.context, 'staff'), value: staff }
        : undefined
  if (name === undefined && identifier === undefined) return undefined
  return compact<Reference<Practitioner>>({ type: 'Practitioner', identifier, display: name })
}

function reasonsOf(input: ReferralInput, draft: Draft): Pick<ServiceRequest, 'reasonCode' | 'reasonReference'> {
  const coded = input.rf1.all(10).flatMap((item) => {
    const code = item.part(1)
    const named = concept(item, draft, 'RF1-10')
    if (named === undefined) return []
    return [code !== undefined && item.part(3) === undefined ? { ...named, coding: [{ system: v2Table('0336'), code }] } : named]
  })
  const words = freeText(draft, input.rf1.all(14)[0]?.text, 'RF1-14')
  const reasonCode = words === undefined ? coded : [...coded, { text: words }]
  const reasonReference = referencesTo(input.enclosed, ['Condition'])
  return { ...(reasonCode.length === 0 ? {} : { reasonCode }), ...(reasonReference === undefined ? {} : { reasonReference }) }
}

function notesOf(input: ReferralInput, draft: Draft): Annotation[] | undefined {
  const texts = [
    ...input.group.notes.flatMap((nte) => noteText(nte, draft) ?? []),
    ...input.rf1.all(24).flatMap((item) => freeText(draft, item.text, 'RF1-24') ?? []),
  ]
  return texts.length === 0 ? undefined : texts.map((text) => ({ text }))
}

function referencesTo(resources: readonly Resource[], types: readonly string[]): { reference: string }[] | undefined {
  const found = resources.flatMap((resource) =>
    types.includes(resource.resourceType) && resource.id !== undefined ? [{ reference: `${resource.resourceType}/${resource.id}` }] : [],
  )
  return found.length === 0 ? undefined : found
}
