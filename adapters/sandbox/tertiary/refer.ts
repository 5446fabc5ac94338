/** A referral that a doctor of this hospital writes: a Task with its request and letter, in the EMR's own ids. Pure. */
import { documentType, patientNumberSystem, profile, system } from '../../../fhir-profiles/codes.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { sandboxInstitutions } from '../people.ts'
import { hospital } from './kr-core.ts'

export interface OutgoingReferral {
  /** counts the hospital's referrals; part of the ids */
  readonly serial: number
  readonly patient: Resource
  readonly toInstitutionNumber: string
  /** national department code */
  readonly department: string
  readonly reason: string
  readonly kcd: string
  readonly note: string
}

export function referralResources(referral: OutgoingReferral, at: Date): readonly Resource[] {
  const { serial, patient, toInstitutionNumber, department, reason, kcd, note } = referral
  const id = `rf-${String(serial).padStart(4, '0')}`
  const subject = { reference: `Patient/${patient.id ?? ''}` }
  const authoredOn = at.toISOString()
  const content = Buffer.from(note === '' ? reason : `${reason}\n${note}`, 'utf8').toString('base64')
  return [
    {
      resourceType: 'Task',
      id,
      meta: { profile: [profile.referralTask] },
      status: 'requested',
      intent: 'order',
      authoredOn,
      lastModified: authoredOn,
      for: subject,
      focus: { reference: `ServiceRequest/${id}-sr` },
      requester: hospital(),
      owner: { type: 'Organization', identifier: { system: system.institutionNumber, value: toInstitutionNumber } },
      input: [{ type: { text: '진료의뢰서' }, valueReference: { reference: `DocumentReference/${id}-letter` } }],
    },
    {
      resourceType: 'ServiceRequest',
      id: `${id}-sr`,
      status: 'active',
      intent: 'order',
      subject,
      authoredOn,
      requester: hospital(),
      performerType: { coding: [{ system: system.department, code: department }] },
      reasonCode: [{ ...(kcd === '' ? {} : { coding: [{ system: system.kcd8, code: kcd }] }), text: reason }],
      supportingInfo: [{ reference: `DocumentReference/${id}-letter` }],
    },
    {
      resourceType: 'DocumentReference',
      id: `${id}-letter`,
      status: 'current',
      type: { coding: [documentType.referralNote] },
      subject,
      date: authoredOn,
      author: [hospital()],
      custodian: hospital(),
      content: [{ attachment: { contentType: 'text/plain; charset=utf-8', language: 'ko', title: '진료의뢰서', data: content } }],
    },
  ]
}

/** Whether this Patient carries the number of this hospital. */
export function hasNumber(resource: Resource, number: string): boolean {
  const own = patientNumberSystem(sandboxInstitutions.tertiary.number)
  return resource.resourceType === 'Patient' && (resource.identifier ?? []).some((each) => each.system === own && each.value === number)
}
