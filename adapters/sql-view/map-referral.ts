/** One row of the clinic's outbox view → one referral-request parcel. Pure: the same row gives the same bytes. */
import type { Coding, Condition, DocumentReference, Reference, Resource, ServiceRequest, Task } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { documentType, profile, system } from '../../fhir-profiles/codes.ts'
import type { Parcel } from '../contract.ts'
import { directedConsent } from './map-consent.ts'
import { document, organization, placerSystem, post, transaction } from './map-parts.ts'
import type { Entry, Letter } from './map-parts.ts'
import { RowReader } from './map-row.ts'
import type { MapContext } from './map-row.ts'
import { localId } from './map-values.ts'
import type { OutboxMapping } from './mapping.ts'
import type { SqlRow } from './source.ts'

/** A row without number or patient still becomes a parcel, empty but for its Gap, so that somebody is told. */
export function referralParcel(id: string, outbox: OutboxMapping, row: SqlRow, context: MapContext): Parcel {
  const reader = new RowReader(outbox.view, row, context.mapping)
  const letter = letterOf(outbox, reader, context)
  return { id, kind: 'referral-request', bundle: transaction(id, letter === undefined ? [] : entries(letter)), gaps: reader.gaps }
}

function letterOf(outbox: OutboxMapping, reader: RowReader, context: MapContext): Letter | undefined {
  const { columns } = outbox
  const number = reader.text(columns.number)
  const patient = reader.text(columns.patient)
  const patientId = patient === undefined ? undefined : localId('', [patient])
  if (number === undefined) reader.unmappable(columns.number, 'a referral without a number cannot be answered')
  if (patientId === undefined) reader.unmappable(columns.patient, 'the patient number is empty or too long for an id')
  if (number === undefined || patientId === undefined) return undefined
  return {
    reader,
    outbox,
    patient: { reference: `Patient/${patientId}` },
    sender: organization(context.institution.number),
    target: targetOf(outbox, reader),
    placer: {
      type: { coding: [{ system: system.v2IdentifierType, code: 'PLAC' }] },
      system: placerSystem(context.institution.number),
      value: number,
    },
    writtenAt: reader.date(columns.writtenAt, 'dateTime'),
    urn: (part) => `urn:uuid:${context.uuid([outbox.view, number, part].join('/'))}`,
  }
}

function targetOf(outbox: OutboxMapping, reader: RowReader): Letter['target'] {
  const number = reader.text(outbox.columns.toInstitution)
  return number === undefined ? undefined : organization(number)
}

function entries(letter: Letter): readonly Entry[] {
  const conditions = conditionsOf(letter)
  const note = noteOf(letter)
  const request = serviceRequest(letter, { conditions, note })
  const consent = directedConsent(letter, request.fullUrl)
  return [task(letter, request), request, ...conditions, ...(note === undefined ? [] : [note]), ...consent]
}

function task(letter: Letter, request: Entry & { readonly fullUrl: string }) {
  return post(
    letter.urn('Task'),
    compact<Task>({
      resourceType: 'Task',
      meta: { profile: [profile.referralTask] },
      identifier: [letter.placer],
      status: 'requested',
      intent: 'order',
      code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] },
      focus: { reference: request.fullUrl },
      for: letter.patient,
      authoredOn: letter.writtenAt,
      requester: letter.sender,
      owner: letter.target,
    }),
  )
}

const patientReferral: Coding = { system: system.snomed, code: '3457005', display: 'Patient referral' }

function serviceRequest(letter: Letter, parts: { readonly conditions: readonly Entry[]; readonly note: Entry | undefined }) {
  const { reader, outbox } = letter
  return post(
    letter.urn('ServiceRequest'),
    compact<ServiceRequest>({
      resourceType: 'ServiceRequest',
      identifier: [letter.placer],
      status: 'active',
      intent: 'order',
      category: [{ coding: [patientReferral] }],
      code: { coding: [patientReferral], text: '진료의뢰' },
      priority: priority(letter),
      subject: letter.patient,
      authoredOn: letter.writtenAt,
      requester: letter.sender,
      performerType: reader.concept(outbox.columns.department, outbox.concepts?.department, undefined),
      performer: listed(letter.target),
      reasonCode: reasons(letter),
      ...insurance(letter),
      reasonReference: references<Condition>(parts.conditions),
      supportingInfo: references<DocumentReference>(parts.note === undefined ? [] : [parts.note]),
    }),
  )
}

/** KR Core has no Coverage, so who pays travels inside the ServiceRequest. */
function insurance({ reader, outbox, patient }: Letter): Pick<ServiceRequest, 'contained' | 'insurance'> {
  const type = reader.concept(outbox.columns.insurance, outbox.concepts?.insurance, undefined)
  if (type === undefined) return {}
  const payor = [{ display: type.text ?? type.coding?.[0]?.display ?? '보험자' }]
  return {
    contained: [{ resourceType: 'Coverage', id: 'coverage', status: 'active', type, beneficiary: patient, payor }],
    insurance: [{ reference: '#coverage' }],
  }
}

function priority({ reader, outbox }: Letter): ServiceRequest['priority'] {
  const code = reader.code(outbox.columns.urgency, outbox.values?.urgency)
  if (code === undefined || code === 'routine' || code === 'urgent' || code === 'asap' || code === 'stat') return code
  reader.unmappable(outbox.columns.urgency, 'the value map leads to no request priority of FHIR')
  return undefined
}

function reasons({ reader, outbox }: Letter): ServiceRequest['reasonCode'] {
  const words = reader.text(outbox.columns.reason)
  const coded = reader.concept(outbox.columns.referralReason, outbox.concepts?.referralReason, undefined)
  const found = [...(words === undefined ? [] : [{ text: words }]), ...(coded === undefined ? [] : [coded])]
  return found.length === 0 ? undefined : found
}

function conditionsOf(letter: Letter): readonly (Entry & { readonly fullUrl: string })[] {
  const { reader, outbox } = letter
  const codes = (reader.text(outbox.columns.diagnosis) ?? '').split(',').map((code) => code.trim())
  return codes
    .filter((code) => code !== '')
    .map((code, at) =>
      post(
        letter.urn(`Condition/${at}`),
        compact<Condition>({
          resourceType: 'Condition',
          clinicalStatus: { coding: [{ system: system.conditionClinical, code: 'active' }] },
          category: [{ coding: [{ system: system.conditionCategoryKr, code: '진단' }] }],
          code: reader.concept(outbox.columns.diagnosis, outbox.concepts?.diagnosis, undefined, code),
          subject: letter.patient,
          recordedDate: letter.writtenAt,
        }),
      ),
    )
}

function noteOf(letter: Letter): (Entry & { readonly fullUrl: string }) | undefined {
  const text = letter.reader.text(letter.outbox.columns.note)
  if (text === undefined) return undefined
  return post(letter.urn('DocumentReference'), document(text, { ...letter, type: documentType.referralNote, title: '진료의뢰서' }))
}

function listed<T>(item: T | undefined): T[] | undefined {
  return item === undefined ? undefined : [item]
}

function references<T extends Resource>(entries: readonly Entry[]): Reference<T>[] | undefined {
  const found = entries.flatMap((entry) => (entry.fullUrl === undefined ? [] : [{ reference: entry.fullUrl }]))
  return found.length === 0 ? undefined : found
}
