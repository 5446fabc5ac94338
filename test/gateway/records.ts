/** Records as an institution's EMR sends them: valid FHIR by default, a test shows what matters to it. */
import { expect } from '@jest/globals'
import { patientNumber, sandboxInstitutions, sandboxPeople } from '../../adapters/sandbox/people.ts'
import { seededConsents } from '../../bin/sandbox/stories.ts'
import { patientNumberSystem, profile, system } from '../../fhir-profiles/codes.ts'
import type { Body, Reply, TestGateway } from '../support/gateway-client.ts'

export type InstitutionId = keyof typeof sandboxInstitutions
export type Elements = Readonly<Record<string, unknown>>
export interface Sent extends Elements {
  readonly resourceType: string
  readonly id: string
}

/** The institution's own number of a seeded person, which is also its id there. */
export function numberAt(institution: InstitutionId, number: number): string {
  return patientNumber(person(number), institution)
}

export function numberSystemOf(institution: InstitutionId): string {
  return patientNumberSystem(sandboxInstitutions[institution].number)
}

function person(number: number) {
  const found = sandboxPeople.find((each) => each.number === number)
  if (found === undefined) throw new Error(`there is no seeded person ${number}`)
  return found
}

/** A seeded person as one institution has them on file; two institutions' records are one person with certainty. */
export function patient(institution: InstitutionId, number: number, more: Elements = {}): Sent {
  const { name, gender, birthDate, phone, address, postalCode } = person(number)
  const id = numberAt(institution, number)
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: numberSystemOf(institution), value: id }],
    name: [{ text: name }],
    gender,
    birthDate,
    telecom: [{ system: 'phone', value: phone }],
    address: [{ text: address, postalCode }],
    ...more,
  }
}

const departmentOf = (code: string) => ({ coding: [{ system: system.department, code }] })

/** An encounter in a department; what refers to it comes from there. */
export function encounter(id: string, subject: string, department: string, more: Elements = {}): Sent {
  return {
    resourceType: 'Encounter',
    id,
    status: 'finished',
    class: { system: system.encounterClass, code: 'AMB' },
    serviceType: departmentOf(department),
    subject: { reference: `Patient/${subject}` },
    period: { start: '2026-03-02T09:00:00+09:00', end: '2026-03-02T09:20:00+09:00' },
    ...more,
  }
}

/** An encounter that is going on now: it relates its institution to the patient. */
export function openEncounter(id: string, subject: string, department: string): Sent {
  return encounter(id, subject, department, { status: 'in-progress', period: { start: '2026-03-02T09:00:00+09:00' } })
}

export function condition(id: string, subject: string, code: string, more: Elements = {}): Sent {
  return {
    resourceType: 'Condition',
    id,
    clinicalStatus: { coding: [{ system: system.conditionClinical, code: 'active' }] },
    code: { coding: [{ system: system.kcd8, code }] },
    subject: { reference: `Patient/${subject}` },
    ...more,
  }
}

export function observation(id: string, subject: string, more: Elements = {}): Sent {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: system.loinc, code: '8480-6' }] },
    subject: { reference: `Patient/${subject}` },
    effectiveDateTime: '2026-03-02T09:10:00+09:00',
    valueQuantity: { value: 120, unit: 'mmHg', system: system.ucum, code: 'mm[Hg]' },
    ...more,
  }
}

export function transaction(resources: readonly Sent[], more: Elements = {}): Elements {
  const entry = resources.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  }))
  return { resourceType: 'Bundle', type: 'transaction', ...more, entry }
}

/** Stores an institution's records, as its system. */
export async function feed(gateway: Pick<TestGateway, 'as'>, institution: InstitutionId, resources: readonly Sent[]): Promise<Reply> {
  const reply = await gateway.as(`${institution}-system`).post('', transaction(resources))
  expect({ status: reply.status, issue: reply.body.issue }).toEqual({ status: 200, issue: undefined })
  return reply
}

/** The network's id of a seeded person whose record has arrived. */
export async function personId(gateway: Pick<TestGateway, 'as'>, number: number): Promise<string> {
  const token = await gateway.as(`patient-${number}`).token()
  const id = /"person_id":"([^"]+)"/.exec(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))?.[1]
  if (id === undefined) throw new Error('the token names no person')
  return id
}

/** The consent the sandbox starts with for this person, written by whom the story says; answers the reply of its creation. */
export async function writeConsent(gateway: Pick<TestGateway, 'as'>, number: number, of = number): Promise<Reply> {
  const story = seededConsents('2026-01-01T09:00:00+09:00').find((each) => each.number === of)
  if (story === undefined) throw new Error(`the stories hold no consent of person ${of}`)
  const reply = await gateway.as(`patient-${number}`).post('Consent', story.make(await personId(gateway, number)))
  expect({ status: reply.status, issue: reply.body.issue }).toEqual({ status: 201, issue: undefined })
  return reply
}

/** Ends a consent by JSON Patch, as the patient. */
export async function withdraw(gateway: Pick<TestGateway, 'as'>, number: number, consent: Reply): Promise<Reply> {
  const id = consent.body.id ?? ''
  const etag = consent.headers.get('etag') ?? ''
  return gateway
    .as(`patient-${number}`)
    .patch(`Consent/${id}`, [{ op: 'replace', path: '/status', value: 'inactive' }], { 'if-match': etag })
}

/** The resources found, without the notices. */
export function found(reply: Reply): readonly Body[] {
  return (reply.body.entry ?? []).flatMap(({ resource, search }) =>
    resource === undefined || search?.mode === 'outcome' ? [] : [resource],
  )
}

/** Stable ids of the issues of an OperationOutcome. */
export function issueIds(body: Body): readonly string[] {
  return (body.issue ?? []).flatMap((issue) => issue.details?.coding?.[0]?.code ?? [])
}

/** A referral of one of the clinic's patients to the tertiary hospital; the sender's own ids are made of `id`. */
export function referral(
  id: string,
  number: number,
  more: { readonly identifier?: string; readonly entries?: readonly Elements[] } = {},
): Elements {
  const subject = { reference: `Patient/${numberAt('clinic', number)}` }
  const request = {
    resourceType: 'ServiceRequest',
    id: `${id}-request`,
    status: 'active',
    intent: 'order',
    subject,
    performerType: { coding: [{ system: system.department, code: '01' }] },
    reasonCode: [{ text: 'further examination' }],
  }
  const task = {
    resourceType: 'Task',
    meta: { profile: [profile.referralTask] },
    status: 'requested',
    intent: 'order',
    focus: { reference: `ServiceRequest/${id}-request` },
    for: subject,
    requester: { reference: 'Organization/clinic' },
    owner: { reference: 'Organization/tertiary' },
  }
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    ...(more.identifier === undefined ? {} : { identifier: { system: 'urn:example:clinic', value: more.identifier } }),
    entry: [
      { resource: request, request: { method: 'PUT', url: `ServiceRequest/${id}-request` } },
      {
        fullUrl: `urn:uuid:00000000-0000-4000-8000-${id.padStart(12, '0').slice(-12)}`,
        resource: task,
        request: { method: 'POST', url: 'Task' },
      },
      ...(more.entries ?? []),
    ],
  }
}

/** The network id of the Task a submitted referral became. */
export function taskOf(submitted: Reply): string {
  const id = (submitted.body.entry ?? []).flatMap(({ response }) => /\/Task\/([^/]+)\//.exec(response?.location ?? '')?.[1] ?? [])[0]
  if (id === undefined) throw new Error(`no Task in the reply: ${submitted.text.slice(0, 300)}`)
  return id
}
