/** A Binary says nothing of whose it is: every record that points to it has its say, on reads and histories, and it is never searched. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hasPostgres } from '../support/databases.ts'
import type { TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { enginesAtThisScale } from '../support/proof.ts'
import { encounter, feed, found, openEncounter, patient, personId, withdraw, writeConsent, type Sent } from './records.ts'

const content = Buffer.from('Zq7canary').toString('base64')
const binary = (id: string): Sent => ({ resourceType: 'Binary', id, contentType: 'text/plain', data: content })
const paper = (id: string, of: string, subject: string, more: object = {}): Sent => ({
  resourceType: 'DocumentReference',
  id,
  status: 'current',
  subject: { reference: `Patient/${subject}` },
  content: [{ attachment: { contentType: 'text/plain', url: `Binary/${of}` } }],
  ...more,
})

describe.each(enginesAtThisScale(hasPostgres))('files that documents point to, on %s', (engine) => {
  let running: TestGateway | undefined
  beforeAll(async () => {
    running = await startTestGateway(engine)
  })
  afterAll(async () => running?.close())
  const gateway = (): TestGateway => {
    if (running === undefined) throw new Error('the gateway has not started')
    return running
  }
  const ids = new Map<string, string>()
  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), patient('clinic', 2), encounter('psy', 'C-0001', '03')])
    await feed(gateway(), 'clinic', [binary('plain'), binary('shared'), binary('psychiatric'), binary('loose')])
    await feed(gateway(), 'clinic', [
      paper('p-plain', 'plain', 'C-0001'),
      paper('p-shared-1', 'shared', 'C-0001'),
      paper('p-shared-2', 'shared', 'C-0002'),
      paper('p-psychiatric', 'psychiatric', 'C-0001', { context: { encounter: [{ reference: 'Encounter/psy' }] } }),
    ])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
    for (const name of ['plain', 'shared', 'psychiatric', 'loose'])
      ids.set(name, (await gateway().context.store.records.idOf({ institution: 'clinic', type: 'Binary', localId: name })) ?? '')
  })
  const reads = async (name: string, of: string) => {
    const paths = [`Binary/${ids.get(of)}`, `Binary/${ids.get(of)}/_history/1`, `Binary/${ids.get(of)}/_history`]
    const replies = await Promise.all(paths.map((path) => gateway().as(name).get(path)))
    expect(replies.map(({ text }) => text.includes(content))).toEqual(replies.map(({ status }) => status === 200))
    return [...new Set(replies.map(({ status }) => status))]
  }

  test('one is shown exactly as far as each document that points to it', async () => {
    const person = await personId(gateway(), 1)
    expect(await reads('tertiary-doctor', 'plain')).toEqual([404])
    const consent = await writeConsent(gateway(), 1, 4)
    expect(found(await gateway().as('tertiary-doctor').get(`DocumentReference?patient=${person}`))).toHaveLength(2)
    expect(await reads('tertiary-doctor', 'plain')).toEqual([200])
    expect(await reads('tertiary-doctor', 'psychiatric')).toEqual([404])
    // its other document is of somebody who consented to nothing
    expect(await reads('tertiary-doctor', 'shared')).toEqual([404])
    expect((await withdraw(gateway(), 1, consent)).status).toBe(200)
    expect(await reads('tertiary-doctor', 'plain')).toEqual([404])
  })

  test('the patient reads their own file, nobody a file that nothing points to, and its system all of them', async () => {
    expect([await reads('patient-1', 'plain'), await reads('patient-1', 'shared')]).toEqual([[200], [404]])
    expect([await reads('clinic-doctor', 'plain'), await reads('clinic-doctor', 'shared'), await reads('clinic-doctor', 'loose')]).toEqual([
      [200],
      [200],
      [404],
    ])
    for (const name of ids.keys()) expect((await gateway().as('clinic-system').get(`Binary/${name}`)).status).toBe(200)
  })

  test.each(['clinic-doctor', 'clinic-nurse', 'clinic-coordinator', 'patient-1'])(
    '%s reads a file where it is named, and searches none',
    async (name) => {
      expect((await gateway().as(name).get('Binary')).status).toBe(403)
    },
  )
})
