/**
 * A gateway in this process on a real port, with the sandbox's institutions and identities and EMRs that are not there: what comes in
 * comes by REST. One per suite and engine; starting takes one to three seconds.
 */
import { afterAll, beforeAll } from '@jest/globals'
import { readConfig } from '../../gateway/config-load.ts'
import type { Config } from '../../gateway/config.ts'
import { startGateway } from '../../gateway/main.ts'
import { eachDatabase, unopenedDatabase, type EachOptions, type Engine, type Made, type OpenTest } from './databases.ts'
import { clientOf, gatewaySetup, type GatewayOptions, type GatewaySetup, type TestGateway } from './gateway-client.ts'

/** Runs `suite` once per engine, each with a gateway of its own that starts before and stops after it. */
export function eachGateway(
  title: string,
  options: GatewayOptions & EachOptions,
  suite: (gateway: () => TestGateway, engine: Engine) => void,
): void {
  const run = (_open: OpenTest, engine: Engine): void => {
    let running: TestGateway | undefined
    beforeAll(async () => {
      running = await startTestGateway(engine, options)
    })
    afterAll(async () => running?.close())
    suite(() => {
      if (running === undefined) throw new Error('the gateway has not started')
      return running
    }, engine)
  }
  eachDatabase(title, run, options)
}

export async function startTestGateway(engine: Engine, options: GatewayOptions = {}): Promise<TestGateway> {
  const made = await unopenedDatabase(engine)
  const setup = await gatewaySetup(options)
  // EMRs that are not there are no news here; what goes wrong inside is
  process.env['LOG_LEVEL'] ??= 'error'
  const gateway = await startGateway(configOf(setup, made.source))
  return {
    ...clientOf(setup),
    context: gateway.context,
    async close() {
      await gateway.stop()
      await made.remove()
    },
  }
}

/** A gateway of this setup on a database that is there already. */
export async function startGatewayOn(
  setup: GatewaySetup,
  source: Made['source'],
  env: Readonly<Record<string, string>> = {},
): Promise<Omit<TestGateway, 'close'> & { stop(): Promise<void> }> {
  process.env['LOG_LEVEL'] ??= 'error'
  const gateway = await startGateway(configOf(setup, source, env))
  return { ...clientOf(setup), context: gateway.context, stop: () => gateway.stop() }
}

function configOf(setup: GatewaySetup, source: Made['source'], more: Readonly<Record<string, string>> = {}): Config {
  const env = 'databaseUrl' in source ? { DATABASE_URL: source.databaseUrl } : { CARENET_DATA_DIR: source.dataDir }
  const loaded = readConfig({ ...env, ...more }, setup.content, new Date())
  if ('faults' in loaded) throw new Error(loaded.faults.join('\n'))
  return loaded.ok
}
