/** Where two institutions have nothing to do with each other yet, a referral between them shows the need; it is taken back afterwards. */
import { randomUUID } from 'node:crypto'
import { documentType, profile, system } from '../../fhir-profiles/codes.ts'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import { nameOf } from './cast.ts'
import { look, type Chart } from './looking.ts'
import type { Stage } from './stage.ts'
import { chartOf, placesOf } from './visitor.ts'

/** What a doctor of the clinic sees once clinic and hospital share a referral. One that ended within 30 days serves as well. */
export async function lookWithReferral(stage: Stage, person: string): Promise<Chart> {
  const doctor = await stage.as('clinic-doctor')
  if (placesOf((await chartOf(doctor, person)).values()).includes('hospital')) return look(stage, 'clinic', person)
  stage.step(`${nameOf('clinic')} refers the patient to ${nameOf('hospital')}`)
  const sent = await doctor.send('POST', '', referral(person))
  const task = /\/Task\/([^/"]+)\//.exec(sent.text)?.[1] ?? ''
  stage.shows(sent.status === 200 ? 'the referral is on its way' : `not taken (answer ${sent.status})`)
  try {
    return await look(stage, 'clinic', person)
  } finally {
    await takeBack(stage, task)
  }
}

async function takeBack(stage: Stage, task: string): Promise<void> {
  const doctor = await stage.as('clinic-doctor')
  const change = [
    { op: 'replace', path: '/status', value: 'cancelled' },
    { op: 'add', path: '/statusReason', value: { text: '시연이 끝나 의뢰를 취소합니다' } },
  ]
  const attempt = async () => {
    const version = (await doctor.get(`Task/${task}`)).resources[0]?.meta?.versionId ?? ''
    return doctor.send('PATCH', `Task/${task}`, change, version)
  }
  // It may reach the hospital between the look and the change: then the look was too old, and one looks again.
  let reply = await attempt()
  for (let again = 0; reply.status === 412 && again < 3; again += 1) reply = await attempt()
  stage.step(`${nameOf('clinic')} takes the referral back`)
  stage.shows(`Task is ${reply.status === 200 ? 'cancelled' : `unchanged (answer ${reply.status})`}`)
  stage.promise('what was made for the demonstration is undone', reply.status === 200)
}

function referral(person: string): object {
  const [task, request, letter] = [`urn:uuid:${randomUUID()}`, `urn:uuid:${randomUUID()}`, `urn:uuid:${randomUUID()}`]
  const subject = { reference: `Patient/${person}` }
  const reason = '복부 초음파 검사를 의뢰합니다'
  const owner = { type: 'Organization', identifier: { system: system.institutionNumber, value: sandboxInstitutions.hospital.number } }
  const entries = [
    {
      fullUrl: task,
      resource: {
        resourceType: 'Task',
        meta: { profile: [profile.referralTask] },
        status: 'requested',
        intent: 'order',
        focus: { reference: request },
        for: subject,
        owner,
        input: [{ type: { text: '진료의뢰서' }, valueReference: { reference: letter } }],
      },
    },
    {
      fullUrl: request,
      resource: {
        resourceType: 'ServiceRequest',
        status: 'active',
        intent: 'order',
        subject,
        performerType: { coding: [{ system: system.department, code: '01' }] },
        reasonCode: [{ text: reason }],
        supportingInfo: [{ reference: letter }],
      },
    },
    {
      fullUrl: letter,
      resource: {
        resourceType: 'DocumentReference',
        status: 'current',
        type: { coding: [documentType.referralNote] },
        subject,
        content: [{ attachment: { contentType: 'text/plain; charset=utf-8', data: Buffer.from(reason, 'utf8').toString('base64') } }],
      },
    },
  ]
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: entries.map((entry) => ({ ...entry, request: { method: 'POST', url: entry.resource.resourceType } })),
  }
}
