/** Statements on one connection, and transactions of them: how they are named, planned and begun. */
import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { QueryOptions, Transaction, TransactionOptions } from './pool.ts'
import { isParsed, NamedStatement, type Answer } from './statement.ts'
import { wireText, type Bound } from './wire.ts'

const maxNamedStatements = 500
/**
 * The server would plan named statements over partitions anew each time, which costs more than running them. One plan serves them all; it does not know how
 * few values there are, nor how large a table grows after it was made, so it looks them up and reads no whole table for them. What is looked up are a
 * few rows that lie together: to gather their places first (a bitmap) costs more than to go to each.
 */
export const planOnce =
  'set plan_cache_mode = force_generic_plan; set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off; set random_page_cost = 1'
const planAnew = 'set plan_cache_mode = force_custom_plan; set enable_hashjoin = on; set enable_mergejoin = on; set enable_seqscan = on'

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- see `Sql.query`
export async function run<Row extends Record<string, unknown>>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[],
  { isPlannedAnew = false }: QueryOptions = {},
) {
  if (!isPlannedAnew) return runNamed<Row>(client, text, values)
  await client.query(planAnew)
  try {
    return await runNamed<Row>(client, text, values)
  } finally {
    // a transaction that failed takes the setting back with all else
    if (client.getTransactionStatus() !== 'E') await client.query(planOnce)
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- see `Sql.query`
async function runNamed<Row extends Record<string, unknown>>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[],
  ahead: readonly Bound[] = [],
): Promise<Omit<Answer<Row>, 'command'> & { readonly command: string }> {
  const name = statementName(text)
  if (name === undefined) return client.query<Row>(text, [...values]).catch(withoutValues)
  const statement = new NamedStatement<Row>(name, text, values, ahead)
  client.query(statement)
  return statement.answer.catch(withoutValues)
}

const statementNames = new Map<string, string>()

/** Beyond the bound (a caller builds texts without end) statements go unnamed: slower, but the server's memory stays bounded. */
function statementName(text: string): string | undefined {
  const known = statementNames.get(text)
  if (known !== undefined || statementNames.size >= maxNamedStatements) return known
  const name = `s${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
  statementNames.set(text, name)
  return name
}

interface Opening {
  readonly planned: (options: QueryOptions) => QueryOptions
  readonly begin: string
  /** statements may go together in one round trip */
  readonly isJoined: boolean
}

/** Not sent yet: it goes ahead of the next. */
interface Waiting {
  readonly text: string
  readonly bound: Bound
}

/**
 * Statements of one transaction run one after another, also when the caller started several at once. It begins with the first of them, in one
 * round trip; one without statements never began. What may wait goes with the next, the last with the commit.
 */
export function transactionOn(
  client: pg.ClientBase,
  state: { readonly isOpen: boolean },
  { planned, begin, isJoined }: Opening,
): Transaction & { commit(): Promise<void>; rollback(): Promise<void> } {
  let last: Promise<unknown> = Promise.resolve()
  let hasBegun = false
  let waiting: readonly Waiting[] = []
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!state.isOpen) throw new Error('the transaction is over: await every statement before `work` returns')
    const turn = last.then(work)
    last = Promise.allSettled([turn])
    return await turn
  }
  const ahead = async (): Promise<readonly Bound[]> => {
    if (!isJoined) return []
    const known = hasBegun ? [] : [knownOn(client, begin, [])]
    // the server hears of a text before it can go ahead of another: once for each connection
    const isKnown = !known.includes(undefined)
    if (!isKnown) await runNamed(client, begin, [])
    const before = isKnown ? known.flatMap((each) => each ?? []) : []
    const all = [...before, ...waiting.map(({ bound }) => bound)]
    hasBegun = true
    waiting = []
    return all
  }
  /** Everything up to here has run. */
  const settled = async (): Promise<void> => {
    const final = waiting.at(-1)
    waiting = waiting.slice(0, -1)
    if (final !== undefined) await runNamed(client, final.text, final.bound.values, await ahead())
    if (!hasBegun) await client.query(begin)
    hasBegun = true
  }
  return {
    query: (text, values = [], planning = {}) =>
      inTurn(async () => {
        const options = planned(planning)
        // a setting made before the beginning would outlive the transaction
        if (!isJoined || options.isPlannedAnew === true || statementName(text) === undefined) {
          await settled()
          return run(client, text, values, options)
        }
        const bound = options.mayWait === true ? knownOn(client, text, values) : undefined
        if (bound === undefined) return runNamed(client, text, values, await ahead())
        waiting = [...waiting, { text, bound }]
        return { rows: [], rowCount: null }
      }),
    script: (text) =>
      inTurn(async () => {
        await settled()
        await client.query(text).catch(withoutValues)
      }),
    async commit() {
      await last
      if (hasBegun || waiting.length > 0) await commit(client, await ahead())
    },
    async rollback() {
      await last
      waiting = []
      if (hasBegun) await client.query('rollback')
    },
  }
}

/** undefined: the server has yet to hear of the text. Throws for a value that cannot be written. */
function knownOn(client: pg.ClientBase, text: string, values: readonly unknown[]): Bound | undefined {
  const name = statementName(text)
  if (name === undefined || !('connection' in client) || !isConnection(client.connection) || !isParsed(client.connection, name))
    return undefined
  return { name, values: values.map(wireText) }
}

function isConnection(value: unknown): value is pg.Connection {
  return isObject(value) && 'stream' in value
}

/** PostgreSQL answers COMMIT of a transaction in which a statement failed with ROLLBACK, and no error: that must not look like success. */
async function commit(client: pg.ClientBase, ahead: readonly Bound[]): Promise<void> {
  const { command } = await runNamed(client, 'commit', [], ahead)
  if (command !== 'COMMIT') throw new Error('nothing was committed: a statement of the transaction failed and its error was not passed on')
}

export function beginText({ isolation = 'read committed', readOnly = false }: TransactionOptions): string {
  return `begin isolation level ${isolation}${readOnly ? ' read only' : ''}`
}

/** The server quotes rows in `detail` and `where` (`Key (name)=(…) already exists`); a log must never see them. */
export function withoutValues(error: unknown): never {
  if (isObject(error) && 'detail' in error) error.detail = undefined
  if (isObject(error) && 'where' in error) error.where = undefined
  throw error
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
