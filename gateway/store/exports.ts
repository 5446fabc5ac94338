/** What a bulk export holds: keys and versions, never texts. Which records a file names is decided under the caller's view. */
import type { Condition } from '../../consent/types.ts'
import type { Held } from '../held.ts'
import type { Octets } from '../../fhir-profiles/octets.ts'
import { exportJobs, type ExportFile, type ExportJob } from './export-jobs.ts'
import { eachKnown } from './network-ids.ts'
import { aboutOf } from './numbers.ts'
import { peopleTextOf } from './people-text.ts'
import type { Sql } from './pool.ts'
import { aboutPersonsSql, heldOf, lies, recordColumns } from './record-row.ts'
import { visibleSql } from './search-view.ts'

export interface ExportKey {
  readonly key: string
  readonly version: number
  /** of its text; 0 for a person, who is composed */
  readonly bytes: number
  /** where the next portion goes on */
  readonly place: string
}

/** A record a file names, with its text of then where it has changed since. */
export interface ExportLine {
  readonly held: Held
  readonly past: { readonly text: Octets; readonly peopleText: Octets; readonly version: string; readonly updatedMs: number } | undefined
}

interface View {
  readonly condition: Condition
  readonly party: string | undefined
}

/** what the network keeps of people is no part of their record */
const never = `r.type <> all(array['Task', 'Consent']) and r.institution <> 'network'`
/** of a record that has changed since: its last version of then */
const versionThen = (at: string): string =>
  `case when r.updated_ms <= ${at} then r.version else (select max(v.version) from record_version v where v.shard = r.shard and v.id = r.id and v.updated_ms <= ${at}) end`

/** as many of an institution's ids are looked through by one statement, so that it ends in time however little of them is shown */
const mostWalked = 10_000

/** Whose records of which institution, as far as the job was asked for. */
function scopeSql(job: ExportJob, add: (value: unknown) => string): readonly string[] {
  return [
    'not r.deleted',
    'r.person is not null',
    never,
    ...(job.isOwnOnly ? [`r.institution = ${add(job.institution)}`] : []),
    ...(job.persons === undefined ? [] : [aboutPersonsSql('r', job.persons, add)]),
    ...(job.sinceMs === undefined ? [] : [`r.updated_ms >= ${add(job.sinceMs)}::bigint`]),
  ]
}

function binder() {
  const values: unknown[] = []
  return { values, add: (value: unknown): string => `$${values.push(value)}` }
}

interface RecordsAsk extends View {
  readonly institution: string
  readonly type: string
  /** where the last portion ended */
  readonly after: string
  readonly limit: number
}

/** The ids of a portion's place, in their order. */
function placeSql({ institution, type, after }: RecordsAsk, of: string, add: (value: unknown) => string): string {
  return `${of}.institution = ${add(institution)} and ${of}.type = ${add(type)} and ${of}.local_id > ${add(after)} order by ${of}.local_id`
}

/** Visible records among the next ids (`walk`), or among all that is of a job's few persons. */
async function keysIn(sql: Sql, job: ExportJob, ask: RecordsAsk, way: 'walk' | 'few'): Promise<readonly ExportKey[]> {
  const { values, add } = binder()
  const at = `${add(job.atMs)}::bigint`
  const where = [...scopeSql(job, add), visibleSql(ask, 'r', add)].join(' and ')
  const from =
    way === 'few'
      ? `record r where ${where} and ${placeSql(ask, 'r', add)}`
      : `(select n.id, n.shard, n.local_id from network_id n where ${placeSql(ask, 'n', add)} limit ${mostWalked}) n
         join record r on ${lies} where ${where} order by n.local_id`
  const found = await sql.query<{ key: string; version: number | null; bytes: number; place: string }>(
    `select r.id as key, ${versionThen(at)} as version, octet_length(r.text)::int as bytes, r.local_id as place from ${from} limit ${add(ask.limit)}`,
    values,
  )
  // null: it is younger than the export
  return found.rows.map((row) => ({ ...row, version: row.version ?? 0 }))
}

/** Where one walk ends; undefined = there are no more ids. */
async function walkedTo(sql: Sql, ask: RecordsAsk): Promise<string | undefined> {
  const { values, add } = binder()
  const found = await sql.query<{ last: string | null; count: number }>(
    `select max(local_id) as last, count(*)::int as count from (select n.local_id from network_id n where ${placeSql(ask, 'n', add)} limit ${mostWalked}) n`,
    values,
  )
  const { last, count = 0 } = found.rows[0] ?? {}
  return count < mostWalked ? undefined : (last ?? undefined)
}

export function bulkExports(sql: Sql) {
  return {
    ...exportJobs(sql),
    /** The institutions and types there is something of, in the order they are written. Each is asked for, none is counted. */
    async plan(job: ExportJob): Promise<readonly { institution: string; type: string }[]> {
      const { values, add } = binder()
      const where = [...scopeSql(job, add), ...(job.types.length === 0 ? [] : [`r.type = any(${add(job.types)}::text[])`])]
      const found = await sql.query<{ institution: string; type: string }>(
        `select h.v as institution, t.v as type from ${eachKnown('institution', 'true')} h cross join lateral ${eachKnown('type', 'n.institution = h.v')} t
         where exists (select 1 from record r where r.institution = h.v and r.type = t.v and ${where.join(' and ')} offset 0)
         order by t.v collate "C", h.v collate "C"`,
        values,
      )
      return found.rows
    },

    /**
     * The next visible records of one institution and type, in the order of its own ids; fewer than asked for only where there are no more, so that
     * what is hidden in between moves no boundary.
     */
    async recordKeys(job: ExportJob, ask: RecordsAsk): Promise<readonly ExportKey[]> {
      // of a few persons all is looked through each time
      if (job.persons !== undefined) return keysIn(sql, job, ask, 'few')
      const keys: ExportKey[] = []
      for (let after: string | undefined = ask.after; after !== undefined;) {
        const from: RecordsAsk = { ...ask, after, limit: ask.limit - keys.length }
        keys.push(...(await keysIn(sql, job, from, 'walk')))
        after = keys.length < ask.limit ? await walkedTo(sql, from) : undefined
      }
      return keys
    },

    /** The next persons of whom a Patient record is visible, each once. */
    async personKeys(job: ExportJob, ask: View & { readonly after: string; readonly limit: number }): Promise<readonly ExportKey[]> {
      const { values, add } = binder()
      const place = `min((r.institution || '/' || r.local_id) collate "C")`
      const where = [...scopeSql(job, add), `r.type = 'Patient'`, visibleSql(ask, 'r', add)]
      const found = await sql.query<{ key: string; place: string }>(
        `select r.person as key, ${place} as place from record r where ${where.join(' and ')}
         group by r.person having ${place} > ${add(ask.after)} order by 2 limit ${add(ask.limit)}`,
        values,
      )
      return found.rows.map((row) => ({ ...row, version: 1, bytes: 0 }))
    },

    /** The records of a file in its order; deleted ones are left out. */
    async lines(file: ExportFile): Promise<readonly ExportLine[]> {
      const found = await sql.query<
        Parameters<typeof heldOf>[0] & {
          past_version: number | null
          past_text: Octets | null
          past_people_text: Octets | null
          past_ms: number | null
        }
      >(
        `select ${recordColumns}, v.version as past_version, v.text::varchar as past_text, v.people_text::varchar as past_people_text, v.updated_ms as past_ms
         from unnest($1::text[], $2::int[]) with ordinality as k(id, version, place)
         join network_id n on n.id = k.id
         join record r on ${lies} and not r.deleted
         left join record_version v on v.shard = r.shard and v.id = r.id and v.version = k.version and r.version <> k.version
         order by k.place`,
        [file.keys, file.versions],
      )
      return found.rows.map((row) => ({
        held: heldOf(row),
        past:
          row.past_text === null || row.past_version === null
            ? undefined
            : {
                text: row.past_text,
                peopleText: peopleTextOf(row.past_text, row.past_people_text),
                version: String(row.past_version),
                updatedMs: row.past_ms ?? 0,
              },
      }))
    },

    /** Patient records of these persons, of every institution. */
    async charts(persons: readonly string[], view: View): Promise<readonly Held[]> {
      const { values, add } = binder()
      const found = await sql.query<Parameters<typeof heldOf>[0]>(
        `select ${recordColumns} from record r
         where ${aboutPersonsSql('r', persons, add)} and r.type = 'Patient' and not r.deleted and ${visibleSql(view, 'r', add)}`,
        values,
      )
      return found.rows.map(heldOf)
    },

    /** Persons with a referral that names the institution and is not closed. */
    async personsInReferral(institution: string, referralClass: string): Promise<readonly string[]> {
      const found = await sql.query<{ person: string }>(
        `select distinct r.person from record r
         where r.type = 'Task' and r.person is not null and not r.deleted and r.parties @> array[$1::text] and r.classes @> array[$2::text]
           and exists (select 1 from record_index i where i.shard = r.shard and i.record = r.key and i.about = ${aboutOf(`'Task.status'`)}
             and i.code not in ('completed', 'rejected', 'cancelled', 'failed', 'entered-in-error'))
         order by r.person`,
        [institution, referralClass],
      )
      return found.rows.map((row) => row.person)
    },
  }
}
