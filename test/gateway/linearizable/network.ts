/** Two gateway processes on one PostgreSQL database, both taken for the one gateway of this network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unopenedDatabase } from '../../support/databases.ts'
import { clientOf, gatewaySetup, type TestGateway } from '../../support/gateway-client.ts'
import { freePort } from '../../support/ports.ts'
import { startNode } from '../../support/processes.ts'
import { runFolder } from '../../support/run-folder.ts'

export interface TwoProcesses {
  /** the first process, where tokens come from */
  readonly client: Pick<TestGateway, 'as' | 'token' | 'url'>
  /** `http://127.0.0.1:port` of each */
  readonly bases: readonly string[]
  close(): Promise<void>
}

const carenet = fileURLToPath(new URL('../../../bin/carenet.mjs', import.meta.url))

export async function startTwoProcesses(): Promise<TwoProcesses> {
  const made = await unopenedDatabase('PostgreSQL')
  if (!('databaseUrl' in made.source)) throw new Error('not a database of a server')
  // the load is the test: nobody is slowed down for asking much
  const setup = await gatewaySetup({ rateLimits: { requestsPerMinute: { people: 0 }, personsPerHour: { doctor: 0 } } })
  const folder = mkdtempSync(join(runFolder(), 'two-'))
  const file = join(folder, 'gateway.json')
  writeFileSync(file, JSON.stringify(setup.content))
  const ports = [setup.port, await freePort()]
  const { databaseUrl } = made.source
  const processes = ports.map((port) =>
    startNode([carenet, 'serve', '--config', file], { env: { DATABASE_URL: databaseUrl, PORT: String(port), LOG_LEVEL: 'error' } }),
  )
  const close = async (): Promise<void> => {
    await Promise.all(processes.map((each) => each.stop()))
    await made.remove()
    rmSync(folder, { recursive: true })
  }
  try {
    await Promise.all(processes.map((each) => each.line(/^gateway /, 60_000)))
  } catch (thrown) {
    await close()
    throw thrown
  }
  return { client: clientOf(setup), bases: ports.map((port) => `http://127.0.0.1:${port}`), close }
}
