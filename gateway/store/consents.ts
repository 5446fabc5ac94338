/** Compiled consents. Read in the statement's own snapshot for every decision; never cached across requests. */
import type { DataTarget, ProvisionRow } from '../../consent/types.ts'
import type { Sql } from './pool.ts'

interface StoredProvision extends Record<string, unknown> {
  consent: string
  version: string
  person: string
  controller: string
  path: string
  type: 'permit' | 'deny'
  unreadable: boolean
  blind: string[]
  receivers: string[] | null
  sources: string[] | null
  purposes: string[] | null
  actions: string[] | null
  classes: string[] | null
  data: string | null
  from_ms: number
  until_ms: number
}

/** Actions as stored are exactly the union's words: they were written from ProvisionRow. */
const isAction = (word: string): word is 'access' | 'disclose' | 'collect' | 'use' | 'correct' =>
  ['access', 'disclose', 'collect', 'use', 'correct'].includes(word)

export function consents(sql: Sql) {
  return {
    /** Every rule about these persons, with data targets resolved to id sets (a target, and for `related` what it refers to). */
    async provisionsOf(persons: readonly string[]): Promise<readonly ProvisionRow[]> {
      if (persons.length === 0) return []
      const found = await sql.query<StoredProvision>(
        `select consent, version, person, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes, data::text as data, from_ms, until_ms
         from provision where person = any($1::text[]) order by consent, path`,
        [persons],
      )
      const targets = new Set<string>()
      const parsed = found.rows.map((row) => ({ row, data: dataOf(row.data) }))
      for (const { data } of parsed) for (const target of data ?? []) targets.add(target.reference)
      const outgoing = await this.outgoing([...targets])
      return parsed.map(({ row, data }) => toRow(row, data?.map((target) => withIds(target, outgoing)) ?? null))
    },

    /** What each record refers to, by network id. */
    async outgoing(ids: readonly string[]): Promise<Map<string, readonly string[]>> {
      if (ids.length === 0) return new Map()
      const found = await sql.query<{ record: string; code: string }>(
        `select distinct record, code from record_index where param = '_reference' and record = any($1::text[])`,
        [ids],
      )
      const out = new Map<string, string[]>()
      for (const row of found.rows) out.set(row.record, [...(out.get(row.record) ?? []), row.code])
      return out
    },

    /** Replaces the rules of one consent by those of its current version; none = it no longer speaks. */
    async replace(consent: string, rows: readonly ProvisionRow[]): Promise<void> {
      await sql.query('delete from provision where consent = $1', [consent])
      if (rows.length === 0) return
      await sql.query(
        `insert into provision (consent, version, person, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes, data, from_ms, until_ms)
         select consent, version, person, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes, data, "fromMs", "untilMs"
         from jsonb_to_recordset($1::jsonb) as k(consent text, version text, person text, controller text, path text, type text, unreadable boolean, blind text[],
           receivers text[], sources text[], purposes text[], actions text[], classes text[], data jsonb, "fromMs" bigint, "untilMs" bigint)`,
        [JSON.stringify(rows.map((row) => ({ ...row, fromMs: finite(row.fromMs), untilMs: finite(row.untilMs) })))],
      )
    },

    /** Persons about whom some consent names a department or practitioner as receiver: the only ones who can be hidden in-house. */
    async personsBlindInside(receiverKeys: readonly string[]): Promise<readonly string[]> {
      if (receiverKeys.length === 0) return []
      const found = await sql.query<{ person: string }>('select distinct person from provision where receivers && $1::text[]', [
        receiverKeys,
      ])
      return found.rows.map((row) => row.person)
    },
  }
}

/** An open end is stored as the farthest instant JavaScript knows: JSON has no infinity. */
function finite(ms: number): number {
  return Math.min(8.64e15, Math.max(-8.64e15, ms))
}

function dataOf(text: string | null): readonly DataTarget[] | null {
  if (text === null) return null
  const value: unknown = JSON.parse(text)
  if (!Array.isArray(value)) return null
  return value.flatMap((item: unknown) =>
    typeof item === 'object' && item !== null && 'reference' in item && 'meaning' in item && typeof item.reference === 'string'
      ? [{ meaning: item.meaning === 'related' ? ('related' as const) : ('instance' as const), reference: item.reference, ids: [] }]
      : [],
  )
}

function withIds(target: DataTarget, outgoing: ReadonlyMap<string, readonly string[]>): DataTarget {
  return {
    ...target,
    ids: target.meaning === 'related' ? [target.reference, ...(outgoing.get(target.reference) ?? [])] : [target.reference],
  }
}

function toRow(row: StoredProvision, data: readonly DataTarget[] | null): ProvisionRow {
  return {
    consent: row.consent,
    version: row.version,
    person: row.person,
    controller: row.controller,
    path: row.path,
    type: row.type,
    unreadable: row.unreadable,
    blind: row.blind,
    receivers: row.receivers,
    sources: row.sources,
    purposes: row.purposes,
    actions: row.actions?.filter(isAction) ?? null,
    classes: row.classes,
    data,
    fromMs: row.from_ms,
    untilMs: row.until_ms,
  }
}
