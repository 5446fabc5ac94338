/** A65: who acts for somebody else is asked at every request: age, relation, its end, a death. The token outlives them and opens nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import { enginesAtThisScale } from '../support/proof.ts'
import { hasPostgres } from '../support/databases.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { condition, feed, openEncounter, patient, personId, withdraw, writeConsent, type Elements } from './records.ts'

const canary = 'Zq7canary'
const told = (id: string, subject: string) => condition(id, subject, 'I10', { note: [{ text: canary }] })

describe.each(enginesAtThisScale(hasPostgres))('people who act for others, on %s', (engine) => {
  let running: TestGateway | undefined
  beforeAll(async () => {
    running = await startTestGateway(engine)
  })
  afterAll(async () => running?.close())
  const gateway = (): TestGateway => {
    if (running === undefined) throw new Error('the gateway has not started')
    return running
  }
  const guardian = () => gateway().as('guardian-5')
  const officer = () => gateway().as('privacy-officer')
  const relation = (person: string, kind: string, more: Elements = {}): Elements => ({
    resourceType: 'RelatedPerson',
    active: true,
    patient: { reference: `Patient/${person}` },
    identifier: [{ system: system.subject, value: 'guardian-5' }],
    relationship: [{ coding: [{ system: system.roleCode, code: kind }] }],
    ...more,
  })
  const child = (birthDate: string, more: Elements = {}) => feed(gateway(), 'clinic', [patient('clinic', 5, { birthDate, ...more })])
  const bare = ({ text, status }: Reply) => ({
    status,
    text: text
      .replaceAll(/_page=[\w.-]+/g, '_page=P')
      .replaceAll(/[0-9a-f-]{36}/g, 'ID')
      .replaceAll(/"\d{4}-\d\d-[^"]+"/g, '"AT"'),
  })

  /** What the guardian is shown of the child, and whether that is the very answer for a person nobody knows. */
  async function shown(person: string): Promise<{ shows: boolean; isAsUnknown: boolean }> {
    const unknown = '0b5cde01-0000-4000-8000-000000000000'
    const paths = [
      'Patient/ID',
      'Patient/ID/$summary',
      'Patient/ID/$everything',
      'Condition?patient=ID',
      'AuditEvent?patient=ID',
      'Consent?patient=ID',
    ]
    const seen = await Promise.all(paths.map((path) => guardian().get(path.replace('ID', person))))
    const other = await Promise.all(paths.map((path) => guardian().get(path.replace('ID', unknown))))
    return {
      shows: seen.some(({ text }) => text.includes(canary)),
      isAsUnknown: JSON.stringify(seen.map(bare)) === JSON.stringify(other.map(bare)),
    }
  }

  const open = { shows: true, isAsUnknown: false }
  const shut = { shows: false, isAsUnknown: true }

  test('a parent acts for the child until the fourteenth birthday, and the same token not a request longer', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 5), told('c-5', 'C-0005')])
    const person = await personId(gateway(), 5)
    expect(await shown(person)).toEqual(open)
    await child('2008-01-01')
    expect(await shown(person)).toEqual(shut)
    const batch = { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: `Patient/${person}/$everything` } }] }
    expect((await guardian().post('', batch)).text).not.toContain(canary)
    expect((await gateway().as('patient-5').get(`Patient/${person}/$everything`)).text).toContain(canary)
    await child('2018-05-05')
    expect(await shown(person)).toEqual(open)
  })

  test('a guardian whose relation the officer ended acts no more, though the child is small and the token good', async () => {
    const person = await personId(gateway(), 5)
    const kept = await officer().post('RelatedPerson', relation(person, 'GUARD'))
    expect([kept.status, (await shown(person)).shows]).toEqual([201, true])
    const id = kept.body.id ?? ''
    const ended = { ...relation(person, 'GUARD', { period: { end: '2020-01-01' } }), id }
    expect((await officer().put(`RelatedPerson/${id}`, ended)).status).toBe(400)
    const etag = (await officer().get(`RelatedPerson/${id}`)).headers.get('etag') ?? ''
    expect((await officer().put(`RelatedPerson/${id}`, ended, { 'if-match': etag })).status).toBe(200)
    expect(await shown(person)).toEqual(shut)
    expect((await guardian().post('Consent', {})).status).toBe(400)
  })

  test('a named delegate reads, does not sign, and stops at the end that was named', async () => {
    await child('1990-01-01')
    const person = await personId(gateway(), 5)
    expect(await shown(person)).toEqual(shut)
    const endless = await officer().post('RelatedPerson', relation(person, 'DELEGATEE'))
    expect([endless.status, endless.body.issue?.[0]?.expression]).toEqual([422, ['RelatedPerson.period.end']])
    const named = await officer().post('RelatedPerson', relation(person, 'DELEGATEE', { period: { end: '2099-12-31' } }))
    expect([named.status, (await shown(person)).shows]).toEqual([201, true])
    const signed = await guardian().post('Consent', {})
    expect([signed.status, signed.body.issue?.[0]?.details?.coding?.[0]?.code]).toEqual([403, 'scope'])
    const past = { ...relation(person, 'DELEGATEE', { period: { end: '2026-01-31' } }), id: named.body.id }
    await officer().put(`RelatedPerson/${named.body.id}`, past, { 'if-match': named.headers.get('etag') ?? '' })
    expect(await shown(person)).toEqual(shut)
  })

  test('what an EMR says of relatives gives nobody a right, and the officer neither sees nor overwrites it', async () => {
    const person = await personId(gateway(), 5)
    const said = { ...relation('C-0005', 'POWATT', { period: { end: '2099-12-31' } }), resourceType: 'RelatedPerson', id: 'said' }
    await feed(gateway(), 'clinic', [said])
    expect(await shown(person)).toEqual(shut)
    const network =
      /RelatedPerson\/([0-9a-f-]{36})/.exec((await gateway().as('clinic-doctor').get('RelatedPerson?patient=C-0005')).text)?.[1] ?? ''
    expect(network).not.toBe('')
    const [hidden, unknown] = [
      await officer().get(`RelatedPerson/${network}`),
      await officer().get('RelatedPerson/0b5cde01-0000-4000-8000-000000000000'),
    ]
    expect(bare(hidden)).toEqual(bare(unknown))
    const over = { ...relation(person, 'POWATT', { period: { end: '2099-12-31' } }), id: network }
    expect((await officer().put(`RelatedPerson/${network}`, over, { 'if-match': 'W/"1"' })).status).toBe(404)
    for (const name of ['clinic-doctor', 'guardian-5', 'patient-5'])
      expect((await gateway().as(name).post('RelatedPerson', relation(person, 'POWATT'))).status).toBe(403)
  })

  test('from a death on nobody acts for the dead, no permit counts anew, and refusals stay', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), told('c-1', 'C-0001')])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
    const person = await personId(gateway(), 1)
    const before = await writeConsent(gateway(), 1)
    const reads = async () => (await gateway().as('tertiary-doctor').get(`Condition?patient=${person}`)).text.includes(canary)
    expect(await reads()).toBe(true)
    await feed(gateway(), 'clinic', [patient('clinic', 1, { deceasedDateTime: '2026-02-01' })])
    expect((await gateway().as('patient-1').get(`Patient/${person}/$everything`)).status).toBe(404)
    expect((await withdraw(gateway(), 1, before)).status).toBe(404)
    const current = await officer().get(`Consent/${before.body.id}`)
    const off = [{ op: 'replace', path: '/status', value: 'inactive' }]
    expect((await officer().patch(`Consent/${before.body.id}`, off, { 'if-match': current.headers.get('etag') ?? '' })).status).toBe(200)
    const { id: _, meta: __, ...again } = current.body
    expect([(await officer().post('Consent', again)).status, await reads()]).toEqual([201, false])
  })
})
