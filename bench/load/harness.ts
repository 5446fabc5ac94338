/** The load harness, which is not part of this repository: where it is, a copy of it that may be written to, and what it measured. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Result, RunFacts } from './page.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** named by the harness */
const sizes: Readonly<Record<string, number>> = { XS: 50, S: 1_000, M: 10_000 }

export function patientsOf(size: string): number {
  return sizes[size] ?? Number(size)
}

export interface Harness {
  /** for what the servers need beside it */
  readonly folder: string
  readonly path: string
  /** one of its subcommands; rejects when it fails */
  run(...args: readonly string[]): Promise<void>
  results(): readonly Result[]
  /** ids of the patients that were seeded for a target, in order, and the file that holds them */
  seeded(target: string, of: { readonly size: string; readonly seed: string }): { readonly file: string; readonly ids: readonly string[] }
}

/** Installs a copy, runs `work` with it, and removes it. Ends the process with 2 where the harness is absent. */
export async function withHarness<T>(work: (harness: Harness) => Promise<T>): Promise<T> {
  const source = resolve(root, process.env['CARENET_HARNESS'] ?? '../shared/bench')
  if (!existsSync(join(source, 'bench.mjs'))) {
    console.error('the load harness is absent: set CARENET_HARNESS to its folder')
    process.exit(2)
  }
  const folder = mkdtempSync(join(tmpdir(), 'care-load-'))
  try {
    const path = join(folder, 'harness')
    cpSync(source, path, { recursive: true })
    await run('npm', ['install', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'], path)
    return await work({
      folder,
      path,
      run: (...args) => run(process.execPath, ['bench.mjs', ...args], path),
      results: () => {
        const lines = readFileSync(join(path, 'results.jsonl'), 'utf8').trim().split('\n')
        // written by the harness, whose lines are of this shape
        return lines.map((line) => JSON.parse(line) as Result)
      },
      seeded(target, { size, seed }) {
        mkdirSync(join(path, '.state'), { recursive: true })
        const file = join(path, '.state', `${target}-${seed}-${patientsOf(size)}x50.json`)
        // a list of ids, written by the harness
        return { file, ids: JSON.parse(readFileSync(file, 'utf8')) as string[] }
      },
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Of this commit, on this machine. */
export function runFacts(): RunFacts {
  return {
    commit: execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
    machine: `${process.platform} ${process.arch}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
    node: process.versions.node,
  }
}

/** Beside it tokens are renewed: nothing here may wait without turning. */
async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`\`${command} ${args.slice(0, 2).join(' ')}\` ended with ${child.exitCode ?? child.signalCode}`)
}
