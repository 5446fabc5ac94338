/**
 * The database, one interface over PostgreSQL 15+ and the embedded PGlite. Statements are prepared by name without the caller's doing,
 * so write SQL text that does not vary with its values (`= any($1)`, not a list of placeholders). Rules:
 * - inside `transaction` only `tx` is passed; the Database handle throws there, because on the one connection of PGlite it would wait for
 *   itself for ever, and on a server it would silently leave the transaction;
 * - never await the network while a transaction is open;
 * - `work` may run more than once: what a serialization failure or a deadlock undid is tried again.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { DatabaseAway } from '../away.ts'
import { columnTypes } from './column-types.ts'
import { openEmbedded } from './embedded.ts'
import type { OpenPool } from './embedded.ts'
import { RowsClient } from './row-bytes.ts'
import { beginText, planOnce, run, transactionOn } from './transaction.ts'

export interface Sql {
  /** One statement. Column types: `column-types.ts`. Throws what the server says, without the row values it quotes. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller states the shape of the columns it selects
  query<Row extends Record<string, unknown> = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<{ rows: Row[]; rowCount: number | null }>
}

export interface QueryOptions {
  /** planned for these very values: where which of several conditions is rare decides how the statement is best run */
  readonly isPlannedAnew?: boolean
  /**
   * Nobody reads its answer: in a transaction it may be sent along with what follows it, at the latest with the commit. It fails there, and so
   * does the transaction.
   */
  readonly mayWait?: boolean
}

export interface Transaction extends Sql {
  /** Several statements in one text, unprepared and without values: for migrations only. */
  script(text: string): Promise<void>
}

export interface TransactionOptions {
  /** default: read committed */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
}

export interface Database {
  readonly kind: 'postgres' | 'pglite'
  readonly sql: Sql
  /** Commits when `work` resolves, rolls back when it rejects. Resolves only after the server said COMMIT. */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Waits for what is running, then gives connections, memory and the folder lock back. */
  close(): Promise<void>
}

/** A server when `databaseUrl` is given, else PGlite in `<dataDir>/db`; `Config` fits as it is. */
export type DatabaseSource = 'memory' | { readonly databaseUrl?: string | undefined; readonly dataDir?: string }

export interface OpenOptions {
  /** a connection broke; the pool replaces it. Default: a process warning */
  readonly connectionLost?: (error: Error) => void
  /** how long a statement waits for a connection before it is a `DatabaseAway` */
  readonly connectDeadlineMs?: number
}

const maxConnections = 10
const connectDeadlineMs = 10_000
const statementDeadlineMs = 30_000
const idleInTransactionMs = 60_000
const [oldestServer, maxAttempts] = [150_000, 6]
/** Where the server has it: a ledger's entry is packed several times quicker than by the older way, and no larger. */
const packing = `select set_config(name, 'lz4', false) from pg_settings where name = 'default_toast_compression' and 'lz4' = any(enumvals)`
const sessionSettings = `set time zone 'UTC'; set jit = off; ${planOnce}; ${packing}`

/** Opens and checks the database: reachable, PostgreSQL 15 or newer, UTF-8. Throws a message with the cause and the next step. */
export async function openDatabase(source: DatabaseSource, options: OpenOptions = {}): Promise<Database> {
  const databaseUrl = source === 'memory' ? undefined : source.databaseUrl
  const dataDir = source === 'memory' ? undefined : source.dataDir
  if (source !== 'memory' && databaseUrl === undefined && dataDir === undefined)
    throw new Error('no database: give `databaseUrl` or `dataDir`')
  const opened = databaseUrl === undefined ? await openEmbedded(dataDir) : serverPool(databaseUrl, options)
  const lost = options.connectionLost ?? ((error: Error) => process.emitWarning(`database connection lost: ${error.message}`))
  opened.pool.on('connect', (client) => client.on('error', lost))
  // the client above has reported it already; without a listener here node would end the process
  opened.pool.on('error', () => undefined)
  if (databaseUrl !== undefined) await check(opened)
  return databaseOver(opened, databaseUrl === undefined ? 'pglite' : 'postgres', lost)
}

function serverPool(connectionString: string, options: OpenOptions): OpenPool {
  const pool = new pg.Pool({
    Client: RowsClient,
    connectionString,
    max: maxConnections,
    types: columnTypes,
    application_name: 'care-network',
    connectionTimeoutMillis: options.connectDeadlineMs ?? connectDeadlineMs,
    // a reconnect prepares every statement anew
    idleTimeoutMillis: 300_000,
    keepAlive: true,
    statement_timeout: statementDeadlineMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    // oxlint-disable-next-line typescript/no-misused-promises -- pg-pool awaits it, its types do not say so
    onConnect: async (client: pg.ClientBase) => {
      await client.query(sessionSettings)
    },
  })
  return { pool, close: () => pool.end() }
}

async function check({ pool }: OpenPool): Promise<void> {
  try {
    const asked = await pool.query<{ version: number; encoding: string }>(
      "select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding",
    )
    const { version = 0, encoding = '' } = asked.rows[0] ?? {}
    if (version < oldestServer) throw new Error(`the database is PostgreSQL ${Math.floor(version / 10_000)}; 15 or newer is needed`)
    if (encoding !== 'UTF8') throw new Error(`the database is encoded in ${encoding}; create it with encoding UTF8`)
  } catch (error) {
    await pool.end()
    throw error
  }
}

function databaseOver(opened: OpenPool, kind: Database['kind'], lost: (error: Error) => void): Database {
  const { pool } = opened
  const planned = (options: QueryOptions): QueryOptions => (kind === 'postgres' ? options : {}) // PGlite plans as it does
  const inside = new AsyncLocalStorage<{ isOpen: boolean }>()
  const refuseInside = (): void => {
    if (inside.getStore()?.isOpen === true)
      throw new Error('inside a transaction only `tx` is passed: use it instead of the database handle')
  }
  let closing: Promise<void> | undefined
  return {
    kind,
    sql: {
      async query(text, values = [], planning = {}) {
        refuseInside()
        return await again(() => borrow(pool, (client) => runAlone(client, text, values, planned(planning))))
      },
    },
    async transaction(work, options = {}) {
      refuseInside()
      const state = { isOpen: true }
      return await again(() =>
        borrow(pool, async (client) => {
          state.isOpen = true
          // the stand-in of PGlite takes a message at a time; what a statement is read by decides too late how strict its transaction is
          const isJoined = kind === 'postgres' && (options.isolation ?? 'read committed') === 'read committed'
          const tx = transactionOn(client, state, { planned, begin: beginText(options), isJoined })
          try {
            const result = await inside.run(state, () => work(tx)).finally(() => (state.isOpen = false))
            await tx.commit()
            return result
          } catch (error) {
            await tx.rollback().catch(lost)
            throw error
          }
        }),
      )
    },
    close: () => (closing ??= opened.close()),
  }
}

async function borrow<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw new DatabaseAway('no connection to the database could be had', { cause })
  })
  try {
    const result = await work(client)
    client.release()
    return result
  } catch (error) {
    // an SQL error leaves a sound connection; anything else (and a stale prepared plan) is a reason for a new one
    client.release(sqlStateOf(error) === undefined || isStalePlan(error))
    throw error
  }
}

/** A bare `begin` would leave the connection in a transaction that belongs to nobody. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- see `Sql.query`
async function runAlone<Row extends Record<string, unknown>>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[],
  planning: QueryOptions,
) {
  const result = await run<Row>(client, text, values, planning)
  if (client.getTransactionStatus() !== 'I') {
    await client.query('rollback')
    throw new Error('a transaction is opened by `transaction` only')
  }
  return result
}

/** 40001 serialization_failure, 40P01 deadlock_detected: https://www.postgresql.org/docs/15/errcodes-appendix.html */
function isUndone(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === '40001' || state === '40P01' || isStalePlan(error)
}

/** A migration changed a table under a prepared statement: nothing ran, and a new connection prepares afresh. */
function isStalePlan(error: unknown): boolean {
  return sqlStateOf(error) === '0A000' && isObject(error) && 'routine' in error && error.routine === 'RevalidateCachedQuery'
}

async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (count === maxAttempts || !isUndone(error)) throw error
      await pause(randomInt(5, 10 * 2 ** count))
    }
  }
}

/** Undefined for errors that did not come from the server as an answer (a broken connection, a fault of ours). */
function sqlStateOf(error: unknown): string | undefined {
  if (!isObject(error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' && error.code.length === 5 ? error.code : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
