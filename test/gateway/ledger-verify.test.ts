/** What an attacker with the whole database in hand can do to the ledger, one kind at a time, and what `audit verify` says of each. */
import canonicalize from 'canonicalize'
import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Context } from '../../gateway/context.ts'
import { newestCheckpoint } from '../../gateway/ledger-proof.ts'
import { leafHash } from '../../gateway/logic/chain.ts'
import { ledgerColumns } from '../../gateway/logic/ledger-columns.ts'
import { sealAll } from '../../gateway/seal.ts'
import { verifyLedger, type LedgerReport } from '../../gateway/store/ledger-verify.ts'
import type { Database } from '../../gateway/store/pool.ts'
import { eachDatabase } from '../support/databases.ts'
import { emptyLedger, entries, logContext, write } from './log.ts'

interface Forgery {
  readonly title: string
  /** statements, run one after another on 21 sealed entries (seq 1 to 21, leaf 0 to 20) under three checkpoints (8, 16, 21) */
  readonly sql: readonly string[]
  readonly finds: readonly (readonly [kind: string, says: RegExp])[]
}

const changeBody = (seq: number): string => `update ledger set body = replace(body, 'condition-', 'kondition-') where seq = ${seq}`

const rehashLeaf = (seq: number): string =>
  `update ledger_leaf f set hash = sha256('\\x00'::bytea || convert_to(l.body, 'UTF8')) from ledger l where l.seq = f.seq and f.seq = ${seq}`

const columns = 'id, at_ms, persons, institution, kind, body'

const forgeries: readonly Forgery[] = [
  {
    title: 'one bit of one entry flipped',
    sql: [`update ledger set body = overlay(body placing '1' from position('"outcome":"0"' in body) + 11 for 1) where seq = 7`],
    finds: [['changed', /\(seq 7, leaf 6\) is not what was sealed/]],
  },
  { title: 'an entry changed together with its own hash', sql: [changeBody(7)], finds: [['changed', /\(seq 7, leaf 6\)/]] },
  {
    title: 'an entry changed together with its leaf',
    sql: [changeBody(7), rehashLeaf(7)],
    finds: [
      ['tree', /over the leaves 6 to 7/],
      ['checkpoint', /size 8 does not fit the log, nor do 2 later ones: the cause lies between leaf 0 and leaf 7/],
    ],
  },
  {
    title: 'the last entry changed together with its leaf, which no node covers yet',
    sql: [changeBody(21), rehashLeaf(21)],
    finds: [['checkpoint', /size 21 does not fit the log: the cause lies between leaf 16 and leaf 20/]],
  },
  { title: 'an entry removed', sql: ['delete from ledger where seq = 9'], finds: [['deleted', /of seq 9 \(leaf 8\) was removed/]] },
  {
    title: 'an entry removed together with its leaf',
    sql: ['delete from ledger where seq = 9', 'delete from ledger_leaf where seq = 9'],
    finds: [
      ['leaf', /leaf 8 is missing/],
      ['checkpoint', /size 16 does not fit the log, nor do 1 later ones: the cause lies between leaf 8 and leaf 15/],
    ],
  },
  {
    title: 'an entry removed and all that follow moved up to hide it',
    sql: [
      'delete from ledger where seq = 19',
      'delete from ledger_leaf where seq = 19',
      'update ledger_leaf set leaf = leaf - 1 where leaf = 19',
      'update ledger_leaf set leaf = leaf - 1 where leaf = 20',
    ],
    finds: [
      ['tree', /over the leaves 18 to 19/],
      ['truncated', /the newest checkpoint counts 21 entries, 20 are there/],
    ],
  },
  {
    title: 'an entry put in the place of another, which was moved away',
    sql: [
      `with gone as (delete from ledger where seq = 5 returning *)
         insert into ledger (seq, ${columns}) overriding system value select 905, ${columns} from gone`,
      `insert into ledger (seq, ${columns}) overriding system value
         select 5, 'forged', at_ms, persons, institution, kind, replace(body, id, 'forged') from ledger where seq = 6`,
    ],
    finds: [
      ['changed', /entry forged \(seq 5, leaf 4\) is not what was sealed/],
      ['inserted', /\(seq 905\)/],
    ],
  },
  {
    title: 'an entry added at the end, past the gateway',
    sql: [
      `insert into ledger (id, at_ms, persons, institution, kind, body)
         select 'forged', at_ms, persons, institution, kind, replace(body, id, 'forged') from ledger where seq = 6`,
    ],
    finds: [['inserted', /entry forged \(seq \d+\)/]],
  },
  {
    title: 'two entries exchanged',
    sql: [
      `with gone as (delete from ledger where seq in (3, 12) returning *)
         insert into ledger (seq, ${columns}) overriding system value select 15 - seq, ${columns} from gone order by seq`,
    ],
    finds: [
      ['moved', /\(seq 3, leaf 2\) stands where another was sealed: it was sealed as leaf 11/],
      ['moved', /\(seq 12, leaf 11\) stands where another was sealed: it was sealed as leaf 2/],
    ],
  },
  {
    title: 'two leaves exchanged with their entries',
    sql: [
      'update ledger_leaf set leaf = -1 where leaf = 2',
      'update ledger_leaf set leaf = 2 where leaf = 11',
      'update ledger_leaf set leaf = 11 where leaf = -1',
    ],
    finds: [
      ['tree', /over the leaves 2 to 3/],
      ['tree', /over the leaves 10 to 11/],
      ['checkpoint', /size 8 does not fit the log/],
    ],
  },
  {
    title: 'the end of the ledger cut off',
    sql: ['delete from ledger where seq > 18'],
    finds: [['truncated', /3 sealed entries, seq 19 to 21, were removed/]],
  },
  {
    title: 'the end of ledger and log cut off',
    sql: ['delete from ledger where seq > 18', 'delete from ledger_leaf where leaf >= 18', 'delete from ledger_node where leaf >= 18'],
    finds: [['truncated', /the newest checkpoint counts 21 entries, 18 are there/]],
  },
  {
    title: 'an entry filed under another person, so that the patient does not find it',
    sql: [`update ledger set persons = array['person-9'] where seq = 4`],
    finds: [['column', /\(seq 4, leaf 3\) is filed wrongly: persons differ/]],
  },
  {
    title: 'an entry filed under another time, institution and kind',
    sql: [`update ledger set at_ms = at_ms - 1, institution = 'hospital', kind = 'feed' where seq = 4`],
    finds: [['column', /\(seq 4, leaf 3\) is filed wrongly: at_ms, institution, kind differ/]],
  },
  {
    title: 'an entry taken from the queue before it was sealed',
    sql: [
      "insert into ledger (id, at_ms, persons, institution, kind, body) select 'late', at_ms, persons, institution, kind, body from ledger where seq = 1",
    ],
    finds: [['inserted', /entry late/]],
  },
  {
    title: 'an entry removed before it was sealed',
    sql: ['insert into ledger_pending values (99)'],
    finds: [['deleted', /seq 99 was removed before it was sealed/]],
  },
  {
    title: 'a node of the tree changed',
    sql: ["update ledger_node set hash = decode(repeat('00', 32), 'hex') where leaf = 11 and level = 2"],
    finds: [['tree', /over the leaves 8 to 11/]],
  },
  {
    title: 'the time of a checkpoint changed',
    sql: ['update ledger_checkpoint set at_ms = at_ms + 1 where size = 16'],
    finds: [['signature', /size 16 is not signed/]],
  },
  {
    title: 'the newest checkpoint removed',
    sql: ['delete from ledger_checkpoint where size = 21'],
    finds: [['uncovered', /leaves 16 to 20 are in no checkpoint/]],
  },
]

eachDatabase('audit verify', (open) => {
  let database: Database
  let context: Context
  beforeAll(async () => {
    database = await open()
  })
  beforeEach(async () => {
    await emptyLedger(database)
    context = logContext(database)
    for (const count of [8, 8, 5]) {
      await write(context, count)
      await sealAll(context)
    }
  })
  const kindsOf = ({ findings }: LedgerReport): readonly string[] => findings.map(({ kind }) => kind)

  test('finds nothing in a ledger that nobody touched, and says how much it saw', async () => {
    expect(await verifyLedger(database)).toMatchObject({ entries: 21, leaves: 21, checkpoints: 3, keys: 1, unsealed: 0, findings: [] })
  })

  test.each(forgeries)('finds $title, and names the place', async ({ sql, finds }) => {
    for (const statement of sql) await database.sql.query(statement)
    const { findings } = await verifyLedger(database)
    for (const [kind, says] of finds) {
      expect(findings).toContainEqual(expect.objectContaining({ kind, says: expect.stringMatching(says) }))
    }
    // and what was not touched is not blamed
    const allowed = new Set([...finds.map(([kind]) => kind), 'checkpoint'])
    expect(findings.filter(({ kind }) => !allowed.has(kind))).toEqual([])
  })

  test('says of what it finds which entry, and nothing of what the entry says', async () => {
    await database.sql.query(changeBody(7))
    await database.sql.query("update ledger set persons = array['person-9'] where seq = 4")
    const text = JSON.stringify((await verifyLedger(database)).findings)
    expect(text).not.toMatch(/person-\d|condition-|consent-/)
  })

  /** All that the database can be made to say again, from entry 7 on: what whoever holds the database and its key can do. */
  async function rewriteHistory(): Promise<void> {
    await database.sql.query(changeBody(7))
    for (const table of ['ledger_checkpoint', 'ledger_node', 'ledger_leaf']) await database.sql.query(`delete from ${table}`)
    await database.sql.query('insert into ledger_pending select seq from ledger')
    await sealAll(context)
  }

  test('against a checkpoint kept elsewhere finds a history that was rewritten and signed anew; without one nobody could', async () => {
    const kept = (await newestCheckpoint(context.store))?.note
    await write(context, 4)
    await sealAll(context)
    expect((await verifyLedger(database, kept)).findings).toEqual([])
    await rewriteHistory()
    expect((await verifyLedger(database)).findings).toEqual([])
    const found = await verifyLedger(database, kept)
    expect(found.findings).toEqual([
      { kind: 'trusted', says: 'the first 21 entries are not those of the trusted checkpoint: history was rewritten' },
    ])
  })

  test('against a checkpoint kept elsewhere finds an end that was cut off with its checkpoints', async () => {
    const kept = (await newestCheckpoint(context.store))?.note
    for (const statement of [
      'delete from ledger where seq > 16',
      'delete from ledger_leaf where leaf >= 16',
      'delete from ledger_node where leaf >= 16',
      'delete from ledger_checkpoint where size > 16',
    ])
      await database.sql.query(statement)
    expect((await verifyLedger(database)).findings).toEqual([])
    expect(kindsOf(await verifyLedger(database, kept))).toEqual(['truncated'])
  })

  test('does not take a checkpoint of another log, a forged one, or a file that is none', async () => {
    const kept = (await newestCheckpoint(context.store))?.note ?? ''
    const { publicKey } = generateKeyPairSync('ed25519')
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')
    expect(kindsOf(await verifyLedger(database, 'hello'))).toEqual(['trusted'])
    expect(kindsOf(await verifyLedger(database, kept.replace('\n21\n', '\n20\n')))).toEqual(['trusted', 'trusted'])
    await database.sql.query('update ledger_key set public_key = $1', [raw])
    expect(new Set(kindsOf(await verifyLedger(database, kept)))).toEqual(new Set(['signature', 'trusted']))
  })

  test('reads a ledger of more than one chunk whole', async () => {
    await write(context, 1200)
    await sealAll(context)
    await database.sql.query('delete from ledger where seq in (510, 1001)')
    const { findings, leaves } = await verifyLedger(database)
    expect([leaves, findings.map(({ seq }) => seq)]).toEqual([1221, [510, 1001]])
  })
})

describe('what the columns of the ledger repeat of an entry', () => {
  test('is read back from its sealed bytes', async () => {
    const context = { config: { publicUrl: 'http://localhost' }, now: () => new Date(1_772_323_200_123), newId: () => 'entry-1' }
    for (const { head, rest, id, atMs, persons, institution, kind } of entries(context as unknown as Context, 6)) {
      const body = head + rest
      expect(body).toBe(canonicalize(JSON.parse(body)))
      expect(ledgerColumns(body)).toEqual({ id, atMs, persons, institution, kind })
      expect(leafHash(body)).toEqual(leafHash(Buffer.from(body)))
    }
  })

  test('is nothing for bytes that are no AuditEvent', () => {
    for (const body of ['', '{', '[]', 'null', '{"resourceType":"Patient"}']) expect(ledgerColumns(body)).toBeUndefined()
  })
})
