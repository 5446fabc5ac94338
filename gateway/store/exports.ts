/** Bulk exports: jobs, and files that hold keys and versions, never texts. Which records a file names is decided under the caller's view. */
import type { Condition } from '../../consent/types.ts'
import type { Held } from '../held.ts'
import type { Sql } from './pool.ts'
import { heldOf, recordColumns } from './records.ts'
import { visibleSql } from './search-view.ts'

export interface ExportOwner {
  readonly subject: string
  readonly institution: string
  readonly role: string
}

export interface ExportScope {
  /** undefined = everybody */
  readonly persons: readonly string[] | undefined
  readonly isOwnOnly: boolean
  /** empty = every type */
  readonly types: readonly string[]
  readonly sinceMs: number | undefined
}

export interface ExportJob extends ExportOwner, ExportScope {
  readonly id: string
  readonly caller: string
  readonly request: string
  /** transactionTime */
  readonly atMs: number
  readonly expiresMs: number
}

export interface JobState extends ExportJob {
  readonly state: 'queued' | 'done' | 'failed'
  readonly steps: readonly string[] | undefined
  readonly step: number
  readonly after: string
}

export interface ExportFile {
  readonly number: number
  readonly type: string
  readonly kind: 'record' | 'person'
  readonly keys: readonly string[]
  readonly versions: readonly number[]
}

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
  readonly past: { readonly text: string; readonly peopleText: string; readonly version: string; readonly updatedMs: number } | undefined
}

interface View {
  readonly condition: Condition
  readonly party: string | undefined
}

interface JobRow extends Record<string, unknown> {
  id: string
  subject: string
  institution: string
  role: string
  caller: string
  request: string
  persons: string[] | null
  own_only: boolean
  types: string[]
  since_ms: number | null
  at_ms: number
  expires_ms: number
  state: 'queued' | 'done' | 'failed'
  steps: string[] | null
  step: number
  after: string
}

const columns =
  'id, subject, institution, role, caller, request, persons, own_only, types, since_ms, at_ms, expires_ms, state, steps, step, after'
/** what the network keeps of people is no part of their record */
const never = `r.type <> all(array['Task', 'Consent']) and r.institution <> 'network'`
/** of a record that has changed since: its last version of then */
const versionThen = (at: string): string =>
  `case when r.updated_ms <= ${at} then r.version else (select max(v.version) from record_version v where v.shard = r.shard and v.id = r.id and v.updated_ms <= ${at}) end`

const jobOf = (row: JobRow): JobState => ({
  id: row.id,
  subject: row.subject,
  institution: row.institution,
  role: row.role,
  caller: row.caller,
  request: row.request,
  persons: row.persons ?? undefined,
  isOwnOnly: row.own_only,
  types: row.types,
  sinceMs: row.since_ms ?? undefined,
  atMs: row.at_ms,
  expiresMs: row.expires_ms,
  state: row.state,
  steps: row.steps ?? undefined,
  step: row.step,
  after: row.after,
})

/** Whose records of which institution, as far as the job was asked for. */
function scopeSql(job: ExportJob, add: (value: unknown) => string): readonly string[] {
  return [
    'not r.deleted',
    'r.person is not null',
    never,
    ...(job.isOwnOnly ? [`r.institution = ${add(job.institution)}`] : []),
    ...(job.persons === undefined ? [] : [`r.person = any(${add(job.persons)}::text[])`]),
    ...(job.sinceMs === undefined ? [] : [`r.updated_ms >= ${add(job.sinceMs)}::bigint`]),
  ]
}

function binder() {
  const values: unknown[] = []
  return { values, add: (value: unknown): string => `$${values.push(value)}` }
}

export function bulkExports(sql: Sql) {
  return {
    ...jobs(sql),
    /** The institutions and types there is something of, in the order they are written. */
    async plan(job: ExportJob): Promise<readonly { institution: string; type: string }[]> {
      const { values, add } = binder()
      const where = [...scopeSql(job, add), ...(job.types.length === 0 ? [] : [`r.type = any(${add(job.types)}::text[])`])]
      const found = await sql.query<{ institution: string; type: string }>(
        `select institution, type from (select distinct r.institution, r.type from record r where ${where.join(' and ')}) found
         order by type collate "C", institution collate "C"`,
        values,
      )
      return found.rows
    },

    /** The next visible records of one institution and type, in the order of its own ids. */
    async recordKeys(
      job: ExportJob,
      ask: View & { readonly institution: string; readonly type: string; readonly after: string; readonly limit: number },
    ): Promise<readonly ExportKey[]> {
      const { values, add } = binder()
      const at = `${add(job.atMs)}::bigint`
      const where = [
        ...scopeSql(job, add),
        `r.institution = ${add(ask.institution)}`,
        `r.type = ${add(ask.type)}`,
        `r.local_id > ${add(ask.after)}`,
        visibleSql(ask, 'r', add),
      ]
      const found = await sql.query<{ key: string; version: number | null; bytes: number; place: string }>(
        `select r.id as key, ${versionThen(at)} as version, octet_length(r.text)::int as bytes, r.local_id as place
         from record r where ${where.join(' and ')} order by r.local_id limit ${add(ask.limit)}`,
        values,
      )
      // null: it is younger than the export
      return found.rows.map((row) => ({ ...row, version: row.version ?? 0 }))
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
          past_text: string | null
          past_people_text: string | null
          past_ms: number | null
        }
      >(
        `select ${recordColumns}, v.version as past_version, v.text as past_text, v.people_text as past_people_text, v.updated_ms as past_ms
         from unnest($1::text[], $2::int[]) with ordinality as k(id, version, place)
         join network_id n on n.id = k.id
         join record r on r.shard = n.shard and r.id = n.id and not r.deleted
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
                peopleText: row.past_people_text ?? row.past_text,
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
         where r.person = any(${add(persons)}::text[]) and r.type = 'Patient' and not r.deleted and ${visibleSql(view, 'r', add)}`,
        values,
      )
      return found.rows.map(heldOf)
    },

    /** Persons with a referral that names the institution and is not closed. */
    async personsInReferral(institution: string, referralClass: string): Promise<readonly string[]> {
      const found = await sql.query<{ person: string }>(
        `select distinct r.person from record r
         where r.type = 'Task' and r.person is not null and not r.deleted and r.parties @> array[$1::text] and r.classes @> array[$2::text]
           and exists (select 1 from record_index i where i.shard = r.shard and i.record = r.id and i.param = 'status'
             and i.code not in ('completed', 'rejected', 'cancelled', 'failed', 'entered-in-error'))
         order by r.person`,
        [institution, referralClass],
      )
      return found.rows.map((row) => row.person)
    },
  }
}

function jobs(sql: Sql) {
  return {
    async add(job: ExportJob): Promise<void> {
      await sql.query(
        `insert into export_job (id, subject, institution, role, caller, request, persons, own_only, types, since_ms, at_ms, expires_ms, state, next_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'queued', $11)`,
        [
          job.id,
          job.subject,
          job.institution,
          job.role,
          job.caller,
          job.request,
          job.persons ?? null,
          job.isOwnOnly,
          job.types,
          job.sinceMs ?? null,
          job.atMs,
          job.expiresMs,
        ],
      )
    },

    /** A job of this owner that has not expired; anybody else's is as absent as none. */
    async find(id: string, owner: ExportOwner, nowMs: number): Promise<JobState | undefined> {
      const found = await sql.query<JobRow>(
        `select ${columns} from export_job where id = $1 and subject = $2 and institution = $3 and role = $4 and expires_ms > $5`,
        [id, owner.subject, owner.institution, owner.role, nowMs],
      )
      return found.rows[0] && jobOf(found.rows[0])
    },

    async countWriting(owner: ExportOwner): Promise<number> {
      const found = await sql.query<{ count: number }>(
        `select count(*)::int as count from export_job where subject = $1 and institution = $2 and role = $3 and state = 'queued'`,
        [owner.subject, owner.institution, owner.role],
      )
      return found.rows[0]?.count ?? 0
    },

    async remove(id: string): Promise<void> {
      await sql.query('delete from export_job where id = $1', [id])
    },

    async forget(nowMs: number): Promise<void> {
      await sql.query('delete from export_job where expires_ms <= $1', [nowMs])
    },

    /** The one that has waited longest. `lock` decides who has it. */
    async next(nowMs: number): Promise<string | undefined> {
      const found = await sql.query<{ id: string }>(
        `select id from export_job where state = 'queued' and next_ms <= $1 order by next_ms, id limit 1`,
        [nowMs],
      )
      return found.rows[0]?.id
    },

    /** Until the transaction ends nobody else writes it; undefined when somebody does, or it is gone. */
    async lock(id: string): Promise<JobState | undefined> {
      const found = await sql.query<JobRow>(`select ${columns} from export_job where id = $1 and state = 'queued' for update skip locked`, [
        id,
      ])
      return found.rows[0] && jobOf(found.rows[0])
    },

    /** Whether every transaction that wrote when the job was asked for has ended: what it wrote is older than the job and must be in it. */
    async isSettled(id: string): Promise<boolean> {
      const found = await sql.query<{ settled: boolean }>(
        `select not exists (select 1 from pg_stat_activity a
           where a.datname = current_database() and a.backend_xid is not null and a.pid <> pg_backend_pid()
             and extract(epoch from a.xact_start) * 1000 <= j.opened_ms) as settled
         from export_job j where j.id = $1`,
        [id],
      )
      return found.rows[0]?.settled ?? false
    },

    async wait(id: string, nextMs: number): Promise<void> {
      await sql.query('update export_job set next_ms = $2 where id = $1', [id, nextMs])
    },

    /** How far it has come, and when it goes on. */
    async advance(
      id: string,
      to: { steps: readonly string[]; step: number; after: string; state: 'queued' | 'done'; nextMs: number },
    ): Promise<void> {
      await sql.query('update export_job set steps = $2, step = $3, after = $4, state = $5, next_ms = $6, attempts = 0 where id = $1', [
        id,
        to.steps,
        to.step,
        to.after,
        to.state,
        to.nextMs,
      ])
    },

    /** A portion that failed is tried again; after `most` times the job has failed. */
    async stumble(id: string, nextMs: number, most: number): Promise<void> {
      await sql.query(
        `update export_job set attempts = attempts + 1, next_ms = $2, state = case when attempts + 1 >= $3 then 'failed' else state end where id = $1`,
        [id, nextMs, most],
      )
    },

    async addFile(job: string, file: Omit<ExportFile, 'number'>): Promise<void> {
      await sql.query(
        `insert into export_file (job, number, type, kind, keys, versions)
         values ($1, (select count(*) + 1 from export_file where job = $1), $2, $3, $4, $5)`,
        [job, file.type, file.kind, file.keys, file.versions],
      )
    },

    async files(job: string): Promise<readonly Pick<ExportFile, 'number' | 'type'>[]> {
      const found = await sql.query<{ number: number; type: string }>(
        'select number, type from export_file where job = $1 order by number',
        [job],
      )
      return found.rows
    },

    async file(job: string, number: number): Promise<ExportFile | undefined> {
      const found = await sql.query<{ number: number; type: string; kind: 'record' | 'person'; keys: string[]; versions: number[] }>(
        'select number, type, kind, keys, versions from export_file where job = $1 and number = $2',
        [job, number],
      )
      return found.rows[0]
    },
  }
}
