/**
 * `npm run bench:price`: what consent and audit cost; writes docs/performance-price.md. The gateway, and beside it the same program without either
 * (`unguarded.ts`), on one database, asked in turn. Needs the load harness and PostgreSQL binaries, as `bench:load` does.
 * Options: `--size S|M|<patients>` `--runs 3` `--seconds 8` `--dry` (writes no page).
 */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runFacts, withHarness, type Harness } from './harness.ts'
import { isPriceKept, priceOf, pricePage, priceTable } from './price-page.ts'
import { startServers } from './servers.ts'

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: 'S' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    dry: { type: 'boolean', default: false },
  },
})
const targets = ['own', 'own-unguarded', 'consent', 'consent-unguarded']
const workloads = 'read,search-observation,search-identifier,search-name,search-birthdate,everything,batch-read-20'

process.exitCode = (await withHarness(measure)) ? 0 : 1

async function measure(harness: Harness): Promise<boolean> {
  const servers = await startServers({ harness: harness.path, folder: harness.folder, withUnguarded: true })
  try {
    writeFileSync(join(harness.path, 'targets.json'), JSON.stringify(servers.targets), { mode: 0o600 })
    const { size, runs, seconds } = options
    await harness.run('seed', '--size', size, '--only', 'own')
    const { file, ids } = harness.seeded('own', { size, seed: 'k1' })
    const consented = file.replace('own-', 'consent-')
    writeFileSync(consented, JSON.stringify(await servers.consented(ids)))
    // the same people, under the same ids
    for (const known of [file, consented]) cpSync(known, known.replace(/(own|consent)-/, '$1-unguarded-'))
    await servers.analyze()
    const asked = ['--only', targets.join(','), '--workloads', workloads]
    await harness.run('run', '--size', size, ...asked, '--runs', runs, '--seconds', seconds)
  } finally {
    await servers.close()
  }
  const rows = priceOf(harness.results().filter(({ kind }) => kind === 'run'))
  console.log(priceTable(rows))
  const page = pricePage(rows, { ...runFacts(), ...options })
  if (!options.dry) writeFileSync(new URL('../../docs/performance-price.md', import.meta.url), page)
  return rows.every(isPriceKept)
}
