/**
 * `carenet doctor`: is everything that the gateway needs in order? Changes nothing. One line per check, one advice per problem; true only when
 * all is well. While an embedded gateway runs, its database is asked through the gateway, since only one process may open it.
 */
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { loadConfig, readConfig } from '../gateway/config-load.ts'
import type { Environment } from '../gateway/config-load.ts'
import type { Config } from '../gateway/config.ts'
import { lockFileOf } from '../gateway/store/embedded.ts'
import { lockHolder } from '../gateway/store/folder-lock.ts'
import { migrationState } from '../gateway/store/migrate.ts'
import { openDatabase } from '../gateway/store/pool.ts'
import type { Database } from '../gateway/store/pool.ts'

export interface DoctorOptions {
  /** the config file; without one the sandbox is looked at */
  readonly config?: string | undefined
  readonly env: Environment
  readonly print: (line: string) => void
}

interface Finding {
  readonly about: string
  readonly says: string
  /** what to do; absent when all is well */
  readonly advice?: string
}

const clockToleranceMs = 5_000
const healthDeadlineMs = 5_000
/** no clock is right that shows a time before this file was written */
const writtenAt = Date.parse('2026-11-01T00:00:00Z')

/** Runs every check and prints what it finds; resolves to true when nothing is wrong. */
export async function doctor({ config: file, env, print }: DoctorOptions): Promise<boolean> {
  let problems = 0
  const report = (findings: readonly Finding[]): void => {
    for (const { about, says, advice } of findings) {
      print(`${advice === undefined ? 'ok   ' : 'fault'} ${about}: ${says}`)
      if (advice !== undefined) print(`      do: ${advice}`)
    }
    problems += findings.filter((finding) => finding.advice !== undefined).length
  }
  report([{ about: 'node', says: process.versions.node }, clock()])
  const isSandbox = file === undefined && (env['CARENET_CONFIG'] ?? '') === ''
  const loaded = isSandbox ? readConfig(env, sandboxStandIn, new Date()) : await loadConfig(env, file)
  if ('faults' in loaded) {
    report(loaded.faults.map((says) => ({ about: 'configuration', says, advice: 'see docs/configuration.md' })))
    return false
  }
  const config = loaded.ok
  const adapters = await adapterFaults(config)
  report(adapters)
  if (adapters.length > 0) return false
  report([{ about: 'configuration', says: isSandbox ? 'none given, looking at the sandbox' : 'no faults' }])
  report([dataFolder(config)])
  report(await database(config))
  report([await gateway(config)])
  return problems === 0
}

/** The sandbox writes its own configuration when it starts; only the environment can be wrong before that. */
export const sandboxStandIn = {
  implicitPolicy: 'deny-between-institutions',
  institutions: [],
  sandbox: { publicKey: { kty: 'EC' }, identities: [] },
}

async function adapterFaults({ institutions }: Config): Promise<readonly Finding[]> {
  if (institutions.length === 0) return []
  const { adapterKind } = await import('../adapters/registry.ts')
  return institutions.flatMap(({ id, adapter }) => {
    const kind = adapterKind(adapter.kind)
    const faults = kind === undefined ? [`there is no adapter kind \`${adapter.kind}\``] : kind.faults(adapter)
    const advice = kind === undefined ? 'see adapters/registry.ts' : `see adapters/${adapter.kind}/README.md`
    return faults.map((fault) => ({ about: `adapter of \`${id}\``, says: fault, advice }))
  })
}

function clock(): Finding {
  const says = new Date().toISOString()
  if (Date.now() >= writtenAt) return { about: 'clock', says }
  return {
    about: 'clock',
    says: `${says} is in the past`,
    advice: 'set the clock of this machine (NTP): consent periods and tokens depend on it',
  }
}

function dataFolder({ dataDir }: Config): Finding {
  let nearest = resolve(dataDir)
  while (!existsSync(nearest)) nearest = dirname(nearest)
  try {
    accessSync(nearest, constants.W_OK)
  } catch {
    // whatever the reason, the answer is the same
    return {
      about: 'data folder',
      says: `\`${nearest}\` cannot be written`,
      advice: 'give it to the user that runs the gateway, or set CARENET_DATA_DIR',
    }
  }
  const isThere = nearest === resolve(dataDir)
  return { about: 'data folder', says: isThere ? `\`${dataDir}\` can be written` : `\`${dataDir}\` will be made at the first start` }
}

async function database(config: Config): Promise<readonly Finding[]> {
  const about = 'database'
  if (config.databaseUrl === undefined) {
    const holder = lockHolder(lockFileOf(config.dataDir))
    if (holder?.isAlive === true) return [{ about, says: `embedded, in use by process ${holder.pid}; asking that one` }]
    if (!existsSync(join(config.dataDir, 'db'))) return [{ about, says: 'embedded, will be made at the first start' }]
  }
  let opened: Database
  try {
    opened = await openDatabase(config)
  } catch (error) {
    const advice =
      config.databaseUrl === undefined ? 'restore the data folder, or choose another' : 'start PostgreSQL, and check DATABASE_URL'
    return [{ about, says: `does not open: ${error instanceof Error ? error.message : String(error)}`, advice }]
  }
  try {
    return [{ about, says: `${opened.kind} opens` }, await schema(opened), ...(await databaseClock(opened))]
  } finally {
    await opened.close()
  }
}

async function schema(opened: Database): Promise<Finding> {
  const { version, pending, faults } = await migrationState(opened)
  const about = 'schema'
  if (faults.length > 0) return { about, says: faults.join('; '), advice: 'run the release that made this database, or restore the files' }
  if (pending.length === 0) return { about, says: `${version} is current` }
  return { about, says: `${version} lacks ${pending.join(', ')}`, advice: 'start the gateway: it applies them' }
}

/** Consent is judged by our clock and stored beside times of the server's: they must agree. */
async function databaseClock(opened: Database): Promise<readonly Finding[]> {
  if (opened.kind === 'pglite') return []
  const { rows } = await opened.sql.query<{ now: Date }>('select clock_timestamp() as now')
  const offMs = Math.abs(Date.now() - (rows[0]?.now.getTime() ?? 0))
  const about = 'clock of the database'
  if (offMs <= clockToleranceMs) return [{ about, says: `within ${clockToleranceMs} ms` }]
  return [{ about, says: `${offMs} ms off ours`, advice: 'set both clocks by NTP' }]
}

async function gateway({ publicUrl }: Config): Promise<Finding> {
  const about = 'gateway'
  const url = `${publicUrl}/health/ready`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(healthDeadlineMs), redirect: 'error' })
    await answer.body?.cancel()
    if (answer.ok) return { about, says: `ready at ${publicUrl}` }
    return { about, says: `${url} answers ${answer.status}`, advice: 'read its log: it says which part is not ready' }
  } catch {
    // refused, timed out, no such name: to whoever asks it is one thing
    return {
      about,
      says: `does not answer at ${url}`,
      advice: 'start it (`npm start`, or `npx carenet serve`), or correct CARENET_PUBLIC_URL',
    }
  }
}
