/** create, update, delete, patch and what a client may ask for with them. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { TestGateway } from '../../support/gateway-client.ts'
import { feed, issueIds, observation, patient, referral, taskOf, writeConsent } from '../records.ts'

export function writing(gateway: () => TestGateway): void {
  describe('writing', () => {
    const clinic = () => gateway().as('clinic-system')
    beforeAll(async () => {
      await feed(gateway(), 'clinic', [patient('clinic', 1), patient('clinic', 3)])
    })

    test('a record without an id is given one and is found where Location says', async () => {
      const { id: _, ...draft } = observation('x', 'C-0001')
      const created = await clinic().post('Observation', draft)
      expect(created.status).toBe(201)
      const location = created.headers.get('location') ?? ''
      expect(location).toBe(`${gateway().url}/fhir/R4/Observation/${created.body.id ?? ''}/_history/1`)
      expect((await clinic().get(location.split('/fhir/R4/')[1] ?? '')).text).toBe(created.text)
    })

    test('an update with the version that was read is taken, one with an older version is refused and changes nothing', async () => {
      await clinic().put('Observation/locked', observation('locked', 'C-0001'))
      const change = observation('locked', 'C-0001', { status: 'amended' })
      expect((await clinic().put('Observation/locked', change, { 'if-match': 'W/"1"' })).status).toBe(200)
      const stale = await clinic().put('Observation/locked', observation('locked', 'C-0001', { status: 'cancelled' }), {
        'if-match': 'W/"1"',
      })
      expect([stale.status, issueIds(stale.body)]).toEqual([412, ['stale-version']])
      expect((await clinic().get('Observation/locked')).body).toMatchObject({ status: 'amended', meta: { versionId: '2' } })
      const absent = await clinic().put('Observation/never-there', observation('never-there', 'C-0001'), { 'if-match': 'W/"1"' })
      expect(absent.status).toBe(412)
      expect((await clinic().get('Observation/never-there')).status).toBe(404)
    })

    test('a body that is not what the address names is refused', async () => {
      const other = await clinic().put('Observation/other', observation('another', 'C-0001'))
      expect([other.status, issueIds(other.body), other.body.issue?.[0]?.expression]).toEqual([400, ['id-mismatch'], ['Observation.id']])
      const typed = await clinic().put('Condition/typed', observation('typed', 'C-0001'))
      expect([typed.status, issueIds(typed.body)]).toEqual([400, ['type-mismatch']])
      expect((await clinic().get('Observation/another')).status).toBe(404)
    })

    test('a deleted record is gone, may be deleted again, and comes back with the next version', async () => {
      await clinic().put('Observation/brief', observation('brief', 'C-0001'))
      expect((await clinic().delete('Observation/brief')).status).toBe(204)
      expect((await clinic().delete('Observation/brief')).status).toBe(204)
      const again = await clinic().put('Observation/brief', observation('brief', 'C-0001'))
      expect([again.status, again.headers.get('etag')]).toEqual([201, 'W/"3"'])
      const stale = await clinic().delete('Observation/brief', { 'if-match': 'W/"1"' })
      expect([stale.status, issueIds(stale.body)]).toEqual([412, ['stale-version']])
      expect((await clinic().get('Observation/brief')).status).toBe(200)
    })

    test('a client that wants no body back gets none', async () => {
      const put = await clinic().put('Observation/minimal', observation('minimal', 'C-0001'), { prefer: 'return=minimal' })
      expect([put.status, put.text, put.headers.get('etag')]).toEqual([201, '', 'W/"1"'])
      expect(put.headers.get('location')).toContain('/Observation/minimal/_history/1')
    })

    test('a method that an address does not have is refused with those it has', async () => {
      const posted = await clinic().post('Observation/1', observation('1', 'C-0001'))
      expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, PUT, PATCH, DELETE'])
      expect((await clinic().delete('Patient/C-0001/$everything')).headers.get('allow')).toBe('GET, POST')
      const offered = await gateway().raw('/fhir/R4/Patient/1', { method: 'OPTIONS' })
      expect([offered.status, offered.headers.get('allow')]).toEqual([204, 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'])
      expect((await gateway().raw('/fhir/R4/Nothing', { method: 'OPTIONS' })).status).toBe(404)
    })

    test.each([
      [{ accept: 'application/fhir+xml' }, 'Observation', 406],
      [{}, 'Observation?_format=xml', 406],
      [{ accept: 'application/json' }, 'Observation?_count=0', 200],
      [{ accept: 'text/html, */*;q=0.1' }, 'Observation?_count=0', 200],
      [{ accept: 'application/fhir+xml' }, 'Observation?_count=0&_format=application/fhir+json', 200],
      [{ accept: 'application/fhir+json; fhirVersion=4.0' }, 'Observation?_count=0', 200],
      [{ accept: 'application/fhir+json; fhirVersion=3.0' }, 'Observation?_count=0', 406],
    ])('a client that accepts %j of %s gets %i', async (headers, path, status) => {
      expect((await clinic().get(path, { ...headers })).status).toBe(status)
    })

    test.each([
      'text/plain',
      'application/fhir+xml',
      'application/fhir+json; charset=euc-kr',
      'application/fhir+json; fhirVersion=3.0',
      '',
    ])('a body sent as `%s` is refused before it is read', async (type) => {
      const reply = await clinic().put('Observation/typed', observation('typed', 'C-0001'), { 'content-type': type })
      expect([reply.status, issueIds(reply.body)]).toEqual([415, ['media-type']])
    })

    test('a patient ends a consent by JSON Patch, on the version that was read', async () => {
      const consent = await writeConsent(gateway(), 3)
      const path = `Consent/${consent.body.id ?? ''}`
      const end = [{ op: 'replace', path: '/status', value: 'inactive' }]
      const patient3 = gateway().as('patient-3')
      expect(issueIds((await patient3.patch(path, end)).body)).toEqual(['if-match-required'])
      expect((await patient3.patch(path, end, { 'if-match': 'W/"7"' })).status).toBe(412)
      const untrue = [{ op: 'test', path: '/status', value: 'draft' }, ...end]
      expect((await patient3.patch(path, untrue, { 'if-match': 'W/"1"' })).status).toBe(422)
      expect((await patient3.patch(path, JSON.stringify(end), { 'if-match': 'W/"1"', 'content-type': 'application/json' })).status).toBe(
        415,
      )
      expect((await gateway().as('patient-1').patch(path, end, { 'if-match': 'W/"1"' })).status).toBe(404)
      const ended = await patient3.patch(path, end, { 'if-match': 'W/"1"' })
      expect([ended.status, ended.body.status, ended.headers.get('etag')]).toEqual([200, 'inactive', 'W/"2"'])
      const revived = await patient3.patch(path, [{ op: 'replace', path: '/status', value: 'active' }], { 'if-match': 'W/"2"' })
      expect([revived.status, revived.body.issue?.[0]?.expression]).toEqual([422, ['Consent.status']])
    })

    test('a patch that reaches for a prototype is refused, and objects stay what they were', async () => {
      const consent = await writeConsent(gateway(), 1)
      const path = `Consent/${consent.body.id ?? ''}`
      const attempt = async (operation: object) => {
        const reply = await gateway().as('patient-1').patch(path, [operation], { 'if-match': 'W/"1"' })
        return [reply.status, ...issueIds(reply.body)]
      }
      expect(await attempt({ op: 'add', path: '/__proto__/polluted', value: true })).toEqual([400, 'patch-body'])
      expect(await attempt({ op: 'add', path: '/constructor/prototype/polluted', value: true })).toEqual([400, 'patch-body'])
      expect(await attempt({ op: 'move', from: '/constructor/prototype/toString', path: '/language' })).toEqual([400, 'patch-body'])
      expect(await attempt({ op: 'copy', from: '/__proto__', path: '/extension' })).toEqual([400, 'patch-body'])
      expect(await attempt({ op: 'replace', path: '/hasOwnProperty/call', value: 1 })).toEqual([422, 'patch'])
      expect(await attempt({ op: 'remove', path: '/category/push/apply' })).toEqual([422, 'patch'])
      expect(await attempt({ op: 'replace', path: '/category/length', value: 4_000_000_000 })).toEqual([422, 'patch'])
      expect(await attempt({ op: 'add', path: '/status/deeper', value: 1 })).toEqual([422, 'patch'])
      expect(await attempt({ op: 'replace', path: 'status', value: 'inactive' })).toEqual([400, 'patch-body'])
      expect(await attempt({ op: 'replace', path: '', value: {} })).toEqual([400, 'patch-body'])
      expect([Reflect.get({}, 'polluted'), typeof Reflect.get({}, 'toString')]).toEqual([undefined, 'function'])
      expect(Object.prototype.hasOwnProperty.call({ a: 1 }, 'a')).toBe(true)
    })

    test('copies of copies do not fill the memory', async () => {
      const consent = await writeConsent(gateway(), 1)
      const fill = { op: 'add', path: '/extension', value: [{ url: 'urn:x', valueString: 'x'.repeat(1000) }] }
      const double = Array.from({ length: 64 }, (_, at) => ({ op: 'copy', from: '/extension', path: `/extension/${at % 2}` }))
      const reply = await gateway()
        .as('patient-1')
        .patch(`Consent/${consent.body.id ?? ''}`, [fill, ...double], { 'if-match': 'W/"1"' })
      expect([reply.status, issueIds(reply.body)]).toEqual([422, ['patch']])
    })

    test('a referral moves by patch along the lawful steps of the party that asks, and by no other', async () => {
      const task = taskOf(await clinic().post('', referral('patched', 1)))
      const owner = gateway().as('tertiary-coordinator')
      const seen = await owner.get(`Task/${task}`)
      expect(seen.status).toBe(200)
      const accept = [{ op: 'replace', path: '/status', value: 'accepted' }]
      expect(issueIds((await owner.patch(`Task/${task}`, accept)).body)).toEqual(['if-match-required'])
      const skip = await owner.patch(`Task/${task}`, [{ op: 'replace', path: '/status', value: 'completed' }], {
        'if-match': seen.headers.get('etag') ?? '',
      })
      expect([skip.status, issueIds(skip.body), skip.body.issue?.[0]?.expression]).toEqual([422, ['task-not-lawful'], ['Task.status']])
      expect((await gateway().as('hospital-coordinator').patch(`Task/${task}`, accept, { 'if-match': 'W/"1"' })).status).toBe(404)
      const current = await owner.get(`Task/${task}`)
      const accepted = await owner.patch(`Task/${task}`, accept, { 'if-match': current.headers.get('etag') ?? '' })
      expect([accepted.status, accepted.body.status]).toEqual([200, 'accepted'])
      expect((await clinic().get(`Task/${task}`)).body.status).toBe('accepted')
    })
  })
}
