/**
 * The embedded database belongs to the gateway's process, so `carenet backup` asks that process, through the data folder: whoever may write
 * there may read the database anyway, so this opens nothing to anybody. The caller puts `backup-<id>.request`, the gateway takes it away and
 * puts `backup-<id>.done`, the backup itself, or `backup-<id>.failed`, one line that says why.
 */
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { backUp } from './backup.ts'
import type { Database } from './pool.ts'

const everyMs = 1_000
const request = /^backup-([0-9a-f]{16})\.request$/

const nameOf = (dataDir: string, id: string, state: 'request' | 'done' | 'failed'): string => join(dataDir, `backup-${id}.${state}`)

export interface AnswerInput {
  readonly database: Database
  readonly dataDir: string
  readonly signal: AbortSignal
  readonly pause: (ms: number) => Promise<void>
  /** one that failed: the requester is told why, the log that it did */
  readonly failed: (error: unknown) => void
}

/** Answers requests until `signal` aborts; those that wait when it begins are of before, and are thrown away. */
export async function answerBackupRequests({ database, dataDir, signal, pause, failed }: AnswerInput): Promise<void> {
  for (const id of await requests(dataDir)) await rm(nameOf(dataDir, id, 'request'), { force: true })
  while (!signal.aborted) {
    await pause(everyMs)
    for (const id of signal.aborted ? [] : await requests(dataDir)) {
      await rm(nameOf(dataDir, id, 'request'), { force: true })
      await answer(database, dataDir, id).catch(failed)
    }
  }
}

async function answer(database: Database, dataDir: string, id: string): Promise<void> {
  try {
    await backUp(database, { file: nameOf(dataDir, id, 'done'), dataDir })
  } catch (error) {
    const draft = `${nameOf(dataDir, id, 'failed')}.part`
    await writeFile(draft, error instanceof Error ? error.message : 'unknown', { mode: 0o600 })
    await rename(draft, nameOf(dataDir, id, 'failed'))
    throw error
  }
}

async function requests(dataDir: string): Promise<readonly string[]> {
  return (await readdir(dataDir)).flatMap((name) => request.exec(name)?.[1] ?? [])
}

/**
 * Asks the gateway that holds `dataDir`; resolves to the finished backup, for the caller to move away. Throws what the gateway says, and when
 * it is gone (`isAlive`) or was asked in vain for `deadlineMs`.
 */
export async function requestBackup(input: { dataDir: string; isAlive: () => boolean; deadlineMs: number }): Promise<string> {
  const id = randomBytes(8).toString('hex')
  const { dataDir } = input
  await writeFile(nameOf(dataDir, id, 'request'), '', { mode: 0o600, flag: 'wx' })
  const untilMs = Date.now() + input.deadlineMs
  for (;;) {
    const there = await readdir(dataDir)
    if (there.includes(`backup-${id}.done`)) return nameOf(dataDir, id, 'done')
    if (there.includes(`backup-${id}.failed`)) {
      const why = await readFile(nameOf(dataDir, id, 'failed'), 'utf8')
      await rm(nameOf(dataDir, id, 'failed'))
      throw new Error(`the gateway could not make the backup: ${why}`)
    }
    if (!input.isAlive() || Date.now() > untilMs) {
      await rm(nameOf(dataDir, id, 'request'), { force: true })
      throw new Error(input.isAlive() ? 'the gateway did not make the backup in time' : 'the gateway ended before the backup was made')
    }
    await sleep(200)
  }
}
