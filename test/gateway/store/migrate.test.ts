import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { migrate, migrationState } from '../../../gateway/store/migrate.ts'
import { openDatabase } from '../../../gateway/store/pool.ts'
import { eachDatabase, hasPostgres, openTestDatabase, withoutPostgres } from '../../support/databases.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'care-sql-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})
const file = (name: string, text: string): void => writeFileSync(join(folder, name), text)

eachDatabase('schema changes', (open) => {
  test('are applied in the order of their numbers, once', async () => {
    const database = await open({ schema: 'empty' })
    file('002-words.sql', 'alter table note add column words text;\ninsert into note values (1, $$열; 기침$$);')
    file('001-note.sql', '-- first\ncreate table note (id int primary key);\ncreate index on note (id);')
    expect(await migrationState(database, folder)).toEqual({ version: 0, pending: ['001-note.sql', '002-words.sql'], faults: [] })
    expect(await migrate(database, folder)).toEqual(['001-note.sql', '002-words.sql'])
    expect(await migrate(database, folder)).toEqual([])
    expect((await database.sql.query('select words from note')).rows).toEqual([{ words: '열; 기침' }])
    file('010-more.sql', 'create table more (id int)')
    expect(await migrate(database, folder)).toEqual(['010-more.sql'])
    expect(await migrationState(database, folder)).toEqual({ version: 10, pending: [], faults: [] })
  })

  test('that fail leave nothing of their file, and say which file', async () => {
    const database = await open({ schema: 'empty' })
    file('001-good.sql', 'create table good (id int);')
    file('002-bad.sql', 'create table half (id int);\nselekt 1;')
    await expect(migrate(database, folder)).rejects.toThrow(/`002-bad.sql` failed and was undone: syntax error/)
    const { rows } = await database.sql.query("select to_regclass('good') is not null as good, to_regclass('half') is not null as half")
    expect(rows).toEqual([{ good: true, half: false }])
    file('002-bad.sql', 'create table half (id int);')
    expect(await migrate(database, folder)).toEqual(['002-bad.sql'])
  })

  test('that were edited, removed or added behind are all named, and nothing runs', async () => {
    const database = await open({ schema: 'empty' })
    file('001-note.sql', 'create table note (id int);')
    file('002-gone.sql', 'create table gone (id int);')
    file('005-last.sql', 'create table last (id int);')
    await migrate(database, folder)
    file('001-note.sql', 'create table note (id bigint);')
    rmSync(join(folder, '002-gone.sql'))
    file('003-late.sql', 'create table late (id int);')
    file('006-next.sql', 'create table next (id int);')
    const attempt = migrate(database, folder)
    await expect(attempt).rejects.toThrow('`001-note.sql` was edited after it was applied')
    await expect(attempt).rejects.toThrow('schema 2 is applied and unknown here')
    await expect(attempt).rejects.toThrow('`003-late.sql` was added behind the applied schema 5')
    expect((await database.sql.query("select to_regclass('next') as next")).rows).toEqual([{ next: null }])
  })

  test('checked out with other line ends are the same file', async () => {
    const database = await open({ schema: 'empty' })
    file('001-note.sql', 'create table note (\n  id int\n);\n')
    await migrate(database, folder)
    file('001-note.sql', 'create table note (\r\n  id int\r\n);\r\n')
    expect((await migrationState(database, folder)).faults).toEqual([])
  })

  test('of two files with one number, or with an unreadable name, are refused', async () => {
    const database = await open({ schema: 'empty' })
    file('001-a.sql', 'select 1;')
    file('001-b.sql', 'select 1;')
    await expect(migrate(database, folder)).rejects.toThrow('two files are numbered 1')
    file('core.sql', 'select 1;')
    await expect(migrate(database, folder)).rejects.toThrow('`core.sql` is not called like `001-name.sql`')
  })

  test('of this program bring an empty database up to date', async () => {
    const database = await open({ schema: 'empty' })
    const { pending } = await migrationState(database)
    expect(await migrate(database)).toEqual(pending)
    expect((await migrationState(database)).pending).toEqual([])
  })
})

;(hasPostgres ? describe : describe.skip)(`schema changes on a server ${hasPostgres ? '' : withoutPostgres}`, () => {
  test('started by three processes at once are applied once', async () => {
    const { database, source, close } = await openTestDatabase('PostgreSQL', { schema: 'empty' })
    for (const number of [1, 2, 3, 4]) file(`00${number}-t.sql`, `create table t${number} (id int); select pg_sleep(0.05);`)
    const others = [await openDatabase(source), await openDatabase(source)]
    const applied = await Promise.all([database, ...others].map((each) => migrate(each, folder)))
    expect(applied.flat().sort()).toEqual(['001-t.sql', '002-t.sql', '003-t.sql', '004-t.sql'])
    for (const other of others) await other.close()
    await close()
  })
})
