/**
 * `carenet audit verify`: is the ledger what was sealed? Opens the database itself and changes nothing. One line per finding, naming the entry
 * and never what it says; true only when there is none. What is committed and not sealed yet is named as well, and is no fault.
 */
import { readFile } from 'node:fs/promises'
import type { Config } from '../gateway/config.ts'
import { rotateLogKey } from '../gateway/seal.ts'
import { ledgerRows } from '../gateway/store/ledger-rows.ts'
import { verifyLedger, type LedgerReport } from '../gateway/store/ledger-verify.ts'
import { openDatabase, type Database } from '../gateway/store/pool.ts'
import { createStore } from '../gateway/store/store.ts'
import { embeddedHolder, operatorConfig, requireThere, type OperatorOptions } from './operator.ts'

export interface AuditOptions extends OperatorOptions {
  /** a file with a checkpoint that was kept elsewhere */
  readonly checkpoint?: string | undefined
}

/** Prints what it finds; resolves to true when the ledger is what was sealed. Throws when the database or the files cannot be read. */
export async function auditVerify(options: AuditOptions): Promise<boolean> {
  const { checkpoint, print } = options
  const config = await operatorConfig(options)
  requireReachable(
    config,
    'verify again (on PostgreSQL it may run on); while it runs, one entry is proven by ' +
      'GET AuditEvent/{id}/$inclusion-proof and the log by GET /audit/checkpoint',
  )
  const trusted = checkpoint === undefined ? undefined : await readFile(checkpoint, 'utf8')
  const database = await openDatabase(config)
  try {
    await requireLog(database)
    const report = await verifyLedger(database, trusted)
    for (const line of linesOf(report, trusted !== undefined)) print(line)
    return report.findings.length === 0
  } finally {
    await database.close()
  }
}

/** An embedded database belongs to one process; and opening one that is not there would make it. */
function requireReachable(config: Config, then: string): void {
  const holder = embeddedHolder(config)
  if (holder !== undefined) throw new Error(`the embedded database is in use by process ${holder.pid}: stop that gateway and ${then}`)
  requireThere(config)
}

/**
 * `carenet audit rotate-key`: the old key's private half is forgotten at once, its public half stays at `/audit/keys`, and a gateway on the
 * same server signs with the new one from its next checkpoint on. Throws when the database cannot be used.
 */
export async function auditRotateKey(options: OperatorOptions): Promise<void> {
  const config = await operatorConfig(options)
  requireReachable(config, 'rotate again (on PostgreSQL it may run on)')
  const database = await openDatabase(config)
  try {
    await requireLog(database)
    const now = (): Date => new Date(Date.now() + config.clockOffsetMs)
    const id = await rotateLogKey({ store: createStore(database), now })
    options.print(`ok    key ${id} signs from the next checkpoint on`)
  } finally {
    await database.close()
  }
}

async function requireLog(database: Database): Promise<void> {
  if (!(await ledgerRows(database.sql).hasLog()))
    throw new Error('this database has no log yet: start the gateway once, it brings the schema up to date')
}

function linesOf(report: LedgerReport, isTrusted: boolean): readonly string[] {
  const { entries, leaves, checkpoints, keys, unsealed, newest, expired, findings } = report
  const head = `${count(entries, 'entry', 'entries')}, ${count(leaves, 'leaf', 'leaves')}, ${count(checkpoints, 'checkpoint', 'checkpoints')}, ${count(keys, 'key', 'keys')}`
  return [
    `${findings.length === 0 ? 'ok   ' : 'found'} ledger: ${head}`,
    ...(newest === undefined
      ? []
      : [
          `      newest checkpoint: size ${newest.size}, root ${newest.root.toString('base64')}, ${new Date(newest.atMs).toISOString()}, key ${newest.keyId}`,
        ]),
    ...(expired.count === 0
      ? []
      : [
          `      ${count(expired.count, 'entry', 'entries')} expired and were removed lawfully, the last on ${new Date(expired.lastAtMs ?? 0).toISOString()}`,
        ]),
    ...(unsealed === 0 ? [] : [`      unsealed tail: ${count(unsealed, 'entry is', 'entries are')} committed and not sealed yet`]),
    ...findings.map(({ kind, says }) => `fault ${kind}: ${says}`),
    ...(isTrusted && !findings.some(({ kind }) => kind === 'trusted' || kind === 'truncated')
      ? ['ok    the trusted checkpoint is a beginning of this log']
      : []),
    ...(isTrusted || findings.length > 0
      ? []
      : [
          '      keep a checkpoint elsewhere (GET /audit/checkpoint) and give it with --checkpoint: only that finds a history rewritten with its signatures',
        ]),
  ]
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
