/** The whole database as one file: nothing of it changes on the way from one engine to the other and back, and nothing else is taken for it. */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { sealAll } from '../../../gateway/seal.ts'
import { backUp } from '../../../gateway/store/backup.ts'
import { verifyLedger } from '../../../gateway/store/ledger-verify.ts'
import type { Database } from '../../../gateway/store/pool.ts'
import { restore } from '../../../gateway/store/restore.ts'
import { keepRelease } from '../../../gateway/store/terminology-releases.ts'
import { hasPostgres, openTestDatabase, withoutPostgres, type Engine, type TestDatabase } from '../../support/databases.ts'
import { runNode } from '../../support/processes.ts'
import { cases, enginesAtThisScale } from '../../support/proof.ts'
import { logContext, write } from '../log.ts'

let folder = ''
const opened: (TestDatabase & { close(): Promise<void> })[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'care-backup-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})
afterAll(async () => {
  for (const each of opened) await each.close()
})

async function open(engine: Engine, schema: 'migrated' | 'empty'): Promise<Database> {
  const made = await openTestDatabase(engine, { schema })
  opened.push(made)
  return made.database
}

const other: Readonly<Record<Engine, Engine>> = { PGlite: hasPostgres ? 'PostgreSQL' : 'PGlite', PostgreSQL: 'PGlite' }
const nowMs = Date.parse('2026-11-22T00:00:00Z')

/** What is easily spoilt between two databases: line separators of every kind, quotes, nulls in lists, bytes, nested JSON, rows that refer to later ones. */
const awkward = 'first\nsecond\r\nthird\u2028fourth\u2029 "quoted" \\back\\ {"a":[1,2]} 한글 🩺 \t end'
const list = ['plain', 'with, comma', '"quoted"', '', 'NULL', '{curly}']

async function fill({ sql }: Database): Promise<void> {
  await sql.query(`insert into person values ('a', 1, null), ('z', 2, 'a')`)
  await sql.query(`insert into person values ('c', 3, null)`)
  await sql.query(`update person set merged_into = 'z' where id = 'a'`)
  await sql.query(`insert into identity values ('clinic', '1', 'r1', 'a', 'certain', 9007199254740991)`)
  await sql.query(
    `insert into record (shard, key, id, institution, type, local_id, version, person, deleted, text, people_text, network_form, updated_ms, sources, classes, parties)
     values (hashtextextended('a', 0), hashtextextended('r1', 0), 'r1', 'clinic', 'Condition', '1', 1, 'a', false, $1, null, true, 1, $2, '{}', $2)`,
    [awkward, list],
  )
  await sql.query(
    `insert into record_index (shard, record, about, kind, number) select hashtextextended('a', 0), hashtextextended('r1', 0), 9, 'q', n from unnest('{0.1, 1e-300}'::float8[]) n`,
  )
  await sql.query(`insert into message values ('clinic', 'm1', 'x', 200, $1, 5)`, [
    JSON.stringify({ task: awkward, entries: [null, 1.5, []] }),
  ])
  await sql.query(
    `insert into "grant" (jti, subject, client, institution, role, purposes, issued_ms, expires_ms) values ('t', 's', 'c', 'clinic', 'doctor', '{TREAT}', 1, $1)`,
    [nowMs * 2],
  )
  await sql.query(`insert into oidc (model, id, payload) values ('Session', 's', '{}'), ('ReplayDetection', 'r', '{}')`)
}

const linesOf = (file: string): readonly string[] => gunzipSync(readFileSync(file)).toString('utf8').split('\n').slice(1, -2).sort()
/** what a restore changes on purpose */
const withoutSessions = (lines: readonly string[]): readonly string[] => lines.filter((line) => !/^\["(grant|oidc)",/.test(line))

for (const engine of ['PGlite', 'PostgreSQL'] as const) {
  const suite = engine === 'PGlite' || hasPostgres ? describe : describe.skip
  suite(`backup and restore, from ${engine} ${suite === describe ? `to ${other[engine]} and back` : withoutPostgres}`, () => {
    let source: Database
    beforeAll(async () => {
      source = await open(engine, 'migrated')
      await fill(source)
      const context = logContext(source)
      await write(context, 9)
      await sealAll(context)
      await write(context, 3)
      // a number that was given out and whose row is gone
      await source.sql.query(`with gone as (delete from ledger where seq = 12) delete from ledger_pending where seq = 12`)
    })
    const backup = async (database: Database, name: string, passphrase?: string, dataDir?: string): Promise<string> => {
      const file = join(folder, name)
      await backUp(database, { file, passphrase, dataDir })
      return file
    }

    test('every row of every table arrives unchanged in the other engine, and unchanged again on the way back', async () => {
      const first = await backup(source, 'first')
      const [there, back] = [await open(other[engine], 'empty'), await open(engine, 'empty')]
      const done = await restore(there, { file: first, nowMs })
      const second = await backup(there, 'second')
      await restore(back, { file: second, nowMs })
      const third = await backup(back, 'third')
      expect(done.rows).toBe(linesOf(first).length)
      expect(withoutSessions(linesOf(second))).toEqual(withoutSessions(linesOf(first)))
      expect(linesOf(third)).toEqual(linesOf(second))
      expect((await there.sql.query<{ text: string }>('select text from record')).rows[0]?.text).toBe(awkward)

      // no access token and no sign-in lives again; what was used up stays used up
      expect((await there.sql.query('select revoked_ms, ended from "grant"')).rows).toEqual([{ revoked_ms: nowMs, ended: 'restored' }])
      expect((await there.sql.query('select model from oidc')).rows).toEqual([{ model: 'ReplayDetection' }])
      // a reference to nothing is refused as it was before
      await expect(there.sql.query(`insert into person values ('y', 1, 'nobody')`)).rejects.toThrow(/foreign key/)

      // the ledger still verifies, and goes on where it stopped: no number is given out twice
      expect(await verifyLedger(there)).toMatchObject({ entries: 11, leaves: 9, unsealed: 2, findings: [] })
      const context = logContext(there)
      await write(context, 1)
      await sealAll(context)
      expect((await there.sql.query<{ seq: number }>('select max(seq) as seq from ledger')).rows[0]?.seq).toBe(13)
      expect(await verifyLedger(there)).toMatchObject({ entries: 12, leaves: 12, keys: 1, findings: [] })
    })

    if (!enginesAtThisScale(hasPostgres).includes(engine)) return

    test('its file is its owner’s only, a sealed one opens with its passphrase only, and packages and releases come along', async () => {
      const release = randomBytes(2_000_000)
      keepRelease(join(folder, 'here'), 'kcd', release)
      const file = await backup(source, 'sealed', 'a long passphrase', join(folder, 'here'))
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const bytes = readFileSync(file)
      expect(bytes.includes(Buffer.from('record'))).toBe(false)
      const target = await open(other[engine], 'empty')
      await expect(restore(target, { file, nowMs })).rejects.toThrow(/sealed: give its passphrase/)
      await expect(restore(target, { file, nowMs, passphrase: 'another passphrase' })).rejects.toThrow()
      for (const at of [20, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const spoilt = Buffer.from(bytes)
        spoilt[at] = (spoilt[at] ?? 0) ^ 1
        writeFileSync(join(folder, `spoilt-${at}`), spoilt)
        await expect(restore(target, { file: join(folder, `spoilt-${at}`), nowMs, passphrase: 'a long passphrase' })).rejects.toThrow()
      }
      const dataDir = join(folder, 'there')
      const spoilt = join(folder, 'spoilt-20')
      await expect(restore(target, { file: spoilt, nowMs, passphrase: 'a long passphrase', dataDir })).rejects.toThrow()
      expect(existsSync(join(dataDir, 'terminology'))).toBe(false)
      const done = await restore(target, { file, nowMs, passphrase: 'a long passphrase', dataDir })
      expect([done.rows > 20, done.files]).toEqual([true, 1])
      expect(readdirSync(join(dataDir, 'terminology'))).toEqual(['kcd.terms'])
      expect(readFileSync(join(dataDir, 'terminology', 'kcd.terms')).equals(release)).toBe(true)
    })

    test('what is not a whole, unchanged backup of a schema that we know is refused, and no row stays', async () => {
      const text = gunzipSync(readFileSync(await backup(source, 'good'))).toString('utf8')
      const [header = '', ...rest] = text.split('\n')
      const edited = (change: (value: { schema: unknown[]; tables: unknown[] }) => void): string => {
        // our own header, just written
        const value = JSON.parse(header) as { schema: unknown[]; tables: unknown[] }
        change(value)
        return [JSON.stringify(value), ...rest].join('\n')
      }
      const bad: readonly (readonly [name: string, content: string | Buffer, says: RegExp])[] = [
        ['none', 'hello', /not a backup/],
        ['other', gzipSync('{"format":"other"}\n'), /not a backup/],
        ['changed', gzipSync(text.replace('first', 'First')), /SHA-256/],
        [
          'a row more',
          gzipSync(text.replace('\n["person"', '\n["person",{"id":"x","created_ms":1,"merged_into":null}]\n["person"')),
          /SHA-256/,
        ],
        ['without end', gzipSync(text.split('\n').slice(0, -2).join('\n')), /cut short/],
        ['cut file', gzipSync(text).subarray(0, -300), /cut short|changed/],
        ['gone on', gzipSync(`${text}["person",{}]\n`), /after its end/],
        [
          'newer',
          gzipSync(edited(({ schema }) => schema.push({ version: 999, md5: 'x' }))),
          /schema 999, which this program does not know/,
        ],
        ['differing', gzipSync(edited(({ schema }) => schema.splice(1, 1))), /release whose schema differs/],
        [
          'with another table',
          gzipSync(edited(({ tables }) => tables.push({ name: 'pg_authid', columns: ['x'] }))),
          /tables of the backup/,
        ],
      ]
      const target = await open(other[engine], 'empty')
      for (const [name, content, says] of bad) {
        writeFileSync(join(folder, name), content)
        await expect(restore(target, { file: join(folder, name), nowMs })).rejects.toThrow(says)
      }
      // and the same target takes the good one afterwards
      expect((await restore(target, { file: join(folder, 'good'), nowMs })).rows).toBe(linesOf(join(folder, 'good')).length)
    })

    test('a database that holds anything is left as it is', async () => {
      const file = await backup(source, 'full')
      const before = linesOf(file)
      await expect(restore(source, { file, nowMs })).rejects.toThrow(/not empty: table `[a-z_]+` holds rows; nothing was changed/)
      expect(linesOf(await backup(source, 'after'))).toEqual(before)
    })
  })
}

const carenet = fileURLToPath(new URL('../../../bin/carenet.mjs', import.meta.url))

// small in `npm test`, larger than the heap in `npm run prove`
const rows = cases(1) > 1 ? 50_000 : 500
;(hasPostgres ? describe : describe.skip)(`a backup from the command line ${hasPostgres ? '' : withoutPostgres}`, () => {
  test(`passes ${rows} rows of 3 kB through a heap of 64 MB, both ways`, async () => {
    const [source, target] = [await openTestDatabase('PostgreSQL'), await openTestDatabase('PostgreSQL', { schema: 'empty' })]
    opened.push(source, target)
    await source.database.sql.query(
      `insert into gap select 'clinic', n::text, repeat(md5(n::text), 100), 'e', 'r', n from generate_series(1, ${rows}) n`,
    )
    const passphrase = join(folder, 'passphrase')
    writeFileSync(passphrase, randomBytes(16).toString('hex'))
    chmodSync(passphrase, 0o600)
    const file = join(folder, 'large')
    const urlOf = ({ source: at }: TestDatabase): string => ('databaseUrl' in at ? at.databaseUrl : '')
    const run = (at: TestDatabase, ...args: readonly string[]) =>
      runNode(['--max-old-space-size=64', carenet, ...args, '--passphrase-file', passphrase], { env: { DATABASE_URL: urlOf(at) } })
    expect(await run(source, 'backup', '--to', file)).toMatchObject({ code: 0 })
    expect(await run(target, 'restore', '--from', file)).toMatchObject({ code: 0 })
    expect((await target.database.sql.query('select count(*)::int as n from gap')).rows).toEqual([{ n: rows }])
  })
})
