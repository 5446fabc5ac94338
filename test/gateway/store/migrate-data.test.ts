/** A database of any earlier release, with data in it, comes up to date and loses nothing. */
import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { textOf } from '../../../fhir-profiles/octets.ts'
import { open as opened } from '../../../gateway/held.ts'
import { migrate, migrationState } from '../../../gateway/store/migrate.ts'
import type { Sql } from '../../../gateway/store/pool.ts'
import { createStore } from '../../../gateway/store/store.ts'
import { eachDatabase } from '../../support/databases.ts'
import { cases } from '../../support/proof.ts'

const versions = readdirSync(new URL('../../../gateway/store/sql/', import.meta.url)).map((name) => Number(name.slice(0, 3)))
/** every one in `npm run prove`; in `npm test` the oldest, one in six, and the newest */
const tried = cases(1) > 1 ? versions : versions.filter((_, at) => at % 6 === 0 || at >= versions.length - 3)
/** where the moved tables begin to have their new key */
const sharded = { record: 70, record_version: 71, record_index: 72 } as const
/** where numbers stand for names in them */
const short = { network_id: 123, record: 124, record_version: 125, record_index: 126 } as const

interface Kept {
  readonly id: string
  readonly type: string
  readonly person: string | null
  readonly versions: number
}

const kept: readonly Kept[] = [
  { id: 'r1', type: 'Observation', person: 'ada', versions: 3 },
  { id: 'r2', type: 'Condition', person: 'bea', versions: 1 },
  { id: 'r3', type: 'Practitioner', person: null, versions: 2 },
]

/** As a gateway of schema `version` would have left it. */
async function fill(sql: Sql, version: number): Promise<void> {
  const nameOf = (table: keyof typeof short, sql: string): string => (version < short[table] ? sql : `hashtextextended(${sql}, 0)`)
  const shard = (table: keyof typeof sharded, person: string | null): { column: string; value: string } =>
    version < sharded[table] ? { column: '', value: '' } : { column: 'shard, ', value: `${nameOf(table, `'${person ?? 'clinic'}'`)}, ` }
  const key = version < short.record ? { column: '', value: '' } : { column: 'key, ', value: `${nameOf('record', '$1')}, ` }
  const about =
    version < short.record_index
      ? { columns: 'type, param, kind', is: (param: string, kind: string) => `$2, '${param}', '${kind}'` }
      : { columns: 'about, kind', is: (param: string, kind: string) => `hashtext($2 || '.${param}'), '${kind.slice(0, 1)}'` }
  await sql.query(`insert into person (id, created_ms) values ('ada', 1), ('bea', 2)`)
  await sql.query(`insert into identity values ('clinic', 'C-1', 'p1', 'ada', 'certain', 3)`)
  await sql.query(`insert into network_id (id, institution, type, local_id) values ('mentioned', 'clinic', 'Device', 'd1')`)
  for (const { id, type, person, versions: count } of kept) {
    await sql.query(`insert into network_id (id, institution, type, local_id) values ($1, 'clinic', $2, $3)`, [id, type, `local-${id}`])
    if (version >= sharded.record)
      await sql.query(`update network_id set shard = ${nameOf('network_id', '$2')} where id = $1`, [id, person ?? 'clinic'])
    const [row, past, index] = [shard('record', person), shard('record_version', person), shard('record_index', person)]
    await sql.query(
      `insert into record (${row.column}${key.column}id, institution, type, local_id, version, person, deleted, text, network_form, updated_ms, sources, classes, parties)
       values (${row.value}${key.value}$1, 'clinic', $2, $3, $4, $5, false, $6, false, 9, '{dept:01}', '{a,b}', '{hospital}')`,
      [id, type, `local-${id}`, count, person, `{"id":"${id}","수치":0.10}`],
    )
    const place = version < 121 ? { column: '', value: '' } : { column: 'institution, type, ', value: `'clinic', '${type}', ` }
    // the current version stands in the record alone since 98
    for (let at = 1; at <= (version < 98 ? count : count - 1); at += 1) {
      await sql.query(
        `insert into record_version (${past.column}${place.column}id, version, text, deleted, updated_ms)
         values (${past.value}${place.value}$1, $2, $3, false, 9)`,
        [id, at, `{"v":${at}}`],
      )
    }
    await sql.query(
      `insert into record_index (${index.column}record, ${about.columns}, code)
       values ${[['identifier', 'token', 'x'] as const, ['_reference', 'reference', 'mentioned'] as const].map(([param, kind, code]) => `(${index.value}${nameOf('record_index', '$1')}, ${about.is(param, kind)}, '${code}')`).join(', ')}`,
      [id, type],
    )
  }
  await sql.query(
    `insert into provision (consent, version, person, controller, path, type, unreadable, blind, from_ms, until_ms) values ('c1', '1', 'ada', 'network', '0', 'deny', false, '{}', 1, 2)`,
  )
}

eachDatabase('a database with data in it', (open, engine) => {
  // each on PGlite is a cluster of its own; the oldest and the last before the records moved stand for the others there
  test.each(engine === 'PGlite' ? [1, 62] : tried)('comes up to date from schema %i and loses nothing', async (from) => {
    const database = await open({ schema: 'empty' })
    await migrate(database, undefined, from)
    await fill(database.sql, from)
    await migrate(database)
    expect((await migrationState(database)).pending).toEqual([])
    const store = createStore(database)
    for (const { id, type, person, versions: count } of kept) {
      const held = await store.records.byId(type, id)
      expect(held === undefined ? undefined : { ...opened(held).facts, text: textOf(opened(held).text) }).toMatchObject({
        id,
        person: person ?? '',
        custodian: 'clinic',
        sources: ['dept:01'],
        text: `{"id":"${id}","수치":0.10}`,
      })
      expect((await store.versions.textsOf(id, 10)).length).toBe(count)
    }
    expect((await store.records.pointingTo('mentioned', 'clinic')).length).toBe(3)
    expect((await store.consents.provisionsOf(['ada'])).length).toBe(1)
    const { rows } = await database.sql.query('select count(*)::int as rows from record_index')
    expect(rows).toEqual([{ rows: 6 }])
  })

  test('whose rows do not fit together is left as it was, and says so', async () => {
    const database = await open({ schema: 'empty' })
    await migrate(database, undefined, 62)
    await fill(database.sql, 62)
    await database.sql.query(`delete from network_id where id = 'r2'`)
    await expect(migrate(database)).rejects.toThrow(/`070-shard.sql` failed and was undone: a record is not known by its network id/)
    expect((await migrationState(database)).version).toBe(62)
    const { rows } = await database.sql.query(
      `select count(*)::int as records, count(to_regclass('record_before'))::int as halves, count(to_regclass('record_p0'))::int as parts from record`,
    )
    expect(rows).toEqual([{ records: 3, halves: 0, parts: 0 }])
  })
})
