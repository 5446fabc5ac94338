import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { openDatabase } from '../../gateway/store/pool.ts'
import { hasPostgres, withoutPostgres } from './databases.ts'
import { createDatabase, postgresUrl, startPostgres, stopPostgres } from './postgres.ts'
import { startNode } from './processes.ts'

;(hasPostgres ? describe : describe.skip)(`the PostgreSQL of the tests ${hasPostgres ? '' : withoutPostgres}`, () => {
  test('listens on no network address, keeps fsync when asked, and is gone after its end', async () => {
    const server = await startPostgres({ fsync: true })
    const database = await openDatabase({ databaseUrl: postgresUrl(server, await createDatabase(server)) })
    const { rows } = await database.sql.query("select current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync")
    expect(rows).toEqual([{ addresses: '', fsync: 'on' }])
    await database.close()
    await stopPostgres(server)
    expect(existsSync(server.folder)).toBe(false)
  })

  test('does not outlive a test run that was killed', async () => {
    const support = JSON.stringify(fileURLToPath(new URL('./postgres.ts', import.meta.url)))
    const owner = startNode([
      '--input-type=module',
      '-e',
      `const s = await (await import(${support})).startPostgres(); console.log(s.folder); setInterval(() => 0, 1000)`,
    ])
    const folder = await owner.line(/^\//)
    expect(existsSync(folder)).toBe(true)
    await owner.stop('SIGKILL')
    const deadline = performance.now() + 20_000
    while (existsSync(folder) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(existsSync(folder)).toBe(false)
  })
})
