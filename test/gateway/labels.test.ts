/** Labels as they rest in the store: what a text takes from its encounter, why, and after a change of the labeller. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { contentFacts } from '../../consent/record-facts.ts'
import { noPlaces } from '../../consent/places.ts'
import { facts, isNarrated } from '../../fhir-profiles/facts.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { relabelStale } from '../../gateway/store/labels.ts'
import { raised } from '../../gateway/store/raised.ts'
import { records, type RecordRow } from '../../gateway/store/records.ts'
import { hasPostgres, openTestDatabase } from '../support/databases.ts'
import { enginesAtThisScale } from '../support/proof.ts'
import { condition, type Sent } from './records.ts'

const text = (id: string, visit: string): Sent => ({
  resourceType: 'DocumentReference',
  id,
  status: 'current',
  type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] },
  subject: { reference: 'Patient/T-0001' },
  context: { encounter: [{ reference: `Encounter/${visit}` }] },
  content: [{ attachment: { contentType: 'text/plain', data: 'SElW' } }],
})

const at = (visit: string) => ({ encounter: { reference: `Encounter/${visit}` } })

function rowOf(sent: Sent): RecordRow {
  // As the tests write it.
  const resource = sent as unknown as Resource
  const read = facts(resource)
  return {
    id: sent.id,
    institution: 'tertiary',
    type: sent.resourceType,
    localId: sent.id,
    version: 1,
    person: 'p',
    deleted: false,
    text: JSON.stringify(sent),
    peopleText: null,
    isNetworkForm: false,
    updatedMs: 1,
    sources: [],
    classes: read.classes,
    isNarrated: isNarrated(resource),
    ...contentFacts(read, []),
    elements: null,
    relations: [],
    parties: [],
    encounter: read.encounter?.split('/')[1] ?? null,
  }
}

describe.each(enginesAtThisScale(hasPostgres))('labels in the store, on %s', (engine) => {
  let made: Awaited<ReturnType<typeof openTestDatabase>>
  beforeAll(async () => {
    made = await openTestDatabase(engine)
  })
  afterAll(async () => made.close())

  const labelsOf = async (id: string) => {
    const { sql } = made.database
    const found = await sql.query<{ sensitivities: string[]; confidentiality: number }>(
      'select sensitivities, confidentiality from record where id = $1',
      [id],
    )
    const { sensitivities, confidentiality } = found.rows[0] ?? {}
    return { sensitivities, confidentiality, basis: await raised(sql).basis(id) }
  }

  test('a note of an HIV visit is as sensitive as its diagnosis, whichever came first; a blood pressure of it is not', async () => {
    const table = records(made.database.sql)
    await table.write([rowOf(text('before', 'v1')), rowOf(text('other', 'v2'))], [])
    await raised(made.database.sql).narrated(['v1', 'v2'])
    expect(await labelsOf('before')).toEqual({ sensitivities: [], confidentiality: 3, basis: [] })
    await table.write([rowOf(condition('hiv', 'T-0001', 'B24', at('v1'))), rowOf(condition('flu', 'T-0001', 'J10.1', at('v2')))], [])
    await table.write([rowOf(text('after', 'v1')), rowOf(condition('pressure', 'T-0001', 'I10', at('v1')))], [])
    await raised(made.database.sql).narrated(['v1', 'v2'])
    const told = { sensitivities: ['HIV'], confidentiality: 4, basis: ['HIV · diagnosis of the encounter'] }
    expect([await labelsOf('before'), await labelsOf('after')]).toEqual([told, told])
    expect((await labelsOf('other')).sensitivities).toEqual([])
    expect((await labelsOf('pressure')).sensitivities).toEqual([])
    expect((await labelsOf('hiv')).basis).toEqual(['HIV · 후천성면역결핍증 예방법 제7조'])
    expect(await raised(made.database.sql).basis('nobody')).toEqual([])
  })

  test('labels of an older labeller are made anew, those that texts take from their encounter too', async () => {
    const { sql } = made.database
    await sql.query(`update record set labeller = 0, sensitivities = '{?}', confidentiality = 6, label_basis = '{}', is_narrated = false`)
    expect(await relabelStale(sql, 'Asia/Seoul', noPlaces)).toBeGreaterThan(0)
    expect((await labelsOf('before')).sensitivities).toEqual(['HIV'])
    expect((await labelsOf('other')).sensitivities).toEqual([])
    expect((await labelsOf('pressure')).confidentiality).toBe(3)
    expect(await relabelStale(sql, 'Asia/Seoul', noPlaces)).toBe(0)
  })
})
