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
  const clinic = await startClinic(readClinicConfig(file))
  process.stdout.write(`clinic EMR sqlite (views polled) desk ${clinic.deskUrl}\n`)
  const stop = (): void => {
    clinic.close().catch((error: unknown) => {
      process.stderr.write(`clinic EMR did not stop cleanly: ${error instanceof Error ? error.name : 'unknown'}\n`)
      process.exitCode = 1
    })
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}
