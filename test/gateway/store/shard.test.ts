/** Records lie with the person they are about, and go with the person when two turn out to be one. */
import { beforeAll, expect, test } from '@jest/globals'
import { open as opened } from '../../../gateway/held.ts'
import type { Database, Sql } from '../../../gateway/store/pool.ts'
import type { IndexRow } from '../../../gateway/store/index-rows.ts'
import { records, type RecordRow } from '../../../gateway/store/records.ts'
import { createStore, type Store } from '../../../gateway/store/store.ts'
import { versions } from '../../../gateway/store/versions.ts'
import { eachDatabase } from '../../support/databases.ts'

const tables = ['record', 'record_history', 'record_index'] as const

function rowOf(id: string, person: string | null, version = 1): RecordRow {
  return {
    id,
    institution: 'clinic',
    type: person === null ? 'Practitioner' : 'Observation',
    localId: `local-${id}`,
    version,
    person,
    deleted: false,
    text: `{"resourceType":"Observation","id":"local-${id}","status":"v${version}"}`,
    peopleText: null,
    isNetworkForm: false,
    updatedMs: version,
    sources: [],
    classes: ['Observation'],
    codes: [],
    confidentiality: 3,
    sensitivities: [],
    labelBasis: [],
    fromMs: 0,
    untilMs: 1,
    isNarrated: false,
    elements: null,
    relations: [],
    parties: [],
    encounter: null,
  }
}

/** Takes what would be asked, and answers nothing. */
function askedOf(): [Sql, { text: string; values: readonly unknown[] }[]] {
  const asked: { text: string; values: readonly unknown[] }[] = []
  const query: Sql['query'] = async (text, values = []) => {
    asked.push({ text, values })
    return { rows: [], rowCount: 0 }
  }
  return [{ query }, asked]
}

/** whose a shard may be */
const names = ['ada', 'bea', 'cleo', 'dora', 'eve', 'clinic']

const indexed = (row: RecordRow): readonly IndexRow[] =>
  ['a', 'b'].map((code) => ({
    record: row.id,
    type: row.type,
    param: 'code',
    kind: 'token',
    system: null,
    code,
    fromMs: null,
    untilMs: null,
    number: null,
  }))

eachDatabase('records lie with the person they are about', (open) => {
  let database: Database
  let store: Store
  beforeAll(async () => {
    database = await open()
    store = createStore(database)
  })

  const write = (rows: readonly RecordRow[]): Promise<void> =>
    store.transaction(async (in_) => {
      await in_.records.networkIds(
        rows.map((row) => ({ institution: row.institution, type: row.type, localId: row.localId, given: row.id })),
        () => 'unused',
      )
      await in_.records.write(rows, rows.flatMap(indexed))
    })
  const shardsOf = async (ids: readonly string[]): Promise<readonly string[]> => {
    const counts: string[] = []
    for (const table of tables) {
      const { rows } = await database.sql.query<{ at: string }>(
        `select n.name || ' ' || count(*) as at from ${table} t join unnest($2::text[]) n(name) on hashtextextended(n.name, 0) = t.shard
         where ${table === 'record_index' ? 't.record = any(array(select hashtextextended(v, 0) from unnest($1::text[]) v))' : 't.id = any($1::text[])'}
         group by n.name order by n.name`,
        [ids, names],
      )
      counts.push(`${table}: ${rows.map(({ at }) => at).join(', ')}`)
    }
    const known = await database.sql.query<{ shard: string }>(
      'select distinct name as shard from network_id, unnest($2::text[]) name where id = any($1::text[]) and shard = hashtextextended(name, 0)',
      [ids, names],
    )
    return [...counts, `network_id: ${known.rows.map(({ shard }) => shard).join(', ')}`]
  }

  test('and what is about nobody lies with its institution', async () => {
    await store.identities.addPerson('ada', 1)
    await write([rowOf('obs-1', 'ada'), rowOf('doctor-1', null)])
    expect(await shardsOf(['obs-1'])).toEqual(['record: ada 1', 'record_history: ada 1', 'record_index: ada 2', 'network_id: ada'])
    expect(await shardsOf(['doctor-1'])).toEqual([
      'record: clinic 1',
      'record_history: clinic 1',
      'record_index: clinic 2',
      'network_id: clinic',
    ])
  })

  test.each([
    ['the shard of somebody else', `shard = hashtextextended('bea', 0)`],
    ['the number of another id', `key = hashtextextended('obs-9', 0)`],
  ])('a row with %s is refused by constraint', async (_, change) => {
    await write([rowOf('obs-8', 'ada')])
    await expect(database.sql.query(`update record set ${change} where id = 'obs-8'`)).rejects.toThrow(/record_check/)
  })

  test('a record that turns out to be about somebody else takes its history along and leaves nothing behind', async () => {
    await store.identities.addPerson('bea', 1)
    await write([rowOf('obs-2', 'ada')])
    await write([rowOf('obs-2', 'ada', 2)])
    await write([rowOf('obs-2', 'bea', 3), rowOf('obs-1', 'ada', 2)])
    expect(await shardsOf(['obs-2'])).toEqual(['record: bea 1', 'record_history: bea 3', 'record_index: bea 2', 'network_id: bea'])
    expect((await store.versions.textsOf('obs-2', 10)).map(({ version }) => version)).toEqual([3, 2, 1])
    const held = await store.records.byId('Observation', 'obs-2')
    expect(held === undefined ? undefined : opened(held).facts.person).toBe('bea')
  })

  test('two persons who are one lie together after the merge, found by every way that led to them before', async () => {
    await store.identities.addPerson('cleo', 1)
    await store.identities.addPerson('dora', 1)
    await write([rowOf('obs-3', 'cleo'), rowOf('obs-4', 'cleo'), rowOf('obs-5', 'dora')])
    await write([rowOf('obs-3', 'cleo', 2)])
    await store.transaction((in_) => in_.identities.merge('cleo', 'dora', 5))
    const ids = ['obs-3', 'obs-4', 'obs-5']
    expect(await shardsOf(ids)).toEqual(['record: dora 3', 'record_history: dora 4', 'record_index: dora 6', 'network_id: dora'])
    expect((await store.records.byIds(ids)).map((held) => opened(held).facts.person)).toEqual(['dora', 'dora', 'dora'])
    expect((await store.records.ofPerson('dora', [], 10)).length).toBe(3)
    expect(await store.records.byKey({ institution: 'clinic', type: 'Observation', localId: 'local-obs-3' })).toBeDefined()
    await write([rowOf('obs-3', 'dora', 3)])
    expect((await store.versions.textsOf('obs-3', 10)).map(({ version }) => version)).toEqual([3, 2, 1])
  })

  test('a merge that is undone by an error leaves every row where it was', async () => {
    await store.identities.addPerson('eve', 1)
    await write([rowOf('obs-6', 'eve')])
    const before = await shardsOf(['obs-6'])
    const attempt = store.transaction(async (in_) => {
      await in_.identities.merge('eve', 'ada', 5)
      throw new Error('cut off')
    })
    await expect(attempt).rejects.toThrow('cut off')
    expect(await shardsOf(['obs-6'])).toEqual(before)
  })

  test('a record is read from one partition, by its id, by its own number and by its person, and no table is read from end to end', async () => {
    // long enough that a partition is more than a page: a small table is read whole by right
    const many = Array.from({ length: 400 }, (_, at) => rowOf(`many-${at}`, `fay-${at % 80}`))
    await write(many.map((row) => ({ ...row, text: row.text + ' '.repeat(1_200) })))
    if (database.kind === 'postgres') await database.sql.query('analyze', [])
    const [sql, asked] = askedOf()
    await records(sql).found('many-2')
    await records(sql).byKey({ institution: 'clinic', type: 'Observation', localId: 'local-many-2' })
    await versions(sql).textsOf('many-2', 10)
    await records(sql).ofPerson('fay-2', ['Observation'], 10)
    for (const { text, values } of asked) {
      const plan = await database.sql.query<{ 'QUERY PLAN': string }>(
        `explain (analyze, costs off, timing off, summary off) ${text}`,
        values,
      )
      const lines = plan.rows.map((row) => row['QUERY PLAN'])
      const partitions = lines.filter((line) => / on record\w*_p\d/.test(line) && !line.includes('never executed'))
      expect(new Set(partitions.map((line) => / on \w+_(p\d)/.exec(line)?.[1])).size).toBe(1)
      // what a person has may be most of a small partition; a record looked up by its id never is
      const whole = text.includes('order by r.updated_ms') ? [] : lines.filter((line) => /Seq Scan on (record|network_id)/.test(line))
      expect(whole.filter((line) => !line.includes('never executed'))).toEqual([])
    }
  })

  test('an update leaves the index rows that say the same, and whatever else was there is gone', async () => {
    const rowsThere = async () =>
      (
        await database.sql.query<{ code: string; at: string }>(
          `select code, ctid::text as at from record_index where record = hashtextextended('obs-7', 0) order by about, code`,
        )
      ).rows
    const first = rowOf('obs-7', 'ada')
    await write([first])
    const [old] = await rowsThere()
    const index = [
      ...indexed(first).slice(0, 1),
      ...indexed(first)
        .slice(1)
        .map((row) => ({ ...row, code: 'another' })),
    ]
    await store.transaction(async (in_) => {
      await in_.records.write([{ ...first, version: 2 }], index, [], await in_.writes.current(['obs-7']))
    })
    const now = await rowsThere()
    expect(now.map(({ code }) => code)).toEqual(index.map(({ code }) => code))
    expect([now.length, now[0]]).toEqual([index.length, old])
    expect((await store.versions.textsOf('obs-7', 10)).map(({ version }) => version)).toEqual([2, 1])
  })

  test('a record cannot be written beside the person it is about', async () => {
    await expect(database.sql.query(`update record set person = 'ada' where id = 'obs-6'`)).rejects.toThrow(/check constraint/)
  })
})
