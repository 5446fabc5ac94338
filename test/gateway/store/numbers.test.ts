/** Numbers stand for names: no two names of ours have one, and every engine makes the same of them, or a backup could not change engines. */
import { expect, test } from '@jest/globals'
import { searchParametersOf, searchableTypes } from '../../../fhir-profiles/search-parameters.ts'
import { aboutOf, numberOf, numbersOf } from '../../../gateway/store/numbers.ts'
import { eachDatabase } from '../../support/databases.ts'

/** Whatever a row may be about: each parameter, what its modifiers look at, its parts; and what has no parameter. */
const marks = ['', ':text', ':of-type', ':identifier', '$1', '$2', '$3', '$4']
const ours = ['_reference', '_source', 'x-birth-day', 'x-phone']
const about = searchableTypes.flatMap((type) => {
  const names = [...searchParametersOf(type).keys()].flatMap((name) => marks.map((mark) => `${name}${mark}`))
  return [...new Set([...names, ...ours])].map((name) => `${type}.${name}`)
})

eachDatabase('numbers for names', (open) => {
  test('are the same in every database', async () => {
    const { sql } = await open()
    const { rows } = await sql.query<{ name: string; number: string; about: number }>(
      `select v as name, ${numberOf('v')}::text as number, ${aboutOf('v')} as about from unnest($1::text[]) v`,
      [['clinic', '강하늘', '', 'http://loinc.org', 'Observation.code']],
    )
    expect(rows).toEqual([
      { name: 'clinic', number: '906177500828360015', about: -934060721 },
      { name: '강하늘', number: '-6661070702383351954', about: -257050770 },
      { name: '', number: '-6939563903564495251', about: -1477818771 },
      { name: 'http://loinc.org', number: '284838670200515702', about: -342315914 },
      { name: 'Observation.code', number: '-460902453887553819', about: -1233179 },
    ])
  })

  test(`of ${about.length} names of parameters are all different, as are those of types`, async () => {
    const { sql } = await open()
    const { rows } = await sql.query<{ names: number; types: number }>(
      `select (select count(distinct ${aboutOf('v')}) from unnest($1::text[]) v)::int as names,
         (select count(distinct v) from unnest(${numbersOf('$2::text[]')}) v)::int as types`,
      [about, searchableTypes],
    )
    expect(rows).toEqual([{ names: about.length, types: searchableTypes.length }])
  })
})
