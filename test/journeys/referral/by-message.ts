/** The same referral and answer as FHIR messages to `$process-message`. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { profile } from '../../../fhir-profiles/codes.ts'
import type { Task } from '../../../fhir-profiles/r4.ts'
import type { Caller } from '../../support/client.ts'
import { clinicInbox, message, referralMessage, tertiaryTasks, whenTask } from '../../support/referrals.ts'
import type { Network } from '../../support/sandbox.ts'
import { personOf, until } from '../../support/stories.ts'
import { issueOf } from './by-rest.ts'

export function byMessage(network: () => Network): void {
  const tasksOf = async (who: Caller): Promise<readonly Task[]> =>
    (await who.get('Task?_count=100')).entries.filter((each) => each.resourceType === 'Task')

  describe('by message', () => {
    test('a request and its response, each taken once however often it is sent', async () => {
      const clinic = await network().as('clinic-doctor')
      const known = new Set((await tasksOf(clinic)).map((task) => task.id))
      const rows = new Set((await clinicInbox(network())).map((row) => row.parcelId))
      const person = await personOf(network(), 4)
      const id = `m-${randomUUID()}`
      const request = referralMessage({ person, owner: 'tertiary', specialty: '01', identifier: id, reason: '속쓰림' })
      const replies = [await clinic.post('$process-message', request), await clinic.post('$process-message', request)]
      for (const reply of replies) {
        const [header] = reply.resource('Bundle').entry ?? []
        if (header?.resource?.resourceType !== 'MessageHeader') throw new Error('a response begins with its header')
        expect([reply.status, header.resource.response?.code]).toEqual([200, 'ok'])
      }
      const made = (await tasksOf(clinic)).filter((task) => !known.has(task.id))
      expect(made).toHaveLength(1)
      const task = await whenTask(clinic, made[0]?.id ?? '', 'received')
      const other = referralMessage({ person, owner: 'tertiary', specialty: '01', identifier: id, reason: '다른 말' })
      const refused = await clinic.post('$process-message', other)
      expect([refused.status, issueOf(refused)]).toEqual([409, 'duplicate'])

      const tertiary = await network().as('tertiary-doctor')
      const answer = { resourceType: 'Task', id: task.id, meta: { profile: [profile.referralTask] }, status: 'accepted', intent: 'order' }
      const response = message('referral-response', `m-${randomUUID()}`, [{ resource: answer }])
      expect((await tertiary.post('$process-message', response)).status).toBe(200)
      expect((await tertiary.post('$process-message', response)).status).toBe(200)
      await whenTask(clinic, task.id ?? '', 'accepted')
      const arrived = await until('the acceptance', async () => {
        const found = (await clinicInbox(network())).filter((row) => row.patientNumber === 'C-0004' && !rows.has(row.parcelId))
        return found.length > 0 ? found : undefined
      })
      expect(arrived.map((row) => row.status)).toEqual(['accepted'])
    })

    test('what is no message of ours is refused by name, and nothing is kept', async () => {
      const clinic = await network().as('clinic-doctor')
      const before = (await tertiaryTasks(network())).length
      const person = await personOf(network(), 4)
      const good = JSON.stringify(referralMessage({ person, owner: 'tertiary', specialty: '01', identifier: `m-${randomUUID()}` }))
      const wrong = [
        [good.replace('referral-request', 'referral-unheard'), 'message-event'],
        [good.replace('"type":"message"', '"type":"collection"'), 'bundle-type'],
        [good.replace(/"identifier":\{"system":"urn:test"[^}]*\},/, ''), 'message-id'],
      ] as const
      for (const [text, id] of wrong) {
        const reply = await clinic.post('$process-message', JSON.parse(text))
        expect([reply.status, issueOf(reply)]).toEqual([400, id])
      }
      expect((await (await network().as('clinic-nurse')).post('$process-message', JSON.parse(good))).status).toBe(403)
      expect((await tertiaryTasks(network())).length).toBe(before)
    })
  })
}
