import { afterEach, describe, expect, test } from '@jest/globals'
import { rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { EmrAdapter, Parcel } from '../../../adapters/contract.ts'
import { sqlView } from '../../../adapters/sql-view/adapter.ts'
import { fatal, Gateway, settings, smallClinic, smallMapping, testPorts, transient, until } from './fixture.ts'
import type { SmallClinic, TestPorts } from './fixture.ts'

const cleanups: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function clinic(): SmallClinic {
  const made = smallClinic()
  cleanups.push(() => {
    made.database.close()
    rmSync(dirname(made.path), { recursive: true })
  })
  return made
}

function adapterOf(path: string, ports: TestPorts = testPorts(), more: Readonly<Record<string, unknown>> = {}): EmrAdapter {
  const adapter = sqlView.create(settings(path, more), ports)
  cleanups.push(() => adapter.close())
  return adapter
}

/** Listens in the background until stopped; `stop` resolves when listen() has. */
function listening(adapter: EmrAdapter, gateway: Gateway): { stop(): Promise<void> } {
  const control = new AbortController()
  const done = adapter.listen?.(gateway.take, control.signal) ?? Promise.resolve()
  const stop = async (): Promise<void> => {
    control.abort()
    await done
  }
  cleanups.push(stop)
  return { stop }
}

function names(gateway: Gateway): readonly (string | undefined)[] {
  return [...gateway.parcels.values()].map((parcel) => {
    const resource = parcel.bundle.entry?.[0]?.resource
    return resource?.resourceType === 'Patient' ? resource.name?.[0]?.text : undefined
  })
}

describe('what the clinic writes reaches the gateway', () => {
  test('a transaction that took its number early and committed late is not lost', async () => {
    const { path, add } = clinic()
    const gateway = new Gateway()
    add(42, 'B')
    listening(adapterOf(path), gateway)
    await until(() => gateway.parcels.size === 1)
    add(41, 'A')
    await until(() => gateway.parcels.size === 2)
    expect(names(gateway)).toEqual(['사람 B', '사람 A'])
  })

  test('after a restart only what is new is offered, also when it commits late', async () => {
    const { path, add } = clinic()
    const ports = testPorts()
    const before = new Gateway()
    for (let change = 1; change <= 7; change += 1) add(change, `N${change}`)
    const first = listening(adapterOf(path, ports), before)
    await until(() => before.parcels.size === 7)
    await first.stop()
    add(9, 'N9')
    const after = new Gateway()
    listening(adapterOf(path, testPorts(ports.kept)), after)
    await until(() => after.parcels.size === 1)
    add(8, 'N8')
    await until(() => after.parcels.size === 2)
    expect(after.offered).toHaveLength(2)
    expect(names(after)).toEqual(['사람 N9', '사람 N8'])
  })

  test('a corrected record is offered again under a new id, an untouched one is not', async () => {
    const { path, add } = clinic()
    const gateway = new Gateway()
    add(1, 'A')
    add(2, 'B')
    listening(adapterOf(path), gateway)
    await until(() => gateway.parcels.size === 2)
    add(3, 'A', '고친 이름')
    await until(() => gateway.parcels.size === 3)
    expect(gateway.offered).toHaveLength(3)
    expect(names(gateway).at(-1)).toBe('고친 이름')
  })

  test('a busy gateway gets the same parcel again and no later one before it', async () => {
    const { path, add } = clinic()
    const gateway = new Gateway({ outcome: 'ok' }, transient, transient)
    for (const change of [1, 2, 3]) add(change, `N${change}`)
    listening(adapterOf(path), gateway)
    await until(() => gateway.parcels.size === 3)
    const [first, second, third] = [...gateway.parcels.keys()]
    expect(gateway.offered).toEqual([first, second, second, second, third])
  })

  test('a record the gateway refuses for good is logged, counted and does not hold up the next', async () => {
    const { path, add } = clinic()
    const ports = testPorts()
    const gateway = new Gateway({ outcome: 'ok' }, fatal)
    for (const change of [1, 2, 3]) add(change, `N${change}`)
    const first = listening(adapterOf(path, ports), gateway)
    await until(() => gateway.parcels.size === 2)
    await first.stop()
    expect(ports.events.map((each) => each.event)).toEqual(['sql-view.refused'])
    expect(ports.events[0]?.fields).toEqual({ view: 'V_P', change: 2, reason: 'not valid FHIR R4', where: 'Patient.birthDate' })
    expect(JSON.parse(ports.kept.get('sql-view/0/V_P') ?? '')).toMatchObject({ high: 3, refused: 1 })
    const after = new Gateway()
    add(4, 'N4')
    listening(adapterOf(path, testPorts(ports.kept)), after)
    await until(() => after.parcels.size === 1)
    expect(after.offered).toHaveLength(1)
  })

  test('no log line and no parcel id carries a patient number or a name', async () => {
    const { path, add } = clinic()
    const ports = testPorts()
    const gateway = new Gateway(fatal, transient)
    for (const change of [1, 2, 3]) add(change, `PT-777-${change}`, '홍길동')
    listening(adapterOf(path, ports), gateway)
    await until(() => gateway.parcels.size === 2)
    expect(JSON.stringify([ports.events, gateway.offered, [...ports.kept]])).not.toMatch(/PT-777|홍길동/)
  })

  test('one view that is not as mapped stops itself, is named by check(), and the others go on', async () => {
    const { path, add } = clinic()
    add(1, 'A')
    const [view] = smallMapping.views
    const mapping = {
      ...smallMapping,
      views: [
        { ...view, view: 'V_GONE', idPrefix: 'gone-' },
        { ...view, idPrefix: 'p-' },
      ],
    }
    const gateway = new Gateway()
    const ports = testPorts()
    const adapter = adapterOf(path, ports, { mapping })
    listening(adapter, gateway)
    await until(() => gateway.parcels.size === 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(ports.events.map((each) => each.event)).toEqual(['sql-view.shape'])
    expect(await adapter.check(AbortSignal.timeout(1_000))).toEqual({ ok: false, reason: 'no such table: V_GONE' })
  })

  test('a restored backup whose numbers went back is told, not read as if nothing had happened', async () => {
    const { path, add, database } = clinic()
    const ports = testPorts()
    const gateway = new Gateway()
    add(100, 'A')
    const adapter = adapterOf(path, ports)
    listening(adapter, gateway)
    await until(() => gateway.parcels.size === 1)
    database.exec('DELETE FROM P')
    add(7, 'B')
    await until(() => ports.events.length > 0)
    const health = await adapter.check(AbortSignal.timeout(1_000))
    expect(health.ok ? '' : health.reason).toMatch(/change numbers of `V_P` went back/)
    expect(gateway.parcels.size).toBe(1)
    const fresh = new Gateway()
    listening(adapterOf(path, testPorts(ports.kept), { epoch: 1 }), fresh)
    await until(() => fresh.parcels.size === 1)
  })
})

describe('a database that is away is not a crash', () => {
  test('no file: check() says so, listen waits for it, nothing is created', async () => {
    const { path, add, database } = clinic()
    add(1, 'A')
    const ports = testPorts()
    const adapter = adapterOf(`${path}.later`, ports)
    const gateway = new Gateway()
    expect(await adapter.check(AbortSignal.timeout(1_000))).toEqual({ ok: false, reason: 'away: unable to open database file' })
    listening(adapter, gateway)
    await until(() => ports.events.length >= 2)
    expect(await adapter.deliver(response('p-1'), AbortSignal.timeout(1_000))).toMatchObject({ outcome: 'transient' })
    database.exec(`VACUUM INTO '${path}.later'`)
    await until(() => gateway.parcels.size === 1)
    expect(await adapter.check(AbortSignal.timeout(1_000))).toEqual({ ok: true })
  })

  test('a file that is no database is called corrupt and read again once it is one', async () => {
    const { path, add, database } = clinic()
    add(1, 'A')
    const other = `${path}.broken`
    writeFileSync(other, 'no database, only words. '.repeat(200))
    const adapter = adapterOf(other)
    const gateway = new Gateway()
    expect(await adapter.check(AbortSignal.timeout(1_000))).toEqual({ ok: false, reason: 'corrupt: file is not a database' })
    listening(adapter, gateway)
    rmSync(other)
    database.exec(`VACUUM INTO '${other}'`)
    await until(() => gateway.parcels.size === 1)
  })

  test('a locked database delays a delivery and does not lose it', async () => {
    const { path, database } = clinic()
    const adapter = adapterOf(path)
    database.exec('BEGIN EXCLUSIVE')
    expect(await adapter.deliver(response('p-1'), AbortSignal.timeout(1_000))).toEqual({
      outcome: 'transient',
      reason: 'busy: database is locked',
    })
    database.exec('COMMIT')
    expect(await adapter.deliver(response('p-1'), AbortSignal.timeout(1_000))).toMatchObject({ outcome: 'ok' })
    expect(database.prepare('SELECT count(*) AS N FROM BOX').get()).toEqual({ N: 1 })
  })

  test('a locked database delays the reading and does not lose a row', async () => {
    const { path, add, database } = clinic()
    database.exec('PRAGMA journal_mode = DELETE')
    add(1, 'A')
    const ports = testPorts()
    const gateway = new Gateway()
    database.exec('BEGIN EXCLUSIVE')
    listening(adapterOf(path, ports), gateway)
    await until(() => ports.events.length > 0)
    expect(ports.events[0]).toEqual({ event: 'sql-view.away', fields: { view: 'V_P', reason: 'busy: database is locked' } })
    expect(gateway.offered).toEqual([])
    database.exec('COMMIT')
    await until(() => gateway.parcels.size === 1)
  })

  test('a gateway whose memory fails is offered the same parcel again', async () => {
    const { path, add } = clinic()
    add(1, 'A')
    const ports = testPorts()
    let failures = 2
    const gateway = new Gateway()
    const set = async (key: string, value: string): Promise<void> => {
      if (failures > 0) {
        failures -= 1
        throw new Error('no connection')
      }
      ports.kept.set(key, value)
    }
    const adapter = sqlView.create(settings(path), { ...ports, memory: { get: async (key) => ports.kept.get(key), set } })
    cleanups.push(() => adapter.close())
    listening(adapter, gateway)
    await until(() => ports.kept.size === 1)
    expect(gateway.offered).toHaveLength(3)
    expect(gateway.parcels.size).toBe(1)
  })

  test('close() ends listen()', async () => {
    const { path } = clinic()
    const adapter = adapterOf(path)
    const done = adapter.listen?.(new Gateway().take, new AbortController().signal)
    await adapter.close()
    await expect(done).resolves.toBeUndefined()
  })
})

describe('what the network sends reaches the inbox', () => {
  test('a parcel delivered twice is one row', async () => {
    const { path, database } = clinic()
    const adapter = adapterOf(path)
    const first = await adapter.deliver(response('p-1'), AbortSignal.timeout(1_000))
    const second = await adapter.deliver(response('p-1', 'completed'), AbortSignal.timeout(1_000))
    expect([first, second]).toEqual([
      { outcome: 'ok', reference: 'p-1' },
      { outcome: 'ok', reference: 'p-1' },
    ])
    expect(database.prepare('SELECT * FROM BOX').all()).toEqual([
      { MSG_ID: 'p-1', KIND: 'referral-response', STS: 'accepted', RCV: '202603021000' },
    ])
  })

  test('a row that the table itself refuses is fatal, names the table, and is not mistaken for a duplicate', async () => {
    const { path, database } = clinic()
    const receipt = await adapterOf(path).deliver(response('p-1', 'failed'), AbortSignal.timeout(1_000))
    expect(receipt).toMatchObject({ outcome: 'fatal', where: 'BOX' })
    expect(database.prepare('SELECT count(*) AS N FROM BOX').get()).toEqual({ N: 0 })
  })

  test('an inbox without a unique index on the parcel id takes nothing: it could not keep one row per parcel', async () => {
    const { path, database } = clinic()
    database.exec('CREATE TABLE LOOSE (MSG_ID TEXT, KIND TEXT, STS TEXT, RCV TEXT)')
    const adapter = adapterOf(path, testPorts(), { mapping: { ...smallMapping, inbox: { ...smallMapping.inbox, table: 'LOOSE' } } })
    const receipt = await adapter.deliver(response('p-1'), AbortSignal.timeout(1_000))
    expect(receipt.outcome === 'transient' ? receipt.reason : '').toMatch(/does not match any PRIMARY KEY or UNIQUE constraint/)
  })

  test('records and parcels without a Task are no letters', async () => {
    const { path } = clinic()
    const adapter = adapterOf(path)
    const empty = { resourceType: 'Bundle', type: 'transaction' } as const
    const feed: Parcel = { id: 'f', kind: 'feed', bundle: empty, gaps: [] }
    expect(await adapter.deliver(feed, AbortSignal.timeout(1_000))).toMatchObject({ outcome: 'fatal', where: 'Bundle' })
    expect(await adapter.deliver({ ...feed, kind: 'referral-request' }, AbortSignal.timeout(1_000))).toMatchObject({
      outcome: 'fatal',
      where: 'Bundle.entry',
    })
  })
})

test('a column the mapping names and the view lacks is found by check(), not read as empty', async () => {
  const { path } = clinic()
  const [view] = smallMapping.views
  const mapping = { ...smallMapping, views: [{ ...view, elements: [...view.elements, { to: 'birthDate', as: 'date', column: 'BIRHT' }] }] }
  const health = await adapterOf(path, testPorts(), { mapping }).check(AbortSignal.timeout(1_000))
  expect(health).toEqual({ ok: false, reason: '`V_P` has no column `BIRHT`' })
})

test('a polled clinic yields nothing when it is asked live', async () => {
  const { path } = clinic()
  const query = { kind: 'record', patientId: 'A', types: [], maxResources: 10 } as const
  const found: unknown[] = []
  for await (const item of adapterOf(path).fetch(query, AbortSignal.timeout(1_000))) found.push(item)
  expect(found).toEqual([])
})

test('every fault of the configuration is listed at once', () => {
  expect(sqlView.faults({ databse: 'x', mapping: smallMapping, pollMs: 1, overlap: -1 })).toEqual([
    "`adapter` must have required property 'database'",
    '`adapter` must NOT have additional properties ("databse")',
    '`adapter/pollMs` must be >= 10',
    '`adapter/overlap` must be >= 0',
  ])
  expect(sqlView.faults({ database: 'x', mapping: 'no/such/file.json' })).toEqual(['`adapter/mapping`: the file cannot be read'])
})

function response(id: string, status: 'accepted' | 'completed' | 'failed' = 'accepted'): Parcel {
  const task = { resourceType: 'Task', status, intent: 'order' } as const
  return { id, kind: 'referral-response', bundle: { resourceType: 'Bundle', type: 'transaction', entry: [{ resource: task }] }, gaps: [] }
}
