/** 해맑은의원 EMR: `node adapters/sandbox/clinic/main.ts --config FILE`. Runs until SIGTERM or SIGINT. */
import { parseArgs } from 'node:util'
import { startClinic } from './clinic.ts'
import { readClinicConfig } from './config.ts'

const { values } = parseArgs({ options: { config: { type: 'string' } } })

if (values.config === undefined) {
  process.stderr.write('usage: node adapters/sandbox/clinic/main.ts --config FILE\n')
  process.exitCode = 2
} else {
  await run(values.config)
}

async function run(file: string): Promise<void> {
  try {
    const clinic = await startClinic(readClinicConfig(file))
    process.stdout.write(`clinic EMR sqlite (views polled) desk ${clinic.deskUrl}\n`)
    const stop = (): void => void clinic.close().catch((error: unknown) => fail('did not stop cleanly', error))
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  } catch (error) {
    fail('cannot start', error)
  }
}

function fail(what: string, error: unknown): void {
  process.stderr.write(`clinic EMR ${what}: ${error instanceof Error ? error.message : 'unknown fault'}\n`)
  process.exitCode = 1
}
