/**
 * What the load meets: one PostgreSQL cluster with fsync on, a database for each target, the gateway as a program of its own, and the raw
 * servers of the harness beside it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { clientOf, gatewaySetup } from '../../test/support/gateway-client.ts'
import { freePort } from '../../test/support/ports.ts'
import { createDatabase, postgresUrl, startPostgres, stopPostgres, type PostgresServer } from '../../test/support/postgres.ts'
import { networkConsentOf } from './consent.ts'
import { analyze, bytesPerRecord, personsOf } from './database.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tokenEveryMs = 120_000
/** how deploy/ starts it */
const deployed = { flags: ['--max-semi-space-size=16', '--heap-growing-percent=120'], env: { MALLOC_ARENA_MAX: '2' } }

/** One line of the harness's targets file. */
export interface Target {
  readonly name: string
  readonly base: string
  readonly pid: number
  readonly dbPid: number
  readonly tokenFile?: string
  readonly skip?: readonly string[]
}

export interface Servers {
  readonly targets: readonly Target[]
  /** before the measurements, after the seeding: statistics of every table */
  analyze(): Promise<void>
  /** patient ids as the institution knows them → the persons' ids, each with a consent that names the reader; in the same order */
  consented(localIds: readonly string[]): Promise<readonly string[]>
  /** bytes of the gateway's database per stored resource */
  bytesPerResource(): Promise<number>
  close(): Promise<void>
}

/** Where things are. */
export interface Folders {
  /** the load harness, installed */
  readonly harness: string
  /** for configuration and tokens */
  readonly folder: string
  /** where the gateway leaves a profile of its processor time when it ends; undefined = it takes none */
  readonly profiles?: string | undefined
  /** a second gateway on the same database, without consent and audit (`unguarded.ts`): targets `own-unguarded` and `consent-unguarded` */
  readonly withUnguarded?: boolean
}

/** Throws with the output of what did not start. */
export async function startServers(folders: Folders): Promise<Servers> {
  const server = await startPostgres({ fsync: true, sharedBuffers: '1GB' })
  const children: ChildProcess[] = []
  const close = async (): Promise<void> => {
    await Promise.all(children.map(end))
    await stopPostgres(server)
  }
  try {
    const made = await startTargets(server, children, folders)
    return { ...made, close: () => made.close().then(close) }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

async function startTargets(
  server: PostgresServer,
  children: ChildProcess[],
  { harness, folder, profiles, withUnguarded = false }: Folders,
): Promise<Servers> {
  const dbPid = Number(readFileSync(join(server.folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  const databaseUrl = async (): Promise<string> => postgresUrl(server, await createDatabase(server))
  const raw = async (kind: 'http' | 'express'): Promise<{ readonly target: Target; readonly database: string }> => {
    const [port, database] = [await freePort(), await databaseUrl()]
    const pid = await started(
      children,
      [join(harness, 'raw', 'server.mjs'), '--kind', kind, '--port', String(port), '--pg', database],
      port,
    )
    return { target: { name: `raw-${kind}`, base: `http://127.0.0.1:${port}`, pid, dbPid }, database }
  }
  // Whoever measures may ask as often as he likes; everything else is as a hospital has it.
  const setup = await gatewaySetup({
    rateLimits: { requestsPerMinute: { people: 0 }, personsPerHour: { doctor: 0, 'privacy-officer': 0 } },
  })
  const database = await databaseUrl()
  const gateway = async (name: string, port: number, flags: readonly string[]): Promise<number> => {
    const config = join(folder, `${name}.json`)
    writeFileSync(config, JSON.stringify({ ...setup.content, port, dataDir: join(folder, name) }), { mode: 0o600 })
    const program = [...deployed.flags, ...flags, 'bin/carenet.mjs', 'serve', '--config', config]
    return started(children, program, port, { ...deployed.env, DATABASE_URL: database, LOG_LEVEL: 'error' })
  }
  const pid = await gateway('gateway', setup.port, profiles === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profiles])
  const client = clientOf(setup)
  const files = { own: join(folder, 'own.token'), consent: join(folder, 'consent.token') }
  const renew = async (): Promise<void> => {
    const own = await client.systemToken('clinic', 'system/*.cruds')
    writeFileSync(files.own, String(own.body['access_token']), { mode: 0o600 })
    writeFileSync(files.consent, await client.token('hospital-doctor'), { mode: 0o600 })
  }
  await renew()
  const stop = new AbortController()
  const renewing = keepRenewing(renew, stop.signal)
  const raws = [await raw('http'), await raw('express')]
  const ours = { base: `${client.url}/fhir/R4`, pid, dbPid }
  const unguarded = async (): Promise<Pick<Target, 'base' | 'pid' | 'dbPid'>> => {
    const port = await freePort()
    const base = `http://127.0.0.1:${port}/fhir/R4`
    return { base, pid: await gateway('unguarded', port, ['--import', './bench/load/unguarded.ts']), dbPid }
  }
  const second = withUnguarded ? await unguarded() : undefined
  const writes = ['update-if-match', 'mixed-90-10', 'create', 'transaction-100']
  const searches = ['search-identifier', 'search-name', 'search-birthdate']
  return {
    targets: [
      { ...ours, name: 'own', tokenFile: files.own },
      { ...ours, name: 'consent', tokenFile: files.consent, skip: [...writes, ...searches] },
      ...(second === undefined
        ? []
        : [
            { ...second, name: 'own-unguarded', tokenFile: files.own, skip: writes },
            { ...second, name: 'consent-unguarded', tokenFile: files.consent, skip: [...writes, ...searches] },
          ]),
      ...raws.map(({ target }) => target),
    ],
    async analyze() {
      for (const each of [database, ...raws.map((each) => each.database)]) await analyze(each)
    },
    async consented(localIds) {
      const persons = await personsOf(database, 'clinic')
      const officer = client.as('privacy-officer')
      const ids: string[] = []
      for (const localId of localIds) {
        const person = persons.get(localId) ?? fail(`the gateway knows no person for patient ${localId}`)
        const reply = await officer.post('Consent', networkConsentOf(person, 'hospital'))
        if (reply.status !== 201) fail(`a consent was answered ${reply.status} ${reply.text.slice(0, 300)}`)
        ids.push(person)
      }
      return ids
    },
    bytesPerResource: () => bytesPerRecord(database),
    async close() {
      stop.abort()
      await renewing
    },
  }
}

/** Tokens live five minutes; the harness reads the file before each measurement. */
async function keepRenewing(renew: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(tokenEveryMs, undefined, { signal }).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown
    })
    if (!signal.aborted) await renew()
  }
}

async function started(children: ChildProcess[], args: readonly string[], port: number, env: Readonly<Record<string, string>> = {}) {
  // the bench's own setting is none of the gateway's, which refuses what it does not know
  const { CARENET_HARNESS: _harness, ...inherited } = process.env
  const child = spawn(process.execPath, args, { cwd: root, env: { ...inherited, ...env }, stdio: ['ignore', 'inherit', 'inherit'] })
  children.push(child)
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) fail(`\`${args.join(' ')}\` ended with ${child.exitCode}`)
    const answered = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) }).then(
      async (response) => response.text(),
      () => undefined,
    )
    if (answered !== undefined && child.pid !== undefined) return child.pid
    await sleep(100)
  }
  return fail(`nothing answers on port ${port}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

function fail(why: string): never {
  throw new Error(why)
}
