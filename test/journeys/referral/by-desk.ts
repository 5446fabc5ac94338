/** A referral written at the clinic's desk, taken through its SQL views, answered at the university hospital's own desk. */
import { describe, expect, test } from '@jest/globals'
import { sandboxInstitutions } from '../../../adapters/sandbox/people.ts'
import { clinicInbox, networkConsent, taskOfNumber, tertiaryTasks, whenTask } from '../../support/referrals.ts'
import type { Network } from '../../support/sandbox.ts'
import { desk, personOf, until } from '../../support/stories.ts'

const letter = {
  department: 'IM',
  toInstitutionNumber: sandboxInstitutions.tertiary.number,
  hiraReason: '01',
  kcd: 'R074',
  note: '운동 시 흉통이 있어 심장 검사를 부탁드립니다',
}

export function byDesk(network: () => Network): void {
  const write = async (patientNumber: string, reason: string, more: object = {}): Promise<string> => {
    const written = await desk(network(), 'clinic', '/referrals', { ...letter, patientNumber, reason, ...more })
    expect(written.status).toBe(201)
    // 201 answers {referralNumber}
    return (written.body as { referralNumber: string }).referralNumber
  }
  const rowsOf = async (number: string) => (await clinicInbox(network())).filter((row) => row.referralNumber === number)
  const step = (id: string, verb: string, body: object = {}) => desk(network(), 'tertiary', `/tasks/${id}/${verb}`, body)

  describe('from desk to desk', () => {
    test('withheld without a consent and without a word of why; a new consent resumes it; each answer reaches the clinic once', async () => {
      const coordinator = await network().as('clinic-coordinator')
      const before = new Set((await tertiaryTasks(network())).map((task) => task.id))
      const number = await write('C-0007', '흉통의 원인 확인')
      const { id = '' } = await taskOfNumber(coordinator, number)
      const held = await whenTask(coordinator, id, 'on-hold')
      expect(held.businessStatus?.coding?.[0]?.code).toBe('withheld')
      expect(held.statusReason).toBeUndefined()
      expect((await tertiaryTasks(network())).filter((task) => !before.has(task.id))).toEqual([])
      expect(JSON.stringify(await desk(network(), 'tertiary', '/accesses'))).not.toContain('1990-03-03')

      const patient = await network().as('patient-7')
      expect((await patient.post('Consent', networkConsent(patient.person))).status).toBe(201)
      await whenTask(coordinator, id, 'received')
      const arrived = (await tertiaryTasks(network())).filter((task) => !before.has(task.id))
      expect(arrived).toHaveLength(1)
      const parcel = arrived[0]?.id ?? ''

      expect((await step(parcel, 'accept')).status).toBe(200)
      await whenTask(coordinator, id, 'accepted')
      await until('the acceptance', async () => ((await rowsOf(number)).length === 1 ? true : undefined))
      expect((await step(parcel, 'complete', { report: '관상동맥 협착 없음. 경과 관찰 바랍니다.' })).status).toBe(200)
      const done = await whenTask(coordinator, id, 'completed')
      expect(done.output).toHaveLength(1)
      await until('the report', async () => ((await rowsOf(number)).length === 2 ? true : undefined))
      expect((await rowsOf(number)).map(({ kind, patientNumber, status, report }) => ({ kind, patientNumber, status, report }))).toEqual([
        { kind: 'referral-response', patientNumber: 'C-0007', status: 'accepted', report: null },
        { kind: 'referral-response', patientNumber: 'C-0007', status: 'completed', report: '관상동맥 협착 없음. 경과 관찰 바랍니다.' },
      ])
      expect((await tertiaryTasks(network())).filter((task) => !before.has(task.id))).toHaveLength(1)
    })

    test('a rejection comes back with its reason', async () => {
      const coordinator = await network().as('clinic-coordinator')
      const before = new Set((await tertiaryTasks(network())).map((task) => task.id))
      const number = await write('C-0005', '천식 악화')
      const { id = '' } = await taskOfNumber(coordinator, number)
      await whenTask(coordinator, id, 'received')
      const arrived = (await tertiaryTasks(network())).find((task) => !before.has(task.id))
      // The chart that was there already: no second Patient is made for a person the hospital knows.
      expect(arrived?.for).toBe('Patient/pt-1005')
      expect((await step(arrived?.id ?? '', 'reject', { reason: '소아 호흡기 진료가 모두 찼습니다' })).status).toBe(200)
      const rejected = await whenTask(coordinator, id, 'rejected')
      expect(rejected.statusReason?.text).toBe('소아 호흡기 진료가 모두 찼습니다')
      const row = await until('the rejection', async () => (await rowsOf(number))[0])
      expect(row).toMatchObject({ status: 'rejected', statusReason: '소아 호흡기 진료가 모두 찼습니다', patientNumber: 'C-0005' })
      expect(await rowsOf(number)).toHaveLength(1)
    })

    test('the consent signed for one referral lets its letter through, and the reply back', async () => {
      const coordinator = await network().as('clinic-coordinator')
      const before = new Set((await tertiaryTasks(network())).map((task) => task.id))
      const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)
      const number = await write('C-0002', '협심증 추적', { consent: { signedBy: '문지호', relation: 'self', until } })
      const { id = '' } = await taskOfNumber(coordinator, number)
      await whenTask(coordinator, id, 'received')
      const parcel = (await tertiaryTasks(network())).find((task) => !before.has(task.id))?.id ?? ''
      expect((await step(parcel, 'accept')).status).toBe(200)
      expect((await step(parcel, 'start')).status).toBe(200)
      expect((await step(parcel, 'complete', { report: '스텐트 시술 없이 약물 치료' })).status).toBe(200)
      await whenTask(coordinator, id, 'completed')
      const rows = await waitForReport(() => rowsOf(number))
      expect(rows.map((row) => row.status)).toEqual(['accepted', 'in-progress', 'completed'])
      expect(rows.at(-1)?.report).toBe('스텐트 시술 없이 약물 치료')
      // Beyond the letter nothing opened: the clinic's chart of that patient stays the clinic's.
      const person = await personOf(network(), 2)
      const seen = (await (await network().as('tertiary-doctor')).get(`MedicationRequest?patient=${person}`)).entries
      expect(seen).toEqual([])
    })
  })
}

async function waitForReport<Row extends { readonly report: string | null }>(rows: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
  return await until('the report', async () => {
    const found = await rows()
    return found.some((row) => row.report !== null) ? found : undefined
  })
}
