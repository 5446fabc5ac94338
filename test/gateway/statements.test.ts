/**
 * How often one request asks the database: what a round trip costs is paid by every request. Begin and commit are not counted; the check of
 * the token and the ledger's entry are, although under load one statement of each serves many requests.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import type { Reply } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { condition, feed, openEncounter, patient, personId, writeConsent } from './records.ts'

const asked: string[] = []
// oxlint-disable-next-line typescript/unbound-method -- applied to the client it is called on
const { query } = pg.Client.prototype
beforeAll(() => {
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [what] = given
    const text = typeof what === 'object' && what !== null && 'text' in what ? what.text : what
    asked.push(String(text).replaceAll(/\s+/g, ' ').trim())
    return Reflect.apply(query, this, given)
    // the type is what it replaces, whose many signatures it passes on as they come
  } as typeof query
})
afterAll(() => {
  pg.Client.prototype.query = query
})

/** The loops of the gateway itself ask while nobody does; transactions are theirs as often as the request's. */
const isBackground = (text: string): boolean =>
  /^(begin|commit|set |select pg_|select [^(]*from (parcel|due|message|ledger_|oidc|export_job|subscription)|with \w+ as \((select|update) [^(]*parcel|update (parcel|subscription|export_job)|delete from|insert into ledger_)/.test(
    text,
  ) || /ledger_(leaf|node|checkpoint|key)|skip locked|from ledger_pending/.test(text)

eachGateway('requests to the database', { isSameOnBoth: true }, (gateway) => {
  let person = ''
  let record = ''
  beforeAll(async () => {
    const told = ['r-1', 'r-2', 'r-3'].map((id) => condition(id, 'C-0001', 'I10'))
    await feed(gateway(), 'clinic', [patient('clinic', 1), ...told])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
    person = await personId(gateway(), 1)
    await writeConsent(gateway(), 1)
    const found = await gateway().as('tertiary-doctor').get(`Condition?patient=${person}`)
    record = found.body.entry?.[0]?.resource?.id ?? ''
  })
  const fresh = () => ({ ...condition('unused', 'C-0001', 'I10'), id: undefined })
  const transaction = (count: number) => ({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: Array.from({ length: count }, () => ({ resource: fresh(), request: { method: 'POST', url: 'Condition' } })),
  })
  const batchOf = (count: number) => ({
    resourceType: 'Bundle',
    type: 'batch',
    entry: Array.from({ length: count }, () => ({ request: { method: 'GET', url: `Patient/${person}` } })),
  })
  const doctor = () => gateway().as('tertiary-doctor')
  const system = () => gateway().as('clinic-system')
  const rows: readonly { name: string; most: number; ask: () => Promise<Reply> }[] = [
    { name: "a read of one's own", most: 3, ask: () => system().get('Condition/r-1') },
    { name: "a search of one's own", most: 4, ask: () => system().get('Condition?code=I10') },
    { name: 'a create', most: 5, ask: () => system().post('Condition', fresh()) },
    { name: 'an update', most: 5, ask: () => system().put('Condition/r-2', condition('r-2', 'C-0001', 'I10')) },
    { name: 'a transaction of 100', most: 6, ask: () => system().post('', transaction(100)) },
    { name: 'a read under consent', most: 4, ask: () => doctor().get(`Condition/${record}`) },
    { name: 'a person under consent', most: 3, ask: () => doctor().get(`Patient/${person}`) },
    { name: 'a batch of 20 persons under consent', most: 4, ask: () => doctor().post('', batchOf(20)) },
    { name: 'a search under consent', most: 10, ask: () => doctor().get(`Condition?patient=${person}`) },
    { name: 'everything under consent', most: 9, ask: () => doctor().get(`Patient/${person}/$everything`) },
  ]
  test('are few, and no more for many records than for one', async () => {
    const counts: Record<string, number> = {}
    for (const { name, ask } of rows) {
      // the first of each looks up what later ones remember: keys that sign, live institutions
      await ask()
      asked.length = 0
      const { status } = await ask()
      const texts = asked.filter((text) => !isBackground(text))
      counts[name] = texts.length
      if (process.env['SHOW'] === name) console.log(texts.map((text) => text.slice(0, 200)).join('\n'))
      expect([name, status < 300]).toEqual([name, true])
    }
    expect(rows.filter(({ name, most }) => (counts[name] ?? 0) > most).map(({ name }) => `${name}: ${counts[name]}`)).toEqual([])
    if (process.env['SHOW'] !== undefined) console.log(counts)
  })
})
