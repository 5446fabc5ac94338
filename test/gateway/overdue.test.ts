/** Due times and answers that were given up, in the store itself: fired once whoever looks, undone when it fails, sent again when asked. */
import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from '@jest/globals'
import { takeParcel } from '../../gateway/incoming.ts'
import { overdueNext } from '../../gateway/overdue.ts'
import { loadTask } from '../../gateway/referral-step.ts'
import { askUndelivered } from '../../gateway/undelivered.ts'
import type { Reply } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { submission } from '../support/referrals.ts'
import { until } from '../support/stories.ts'
import { feed, found, numberAt, numberSystemOf, patient } from './records.ts'

const dayMs = 86_400_000

eachGateway('a referral in the store', { isSameOnBoth: true }, (gateway) => {
  let person = ''
  const doctor = () => gateway().as('clinic-doctor')
  const context = () => gateway().context
  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1)])
    const known = await doctor().get(`Patient?identifier=${numberSystemOf('clinic')}|${numberAt('clinic', 1)}`)
    person = String(found(known)[0]?.id)
  })
  const refer = async (): Promise<string> => {
    const sent = await doctor().post('', submission({ person, owner: 'hospital', specialty: '01' }))
    const id = /\/Task\/([^/]+)\//.exec(sent.text)?.[1]
    if (id === undefined) throw new Error(sent.text)
    // Without a consent it is withheld, and only the letter's own clock goes on.
    return until('the referral withheld', async () => ((await doctor().get(`Task/${id}`)).body['status'] === 'on-hold' ? id : undefined))
  }
  const later = (): typeof context extends () => infer C ? C : never => ({ ...context(), now: () => new Date(Date.now() + 30 * dayMs) })
  const raised = async (id: string): Promise<number> => {
    const rows = await context().store.sql.query(`select id from ledger where kind = 'referral-overdue' and body like $1`, [`%${id}%`])
    return rows.rows.length
  }

  test('eight that look at the same moment raise it once', async () => {
    const id = await refer()
    await Promise.all(Array.from({ length: 8 }, () => overdueNext(later())))
    while (await overdueNext(later()));
    const tasks = found(await doctor().get('Task?code=referral-overdue')).filter((task) => JSON.stringify(task['focus']).includes(id))
    expect(tasks.map((task) => [task['status'], task.meta?.versionId])).toEqual([['requested', '1']])
    expect(await raised(id)).toBe(1)
    expect(await context().store.dues.of(id)).toEqual([])
  })

  test('what died before its commit is raised by the next that looks', async () => {
    const id = await refer()
    const broken = {
      ...later(),
      store: {
        ...context().store,
        transaction: <T>(work: (tables: Parameters<Parameters<ReturnType<typeof context>['store']['transaction']>[0]>[0]) => Promise<T>) =>
          context().store.transaction(async (tables) => {
            await work(tables)
            throw new Error('killed')
          }),
      },
    }
    await expect(overdueNext(broken)).rejects.toThrow('killed')
    expect(await raised(id)).toBe(0)
    while (await overdueNext(later()));
    expect(await raised(id)).toBe(1)
  })

  test('an answer that was given up is a Task for its sender, who sends it again; for others there is nothing there', async () => {
    const id = await refer()
    const { store } = context()
    const parcel = randomUUID()
    const nowMs = Date.now()
    await store.transaction(async (tables) => {
      await tables.parcels.queue({
        id: parcel,
        task: id,
        kind: 'referral-response',
        sender: 'clinic',
        receiver: 'hospital',
        version: 1,
        atMs: nowMs + dayMs,
      })
      await tables.parcels.settle(parcel, 'failed', 'no such place', nowMs)
      const [row, referral] = [await tables.parcels.byId(parcel), await loadTask(tables, id)]
      if (row !== undefined && referral !== undefined) await askUndelivered(tables, context(), { row, referral })
    })
    const coordinator = gateway().as('clinic-coordinator')
    const asked = found(await coordinator.get('Task?code=undelivered&status=requested'))
    expect(asked.map((task) => [task.id, task['owner']])).toEqual([[`undelivered-${parcel}`, { reference: 'Organization/clinic' }]])

    const stranger = gateway().as('tertiary-coordinator')
    const [hidden, random] = [await stranger.post(`Task/${id}/$resend`, {}), await stranger.post(`Task/${randomUUID()}/$resend`, {})]
    expect([hidden.status, hidden.text]).toEqual([404, random.text])
    const other = await gateway().as('hospital-coordinator').post(`Task/${id}/$resend`, {})
    expect([other.status, issueOf(other)]).toEqual([422, 'nothing-to-resend'])
    expect((await gateway().as('clinic-nurse').post(`Task/${id}/$resend`, {})).status).toBe(403)

    const sent = await coordinator.post(`Task/${id}/$resend`, {})
    expect([sent.status, sent.text]).toEqual([200, expect.stringContaining('"valueInteger":1')])
    expect((await store.parcels.byId(parcel))?.state).not.toBe('failed')
    const done = [{ op: 'replace', path: '/status', value: 'completed' }]
    expect((await coordinator.patch(`Task/undelivered-${parcel}`, done, { 'if-match': 'W/"1"' })).status).toBe(200)
  })

  test('an EMR takes back its own referral by the number it gave it; nobody else finds it by that number', async () => {
    const placer = { system: 'https://care-network.kr/fhir/Identifier/task/31100001', value: 'R-9' }
    const body = JSON.stringify(submission({ person, owner: 'hospital', specialty: '01' }))
    const sent = await doctor().post('', body.replace('"resourceType":"Task"', `$&,"identifier":[${JSON.stringify(placer)}]`))
    const id = /\/Task\/([^/]+)\//.exec(sent.text)?.[1] ?? ''
    const cancel = {
      resourceType: 'Task',
      id: 'local-9',
      status: 'cancelled',
      intent: 'order',
      statusReason: { text: '취소' },
      identifier: [placer],
    } as const
    const parcel = {
      id: 'cancel-9',
      kind: 'referral-response' as const,
      bundle: {
        resourceType: 'Bundle' as const,
        type: 'transaction' as const,
        entry: [{ resource: { ...cancel, identifier: [placer] }, request: { method: 'PUT' as const, url: 'Task/local-9' } }],
      },
      gaps: [],
    }
    expect((await takeParcel(context(), 'hospital', parcel)).outcome).toBe('fatal')
    expect((await takeParcel(context(), 'clinic', parcel)).outcome).toBe('ok')
    expect((await doctor().get(`Task/${id}`)).body['status']).toBe('cancelled')
    expect(await context().store.dues.of(id)).toEqual([])
  })
})

function issueOf(reply: Reply): string | undefined {
  return /"code":"([a-z-]+)"\}\]/.exec(reply.text)?.[1]
}
