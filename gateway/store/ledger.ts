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

/** The part that evaluates rules; the server makes all of it ready, whether there are any to evaluate or not. */
const resting = {
  rests: 'rests as materialized (select * from json_to_recordset($13::json) as k(at int, person text, standing text)),',
  moved: `union all select distinct at, false from rests where standing is distinct from ${standingSql('rests.person')}`,
}

/**
 * What rests on rules that are not the ones any more, or was asked with a token that was ended, is not written: both and the entry are of one
 * snapshot, so that what is released was permitted when its entry was committed. Answers which asks these are.
 */
const appendSql = ({ rests, moved }: typeof resting): string => `
  with ${rests}
  ended as materialized (select t.n from unnest($12::text[]) with ordinality as t(jti, n) where not ${grantIsLiveSql('t.jti')}),
  moved as materialized (
    select at, true as ended from rows from (unnest($9::int[]), unnest($10::int[])) as t(at, token) where t.token in (select n from ended) ${moved}),
  begun as materialized (select string_to_array($11, E'\\x1e') as heads),
  entry as (
    insert into ledger (id, at_ms, persons, institution, kind, body, sha256)
    select k.id, k.at_ms, string_to_array(coalesce(k.persons, ''), E'\\x1f'), coalesce(k.institution, ''), coalesce(k.kind, ''), k.body,
      encode(sha256(convert_to(k.body, 'UTF8')), 'hex')
    from (select k.*, begun.heads[k.head] || k.rest as body
      from begun, rows from (unnest($1::int[]), unnest(string_to_array($2, E'\\x1e')), unnest($3::bigint[]), unnest(string_to_array($4, E'\\x1e')),
        unnest(string_to_array($5, E'\\x1e')), unnest(string_to_array($6, E'\\x1e')), unnest($7::int[]), unnest(string_to_array($8, E'\\x1e')))
        as k(at, id, at_ms, persons, institution, kind, head, rest) offset 0) k
    where not exists (select 1 from moved where moved.at = k.at)
    returning seq),
  pending as (insert into ledger_pending (seq) select seq from entry)
  select at, ended from moved`

/** A system that reads its own records rests on no rules. */
const statements = { resting: appendSql(resting), free: appendSql({ rests: '', moved: '' }) }

async function append(sql: Sql, asks: readonly Append[]): Promise<readonly Appended[]> {
  const entries = asks.flatMap((ask, at) => ask.entries.map((entry) => ({ at, entry })))
  const column = (textOf: (entry: LedgerEntry) => string): string => entries.map(({ entry }) => textOf(entry)).join(separator)
  const rests = asks.flatMap(({ standing }, at) => [...(standing ?? [])].map(([person, text]) => ({ at, person, standing: text })))
  const heads = numbered(entries.map(({ entry }) => entry.head))
  const tokens = asks.flatMap(({ jti }, at) => (jti === undefined ? [] : [{ at, jti }]))
  const jtis = numbered(tokens.map(({ jti }) => jti))
  const found = await sql.query<{ at: number; ended: boolean }>(rests.length === 0 ? statements.free : statements.resting, [
    entries.map(({ at }) => at),
    column(({ id }) => id),
    entries.map(({ entry }) => entry.atMs),
    column(({ persons }) => persons.join(personSeparator)),
    column(({ institution }) => institution),
    column(({ kind }) => kind),
    entries.map(({ entry }) => heads.get(entry.head)),
    column(({ rest }) => rest),
    tokens.map(({ at }) => at),
    tokens.map(({ jti }) => jtis.get(jti)),
    [...heads.keys()].join(separator),
    [...jtis.keys()],
    ...(rests.length === 0 ? [] : [JSON.stringify(rests)]),
  ])
  if (found.rows.length === 0) return asks.map(() => appended)
  return asks.map((_, of) => {
    const why = found.rows.filter(({ at }) => at === of)
    return { isLive: !why.some(({ ended }) => ended), isStanding: why.every(({ ended }) => ended) }
  })
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

export function ledger(sql: Sql) {
  return {
    async append(entries: readonly LedgerEntry[], grounds: Grounds = onNothing): Promise<Appended> {
      return entries.length === 0 ? appended : ((await append(sql, [{ entries, ...grounds }]))[0] ?? appended)
    },
    async find(query: LedgerQuery): Promise<{ bodies: readonly string[]; total: number }> {
      const values: unknown[] = []
      const add = (value: unknown): string => `$${values.push(value)}`
      const where = [
        'true',
        ...(query.id === undefined ? [] : [`id = ${add(query.id)}`]),
        ...(query.persons === undefined ? [] : [`persons && ${add(query.persons)}::text[]`]),
        ...(query.fromMs === undefined ? [] : [`at_ms >= ${add(query.fromMs)}`]),
        ...(query.untilMs === undefined ? [] : [`at_ms <= ${add(query.untilMs)}`]),
      ].join(' and ')
      const counted = await sql.query<{ total: number }>(`select count(*)::int as total from ledger where ${where}`, values.slice())
      const found = await sql.query<{ body: string }>(
        `select body from ledger where ${where} order by seq desc limit ${add(query.limit)} offset ${add(query.offset)}`,
        values,
      )
      return { bodies: found.rows.map((row) => row.body), total: counted.rows[0]?.total ?? 0 }
    },
  }
}
