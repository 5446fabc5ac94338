/**
 * The parent process of one test cluster: makes it, prints `ready <folder>`, then waits. Ends it (and removes the folder) on SIGTERM, when
 * the owner is gone, or when the server dies by itself. Argument: JSON {binaries, fsync, sharedBuffers, ownerPid}.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const settings: unknown = JSON.parse(process.argv[2] ?? '{}')
if (typeof settings !== 'object' || settings === null) throw new Error('give the settings as a JSON object')
const { binaries, fsync, sharedBuffers, ownerPid } = {
  binaries: undefined,
  fsync: undefined,
  sharedBuffers: undefined,
  ownerPid: undefined,
  ...settings,
}
if (typeof binaries !== 'string' || typeof fsync !== 'boolean' || typeof sharedBuffers !== 'string' || typeof ownerPid !== 'number')
  throw new Error('settings are incomplete')

const user = serverUser()
const folder = mkdtempSync(join(tmpdir(), 'care-postgres-'))
if (user !== undefined) chownSync(folder, user.uid, user.gid)
const data = join(folder, 'data')
const spawnAs = { ...user, cwd: folder }

process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
execFileSync(
  join(binaries, 'initdb'),
  ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', ...(fsync ? [] : ['-N'])],
  {
    ...spawnAs,
    stdio: 'ignore',
  },
)
const options = {
  listen_addresses: '',
  unix_socket_directories: folder,
  max_connections: '150',
  fsync: fsync ? 'on' : 'off',
  shared_buffers: sharedBuffers,
  log_min_messages: 'fatal',
}
const server = spawn(
  join(binaries, 'postgres'),
  ['-D', data, ...Object.entries(options).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
  {
    ...spawnAs,
    stdio: ['ignore', 'ignore', 'inherit'],
  },
)
server.once('exit', (code) => process.exit(code ?? 0))
// immediate shutdown: nothing here is kept
const stop = (): boolean => server.kill('SIGQUIT')
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
setInterval(() => {
  if (!isRunning(ownerPid)) stop()
}, 300)

while (!takesConnections(binaries)) await new Promise((resolve) => setTimeout(resolve, 50))
process.stdout.write(`ready ${folder}\n`)

function takesConnections(bin: string): boolean {
  try {
    execFileSync(join(bin, 'pg_isready'), ['-q', '-h', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** PostgreSQL refuses to run as root; any other user may run it as itself. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const ask = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: ask('-u'), gid: ask('-g') }
}
