/** Subscriptions and their events. Claimed with SKIP LOCKED; numbers are given under the lock of the subscription. */
import type { Sql } from './pool.ts'

export interface SubscriptionOwner {
  readonly subject: string
  readonly institution: string
  readonly role: string
}

export interface SubscriptionRow extends SubscriptionOwner {
  readonly id: string
  readonly caller: string
  readonly topic: string
  readonly body: string
  readonly version: number
  readonly updatedMs: number
  readonly endpoint: string
  readonly headers: readonly string[]
  readonly payload: 'empty' | 'id-only'
  readonly heartbeatMs: number | undefined
  readonly deadlineMs: number
  readonly status: 'requested' | 'active' | 'error' | 'off'
  readonly error: string | undefined
  readonly endMs: number
  /** the last number given */
  readonly told: number
  readonly failures: number
  readonly heardMs: number
}

export interface EventRow {
  readonly seq: number
  readonly record: string
  readonly type: string
  readonly version: number
  readonly atMs: number
  /** 0 = not judged yet */
  readonly number: number
  readonly notice: string
}

interface StoredSubscription extends Record<string, unknown> {
  id: string
  subject: string
  institution: string
  role: string
  caller: string
  topic: string
  body: string
  version: number
  updated_ms: number
  endpoint: string
  headers: string[]
  payload: 'empty' | 'id-only'
  heartbeat_ms: number | null
  deadline_ms: number
  status: 'requested' | 'active' | 'error' | 'off'
  error: string | null
  end_ms: number
  told: number
  failures: number
  heard_ms: number
}

interface StoredEvent extends Record<string, unknown> {
  seq: number
  record: string
  type: string
  version: number
  at_ms: number
  number: number | null
  notice: string | null
}

const columns =
  'id, subject, institution, role, caller, topic, body, version, updated_ms, endpoint, headers, payload, heartbeat_ms, deadline_ms, status, error, end_ms, told, failures, heard_ms'
const eventColumns = 'seq, record, type, version, at_ms, number, notice'

const rowOf = ({ updated_ms, heartbeat_ms, deadline_ms, end_ms, heard_ms, error, ...row }: StoredSubscription): SubscriptionRow => ({
  ...row,
  updatedMs: updated_ms,
  heartbeatMs: heartbeat_ms ?? undefined,
  deadlineMs: deadline_ms,
  endMs: end_ms,
  heardMs: heard_ms,
  error: error ?? undefined,
})

const eventOf = ({ at_ms, number, notice, ...row }: StoredEvent): EventRow => ({
  ...row,
  atMs: at_ms,
  number: number ?? 0,
  notice: notice ?? '',
})

export function subscriptions(sql: Sql) {
  return {
    ...queue(sql),
    async add(row: SubscriptionRow): Promise<void> {
      await sql.query(
        `insert into subscription (${columns}, next_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $9)`,
        [
          row.id,
          row.subject,
          row.institution,
          row.role,
          row.caller,
          row.topic,
          row.body,
          row.version,
          row.updatedMs,
          row.endpoint,
          row.headers,
          row.payload,
          row.heartbeatMs ?? null,
          row.deadlineMs,
          row.status,
          row.error ?? null,
          row.endMs,
          row.told,
          row.failures,
          row.heardMs,
        ],
      )
    },

    /** As its owner wrote it anew; numbers go on. */
    async replace(row: SubscriptionRow): Promise<void> {
      await sql.query(
        `update subscription set caller = $2, body = $3, version = $4, updated_ms = $5, endpoint = $6, headers = $7, payload = $8, heartbeat_ms = $9,
           deadline_ms = $10, status = $11, error = $12, end_ms = $13, failures = 0, next_ms = $5, heard_ms = $5 where id = $1`,
        [
          row.id,
          row.caller,
          row.body,
          row.version,
          row.updatedMs,
          row.endpoint,
          row.headers,
          row.payload,
          row.heartbeatMs ?? null,
          row.deadlineMs,
          row.status,
          row.error ?? null,
          row.endMs,
        ],
      )
    },

    /** One of this owner; anybody else's is as absent as none. `lock`: until the transaction ends nobody else changes it. */
    async find(id: string, owner: SubscriptionOwner, lock = false): Promise<SubscriptionRow | undefined> {
      const found = await sql.query<StoredSubscription>(
        `select ${columns} from subscription where id = $1 and subject = $2 and institution = $3 and role = $4${lock ? ' for update' : ''}`,
        [id, owner.subject, owner.institution, owner.role],
      )
      return found.rows[0] && rowOf(found.rows[0])
    },

    async ofOwner(owner: SubscriptionOwner): Promise<readonly SubscriptionRow[]> {
      const found = await sql.query<StoredSubscription>(
        `select ${columns} from subscription where subject = $1 and institution = $2 and role = $3 order by updated_ms desc, id`,
        [owner.subject, owner.institution, owner.role],
      )
      return found.rows.map(rowOf)
    },

    async remove(id: string): Promise<void> {
      await sql.query('delete from subscription where id = $1', [id])
    },

    /** Numbered events from `from` to `until`, both inclusive. */
    async events(id: string, ask: { from: number; until: number; limit: number }): Promise<readonly EventRow[]> {
      const found = await sql.query<StoredEvent>(
        `select ${eventColumns} from subscription_event where subscription = $1 and number between $2 and $3 order by number limit $4`,
        [id, ask.from, ask.until, ask.limit],
      )
      return found.rows.map(eventOf)
    },

    /** What was told long ago is told no more. */
    async forgetBefore(atMs: number): Promise<void> {
      await sql.query('delete from subscription_event where at_ms < $1 and is_sent', [atMs])
    },
  }
}

export type SubscriptionStatus = SubscriptionRow['status']

function queue(sql: Sql) {
  return {
    /** New versions of records, in the transaction that writes them: one event for each subscription of their topic. */
    async tell(changes: readonly { topic: string; record: string; type: string; version: number }[], atMs: number): Promise<number> {
      if (changes.length === 0) return 0
      const told = await sql.query(
        `insert into subscription_event (subscription, record, type, version, at_ms)
         select s.id, k.record, k.type, k.version, $2
         from jsonb_to_recordset($1::jsonb) as k(topic text, record text, type text, version int)
         join subscription s on s.topic = k.topic and s.status in ('active', 'error') and s.end_ms > $2`,
        [JSON.stringify(changes), atMs],
      )
      return told.rowCount ?? 0
    },

    /** The next subscription with something to judge, to send, or to end, for `leaseMs`; a process that dies gives it back by time. */
    async claim(nowMs: number, leaseMs: number): Promise<SubscriptionRow | undefined> {
      const found = await sql.query<StoredSubscription>(
        `update subscription set next_ms = $1 + $2
         where id = (
           select s.id from subscription s
           where s.next_ms <= $1 and s.status <> 'off' and (s.status = 'requested' or s.end_ms <= $1
             or exists (select 1 from subscription_event e where e.subscription = s.id and e.number is null)
             or (s.status = 'active' and (s.heard_ms + s.heartbeat_ms <= $1
               or exists (select 1 from subscription_event e where e.subscription = s.id and e.number is not null and not e.is_sent))))
           order by s.next_ms, s.id limit 1 for update skip locked)
         returning ${columns}`,
        [nowMs, leaseMs],
      )
      return found.rows[0] && rowOf(found.rows[0])
    },

    async unjudged(id: string, limit: number): Promise<readonly EventRow[]> {
      const found = await sql.query<StoredEvent>(
        `select ${eventColumns} from subscription_event where subscription = $1 and number is null order by seq limit $2`,
        [id, limit],
      )
      return found.rows.map(eventOf)
    },

    async number(id: string, events: readonly { seq: number; number: number; notice: string }[], told: number): Promise<void> {
      await sql.query(
        `update subscription_event e set number = k.number, notice = k.notice
         from jsonb_to_recordset($1::jsonb) as k(seq bigint, number int, notice text) where e.seq = k.seq`,
        [JSON.stringify(events)],
      )
      await sql.query('update subscription set told = $2 where id = $1', [id, told])
    },

    /** It may not be told: to its subscriber it never was. */
    async drop(seqs: readonly number[]): Promise<void> {
      await sql.query('delete from subscription_event where seq = any($1::bigint[])', [seqs])
    },

    async unsent(id: string): Promise<EventRow | undefined> {
      const found = await sql.query<StoredEvent>(
        `select ${eventColumns} from subscription_event where subscription = $1 and number is not null and not is_sent order by number limit 1`,
        [id],
      )
      return found.rows[0] && eventOf(found.rows[0])
    },

    /** The endpoint took it. `from`: what the subscription was when it was sent; one that its owner changed meanwhile stays as it is. */
    async heard(row: SubscriptionRow, seq: number | undefined, atMs: number): Promise<void> {
      if (seq !== undefined) await sql.query('update subscription_event set is_sent = true where seq = $1', [seq])
      await sql.query(
        `update subscription set status = case when status = 'requested' then 'active' else status end, failures = 0, next_ms = $3, heard_ms = $3
         where id = $1 and version = $2 and status in ('requested', 'active')`,
        [row.id, row.version, atMs],
      )
    },

    async failed(row: SubscriptionRow, to: { status: SubscriptionStatus; error: string | undefined; nextMs: number }): Promise<void> {
      await sql.query(
        'update subscription set failures = failures + 1, status = $3, error = $4, next_ms = $5 where id = $1 and version = $2',
        [row.id, row.version, to.status, to.error ?? null, to.nextMs],
      )
    },

    /** Nothing is left to send now. */
    async rest(id: string, nextMs: number): Promise<void> {
      await sql.query('update subscription set next_ms = $2 where id = $1', [id, nextMs])
    },

    async end(id: string): Promise<void> {
      await sql.query(`update subscription set status = 'off' where id = $1`, [id])
    },
  }
}
