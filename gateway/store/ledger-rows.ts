/** Ledger, log and queue side by side, as `audit verify` reads them. */
import type { Hash } from '../logic/chain.ts'
import type { Sql } from './pool.ts'

export interface SealedRow {
  readonly leaf: number
  readonly seq: number
  readonly hash: Hash
  /** undefined = removed from the ledger */
  readonly entry: StoredEntry | undefined
}

export interface StoredEntry {
  readonly id: string
  readonly atMs: number
  readonly persons: readonly string[]
  readonly institution: string
  readonly kind: string
  readonly body: string
}

interface JoinedRow extends Record<string, unknown> {
  leaf: number
  seq: number
  hash: Buffer
  id: string | null
  at_ms: number
  persons: string[]
  institution: string
  kind: string
  body: string
}

export function ledgerRows(sql: Sql) {
  return {
    /** `leaves`: one more than the highest, so that one that is missing below is missed. */
    async counts(): Promise<{ entries: number; leaves: number; unsealed: number }> {
      const found = await sql.query<{ entries: number; leaves: number; unsealed: number }>(
        `select (select count(*) from ledger) as entries, (select coalesce(max(leaf) + 1, 0) from ledger_leaf) as leaves,
           (select count(*) from ledger_pending p join ledger l on l.seq = p.seq) as unsealed`,
      )
      return found.rows[0] ?? { entries: 0, leaves: 0, unsealed: 0 }
    },
    async sealed(from: number, until: number): Promise<readonly SealedRow[]> {
      const found = await sql.query<JoinedRow>(
        `select f.leaf, f.seq, f.hash, l.id, l.at_ms, l.persons, l.institution, l.kind, l.body
         from ledger_leaf f left join ledger l on l.seq = f.seq where f.leaf >= $1 and f.leaf < $2 order by f.leaf`,
        [from, until],
      )
      return found.rows.map(({ leaf, seq, hash, id, at_ms: atMs, persons, institution, kind, body }) => ({
        leaf,
        seq,
        hash,
        entry: id === null ? undefined : { id, atMs, persons, institution, kind, body },
      }))
    },
    /** Nodes whose last leaf is one of these, by `level/leaf`. */
    async nodesIn(from: number, until: number): Promise<ReadonlyMap<string, Hash>> {
      const found = await sql.query<{ leaf: number; level: number; hash: Buffer }>(
        'select leaf, level, hash from ledger_node where leaf >= $1 and leaf < $2',
        [from, until],
      )
      return new Map(found.rows.map((row) => [`${row.level}/${row.leaf}`, row.hash]))
    },
    /** Entries that did not come in by the gateway's own statement. */
    async uninvited(limit: number): Promise<readonly { seq: number; id: string }[]> {
      const found = await sql.query<{ seq: number; id: string }>(
        `select l.seq, l.id from ledger l left join ledger_leaf f on f.seq = l.seq left join ledger_pending p on p.seq = l.seq
         where f.seq is null and p.seq is null order by l.seq limit $1`,
        [limit],
      )
      return found.rows
    },
    /** What waits to be sealed and is not there any more. */
    async lostPending(limit: number): Promise<readonly number[]> {
      const found = await sql.query<{ seq: number }>(
        'select p.seq from ledger_pending p left join ledger l on l.seq = p.seq where l.seq is null order by p.seq limit $1',
        [limit],
      )
      return found.rows.map(({ seq }) => seq)
    },
    /** Whether this database has a log at all: it was made by a release that seals. */
    async hasLog(): Promise<boolean> {
      const found = await sql.query<{ present: boolean }>("select to_regclass('ledger_checkpoint') is not null as present")
      return found.rows[0]?.present === true
    },
  }
}
