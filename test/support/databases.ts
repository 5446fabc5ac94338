/**
 * The same suite on both engines. Each `open()` is a database of its own with the schema in place: on PGlite a copied folder, on PostgreSQL
 * a copy of a template. Both are made once per run. Suites close nothing: what they opened is closed and removed after them.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe } from '@jest/globals'
import { openDatabase } from '../../gateway/store/pool.ts'
import type { Database, DatabaseSource } from '../../gateway/store/pool.ts'
import { migrate } from '../../gateway/store/migrate.ts'
import { createDatabase, dropDatabase, findPostgresBinaries, postgresUrl, startPostgres } from './postgres.ts'
import type { PostgresServer } from './postgres.ts'
import { enginesAtThisScale } from './proof.ts'
import { oncePerRun, runFolder, runOwner } from './run-folder.ts'

export type Engine = 'PGlite' | 'PostgreSQL'

export interface TestDatabase {
  readonly database: Database
  /** opens the same database again; give it to a child process as `DATABASE_URL` or `CARENET_DATA_DIR` */
  readonly source: { readonly databaseUrl: string } | { readonly dataDir: string }
}

/** `schema: 'empty'` for tests of the migrations themselves */
export interface OpenTestOptions {
  readonly schema?: 'migrated' | 'empty'
}

export type OpenTest = (options?: OpenTestOptions) => Promise<Database>

export interface EachOptions {
  /** what is shown does not touch the tables: one engine in `npm test` (the server, or the one named), both in `npm run prove` */
  readonly isSameOnBoth?: boolean | Engine
}

/** Runs `suite` once per engine. Call `open` in `beforeAll` (0.1 to 0.5 s); the first one of a run takes some seconds. */
export function eachDatabase(title: string, suite: (open: OpenTest, engine: Engine) => void, options: EachOptions = {}): void {
  const engines = enginesFor(options)
  if (engines.includes('PGlite')) describe(`${title}, on PGlite`, () => suite(openerOf('PGlite'), 'PGlite'))
  if (!engines.includes('PostgreSQL')) return
  if (hasPostgres) describe(`${title}, on PostgreSQL`, () => suite(openerOf('PostgreSQL'), 'PostgreSQL'))
  else describe.skip(`${title}, on PostgreSQL ${withoutPostgres}`, () => suite(openerOf('PostgreSQL'), 'PostgreSQL'))
}

export function enginesFor({ isSameOnBoth = false }: EachOptions): readonly Engine[] {
  if (isSameOnBoth === false) return ['PGlite', 'PostgreSQL']
  return enginesAtThisScale(isSameOnBoth === true ? hasPostgres : isSameOnBoth === 'PostgreSQL')
}

export const hasPostgres = findPostgresBinaries() !== undefined

/** `npm test` counts skips by this name, and with CI=true fails on them. */
export const withoutPostgres = '(skipped: PostgreSQL binaries not found)'

/** For suites on one engine, or that start child processes on the database. Not closed by itself: call `close`. */
export async function openTestDatabase(
  engine: Engine,
  options: OpenTestOptions = {},
): Promise<TestDatabase & { readonly close: () => Promise<void> }> {
  const made = await (engine === 'PGlite' ? makeFolder(options) : makeOnServer(options))
  const database = await openDatabase(made.source)
  return {
    database,
    source: made.source,
    close: async () => {
      await database.close()
      await made.remove()
    },
  }
}

/** A migrated database that nobody has opened yet: for a gateway, or a process, that opens it itself. */
export async function unopenedDatabase(engine: Engine, options: OpenTestOptions = {}): Promise<Made> {
  return engine === 'PGlite' ? makeFolder(options) : makeOnServer(options)
}

/** The PostgreSQL cluster of this run, started on first need. */
export async function sharedPostgres(): Promise<PostgresServer> {
  const text = await oncePerRun('postgres.json', async () => JSON.stringify(await startPostgres({ ownerPid: runOwner() })))
  return JSON.parse(text)
}

function openerOf(engine: Engine): OpenTest {
  const opened: { close(): Promise<void> }[] = []
  afterAll(async () => {
    for (const each of opened) await each.close()
  })
  return async (options) => {
    const made = await openTestDatabase(engine, options)
    opened.push(made)
    return made.database
  }
}

export interface Made {
  readonly source: { readonly databaseUrl: string } | { readonly dataDir: string }
  remove(): Promise<void>
}

async function makeFolder({ schema = 'migrated' }: OpenTestOptions): Promise<Made> {
  const template = await (schema === 'empty' ? emptyFolder() : oncePerRun('pglite-migrated.txt', migratedFolder))
  const dataDir = mkdtempSync(join(runFolder(), 'data-'))
  cpSync(join(template, 'db'), join(dataDir, 'db'), { recursive: true })
  return { source: { dataDir }, remove: async () => rmSync(dataDir, { recursive: true, force: true }) }
}

/** Making a cluster is the slow part (4 s and more), so the migrated folder begins as a copy of this one. */
async function emptyFolder(): Promise<string> {
  return await oncePerRun('pglite-empty.txt', async () => {
    const dataDir = join(runFolder(), 'pglite-empty')
    await prepare({ dataDir }, 'empty')
    return dataDir
  })
}

async function migratedFolder(): Promise<string> {
  const dataDir = join(runFolder(), 'pglite-migrated')
  cpSync(join(await emptyFolder(), 'db'), join(dataDir, 'db'), { recursive: true })
  await prepare({ dataDir }, 'migrated')
  return dataDir
}

async function makeOnServer({ schema = 'migrated' }: OpenTestOptions): Promise<Made> {
  const server = await sharedPostgres()
  const template =
    schema === 'empty'
      ? 'template1'
      : await oncePerRun('postgres-template.txt', async () => {
          const name = await createDatabase(server)
          await prepare({ databaseUrl: postgresUrl(server, name) }, schema)
          return name
        })
  const name = await createDatabase(server, template)
  return { source: { databaseUrl: postgresUrl(server, name) }, remove: () => dropDatabase(server, name) }
}

async function prepare(source: DatabaseSource, schema: 'migrated' | 'empty'): Promise<void> {
  const database = await openDatabase(source)
  try {
    if (schema === 'migrated') await migrate(database)
  } finally {
    await database.close()
  }
}
