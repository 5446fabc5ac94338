/**
 * What was labelled under other sensitive places than are configured now is labelled anew: records of a place that changed, what names it,
 * and what refers to a directory record that does. Marked at start; `labels.ts` then does it. Until an institution writes such a record
 * again it has one label, the strictest.
 */
import type { Place } from '../../consent/places.ts'
import type { Database } from './pool.ts'

interface PlaceRow extends Record<string, unknown> {
  id: string
  sensitivities: string[]
  names: string[]
}

export async function outdatePlaces(database: Pick<Database, 'transaction'>, directory: readonly Place[]): Promise<void> {
  const now = directory.map(rowOf).filter(({ sensitivities }) => sensitivities.length > 0)
  await database.transaction(async (tx) => {
    const before = (await tx.query<PlaceRow>('select id, sensitivities, names from labelled_place for update')).rows
    const changed = [...before.filter(isNotIn(now)), ...now.filter(isNotIn(before))]
    if (changed.length === 0) return
    await tx.query(outdated, [changed.map(({ id }) => id), [...new Set(changed.flatMap(({ names }) => names))]])
    await tx.query('delete from labelled_place', [])
    await tx.query(
      `insert into labelled_place (id, sensitivities, names)
       select id, sensitivities, names from jsonb_to_recordset($1::jsonb) as k(id text, sensitivities text[], names text[])`,
      [JSON.stringify(now)],
    )
  })
}

function isNotIn(rows: readonly PlaceRow[]): (row: PlaceRow) => boolean {
  const textOf = ({ id, sensitivities, names }: PlaceRow): string => JSON.stringify([id, sensitivities, names])
  const texts = new Set(rows.map(textOf))
  return (row) => !texts.has(textOf(row))
}

function rowOf({ id, name, number, sensitivities = [], departments }: Place): PlaceRow {
  const ofDepartments = departments.flatMap(({ code, sensitivities: codes = [] }) => codes.map((each) => `${code} ${each}`))
  return {
    id,
    sensitivities: [...sensitivities, ...ofDepartments].sort(),
    names: [`Organization/${id}`, number, name.normalize('NFC').replaceAll(/\s/gu, '')],
  }
}

/** Names are looked for without blanks, a little too often rather than too seldom. */
const outdated = `with recursive named as (
    select r.shard, r.key, r.id, r.person is null as is_nobodys from record r
    where not r.deleted and (r.institution = any($1::text[])
      or exists (select 1 from unnest($2::text[]) n where position(lower(n) in lower(regexp_replace(r.text, '\\s', '', 'g'))) > 0))
    union
    select r.shard, r.key, r.id, r.person is null from named k
      join record_index i on k.is_nobodys and i.kind = 'r' and i.code = k.id
      join record r on r.shard = i.shard and r.key = i.record and not r.deleted)
  update record r set labeller = 0, indexer = 0 from named k where r.shard = k.shard and r.key = k.key`
