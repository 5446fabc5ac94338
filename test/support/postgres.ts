/**
 * A PostgreSQL cluster for tests: trust authentication on a unix socket inside a 0700 folder, no TCP. As root it runs under the
 * `postgres` user, since the server refuses root. A keeper process (`postgres-keeper.ts`) owns it and takes it down when its owner dies,
 * however that happens.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomUUID } from 'node:crypto'
import pg from 'pg'

export interface PostgresServer {
  readonly keeperPid: number
  /** holds the socket and the data; gone after `stopPostgres` */
  readonly folder: string
}

export interface PostgresOptions {
  /** default off: tests do not survive a power cut. On for those that kill the server itself */
  readonly fsync?: boolean
  /** as PostgreSQL writes it; default 64MB: many clusters of tests fit beside each other */
  readonly sharedBuffers?: string
  /** the process whose end ends the server; default: this one */
  readonly ownerPid?: number
}

/** Folder of `initdb` and `postgres`, newest version first; undefined when there is none. */
export function findPostgresBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** Starts a fresh cluster and resolves when it takes connections. Throws when there are no binaries or it does not start. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = findPostgresBinaries()
  if (binaries === undefined) throw new Error('no PostgreSQL binaries in /usr/lib/postgresql or PATH')
  const { fsync = false, sharedBuffers = '64MB', ownerPid = process.pid } = options
  const settings = JSON.stringify({ binaries, fsync, sharedBuffers, ownerPid })
  const keeper = spawn(process.execPath, [fileURLToPath(new URL('./postgres-keeper.ts', import.meta.url)), settings], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const folder = await new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8')
      const ready = /^ready (.+)$/m.exec(output)?.[1]
      if (ready !== undefined) resolve(ready)
    }
    keeper.stdout.on('data', take)
    keeper.stderr.on('data', take)
    keeper.once('error', reject)
    keeper.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${output}`)))
  })
  keeper.removeAllListeners('exit')
  keeper.stdout.destroy()
  keeper.stderr.destroy()
  keeper.unref()
  if (keeper.pid === undefined) throw new Error('the keeper of PostgreSQL has no pid')
  return { keeperPid: keeper.pid, folder }
}

/** Stops the server and removes its folder; resolves when both are gone. */
export async function stopPostgres(server: PostgresServer): Promise<void> {
  if (!signal(server.keeperPid, 'SIGTERM')) return
  while (existsSync(server.folder)) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** A `DATABASE_URL` for one database of the server. */
export function postgresUrl(server: PostgresServer, database: string): string {
  return `postgresql:///${database}?host=${encodeURIComponent(server.folder)}&user=postgres`
}

/** Creates a database, a copy of `template` (default: an empty one), and resolves to its name. */
export async function createDatabase(server: PostgresServer, template = 'template1'): Promise<string> {
  // A worker runs many files and each counts from the start, so a count would repeat.
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await onServer(server, `create database ${name} template ${template}`)
  return name
}

/** Drops a database, ending what is still connected to it. */
export async function dropDatabase(server: PostgresServer, name: string): Promise<void> {
  await onServer(server, `drop database if exists ${name} with (force)`)
}

/** Runs one administrative statement, outside any of our pools. */
export async function onServer(server: PostgresServer, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl(server, 'postgres') })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    // not `instanceof Error`: inside jest, errors of node itself belong to another realm
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
