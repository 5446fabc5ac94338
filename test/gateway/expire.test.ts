/** Retention: what is older than the law asks for goes, by an entry that says so; nothing else may go, and nobody can pass one off as the other. */
import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { readConfig } from '../../gateway/config-load.ts'
import type { Context } from '../../gateway/context.ts'
import { expireNext } from '../../gateway/expire.ts'
import { ledgerEntry, whoIsNetwork } from '../../gateway/ledger-entry.ts'
import {
  dayMs,
  expiryKind,
  expiryNote,
  legalRetentionDays,
  readExpiry,
  unlawful,
  type ExpiryClaim,
} from '../../gateway/logic/ledger-expiry.ts'
import { newestCheckpoint } from '../../gateway/ledger-proof.ts'
import { sealAll } from '../../gateway/seal.ts'
import { verifyLedger } from '../../gateway/store/ledger-verify.ts'
import type { Database } from '../../gateway/store/pool.ts'
import { eachDatabase, hasPostgres, unopenedDatabase } from '../support/databases.ts'
import { gatewaySetup } from '../support/gateway-client.ts'
import { startGatewayOn } from '../support/gateway.ts'
import { enginesAtThisScale } from '../support/proof.ts'
import { emptyLedger, logContext, write, type Clock } from './log.ts'

const day = (days: number): number => days * dayMs
const start = Date.parse('2026-03-01T00:00:00Z')

eachDatabase('retention of the ledger', (open) => {
  let database: Database
  let context: Context
  const clock: Clock = { nowMs: start }
  beforeAll(async () => {
    database = await open()
    context = logContext(database, clock)
  })
  /** 21 entries: 8 on the first day, 8 a hundred days later, 5 after three hundred days */
  beforeEach(async () => {
    await emptyLedger(database)
    for (const [at, count] of [
      [0, 8],
      [100, 8],
      [300, 5],
    ] as const) {
      clock.nowMs = start + day(at)
      await write(context, count)
      await sealAll(context)
    }
  })
  const seqs = async (): Promise<readonly number[]> =>
    (await database.sql.query<{ seq: number }>('select seq from ledger order by seq')).rows.map(({ seq }) => seq)
  const kinds = async () => (await verifyLedger(database)).findings.map(({ kind }) => kind)
  /** An entry that tells of a removal, as whoever can make the gateway write one would. */
  const tell = async (note: string): Promise<void> => {
    const act = { action: 'D', interaction: expiryKind, outcome: 'success', persons: [], entities: [], consents: [], note } as const
    await context.store.ledger.append([ledgerEntry(context, whoIsNetwork, { requestId: '', query: '' }, act)])
    await sealAll(context)
  }

  test('nothing goes before its time, and on the day what was sealed 731 days ago goes and nothing else', async () => {
    clock.nowMs = start + day(legalRetentionDays) - 1
    expect(await expireNext(context)).toBe(0)
    clock.nowMs += 1
    expect(await expireNext(context)).toBe(8)
    expect(await expireNext(context)).toBe(0)
    expect((await seqs())[0]).toBe(9)
    const report = await verifyLedger(database)
    expect(report).toMatchObject({ entries: 14, leaves: 22, expired: { count: 8, lastAtMs: clock.nowMs }, unsealed: 0, findings: [] })
  })

  test('the next removal goes on from there, and every checkpoint of before is still a beginning of the log', async () => {
    const kept = (await newestCheckpoint(context.store))?.note
    clock.nowMs = start + day(legalRetentionDays + 50)
    expect(await expireNext(context)).toBe(8)
    clock.nowMs = start + day(legalRetentionDays + 150)
    expect(await expireNext(context)).toBe(8)
    // the entry that told of the first removal is no exception when its own time has come
    clock.nowMs = start + day(2 * legalRetentionDays + 60)
    expect(await expireNext(context)).toBe(6)
    const report = await verifyLedger(database, kept)
    expect(report).toMatchObject({ entries: 2, leaves: 24, expired: { count: 22 }, findings: [] })
    expect(report.keys).toBeGreaterThan(1)
  })

  test('one row more removed by hand is found, whether before, between or after lawful removals', async () => {
    clock.nowMs = start + day(legalRetentionDays)
    await expireNext(context)
    await database.sql.query('delete from ledger where seq = 9')
    expect((await verifyLedger(database)).findings).toEqual([{ kind: 'deleted', seq: 9, says: 'the entry of seq 9 (leaf 8) was removed' }])
    // and a later removal does not cover it up
    clock.nowMs = start + day(legalRetentionDays + 100)
    await expect(expireNext(context)).rejects.toThrow(/leaves 8 to 15 is not what was sealed: nothing is removed/)
    expect(await kinds()).toEqual(['deleted'])
  })

  test('an entry that was changed is not removed with the others', async () => {
    await database.sql.query(`update ledger set body = replace(body, 'person-1', 'person-3') where seq = 3`)
    clock.nowMs = start + day(legalRetentionDays)
    await expect(expireNext(context)).rejects.toThrow(/is not what was sealed/)
    expect(await seqs()).toHaveLength(21)
  })

  test('a removal without the entry that tells of it is no expiry, and with a young or false one neither', async () => {
    const told = (until: number, cutoffMs: number): string => expiryNote({ from: 0, until, cutoffMs })
    clock.nowMs = start + day(legalRetentionDays + 1)
    await database.sql.query('delete from ledger where seq <= 8')
    expect(new Set(await kinds())).toEqual(new Set(['deleted']))
    // one that says the entries were older than their checkpoint
    await tell(told(16, start + day(1)))
    expect(new Set(await kinds())).toEqual(new Set(['deleted', 'expiry']))
    // one of tomorrow, so that the time fits
    await tell(told(16, start + day(100)))
    expect((await kinds()).filter((kind) => kind === 'expiry')).toHaveLength(2)
    // one between two checkpoints
    await tell(told(5, start + day(1)))
    expect((await kinds()).filter((kind) => kind === 'expiry')).toHaveLength(3)
    expect((await kinds()).filter((kind) => kind === 'deleted')).toHaveLength(8)
  })

  test('an entry that tells of a removal and was changed afterwards clears nobody', async () => {
    clock.nowMs = start + day(legalRetentionDays)
    await expireNext(context)
    await database.sql.query(`delete from ledger where seq = 9`)
    await database.sql.query(`update ledger set body = replace(body, 'leaves 0 to 7', 'leaves 0 to 8') where kind = 'ledger-expiry'`)
    const found = await kinds()
    expect(found).toContain('changed')
    expect(found.filter((kind) => kind === 'deleted')).toHaveLength(9)
  })
})

describe('the entry that tells of a removal', () => {
  const claim: ExpiryClaim = { from: 0, until: 8, cutoffMs: 5, atMs: 5 + day(731), leaf: 20, untilSealedMs: 5, toldSealedMs: 5 + day(731) }

  test.each<readonly [why: string, change: Partial<ExpiryClaim>]>([
    ['it names a range that it cannot know', { until: 21 }],
    ['it names a range that it cannot know', { from: 8 }],
    ['no checkpoint ends at size 8', { untilSealedMs: undefined }],
    ['the checkpoint over the removed entries is younger than it says', { untilSealedMs: 6 }],
    ['it was sealed before the time it states', { toldSealedMs: 4 + day(731) }],
    ['it was sealed before the time it states', { toldSealedMs: undefined }],
    ['the entries were not 731 days old', { cutoffMs: 6 }],
  ])('is not lawful when %s', (why, change) => {
    expect(unlawful(claim)).toBeUndefined()
    expect(unlawful({ ...claim, ...change })).toBe(why)
  })

  test('is read back as it was written, and no other entry is taken for one', () => {
    const context = { config: { publicUrl: 'http://localhost' }, now: () => new Date(start), newId: () => 'x' }
    const body = (interaction: string, note: string): string => {
      const { head, rest } = ledgerEntry(
        // an entry reads no more of a context than this
        context as unknown as Context,
        whoIsNetwork,
        { requestId: '', query: '' },
        { action: 'D', interaction, outcome: 'success', persons: [], entities: [], consents: [], note },
      )
      return head + rest
    }
    const expiry = { from: 3, until: 9, cutoffMs: start - day(731) }
    expect(readExpiry(body(expiryKind, expiryNote(expiry)))).toEqual({ ...expiry, atMs: start })
    for (const other of [body('delete', expiryNote(expiry)), body(expiryKind, `${expiryNote(expiry)} `), body(expiryKind, ''), '{}', ''])
      expect(readExpiry(other)).toBeUndefined()
  })
})

describe('ledger.retentionDays', () => {
  test('shorter than the law asks for stops the start', () => {
    const content = { implicitPolicy: 'deny', institutions: [], ledger: { retentionDays: 730 } }
    expect(readConfig({}, content, new Date())).toEqual({ faults: ['`ledger.retentionDays` must be >= 731'] })
    expect(readConfig({}, { ...content, ledger: {} }, new Date())).toMatchObject({ ok: { ledger: { retentionDays: 731 } } })
  })
})

describe('a gateway that starts after the time is over', () => {
  test('removes the old entries by itself, and answers for one as for an entry that never was', async () => {
    const [setup, made] = [await gatewaySetup(), await unopenedDatabase(enginesAtThisScale(hasPostgres)[0] ?? 'PGlite')]
    const before = await startGatewayOn(setup, made.source, { CARENET_NOW: '2023-01-01T09:00:00+09:00' })
    await before.as('auditor').get('AuditEvent/none')
    const listed = await before.as('auditor').get('AuditEvent')
    const id = listed.body.entry?.[0]?.resource?.id ?? ''
    expect((await before.as('auditor').get(`AuditEvent/${id}`)).status).toBe(200)
    await before.stop()
    const after = await startGatewayOn(setup, made.source)
    while ((await after.context.store.ledger.find({ id, limit: 1, offset: 0 })).total > 0) await new Promise((done) => setTimeout(done, 50))
    const random = randomUUID()
    for (const path of ['', '/$inclusion-proof']) {
      const [expired, unknown] = [
        await after.as('auditor').get(`AuditEvent/${id}${path}`),
        await after.as('auditor').get(`AuditEvent/${random}${path}`),
      ]
      expect([expired.status, expired.text.replaceAll(id, random)]).toEqual([404, unknown.text])
    }
    const kinds = (await after.as('auditor').get('AuditEvent?_count=200')).body.entry?.map(({ resource }) =>
      JSON.stringify(resource?.['subtype']),
    )
    expect(kinds?.filter((kind) => kind.includes(expiryKind))).toHaveLength(1)
    await after.stop()
    await made.remove()
  })
})
