/** One gateway as a process on a database that outlives it: it may be killed and started again, and is asked at one address all the while. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase, type Database } from '../../gateway/store/pool.ts'
import { unopenedDatabase, type Engine } from '../support/databases.ts'
import { clientOf, gatewaySetup, type GatewayOptions, type TestGateway } from '../support/gateway-client.ts'
import { startNode, type TestProcess } from '../support/processes.ts'
import { runFolder } from '../support/run-folder.ts'

export interface OneProcess {
  readonly client: Omit<TestGateway, 'context' | 'close'>
  start(): Promise<void>
  kill(): Promise<void>
  /** while no process is there */
  database<T>(work: (database: Database) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const carenet = fileURLToPath(new URL('../../bin/carenet.mjs', import.meta.url))

export async function oneProcess(engine: Engine, options: GatewayOptions): Promise<OneProcess> {
  const made = await unopenedDatabase(engine)
  const setup = await gatewaySetup(options)
  const folder = mkdtempSync(join(runFolder(), 'one-'))
  const file = join(folder, 'gateway.json')
  writeFileSync(file, JSON.stringify(setup.content))
  const address: Record<string, string> =
    'dataDir' in made.source ? { CARENET_DATA_DIR: made.source.dataDir } : { DATABASE_URL: made.source.databaseUrl }
  let running: TestProcess | undefined
  return {
    client: clientOf(setup),
    async start() {
      running = startNode([carenet, 'serve', '--config', file], { env: { ...address, PORT: String(setup.port), LOG_LEVEL: 'error' } })
      await running.line(/^gateway /)
    },
    async kill() {
      await running?.stop('SIGKILL')
      running = undefined
    },
    async database(work) {
      const database = await openDatabase(made.source)
      try {
        return await work(database)
      } finally {
        await database.close()
      }
    },
    async close() {
      await running?.stop('SIGKILL')
      await made.remove()
      rmSync(folder, { recursive: true })
    },
  }
}
