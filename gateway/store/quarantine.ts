/**
 * What could not be taken rests here until the mapping is fixed and it is taken again. The content leaves the table the moment it lands;
 * who lists it sees names of fields and counts only.
 */
import type { Sql } from './pool.ts'

/** No content, no message id of the sender's (it may hold a patient number): what an integrator may see. */
export interface QuarantineRow {
  readonly id: string
  readonly institution: string
  readonly kind: string
  readonly reason: string
  /** segment and field, or a FHIR expression */
  readonly place: string
  readonly atMs: number
  readonly bytes: number
  readonly replays: number
  /** undefined while it rests */
  readonly landedMs: number | undefined
  /** false when it was too large or too many rest already: it can only be sent again */
  readonly isKept: boolean
}

export interface Resting {
  readonly institution: string
  readonly message: string
  readonly kind: string
  readonly reason: string
  readonly place: string
  /** id of the problem that refused it, '' when an adapter did */
  readonly fault: string
  /** the parcel as JSON, or '' */
  readonly body: string
  readonly raw: Uint8Array | undefined
  readonly bytes: number
  readonly atMs: number
}

/** Of one message; larger ones leave their metadata only. */
export const maxRestingBytes = 4_194_304
/** Of one institution; a sender that has gone wrong must not fill the disk. */
export const maxRestingRows = 10_000

interface Stored extends Record<string, unknown> {
  id: string
  institution: string
  message: string
  kind: string
  reason: string
  place: string
  body: string
  raw: Uint8Array | null
  bytes: number
  replays: number
  at_ms: string | number
  landed_ms: string | number | null
}

const listed = `id, institution, kind, reason, place, at_ms, bytes, replays, landed_ms, (raw is not null or body <> '') as is_kept` as const

export function quarantine(sql: Sql) {
  return {
    /** One row per message: what is sent again and refused again is the same row. Returns false when its content was not kept. */
    async rest(id: string, item: Resting): Promise<boolean> {
      const isSmall = item.bytes <= maxRestingBytes
      const done = await sql.query(
        `insert into quarantine (id, institution, message, kind, reason, place, fault, body, raw, bytes, at_ms)
         select $1, $2, $3, $4, $5, $6, $13, case when room.is_free then $7 else '' end, case when room.is_free then $8::bytea end, $9, $10
         from (select $11::boolean and count(*) < $12 as is_free from quarantine where institution = $2 and landed_ms is null) room
         on conflict (institution, message) do update set kind = excluded.kind, reason = excluded.reason, place = excluded.place,
           fault = case when excluded.fault = '' then quarantine.fault else excluded.fault end,
           body = case when excluded.body = '' and excluded.raw is null then quarantine.body else excluded.body end,
           raw = coalesce(excluded.raw, quarantine.raw), bytes = excluded.bytes, at_ms = excluded.at_ms, landed_ms = null
         returning (raw is not null or body <> '') as is_kept`,
        [
          id,
          item.institution,
          item.message,
          item.kind,
          item.reason,
          item.place,
          item.body,
          item.raw === undefined ? null : Buffer.from(item.raw),
          item.bytes,
          item.atMs,
          isSmall,
          maxRestingRows,
          item.fault,
        ],
      )
      return done.rows[0]?.['is_kept'] === true
    },
    /** Newest first; what landed is listed for a month. */
    async list(limit: number): Promise<readonly QuarantineRow[]> {
      const found = await sql.query<Stored & { is_kept: boolean }>(`select ${listed} from quarantine order by at_ms desc, id limit $1`, [
        limit,
      ])
      return found.rows.map(rowOf)
    },
    /** The row with its content; undefined when there is none of that id. */
    async one(id: string): Promise<(QuarantineRow & Pick<Resting, 'message' | 'body' | 'raw'>) | undefined> {
      const found = await sql.query<Stored & { is_kept: boolean }>(`select ${listed}, message, body, raw from quarantine where id = $1`, [
        id,
      ])
      const row = found.rows[0]
      return row === undefined ? undefined : { ...rowOf(row), message: row.message, body: row.body, raw: row.raw ?? undefined }
    },
    /** Ids of what rests, oldest first: the order in which it came is the order in which it is taken again. */
    async resting(limit: number): Promise<readonly string[]> {
      const found = await sql.query<{ id: string }>('select id from quarantine where landed_ms is null order by at_ms, id limit $1', [
        limit,
      ])
      return found.rows.map(({ id }) => id)
    },
    async tried(id: string): Promise<void> {
      await sql.query('update quarantine set replays = replays + 1 where id = $1', [id])
    },
    /** Sent again under the same id and taken: its content goes, what it was stays listed. Not so where the id was used for another body. */
    async landed(institution: string, message: string, atMs: number): Promise<void> {
      await sql.query(
        `update quarantine set landed_ms = $3, body = '', raw = null where institution = $1 and message = $2 and landed_ms is null and fault <> 'duplicate'`,
        [institution, message, atMs],
      )
    },
    async landedId(id: string, atMs: number): Promise<void> {
      await sql.query(`update quarantine set landed_ms = $2, body = '', raw = null where id = $1 and landed_ms is null`, [id, atMs])
    },
    async count(): Promise<number> {
      const found = await sql.query<{ count: number }>('select count(*)::int as count from quarantine where landed_ms is null')
      return found.rows[0]?.count ?? 0
    },
    async forget(before: { readonly landedMs: number; readonly restingMs: number }): Promise<void> {
      await sql.query('delete from quarantine where landed_ms < $1 or (landed_ms is null and at_ms < $2)', [
        before.landedMs,
        before.restingMs,
      ])
    },
  }
}

function rowOf(row: Stored & { is_kept: boolean }): QuarantineRow {
  return {
    id: row.id,
    institution: row.institution,
    kind: row.kind,
    reason: row.reason,
    place: row.place,
    atMs: Number(row.at_ms),
    bytes: row.bytes,
    replays: row.replays,
    landedMs: row.landed_ms === null ? undefined : Number(row.landed_ms),
    isKept: row.is_kept,
  }
}
