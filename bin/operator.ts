/** What the commands of an operator share: which configuration, and whether its database may be opened from here. */
import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig, readConfig } from '../gateway/config-load.ts'
import type { Environment } from '../gateway/config-load.ts'
import type { Config } from '../gateway/config.ts'
import { lockFileOf } from '../gateway/store/embedded.ts'
import { lockHolder, type LockHolder } from '../gateway/store/folder-lock.ts'
import { sandboxStandIn } from './doctor.ts'

export interface OperatorOptions {
  /** the config file; without one the sandbox is looked at */
  readonly config?: string | undefined
  readonly env: Environment
  readonly print: (line: string) => void
}

/** Throws the faults of the configuration, all at once. */
export async function operatorConfig({ config: file, env }: OperatorOptions): Promise<Config> {
  const isSandbox = file === undefined && (env['CARENET_CONFIG'] ?? '') === ''
  const loaded = isSandbox ? readConfig(env, sandboxStandIn, new Date()) : await loadConfig(env, file)
  if ('faults' in loaded) throw new Error(`the configuration cannot be used:\n  ${loaded.faults.join('\n  ')}`)
  return loaded.ok
}

/** The living process that has the embedded database open; undefined when there is none, and on a server. */
export function embeddedHolder({ databaseUrl, dataDir }: Config): LockHolder | undefined {
  if (databaseUrl !== undefined) return undefined
  const holder = lockHolder(lockFileOf(dataDir))
  return holder?.isAlive === true ? holder : undefined
}

/** Opening an embedded database that is not there would make it. */
export function requireThere({ databaseUrl, dataDir }: Config): void {
  if (databaseUrl === undefined && !existsSync(join(dataDir, 'db')))
    throw new Error(`there is no database in \`${dataDir}\`: name its config file, or set CARENET_DATA_DIR`)
}

/** The first line of a file that nobody else may read. */
export async function secretIn(file: string): Promise<string> {
  const { mode } = await stat(file)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new Error(`others may read \`${file}\`: make it readable by its owner only (chmod 600)`)
  const [line = ''] = (await readFile(file, 'utf8')).split('\n')
  const secret = line.trimEnd()
  if (secret.length < 16) throw new Error(`the passphrase in \`${file}\` is shorter than 16 characters`)
  return secret
}
