/** Referrals as a person's client sends them: a transaction Bundle, or the same as a message. */
import { randomUUID } from 'node:crypto'
import { documentType, profile, system } from '../../fhir-profiles/codes.ts'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import type { Institution } from './stories.ts'

export interface Referral {
  readonly person: string
  /** absent: the network routes by specialty */
  readonly owner?: Institution
  /** national department code */
  readonly specialty: string
  /** Bundle.identifier; absent: none */
  readonly identifier?: string
  readonly reason?: string
  /** directed consent for the owner, until this day */
  readonly directedUntil?: string
}

const byNumber = (institution: Institution): object => ({
  type: 'Organization',
  identifier: { system: system.institutionNumber, value: sandboxInstitutions[institution].number },
})

/** Task, ServiceRequest and a letter, in ids of the Bundle. */
function partsOf(referral: Referral): readonly { readonly fullUrl: string; readonly resource: { readonly resourceType: string } }[] {
  const [task, request, letter, consent] = Array.from({ length: 4 }, () => `urn:uuid:${randomUUID()}`)
  const subject = { reference: `Patient/${referral.person}` }
  const reason = referral.reason ?? '정밀 검사를 의뢰합니다'
  const note = Buffer.from(reason, 'utf8').toString('base64')
  const parts = [
    {
      fullUrl: task ?? '',
      resource: {
        resourceType: 'Task',
        meta: { profile: [profile.referralTask] },
        status: 'requested',
        intent: 'order',
        focus: { reference: request },
        for: subject,
        input: [{ type: { text: '진료의뢰서' }, valueReference: { reference: letter } }],
        ...(referral.owner === undefined ? {} : { owner: byNumber(referral.owner) }),
      },
    },
    {
      fullUrl: request ?? '',
      resource: {
        resourceType: 'ServiceRequest',
        status: 'active',
        intent: 'order',
        subject,
        performerType: { coding: [{ system: system.department, code: referral.specialty }] },
        reasonCode: [{ text: reason }],
        supportingInfo: [{ reference: letter }],
      },
    },
    {
      fullUrl: letter ?? '',
      resource: {
        resourceType: 'DocumentReference',
        status: 'current',
        type: { coding: [documentType.referralNote] },
        subject,
        content: [{ attachment: { contentType: 'text/plain; charset=utf-8', data: note } }],
      },
    },
  ]
  if (referral.directedUntil === undefined || referral.owner === undefined) return parts
  return [...parts, { fullUrl: consent ?? '', resource: directed(referral.owner, subject, { task: task ?? '', request: request ?? '', until: referral.directedUntil }) }]
}

function directed(owner: Institution, patient: object, about: { task: string; request: string; until: string }) {
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: system.consentScope, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: system.loinc, code: '59284-0' }] }],
    patient,
    organization: [{ reference: 'Organization/network' }],
    policyRule: { coding: [{ system: system.actCode, code: 'OPTIN' }] },
    sourceAttachment: { title: '동의서' },
    verification: [{ verified: true, verifiedWith: patient }],
    provision: {
      type: 'permit',
      period: { end: about.until },
      actor: [{ role: { coding: [{ system: system.participation, code: 'IRCP' }] }, reference: byNumber(owner) }],
      purpose: [{ system: system.actReason, code: 'TREAT' }],
      data: [
        { meaning: 'related', reference: { reference: about.request } },
        { meaning: 'instance', reference: { reference: about.task } },
      ],
    },
  }
}

export function submission(referral: Referral): object {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    ...(referral.identifier === undefined ? {} : { identifier: { system: 'urn:test', value: referral.identifier } }),
    entry: partsOf(referral).map(({ fullUrl, resource }) => ({ fullUrl, resource, request: { method: 'POST', url: resource.resourceType } })),
  }
}

/** The same as a message to `$process-message`. */
export function message(event: 'referral-request' | 'referral-response', id: string, entries: readonly object[]): object {
  const header = {
    resourceType: 'MessageHeader',
    id: randomUUID(),
    eventCoding: { system: system.event, code: event },
    source: { endpoint: 'urn:test' },
  }
  return {
    resourceType: 'Bundle',
    type: 'message',
    identifier: { system: 'urn:test', value: id },
    timestamp: new Date().toISOString(),
    entry: [{ fullUrl: `urn:uuid:${header.id}`, resource: header }, ...entries],
  }
}

export function referralMessage(referral: Referral & { readonly identifier: string }): object {
  return message('referral-request', referral.identifier, partsOf(referral))
}
