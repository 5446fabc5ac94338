/**
 * Labels of rows written under an older labeller, made anew. Until then such a row counts as unlabelled: refusals reach it, permits that
 * name labels do not. Such a record has one label, the strictest, until it is written again: its index is not made anew here. Runs at start, in batches, each its own statement; a killed run goes on where it was.
 */
import { labellerVersion } from '../../consent/label.ts'
import type { Places } from '../../consent/places.ts'
import { contentFacts, departmentsIn, unlabelled, type ContentFacts } from '../../consent/record-facts.ts'
import { facts, isNarrated } from '../../fhir-profiles/facts.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { isResource } from '../../fhir-profiles/validate/guards.ts'
import { isReferenceSql } from './index-rows.ts'
import { numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'
import { raised } from './raised.ts'

const batch = 500

interface Stale extends Record<string, unknown> {
  shard: string
  id: string
  institution: string
  type: string
  text: string
  person: string | null
  sources: string[]
  relations: string[]
}

/** @returns how many rows were labelled */
export async function relabelStale(sql: Sql, timeZone: string, places: Places): Promise<number> {
  let done = 0
  for (;;) {
    const found = await sql.query<Stale>(
      `select coalesce(r.person, r.institution) as shard, r.id, r.institution, r.type, r.text, r.person, r.sources,
         array(select distinct i.code from record_index i where i.shard = r.shard and i.record = r.key and ${isReferenceSql('i')} and i.code is not null) as relations
       from record r where r.labeller < $1 and not r.deleted order by r.labeller limit ${batch}`,
      [labellerVersion],
    )
    if (found.rows.length === 0) {
      if (done > 0) await raised(sql).narrated(undefined)
      if (done > 0 && !places.isEmpty) await raised(sql).naming(undefined)
      return done
    }
    const rows = found.rows.map((row) => ({ shard: row.shard, id: row.id, relations: row.relations, ...labelled(row, timeZone, places) }))
    await sql.query(
      `update record r set classes = k.classes, sources = k.sources, codes = k.codes, confidentiality = k.confidentiality,
         sensitivities = k.sensitivities, relations = k.relations, from_ms = k."fromMs", until_ms = k."untilMs", label_basis = k."labelBasis",
         is_narrated = k."isNarrated", elements = null, labeller = $2
       from jsonb_to_recordset($1::jsonb) as k(shard text, id text, classes text[], sources text[], codes text[], confidentiality int, sensitivities text[],
         relations text[], "fromMs" bigint, "untilMs" bigint, "labelBasis" text[], "isNarrated" boolean)
       where r.shard = ${numberOf('k.shard')} and r.key = ${numberOf('k.id')}`,
      [JSON.stringify(rows), labellerVersion],
    )
    done += rows.length
  }
}

function resourceOf(text: string): Resource {
  const value: unknown = JSON.parse(text)
  if (!isResource(value)) throw new TypeError('a stored record is not a resource')
  return value
}

/** What cannot be labelled stays refused to whom labels decide; it is not tried at every start. */
function labelled(
  row: Stale,
  timeZone: string,
  places: Places,
): ContentFacts & { readonly classes: readonly string[]; readonly sources: readonly string[]; readonly isNarrated: boolean } {
  const resource = resourceOf(row.text)
  const read = facts(resource, { zone: timeZone })
  // as `prepare` does it: a request names the department that will act
  const departments = row.type === 'ServiceRequest' ? [] : read.departments
  const found = departments.flatMap((code) => [`dept:${code}`, `dept:${row.institution}:${code}`])
  const sources = [...new Set([...row.sources, ...found])].sort()
  const rest = { classes: read.classes, sources }
  try {
    const codes = row.person === null ? [] : departmentsIn(sources)
    const bases = row.person === null ? [] : places.of(row.institution, codes)
    return { ...contentFacts(read, codes, [...bases, ...places.named(resource)]), ...rest, isNarrated: isNarrated(resource) }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { ...unlabelled, ...rest, isNarrated: true }
  }
}
