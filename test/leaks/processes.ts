/** Twin gateways in a child process, on databases that outlive it: stopped and started again from another build, they hold the same records. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serverAt, type Server } from '../../bin/leaks/server.ts'
import { type Engine, type Made, unopenedDatabase } from '../support/databases.ts'
import { clientOf, gatewaySetup, type GatewaySetup } from '../support/gateway-client.ts'
import { startNode, type TestProcess } from '../support/processes.ts'
import { sensitiveMember, twinNetwork } from './twin-network.ts'
import { runFolder } from '../support/run-folder.ts'

export interface TwinProcesses {
  /** new tokens, since another process may have issued the last ones */
  servers(): { readonly here: Server; readonly there: Server }
  /** @param leak name of a planted leak, '' for the gateway as it is */
  start(leak: string): Promise<TestProcess>
  remove(): Promise<void>
}

export async function twinProcesses(engine: Engine): Promise<TwinProcesses> {
  const setups: (GatewaySetup & { readonly made: Made })[] = []
  for (let side = 0; side < 2; side += 1) setups.push({ ...(await gatewaySetup(twinNetwork)), made: await unopenedDatabase(engine) })
  const [full, bare] = setups
  if (full === undefined || bare === undefined) throw new TypeError('twins are two')
  const file = join(runFolder(), `twins-${full.port}.json`)
  writeFileSync(file, JSON.stringify(setups.map(({ content, made }) => ({ content, source: made.source }))))
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  return {
    servers: () => ({ here: serverOf(full), there: serverOf(bare) }),
    async start(leak) {
      const args = [
        '--disable-warning=ExperimentalWarning',
        '--import',
        new URL('planted/hook.ts', import.meta.url).href,
        here('planted/serve.ts'),
        file,
      ]
      const started = startNode(args, { env: { PLANTED_LEAK: leak, LOG_LEVEL: 'fatal' } })
      await started.line(/^ready$/, 120_000)
      return started
    },
    async remove() {
      rmSync(file, { force: true })
      for (const { made } of setups) await made.remove()
    },
  }
}

function serverOf(setup: GatewaySetup): Server {
  const client = clientOf(setup)
  return serverAt(client.url, (name) => client.token(name), sensitiveMember.number)
}
