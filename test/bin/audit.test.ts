/** `carenet audit verify` as an auditor runs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { expireNext } from '../../gateway/expire.ts'
import { newestCheckpoint } from '../../gateway/ledger-proof.ts'
import { sealAll } from '../../gateway/seal.ts'
import { openDatabase, type Database } from '../../gateway/store/pool.ts'
import {
  enginesFor,
  hasPostgres,
  openTestDatabase,
  unopenedDatabase,
  withoutPostgres,
  type Engine,
  type TestDatabase,
} from '../support/databases.ts'
import { clientOf, gatewaySetup } from '../support/gateway-client.ts'
import { runNode, startNode } from '../support/processes.ts'
import { logContext, write } from '../gateway/log.ts'

const carenet = fileURLToPath(new URL('../../bin/carenet.mjs', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'care-audit-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const verify = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  runNode([carenet, 'audit', 'verify', ...args], { env: { CARENET_DATA_DIR: folder, ...env } })

const engines = enginesFor({ isSameOnBoth: true })
const addressOf = ({ source }: Pick<TestDatabase, 'source'>): Readonly<Record<string, string>> =>
  'dataDir' in source ? { CARENET_DATA_DIR: source.dataDir } : { DATABASE_URL: source.databaseUrl }

/** Opens the database as a gateway would, and closes it again: the command line needs the folder for itself. */
async function during<T>({ source }: TestDatabase, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(source)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

function auditing(engine: Engine): void {
  test('exits 0 on a sound ledger, names the unsealed tail, and 1 with the entry that was changed', async () => {
    const made = await openTestDatabase(engine)
    const context = logContext(made.database)
    await write(context, 6)
    await sealAll(context)
    await write(context, 2)
    const checkpoint = join(folder, 'checkpoint.txt')
    writeFileSync(checkpoint, (await newestCheckpoint(context.store))?.note ?? '')
    await made.database.close()

    const sound = await verify(addressOf(made), '--checkpoint', checkpoint)
    expect(sound.output).toContain('ok    ledger: 8 entries, 6 leaves, 1 checkpoint, 1 key')
    expect(sound.output).toContain('unsealed tail: 2 entries are committed and not sealed yet')
    expect(sound.output).toContain('ok    the trusted checkpoint is a beginning of this log')
    expect(sound.code).toBe(0)

    await during(made, (database) => database.sql.query("update ledger set body = replace(body, 'person-1', 'person-3') where seq = 4"))
    const found = await verify(addressOf(made), '--checkpoint', checkpoint)
    expect(found.output).toMatch(/^fault changed: entry [0-9a-f-]{36} \(seq 4, leaf 3\) is not what was sealed$/m)
    expect(found.output).not.toContain('person-')
    expect(found.code).toBe(1)
    await made.close()
  })

  test('a rotated key signs what comes next, and the checkpoints of the old one still verify', async () => {
    const made = await openTestDatabase(engine)
    const context = logContext(made.database)
    await write(context, 3)
    await sealAll(context)
    const kept = join(folder, 'kept.txt')
    writeFileSync(kept, (await newestCheckpoint(context.store))?.note ?? '')
    await made.database.close()

    const rotated = await runNode([carenet, 'audit', 'rotate-key'], { env: addressOf(made) })
    const key = /^ok {4}key ([0-9a-f]{8}) signs from the next checkpoint on$/m.exec(rotated.output)?.[1]
    expect([rotated.code, typeof key]).toEqual([0, 'string'])
    await during(made, async (database) => {
      const later = logContext(database)
      await write(later, 2)
      await sealAll(later)
      expect((await database.sql.query('select id from ledger_key where private_key is not null')).rows).toEqual([{ id: key }])
    })
    const found = await verify(addressOf(made), '--checkpoint', kept)
    expect(found.output).toContain('ok    ledger: 5 entries, 5 leaves, 2 checkpoints, 2 keys')
    expect(found.output).toContain(`key ${key}`)
    expect(found.code).toBe(0)
    await made.close()
  })
}

describe('audit verify, on PGlite', () => {
  if (engines.includes('PGlite')) auditing('PGlite')

  test('finds nothing unsealed after a gateway that stopped cleanly, however late the last request came', async () => {
    const setup = await gatewaySetup()
    const config = join(folder, 'gateway.json')
    writeFileSync(config, JSON.stringify(setup.content))
    const made = await unopenedDatabase('PGlite')
    const running = startNode([carenet, 'serve', '--config', config], { env: addressOf(made) })
    await running.line(/^gateway /)
    for (let read = 0; read < 3; read += 1) expect((await clientOf(setup).as('auditor').get('AuditEvent/none')).status).toBe(404)
    expect((await running.stop()).code).toBe(0)
    const found = await verify(addressOf(made), '--config', config)
    await made.remove()
    expect(found.output).toMatch(/^ok {4}ledger: 3 entries, 3 leaves, /m)
    expect(found.output).not.toContain('unsealed')
    expect(found.code).toBe(0)
  })

  test('tells what expired lawfully from what was removed by hand', async () => {
    const made = await openTestDatabase('PGlite')
    const clock = { nowMs: Date.parse('2024-01-01T00:00:00Z') }
    const context = logContext(made.database, clock)
    await write(context, 4)
    await sealAll(context)
    clock.nowMs = Date.parse('2026-03-01T00:00:00Z')
    await write(context, 3)
    expect(await expireNext(context)).toBe(4)
    await made.database.close()
    const sound = await verify(addressOf(made))
    expect(sound.output).toContain('4 entries expired and were removed lawfully, the last on 2026-03-01T00:00:00.000Z')
    expect(sound.code).toBe(0)
    await during(made, (database) => database.sql.query('delete from ledger where seq = 6'))
    const found = await verify(addressOf(made))
    expect([found.code, /^fault deleted: the entry of seq 6 /m.test(found.output)]).toEqual([1, true])
    await made.close()
  })

  test('leaves a database alone that a running gateway holds, and says what to do', async () => {
    const made = await openTestDatabase('PGlite')
    const found = await verify(addressOf(made))
    await made.close()
    expect(found.output).toMatch(/in use by process \d+: stop that gateway and verify again/)
    expect(found.code).toBe(1)
  })

  test('makes no database where there is none', async () => {
    const found = await verify({})
    expect(found.output).toContain('there is no database in')
    expect(found.code).toBe(1)
  })

  test('says of a database from before the log that it has none', async () => {
    const made = await openTestDatabase('PGlite', { schema: 'empty' })
    await made.database.close()
    const found = await verify(addressOf(made))
    await made.close()
    expect(found.output).toContain('this database has no log yet')
    expect(found.code).toBe(1)
  })
})
if (engines.includes('PostgreSQL'))
  (hasPostgres ? describe : describe.skip)(`audit verify, on PostgreSQL ${hasPostgres ? '' : withoutPostgres}`, () =>
    auditing('PostgreSQL'),
  )
