/** A consent withdrawn bites in the very next request, on every gateway process, for reads and for what is still to be sent. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { Caller, Reply } from '../support/client.ts'
import { freePort } from '../support/ports.ts'
import { clinicInbox, networkConsent, submission, taskIn, tertiaryTasks, whenTask } from '../support/referrals.ts'
import { eachNetwork, type Network } from '../support/sandbox.ts'
import { chartOf, desk, idsOf, institutions, personOf, sourceOf, summarySources, until } from '../support/stories.ts'
import { ledger } from './ledger.ts'

eachNetwork(
  'a withdrawal',
  (network, engine) => {
    ledger(network)

    test('by JSON Patch: the very next request shows only the own part, and a new consent opens it again', async () => {
      const person = await personOf(network(), 1)
      const patient = await network().as('patient-1')
      const doctor = await network().as('tertiary-doctor')
      expect(await summarySources(doctor, person)).toEqual(institutions)
      const before = await chartOf(doctor, person)
      const foreign = [...before.values()].find((each) => each.resourceType === 'Condition' && sourceOf(each) === 'clinic')
      const page = (await doctor.get(`Condition?patient=${person}&_count=2`)).resource('Bundle')
      const next = page.link?.find((link) => link.relation === 'next')?.url?.split('/fhir/R4/')[1] ?? ''
      expect((await doctor.get(next)).entries.length).toBeGreaterThan(0)

      const withdrawn = await withdraw(patient, person)
      expect(withdrawn.map((reply) => [reply.status, reply.resource('Consent').status])).toEqual([[200, 'inactive']])

      const [summary, everything, read, random, paged, searched] = await Promise.all([
        doctor.get(`Patient/${person}/$summary`),
        doctor.get(`Patient/${person}/$everything`),
        doctor.get(`Condition/${foreign?.id}`),
        doctor.get(`Condition/${randomUUID()}`),
        doctor.get(next),
        doctor.get(`Observation?patient=${person}`),
      ])
      expect([...new Set(summary.entries.flatMap((each) => sourceOf(each) ?? []))]).toEqual(['tertiary'])
      expect([...new Set(everything.entries.flatMap((each) => sourceOf(each) ?? []))]).toEqual(['tertiary'])
      expect([read.status, read.text]).toEqual([404, random.text])
      expect(paged.entries).toEqual([])
      expect([searched.entries, searched.resource('Bundle').total]).toEqual([[], 0])
      // What was delivered with the referral is the hospital's own copy by now.
      expect(idsOf(await chartOf(doctor, person))).toEqual(idsOf(before, 'tertiary'))
      // The other side of the referral is cut off the same way; the patient is not.
      expect(await summarySources(await network().as('clinic-doctor'), person)).toEqual(['clinic'])
      expect(await summarySources(patient, person)).toEqual(institutions)

      expect((await patient.post('Consent', networkConsent(person))).status).toBe(201)
      expect(idsOf(await chartOf(doctor, person))).toEqual(idsOf(before))
    })

    test('an old version, a lacking version, and a revival are refused; another patient’s consent is not there', async () => {
      const patient = await network().as('patient-4')
      const [consent] = (await patient.get(`Consent?patient=${patient.person}`)).entries
      const inactive = [{ op: 'replace', path: '/status', value: 'inactive' }]
      expect((await patient.patch(`Consent/${consent?.id}`, inactive)).status).toBe(400)
      expect((await patient.patch(`Consent/${consent?.id}`, inactive, '99')).status).toBe(412)
      const other = await network().as('patient-2')
      const [hidden, random] = [
        await other.patch(`Consent/${consent?.id}`, inactive, '1'),
        await other.patch(`Consent/${randomUUID()}`, inactive, '1'),
      ]
      expect([hidden.status, hidden.text]).toEqual([404, random.text])
      expect((await (await network().as('tertiary-doctor')).patch(`Consent/${consent?.id}`, inactive, '1')).status).toBe(403)
      const done = await patient.patch(`Consent/${consent?.id}`, inactive, '1')
      expect(done.status).toBe(200)
      const revived = await patient.patch(`Consent/${consent?.id}`, [{ op: 'replace', path: '/status', value: 'active' }], '2')
      expect(revived.status).toBe(422)
      expect((await patient.post('Consent', networkConsent(patient.person))).status).toBe(201)
    })

    describe('of what is still on its way', () => {
      test('a referral that could not be delivered yet is withheld', async () => {
        const person = await personOf(network(), 5)
        const guardian = await network().as('guardian-5')
        const clinic = await network().as('clinic-doctor')
        const before = (await tertiaryTasks(network())).length
        await desk(network(), 'tertiary', '/faults', { mode: 'error' })
        const id = taskIn(await clinic.post('', submission({ person, owner: 'tertiary', specialty: '11' })))
        await withdraw(guardian, person)
        await desk(network(), 'tertiary', '/faults', { mode: 'none' })
        const task = await whenTask(clinic, id, 'on-hold')
        expect(task.businessStatus?.coding?.[0]?.code).toBe('withheld')
        expect((await tertiaryTasks(network())).length).toBe(before)
        // The requester may take it back; nobody else learned of it.
        const reason = { op: 'add', path: '/statusReason', value: { text: '보호자 철회' } }
        const cancelled = await clinic.patch(
          `Task/${id}`,
          [{ op: 'replace', path: '/status', value: 'cancelled' }, reason],
          task.meta?.versionId,
        )
        expect(cancelled.status).toBe(200)
        expect((await guardian.post('Consent', networkConsent(person))).status).toBe(201)
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        expect((await tertiaryTasks(network())).length).toBe(before)
        expect((await clinic.get(`Task/${id}`)).resource('Task').status).toBe('cancelled')
      })

      test('a report is not sent any more, only that the referral is closed', async () => {
        const patient = await network().as('patient-4')
        const clinic = await network().as('clinic-doctor')
        const before = new Set((await tertiaryTasks(network())).map((task) => task.id))
        const id = taskIn(await clinic.post('', submission({ person: patient.person, owner: 'tertiary', specialty: '01' })))
        await whenTask(clinic, id, 'received')
        const parcel = (await tertiaryTasks(network())).find((task) => !before.has(task.id))?.id ?? ''
        expect((await desk(network(), 'tertiary', `/tasks/${parcel}/accept`, {})).status).toBe(200)
        await whenTask(clinic, id, 'accepted')
        await withdraw(patient, patient.person)
        await desk(network(), 'tertiary', `/tasks/${parcel}/complete`, { report: '비밀로 남을 소견' })
        await whenTask(clinic, id, 'completed')
        const rows = await until('the closing', async () => {
          const found = (await clinicInbox(network())).filter((row) => row.patientNumber === 'C-0004')
          return found.some((row) => row.status === 'completed') ? found : undefined
        })
        expect(rows.map((row) => row.report)).toEqual(rows.map(() => null))
        expect(JSON.stringify(await clinicInbox(network()))).not.toContain('비밀로')
        expect((await clinic.get(`Patient/${patient.person}/$everything`)).text).not.toContain('비밀로')
      })
    })

    const onServer = engine === 'PostgreSQL' ? test : test.skip
    onServer('through one gateway process is obeyed by another in its next request', async () => {
      const port = await freePort()
      await network().serve(await secondConfig(network()), port)
      const second = `http://127.0.0.1:${port}`
      const person = await personOf(network(), 1)
      const patient = await network().as('patient-1')
      const doctor = await network().as('tertiary-doctor')
      for (const [written, read] of [
        [patient, doctor.at(second)],
        [patient.at(second), doctor],
      ] as const) {
        expect(await summarySources(read, person)).toEqual(institutions)
        await withdraw(written, person)
        expect(await summarySources(read, person)).toEqual(['tertiary'])
        expect((await written.post('Consent', networkConsent(person))).status).toBe(201)
        expect(await summarySources(read, person)).toEqual(institutions)
      }
      // Both processes deliver, each parcel once.
      const before = (await tertiaryTasks(network())).length
      const clinic = await network().as('clinic-doctor')
      const sent = await Promise.all(
        [clinic, clinic.at(second), clinic, clinic.at(second)].map((who) =>
          who.post('', submission({ person, owner: 'tertiary', specialty: '01' })),
        ),
      )
      for (const reply of sent) await whenTask(clinic, taskIn(reply), 'received')
      expect((await tertiaryTasks(network())).length).toBe(before + sent.length)
    })
  },
  { isSameOnBoth: true },
)

/** Sets every active consent of the person inactive, as an app of the patient would. */
async function withdraw(who: Caller, person: string): Promise<readonly Reply[]> {
  const consents = (await who.get(`Consent?patient=${person}`)).entries
  const active = consents.filter((each) => each.resourceType === 'Consent' && each.status === 'active')
  const replies: Reply[] = []
  for (const { id, meta } of active) {
    replies.push(await who.patch(`Consent/${id}`, [{ op: 'replace', path: '/status', value: 'inactive' }], meta?.versionId))
  }
  return replies
}

/** The same network seen by a second process: only where it listens for HL7 differs. */
async function secondConfig({ dataDir }: Network): Promise<string> {
  const config = JSON.parse(readFileSync(join(dataDir, 'sandbox', 'gateway.json'), 'utf8'))
  for (const { adapter } of config.institutions) if (adapter.listen !== undefined) adapter.listen.port = await freePort()
  const file = join(dataDir, 'sandbox', 'second.json')
  writeFileSync(file, JSON.stringify(config))
  return file
}
