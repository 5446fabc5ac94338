/** The Merkle log over the ledger: what is not sealed yet, leaves and nodes, signing keys, checkpoints. */
import { hashBytes, peaksOf, type Frontier, type Hash, type NodeAt } from '../logic/chain.ts'
import type { Sql } from './pool.ts'

export interface PendingEntry {
  readonly seq: number
  /** RFC 6962's hash of the leaf, made where the entry rests and when it was written: what is sealed is what was stored */
  readonly hash: Hash
}

export interface Leaf {
  /** place in the log, from 0 */
  readonly leaf: number
  /** the entry's place in the ledger */
  readonly seq: number
  readonly hash: Hash
}

export interface KeptNode {
  /** the last leaf it covers */
  readonly leaf: number
  /** 1 and more */
  readonly level: number
  readonly hash: Hash
}

export interface LogKey {
  readonly generation: number
  /** eight hexadecimal digits, `keyIdOf` */
  readonly id: string
  readonly origin: string
  readonly publicKey: Buffer
  readonly sinceMs: number
  /** undefined = it signs */
  readonly untilMs: number | undefined
}

export interface SigningLogKey extends LogKey {
  /** PKCS 8, base64 of DER */
  readonly privateKey: string
}

export interface StoredCheckpoint {
  readonly size: number
  readonly root: Hash
  readonly atMs: number
  readonly keyId: string
  readonly signature: Buffer
}

/** any number, as long as nothing else in this database uses it as an advisory lock */
const sealerLock = 7_251_020

interface StoredKey extends Record<string, unknown> {
  generation: number
  id: string
  origin: string
  public_key: string
  private_key: string | null
  since_ms: number
  until_ms: number | null
}

/** Hashes travel side by side, as bytes: thousands of them are one value. */
const nth = (hashes: string): string => `substring(${hashes}::bytea from (n::int - 1) * ${hashBytes} + 1 for ${hashBytes})`

export function ledgerLog(sql: Sql) {
  return {
    /** Whether this transaction is the one sealer of the database until it ends; waits for nobody. */
    async tryToSeal(): Promise<boolean> {
      const asked = await sql.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [sealerLock])
      return asked.rows[0]?.mine === true
    },
    /** As `tryToSeal`, waiting until the other sealer's transaction ends. */
    async waitToSeal(): Promise<void> {
      await sql.query('select pg_advisory_xact_lock($1)', [sealerLock])
    },

    /** Entries to be sealed next. One of an older program that was removed before it was sealed stays pending for `audit verify` to name. */
    async pending(limit: number): Promise<readonly PendingEntry[]> {
      const { rows } = await sql.query<{ seqs: string | null; hashes: Buffer | null }>(
        `select string_agg(seq::text, ',' order by seq) as seqs, string_agg(hash, ''::bytea order by seq) as hashes from (
           select * from (
             select p.seq, coalesce(p.hash, (select sha256('\\x00'::bytea || convert_to(l.body, 'UTF8')) from ledger l where l.seq = p.seq)) as hash
             from ledger_pending p) p
           where hash is not null order by seq limit $1) p`,
        [limit],
      )
      const { seqs = null, hashes = null } = rows[0] ?? {}
      if (seqs === null || hashes === null) return []
      return seqs.split(',').map((seq, at) => ({ seq: Number(seq), hash: hashes.subarray(at * hashBytes, (at + 1) * hashBytes) }))
    },
    async hasPending(): Promise<boolean> {
      const found = await sql.query<{ some: boolean }>('select exists (select 1 from ledger_pending) as some')
      return found.rows[0]?.some === true
    },
    /** How many entries are not sealed, and when the first of them was written (application clock). */
    async backlog(): Promise<{ count: number; firstAtMs: number | undefined }> {
      // what waits is little, and the ledger is long: the first is looked up, whatever the planner believes of either
      const found = await sql.query<{ count: number; first: number | null }>(
        `select count(*)::int as count,
           (select l.at_ms from ledger_pending p cross join lateral (select at_ms from ledger l where l.seq = p.seq offset 0) l
            order by p.seq limit 1) as first from ledger_pending`,
      )
      return { count: found.rows[0]?.count ?? 0, firstAtMs: found.rows[0]?.first ?? undefined }
    },

    /** The log as it stands, ready to grow. */
    async frontier(): Promise<Frontier> {
      const found = await sql.query<{ size: number }>('select coalesce(max(leaf) + 1, 0) as size from ledger_leaf')
      const size = found.rows[0]?.size ?? 0
      const peaks = peaksOf(size)
      const hashAt = await this.nodes(peaks)
      return { size, peaks: peaks.map(hashAt) }
    },
    /** Kept nodes, by one statement. The answer throws for one that is not there: the log is damaged. */
    async nodes(wanted: readonly NodeAt[]): Promise<(node: NodeAt) => Hash> {
      const lastLeaf = ({ level, index }: NodeAt): number => (index + 1) * 2 ** level - 1
      const found = await sql.query<{ leaf: number; level: number; hash: Buffer }>(
        `select leaf, 0 as level, hash from ledger_leaf where leaf = any($1::bigint[])
         union all select n.leaf, n.level, n.hash from unnest($2::bigint[], $3::int[]) as w(leaf, level)
           join ledger_node n on n.leaf = w.leaf and n.level = w.level`,
        [
          wanted.filter(({ level }) => level === 0).map(lastLeaf),
          wanted.filter(({ level }) => level > 0).map(lastLeaf),
          wanted.filter(({ level }) => level > 0).map(({ level }) => level),
        ],
      )
      const hashes = new Map(found.rows.map((row) => [`${row.level}/${row.leaf}`, row.hash]))
      return (node) => {
        const hash = hashes.get(`${node.level}/${lastLeaf(node)}`)
        if (hash === undefined)
          throw new Error(`the ledger's log lacks the node on level ${node.level} that ends at leaf ${lastLeaf(node)}`)
        return hash
      }
    },
    /** Leaves and what they complete; their entries are pending no more. */
    async append(leaves: readonly Leaf[], nodes: readonly KeptNode[]): Promise<void> {
      await sql.query(
        `insert into ledger_leaf (leaf, seq, hash) select leaf, seq, ${nth('$3')} from unnest($1::bigint[], $2::bigint[]) with ordinality as k(leaf, seq, n)`,
        [leaves.map(({ leaf }) => leaf), leaves.map(({ seq }) => seq), Buffer.concat(leaves.map(({ hash }) => hash))],
      )
      await sql.query(
        `insert into ledger_node (leaf, level, hash) select leaf, level, ${nth('$3')} from unnest($1::bigint[], $2::smallint[]) with ordinality as k(leaf, level, n)`,
        [nodes.map(({ leaf }) => leaf), nodes.map(({ level }) => level), Buffer.concat(nodes.map(({ hash }) => hash))],
      )
      await sql.query('delete from ledger_pending where seq = any($1::bigint[])', [leaves.map(({ seq }) => seq)])
    },
    /** Where an entry was sealed; undefined when it is not sealed yet, or not there. */
    async leafOf(id: string): Promise<{ leaf: number; hash: Hash } | undefined> {
      const found = await sql.query<{ leaf: number; hash: Buffer }>(
        'select f.leaf, f.hash from ledger l join ledger_leaf f on f.seq = l.seq where l.id = $1',
        [id],
      )
      return found.rows[0]
    },

    /** The key that signs now; undefined before the first. */
    async signingKey(): Promise<SigningLogKey | undefined> {
      const found = await sql.query<StoredKey>('select * from ledger_key where private_key is not null order by generation desc limit 1')
      const [row] = found.rows
      return row === undefined ? undefined : { ...keyOf(row), privateKey: row.private_key ?? '' }
    },
    /** Every key that ever signed, oldest first. */
    async keys(): Promise<readonly LogKey[]> {
      return (await sql.query<StoredKey>('select * from ledger_key order by generation')).rows.map(keyOf)
    },
    /** A new key signs from now on; the one before forgets its private half. */
    async addKey(key: SigningLogKey): Promise<void> {
      await sql.query('update ledger_key set private_key = null, until_ms = $1 where private_key is not null', [key.sinceMs])
      await sql.query(
        'insert into ledger_key (generation, id, origin, public_key, private_key, since_ms) values ($1, $2, $3, $4, $5, $6)',
        [key.generation, key.id, key.origin, key.publicKey.toString('base64'), key.privateKey, key.sinceMs],
      )
    },

    async addCheckpoint({ size, root, atMs, keyId, signature }: StoredCheckpoint): Promise<void> {
      await sql.query(
        `insert into ledger_checkpoint (size, root, at_ms, key, signature) values ($1, decode($2, 'hex'), $3, $4, decode($5, 'hex'))`,
        [size, root.toString('hex'), atMs, keyId, signature.toString('hex')],
      )
    },
    async newestCheckpoint(): Promise<StoredCheckpoint | undefined> {
      const found = await sql.query<CheckpointRow>(`${selectCheckpoint} order by size desc limit 1`)
      return found.rows.map(checkpointOf)[0]
    },
    /** Checkpoints over more than `from` leaves and at most `until`, smallest first. */
    async checkpoints(from: number, until: number): Promise<readonly StoredCheckpoint[]> {
      const found = await sql.query<CheckpointRow>(`${selectCheckpoint} where size > $1 and size <= $2 order by size`, [from, until])
      return found.rows.map(checkpointOf)
    },
  }
}

interface CheckpointRow extends Record<string, unknown> {
  size: number
  root: Buffer
  at_ms: number
  key: string
  signature: Buffer
}

const selectCheckpoint = 'select size, root, at_ms, key, signature from ledger_checkpoint'

function checkpointOf(row: CheckpointRow): StoredCheckpoint {
  return { size: row.size, root: row.root, atMs: row.at_ms, keyId: row.key, signature: row.signature }
}

function keyOf(row: StoredKey): LogKey {
  return {
    generation: row.generation,
    id: row.id,
    origin: row.origin,
    publicKey: Buffer.from(row.public_key, 'base64'),
    sinceMs: row.since_ms,
    untilMs: row.until_ms ?? undefined,
  }
}
