/** An operator's backup, made while the gateway serves, becomes the same network on the other engine: also the way from PGlite to PostgreSQL. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { condition, feed, openEncounter, patient, personId, withdraw, writeConsent } from '../gateway/records.ts'
import { hasPostgres, unopenedDatabase, type Engine, type Made } from '../support/databases.ts'
import { gatewaySetup, type GatewaySetup } from '../support/gateway-client.ts'
import { startGatewayOn } from '../support/gateway.ts'
import { runNode, type ProcessEnd } from '../support/processes.ts'
import { cases } from '../support/proof.ts'

const carenet = fileURLToPath(new URL('../../bin/carenet.mjs', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'care-journey-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const addressOf = (source: Made['source']): Readonly<Record<string, string>> =>
  'dataDir' in source ? { CARENET_DATA_DIR: source.dataDir } : { DATABASE_URL: source.databaseUrl }

function commands(setup: GatewaySetup) {
  const config = join(folder, 'gateway.json')
  writeFileSync(config, JSON.stringify(setup.content))
  return async (source: Made['source'], ...args: readonly string[]): Promise<ProcessEnd & { output: string }> =>
    runNode([carenet, ...args, '--config', config], { env: addressOf(source) })
}

function journey(from: Engine, to: Engine): void {
  test('the restored gateway serves the same bytes, obeys the withdrawal and proves its ledger', async () => {
    const setup = await gatewaySetup()
    const carenetOn = commands(setup)
    const [source, target] = [await unopenedDatabase(from), await unopenedDatabase(to, { schema: 'empty' })]
    const before = await startGatewayOn(setup, source.source)
    const chart = (number: number) => [
      patient('clinic', number),
      condition(`r-${number}`, `C-000${number}`, 'I10', { note: [{ text: 'a\u2028b' }] }),
    ]
    await feed(before, 'clinic', [...chart(1), ...chart(2)])
    await feed(
      before,
      'tertiary',
      [1, 2].flatMap((number) => [patient('tertiary', number), openEncounter(`now-${number}`, `T-000${number}`, '01')]),
    )
    const [open, closed] = [await personId(before, 1), await personId(before, 2)]
    await writeConsent(before, 1)
    expect((await withdraw(before, 2, await writeConsent(before, 2, 1))).status).toBe(200)
    const seen = await before.as('tertiary-doctor').get(`Condition?patient=${open}`)
    const record = seen.body.entry?.find(({ resource }) => resource?.resourceType === 'Condition')?.resource?.id ?? ''
    const read = await before.as('tertiary-doctor').get(`Condition/${record}`)
    expect(read.text).toContain('a\u2028b')

    const file = join(folder, 'network.backup')
    const backup = await carenetOn(source.source, 'backup', '--to', file)
    expect(backup).toMatchObject({ code: 0, output: expect.stringContaining('ok    backup') })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    if ('dataDir' in source.source) expect(readdirSync(source.source.dataDir).filter((name) => name.startsWith('backup-'))).toEqual([])
    expect((await before.as('tertiary-doctor').get(`Condition/${record}`)).text).toBe(read.text)
    await before.stop()

    expect(await carenetOn(target.source, 'restore', '--from', file)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/restored \d+ rows/),
    })
    const after = await startGatewayOn(setup, target.source)
    expect((await after.as('tertiary-doctor').get(`Condition/${record}`)).text).toBe(read.text)
    expect((await after.as('tertiary-doctor').get(`Condition?patient=${closed}`)).body.total).toBe(0)
    // a token of before is ended with the restore
    expect((await before.as('tertiary-doctor').get(`Condition/${record}`)).status).toBe(401)
    await after.stop()
    const verified = await carenetOn(target.source, 'audit', 'verify')
    expect(verified).toMatchObject({ code: 0, output: expect.stringMatching(/^ok {4}ledger: \d+ entries/m) })
    expect(await carenetOn(target.source, 'restore', '--from', file)).toMatchObject({
      code: 1,
      output: expect.stringContaining('not empty'),
    })
    await source.remove()
    await target.remove()
  })
}

describe(`from the running embedded database into ${hasPostgres ? 'PostgreSQL' : 'another embedded one'}`, () =>
  journey('PGlite', hasPostgres ? 'PostgreSQL' : 'PGlite'))
// in `npm test` the way back is walked by the store's own suite
if (hasPostgres && cases(1) > 1) describe('from PostgreSQL into the embedded database', () => journey('PostgreSQL', 'PGlite'))

describe('carenet backup and restore', () => {
  test('leave alone what is there, and say what is missing', async () => {
    const source = { dataDir: folder }
    const run = (...args: readonly string[]) => runNode([carenet, ...args], { env: addressOf(source) })
    const file = join(folder, 'one')
    writeFileSync(file, 'kept')
    expect(await run('backup', '--to', file)).toMatchObject({ code: 1, output: expect.stringContaining('is there already') })
    expect(await run('backup', '--to', join(folder, 'two'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('there is no database in'),
    })
    expect(await run('restore', '--from', join(folder, 'two'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('there is no file'),
    })
    const passphrase = join(folder, 'passphrase')
    writeFileSync(passphrase, 'long enough, but anybody reads it', { mode: 0o644 })
    const open = await run('backup', '--to', join(folder, 'two'), '--passphrase-file', passphrase)
    expect(open).toMatchObject({ code: 1, output: expect.stringContaining('chmod 600') })
    expect([existsSync(join(folder, 'two')), existsSync(join(folder, 'db'))]).toEqual([false, false])
  })
})
