/**
 * The sandbox network as processes on real sockets. Once per run and engine `carenet sandbox` seeds a network and stops; every suite gets a
 * copy of what it left, with the EMRs and the gateway as processes that the suite may kill and start again one by one.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from '@jest/globals'
import { prepareFolder } from '../../bin/sandbox.ts'
import { portsFrom, type SandboxPorts } from '../../bin/sandbox/network.ts'
import { openDatabase, type Database } from '../../gateway/store/pool.ts'
import { callerOf, type Ask, type Caller } from './client.ts'
import { enginesFor, hasPostgres, sharedPostgres, withoutPostgres, type EachOptions, type Engine } from './databases.ts'
import { createDatabase, dropDatabase, postgresUrl } from './postgres.ts'
import { startNode, type TestProcess } from './processes.ts'
import { oncePerRun, runFolder } from './run-folder.ts'

export type Program = 'clinic' | 'hospital' | 'tertiary' | 'gateway'
const emrs = ['clinic', 'hospital', 'tertiary'] as const

export interface Network {
  readonly engine: Engine
  readonly url: string
  readonly ports: SandboxPorts
  /** holds `sandbox/`: the configuration files, and each EMR's own database */
  readonly dataDir: string
  /** undefined on PGlite */
  readonly databaseUrl: string | undefined
  /** a person with a token of their own, asked for once */
  as(name: string, ask?: Ask): Promise<Caller>
  process(program: Program): TestProcess
  /** starts what was stopped or killed; `now` sets the application clock of the gateway */
  start(program: Program, now?: Date): Promise<void>
  /** a further gateway on the same database (PostgreSQL); ended with the network */
  serve(configFile: string, port: number): Promise<TestProcess>
  /** the gateway's database; on PGlite the gateway must have ended */
  database<T>(work: (database: Database) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface NetworkOptions extends EachOptions {
  /** settings of an institution's adapter that differ from the sandbox's */
  readonly adapters?: Readonly<Partial<Record<Program, object>>>
}

/** Runs `suite` once per engine; `network()` is there from `beforeAll` on and ended by `afterAll`. */
export function eachNetwork(title: string, suite: (network: () => Network, engine: Engine) => void, options: NetworkOptions = {}): void {
  const run = (engine: Engine) => (): void => {
    let network: Network | undefined
    beforeAll(async () => {
      network = await startNetwork(engine, options)
    })
    afterAll(async () => network?.close())
    suite(() => network ?? notYet(), engine)
  }
  const engines = enginesFor(options)
  if (engines.includes('PGlite')) describe(`${title}, on PGlite`, run('PGlite'))
  if (!engines.includes('PostgreSQL')) return
  if (hasPostgres) describe(`${title}, on PostgreSQL`, run('PostgreSQL'))
  else describe.skip(`${title}, on PostgreSQL ${withoutPostgres}`, run('PostgreSQL'))
}

function notYet(): never {
  throw new Error('the network is there from `beforeAll` on')
}

/** Resolves when the gateway and the three EMRs answer. */
export async function startNetwork(engine: Engine, options: NetworkOptions = {}): Promise<Network> {
  const made = await copyOfSeeded(engine)
  const ports = portsFrom(await freeRange())
  const url = `http://localhost:${ports.gateway}`
  const { key } = await prepareFolder(made.dataDir, ports, url)
  configure(join(made.dataDir, 'sandbox', 'gateway.json'), options)
  const running = new Map<Program, TestProcess>()
  const further: TestProcess[] = []
  const environment = made.databaseUrl === undefined ? {} : { DATABASE_URL: made.databaseUrl }
  const callers = new Map<string, Promise<Caller>>()
  const start = async (program: Program, now?: Date): Promise<void> => {
    const env = { ...environment, ...(now === undefined ? {} : { CARENET_NOW: now.toISOString() }) }
    const config = join(made.dataDir, 'sandbox', `${program}.json`)
    const started = startNode([...scriptOf(program), '--config', config], { env: program === 'gateway' ? env : {}, cwd: root })
    running.set(program, started)
    await started.line(/\S/)
  }
  const close = async (): Promise<void> => {
    await Promise.all([...further, ...running.values()].map((each) => end(each)))
    await made.remove()
  }
  try {
    await Promise.all(emrs.map((name) => start(name)))
    await start('gateway')
  } catch (thrown) {
    await close()
    throw thrown
  }
  return {
    engine,
    url,
    ports,
    dataDir: made.dataDir,
    databaseUrl: made.databaseUrl,
    as(name, ask = {}) {
      const id = JSON.stringify([name, ask])
      const known = callers.get(id) ?? callerOf({ base: url, key }, name, ask)
      callers.set(id, known)
      return known
    },
    process: (program) => running.get(program) ?? notYet(),
    start,
    async serve(configFile, port) {
      const started = startNode([...scriptOf('gateway'), '--config', configFile], {
        env: { ...environment, PORT: String(port) },
        cwd: root,
      })
      further.push(started)
      await started.line(/^gateway /)
      return started
    },
    async database(work) {
      const database = await openDatabase(made)
      try {
        return await work(database)
      } finally {
        await database.close()
      }
    },
    close,
  }
}

function configure(file: string, { adapters = {} }: NetworkOptions): void {
  const config: { institutions: { id: string; adapter: object }[] } = JSON.parse(readFileSync(file, 'utf8'))
  for (const institution of config.institutions)
    Object.assign(institution.adapter, Object.entries(adapters).find(([id]) => id === institution.id)?.[1])
  writeFileSync(file, JSON.stringify(config))
}

const root = new URL('../..', import.meta.url).pathname

function scriptOf(program: Program): readonly string[] {
  const quiet = '--disable-warning=ExperimentalWarning'
  return program === 'gateway' ? [quiet, 'bin/carenet.mjs', 'serve'] : [quiet, join('adapters', 'sandbox', program, 'main.ts')]
}

/** A process that was killed by the test has ended already. */
async function end(started: TestProcess): Promise<void> {
  const stopped = started.stop()
  const late = setTimeout(() => void started.stop('SIGKILL'), 10_000)
  await stopped
  clearTimeout(late)
}

interface Copy {
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  remove(): Promise<void>
}

async function copyOfSeeded(engine: Engine): Promise<Copy> {
  const seeded: { dataDir: string; database: string } = JSON.parse(await oncePerRun(`sandbox-${engine}.json`, () => seedNetwork(engine)))
  const dataDir = mkdtempSync(join(runFolder(), 'network-'))
  cpSync(seeded.dataDir, dataDir, { recursive: true })
  const removeFolder = (): void => rmSync(dataDir, { recursive: true, force: true })
  if (engine === 'PGlite') return { dataDir, databaseUrl: undefined, remove: async () => removeFolder() }
  const server = await sharedPostgres()
  const name = await createDatabase(server, seeded.database)
  const remove = async (): Promise<void> => {
    await dropDatabase(server, name)
    removeFolder()
  }
  return { dataDir, databaseUrl: postgresUrl(server, name), remove }
}

/** `npm start` on an empty folder, until it says ready; then Ctrl-C. What it left behind is what every suite begins with. */
async function seedNetwork(engine: Engine): Promise<string> {
  const dataDir = join(runFolder(), `seeded-${engine}`)
  const server = engine === 'PGlite' ? undefined : await sharedPostgres()
  const database = server === undefined ? '' : await createDatabase(server)
  const env = {
    PORT: String(await freeRange()),
    CARENET_DATA_DIR: dataDir,
    ...(server === undefined ? {} : { DATABASE_URL: postgresUrl(server, database) }),
  }
  const sandbox = startNode(['bin/carenet.mjs', 'sandbox'], { env, cwd: root })
  try {
    await sandbox.line(/^ready http/, 90_000)
  } finally {
    await sandbox.stop('SIGINT')
  }
  const { code } = await sandbox.ended
  if (code !== 0) throw new Error(`the sandbox did not stop cleanly (exit ${code}):\n${sandbox.output()}`)
  return JSON.stringify({ dataDir, database })
}

const rangeLength = 7

/** The first of seven neighbouring ports that were free a moment ago, below those that the system gives out by itself. */
async function freeRange(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const first = 20_000 + rangeLength * Math.floor(Math.random() * 1_500)
    const free = await Promise.all(Array.from({ length: rangeLength }, (_, at) => isFree(first + at)))
    if (free.every(Boolean)) return first
  }
  throw new Error('no seven neighbouring ports are free')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
