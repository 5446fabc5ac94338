/** A referral as a transaction Bundle of a person's client, and its answers by PUT, JSON Patch and transaction. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { documentType, profile, system } from '../../../fhir-profiles/codes.ts'
import type { Task } from '../../../fhir-profiles/r4.ts'
import type { Reply } from '../../support/client.ts'
import { clinicInbox, submission, taskIn, tertiaryTasks, whenTask } from '../../support/referrals.ts'
import type { Network } from '../../support/sandbox.ts'
import { personOf, until } from '../../support/stories.ts'

export function byRest(network: () => Network): void {
  const refer = async (reason: string, more: { identifier?: string } = {}): Promise<string> => {
    const doctor = await network().as('clinic-doctor')
    const person = await personOf(network(), 1)
    const sent = await doctor.post('', submission({ person, owner: 'tertiary', specialty: '01', reason, ...more }))
    const id = taskIn(sent)
    await whenTask(doctor, id, 'received')
    return id
  }
  const answers = async (known: ReadonlySet<string>) =>
    (await clinicInbox(network())).filter((row) => row.patientNumber === 'C-0001' && !known.has(row.parcelId))
  const seenBefore = async () => new Set((await clinicInbox(network())).map((row) => row.parcelId))

  describe('by REST', () => {
    test('the doctor answers by PUT; a stale version, an unlawful step and a rejection without reason change nothing', async () => {
      const known = await seenBefore()
      const id = await refer('갑상선 결절 확인')
      const doctor = await network().as('tertiary-doctor')
      const read = async (): Promise<Task> => (await doctor.get(`Task/${id}`)).resource('Task')
      const task = await read()
      const version = task.meta?.versionId ?? ''

      const jumped = await doctor.put(`Task/${id}`, { ...task, status: 'in-progress' }, version)
      expect([jumped.status, issueOf(jumped)]).toEqual([422, 'task-not-lawful'])
      expect(jumped.text).toMatch(/possible now: received, accepted, rejected|possible now: accepted, rejected/)
      const silent = await doctor.put(`Task/${id}`, { ...task, status: 'rejected' }, version)
      expect([silent.status, issueOf(silent)]).toEqual([422, 'task-requires-reason'])
      const elsewhere = await doctor.put(
        `Task/${id}`,
        { ...task, status: 'accepted', owner: { reference: 'Organization/hospital' } },
        version,
      )
      expect([elsewhere.status, issueOf(elsewhere)]).toEqual([422, 'task-immutable'])
      expect((await doctor.put(`Task/${id}`, { ...task, status: 'accepted' })).status).toBe(400)
      const offered = (await doctor.get(`Task/${id}/$available-actions`)).resource('Parameters')
      expect(JSON.stringify(offered)).toContain('accepted')
      expect(await read()).toEqual(task)

      const accepted = await doctor.put(`Task/${id}`, { ...task, status: 'accepted' }, version)
      expect([accepted.status, accepted.resource('Task').status]).toEqual([200, 'accepted'])
      const stale = await doctor.put(`Task/${id}`, { ...task, status: 'rejected', statusReason: { text: '늦음' } }, version)
      expect([stale.status, issueOf(stale)]).toEqual([412, 'stale-version'])
      const rows = await until('the acceptance', async () => ((await answers(known)).length > 0 ? await answers(known) : undefined))
      expect(rows.map((row) => row.status)).toEqual(['accepted'])
    })

    test('JSON Patch rejects with a reason, and the clinic reads it', async () => {
      const known = await seenBefore()
      const id = await refer('어지럼증')
      const doctor = await network().as('tertiary-coordinator')
      const version = (await doctor.get(`Task/${id}`)).resource('Task').meta?.versionId ?? ''
      const reason = { op: 'add', path: '/statusReason', value: { text: '신경과 예약이 없습니다' } }
      const patched = await doctor.patch(`Task/${id}`, [{ op: 'replace', path: '/status', value: 'rejected' }, reason], version)
      expect([patched.status, patched.resource('Task').status]).toEqual([200, 'rejected'])
      const row = await until('the rejection', async () => (await answers(known))[0])
      expect(row).toMatchObject({ status: 'rejected', statusReason: '신경과 예약이 없습니다' })
    })

    test('a report closes the referral in one transaction, and reaches the clinic once with its words', async () => {
      const known = await seenBefore()
      const id = await refer('단백뇨')
      const doctor = await network().as('tertiary-doctor')
      const task = (await doctor.get(`Task/${id}`)).resource('Task')
      const accepted = await doctor.put(`Task/${id}`, { ...task, status: 'accepted' }, task.meta?.versionId)
      const next = accepted.resource('Task')
      const closed = await doctor.post('', closing(next, '신장 조직검사 결과 IgA 신병증'))
      expect(closed.status).toBe(200)
      const done = (await doctor.get(`Task/${id}`)).resource('Task')
      expect([done.status, done.output?.length]).toEqual(['completed', 1])
      const rows = await until('the report', async () => {
        const found = await answers(known)
        return found.some((row) => row.report !== null) ? found : undefined
      })
      expect(rows.map(({ status, report }) => [status, report])).toEqual([
        ['accepted', null],
        ['completed', '신장 조직검사 결과 IgA 신병증'],
      ])
      // The clinic's doctor reads the same report in the network.
      const [report] = (done.output ?? []).flatMap((output) => output.valueReference?.reference ?? [])
      const read = (await (await network().as('clinic-doctor')).get(report ?? '')).resource('DocumentReference')
      expect(Buffer.from(read.content[0]?.attachment.data ?? '', 'base64').toString('utf8')).toBe('신장 조직검사 결과 IgA 신병증')
      expect((await answers(known)).length).toBe(2)
    })

    test('sent twice it is one referral with the same answer; other words under the same identifier are refused', async () => {
      const doctor = await network().as('clinic-doctor')
      const person = await personOf(network(), 1)
      const identifier = `r-${randomUUID()}`
      const body = submission({ person, owner: 'tertiary', specialty: '01', identifier, reason: '한 번' })
      const before = (await tertiaryTasks(network())).length
      const [first, second] = await Promise.all([doctor.post('', body), doctor.post('', body)])
      expect([first.status, second.status]).toEqual([200, 200])
      expect(second.text).toBe(first.text)
      expect((await doctor.post('', body)).text).toBe(first.text)
      await whenTask(doctor, taskIn(first), 'received')
      expect((await tertiaryTasks(network())).length).toBe(before + 1)
      const other = await doctor.post('', submission({ person, owner: 'tertiary', specialty: '01', identifier, reason: '두 번' }))
      expect([other.status, other.resource('OperationOutcome').issue[0]?.code, issueOf(other)]).toEqual([409, 'duplicate', 'duplicate'])
      // Another sender may use the same words for its own message.
      const elsewhere = await (
        await network().as('hospital-doctor')
      ).post('', submission({ person, owner: 'tertiary', specialty: '01', identifier, reason: '남' }))
      expect(elsewhere.status).toBe(200)
    })

    test('an EMR that speaks FHIR refers in its own ids', async () => {
      const system = await network().as('clinic-system')
      const sent = await system.post('', ownReferral('A-77'))
      expect(sent.status).toBe(200)
      const entries = sent.resource('Bundle').entry ?? []
      expect(
        entries.map((entry) =>
          entry.response?.location
            ?.replace(/^.*\/fhir\/R4\//, '')
            .split('/')
            .slice(0, 2)
            .join('/'),
        ),
      ).toEqual([expect.stringMatching(/^Task\//), 'ServiceRequest/A-77'])
      const id = taskIn(sent)
      await whenTask(system, id, 'received')
      const read = (await system.get(`Task/${id}`)).resource('Task')
      expect(read.for?.reference).toBe('Patient/C-0001')
      expect(read.focus?.reference).toBe('ServiceRequest/A-77')
    })

    test.each([
      ['nobody the sender knows', { for: 'Patient/unknown' }, 'unknown-patient'],
      ['an owner outside the network', { owner: 'Organization/elsewhere' }, 'referral-owner'],
      ['itself', { owner: 'Organization/clinic' }, 'referral-route-refused'],
    ])('a referral to %s is refused by name', async (_what, wrong: { for?: string; owner?: string }, id) => {
      const person = await personOf(network(), 1)
      const text = JSON.stringify(submission({ person, owner: 'tertiary', specialty: '01' }))
        .replaceAll(`Patient/${person}`, wrong.for ?? `Patient/${person}`)
        .replace(/"owner":\{[^}]*\{[^}]*\}[^}]*\}/, wrong.owner === undefined ? '$&' : `"owner":{"reference":"${wrong.owner}"}`)
      const reply = await (await network().as('clinic-doctor')).post('', JSON.parse(text))
      expect([reply.status, issueOf(reply)]).toEqual([422, id])
    })

    test('a referral and its answers are no business of an institution that is no party', async () => {
      const id = await refer('제삼자')
      for (const name of ['hospital-doctor', 'hospital-coordinator', 'hospital-system']) {
        const who = await network().as(name)
        const [hidden, random] = await Promise.all([who.get(`Task/${id}`), who.get(`Task/${randomUUID()}`)])
        expect([name, hidden.status, hidden.text]).toEqual([name, 404, random.text])
        const task = { resourceType: 'Task', id, status: 'accepted', intent: 'order', meta: { profile: [profile.referralTask] } }
        const unknown = randomUUID()
        const [foreign, absent] = [await who.put(`Task/${id}`, task, '2'), await who.put(`Task/${unknown}`, { ...task, id: unknown }, '2')]
        expect([name, foreign.status, foreign.text]).toEqual([name, name === 'hospital-system' ? 412 : 404, absent.text])
      }
    })
  })
}

export function issueOf(reply: Reply): string | undefined {
  return reply.resource('OperationOutcome').issue[0]?.details?.coding?.[0]?.code
}

/** The owner's PUT of the Task with the report it names. */
function closing(task: Task, words: string): object {
  const report = `urn:uuid:${randomUUID()}`
  const output = [{ type: { coding: [{ system: system.taskOutput, code: 'report' }] }, valueReference: { reference: report } }]
  const data = Buffer.from(words, 'utf8').toString('base64')
  const letter = {
    resourceType: 'DocumentReference',
    status: 'current',
    type: { coding: [documentType.consultNote] },
    subject: task.for,
    content: [{ attachment: { contentType: 'text/plain; charset=utf-8', data } }],
  }
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: `Task/${task.id}`,
        resource: { ...task, status: 'completed', output },
        request: { method: 'PUT', url: `Task/${task.id}`, ifMatch: `W/"${task.meta?.versionId}"` },
      },
      { fullUrl: report, resource: letter, request: { method: 'POST', url: 'DocumentReference' } },
    ],
  }
}

/** A system's own ids; its Patient is in its partition already. */
function ownReferral(id: string): object {
  const entries = [
    {
      resourceType: 'Task',
      id: `T-${id}`,
      meta: { profile: [profile.referralTask] },
      status: 'requested',
      intent: 'order',
      focus: { reference: `ServiceRequest/${id}` },
      for: { reference: 'Patient/C-0001' },
      owner: { reference: 'Organization/tertiary' },
    },
    {
      resourceType: 'ServiceRequest',
      id,
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/C-0001' },
      reasonCode: [{ text: '의뢰' }],
    },
  ]
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    identifier: { system: 'urn:clinic', value: id },
    entry: entries.map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } })),
  }
}
