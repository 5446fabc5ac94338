/** 누리대학교병원: `node adapters/sandbox/tertiary/main.ts --config FILE`. Prints one line when it is open; SIGTERM and SIGINT close it. */
import { parseArgs } from 'node:util'
import { readTertiaryConfig } from './config.ts'
import { startTertiary } from './start.ts'

const { values } = parseArgs({ options: { config: { type: 'string' } } })
if (values.config === undefined) throw new Error('`--config FILE` is required')
const running = await startTertiary(readTertiaryConfig(values.config))

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    running.close().catch((cause: unknown) => {
      process.stderr.write(`${String(cause)}\n`)
      process.exitCode = 1
    })
  })
}
process.stdout.write(`tertiary EMR ${running.url} desk ${running.deskUrl}\n`)
