/** Bulk exports as work to do: who asked for what, how far it has come, which files it has made. Keys only, never texts. */
import type { Sql } from './pool.ts'

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

export function exportJobs(sql: Sql) {
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
