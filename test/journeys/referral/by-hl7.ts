/** Referrals of the hospital: REF^I12 and RRI^I12 over MLLP, both directions. */
import { describe, expect, test } from '@jest/globals'
import { sandboxInstitutions } from '../../../adapters/sandbox/people.ts'
import { clinicInbox, hospitalReferrals, submission, taskIn, taskOfNumber, tertiaryTasks, whenTask } from '../../support/referrals.ts'
import type { Network } from '../../support/sandbox.ts'
import { desk, personOf, until } from '../../support/stories.ts'

export function byHl7(network: () => Network): void {
  const sent = async (id: string) => (await hospitalReferrals(network())).sent.find((row) => row.id === id)

  describe('by HL7', () => {
    test('REF^I12 of the hospital reaches the university hospital, and RRI^I12 brings the answers back', async () => {
      const coordinator = await network().as('hospital-coordinator')
      const before = new Set((await tertiaryTasks(network())).map((task) => task.id))
      const written = await desk(network(), 'hospital', '/referrals', {
        patientNumber: 'H-0001',
        department: '01',
        toInstitutionNumber: sandboxInstitutions.tertiary.number,
        reason: '당뇨 합병증 평가',
        icd: 'E11.9',
      })
      expect(written.status).toBe(201)
      // 201 answers {id, controlId}
      const { id: number } = written.body as { id: string }
      const { id = '' } = await taskOfNumber(coordinator, number)
      await whenTask(coordinator, id, 'received')
      const arrived = (await tertiaryTasks(network())).filter((task) => !before.has(task.id))
      expect(arrived.map((task) => task.for)).toEqual(['Patient/pt-1001'])
      const parcel = arrived[0]?.id ?? ''
      await desk(network(), 'tertiary', `/tasks/${parcel}/accept`, {})
      await until('the acceptance', async () => ((await sent(number))?.state === 'accepted' ? true : undefined))
      await desk(network(), 'tertiary', `/tasks/${parcel}/complete`, { report: '망막병증 없음\n신장 기능 정상' })
      await whenTask(coordinator, id, 'completed')
      const done = await until('the report', async () => {
        const row = await sent(number)
        return row?.state === 'completed' ? row : undefined
      })
      expect(done.answer).toContain('망막병증 없음')
      expect(done.answer).toContain('신장 기능 정상')
    })

    test('a referral to the hospital arrives as REF^I12 once, and its RRI^I12 with a report reaches the clinic', async () => {
      const clinic = await network().as('clinic-doctor')
      const person = await personOf(network(), 1)
      const known = new Set((await clinicInbox(network())).map((row) => row.parcelId))
      const before = new Set((await hospitalReferrals(network())).received.map((row) => row.id))
      const reply = await clinic.post('', submission({ person, owner: 'hospital', specialty: '05', reason: '무릎 통증으로 의뢰합니다' }))
      const id = taskIn(reply)
      await whenTask(clinic, id, 'received')
      const arrived = (await hospitalReferrals(network())).received.filter((row) => !before.has(row.id))
      expect(arrived.map(({ patient, state }) => ({ patient, state }))).toEqual([{ patient: 'H-0001', state: 'received' }])
      expect(arrived[0]?.reason).toContain('무릎 통증으로 의뢰합니다')
      const parcel = arrived[0]?.id ?? ''
      expect((await desk(network(), 'hospital', `/referrals/${parcel}/accept`, {})).status).toBe(200)
      await whenTask(clinic, id, 'accepted')
      expect(
        (await desk(network(), 'hospital', `/referrals/${parcel}/reply`, { text: '반월상 연골 손상\n수술이 필요합니다' })).status,
      ).toBe(200)
      const task = await whenTask(clinic, id, 'completed')
      expect(task.output).toHaveLength(1)
      const rows = await until('the report', async () => {
        const found = (await clinicInbox(network())).filter((row) => row.patientNumber === 'C-0001' && !known.has(row.parcelId))
        return found.some((row) => row.report !== null) ? found : undefined
      })
      expect(rows.map((row) => row.status)).toEqual(['accepted', 'completed'])
      expect(rows.at(-1)?.report).toContain('수술이 필요합니다')
    })

    test('the hospital rejects with a reason', async () => {
      const clinic = await network().as('clinic-doctor')
      const person = await personOf(network(), 5)
      const before = new Set((await hospitalReferrals(network())).received.map((row) => row.id))
      const id = taskIn(await clinic.post('', submission({ person, owner: 'hospital', specialty: '11' })))
      await whenTask(clinic, id, 'received')
      const parcel = (await hospitalReferrals(network())).received.find((row) => !before.has(row.id))?.id ?? ''
      expect((await desk(network(), 'hospital', `/referrals/${parcel}/reject`, { reason: '소아과 휴진' })).status).toBe(200)
      expect((await whenTask(clinic, id, 'rejected')).statusReason?.text).toBe('소아과 휴진')
    })
  })
}
