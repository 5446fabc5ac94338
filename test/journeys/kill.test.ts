/**
 * `kill -9` of the gateway at six points of a referral. Afterwards every receiver holds exactly one row per parcel, and everything that was
 * acknowledged is stored. The points are reached by watching the network and by seeded delays.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from '@jest/globals'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import type { Task } from '../../fhir-profiles/r4.ts'
import type { Database } from '../../gateway/store/pool.ts'
import { clinicInbox, taskOfNumber, tertiaryTasks, whenTask } from '../support/referrals.ts'
import { eachNetwork, type Network } from '../support/sandbox.ts'
import { randomFrom } from '../support/seeded.ts'
import { desk, personOf, until } from '../support/stories.ts'

const seed = 20261122

// the other engine: kills/gateway.test.ts
eachNetwork(
  'a gateway that is killed',
  (network) => {
    const random = randomFrom(seed)
    let referrals = 0
    let results = 0
    const kill = () => network().process('gateway').stop('SIGKILL')
    const restart = () => network().start('gateway')
    /** a referral at the clinic's desk, and results that the hospital sends by HL7 at the same time */
    const write = async (): Promise<string> => {
      referrals += 1
      const toInstitutionNumber = sandboxInstitutions.tertiary.number
      const letter = { patientNumber: 'C-0001', department: 'IM', toInstitutionNumber, reason: `의뢰 ${referrals}` }
      const [written] = await Promise.all([desk(network(), 'clinic', '/referrals', letter), ...Array.from({ length: 5 }, sendResult)])
      expect(written.status).toBe(201)
      // 201 answers {referralNumber}
      return (written.body as { referralNumber: string }).referralNumber
    }
    const sendResult = (): Promise<unknown> => {
      results += 1
      return desk(network(), 'hospital', '/patients/H-0001/results', {
        code: '4548-4',
        name: '당화혈색소',
        value: `${100 + results}.5`,
        unit: '%',
      })
    }
    const coordinator = () => network().as('clinic-coordinator')
    const taskOf = async (number: string): Promise<Task> => await taskOfNumber(await coordinator(), number)
    const pause = (longestMs: number) => new Promise((resolve) => setTimeout(resolve, random() * longestMs))
    const newTask = async (known: ReadonlySet<string>) =>
      await until('the hospital to hold it', async () => (await tertiaryTasks(network())).find((task) => !known.has(task.id)))
    const known = async () => new Set((await tertiaryTasks(network())).map((task) => task.id))
    const arrives = async (number: string, status: Task['status'] = 'received'): Promise<void> => {
      await whenTask(await coordinator(), (await taskOf(number)).id ?? '', status)
    }

    describe(`seed ${seed}`, () => {
      test('before the desk writes', async () => {
        await kill()
        const number = await write()
        await restart()
        await arrives(number)
      })

      test('while the desk’s row is on its way', async () => {
        const number = await write()
        await pause(400)
        await kill()
        await restart()
        await arrives(number)
      })

      test('when the referral is stored', async () => {
        const number = await write()
        await taskOf(number)
        await kill()
        await restart()
        await arrives(number)
      })

      test('while the receiver hangs on the delivery', async () => {
        const before = await known()
        await desk(network(), 'tertiary', '/faults', { mode: 'hang' })
        const number = await write()
        await taskOf(number)
        await pause(300)
        await kill()
        await desk(network(), 'tertiary', '/faults', { mode: 'none' })
        expect(await known()).toEqual(before)
        await restart()
        await arrives(number)
      })

      test('the moment the receiver holds it', async () => {
        const before = await known()
        const number = await write()
        await newTask(before)
        await kill()
        await restart()
        await arrives(number)
      })

      test('while the answer is on its way back', async () => {
        const before = await known()
        const number = await write()
        await arrives(number)
        const { id } = await newTask(before)
        expect((await desk(network(), 'tertiary', `/tasks/${id}/accept`, {})).status).toBe(200)
        await pause(700)
        await kill()
        await restart()
        await arrives(number, 'accepted')
        await until('the answer', async () => (await clinicInbox(network())).find((row) => row.referralNumber === number))
      })

      test('in the end every receiver holds one row per parcel, and what was acknowledged is stored once', async () => {
        await until('the hospital to have told everything', async () => {
          // GET /health answers {waiting}
          const { waiting } = (await desk(network(), 'hospital', '/health')).body as { waiting: number }
          return waiting === 0 ? true : undefined
        })
        const person = await personOf(network(), 1)
        const observed = await (await network().as('hospital-doctor')).get(`Observation?patient=${person}&code=4548-4&_count=200`)
        const values = observed.entries.flatMap((each) => (each.resourceType === 'Observation' ? (each.valueQuantity?.value ?? []) : []))
        expect(values.filter((value) => value > 100).sort((a, b) => a - b)).toEqual(Array.from({ length: results }, (_, at) => 101.5 + at))
        expect(await network().process('gateway').stop()).toEqual({ code: 0, signal: null })
        await network().database((database) => compare(network(), database))
      })
    })
  },
  { isSameOnBoth: 'PGlite' },
)

interface SentParcel extends Record<string, unknown> {
  id: string
  receiver: string
  state: string
}

/** What the gateway believes, held against what the EMRs have in their own databases. */
async function compare({ dataDir }: Network, database: Database): Promise<void> {
  const parcels = (await database.sql.query<SentParcel>('select id, receiver, state from parcel')).rows
  expect([...new Set(parcels.map((parcel) => parcel.state))]).toEqual(['delivered'])
  const sentTo = (receiver: string) => parcels.flatMap((parcel) => (parcel.receiver === receiver ? [parcel.id] : [])).sort()
  const rows = (file: string, sql: string): readonly string[] => {
    const emr = new DatabaseSync(join(dataDir, 'sandbox', file), { readOnly: true })
    try {
      return emr
        .prepare(sql)
        .all()
        .map((row) => String(row['id']))
    } finally {
      emr.close()
    }
  }
  expect(sentTo('tertiary').length).toBeGreaterThanOrEqual(8)
  expect(rows('tertiary/tertiary.db', "select id from version where type = 'Task' and version = 1 order by id")).toEqual(sentTo('tertiary'))
  expect(rows('clinic/clinic.db', 'select MSG_ID as id from REF_IN order by MSG_ID')).toEqual(sentTo('clinic'))
  expect(rows('hospital/hospital.db', 'select control_id as id from inbox order by control_id')).toEqual(sentTo('hospital'))

  const written = rows('clinic/clinic.db', 'select REF_NO as id from REF_OUT order by REF_NO')
  const tasks = await database.sql.query<{ text: string }>("select text from record where type = 'Task' and institution = 'network'")
  const numbers = tasks.rows.flatMap(({ text }) => /"value":\s*"(R\d{8}-\d{4})"/.exec(text)?.[1] ?? [])
  expect(numbers.sort()).toEqual(written)

  const acknowledged = rows('hospital/hospital.db', "select control_id as id from outbox where state = 'sent' order by control_id")
  const taken = await database.sql.query<{ id: string }>("select id from message where sender = 'hospital'")
  expect(acknowledged.length).toBeGreaterThan(40)
  expect(taken.rows.map((row) => row.id.replace(/^parcel |@.*$/g, '')).sort()).toEqual(acknowledged)
  expect(rows('hospital/hospital.db', "select control_id as id from outbox where state <> 'sent'")).toEqual([])
}
