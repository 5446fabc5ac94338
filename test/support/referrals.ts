/** Referrals as a person's client sends them: a transaction Bundle, or the same as a message. */
import { randomUUID } from 'node:crypto'
import { documentType, profile, system } from '../../fhir-profiles/codes.ts'
import type { Task } from '../../fhir-profiles/r4.ts'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import { seededConsents } from '../../bin/sandbox/stories.ts'
import type { Caller, Reply } from './client.ts'
import type { Network } from './sandbox.ts'
import { desk, until, type Institution } from './stories.ts'

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
  return [
    ...parts,
    {
      fullUrl: consent ?? '',
      resource: directed(referral.owner, subject, { task: task ?? '', request: request ?? '', until: referral.directedUntil }),
    },
  ]
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
    entry: partsOf(referral).map(({ fullUrl, resource }) => ({
      fullUrl,
      resource,
      request: { method: 'POST', url: resource.resourceType },
    })),
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

/** The network's Task of a transaction that was taken. */
export function taskIn(reply: Reply): string {
  const locations = (reply.resource('Bundle').entry ?? []).flatMap((entry) => entry.response?.location ?? [])
  const id = locations.flatMap((location) => /\/Task\/([^/]+)\//.exec(location)?.[1] ?? [])[0]
  if (id === undefined) throw new Error(`no Task among ${locations.join(', ')}`)
  return id
}

/** Reads the Task until it says `status`. */
export async function whenTask(who: Caller, id: string, status: Task['status']): Promise<Task> {
  return await until(`Task ${status}`, async () => {
    const task = (await who.get(`Task/${id}`)).resource('Task')
    return task.status === status ? task : undefined
  })
}

/** The one Task that the desk's referral became, found by the number the desk gave it. */
export async function taskOfNumber(who: Caller, referralNumber: string): Promise<Task> {
  return await until(`the Task of ${referralNumber}`, async () => {
    const tasks = (await who.get('Task?_count=100')).entries.filter((each) => each.resourceType === 'Task')
    return tasks.find((task) => task.identifier?.some((identifier) => identifier.value === referralNumber))
  })
}

export interface InboxRow {
  readonly parcelId: string
  readonly kind: string
  readonly patientNumber: string | null
  readonly status: string | null
  readonly statusReason: string | null
  readonly report: string | null
  readonly referralNumber: string | null
  readonly reason: string | null
}

/** The clinic's inbox, oldest first. */
export async function clinicInbox(network: Network): Promise<readonly InboxRow[]> {
  // the clinic's desk answers rows of this shape; a wrong one fails the comparison it is used in
  return (await desk(network, 'clinic', '/inbox')).body as readonly InboxRow[]
}

export interface TertiaryTask {
  readonly id: string
  readonly status: string
  readonly for: string
  readonly reason?: string
}

/** What the university hospital's desk has before it. */
export async function tertiaryTasks(network: Network): Promise<readonly TertiaryTask[]> {
  // the desk answers {tasks: […]} of this shape; a wrong one fails the comparison it is used in
  return ((await desk(network, 'tertiary', '/tasks')).body as { readonly tasks: readonly TertiaryTask[] }).tasks
}

export interface HospitalReferral {
  readonly id: string
  readonly patient: string | null
  readonly patient_name: string
  readonly state: string
  readonly answer: string
  readonly reason: string
}

export async function hospitalReferrals(
  network: Network,
): Promise<{ readonly received: readonly HospitalReferral[]; readonly sent: readonly HospitalReferral[] }> {
  // the desk answers {received, sent} of this shape; a wrong one fails the comparison it is used in
  return (await desk(network, 'hospital', '/referrals')).body as {
    readonly received: readonly HospitalReferral[]
    readonly sent: readonly HospitalReferral[]
  }
}

/** The person's consent that permits the whole network. */
export function networkConsent(person: string): object {
  const [first] = seededConsents(new Date().toISOString())
  if (first === undefined) throw new Error('the first story has a consent')
  return first.make(person)
}
