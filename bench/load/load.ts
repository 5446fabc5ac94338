/**
 * `npm run bench:load`: the load harness on our gateway and on the raw servers beside it, in one run; writes docs/performance.md. The harness is
 * not part of this repository: `CARENET_HARNESS` is its folder (default: `../shared/bench`). Needs PostgreSQL binaries.
 * Options: `--size S|M|<patients>` `--runs 3` `--seconds 8` `--workloads a,b` `--dry` (writes no page)
 * `--profile <folder>` (the gateway leaves a profile of its processor time there).
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runFacts, withHarness, type Harness } from './harness.ts'
import { isKept, pageOf, rowsOf, tableOf } from './page.ts'
import { startServers } from './servers.ts'

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: 'S' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    warmup: { type: 'string', default: '2' },
    workloads: { type: 'string' },
    dry: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})

process.exitCode = (await withHarness(measure)) ? 0 : 1

async function measure(harness: Harness): Promise<boolean> {
  const profiles = options.profile === undefined ? undefined : resolve(options.profile)
  const servers = await startServers({ harness: harness.path, folder: harness.folder, profiles })
  try {
    writeFileSync(join(harness.path, 'targets.json'), JSON.stringify(servers.targets), { mode: 0o600 })
    const size = ['--size', options.size]
    await harness.run('seed', ...size, '--only', 'own,raw-http,raw-express')
    const seeded = harness.seeded('own', { size: options.size, seed: 'k1' })
    // The reader of another institution sees the same people by the ids of the network.
    writeFileSync(seeded.file.replace('own-', 'consent-'), JSON.stringify(await servers.consented(seeded.ids)))
    await servers.analyze()
    const bytes = await servers.bytesPerResource()
    const chosen = options.workloads === undefined ? [] : ['--workloads', options.workloads]
    await harness.run('run', ...size, '--runs', options.runs, '--seconds', options.seconds, '--warmup', options.warmup, ...chosen)
    return report(harness, bytes)
  } finally {
    await servers.close()
  }
}

function report(harness: Harness, bytesPerResource: number): boolean {
  const results = harness.results()
  const rows = rowsOf(results.filter(({ kind }) => kind === 'run'))
  console.log(tableOf(rows))
  console.log(`disk: ${Math.round(bytesPerResource)} bytes for each stored resource`)
  const { size, runs, seconds } = options
  const facts = { ...runFacts(), size, runs, seconds, bytesPerResource, seeds: results.filter(({ kind }) => kind === 'seed') }
  if (!options.dry) writeFileSync(new URL('../../docs/performance.md', import.meta.url), pageOf(rows, facts))
  return rows.every(isKept)
}
