/** read, vread, history, HEAD and the conditional read; hidden and missing are one answer. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Reply, TestGateway } from '../../support/gateway-client.ts'
import { feed, found, issueIds, observation, openEncounter, patient, personId } from '../records.ts'

/** Digits that JavaScript's numbers would lose: a trailing zero, a zero with a point, more digits than a double holds. */
const exactDigits = ['1.10', '0.0', '0.12345678901234567890', '1E2', '12345678901234567890']

export function reading(gateway: () => TestGateway): void {
  describe('reading', () => {
    const clinic = () => gateway().as('clinic-system')
    beforeAll(async () => {
      await feed(gateway(), 'clinic', [patient('clinic', 1), patient('clinic', 2), observation('bp-1', 'C-0001')])
      await feed(gateway(), 'hospital', [patient('hospital', 2), openEncounter('visit-2', 'H-0002', '01'), observation('bp-2', 'H-0002')])
    })

    test('what a system put it reads back under its own id, stamped with version, time and source by the gateway', async () => {
      const claimed = { meta: { versionId: '77', source: 'urn:oid:1.2.3', lastUpdated: '1999-01-01T00:00:00Z' } }
      const put = await clinic().put('Observation/stamped', observation('stamped', 'C-0001', claimed))
      expect(put.status).toBe(201)
      const got = await clinic().get('Observation/stamped')
      expect(got.status).toBe(200)
      expect(got.body.meta).toMatchObject({ versionId: '1', source: 'urn:oid:1.2.410.100110.10.31100001' })
      expect(got.body).toMatchObject(observation('stamped', 'C-0001'))
      expect(got.headers.get('etag')).toBe('W/"1"')
      expect(new Date(got.headers.get('last-modified') ?? '').getTime()).toBe(
        Math.floor(Date.parse(got.body.meta?.lastUpdated ?? '') / 1000) * 1000,
      )
      expect(got.headers.get('cache-control')).toBe('no-store')
    })

    test.each(exactDigits)('a laboratory value of %s comes back with exactly these digits, to the EMR and to people', async (digits) => {
      const id = `digits-${exactDigits.indexOf(digits)}`
      const marked = JSON.stringify(observation(id, 'C-0001', { valueQuantity: { value: 'VALUE' } })).replace('"VALUE"', digits)
      expect((await clinic().put(`Observation/${id}`, marked)).text).toContain(`"value":${digits}}`)
      expect((await clinic().get(`Observation/${id}`)).text).toContain(`"value":${digits}}`)
      expect((await clinic().get(`Observation/${id}/_history/1`)).text).toContain(`"value":${digits}}`)
      const seen = await gateway()
        .as('clinic-doctor')
        .get(`Observation?patient=${await personId(gateway(), 1)}`)
      expect(seen.text).toContain(`"value":${digits}}`)
    })

    test('every version stays readable, newest first, and a deletion is one of them', async () => {
      await clinic().put('Observation/many', observation('many', 'C-0001', { status: 'preliminary' }))
      await clinic().put('Observation/many', observation('many', 'C-0001', { status: 'final' }))
      expect((await clinic().delete('Observation/many')).status).toBe(204)
      const history = await clinic().get('Observation/many/_history')
      expect(history.body).toMatchObject({ resourceType: 'Bundle', type: 'history', total: 3 })
      expect(history.body.entry?.map((entry) => [entry.response?.etag, entry.resource?.status])).toEqual([
        ['W/"3"', undefined],
        ['W/"2"', 'final'],
        ['W/"1"', 'preliminary'],
      ])
      expect((await clinic().get('Observation/many/_history/1')).body.status).toBe('preliminary')
      expect((await clinic().get('Observation/many/_history/3')).status).toBe(410)
      expect((await clinic().get('Observation/many/_history/4')).status).toBe(404)
      expect((await clinic().get('Observation/many')).status).toBe(410)
      expect((await clinic().get('Observation?_id=many')).body.total).toBe(0)
    })

    test('HEAD answers the headers of GET and no body', async () => {
      const [got, head] = [await clinic().get('Observation/bp-1'), await clinic().send('HEAD', 'Observation/bp-1')]
      expect(head.status).toBe(200)
      expect(head.text).toBe('')
      for (const name of ['etag', 'last-modified', 'content-type', 'content-length'])
        expect(head.headers.get(name)).toBe(got.headers.get(name))
    })

    test('a version the client already has is not sent again', async () => {
      const same = await clinic().get('Observation/bp-1', { 'if-none-match': 'W/"9", W/"1"' })
      expect([same.status, same.text]).toEqual([304, ''])
      expect((await clinic().get('Observation/bp-1', { 'if-none-match': 'W/"9"' })).status).toBe(200)
      const doctor = gateway().as('clinic-doctor')
      const person = await doctor.get(`Patient/${await personId(gateway(), 1)}`)
      expect(
        (await doctor.get(`Patient/${await personId(gateway(), 1)}`, { 'if-none-match': person.headers.get('etag') ?? '' })).status,
      ).toBe(304)
    })

    test('a record hidden from a doctor and a record that does not exist are the same answer, byte for byte', async () => {
      const hidden = await gateway()
        .as('hospital-doctor')
        .get(`Observation?patient=${await personId(gateway(), 2)}`)
      const [record = '', nobody] = [found(hidden)[0]?.id, '7d444840-9dc0-4f5d-9d0c-123456789abc']
      expect(record).not.toBe('')
      for (const path of ['Observation/ID', 'Observation/ID/_history', 'Observation/ID/_history/1', 'Encounter/ID']) {
        expect(await bytesOf(gateway(), 'clinic-doctor', path.replace('ID', record))).toEqual(
          await bytesOf(gateway(), 'clinic-doctor', path.replace('ID', nobody)),
        )
      }
    })

    test('a person known only elsewhere is the same answer as a person nobody knows', async () => {
      await feed(gateway(), 'hospital', [patient('hospital', 8)])
      const stranger = await personId(gateway(), 8)
      for (const path of [
        'Patient/ID',
        'Patient/ID/_history',
        'Patient/ID/$summary',
        'Patient/ID/$everything',
        'Observation?patient=ID',
        'Patient?_id=ID',
      ]) {
        expect(await bytesOf(gateway(), 'clinic-doctor', path.replace('ID', stranger))).toEqual(
          await bytesOf(gateway(), 'clinic-doctor', path.replace('ID', '7d444840-9dc0-4f5d-9d0c-123456789abc')),
        )
      }
    })

    test('an address of a type the network does not handle is named as such', async () => {
      const unknown = await clinic().get('Spaceship/1')
      expect([unknown.status, issueIds(unknown.body)]).toEqual([404, ['unknown-type']])
    })
  })
}

/** All of a reply that may not depend on what is hidden: links are sealed anew each time, request ids and dates are of the moment. */
async function bytesOf(gateway: TestGateway, name: string, path: string): Promise<Omit<Reply, 'body' | 'headers'> & { headers: object }> {
  const { status, headers, text } = await gateway.as(name).get(path)
  const kept = [...headers].filter(([header]) => !['x-request-id', 'date'].includes(header))
  return { status, headers: Object.fromEntries(kept), text: text.replaceAll(/_page=[\w-]+/g, '_page=sealed') }
}
