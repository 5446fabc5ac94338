/**
 * One process per embedded database folder. PGlite takes no lock of its own and two processes destroy the files
 * (https://github.com/electric-sql/pglite/issues/1106), so we keep a file that names its holder by pid and start time: a pid alone is
 * not enough, since it is reused (in a container it is nearly always the same).
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export interface LockHolder {
  readonly pid: number
  /** what the operating system says about when the process began; '' where it cannot say */
  readonly startedAt: string
  readonly host: string
}

export interface FolderLock {
  /** gives the folder back; safe to call twice */
  release(): void
}

/** How long a lock taken over from a dead process is watched before it is believed, see `takeOver`. */
const settleMs = 50

/**
 * Takes the lock `file` (its folder is made when missing). A lock whose process is gone is taken over.
 * Throws, naming the pid, when the holder is alive or runs on another host, where it cannot be looked up.
 */
export async function lockFolder(file: string): Promise<FolderLock> {
  mkdirSync(dirname(file), { recursive: true })
  const mine: LockHolder = { pid: process.pid, startedAt: startOf(process.pid) ?? '', host: hostname() }
  const text = JSON.stringify(mine)
  for (;;) {
    if (place(file, text)) return lockOf(file, text)
    const found = readIfPresent(file)
    if (found === undefined) continue
    const holder = parseHolder(found)
    if (holder !== undefined && isAlive(holder)) throw held(file, holder)
    takeOver(file, found)
    if (!place(file, text)) continue
    await pause(settleMs)
    if (readIfPresent(file) === text) return lockOf(file, text)
  }
}

/** Who holds the lock now, dead or alive; undefined when nobody does. For `carenet doctor`. */
export function lockHolder(file: string): (LockHolder & { readonly isAlive: boolean }) | undefined {
  const found = readIfPresent(file)
  const holder = found === undefined ? undefined : parseHolder(found)
  return holder === undefined ? undefined : { ...holder, isAlive: isAlive(holder) }
}

/** Writes beside and links into place, so that nobody ever reads half a lock; false when there is one already. */
function place(file: string, text: string): boolean {
  const draft = besides(file)
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

/**
 * Moves a dead lock aside. Two processes may see the same dead lock; the slower one then moves the live lock of the faster one, notices by
 * its content and puts it back. Should a third have slipped in between, the faster one sees that after `settleMs` and gives way.
 */
function takeOver(file: string, dead: string): void {
  const aside = besides(file)
  try {
    renameSync(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  try {
    if (readFileSync(aside, 'utf8') !== dead) linkSync(aside, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(aside)
  }
}

function lockOf(file: string, text: string): FolderLock {
  return {
    release: () => {
      if (readIfPresent(file) === text) rmSync(file, { force: true })
    },
  }
}

function held(file: string, holder: LockHolder): Error {
  const where = holder.host === hostname() ? '' : ` on host \`${holder.host}\`, which cannot be asked from here`
  const next = where === '' ? 'stop it, or choose another CARENET_DATA_DIR' : `if it is gone, remove \`${file}\``
  return new Error(`the embedded database is in use by process ${holder.pid}${where} (lock \`${file}\`); ${next}`)
}

function isAlive(holder: LockHolder): boolean {
  if (holder.host !== hostname()) return true
  const started = startOf(holder.pid)
  if (started === undefined) return false
  return started === '' || holder.startedAt === '' || started === holder.startedAt
}

/** undefined: no such process (or only its zombie). '': it runs, but nothing here can tell since when. */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM means that it runs under another user
    if (codeOf(error) === 'ESRCH') return undefined
  }
  if (process.platform === 'linux') return startFromProc(pid)
  if (process.platform === 'win32') return ''
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    return undefined
  }
}

/** Field 3 is the state, field 22 the start in clock ticks since boot: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function startFromProc(pid: number): string | undefined {
  const stat = readIfPresent(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // the command name in brackets may itself hold spaces and brackets
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

function parseHolder(text: string): LockHolder | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // not written by us, or cut short by a full disk: nobody can hold it
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { pid, startedAt, host } = { pid: undefined, startedAt: undefined, host: undefined, ...value }
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  return { pid, startedAt: typeof startedAt === 'string' ? startedAt : '', host: typeof host === 'string' ? host : hostname() }
}

function besides(file: string): string {
  return `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    // ESRCH: a /proc file whose process ended while we read
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
