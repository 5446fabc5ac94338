/** A store so full that no plan may read all of it: persons with visits, findings and diagnoses, made by the database itself with their rows. */
import { indexerVersion } from '../../../fhir-profiles/search-parameters.ts'
import { labellerVersion } from '../../../consent/label.ts'
import type { Sql } from '../../../gateway/store/pool.ts'

interface Kind {
  readonly type: string
  readonly count: number
  /** index rows of a record of this type, over its number `n` and its person `p`: param, kind, system, code, from_ms */
  readonly rows: readonly (readonly [param: string, kind: string, system: string, code: string, fromMs: string])[]
}

const none = 'null::text'
const noDate = 'null::bigint'
const dayMs = 86_400_000
const reference = (param: string, type: string, id: string): Kind['rows'] => [
  [param, 'reference', `'${type}'`, id, noDate],
  ['_reference', 'reference', `'${type}'`, id, noDate],
]
const about: Kind['rows'] = [
  ['patient', 'reference', `'Patient'`, `'patient-' || p`, noDate],
  ...reference('subject', 'Patient', `'patient-' || p`),
]
const identified: Kind['rows'][number] = ['identifier', 'token', `'urn:many'`, `n::text`, noDate]

export const persons = 2_000
const kinds: readonly Kind[] = [
  {
    type: 'Patient',
    count: persons,
    rows: [
      identified,
      ['name', 'string', none, `'name ' || n`, noDate],
      ['birthdate', 'date', none, none, `n::bigint * ${dayMs}`],
      ['gender', 'token', none, `case n % 2 when 0 then 'male' else 'female' end`, noDate],
    ],
  },
  { type: 'Encounter', count: 4_000, rows: [...about, identified, ['date', 'date', none, none, `n::bigint * ${dayMs}`]] },
  {
    type: 'Condition',
    count: 8_000,
    rows: [
      ...about,
      identified,
      ['code', 'token', `'urn:codes'`, `'C' || n % 500`, noDate],
      ...reference('encounter', 'Encounter', `'encounter-' || n % 4000`),
    ],
  },
  {
    type: 'Observation',
    count: 24_000,
    rows: [
      ...about,
      identified,
      ['code', 'token', `'urn:codes'`, `'O' || n % 500`, noDate],
      ['date', 'date', none, none, `n::bigint * ${dayMs / 10}`],
    ],
  },
]

/** Persons are `person-<p>`, records `<type>-<n>`; the record of person p of a type is that of every n = p modulo the number of persons. */
export async function fillIndexed(sql: Sql): Promise<void> {
  await sql.query(`insert into person (id, created_ms) select 'person-' || p, 0 from generate_series(0, ${persons - 1}) p`)
  for (const { type, count, rows } of kinds) {
    const name = type.toLowerCase()
    await sql.query(
      `insert into record (shard, key, id, institution, type, local_id, version, person, deleted, text, people_text, network_form, updated_ms, sources, classes,
         parties, codes, confidentiality, sensitivities, relations, from_ms, until_ms, labeller, label_basis, is_narrated, indexer)
       select hashtextextended('person-' || n % ${persons}, 0), hashtextextended('${name}-' || n, 0), '${name}-' || n, 'house-' || n % 5, '${type}', '${name}-' || n, 1, 'person-' || n % ${persons}, false,
         '{"resourceType":"${type}"}' || repeat(' ', 400), null, false, n, array['org:house-' || n % 5], array['${type}'],
         '{}', '{}', 2, '{}', '{}', n, n, ${labellerVersion}, '{}', false, ${indexerVersion}
       from generate_series(0, ${count - 1}) n`,
    )
    const values = rows.map((row) => `('${row[0]}', '${row[1]}', ${row.slice(2).join(', ')})`).join(', ')
    await sql.query(
      `insert into record_index (shard, record, about, kind, system, code, from_ms, until_ms)
       select hashtextextended('person-' || p, 0), hashtextextended('${name}-' || n, 0), hashtext('${type}.' || i.param), left(i.kind, 1)::"char",
         hashtextextended(i.system, 0), i.code, i.at, i.at + ${dayMs - 1}
       from (select n, n % ${persons} as p from generate_series(0, ${count - 1}) n) every
       cross join lateral (values ${values}) as i(param, kind, system, code, at)`,
    )
  }
  await sql.query(
    `insert into network_id (id, institution, type, local_id, shard) select id, institution, type, local_id, shard from record`,
  )
  await sql.query(
    `insert into record_version (shard, id, institution, type, version, text, people_text, deleted, updated_ms)
     select shard, id, institution, type, 0, text, null, false, updated_ms from record`,
  )
  await sql.query(
    `insert into identity (institution, local_id, record, person, grade, linked_ms) select institution, local_id, id, person, 'certain', 0 from record where type = 'Patient'`,
  )
  for (const table of ['record', 'record_index', 'record_version', 'network_id', 'identity', 'person']) await sql.query(`analyze ${table}`)
}
