/** 한빛종합병원 EMR: `node adapters/sandbox/hospital/main.ts --config FILE`. Runs until SIGTERM or SIGINT. */
import { parseArgs } from 'node:util'
import { readHospitalConfig } from './config.ts'
import { startHospital } from './hospital.ts'

const { values } = parseArgs({ options: { config: { type: 'string' } } })

if (values.config === undefined) {
  process.stderr.write('usage: node adapters/sandbox/hospital/main.ts --config FILE\n')
  process.exitCode = 2
} else {
  await run(values.config)
}

async function run(file: string): Promise<void> {
  const hospital = await startHospital(readHospitalConfig(file))
  process.stdout.write(`hospital EMR mllp://127.0.0.1:${hospital.mllpPort} desk ${hospital.deskUrl}\n`)
  const stop = (): void => {
    hospital.close().catch((error: unknown) => {
      process.stderr.write(`hospital EMR did not stop cleanly: ${error instanceof Error ? error.name : 'unknown'}\n`)
      process.exitCode = 1
    })
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}
