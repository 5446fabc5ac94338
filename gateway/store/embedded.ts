/**
 * PGlite in this process, dressed as a `pg.Pool` of one connection. Measured traps it works around:
 * - the adapter's own `new Pool(createPgConfig(db))` breaks after the first SQL error, hence a Client per connection object;
 * - a new client meets the old one's session (open transaction, prepared statements, settings), hence `clean`;
 * - no autovacuum and so no statistics: without a word to the planner every lookup by key reads the whole table, for ever;
 * - nothing locks the folder, hence `folder-lock.ts`;
 * - `statement_timeout` is accepted and not enforced, and a long statement blocks the event loop: keep statements small;
 * - `fsync` is off inside: it survives `kill -9`, not a power cut. Production runs on a server.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { columnTypes } from './column-types.ts'
import { lockFolder } from './folder-lock.ts'

export interface OpenPool {
  readonly pool: pg.Pool
  close(): Promise<void>
}

/** how long a statement waits for the one connection before it is an error: longer than any sound transaction */
const waitMs = 60_000

/** Where the lock of a data folder rests; `doctor` looks at it too. */
export function lockFileOf(dataDir: string): string {
  return join(dataDir, 'db.lock')
}

/** Opens `<dataDir>/db`, or memory when there is no folder. */
export async function openEmbedded(dataDir: string | undefined): Promise<OpenPool> {
  const lock = dataDir === undefined ? undefined : await lockFolder(lockFileOf(dataDir))
  try {
    const embedded = await startPglite(dataDir)
    const pool = poolOver(embedded.clientClass)
    return {
      pool,
      async close() {
        await pool.end()
        await embedded.close()
        lock?.release()
      },
    }
  } catch (error) {
    lock?.release()
    throw error
  }
}

async function startPglite(dataDir: string | undefined) {
  // imported here so that a gateway on a server never loads the 27 MB of WebAssembly
  const { PGlite } = await import('@electric-sql/pglite')
  const { createPgConfig } = await import('@electric-sql/pglite/node-postgres')
  if (dataDir !== undefined) mkdirSync(join(dataDir, 'db'), { recursive: true, mode: 0o700 })
  const db = await PGlite.create(dataDir === undefined ? {} : { dataDir: join(dataDir, 'db') })
  class EmbeddedClient extends pg.Client {
    constructor() {
      // `connection` is how pg is given another wire; its types do not name it
      const settings = {
        connection: createPgConfig(db).connection,
        host: 'pglite',
        user: 'postgres',
        database: 'postgres',
        types: columnTypes,
      }
      super(settings)
    }
  }
  return { clientClass: EmbeddedClient, close: () => db.close() }
}

function poolOver(clientClass: new () => pg.Client): pg.Pool {
  // never idle out: with one session a fresh client gains nothing and pays for `clean`
  // oxlint-disable-next-line typescript/no-misused-promises -- pg-pool awaits it, its types do not say so
  return new pg.Pool({ Client: clientClass, max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: waitMs, onConnect: clean })
}

async function clean(client: pg.ClientBase): Promise<void> {
  await client.query('rollback')
  await client.query('discard all')
  await client.query("set time zone 'UTC'")
  // Nothing analyses tables in here, and a prepared statement keeps the plan it got when its tables were empty: to read them from end to end.
  for (const plan of ['seqscan', 'hashjoin', 'mergejoin']) await client.query(`set enable_${plan} = off`)
}
