/** `carenet backup` and `carenet restore`: the database and what was put into the data folder as one file, and back, on PGlite and PostgreSQL alike. docs/operations.md */
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { sealed } from '../gateway/store/backup-format.ts'
import { requestBackup } from '../gateway/store/backup-request.ts'
import { backUp } from '../gateway/store/backup.ts'
import { openDatabase } from '../gateway/store/pool.ts'
import { restore } from '../gateway/store/restore.ts'
import { embeddedHolder, operatorConfig, requireThere, secretIn, type OperatorOptions } from './operator.ts'

const runningDeadlineMs = 30 * 60_000

/** Writes the backup; a file that is there already is left alone. Throws what goes wrong, and then leaves no file. */
export async function backupCommand(options: OperatorOptions & { to: string; passphraseFile?: string | undefined }): Promise<void> {
  const file = resolve(options.to)
  if (existsSync(file)) throw new Error(`\`${options.to}\` is there already: choose another name`)
  const passphrase = options.passphraseFile === undefined ? undefined : await secretIn(options.passphraseFile)
  const config = await operatorConfig(options)
  const holder = embeddedHolder(config)
  if (holder !== undefined) {
    options.print(`asking the gateway (process ${holder.pid}), which holds the embedded database`)
    const isAlive = (): boolean => embeddedHolder(config)?.pid === holder.pid
    const made = await requestBackup({ dataDir: config.dataDir, isAlive, deadlineMs: runningDeadlineMs })
    try {
      await carry(made, file, passphrase)
    } finally {
      await rm(made, { force: true })
    }
  } else {
    requireThere(config)
    const database = await openDatabase(config)
    try {
      await backUp(database, { file, passphrase, dataDir: config.dataDir })
    } finally {
      await database.close()
    }
  }
  options.print(
    `ok    backup: ${options.to}${passphrase === undefined ? ' (not sealed: it holds patients’ records and keys)' : ' (sealed)'}`,
  )
}

/** Also to another disk, where a rename would not reach. */
async function carry(from: string, to: string, passphrase: string | undefined): Promise<void> {
  const draft = `${to}.part`
  try {
    const bytes = createReadStream(from)
    await rm(draft, { force: true })
    await pipeline(passphrase === undefined ? bytes : sealed(bytes, passphrase), createWriteStream(draft, { mode: 0o600, flags: 'wx' }))
    await rename(draft, to)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Fills the empty database of the configuration. Throws what is wrong with file or target; then no row was written. */
export async function restoreCommand(options: OperatorOptions & { from: string; passphraseFile?: string | undefined }): Promise<void> {
  const passphrase = options.passphraseFile === undefined ? undefined : await secretIn(options.passphraseFile)
  const config = await operatorConfig(options)
  const holder = embeddedHolder(config)
  if (holder !== undefined) throw new Error(`the embedded database is in use by process ${holder.pid}: restore into an empty one`)
  if (!existsSync(options.from)) throw new Error(`there is no file \`${options.from}\``)
  const database = await openDatabase(config)
  try {
    const done = await restore(database, { file: options.from, passphrase, nowMs: Date.now(), dataDir: config.dataDir })
    options.print(`ok    restored ${done.rows} rows as of ${done.madeAt} into ${database.kind}`)
    if (done.files > 0) options.print(`      and ${done.files} FHIR packages and terminology releases into the data folder`)
    options.print('      what happened after that instant is not here, withdrawals of consent too: ask the institutions before you serve')
    options.print(
      '      next: `carenet audit verify` (with --checkpoint, if one is kept elsewhere), then start the gateway; everybody signs in anew',
    )
  } finally {
    await database.close()
  }
}
