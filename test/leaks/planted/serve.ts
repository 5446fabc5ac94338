/** Gateways in a process of their own, from the setups in the file named: `[{ content, source }]`. Prints `ready`, and stops at SIGTERM. */
import { readFileSync } from 'node:fs'
import { readConfig } from '../../../gateway/config-load.ts'
import { startGateway } from '../../../gateway/main.ts'

interface Setup {
  readonly content: Readonly<Record<string, unknown>>
  readonly source: { readonly databaseUrl?: string; readonly dataDir?: string }
}

// written by the test that started this process
const setups = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as readonly Setup[]
const gateways = await Promise.all(
  setups.map(async ({ content, source }) => {
    const env = source.databaseUrl === undefined ? { CARENET_DATA_DIR: source.dataDir } : { DATABASE_URL: source.databaseUrl }
    const loaded = readConfig(env, content, new Date())
    if ('faults' in loaded) throw new Error(loaded.faults.join('\n'))
    return startGateway(loaded.ok)
  }),
)
console.log('ready')
process.on('SIGTERM', () => {
  void Promise.all(gateways.map((gateway) => gateway.stop())).then(() => process.exit(0))
})
