/** A withdrawal reaches the copies at all three kinds of EMR; each answers from its own desk, and the officer sees it. */
import { expect, test } from '@jest/globals'
import type { Task } from '../../../fhir-profiles/r4.ts'
import { clinicInbox, hospitalReferrals, networkConsent, submission, taskIn, tertiaryTasks, whenTask } from '../../support/referrals.ts'
import type { Network } from '../../support/sandbox.ts'
import { desk, personOf, until, type Institution } from '../../support/stories.ts'

export function recall(network: () => Network): void {
  const newest = async (institution: 'hospital' | 'tertiary', known: ReadonlySet<string>): Promise<string> => {
    const rows = institution === 'tertiary' ? await tertiaryTasks(network()) : (await hospitalReferrals(network())).received
    const [row] = rows.filter(({ id }) => !known.has(id))
    if (row === undefined) throw new Error(`nothing new at the ${institution}`)
    return row.id
  }
  /** as it stands on the desk of each EMR, in the words of that EMR */
  const shown = async (institution: Institution): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const path = { clinic: '/inbox', hospital: '/recalls', tertiary: '/tasks' }[institution]
    const { body } = await desk(network(), institution, path)
    // rows of the desk, of which the test compares single columns
    const rows = (institution === 'tertiary' ? (body as { recalls: unknown }).recalls : body) as readonly Readonly<
      Record<string, unknown>
    >[]
    return institution === 'clinic' ? rows.filter(({ kind }) => kind === 'recall') : rows
  }

  test('a withdrawal is shown on every desk that holds copies, and acknowledged to the officer', async () => {
    const person = await personOf(network(), 1)
    const [clinic, patient, officer] = await Promise.all(
      ['clinic-doctor', 'patient-1', 'privacy-officer'].map((name) => network().as(name)),
    )
    if (clinic === undefined || patient === undefined || officer === undefined) throw new Error('three callers were asked for')
    const known = new Set([...(await tertiaryTasks(network())), ...(await hospitalReferrals(network())).received].map(({ id }) => id))
    const sent = { hospital: '', tertiary: '' }
    for (const owner of ['hospital', 'tertiary'] as const) {
      const id = taskIn(await clinic.post('', submission({ person, owner, specialty: '01', reason: '동의 철회 전의 의뢰' })))
      await whenTask(clinic, id, 'received')
      sent[owner] = await newest(owner, known)
    }
    // The report is a copy of the university hospital's record, in the clinic.
    const inbox = new Set((await clinicInbox(network())).map(({ parcelId }) => parcelId))
    await desk(network(), 'tertiary', `/tasks/${sent.tertiary}/accept`, {})
    await desk(network(), 'tertiary', `/tasks/${sent.tertiary}/complete`, { report: '철회 전에 온 소견' })
    const report = await until('the report', async () =>
      (await clinicInbox(network())).find((row) => !inbox.has(row.parcelId) && row.report !== null),
    )

    const [consent] = (await patient.get(`Consent?patient=${person}&status=active`)).entries
    if (consent?.id === undefined) throw new Error('the patient has a consent')
    const before = await clinicInbox(network())
    const withdrawn = await patient.patch(
      `Consent/${consent.id}`,
      [{ op: 'replace', path: '/status', value: 'inactive' }],
      consent.meta?.versionId,
    )
    expect(withdrawn.status).toBe(200)
    const tasks = async (): Promise<readonly Task[]> =>
      (await officer.get(`Task?code=recall&focus=Consent/${consent.id}`)).entries.filter((each) => each.resourceType === 'Task')
    const all = (status: Task['status']) =>
      until(`recalls ${status}`, async () => ((await tasks()).every((task) => task.status === status) ? await tasks() : undefined))
    const received = await all('received')
    expect(received).toHaveLength(3)
    expect(new Set(received.map((task) => task.owner?.reference))).toEqual(
      new Set(['clinic', 'hospital', 'tertiary'].map((id) => `Organization/${id}`)),
    )

    const last = {
      clinic: (await shown('clinic')).at(-1),
      hospital: (await shown('hospital')).at(-1),
      tertiary: (await shown('tertiary')).at(-1),
    }
    expect(String(last.clinic?.['recalls'])).toContain(report.parcelId)
    expect(last.clinic).toMatchObject({ patientNumber: 'C-0001', status: 'requested', report: null, fromInstitution: 'care-network' })
    expect(String(last.hospital?.['recalled'])).toContain(sent.hospital)
    expect(String(last.hospital?.['text'])).toContain('동의를 철회')
    expect(last.tertiary).toMatchObject({ for: 'Patient/pt-1001', recalls: expect.arrayContaining([sent.tertiary]) })
    // Nothing is deleted: the copy stays where it was.
    expect((await clinicInbox(network())).slice(0, before.length)).toEqual(before)

    await desk(network(), 'clinic', `/inbox/${String(last.clinic?.['parcelId'])}/answer`, { status: 'completed' })
    const acknowledged = [
      await desk(network(), 'hospital', `/recalls/${String(last.hospital?.['id'])}/acknowledge`, {}),
      await desk(network(), 'tertiary', `/tasks/${String(last.tertiary?.['id'])}/acknowledge`, {}),
    ]
    expect(acknowledged.map(({ status }) => status)).toEqual([200, 200])
    expect(await all('completed')).toHaveLength(3)

    const counts = async () => [(await tertiaryTasks(network())).length, (await clinicInbox(network())).length]
    const settled = await counts()
    expect((await patient.post('Consent', networkConsent(person))).status).toBe(201)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await counts()).toEqual(settled)
  })
}
