/**
 * Forward-only schema changes: `sql/NNN-name.sql`, applied in the order of their numbers, each in one transaction with the row that says so.
 * An applied file is never edited, removed or overtaken: each of these is an error before anything runs. Two processes that start at
 * once wait for each other by an advisory lock.
 * Postgrator does the bookkeeping (table `schema_version`, md5); only its file names (`1.do.name.sql`) are not ours, see `NumberedFiles`.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Postgrator from 'postgrator'
import type { Database, Sql, Transaction } from './pool.ts'

export interface MigrationState {
  /** number of the last applied file, 0 for an empty database */
  readonly version: number
  /** files still to be applied, in order */
  readonly pending: readonly string[]
  /** why nothing may be applied; empty when all is well */
  readonly faults: readonly string[]
}

const ownFolder = fileURLToPath(new URL('./sql/', import.meta.url))
const table = 'schema_version'
/** any number, as long as nothing else in this database uses it as an advisory lock */
const lockKey = 7_251_001

/**
 * Brings the database to the newest schema, or to schema `upTo` (for `restore`); resolves to the files applied now. Throws the faults of
 * `migrationState`, all at once.
 */
export async function migrate(
  database: Database,
  folder: string = ownFolder,
  upTo: number = Number.POSITIVE_INFINITY,
): Promise<readonly string[]> {
  const state = await migrationState(database, folder)
  if (state.faults.length > 0) throw new Error(`the database schema cannot be brought up to date: ${state.faults.join('; ')}`)
  const applied: string[] = []
  for (const file of state.pending.filter((name) => numberOf(name) <= upTo)) {
    const isNew = await database.transaction((tx) => apply(tx, file, folder))
    if (isNew) applied.push(file)
  }
  return applied
}

/** What `migrate` would do; changes nothing. */
export async function migrationState(database: Database, folder: string = ownFolder): Promise<MigrationState> {
  const files = await readFolder(folder)
  const applied = await readApplied(database.sql)
  const version = Math.max(0, ...applied.keys())
  const numbers = new Set(files.map((file) => file.version))
  const faults = [
    ...doubles(files).map((number) => `two files are numbered ${number}`),
    ...files.flatMap((file) => faultOf(file, applied, version)),
    ...[...applied.keys()]
      .filter((number) => !numbers.has(number))
      .map((number) => `schema ${number} is applied and unknown here: this program is older than its database, update it`),
  ]
  return { version, pending: files.filter((file) => file.version > version).map((file) => basename(file.filename)), faults }
}

export interface SchemaFile {
  readonly version: number
  /** of its text, as the bookkeeping keeps it */
  readonly md5: string
}

/** The schema files of this program, in order. */
export async function knownSchema(folder: string = ownFolder): Promise<readonly SchemaFile[]> {
  return (await readFolder(folder)).map(({ version, md5 }) => ({ version, md5: md5 ?? '' }))
}

/** The schema files that this database is made of, in order; none in an empty one. */
export async function appliedSchema(sql: Sql): Promise<readonly SchemaFile[]> {
  return [...(await readApplied(sql))].map(([version, md5]) => ({ version, md5 }))
}

function faultOf(file: Postgrator.Migration, applied: ReadonlyMap<number, string>, version: number): readonly string[] {
  const md5 = applied.get(file.version)
  const name = basename(file.filename)
  if (md5 === undefined && file.version < version)
    return [`\`${name}\` was added behind the applied schema ${version}: give it a higher number`]
  if (md5 !== undefined && md5 !== file.md5)
    return [`\`${name}\` was edited after it was applied: restore it and write the change as the next file`]
  return []
}

/** Applies one file; false when another process has done so meanwhile. */
async function apply(tx: Transaction, file: string, folder: string): Promise<boolean> {
  await tx.query('set local statement_timeout = 0')
  await tx.query('select pg_advisory_xact_lock($1)', [lockKey])
  const postgrator = new NumberedFiles(folder, tx)
  try {
    const done = await postgrator.migrate(String(numberOf(file)))
    return done.length > 0
  } catch (error) {
    throw new Error(`\`${file}\` failed and was undone: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

class NumberedFiles extends Postgrator {
  /** Postgrator keeps what it found here and reads it when it picks the files to run */
  migrations: Postgrator.Migration[] = []
  readonly #folder: string

  constructor(folder: string, tx: Transaction) {
    super({
      driver: 'pg',
      schemaTable: table,
      execQuery: (text) => tx.query(text),
      execSqlScript: (text) => tx.script(text),
    })
    this.#folder = folder
  }

  override async getMigrations(): Promise<Postgrator.Migration[]> {
    this.migrations = await readFolder(this.#folder)
    return this.migrations
  }
}

async function readFolder(folder: string): Promise<Postgrator.Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return await Promise.all(
    names.map(async (name): Promise<Postgrator.Migration> => {
      const text = await readFile(join(folder, name), 'utf8')
      return {
        version: numberOf(name),
        action: 'do',
        filename: join(folder, name),
        name: nameOf(name),
        md5: md5Of(text),
        getSql: () => text,
      }
    }),
  )
}

/** A checkout with Windows line ends is the same file. */
function md5Of(text: string): string {
  return createHash('md5').update(text.replaceAll('\r\n', '\n')).digest('hex')
}

function numberOf(name: string): number {
  const digits = /^(\d{3})-[a-z0-9-]+\.sql$/.exec(name)?.[1]
  if (digits === undefined || Number(digits) === 0) throw new Error(`\`${name}\` is not called like \`001-name.sql\``)
  return Number(digits)
}

function nameOf(name: string): string {
  return name.slice(4, -'.sql'.length)
}

function doubles(files: readonly Postgrator.Migration[]): readonly number[] {
  const numbers = files.map((file) => file.version)
  return [...new Set(numbers.filter((number, index) => numbers.indexOf(number) !== index))]
}

async function readApplied(sql: Sql): Promise<ReadonlyMap<number, string>> {
  const { rows: found } = await sql.query<{ present: boolean }>('select to_regclass($1) is not null as present', [table])
  if (found[0]?.present !== true) return new Map()
  const { rows } = await sql.query<{ version: number; md5: string }>(`select version, md5 from ${table} where version > 0 order by version`)
  return new Map(rows.map((row) => [row.version, row.md5]))
}
