/**
 * `npm run bench:growth`: what the same questions cost when there is a hundred times the data; writes docs/performance-growth.md. One gateway,
 * one raw server, one session: measured with few patients, then with many. Needs the load harness and PostgreSQL binaries, as `bench:load` does.
 * Options: `--from 10` `--to 1000` (patients, or the sizes S and M) `--runs 3` `--seconds 5` `--dry` (writes no page).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { growthOf, growthPage, growthTable, isGrowthKept } from './growth-page.ts'
import { patientsOf, runFacts, withHarness, type Harness } from './harness.ts'
import { startServers } from './servers.ts'

const { values: options } = parseArgs({
  options: {
    from: { type: 'string', default: '10' },
    to: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    dry: { type: 'boolean', default: false },
  },
})
const only = ['--only', 'own,raw-http']
const workloads = ['--workloads', 'read,search-observation,search-identifier,search-name,search-birthdate']

/** The harness takes a token once for each seeding: none may last longer than the token. */
const mostPatients = 2_500

process.exitCode = (await withHarness(measure)) ? 0 : 1

function portionsOf(size: string): readonly number[] {
  const patients = patientsOf(size)
  const count = Math.ceil(patients / mostPatients)
  return Array.from({ length: count }, (_, at) => Math.floor((patients * (at + 1)) / count) - Math.floor((patients * at) / count))
}

async function measure(harness: Harness): Promise<boolean> {
  const servers = await startServers({ harness: harness.path, folder: harness.folder })
  try {
    writeFileSync(join(harness.path, 'targets.json'), JSON.stringify(servers.targets), { mode: 0o600 })
    // other people each time: the few stay among the many, and who is asked about are some of them
    for (const [label, seed, portions] of [
      ['few', 'k1', portionsOf(options.from)],
      ['many', 'k2', portionsOf(options.to)],
    ] as const) {
      for (const [at, size] of portions.entries())
        await harness.run('seed', '--size', String(size), '--seed', at === 0 ? seed : `${seed}-${at}`, ...only)
      await servers.analyze()
      const data = ['--size', String(portions[0]), '--seed', seed]
      await harness.run('run', ...data, ...only, ...workloads, '--runs', options.runs, '--seconds', options.seconds, '--label', label)
    }
  } finally {
    await servers.close()
  }
  const rows = growthOf(harness.results().filter(({ kind }) => kind === 'run'))
  console.log(growthTable(rows))
  const { from, to, runs, seconds } = options
  const page = growthPage(rows, { ...runFacts(), from, to, runs, seconds })
  if (!options.dry) writeFileSync(new URL('../../docs/performance-growth.md', import.meta.url), page)
  return rows.every(isGrowthKept)
}
