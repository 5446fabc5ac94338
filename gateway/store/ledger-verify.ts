/**
 * Is the ledger what was sealed? Every leaf is hashed again from its stored entry, the tree is grown again from its leaves, and every
 * checkpoint must be signed by a published key and fit the tree at its size; so every checkpoint is consistent with every later one. Reads
 * one snapshot in chunks and changes nothing. Findings name entries by seq and id, never by what they say.
 */
import type { Hash } from '../logic/chain.ts'
import { isSigned, readNote } from '../logic/checkpoint.ts'
import { lawfulExpiry } from './ledger-expiry.ts'
import { ledgerLog, type LogKey, type StoredCheckpoint } from './ledger-log.ts'
import { ledgerRows } from './ledger-rows.ts'
import { checkSignature, lostAndMoved, rootFindings, startWalk, visitChunk, type Finding } from './ledger-walk.ts'
import type { Database, Sql } from './pool.ts'

export interface LedgerReport {
  /** entries in the ledger, sealed or not */
  readonly entries: number
  readonly leaves: number
  readonly checkpoints: number
  readonly keys: number
  /** entries that are committed and wait for the sealer */
  readonly unsealed: number
  readonly newest: StoredCheckpoint | undefined
  /** entries whose retention was over, removed as an entry of the ledger tells */
  readonly expired: { readonly count: number; readonly lastAtMs: number | undefined }
  /** empty = the ledger is what was sealed */
  readonly findings: readonly Finding[]
}

const chunk = 500
/** A ledger that was replaced as a whole would otherwise print itself. */
const maxFindings = 1000

/** `trusted`: a checkpoint note that was kept elsewhere; it finds a history that was rewritten and signed anew. */
export async function verifyLedger(database: Database, trusted?: string): Promise<LedgerReport> {
  return database.transaction((tx) => verifySnapshot(tx, trusted), { isolation: 'repeatable read', readOnly: true })
}

async function verifySnapshot(sql: Sql, trusted: string | undefined): Promise<LedgerReport> {
  // years of entries are counted and compared in single statements
  await sql.query('set local statement_timeout = 0')
  const log = ledgerLog(sql)
  const rows = ledgerRows(sql)
  const [keys, counts, newest] = [await log.keys(), await rows.counts(), await log.newestCheckpoint()]
  const witness = witnessOf(trusted, keys)
  const expiry = await lawfulExpiry(sql)
  const walk = startWalk(keys, witness.checkpoint, expiry.until)
  for (let from = 0; from < counts.leaves; from += chunk) {
    const until = Math.min(from + chunk, counts.leaves)
    const nodes = await rows.nodesIn(from, until)
    const checkpoints = await log.checkpoints(from, until)
    visitChunk(walk, { from, until, rows: await rows.sealed(from, until), nodes, checkpoints })
  }
  const beyond = await log.checkpoints(counts.leaves, Number.MAX_SAFE_INTEGER)
  for (const checkpoint of beyond) checkSignature(walk, checkpoint)
  const findings = [
    ...lostAndMoved(walk, counts.leaves),
    ...expiry.findings,
    ...walk.findings,
    ...rootFindings(walk),
    ...edge(counts.leaves, newest, witness.checkpoint),
    ...witness.findings,
    ...(await rows.uninvited(maxFindings)).map(({ seq, id }): Finding => {
      return {
        kind: 'inserted',
        seq,
        says: `entry ${id} (seq ${seq}) was put in past the gateway, or taken from the sealer's queue: it is neither sealed nor waiting to be`,
      }
    }),
    ...(await rows.lostPending(maxFindings)).map((seq): Finding => {
      return { kind: 'deleted', seq, says: `the entry of seq ${seq} was removed before it was sealed` }
    }),
  ].slice(0, maxFindings)
  const { entries, leaves, unsealed } = counts
  const expired = { count: walk.expired, lastAtMs: expiry.atMs }
  return { entries, leaves, checkpoints: walk.checkpoints + beyond.length, keys: keys.length, unsealed, newest, expired, findings }
}

/** Does the log end where its newest checkpoint, and the trusted one, say? */
function edge(leaves: number, newest: StoredCheckpoint | undefined, witness: { readonly size: number } | undefined): readonly Finding[] {
  const size = newest?.size ?? 0
  const cut = (claim: string): Finding => ({ kind: 'truncated', says: `the end of the log was cut off: ${claim}, ${leaves} are there` })
  return [
    ...(size > leaves ? [cut(`the newest checkpoint counts ${size} entries`)] : []),
    ...(size < leaves ? [{ kind: 'uncovered' as const, says: `leaves ${size} to ${leaves - 1} are in no checkpoint` }] : []),
    ...(witness !== undefined && witness.size > leaves ? [cut(`the trusted checkpoint counts ${witness.size} entries`)] : []),
  ]
}

interface Witness {
  readonly checkpoint: { readonly size: number; readonly root: Hash } | undefined
  readonly findings: readonly Finding[]
}

/** A kept note must be of this log and signed by one of its keys; a log that was made anew has others. */
function witnessOf(note: string | undefined, keys: readonly LogKey[]): Witness {
  if (note === undefined) return { checkpoint: undefined, findings: [] }
  const read = readNote(note)
  if (read === undefined) return { checkpoint: undefined, findings: [{ kind: 'trusted', says: 'the trusted file is not a checkpoint' }] }
  const isOurs = read.signatures.some(({ keyId, name, signature }) =>
    keys.some(
      (key) => key.id === keyId && key.origin === name && name === read.checkpoint.origin && isSigned(read.text, signature, key.publicKey),
    ),
  )
  const says = 'the trusted checkpoint is not signed by a key of this log: it is of another log, or the keys were replaced'
  return { checkpoint: read.checkpoint, findings: isOurs ? [] : [{ kind: 'trusted', says }] }
}
