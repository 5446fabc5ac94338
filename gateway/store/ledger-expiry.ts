/** Expired entries of the ledger: what is removed, and the entries that tell of it. */
import { leafHash, type Hash } from '../logic/chain.ts'
import { readExpiry, unlawful, type ExpiryClaim } from '../logic/ledger-expiry.ts'
import type { Finding } from './ledger-walk.ts'
import type { Sql } from './pool.ts'

export function ledgerExpiry(sql: Sql) {
  return {
    /** The first leaf whose entry was not removed by an expiry. */
    async removedUntil(): Promise<number> {
      const found = await sql.query<{ body: string }>(
        `select l.body from ledger l join ledger_leaf f on f.seq = l.seq where l.kind = 'ledger-expiry' order by l.seq desc limit 1`,
      )
      const [newest] = found.rows
      if (newest === undefined) return 0
      const told = readExpiry(newest.body)
      if (told === undefined) throw new Error('the entry of the last expiry cannot be read; run `carenet audit verify`')
      return told.until
    },
    /** Leaves from `from` on and below `until`, with what is stored for them. */
    async entries(from: number, until: number): Promise<readonly { hash: Hash; body: string | undefined }[]> {
      const found = await sql.query<{ hash: Buffer; body: string | null }>(
        'select f.hash, l.body from ledger_leaf f left join ledger l on l.seq = f.seq where f.leaf >= $1 and f.leaf < $2',
        [from, until],
      )
      return found.rows.map(({ hash, body }) => ({ hash, body: body ?? undefined }))
    },
    /** Their content goes; leaves and nodes stay. */
    async remove(from: number, until: number): Promise<void> {
      await sql.query('delete from ledger l using ledger_leaf f where f.seq = l.seq and f.leaf >= $1 and f.leaf < $2', [from, until])
    },
    /** Every sealed entry that tells of a removal and is what was sealed, newest first, with the checkpoints that date it. */
    async claims(): Promise<readonly (ExpiryClaim & { readonly seq: number })[]> {
      const found = await sql.query<{ seq: number; leaf: number; hash: Buffer; body: string }>(
        `select l.seq, f.leaf, f.hash, l.body from ledger l join ledger_leaf f on f.seq = l.seq where l.kind = 'ledger-expiry' order by f.leaf desc`,
      )
      const claims: (ExpiryClaim & { readonly seq: number })[] = []
      for (const { seq, leaf, hash, body } of found.rows) {
        const told = leafHash(body).equals(hash) ? readExpiry(body) : undefined
        if (told !== undefined) claims.push({ ...told, seq, leaf, ...(await this.dated(told.until, leaf)) })
      }
      return claims
    },
    async dated(until: number, leaf: number): Promise<Pick<ExpiryClaim, 'untilSealedMs' | 'toldSealedMs'>> {
      const found = await sql.query<{ until: number | null; told: number | null }>(
        `select (select at_ms from ledger_checkpoint where size = $1) as until,
           (select at_ms from ledger_checkpoint where size > $2 order by size limit 1) as told`,
        [until, leaf],
      )
      return { untilSealedMs: found.rows[0]?.until ?? undefined, toldSealedMs: found.rows[0]?.told ?? undefined }
    },
  }
}

/** How far the ledger was emptied lawfully, by the entries that tell of it; one that tells of an unlawful removal counts for nothing. */
export async function lawfulExpiry(sql: Sql): Promise<{ until: number; atMs: number | undefined; findings: readonly Finding[] }> {
  const judged = (await ledgerExpiry(sql).claims()).map((claim) => ({ claim, why: unlawful(claim) }))
  const newest = judged.find(({ why }) => why === undefined)?.claim
  const findings = judged.flatMap(({ claim: { seq, leaf }, why }): readonly Finding[] =>
    why === undefined ? [] : [{ kind: 'expiry', seq, says: `the removal told of by seq ${seq} (leaf ${leaf}) was not lawful: ${why}` }],
  )
  return { until: newest?.until ?? 0, atMs: newest?.atMs, findings }
}
