/**
 * How PostgreSQL goes about the main searches in a full store: by index, in the partition of the person where one is named, and never through
 * all of a table, however the consents read. Growth of the store must not be growth of the answer's time.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Condition } from '../../../consent/types.ts'
import { guardedTypes } from '../../../fhir-profiles/logical-reference.ts'
import type { ExportJob } from '../../../gateway/store/export-jobs.ts'
import { bulkExports } from '../../../gateway/store/exports.ts'
import type { Sql } from '../../../gateway/store/pool.ts'
import type { Clause, SearchInput, Test, Views } from '../../../gateway/store/search-clause.ts'
import { includedRecords, type IncludeInput } from '../../../gateway/store/search-include.ts'
import { searchPersons, searchRecords } from '../../../gateway/store/search.ts'
import { versions, type VersionsOfMany } from '../../../gateway/store/versions.ts'
import { hasPostgres, openTestDatabase, withoutPostgres } from '../../support/databases.ts'
import { fillIndexed } from './many-indexed.ts'

const person = 'person-7'
const own: Condition = { op: 'custodian', is: 'house-1' }
/** As a doctor of one institution sees a person who refuses one source and one kind of matter. */
const consented: Condition = {
  op: 'or',
  of: [
    own,
    {
      op: 'and',
      of: [
        { op: 'persons', anyOf: [person] },
        { op: 'not', of: { op: 'sources', anyOf: ['org:house-2'] } },
        { op: 'not', of: { op: 'sensitivities', anyOf: ['PSY'] } },
      ],
    },
  ],
}
const viewsOf = (condition: Condition): Views => ({
  guarded: guardedTypes,
  isSystem: false,
  groups: [{ of: { but: [] }, condition, party: undefined, onlyParty: undefined }],
})

const token = (...codes: readonly string[]): Test => ({ kind: 'token', anyOf: [{ system: 'urn:codes', codes }] })
const row = (param: string, of: Test): Clause => ({ on: 'row', param, test: of })
const identifier = row('identifier', { kind: 'token', anyOf: [{ system: 'urn:many', codes: ['777'] }] })
const name = row('name', { kind: 'string', match: 'starts', anyOf: ['name 77'] })
const birth = 86_400_000 * 777
const born = row('birthdate', { kind: 'date', anyOf: [{ prefix: 'eq', fromMs: birth, untilMs: birth + 86_399_999 }] })
const since = row('date', { kind: 'date', anyOf: [{ prefix: 'ge', fromMs: birth, untilMs: birth }] })
const isAbout: Clause = { on: 'person', anyOf: [person] }

const search = (type: string, clauses: readonly Clause[], more: Partial<SearchInput> = {}): SearchInput => ({
  types: [type],
  views: viewsOf(consented),
  clauses,
  sort: [],
  limit: 50,
  after: undefined,
  countTo: 1000,
  ...more,
})
const include = (input: Partial<IncludeInput['includes'][number]>, matches: readonly string[]): IncludeInput => ({
  views: viewsOf(consented),
  matches,
  includes: [{ source: 'Condition', param: 'encounter', target: undefined, isReverse: false, isIterated: false, ...input }],
  types: ['Patient', 'Encounter', 'Condition', 'Observation'],
  limit: 1000,
})
const history: VersionsOfMany = {
  sinceMs: 0,
  current: undefined,
  type: 'Observation',
  institution: 'house-1',
  person: undefined,
  condition: own,
  party: undefined,
  onlyParty: undefined,
  after: undefined,
  limit: 100,
}

const job: ExportJob = {
  id: 'job',
  subject: 'system',
  institution: 'house-1',
  role: 'system',
  caller: '',
  request: '',
  persons: undefined,
  isOwnOnly: true,
  types: [],
  sinceMs: undefined,
  atMs: birth,
  expiresMs: birth,
}
const portion = { condition: own, party: undefined, institution: 'house-1', type: 'Observation', after: '', limit: 1000 }

interface Asked {
  readonly title: string
  readonly ask: (sql: Sql) => Promise<unknown>
  /** partitions of `record` that may be looked at; undefined = any */
  readonly partitions?: number
  /** 1, unless it says more */
  readonly statements?: number
  /** pages of tables and indexes that may be looked at, counted each time */
  readonly most?: number
}

const asked: readonly Asked[] = [
  {
    title: 'one person, one code, from a date on',
    ask: (sql) => searchRecords(sql, search('Observation', [isAbout, row('code', token('O7')), since])),
    partitions: 1,
  },
  {
    title: 'one person, newest first, by date',
    ask: (sql) => searchRecords(sql, search('Observation', [isAbout], { sort: [{ param: 'date', descending: true }] })),
    partitions: 1,
  },
  {
    title: 'whatever a patient may see of a type',
    ask: (sql) => searchRecords(sql, search('Observation', [], { views: viewsOf({ op: 'persons', anyOf: [person] }) })),
    partitions: 1,
    most: 300,
  },
  { title: 'a business identifier', ask: (sql) => searchRecords(sql, search('Observation', [identifier])) },
  { title: 'a code of the own institution', ask: (sql) => searchRecords(sql, search('Condition', [row('code', token('C7'))])) },
  { title: 'a patient number', ask: (sql) => searchPersons(sql, search('Patient', [identifier])) },
  { title: 'a name', ask: (sql) => searchPersons(sql, search('Patient', [name])) },
  { title: 'a birth date', ask: (sql) => searchPersons(sql, search('Patient', [born])) },
  {
    title: 'a chain: diagnoses of one person, by the date of their visit',
    ask: (sql) =>
      searchRecords(
        sql,
        search('Condition', [isAbout, { on: 'chain', param: 'encounter', through: [{ type: 'Encounter', clause: since }] }]),
      ),
  },
  {
    title: 'a chain: diagnoses by the number of their visit',
    ask: (sql) =>
      searchRecords(sql, search('Condition', [{ on: 'chain', param: 'encounter', through: [{ type: 'Encounter', clause: identifier }] }])),
  },
  {
    title: '_has: visits of one person with a diagnosis',
    ask: (sql) =>
      searchRecords(
        sql,
        search('Encounter', [isAbout, { on: 'has', type: 'Condition', param: 'encounter', clause: row('code', token('C7')) }]),
      ),
  },
  {
    title: '_has: visits anywhere with a diagnosis',
    ask: (sql) =>
      searchRecords(sql, search('Encounter', [{ on: 'has', type: 'Condition', param: 'encounter', clause: row('code', token('C7')) }])),
  },
  { title: '_include of a visit', ask: (sql) => includedRecords(sql, include({}, ['condition-7', 'condition-2007'])) },
  {
    title: '_include of everything, again and again',
    ask: (sql) => includedRecords(sql, include({ param: '*', source: '*', isIterated: true }, ['condition-7'])),
  },
  {
    title: '_revinclude of diagnoses',
    ask: (sql) => includedRecords(sql, include({ isReverse: true }, ['encounter-7', 'encounter-2007'])),
  },
  {
    title: '_revinclude of everything, again and again',
    ask: (sql) => includedRecords(sql, include({ param: '*', source: '*', isReverse: true, isIterated: true }, ['encounter-7'])),
  },
  { title: 'the history of a type at one institution', ask: (sql) => versions(sql).ofMany(history), most: 1_000 },
  { title: 'of every type at one institution', ask: (sql) => versions(sql).ofMany({ ...history, type: undefined }), most: 3_000 },
  {
    title: 'of a type at every institution',
    ask: (sql) => versions(sql).ofMany({ ...history, institution: undefined, condition: { op: 'true' } }),
    most: 5_000,
  },
  {
    title: 'of a type, as it was at a time',
    ask: (sql) => versions(sql).ofMany({ ...history, current: { fromMs: 20_000, untilMs: 20_000 } }),
  },
  {
    title: 'of a type, of one person',
    ask: (sql) => versions(sql).ofMany({ ...history, institution: undefined, person }),
    partitions: 1,
    most: 300,
  },
  { title: 'what there is to export', ask: (sql) => bulkExports(sql).plan(job) },
  { title: 'a portion of an export', ask: (sql) => bulkExports(sql).recordKeys(job, portion), statements: 2 },
  {
    title: 'a portion of an export of one person',
    ask: (sql) => bulkExports(sql).recordKeys({ ...job, persons: [person] }, portion),
    partitions: 1,
  },
]

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Loops': number
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly 'Relation Name'?: string
  readonly Alias?: string
  readonly Plans?: readonly Plan[]
}

/** Every statement is run and explained, and answers nothing. */
function explaining(sql: Sql, plans: Plan[]): Sql {
  return {
    async query(text, values) {
      const { rows } = await sql.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers, format json) ${text}`, values)
      // as PostgreSQL documents it
      for (const each of rows) plans.push(...(JSON.parse(each['QUERY PLAN']) as readonly { Plan: Plan }[]).map(({ Plan: plan }) => plan))
      return { rows: [], rowCount: 0 }
    },
  }
}

function nodesOf(plan: Plan): readonly Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}

const only = hasPostgres ? describe : describe.skip
only(`a store of 38,000 records on PostgreSQL answers by index${hasPostgres ? '' : ` ${withoutPostgres}`}`, () => {
  let opened: Awaited<ReturnType<typeof openTestDatabase>>
  beforeAll(async () => {
    opened = await openTestDatabase('PostgreSQL')
    await fillIndexed(opened.database.sql)
  }, 120_000)
  afterAll(async () => opened.close())

  test.each(asked)('$title', async ({ ask, partitions, statements = 1, most = Number.POSITIVE_INFINITY }) => {
    const plans: Plan[] = []
    await ask(explaining(opened.database.sql, plans))
    expect(plans.length).toBe(statements)
    if (process.env['SHOW_PLANS'] !== undefined) console.log(JSON.stringify(plans))
    const nodes = plans.flatMap(nodesOf)
    const through = nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'] ?? '')
    expect(through.filter((table) => table.startsWith('record'))).toEqual([])
    // whether anything waits to be indexed (`u`) is asked of the whole store
    const ofSearch = nodes.filter((node) => node['Actual Loops'] > 0 && !/^u(?:_\d+)?$/.test(node.Alias ?? ''))
    const lookedAt = new Set(ofSearch.map((node) => node['Relation Name'] ?? '').filter((table) => /^record_p\d+$/.test(table)))
    for (const plan of plans) expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(most)
    if (partitions !== undefined) expect(lookedAt.size).toBe(partitions)
  })
})
