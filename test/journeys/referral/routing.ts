/** Nobody named: the network picks the destination by tier and specialty, and says why on the Task. */
import { describe, expect, test } from '@jest/globals'
import { submission, taskIn, whenTask } from '../../support/referrals.ts'
import type { Network } from '../../support/sandbox.ts'
import { personOf } from '../../support/stories.ts'
import { issueOf } from './by-rest.ts'

export function routing(network: () => Network): void {
  describe('routing', () => {
    test.each([
      ['internal medicine', '01', 'hospital', '가장 가까운 단계'],
      ['gynaecology, which only the university hospital has', '10', 'tertiary', '2단계(상급종합병원)'],
    ])('%s', async (_what, specialty, owner, because) => {
      const doctor = await network().as('clinic-doctor')
      const person = await personOf(network(), 1)
      const task = await whenTask(doctor, taskIn(await doctor.post('', submission({ person, specialty }))), 'received')
      expect(task.owner?.reference).toBe(`Organization/${owner}`)
      expect((task.note ?? []).map((note) => note.text).join('\n')).toContain(because)
    })

    test('a specialty that nobody has is told at once', async () => {
      const doctor = await network().as('clinic-doctor')
      const reply = await doctor.post('', submission({ person: await personOf(network(), 1), specialty: '80' }))
      expect([reply.status, issueOf(reply)]).toEqual([422, 'referral-route-undecided'])
      expect(reply.text).toContain('no institution in the network has the specialty')
    })
  })
}
