/** The ledger: AuditEvents appended in the transaction of what they describe, or committed before a response's last byte. */
import { grantIsLiveSql } from './grants.ts'
import { grouped } from './grouped.ts'
import { standingSql, type Standing } from './policy.ts'
import type { Sql } from './pool.ts'

export interface LedgerEntry {
  readonly id: string
  readonly atMs: number
  readonly persons: readonly string[]
  readonly institution: string
  readonly kind: string
  /** canonical JSON (RFC 8785) of the AuditEvent: what many begin with, who did what kind of thing, and the rest */
  readonly head: string
  readonly rest: string
}

export interface LedgerQuery {
  readonly id?: string
  /** entries about any of them; none of them = no entry */
  readonly persons?: readonly string[]
  readonly fromMs?: number
  readonly untilMs?: number
  readonly limit: number
  readonly offset: number
}

/** What entries rest on. */
export interface Grounds {
  /** rules; undefined = none */
  readonly standing: Standing | undefined
  /** the token they were asked with, where it is not known yet whether it was ended */
  readonly jti: string | undefined
}

/** Entries are written where both hold. */
export interface Appended {
  readonly isLive: boolean
  readonly isStanding: boolean
}

interface Append extends Grounds {
  readonly entries: readonly LedgerEntry[]
}

/** Between the entries' texts in a column: no JSON, id or code holds it, so that nothing in them has to be escaped. */
const [separator, personSeparator] = ['\u001e', '\u001f']

/** The sealer's queue: each of `entry (seq, body)` with its leaf's hash, made of the bytes that are written (https://www.rfc-editor.org/rfc/rfc6962#section-2.1). */
export const enqueuedSql = `insert into ledger_pending (seq, hash) select seq, sha256('\\x00'::bytea || convert_to(body, 'UTF8')) from entry`

/** The part that evaluates rules; the server makes all of it ready, whether there are any to evaluate or not. */
const resting = {
  rests: `moved as materialized (
    select distinct at from json_to_recordset($12::json) as k(at int, person text, standing text)
    where standing is distinct from ${standingSql('k.person')}),`,
  notMoved: 'and not exists (select 1 from moved where moved.at = k.at)',
  told: 'union all select null, at from moved',
}

/**
 * What rests on rules that are not the ones any more, or was asked with a token that was ended, is not written: both and the entry are of one
 * snapshot, so that what is released was permitted when its entry was committed. Answers which tokens and which asks these are.
 */
const appendSql = ({ rests, notMoved, told }: typeof resting): string => `
  with ${rests}
  ended as materialized (select t.n from unnest($11::text[]) with ordinality as t(jti, n) where not ${grantIsLiveSql('t.jti')}),
  begun as materialized (select string_to_array($10, E'\\x1e') as heads),
  entry as (
    insert into ledger (id, at_ms, persons, institution, kind, body)
    select k.id, k.at_ms, string_to_array(coalesce(k.persons, ''), E'\\x1f'), coalesce(k.institution, ''), coalesce(k.kind, ''),
      begun.heads[k.head] || k.rest
    from begun, rows from (unnest($1::int[]), unnest(string_to_array($2, E'\\x1e')), unnest($3::bigint[]), unnest(string_to_array($4, E'\\x1e')),
      unnest(string_to_array($5, E'\\x1e')), unnest(string_to_array($6, E'\\x1e')), unnest($7::int[]), unnest(string_to_array($8, E'\\x1e')),
      unnest($9::int[])) as k(at, id, at_ms, persons, institution, kind, head, rest, token)
    where not exists (select 1 from ended where ended.n = k.token) ${notMoved}
    returning seq, body),
  pending as (${enqueuedSql})
  select n::int as token, null::int as at from ended ${told}`

/** A system that reads its own records rests on no rules. */
const statements = { resting: appendSql(resting), free: appendSql({ rests: '', notMoved: '', told: '' }) }

async function append(sql: Sql, asks: readonly Append[]): Promise<readonly Appended[]> {
  const entries = asks.flatMap(({ jti, entries: own }, at) => own.map((entry) => ({ at, jti, entry })))
  const column = (textOf: (entry: LedgerEntry) => string): string => entries.map(({ entry }) => textOf(entry)).join(separator)
  const rests = asks.flatMap(({ standing }, at) => [...(standing ?? [])].map(([person, text]) => ({ at, person, standing: text })))
  const heads = numbered(entries.map(({ entry }) => entry.head))
  const tokens = numbered(asks.flatMap(({ jti }) => jti ?? []))
  const found = await sql.query<{ token: number | null; at: number | null }>(rests.length === 0 ? statements.free : statements.resting, [
    entries.map(({ at }) => at),
    column(({ id }) => id),
    entries.map(({ entry }) => entry.atMs),
    column(({ persons }) => persons.join(personSeparator)),
    column(({ institution }) => institution),
    column(({ kind }) => kind),
    entries.map(({ entry }) => heads.get(entry.head)),
    column(({ rest }) => rest),
    entries.map(({ jti }) => tokens.get(jti ?? '') ?? 0),
    [...heads.keys()].join(separator),
    [...tokens.keys()],
    ...(rests.length === 0 ? [] : [JSON.stringify(rests)]),
  ])
  if (found.rows.length === 0) return asks.map(() => appended)
  const [ended, moved] = [new Set(found.rows.map(({ token }) => token)), new Set(found.rows.map(({ at }) => at))]
  return asks.map(({ jti }, at) => ({ isLive: !ended.has(tokens.get(jti ?? '') ?? 0), isStanding: !moved.has(at) }))
}

/** Each text once, with its place from 1 on. */
function numbered(texts: readonly string[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  for (const text of texts) if (!places.has(text)) places.set(text, places.size + 1)
  return places
}

const appended: Appended = { isLive: true, isStanding: true }
const onNothing: Grounds = { standing: undefined, jti: undefined }

export type AppendEntries = (entries: readonly LedgerEntry[], grounds?: Grounds) => Promise<Appended>

/**
 * Outside of a transaction: resolves when the entries are committed. What waits while another flush is under way goes with the next, without
 * a timer, so that under load one commit serves many requests and alone none waits.
 */
export function ledgerTogether(sql: Sql): AppendEntries {
  const ask = grouped((asks: readonly Append[]) => append(sql, asks))
  return async (entries, grounds = onNothing) => (entries.length === 0 ? appended : ask({ entries, ...grounds }))
}

/**
 * Entries about any of these persons: the first of an entry's persons is in one index, all of several in another. `offset 0`: they are found by these,
 * and never by walking back through everybody's entries.
 */
const aboutSql = (persons: string): string => `(
    select * from ledger where persons[1] = any(${persons})
    union all select * from ledger where cardinality(persons) > 1 and persons && ${persons} and persons[1] <> all(${persons}) offset 0) ledger`

export function ledger(sql: Sql) {
  return {
    async append(entries: readonly LedgerEntry[], grounds: Grounds = onNothing): Promise<Appended> {
      return entries.length === 0 ? appended : ((await append(sql, [{ entries, ...grounds }]))[0] ?? appended)
    },
    async find(query: LedgerQuery): Promise<{ bodies: readonly string[]; total: number }> {
      const values: unknown[] = []
      const add = (value: unknown): string => `$${values.push(value)}`
      const persons = query.persons === undefined ? undefined : `${add(query.persons)}::text[]`
      const from = persons === undefined || query.id !== undefined ? 'ledger' : aboutSql(persons)
      const where = [
        'true',
        ...(query.id === undefined ? [] : [`id = ${add(query.id)}`]),
        ...(persons === undefined ? [] : [`persons && ${persons}`]),
        ...(query.fromMs === undefined ? [] : [`at_ms >= ${add(query.fromMs)}`]),
        ...(query.untilMs === undefined ? [] : [`at_ms <= ${add(query.untilMs)}`]),
      ].join(' and ')
      const counted = await sql.query<{ total: number }>(`select count(*)::int as total from ${from} where ${where}`, values.slice())
      const found = await sql.query<{ body: string }>(
        `select body from ${from} where ${where} order by seq desc limit ${add(query.limit)} offset ${add(query.offset)}`,
        values,
      )
      return { bodies: found.rows.map((row) => row.body), total: counted.rows[0]?.total ?? 0 }
    },
  }
}
