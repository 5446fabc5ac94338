import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PGlite } from '@electric-sql/pglite'
import fc from 'fast-check'
import type { Condition, Facts } from '../../consent/types.ts'
import { matches, toSql, view, type Columns } from '../../consent/view.ts'
import { factsArbitrary, rowsByPerson, sceneArbitrary } from './support/arbitraries.ts'
import {
  breakGlass,
  department,
  networkConsent,
  now,
  organization,
  receiver,
  record,
  request,
  rowsOf,
  sandbox,
  source,
  types,
} from './support/builders.ts'
import { cases, seedOr } from '../support/proof.ts'

const seed = seedOr(20260303)
const columns: Columns = {
  id: 'r.id',
  person: 'r.person',
  custodian: 'r.custodian',
  sources: 'r.sources',
  classes: 'r.classes',
  codes: 'r.codes',
  sensitivities: 'r.sensitivities',
  relations: 'r.relations',
  confidentiality: 'r.confidentiality',
  fromMs: 'r.from_ms',
  untilMs: 'r.until_ms',
}

function sqlOf(condition: Condition): { readonly text: string; readonly values: readonly unknown[] } {
  const values: unknown[] = []
  const text = toSql(condition, columns, (value) => `$${values.push(value)}`)
  return { text, values }
}

describe('the view in SQL', () => {
  let db: PGlite
  const records = fc.sample(factsArbitrary, { seed, numRuns: 300 }).map((facts, index): readonly [number, Facts] => [index, facts])

  beforeAll(async () => {
    db = await PGlite.create()
    await db.exec(
      `create table r (no integer primary key, id text not null, person text not null, custodian text not null, sources text[] not null, classes text[] not null,
         codes text[] not null, sensitivities text[] not null, relations text[] not null, confidentiality integer not null, from_ms bigint not null, until_ms bigint not null)`,
    )
    await db.query(
      `insert into r select no, id, person, custodian, sources, classes, codes, sensitivities, relations, confidentiality, "fromMs", "untilMs"
       from jsonb_to_recordset($1::jsonb) as k(no integer, id text, person text, custodian text, sources text[], classes text[], codes text[],
         sensitivities text[], relations text[], confidentiality integer, "fromMs" bigint, "untilMs" bigint)`,
      [JSON.stringify(records.map(([no, facts]) => ({ no, ...facts })))],
    )
  })

  afterAll(() => db.close())

  test('the database selects exactly the records that the decision releases', async () => {
    let isMixed = 0
    for (const scene of fc.sample(sceneArbitrary, { seed, numRuns: cases(150) })) {
      const { condition } = view(scene.request, rowsByPerson(scene.written), scene.environment, scene.nowMs)
      const { text, values } = sqlOf(condition)
      const found = await db.query<{ no: number; yes: boolean | null }>(`select no, (${text}) as yes from r order by no`, [...values])
      expect(found.rows).toEqual(records.map(([no, facts]) => ({ no, yes: matches(condition, facts) })))
      if (new Set(found.rows.map((row) => row.yes)).size === 2) isMixed += 1
    }
    // Otherwise the comparison would say little.
    expect(isMixed).toBeGreaterThan(50)
  })

  test('an empty list of keys is met by no record and its opposite by all', async () => {
    for (const op of ['sources', 'classes', 'ids', 'persons', 'codes', 'sensitivities', 'relations'] as const) {
      const { text, values } = sqlOf({ op: 'not', of: { op, anyOf: [] } })
      const found = await db.query<{ count: number }>(`select count(*)::int as count from r where ${text}`, [...values])
      expect(found.rows).toEqual([{ count: records.length }])
    }
  })

  test('a long list of persons or records is looked up like a short one, and its opposite too', async () => {
    const others = Array.from({ length: 40 }, (_, at) => `nobody-${at}`)
    for (const condition of [
      { op: 'persons', anyOf: ['p1', 'p3', ...others] },
      { op: 'ids', anyOf: ['r2', ...others] },
      { op: 'persons', anyOf: others },
    ] as const) {
      for (const asked of [condition, { op: 'not', of: condition } as const]) {
        const { text, values } = sqlOf(asked)
        const found = await db.query<{ no: number; yes: boolean | null }>(`select no, (${text}) as yes from r order by no`, [...values])
        expect(found.rows).toEqual(records.map(([no, facts]) => ({ no, yes: matches(asked, facts) })))
      }
    }
  })
})

describe('what a view comes down to', () => {
  const permit = rowsOf(networkConsent())
  const notPsychiatry = rowsOf(networkConsent({ type: 'deny', actor: [source(department('03'))] }))

  test('a caller who only has the own house asks one comparison', () => {
    const seen = view(request('clinic'), new Map(), sandbox, now)
    expect(sqlOf(seen.condition)).toEqual({ text: 'r.custodian = $1::text', values: ['clinic'] })
  })

  test('consents that do not concern the caller leave no trace in the predicate', () => {
    const forTertiary = rowsOf(networkConsent()).map((row) => ({ ...row, receivers: ['org:tertiary'] }))
    const seen = view(request('clinic'), new Map([['p1', forTertiary]]), sandbox, now)
    expect(sqlOf(seen.condition).text).toBe('r.custodian = $1::text')
    expect(seen.consulted).toEqual([{ id: 'consent-1', version: '1' }])
  })

  test('a person who keeps a department out of the own chart is an exception to it', () => {
    const rows = rowsOf(networkConsent({ type: 'deny', actor: [receiver(department('01'))], class: types('Condition') })).map((row) =>
      row.path === '' ? { ...row, receivers: ['org:tertiary'] } : row,
    )
    const seen = view(request('clinic'), new Map([['p1', rows]]), sandbox, now)
    expect(sqlOf(seen.condition)).toEqual({
      text: '((r.custodian = $1::text or not (r.sensitivities && $2::text[])) and ((r.custodian = $3::text and r.person = $4::text and not (r.classes && $5::text[])) or (r.custodian = $6::text and not (r.person = $7::text))))',
      values: ['clinic', ['?', 'GDIS'], 'clinic', 'p1', ['Condition', 'contained:Condition'], 'clinic', 'p1'],
    })
  })

  test('persons with the same consent share one branch', () => {
    const rows = new Map(['p1', 'p2', 'p3'].map((person) => [person, permit]))
    const seen = view(request('tertiary'), rows.set('p4', notPsychiatry), sandbox, now)
    expect(sqlOf(seen.condition)).toEqual({
      text: '((r.custodian = $1::text or r.person = any($2::text[]) or (r.person = $3::text and not (r.sources && $4::text[]))) and (r.custodian = $5::text or not (r.sensitivities && $6::text[])))',
      values: ['tertiary', ['p1', 'p2', 'p3'], 'p4', ['dept:03'], 'tertiary', ['?', 'GDIS']],
    })
  })

  test('break-glass adds one person to the view and nobody else', () => {
    const seen = view(breakGlass('tertiary', 'p9'), new Map(), sandbox, now)
    expect(sqlOf(seen.condition)).toEqual({
      text: '((r.custodian = $1::text or r.person = $2::text) and (r.custodian = $3::text or not (r.sensitivities && $4::text[])))',
      values: ['tertiary', 'p9', 'tertiary', ['?', 'GDIS']],
    })
    expect(matches(seen.condition, record('hospital', { person: 'p8' }))).toBe(false)
  })

  test('a request without a purpose sees nothing', () => {
    expect(view(request('clinic', { purposes: [] }), new Map([['p1', permit]]), sandbox, now).condition).toEqual({ op: 'false' })
  })

  test('naming the network covers an institution as well as its departments', () => {
    const byOrganization = rowsOf(networkConsent({ type: 'deny', actor: [source(organization('network'))] }))
    const seen = view(request('tertiary'), new Map([['p1', byOrganization]]), sandbox, now)
    expect(matches(seen.condition, record('hospital', { person: 'p1' }))).toBe(false)
  })
})
