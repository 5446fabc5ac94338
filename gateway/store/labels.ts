/**
 * Labels of rows written under an older labeller, made anew. Until then such a row counts as unlabelled: refusals reach it, permits that
 * name labels do not. Runs at start, in batches, each its own statement; a killed run goes on where it was.
 */
import { labellerVersion } from '../../consent/label.ts'
import { contentFacts, departmentsIn } from '../../consent/record-facts.ts'
import { facts } from '../../fhir-profiles/facts.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { isResource } from '../../fhir-profiles/validate/guards.ts'
import type { Sql } from './pool.ts'

const batch = 500

interface Stale extends Record<string, unknown> {
  id: string
  institution: string
  type: string
  text: string
  sources: string[]
  relations: string[]
}

/** @returns how many rows were labelled */
export async function relabelStale(sql: Sql, timeZone: string): Promise<number> {
  let done = 0
  for (;;) {
    const found = await sql.query<Stale>(
      `select r.id, r.institution, r.type, r.text, r.sources,
         array(select distinct i.code from record_index i where i.record = r.id and i.param = '_reference' and i.code is not null) as relations
       from record r where r.labeller < $1 and not r.deleted order by r.labeller, r.id limit ${batch}`,
      [labellerVersion],
    )
    if (found.rows.length === 0) return done
    const rows = found.rows.map((row) => ({ id: row.id, relations: row.relations, ...labelled(row, timeZone) }))
    await sql.query(
      `update record r set classes = k.classes, sources = k.sources, codes = k.codes, confidentiality = k.confidentiality, sensitivities = k.sensitivities, relations = k.relations,
         from_ms = k."fromMs", until_ms = k."untilMs", labeller = $2
       from jsonb_to_recordset($1::jsonb) as k(id text, classes text[], sources text[], codes text[], confidentiality int, sensitivities text[], relations text[], "fromMs" bigint, "untilMs" bigint)
       where r.id = k.id`,
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

function labelled(row: Stale, timeZone: string) {
  const read = facts(resourceOf(row.text), { zone: timeZone })
  // as `prepare` does it: a request names the department that will act
  const departments = row.type === 'ServiceRequest' ? [] : read.departments
  const found = departments.flatMap((code) => [`dept:${code}`, `dept:${row.institution}:${code}`])
  const sources = [...new Set([...row.sources, ...found])].sort()
  return { classes: read.classes, sources, ...contentFacts(read, departmentsIn(sources)) }
}
