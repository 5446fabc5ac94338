/** One row of the clinic's answers view → one referral-response parcel for a referral the clinic received. Pure. */
import type { Task } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { documentType, profile, system } from '../../fhir-profiles/codes.ts'
import type { Parcel } from '../contract.ts'
import { document, organization, post, transaction } from './map-parts.ts'
import type { Entry } from './map-parts.ts'
import { RowReader } from './map-row.ts'
import type { MapContext } from './map-row.ts'
import { localId } from './map-values.ts'
import type { AnswersMapping } from './mapping.ts'
import type { SqlRow } from './source.ts'

const statuses = ['received', 'accepted', 'rejected', 'in-progress', 'on-hold', 'completed', 'cancelled', 'failed'] as const

/** A row that names no parcel or no known status becomes an empty parcel with its Gap. */
export function answerParcel(id: string, answers: AnswersMapping, row: SqlRow, context: MapContext): Parcel {
  const reader = new RowReader(answers.view, row, context.mapping)
  return { id, kind: 'referral-response', bundle: transaction(id, entries(id, answers, reader, context)), gaps: reader.gaps }
}

function entries(id: string, answers: AnswersMapping, reader: RowReader, context: MapContext): readonly Entry[] {
  const { columns } = answers
  const parcel = reader.text(columns.parcel)
  const code = reader.code(columns.status, answers.values?.status)
  const status = statuses.find((known) => known === code)
  if (parcel === undefined) reader.unmappable(columns.parcel, 'the answer does not say which referral it is for')
  if (status === undefined) reader.unmappable(columns.status, 'the code leads to no status a referral can be answered with')
  if (parcel === undefined || status === undefined) return []
  const report = reportEntry(id, answers, reader, context)
  const identifier = { system: system.parcel, value: parcel }
  const reason = reader.text(columns.reason)
  const task = compact<Task>({
    resourceType: 'Task',
    meta: { profile: [profile.referralTask] },
    identifier: [identifier],
    status,
    statusReason: reason === undefined ? undefined : { text: reason },
    intent: 'order',
    lastModified: reader.date(columns.answeredAt, 'dateTime'),
    owner: organization(context.institution.number),
    output:
      report === undefined
        ? undefined
        : [{ type: { coding: [{ system: system.taskOutput, code: 'report' }] }, valueReference: { reference: report.fullUrl } }],
  })
  const url = `Task?identifier=${encodeURIComponent(`${identifier.system}|${identifier.value}`)}`
  return [{ resource: task, request: { method: 'PUT', url } }, ...(report === undefined ? [] : [report])]
}

function reportEntry(id: string, answers: AnswersMapping, reader: RowReader, context: MapContext) {
  const text = reader.text(answers.columns.report)
  if (text === undefined) return undefined
  const patient = reader.text(answers.columns.patient)
  const patientId = patient === undefined ? undefined : localId('', [patient])
  return post(
    `urn:uuid:${context.uuid(`${id}/report`)}`,
    document(text, {
      type: documentType.consultNote,
      title: '진료회신서',
      patient: patientId === undefined ? undefined : { reference: `Patient/${patientId}` },
      sender: organization(context.institution.number),
      writtenAt: reader.date(answers.columns.answeredAt, 'dateTime'),
    }),
  )
}
