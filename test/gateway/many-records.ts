/** Records by the ten thousand, made by the database itself: what intake would take minutes for. */
import type { Sql } from '../../gateway/store/pool.ts'

export interface Many {
  readonly institution: string
  /** whose they are, in turn */
  readonly persons: readonly string[]
  readonly count: number
}

/** Observations of about one kilobyte, in portions; ids and local ids `many-<n>`. */
export async function fillRecords(sql: Sql, { institution, persons, count }: Many): Promise<void> {
  const portion = 20_000
  for (let from = 0; from < count; from += portion)
    await sql.query(
      `insert into record (shard, key, id, institution, type, local_id, version, person, deleted, text, people_text, network_form, updated_ms, sources, classes,
         parties, codes, confidentiality, sensitivities, relations, from_ms, until_ms, labeller, label_basis, is_narrated)
       select hashtextextended(($2::text[])[1 + n % cardinality($2::text[])], 0), hashtextextended('many-' || n, 0), 'many-' || n, $1, 'Observation', 'many-' || n, 1, ($2::text[])[1 + n % cardinality($2::text[])], false,
         json_build_object('resourceType', 'Observation', 'id', 'many-' || n, 'meta', json_build_object('versionId', '1'), 'status', 'final',
           'code', json_build_object('text', repeat('측정 ', 120)), 'valueInteger', n)::text,
         null, false, 1767225600000 + n, array['org:' || $1, 'org:network'], array['Observation'],
         '{}', '{}', 2, '{}', '{}', -62135596800000, 253402300799999, coalesce((select max(labeller) from record), 1), '{}', false
       from generate_series($3::int, $4::int) n`,
      [institution, persons, from, Math.min(from + portion, count) - 1],
    )
  // what is looked up by its id is found by where it lies
  for (let from = 0; from < count; from += portion)
    await sql.query(
      `insert into network_id (id, institution, type, local_id, shard)
       select 'many-' || n, $1, 'Observation', 'many-' || n, hashtextextended(($2::text[])[1 + n % cardinality($2::text[])], 0) from generate_series($3::int, $4::int) n`,
      [institution, persons, from, Math.min(from + portion, count) - 1],
    )
  // as autovacuum would within the minute: with statistics of an empty table a person's records are looked through for each
  for (const table of ['record', 'network_id']) await sql.query(`analyze ${table}`)
}
