/** What must reach somebody: parcels claimed with SKIP LOCKED, in order within a task, and due times in the same loop. */
import { numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'

export interface ParcelRow {
  readonly id: string
  readonly task: string
  readonly seq: number
  readonly kind: 'referral-request' | 'referral-response' | 'recall'
  readonly sender: string
  readonly receiver: string
  /** of the Task it tells of; 0 = the Task as it stands when it is sent */
  readonly version: number
  readonly state: 'queued' | 'delivered' | 'withheld' | 'failed'
  readonly attempts: number
  /** of the request that made it; null = it belongs to no trace */
  readonly traceparent: string | null
  readonly tracestate: string | null
}

/** W3C headers of the work that runs now; empty outside of a trace */
export type TraceNow = () => { readonly traceparent?: string; readonly tracestate?: string }

interface StoredParcel extends Record<string, unknown> {
  id: string
  task: string
  seq: number
  kind: 'referral-request' | 'referral-response' | 'recall'
  sender: string
  receiver: string
  version: number
  state: 'queued' | 'delivered' | 'withheld' | 'failed'
  attempts: number
  traceparent: string | null
  tracestate: string | null
}

/** Receivers are served side by side: one that hangs delays nobody else. */
export type Lane = { readonly to: string } | { readonly toNoneOf: readonly string[] }

const columns = 'id, task, seq, kind, sender, receiver, version, state, attempts, traceparent, tracestate'

export function parcels(sql: Sql, traceNow: TraceNow = () => ({})) {
  return {
    async queue(input: {
      id: string
      task: string
      kind: ParcelRow['kind']
      sender: string
      receiver: string
      version: number
      atMs: number
    }): Promise<void> {
      const { traceparent = null, tracestate = null } = traceNow()
      await sql.query(
        `insert into parcel (id, task, seq, kind, sender, receiver, version, state, attempts, next_ms, created_ms, traceparent, tracestate)
         values ($1, $2, (select coalesce(max(seq), 0) + 1 from parcel where task = $2), $3, $4, $5, $6, 'queued', 0, $7, $7, $8, $9)`,
        [input.id, input.task, input.kind, input.sender, input.receiver, input.version, input.atMs, traceparent, tracestate],
      )
    },
    /**
     * Claims the next due parcel by moving its next attempt to the end of the lease, so that a process that dies gives it back by time.
     * A parcel waits for earlier ones of its task. `lane`: for this receiver only, or for none of these.
     */
    async claim(nowMs: number, leaseMs: number, lane: Lane): Promise<ParcelRow | undefined> {
      const found = await sql.query<StoredParcel>(
        `update parcel set attempts = attempts + 1, next_ms = $1 + $2, claimed_by = pg_backend_pid()
         where id = (
           select p.id from parcel p where p.state = 'queued' and p.next_ms <= $1 and (p.receiver = any($3::text[])) = $4
             and not exists (select 1 from parcel earlier where earlier.task = p.task and earlier.seq < p.seq and earlier.state = 'queued')
           order by p.next_ms, p.seq limit 1 for update skip locked)
         returning ${columns}`,
        [nowMs, leaseMs, 'to' in lane ? [lane.to] : lane.toNoneOf, 'to' in lane],
      )
      return found.rows[0]
    },
    /**
     * What a process claimed and did not live to settle is due at once, without waiting for the end of its lease; how many there were. Its
     * session is gone with it. `isAlone`: no other process can have this database, so every claim is of the dead. A session that broke
     * while its process lives on looks the same: then the parcel is sent twice under its one id.
     */
    async freeAbandoned(nowMs: number, isAlone: boolean): Promise<number> {
      const freed = await sql.query(
        `update parcel set next_ms = $1, claimed_by = null
         where state = 'queued' and claimed_by is not null
           and ($2 or not exists (select 1 from pg_stat_activity living where living.pid = parcel.claimed_by))`,
        [nowMs, isAlone],
      )
      return freed.rowCount ?? 0
    },
    async settle(id: string, state: 'delivered' | 'withheld' | 'failed', reason: string | null, atMs: number): Promise<void> {
      await sql.query('update parcel set state = $2, reason = $3, settled_ms = $4, claimed_by = null where id = $1', [
        id,
        state,
        reason,
        atMs,
      ])
    },
    /** A referral that was withheld, or was never tried, is not sent any more, whatever the patient decides later. How many there were. */
    async abandon(task: string, atMs: number): Promise<number> {
      const found = await sql.query(
        `update parcel set state = 'failed', reason = 'taken back before it was sent', settled_ms = $2
         where task = $1 and kind = 'referral-request' and (state = 'withheld' or (state = 'queued' and attempts = 0)) returning id`,
        [task, atMs],
      )
      return found.rows.length
    },
    /** Answers and cancellations of this sender that were given up are due again; how many there were. */
    async revive(task: string, sender: string, atMs: number): Promise<number> {
      const found = await sql.query(
        `update parcel set state = 'queued', attempts = 0, next_ms = $3, reason = null, settled_ms = null
         where task = $1 and sender = $2 and kind = 'referral-response' and state = 'failed' returning id`,
        [task, sender, atMs],
      )
      return found.rows.length
    },
    /** The delivery by which the receiver knows this referral. */
    async requestOf(task: string): Promise<string | undefined> {
      const found = await sql.query<{ id: string }>(
        `select id from parcel where task = $1 and kind = 'referral-request' order by seq desc limit 1`,
        [task],
      )
      return found.rows[0]?.id
    },
    async again(id: string, nextMs: number, reason: string): Promise<void> {
      await sql.query(`update parcel set next_ms = $2, reason = $3, claimed_by = null where id = $1 and state = 'queued'`, [
        id,
        nextMs,
        reason,
      ])
    },
    async byId(id: string): Promise<ParcelRow | undefined> {
      const found = await sql.query<StoredParcel>(`select ${columns} from parcel where id = $1`, [id])
      return found.rows[0]
    },
    /** Withheld parcels about a person's referrals are tried again when that person's consents change. */
    async wake(person: string, atMs: number): Promise<readonly string[]> {
      const found = await sql.query<{ task: string }>(
        `update parcel set state = 'queued', next_ms = $2, attempts = 0, settled_ms = null
         where state = 'withheld' and task in (select id from record where shard = ${numberOf('$1')} and type = 'Task' and person = $1) returning task`,
        [person, atMs],
      )
      return found.rows.map((row) => row.task)
    },
    async backlog(): Promise<readonly { receiver: string; state: string; count: number }[]> {
      const found = await sql.query<{ receiver: string; state: string; count: number }>(
        'select receiver, state, count(*)::int as count from parcel group by receiver, state',
      )
      return found.rows
    },
    async nextDueMs(): Promise<number | undefined> {
      const found = await sql.query<{ next: number | null }>(`select min(next_ms) as next from parcel where state = 'queued'`)
      return found.rows[0]?.next ?? undefined
    },
  }
}

export interface DueRow {
  /** network id of the Task */
  readonly subject: string
  readonly kind: string
  readonly atMs: number
}

export function dues(sql: Sql) {
  return {
    async set(subject: string, kind: string, atMs: number): Promise<void> {
      await sql.query(
        'insert into due (subject, kind, at_ms) values ($1, $2, $3) on conflict (subject, kind) do update set at_ms = excluded.at_ms',
        [subject, kind, atMs],
      )
    },
    async clear(subject: string, kinds: readonly string[]): Promise<void> {
      await sql.query('delete from due where subject = $1 and kind = any($2::text[])', [subject, kinds])
    },
    async of(subject: string): Promise<readonly DueRow[]> {
      const found = await sql.query<{ subject: string; kind: string; at_ms: number }>(
        'select subject, kind, at_ms from due where subject = $1 order by at_ms, kind',
        [subject],
      )
      return found.rows.map((row) => ({ subject: row.subject, kind: row.kind, atMs: row.at_ms }))
    },
    /** The one that has waited longest. Nothing is claimed yet: `take` decides who has it, under the lock of the subject. */
    async next(nowMs: number): Promise<DueRow | undefined> {
      const found = await sql.query<{ subject: string; kind: string; at_ms: number }>(
        'select subject, kind, at_ms from due where at_ms < $1 order by at_ms, subject, kind limit 1',
        [nowMs],
      )
      const row = found.rows[0]
      return row && { subject: row.subject, kind: row.kind, atMs: row.at_ms }
    },
    /** true for exactly one caller; the row is gone when its transaction commits, and back if it does not. */
    async take({ subject, kind, atMs }: DueRow): Promise<boolean> {
      const found = await sql.query('delete from due where subject = $1 and kind = $2 and at_ms = $3 returning kind', [subject, kind, atMs])
      return found.rows.length > 0
    },
  }
}
