/** What the suites of one jest run share: made on first need by whichever worker comes first, taken down by `global-teardown.ts`. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const folderVariable = 'CARE_TEST_RUN'
const ownerVariable = 'CARE_TEST_OWNER'

/** Called once by jest's globalSetup; workers inherit the environment. */
export function beginRun(): string {
  sweep()
  const folder = mkdtempSync(join(tmpdir(), `care-test-${process.pid}-`))
  process.env[folderVariable] = folder
  process.env[ownerVariable] = String(process.pid)
  return folder
}

/** Folder of this run; outside jest, one for this process, removed when it exits. */
export function runFolder(): string {
  const given = process.env[folderVariable]
  if (given !== undefined) return given
  const folder = beginRun()
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The process whose end ends the run: jest's main process, or this one. */
export function runOwner(): number {
  return Number(process.env[ownerVariable] ?? process.pid)
}

/** Makes something once per run, in whichever process asks first; the others wait. What `make` gives is kept as text in `name`. */
export async function oncePerRun(name: string, make: () => Promise<string>): Promise<string> {
  const file = join(runFolder(), name)
  for (;;) {
    if (existsSync(file)) return readFileSync(file, 'utf8')
    if (claim(`${file}.making`)) break
    await pause(50)
  }
  try {
    // made between our look and our claim
    if (existsSync(file)) return readFileSync(file, 'utf8')
    const text = await make()
    writeFileSync(`${file}.draft`, text)
    renameSync(`${file}.draft`, file)
    return text
  } finally {
    rmSync(`${file}.making`, { recursive: true })
  }
}

function claim(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch (error) {
    // not `instanceof Error`: inside jest, errors of node itself belong to another realm
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Removes what killed runs left behind. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^care-test-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return !(typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH')
  }
}
