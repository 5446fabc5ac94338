/**
 * `npm run bench:load`: the load harness on our gateway and on the raw servers beside it, in one run; writes docs/performance.md. The harness is
 * not part of this repository: `CARENET_HARNESS` is its folder (default: `../shared/bench`). Needs PostgreSQL binaries.
 * Options: `--size S|M|<patients>` `--runs 3` `--seconds 8` `--workloads a,b` `--dry` (writes no page)
 * `--profile <folder>` (the gateway leaves a profile of its processor time there).
 */
import { spawnSync, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isKept, pageOf, rowsOf, tableOf, type Result } from './page.ts'
import { startServers } from './servers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
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

const source = resolve(root, process.env['CARENET_HARNESS'] ?? '../shared/bench')
if (!existsSync(join(source, 'bench.mjs'))) {
  console.error('the load harness is absent: set CARENET_HARNESS to its folder')
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'care-load-'))
try {
  process.exitCode = (await measure()) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure(): Promise<boolean> {
  const harness = join(folder, 'harness')
  cpSync(source, harness, { recursive: true })
  run('npm', ['install', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'], harness)
  const servers = await startServers({ harness, folder, profiles: options.profile === undefined ? undefined : resolve(options.profile) })
  try {
    writeFileSync(join(harness, 'targets.json'), JSON.stringify(servers.targets), { mode: 0o600 })
    const size = ['--size', options.size]
    run(process.execPath, ['bench.mjs', 'seed', ...size, '--only', 'own,raw-http,raw-express'], harness)
    const seeded = seededIds(harness, 'own')
    // The reader of another institution sees the same people by the ids of the network.
    writeFileSync(seeded.file.replace('own-', 'consent-'), JSON.stringify(await servers.consented(seeded.ids)))
    await servers.analyze()
    const bytes = await servers.bytesPerResource()
    const chosen = options.workloads === undefined ? [] : ['--workloads', options.workloads]
    const timing = ['--runs', options.runs, '--seconds', options.seconds, '--warmup', options.warmup]
    run(process.execPath, ['bench.mjs', 'run', ...size, ...timing, ...chosen], harness)
    return report(harness, bytes)
  } finally {
    await servers.close()
  }
}

function report(harness: string, bytesPerResource: number): boolean {
  const lines = readFileSync(join(harness, 'results.jsonl'), 'utf8').trim().split('\n')
  // written by the harness, whose lines are of this shape
  const results = lines.map((line) => JSON.parse(line) as Result)
  const rows = rowsOf(results.filter(({ kind }) => kind === 'run'))
  console.log(tableOf(rows))
  console.log(`disk: ${Math.round(bytesPerResource)} bytes for each stored resource`)
  const facts = {
    commit: execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
    machine: `${process.platform} ${process.arch}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
    node: process.versions.node,
    size: options.size,
    runs: options.runs,
    seconds: options.seconds,
    bytesPerResource,
    seeds: results.filter(({ kind }) => kind === 'seed'),
  }
  if (!options.dry) writeFileSync(join(root, 'docs', 'performance.md'), pageOf(rows, facts))
  return rows.every(isKept)
}

/** The harness names the file of seeded ids by target, seed and size. */
function seededIds(harness: string, target: string): { readonly file: string; readonly ids: readonly string[] } {
  mkdirSync(join(harness, '.state'), { recursive: true })
  const patients = { XS: 50, S: 1_000, M: 10_000 }[options.size] ?? Number(options.size)
  const file = join(harness, '.state', `${target}-k1-${patients}x50.json`)
  // a list of ids, written by the harness
  return { file, ids: JSON.parse(readFileSync(file, 'utf8')) as string[] }
}

function run(command: string, args: readonly string[], cwd: string): void {
  const done = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  if (done.status !== 0) throw new Error(`\`${command} ${args.slice(0, 2).join(' ')}\` ended with ${done.status ?? done.signal}`)
}
