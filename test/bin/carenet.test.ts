import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { hasPostgres, openTestDatabase, withoutPostgres } from '../support/databases.ts'
import type { TestDatabase } from '../support/databases.ts'
import { freePort } from '../support/ports.ts'
import { runNode } from '../support/processes.ts'

const carenet = fileURLToPath(new URL('../../bin/carenet.mjs', import.meta.url))

let dataDir = ''
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'care-bin-'))
})
afterEach(() => {
  rmSync(dataDir, { recursive: true })
})

const doctor = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  runNode([carenet, 'doctor', ...args], { env: { CARENET_DATA_DIR: dataDir, ...env } })

const folderOf = ({ source }: TestDatabase): Readonly<Record<string, string>> =>
  'dataDir' in source ? { CARENET_DATA_DIR: source.dataDir } : {}

/** Stands in for a running gateway: only its health page. */
async function healthPage(status: number): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => response.writeHead(request.url === '/health/ready' ? status : 404).end())
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

test('the command line names its commands, and an unknown one is an error', async () => {
  const help = await runNode([carenet, '--help'])
  expect(help.code).toBe(0)
  for (const command of ['serve', 'sandbox', 'token', 'doctor', 'audit']) expect(help.output).toMatch(new RegExp(`^ {2}${command} `, 'm'))
  expect(await runNode([carenet, 'docter'])).toMatchObject({ code: 1, output: expect.stringContaining("unknown command 'docter'") })
})

test.each([
  [['token', '--help'], 0, 'prints an access token'],
  [['token'], 1, "'--as <name>' not specified"],
  [['demo', '99'], 1, 'stories are 1 to 9'],
])('`carenet %j` answers %i before it asks anything of a gateway', async (args, code, output) => {
  expect(await runNode([carenet, ...args])).toMatchObject({ code, output: expect.stringContaining(output) })
})

test('the entry, and what it reads before it knows its Node, name nothing that an older Node lacks', () => {
  // of Node 18: a name that is missing ends the program before it can say what to do
  const old = ['spawn', 'existsSync', 'realpathSync', 'fileURLToPath', 'isNodeRecent']
  const texts = ['bin/carenet.mjs', 'tools/runtime/version.mjs'].map((path) =>
    readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
  )
  const named = texts.flatMap((text) =>
    [...text.matchAll(/^import \{([^}]+)\}/gm)].flatMap(([, names = '']) => names.split(',').map((name) => name.trim())),
  )
  expect(named).toEqual(expect.arrayContaining(['spawn']))
  expect(named.filter((name) => !old.includes(name))).toEqual([])
})

test('what Node compiled of our sources is kept in the folder that is named, and otherwise in one of ours', async () => {
  const named = join(dataDir, 'compiled')
  await runNode([carenet, '--help'], { env: { NODE_COMPILE_CACHE: named } })
  expect(readdirSync(named, { recursive: true }).length).toBeGreaterThan(5)
  const ours = new URL('../../node_modules/.cache/care-network', import.meta.url)
  await runNode([carenet, '--help'], { env: { NODE_COMPILE_CACHE: '' } })
  expect(readdirSync(ours, { recursive: true }).length).toBeGreaterThan(5)
})

describe('doctor', () => {
  test('says that all is well, and exits 0, when the gateway is ready and the schema current', async () => {
    const embedded = await openTestDatabase('PGlite')
    await embedded.database.close()
    const gateway = await healthPage(200)
    const found = await doctor({ ...folderOf(embedded), CARENET_PUBLIC_URL: gateway.url })
    gateway.close()
    await embedded.close()
    expect(found.output).not.toContain('fault')
    expect(found.output).toMatch(/ok {4}schema: \d+ is current/)
    expect(found.code).toBe(0)
  })

  test('asks the running process rather than opening its database', async () => {
    const embedded = await openTestDatabase('PGlite')
    const gateway = await healthPage(503)
    const found = await doctor({ ...folderOf(embedded), CARENET_PUBLIC_URL: gateway.url })
    gateway.close()
    await embedded.close()
    expect(found.output).toContain(`ok    database: embedded, in use by process ${process.pid}`)
    expect(found.output).toMatch(/fault gateway: .* answers 503\n {6}do: read its log/)
    expect(found.code).toBe(1)
  })

  test('gives one advice per problem: nothing listens, the schema lags', async () => {
    const embedded = await openTestDatabase('PGlite', { schema: 'empty' })
    await embedded.database.close()
    const found = await doctor({ ...folderOf(embedded), CARENET_PUBLIC_URL: `http://127.0.0.1:${await freePort()}` })
    await embedded.close()
    expect(found.output).toMatch(/fault schema: 0 lacks 001-.*\n {6}do: start the gateway/)
    expect(found.output).toMatch(/fault gateway: does not answer .*\n {6}do: start it/)
    expect(found.code).toBe(1)
  })

  test('lists every fault of configuration and environment', async () => {
    const file = join(dataDir, 'carenet.json')
    writeFileSync(file, JSON.stringify({ institutions: [], colour: 'blue' }))
    const found = await doctor({ PORT: 'x', CARENET_COLOUR: 'blue' }, '--config', file)
    for (const fault of [
      'unknown key `colour`',
      'missing key `implicitPolicy`',
      '`PORT` is not a port',
      '`CARENET_COLOUR` is not a setting',
    ])
      expect(found.output).toContain(fault)
    expect(found.code).toBe(1)
  })

  test('asks each adapter what is wrong with its part', async () => {
    const file = join(dataDir, 'carenet.json')
    const member = { id: 'clinic', name: '해맑은의원', number: '31100001', type: '31', phone: '02', departments: [] }
    const institutions = [
      { ...member, adapter: { kind: 'telepathy' } },
      { ...member, id: 'tertiary', number: '01100003', adapter: { kind: 'fhir-rest' } },
    ]
    writeFileSync(file, JSON.stringify({ implicitPolicy: 'deny', institutions }))
    const found = await doctor({}, '--config', file)
    expect(found.output).toContain('fault adapter of `clinic`: there is no adapter kind `telepathy`')
    expect(found.output).toMatch(/fault adapter of `tertiary`: .*\n {6}do: see adapters\/fhir-rest\/README.md/)
    expect(found.code).toBe(1)
  })

  test('does not print the password of a database that does not answer', async () => {
    const found = await doctor({ DATABASE_URL: 'postgresql://care:hunter2@127.0.0.1:1/care' })
    expect(found.output).toMatch(/fault database: does not open: .*ECONNREFUSED.*\n {6}do: start PostgreSQL/)
    expect(found.output).not.toContain('hunter2')
    expect(found.code).toBe(1)
  })
})

;(hasPostgres ? describe : describe.skip)(`doctor on a server ${hasPostgres ? '' : withoutPostgres}`, () => {
  test('compares the clocks and the schema', async () => {
    const opened = await openTestDatabase('PostgreSQL')
    const gateway = await healthPage(200)
    const url = 'databaseUrl' in opened.source ? opened.source.databaseUrl : ''
    const found = await doctor({ DATABASE_URL: url, CARENET_PUBLIC_URL: gateway.url })
    gateway.close()
    await opened.close()
    expect(found.output).toMatch(
      /ok {4}database: postgres opens\nok {4}schema: \d+ is current\nok {4}clock of the database: within 5000 ms/,
    )
    expect(found.code).toBe(0)
  })
})
