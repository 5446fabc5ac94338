import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { lockFolder, lockHolder } from '../../../gateway/store/folder-lock.ts'
import { openDatabase } from '../../../gateway/store/pool.ts'
import { startNode } from '../../support/processes.ts'
import type { TestProcess } from '../../support/processes.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'care-lock-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const moduleFile = fileURLToPath(new URL('../../../gateway/store/folder-lock.ts', import.meta.url))

/** A process that takes the lock, says so, and stays. */
function holder(file: string): TestProcess {
  const program = `import { lockFolder } from ${JSON.stringify(moduleFile)}
    lockFolder(${JSON.stringify(file)}).then(() => { console.log('held'); setInterval(() => undefined, 1000) }, (error) => { console.log('refused ' + error.message); process.exit(1) })`
  return startNode(['--input-type=module', '-e', program])
}

test('a folder in use by a living process is refused, and the message names that process', async () => {
  const file = join(folder, 'db.lock')
  const other = holder(file)
  await other.line(/^held$/)
  await expect(lockFolder(file)).rejects.toThrow(`in use by process ${other.pid}`)
  expect(lockHolder(file)).toMatchObject({ pid: other.pid, isAlive: true })
  await other.stop('SIGKILL')
  expect(lockHolder(file)).toMatchObject({ pid: other.pid, isAlive: false })
  const lock = await lockFolder(file)
  expect(lockHolder(file)).toMatchObject({ pid: process.pid, isAlive: true })
  lock.release()
  lock.release()
  expect(readdirSync(folder)).toEqual([])
})

test('a pid that was given to another process since does not keep the folder locked', async () => {
  const file = join(folder, 'db.lock')
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: '1', host: hostname() }))
  const lock = await lockFolder(file)
  await expect(lockFolder(file)).rejects.toThrow(`in use by process ${process.pid}`)
  lock.release()
})

test('a lock of another host is respected, since nobody can ask there', async () => {
  const file = join(folder, 'db.lock')
  writeFileSync(file, JSON.stringify({ pid: 1, startedAt: '1', host: 'elsewhere' }))
  await expect(lockFolder(file)).rejects.toThrow(/on host `elsewhere`.*if it is gone, remove/)
})

test("an unreadable lock file is nobody's", async () => {
  const file = join(folder, 'db.lock')
  for (const text of ['', '{"pid":', '[]', '{"pid":"x"}']) {
    writeFileSync(file, text)
    const lock = await lockFolder(file)
    lock.release()
  }
  expect(existsSync(file)).toBe(false)
})

test('of eight processes that find a dead lock at once, one gets the folder', async () => {
  const file = join(folder, 'db.lock')
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: '1', host: hostname() }))
  const started = Array.from({ length: 8 }, () => holder(file))
  const lines = await Promise.all(started.map((each) => each.line(/^(held|refused .*)$/)))
  const winners = started.filter((_, index) => lines[index] === 'held')
  expect(winners).toHaveLength(1)
  for (const line of lines) expect(line).toMatch(/^held$|in use by process/)
  expect(lockHolder(file)).toMatchObject({ pid: winners[0]?.pid })
  for (const each of started) await each.stop('SIGKILL')
})

test('an embedded database opens once, is given back on close, and is taken over from a killed process with all it acknowledged', async () => {
  const database = await openDatabase({ dataDir: folder })
  await database.sql.query('create table note (id int primary key)')
  await expect(openDatabase({ dataDir: folder })).rejects.toThrow('in use by process')
  await database.close()
  const pool = JSON.stringify(fileURLToPath(new URL('../../../gateway/store/pool.ts', import.meta.url)))
  const writer = startNode([
    '--input-type=module',
    '-e',
    `import { openDatabase } from ${pool}
     const db = await openDatabase({ dataDir: ${JSON.stringify(folder)} })
     for (let id = 1; ; id += 1) { await db.sql.query('insert into note values ($1)', [id]); console.log('wrote ' + id) }`,
  ])
  await writer.line(/^wrote 50$/)
  await writer.stop('SIGKILL')
  const last = Number(writer.output().trim().split(' ').at(-1))
  const again = await openDatabase({ dataDir: folder })
  const { rows } = await again.sql.query<{ count: number }>('select count(*) as count from note where id <= $1', [last])
  expect(rows[0]?.count).toBe(last)
  await again.close()
})
