/**
 * A referral nobody answers, taken back, and sent again: due times and the Task for a person (through a gateway whose clock starts later
 * and that is killed at it), the cancellation at each kind of EMR, and the new referral in the place of the old.
 */
import { describe, expect, test } from '@jest/globals'
import { profile, system } from '../../fhir-profiles/codes.ts'
import type { Task } from '../../fhir-profiles/r4.ts'
import type { Caller, Reply } from '../support/client.ts'
import { clinicInbox, hospitalReferrals, submission, taskIn, tertiaryTasks, whenTask } from '../support/referrals.ts'
import { eachNetwork } from '../support/sandbox.ts'
import { desk, personOf, until, type Institution } from '../support/stories.ts'
import { issueOf } from './referral/by-rest.ts'

const dayMs = 86_400_000

eachNetwork(
  'a referral nobody answers',
  (network) => {
    const refer = async (from: Institution, owner: Institution, reason: string, more: object = {}): Promise<string> => {
      const doctor = await network().as(`${from}-doctor`)
      const sent = await doctor.post('', {
        ...submission({ person: await personOf(network(), 1), owner, specialty: '01', reason }),
        ...more,
      })
      expect(sent.status).toBe(200)
      return taskIn(sent)
    }
    const read = async (who: Caller, id: string): Promise<Task> => (await who.get(`Task/${id}`)).resource('Task')
    const cancel = async (who: Caller, id: string, reason: string): Promise<Reply> =>
      who.patch(
        `Task/${id}`,
        [
          { op: 'replace', path: '/status', value: 'cancelled' },
          { op: 'add', path: '/statusReason', value: { text: reason } },
        ],
        (await read(who, id)).meta?.versionId,
      )
    const again = (former: string, more: object = {}): object => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: 'urn:uuid:7d2a0a6e-0a1b-4f7e-9d7c-0d1f6a3b9c11',
          resource: {
            resourceType: 'Task',
            meta: { profile: [profile.referralTask] },
            status: 'requested',
            intent: 'order',
            basedOn: [{ reference: `Task/${former}` }],
            ...more,
          },
          request: { method: 'POST', url: 'Task' },
        },
      ],
    })

    describe('due times', () => {
      test('sender and receiver read when the answer is due; the answer stops the clocks', async () => {
        const id = await refer('clinic', 'tertiary', '기한 확인')
        const [coordinator, tertiary] = [await network().as('clinic-coordinator'), await network().as('tertiary-coordinator')]
        const task = await whenTask(coordinator, id, 'received')
        const end = task.restriction?.period?.end ?? ''
        expect(end).toMatch(/T23:59:59\+09:00$/)
        const days = (Date.parse(end) - Date.now()) / dayMs
        expect([days > 7, days < 16]).toEqual([true, true])
        const offered = (await tertiary.get(`Task/${id}/$available-actions`)).resource('Parameters')
        expect(offered.parameter?.filter(({ name }) => name === 'due').map(({ part }) => part)).toEqual([
          [
            { name: 'clock', valueCode: 'answer' },
            { name: 'rule', valueCode: 'answer-within-7-days' },
            { name: 'at', valueDateTime: end },
            { name: 'overdue', valueBoolean: false },
          ],
        ])
        const moved = await tertiary.patch(
          `Task/${id}`,
          [{ op: 'replace', path: '/restriction/period/end', value: '2030-01-01' }],
          task.meta?.versionId,
        )
        expect([moved.status, issueOf(moved)]).toEqual([422, 'task-immutable'])
        expect((await tertiary.put(`Task/${id}`, { ...task, status: 'accepted' }, task.meta?.versionId)).status).toBe(200)
        expect((await coordinator.get(`Task/${id}/$available-actions`)).text).not.toContain('"due"')
      })
    })

    describe('taken back by its sender', () => {
      test('the university hospital’s own Task is cancelled, with the reason', async () => {
        const before = new Set((await tertiaryTasks(network())).map((task) => task.id))
        const id = await refer('clinic', 'tertiary', '취소될 의뢰')
        const clinic = await network().as('clinic-coordinator')
        await whenTask(clinic, id, 'received')
        expect((await cancel(clinic, id, '환자가 다른 병원을 원함')).status).toBe(200)
        const arrived = await until('the cancellation', async () =>
          (await tertiaryTasks(network())).find((task) => !before.has(task.id) && task.status === 'cancelled'),
        )
        expect(arrived.reason).toBe('환자가 다른 병원을 원함')
        expect((await tertiaryTasks(network())).filter((task) => !before.has(task.id))).toHaveLength(1)
        expect((await read(clinic, id)).status).toBe('cancelled')
      })

      test('the general hospital reads it in its own referral, the clinic in its inbox', async () => {
        const before = new Set((await hospitalReferrals(network())).received.map((row) => row.id))
        const toHospital = await refer('clinic', 'hospital', '취소될 의뢰')
        const clinic = await network().as('clinic-coordinator')
        await whenTask(clinic, toHospital, 'received')
        expect((await cancel(clinic, toHospital, '증상 호전')).status).toBe(200)
        const row = await until('the cancellation', async () =>
          (await hospitalReferrals(network())).received.find((each) => !before.has(each.id) && each.state === 'cancelled'),
        )
        expect(row.answer).toBe('증상 호전')

        const toClinic = await refer('tertiary', 'clinic', '회송')
        const tertiary = await network().as('tertiary-coordinator')
        await whenTask(tertiary, toClinic, 'received')
        const [arrived] = (await clinicInbox(network())).filter((each) => each.kind === 'referral-request').slice(-1)
        expect((await cancel(tertiary, toClinic, '입원으로 변경')).status).toBe(200)
        const told = await until('the cancellation', async () => (await clinicInbox(network())).find((each) => each.status === 'cancelled'))
        expect(told).toMatchObject({ referralNumber: arrived?.parcelId, statusReason: '입원으로 변경', patientNumber: 'C-0001' })
      })

      test('before it was ever sent, its receiver hears neither of it nor of its end', async () => {
        await desk(network(), 'tertiary', '/faults', { mode: 'none' })
        const person = (await network().as('patient-7')).person
        const doctor = await network().as('clinic-doctor')
        const before = (await tertiaryTasks(network())).length
        const id = taskIn(await doctor.post('', submission({ person, owner: 'tertiary', specialty: '01' })))
        await whenTask(doctor, id, 'on-hold')
        expect((await cancel(doctor, id, '동의 없음')).status).toBe(200)
        await new Promise((resolve) => setTimeout(resolve, 700))
        expect((await tertiaryTasks(network())).length).toBe(before)
      })
    })

    describe('sent again', () => {
      test('a rejected referral goes to another institution with the same papers, and names the former', async () => {
        const id = await refer('clinic', 'tertiary', '다시 보낼 의뢰')
        const clinic = await network().as('clinic-coordinator')
        const open = await clinic.post('', again(id))
        expect([open.status, issueOf(open)]).toEqual([422, 'former-referral-open'])
        const task = await whenTask(clinic, id, 'received')
        const tertiary = await network().as('tertiary-doctor')
        const answer = { ...task, status: 'rejected', statusReason: { text: '병상 없음' } }
        expect((await tertiary.put(`Task/${id}`, answer, task.meta?.versionId)).status).toBe(200)

        const before = new Set((await hospitalReferrals(network())).received.map((row) => row.id))
        const sent = await clinic.post('', again(id, { owner: { reference: 'Organization/hospital' } }))
        const next = await whenTask(clinic, taskIn(sent), 'received')
        expect([next.basedOn?.[0]?.reference, next.focus, next.input]).toEqual([`Task/${id}`, task.focus, task.input])
        const arrived = (await hospitalReferrals(network())).received.find((row) => !before.has(row.id))
        expect(arrived?.reason).toContain('다시 보낼 의뢰')
        // The new receiver's desk finds the papers; nobody else learns that there is anything to send again.
        const focus = await (await network().as('hospital-coordinator')).get(task.focus?.reference ?? '')
        expect(focus.status).toBe(200)
        const foreign = await (await network().as('hospital-coordinator')).post('', again(id))
        const random = await (await network().as('hospital-coordinator')).post('', again('0b0e7c58-6b2c-4a52-8f5f-3a1f6f1c2d3e'))
        expect([foreign.status, issueOf(foreign)]).toEqual([422, 'former-referral'])
        const withoutRequest = (reply: Reply) => reply.text.replaceAll(/[0-9a-f-]{36}/g, '')
        expect(withoutRequest(foreign)).toBe(withoutRequest(random))
      })

      test('medical aid past the second tier: taken, with a warning in the reply and on the Task', async () => {
        const doctor = await network().as('clinic-doctor')
        const body = JSON.stringify(
          submission({ person: await personOf(network(), 1), owner: 'tertiary', specialty: '01', reason: '단계' }),
        ).replace(
          '"resourceType":"ServiceRequest"',
          `$&,"insurance":[{"reference":"#c"}],"contained":[${JSON.stringify({
            resourceType: 'Coverage',
            id: 'c',
            status: 'active',
            type: { coding: [{ system: system.insuranceType, code: '5' }] },
            beneficiary: { reference: `Patient/${await personOf(network(), 1)}` },
            payor: [{ display: '보장기관' }],
          })}]`,
        )
        const sent = await doctor.post('', JSON.parse(body))
        expect(sent.status).toBe(200)
        expect(sent.text).toContain('"code":"medical-aid-three-tiers"')
        expect(sent.text).toContain('"severity":"warning"')
        const task = await whenTask(doctor, taskIn(sent), 'received')
        expect((task.note ?? []).map(({ text }) => text).join()).toContain('2차 의료급여기관을 거치며')
        expect((await doctor.get(`Task/${task.id}/$available-actions`)).text).toContain('medical-aid-letter-within-7-days')
      })
    })

    describe('when its time has passed', () => {
      const overdueOf = async (who: Caller, id: string): Promise<readonly Task[]> =>
        (await who.get('Task?code=referral-overdue&_count=100')).entries
          .filter((each) => each.resourceType === 'Task')
          .filter((task) => task.focus?.reference === `Task/${id}`)

      test('a person at the sender’s is asked once, though the gateway is killed at it; who answers or settles it ends it', async () => {
        const [settled, answered] = [await refer('clinic', 'tertiary', '기다림 1'), await refer('clinic', 'tertiary', '기다림 2')]
        const clinic = await network().as('clinic-coordinator')
        for (const id of [settled, answered]) await whenTask(clinic, id, 'received')
        const later = new Date(Date.now() + 20 * dayMs)
        await network().process('gateway').stop('SIGKILL')
        await network().start('gateway', later)
        await network().process('gateway').stop('SIGKILL')
        await network().start('gateway', later)
        const [task] = await until('the Task for a person', async () => {
          const found = [...(await overdueOf(clinic, settled)), ...(await overdueOf(clinic, answered))]
          return found.length === 2 ? found : undefined
        })
        expect(task).toMatchObject({
          status: 'requested',
          owner: { reference: 'Organization/clinic' },
          reasonCode: { coding: [{ system: system.clock, code: 'answer-within-7-days' }] },
        })
        expect((await clinic.get(`Task/${settled}/$available-actions`)).text).toContain('"valueBoolean":true')
        expect(await overdueOf(await network().as('tertiary-coordinator'), settled)).toEqual([])
        expect(await overdueOf(await network().as('patient-1'), settled)).toEqual([])

        const patch = [
          { op: 'replace', path: '/status', value: 'completed' },
          { op: 'add', path: '/note/-', value: { text: '전화함' } },
        ]
        const unlawful = await clinic.patch(`Task/${task?.id}`, [{ op: 'replace', path: '/status', value: 'accepted' }], '1')
        expect([unlawful.status, issueOf(unlawful)]).toEqual([422, 'referral-overdue'])
        const done = await clinic.patch(`Task/${task?.id}`, patch, '1')
        expect([done.status, done.resource('Task').status]).toEqual([200, 'completed'])
        expect((await clinic.patch(`Task/${task?.id}`, patch, '2')).status).toBe(422)

        const tertiary = await network().as('tertiary-doctor')
        const referral = await read(tertiary, answered)
        expect((await tertiary.put(`Task/${answered}`, { ...referral, status: 'accepted' }, referral.meta?.versionId)).status).toBe(200)
        expect((await overdueOf(clinic, answered)).map(({ status, statusReason }) => [status, statusReason?.coding?.[0]?.code])).toEqual([
          ['cancelled', 'no-longer-due'],
        ])
      })

      test('in the ledger each of them was raised once', async () => {
        expect(await network().process('gateway').stop()).toEqual({ code: 0, signal: null })
        const rows = await network().database(
          async ({ sql }) => (await sql.query<{ body: string }>(`select body from ledger where kind = 'referral-overdue'`)).rows,
        )
        const raised = rows.filter(({ body }) => body.includes('"action":"C"'))
        expect(raised.length).toBe(new Set(raised.map(({ body }) => /Task\/overdue-[0-9a-z-]+/.exec(body)?.[0])).size)
        expect(raised.length).toBeGreaterThanOrEqual(2)
      })
    })
  },
  { isSameOnBoth: true },
)
