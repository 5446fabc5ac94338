/**
 * RRI^I12 → the answer to a referral: a Task that names the parcel it answers, and a report when there is one. Pure.
 * HL7 v2.5.1 chapter 11: MSA-2 is the MSH-10 of the referral, RF1-6 its number, RF1-1 (table 0283) what became of it.
 * Departs: table 0283 has no word for a finished referral. `A` with a final report means completed, with a preliminary one in progress;
 * a sender may say it exactly in the alternate code (RF1-1.4, list `http://hl7.org/fhir/task-status`).
 */
import { documentType, system } from '../../fhir-profiles/codes.ts'
import type { DocumentReference, Resource, Task } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { freeText, type Draft } from './draft.ts'
import type { PatientGroup } from './groups.ts'
import { derivedId, idOf } from './local-id.ts'
import type { Chart } from './map-clinical.ts'
import { patientIdOf } from './map-patient.ts'
import { noteText } from './map-result.ts'
import { practitioner } from './map-visit.ts'
import type { Segment } from './message.ts'
import { fhirDateTime, fhirInstant } from './time.ts'

export const taskStatusList = 'http://hl7.org/fhir/task-status'

type Attachment = NonNullable<DocumentReference['content']>[number]['attachment']

const answers: readonly Task['status'][] = [
  'received',
  'accepted',
  'rejected',
  'in-progress',
  'on-hold',
  'completed',
  'failed',
  'cancelled',
]

/** kinds of OBX-5 that read as a report rather than as a measured value */
const reportKinds = ['TX', 'FT', 'ST']

export interface ResponseInput {
  readonly rf1: Segment
  /** the parcel that is answered */
  readonly parcel: string
  readonly group: PatientGroup
  readonly chart: Chart | undefined
  /** Observations and reports of the same message */
  readonly results: readonly Resource[]
}

/** Undefined when RF1-1 says nothing of table 0283. */
export function responseFrom(input: ResponseInput, draft: Draft): readonly (Task | DocumentReference)[] | undefined {
  const status = statusOf(input)
  if (status === undefined) return undefined
  const notes = input.group.notes.flatMap((nte) => noteText(nte, draft) ?? [])
  const isOver = ['rejected', 'failed', 'cancelled', 'on-hold'].includes(status)
  const lines = reportLines(input.group, draft)
  const isNoteReport = status === 'completed' && lines.length === 0
  const report = documentFrom(input, isNoteReport ? notes : lines, draft)
  const others = input.results.flatMap(({ resourceType, id }) =>
    id !== undefined && resourceType === 'DiagnosticReport' ? [`DiagnosticReport/${id}`] : [],
  )
  const outputs = [...(report?.id === undefined ? [] : [`DocumentReference/${report.id}`]), ...others]
  const reason = isOver ? reasonText(input.rf1, notes, draft) : undefined
  const note = isOver || isNoteReport ? [] : notes
  const task = compact<Task>({
    resourceType: 'Task',
    id: idOf(input.parcel),
    identifier: [{ system: system.parcel, value: input.parcel }],
    status,
    statusReason: reason === undefined ? undefined : { text: reason },
    intent: 'order',
    lastModified: fhirDateTime(draft.messageTime, draft.offset),
    note: note.length === 0 ? undefined : note.map((text) => ({ text })),
    output:
      outputs.length === 0
        ? undefined
        : outputs.map((reference) => ({
            type: { coding: [{ system: system.taskOutput, code: 'report' }] },
            valueReference: { reference },
          })),
  })
  return report === undefined ? [task] : [task, report]
}

function statusOf({ rf1, group }: ResponseInput): Task['status'] | undefined {
  const exact = rf1.all(1)[0]
  const stated = answers.find((status) => exact?.part(6) === taskStatusList && status === exact.part(4))
  if (stated !== undefined) return stated
  const results = group.orders.flatMap(({ observations }) => observations.map(({ obx }) => obx.at(11)))
  switch (rf1.at(1)?.toUpperCase()) {
    case 'A':
      return results.length === 0 ? 'accepted' : results.every((code) => code === 'F' || code === 'C') ? 'completed' : 'in-progress'
    case 'R':
    case 'E':
      return 'rejected'
    case 'P':
      return results.length === 0 ? 'received' : 'in-progress'
    default:
      return undefined
  }
}

function reasonText(rf1: Segment, notes: readonly string[], draft: Draft): string {
  const words = [...notes, ...rf1.all(14).flatMap((item) => freeText(draft, item.text, 'RF1-14') ?? [])]
  return words.length === 0 ? (rf1.at(1, 2) ?? (rf1.at(1) === 'E' ? 'expired' : 'not stated')) : words.join('\n')
}

/** Every text of the answer, in order; OBX lines of one report belong together. */
function reportLines(group: PatientGroup, draft: Draft): readonly string[] {
  return group.orders.flatMap(({ observations, notes }) => [
    ...observations.flatMap(({ obx }) =>
      isReportLine(obx) ? obx.all(5).flatMap((item) => freeText(draft, item.text, 'OBX-5') ?? []) : [],
    ),
    ...notes.flatMap((nte) => noteText(nte, draft) ?? []),
  ])
}

/** A text without unit and without a range is part of the letter, not a measured value. */
export function isReportLine(obx: Segment): boolean {
  return reportKinds.includes(obx.at(2)?.toUpperCase() ?? '') && obx.at(6) === undefined && obx.at(7) === undefined
}

function documentFrom(input: ResponseInput, lines: readonly string[], draft: Draft): DocumentReference | undefined {
  if (lines.length === 0 || input.chart === undefined) return undefined
  const author = input.group.orders
    .flatMap(({ obr, observations }) => [...(obr?.all(32) ?? []), ...observations.flatMap(({ obx }) => obx.all(16))])
    .flatMap((item) => practitioner(item, draft) ?? [])
  const title = input.group.orders.map(({ obr }) => obr?.at(4, 2)).find((text) => text !== undefined)
  return compact<DocumentReference>({
    resourceType: 'DocumentReference',
    id: derivedId('reply', draft.messageId),
    status: 'current',
    docStatus: statusOf(input) === 'completed' ? 'final' : 'preliminary',
    type: { coding: [{ ...documentType.consultNote }] },
    subject: { reference: `Patient/${patientIdOf(input.chart.patientNumber)}` },
    date: fhirInstant(draft.messageTime, draft.offset),
    author: author.length === 0 ? [{ type: 'Organization', display: draft.context.institution.name }] : [author[0] ?? {}],
    content: [
      {
        attachment: compact<Attachment>({
          contentType: 'text/plain; charset=utf-8',
          title,
          data: Buffer.from(lines.join('\n'), 'utf8').toString('base64'),
        }),
      },
    ],
    context: input.chart.visit === undefined ? undefined : { encounter: [input.chart.visit.reference] },
  })
}
