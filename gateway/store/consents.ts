/** Compiled consents. Read in the statement's own snapshot for every decision; never cached across requests. */
import type { DataTarget, DateTerms, LabelTerms, ProvisionRow, TargetFound } from '../../consent/types.ts'
import { isRecord } from '../../fhir-profiles/validate/guards.ts'
import { isReferenceSql } from './index-rows.ts'
import { numberOf } from './numbers.ts'
import type { Sql } from './pool.ts'

export interface StoredProvision extends Record<string, unknown> {
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
  labels: string | null
  codes: string[] | null
  dates: string | null
  data: string | null
  from_ms: number
  until_ms: number
}

/** Actions as stored are exactly the union's words: they were written from ProvisionRow. */
const isAction = (word: string): word is 'access' | 'disclose' | 'collect' | 'use' | 'correct' =>
  ['access', 'disclose', 'collect', 'use', 'correct'].includes(word)

export function consents(sql: Sql) {
  return {
    /** Every rule about these persons, and while a merge is undecided the other's refusals (its permits are never in force here); with data targets resolved to id sets (a target, and for `related` what it refers to). */
    async provisionsOf(persons: readonly string[]): Promise<readonly ProvisionRow[]> {
      if (persons.length === 0) return []
      const found = await sql.query<StoredProvision>(
        `select consent, version, person, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes,
           labels::text as labels, codes, dates::text as dates, data::text as data, from_ms, until_ms
         from provision where person = any($1::text[])
         union all
         select p.consent, p.version, u.person, p.controller, p.path, p.type, p.unreadable, p.blind, p.receivers, p.sources, p.purposes, p.actions, p.classes,
           p.labels::text, p.codes, p.dates::text, p.data::text,
           case when p.type = 'permit' and not p.unreadable then 8640000000000000 else p.from_ms end,
           case when p.type = 'permit' and not p.unreadable then -8640000000000000 else p.until_ms end
         from undecided_merge u join provision p on p.person = u.other where u.person = any($1::text[])
         order by consent, path`,
        [persons],
      )
      const parsed = found.rows.map((row) => ({ row, data: dataOf(row.data) }))
      const near = await this.around([...new Set(parsed.flatMap(({ data }) => data?.map((target) => target.reference) ?? []))])
      return parsed.map(({ row, data }) => toRow(row, data?.map((target) => ({ ...target, found: near(target.reference) })) ?? null))
    },

    /** What is known of the targets of `provision.data`: whose each is, and what it refers to where it is stored here. */
    async around(targets: readonly string[]): Promise<(target: string) => TargetFound> {
      if (targets.length === 0) return () => ({ kind: 'unknown' })
      const known = await sql.query<{ id: string; institution: string; stored: boolean }>(
        `select n.id, n.institution, exists (select 1 from record r where r.shard = n.shard and r.key = ${numberOf('n.id')} and not r.deleted) as stored from network_id n where n.id = any($1::text[])`,
        [targets],
      )
      const outgoing = await this.outgoing(targets)
      const found = new Map(
        known.rows.map((row): [string, TargetFound] => [
          row.id,
          row.stored ? { kind: 'read', refersTo: outgoing.get(row.id) ?? [] } : { kind: 'closed', custodian: row.institution },
        ]),
      )
      return (target) => found.get(target) ?? { kind: 'unknown' }
    },

    /** What each record refers to, by network id; a person referred to stands for the custodian's own Patient record of them. */
    async outgoing(ids: readonly string[]): Promise<Map<string, readonly string[]>> {
      if (ids.length === 0) return new Map()
      const found = await sql.query<{ record: string; code: string }>(
        `select n.id as record, i.code from network_id n join record_index i on i.shard = n.shard and i.record = ${numberOf('n.id')}
         where ${isReferenceSql('i')} and n.id = any($1::text[])
         union select n.id, d.record from network_id n join record_index i on i.shard = n.shard and i.record = ${numberOf('n.id')}
           join record r on r.shard = i.shard and r.key = i.record join identity d on d.person = i.code and d.institution = r.institution
           where i.kind = 'r' and i.system = ${numberOf(`'Patient'`)} and n.id = any($1::text[])`,
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
        `insert into provision (consent, version, person, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes, labels, codes, dates, data, from_ms, until_ms)
         select consent, version, person, controller, path, type, unreadable, blind, receivers, sources, purposes, actions, classes, labels, codes, dates, data, "fromMs", "untilMs"
         from jsonb_to_recordset($1::jsonb) as k(consent text, version text, person text, controller text, path text, type text, unreadable boolean, blind text[],
           receivers text[], sources text[], purposes text[], actions text[], classes text[], labels jsonb, codes text[], dates jsonb, data jsonb, "fromMs" bigint, "untilMs" bigint)`,
        [JSON.stringify(rows.map((row) => ({ ...row, fromMs: finite(row.fromMs), untilMs: finite(row.untilMs) })))],
      )
    },
  }
}

/** An open end is stored as the farthest instant JavaScript knows: JSON has no infinity. */
function finite(ms: number): number {
  return Math.min(8.64e15, Math.max(-8.64e15, ms))
}

export function dataOf(text: string | null): readonly DataTarget[] | null {
  if (text === null) return null
  const value: unknown = JSON.parse(text)
  // What cannot be read constrains to nothing: a permit is void, a deny is widened by its own marks.
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown): readonly DataTarget[] => {
    if (!isRecord(item) || typeof item['reference'] !== 'string') return []
    const meaning = meanings.find((known) => known === item['meaning']) ?? 'instance'
    return [{ meaning, reference: item['reference'], bothWays: item['bothWays'] === true, found: { kind: 'unknown' } }]
  })
}

const meanings = ['instance', 'related', 'dependents', 'authoredby'] as const

/** Written by `replace` from a LabelTerms; what is not there names nothing. */
function labelsIn(text: string | null): LabelTerms | null {
  if (text === null) return null
  const value: unknown = JSON.parse(text)
  const { confidentialities, sensitivities } = isRecord(value) ? value : {}
  return {
    confidentialities: Array.isArray(confidentialities) ? confidentialities.filter((rank) => typeof rank === 'number') : [],
    sensitivities: Array.isArray(sensitivities) ? sensitivities.filter((code) => typeof code === 'string') : [],
  }
}

/** Written by `replace` from a DateTerms. */
function datesIn(text: string | null): DateTerms | null {
  if (text === null) return null
  const value: unknown = JSON.parse(text)
  const { fromMs, untilMs } = isRecord(value) ? value : {}
  return { fromMs: typeof fromMs === 'number' ? fromMs : 0, untilMs: typeof untilMs === 'number' ? untilMs : 0 }
}

export function toRow(row: StoredProvision, data: readonly DataTarget[] | null): ProvisionRow {
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
    labels: labelsIn(row.labels),
    codes: row.codes,
    dates: datesIn(row.dates),
    data,
    fromMs: row.from_ms,
    untilMs: row.until_ms,
  }
}
