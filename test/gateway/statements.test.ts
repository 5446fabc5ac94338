/** How often one request asks the database: what a round trip costs is paid by every request. */
import { beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { eachGateway } from '../support/gateway.ts'
import { condition, feed, openEncounter, patient, personId, writeConsent } from './records.ts'

const asked: string[] = []
const original = pg.Client.prototype.query
pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
  const [what] = given
  const text = typeof what === 'string' ? what : typeof what === 'object' && what !== null && 'text' in what ? String(what.text) : ''
  asked.push(text.replaceAll(/\s+/g, ' ').trim())
  return Reflect.apply(original, this, given)
} as typeof original

/** Loops of the gateway's own, which ask while nobody does. */
const isBackground = (text: string): boolean =>
  /^(select .* from parcel|with .*parcel|update parcel|select .*from due|delete from due|select pg_|with .*for update skip locked|select .*ledger_(leaf|pending|checkpoint|node|key)|delete from (message|oidc|sign_in)|set |insert into ledger_(leaf|node|checkpoint)|delete from ledger_pending)/.test(text)

eachGateway('statements', {}, (gateway) => {
  let person = ''
  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), ...['r-1', 'r-2', 'r-3'].map((id) => condition(id, 'C-0001', 'I10'))])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
    person = await personId(gateway(), 1)
    await writeConsent(gateway(), 1)
  })
  const during = async (name: string, work: () => Promise<{ status: number }>): Promise<readonly string[]> => {
    await work()
    asked.length = 0
    const { status } = await work()
    const texts = asked.filter((text) => !isBackground(text))
    console.log(name, status, texts.length, process.env['SHOW'] === name ? texts.map((t) => t.slice(0, 230)).join('\n') : '')
    return texts
  }
  test('count', async () => {
    const doctor = gateway().as('tertiary-doctor')
    const system = gateway().as('clinic-system')
    const found = await doctor.get(`Condition?patient=${person}`)
    const id = found.body.entry?.[0]?.resource?.id ?? ''
    const bundle = (n: number) => ({ resourceType: 'Bundle', type: 'transaction', entry: Array.from({ length: n }, (_, at) => ({ fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(at).padStart(12, '0')}`, resource: { ...condition('x', 'C-0001', 'I10'), id: undefined }, request: { method: 'POST', url: 'Condition' } })) })
    await during('own read', () => system.get('Condition/r-1'))
    await during('own search', () => system.get('Condition?code=I10'))
    await during('own create', () => system.post('Condition', { ...condition('x', 'C-0001', 'I10'), id: undefined }))
    await during('own update', () => system.put('Condition/r-2', condition('r-2', 'C-0001', 'I10')))
    await during('own create patient', () => system.post('Patient', { resourceType: 'Patient', birthDate: '1970-01-01', name: [{ text: 'x' }] }))
    await during('own transaction', () => system.post('', bundle(100)))
    await during('read', () => doctor.get(`Condition/${id}`))
    await during('search', () => doctor.get(`Condition?patient=${person}`))
    await during('person', () => doctor.get(`Patient/${person}`))
    await during('everything', () => doctor.get(`Patient/${person}/$everything`))
    await during('batch', () => doctor.post('', { resourceType: 'Bundle', type: 'batch', entry: Array.from({ length: 20 }, () => ({ request: { method: 'GET', url: `Condition/${id}` } })) }))
    expect(true).toBe(true)
  })
})
