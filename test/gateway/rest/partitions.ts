/** Two id spaces in one type: what an institution sent, in its own ids; persons, in the network's. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import type { TestGateway } from '../../support/gateway-client.ts'
import {
  encounter,
  feed,
  found,
  issueIds,
  numberSystemOf,
  observation,
  openEncounter,
  patient,
  personId,
  referral,
  transaction,
  withdraw,
  writeConsent,
} from '../records.ts'

export function partitions(gateway: () => TestGateway): void {
  describe('id spaces and partitions', () => {
    const clinic = () => gateway().as('clinic-system')
    const hospital = () => gateway().as('hospital-system')
    beforeAll(async () => {
      await feed(gateway(), 'clinic', [patient('clinic', 6), observation('same-id', 'C-0006', { status: 'final' })])
      await feed(gateway(), 'hospital', [patient('hospital', 6), observation('same-id', 'H-0006', { status: 'amended' })])
      await feed(gateway(), 'tertiary', [patient('tertiary', 6), openEncounter('er-6', 'T-0006', '24')])
    })

    test('two institutions that use the same id never meet', async () => {
      expect((await clinic().get('Observation/same-id')).body).toMatchObject({ status: 'final', subject: { reference: 'Patient/C-0006' } })
      expect((await hospital().get('Observation/same-id')).body).toMatchObject({
        status: 'amended',
        subject: { reference: 'Patient/H-0006' },
      })
      expect((await clinic().get('Observation?_id=same-id')).body.total).toBe(1)
    })

    test('people see the person and opaque ids where the EMR sees its patient number', async () => {
      const person = await personId(gateway(), 6)
      const [seen] = found(await gateway().as('clinic-doctor').get('Observation?patient=C-0006'))
      expect(seen).toMatchObject({ status: 'final', subject: { reference: `Patient/${person}` } })
      expect(seen?.id).toMatch(/^[0-9a-f-]{36}$/)
      const read = await gateway()
        .as('clinic-doctor')
        .get(`Observation/${seen?.id ?? ''}`)
      expect([read.status, read.body]).toEqual([200, seen])
      expect((await gateway().as('clinic-doctor').get('Observation/same-id')).status).toBe(404)
      expect((await clinic().get(`Observation/${seen?.id ?? ''}`)).status).toBe(404)
    })

    test('a number given out by another institution means nothing to a system', async () => {
      const foreign = `identifier=${numberSystemOf('hospital')}|H-0006`
      const [known, unknown] = [await clinic().get(`Patient?${foreign}`), await clinic().get(`Patient?${foreign}9`)]
      expect([known.body.total, unknown.body.total]).toEqual([0, 0])
      for (const path of ['Patient/H-0006', 'Patient/H-0006/$everything', 'Observation?patient=H-0006']) {
        expect((await clinic().get(path)).body.entry).toBeUndefined()
      }
      expect((await clinic().get('Patient/H-0006')).text).toBe((await clinic().get('Patient/H-9999')).text)
    })

    test('a person is composed of the records the reader may see, and its version tells when those changed', async () => {
      const person = await personId(gateway(), 6)
      const numbersSeenBy = async (name: string): Promise<readonly string[]> => {
        const { identifier } = (await gateway().as(name).get(`Patient/${person}`)).body
        return Array.isArray(identifier) ? identifier.map((each: { value: string }) => each.value) : []
      }
      expect(await numbersSeenBy('tertiary-doctor')).toEqual(['T-0006'])
      expect((await numbersSeenBy('patient-6')).toSorted()).toEqual(['C-0006', 'H-0006', 'T-0006'])
      const before = await gateway().as('tertiary-doctor').get(`Patient/${person}`)
      await hospital().put('Patient/H-0006', patient('hospital', 6, { maritalStatus: { text: 'married' } }))
      const unchanged = await gateway().as('tertiary-doctor').get(`Patient/${person}`)
      expect([unchanged.text, unchanged.headers.get('etag')]).toEqual([before.text, before.headers.get('etag')])
      const consent = await writeConsent(gateway(), 6, 1)
      expect((await numbersSeenBy('tertiary-doctor')).toSorted()).toEqual(['C-0006', 'H-0006', 'T-0006'])
      expect((await withdraw(gateway(), 6, consent)).status).toBe(200)
      expect(await numbersSeenBy('tertiary-doctor')).toEqual(['T-0006'])
      expect((await gateway().as('tertiary-doctor').get(`Patient/${person}`)).text).toBe(before.text)
    })

    test('who has to do with a patient is answered, however little may be shown; who has not is told what everybody is told', async () => {
      await feed(gateway(), 'clinic', [patient('clinic', 9), observation('of-9', 'C-0009')])
      const person = found(await gateway().as('clinic-doctor').get('Patient?birthdate=2001-02-14'))[0]?.id ?? ''
      const ask = async (operation: string) => (await gateway().as('tertiary-doctor').get(`Patient/${person}/${operation}`)).status
      expect([await ask('$summary'), await ask('$everything')]).toEqual([404, 404])
      expect((await clinic().post('', referral('nine', 9))).status).toBe(200)
      expect([await ask('$summary'), await ask('$everything')]).toEqual([200, 200])
      const summary = await gateway().as('tertiary-doctor').get(`Patient/${person}/$summary`)
      expect(summary.text).not.toMatch(/C-0009|노은채|8480-6/)
    })

    test('every kind of answer is itself valid FHIR', async () => {
      await feed(gateway(), 'clinic', [{ resourceType: 'Patient', id: 'C-nobody', gender: 'other' }])
      const paths = [
        'Patient?gender=other',
        'Patient?name=none',
        'Patient/C-0006',
        'Patient/C-0006/$everything',
        'Patient/C-0006/$summary',
        'Observation?patient=C-0006',
        'Organization',
        'Organization/clinic',
        'Observation/none',
      ]
      for (const path of paths) {
        const { body } = await gateway().as('clinic-doctor').get(path)
        expect({ path, faults: validate(body).filter(({ severity }) => severity === 'error') }).toEqual({ path, faults: [] })
      }
      for (const [name, path] of [
        ['clinic-system', 'Observation/same-id/_history'],
        ['auditor', 'AuditEvent?_count=50'],
        ['patient-6', 'AuditEvent'],
        ['clinic-coordinator', 'Task'],
        ['privacy-officer', 'Consent'],
      ] as const) {
        const { body } = await gateway().as(name).get(path)
        expect({ path, faults: validate(body).filter(({ severity }) => severity === 'error') }).toEqual({ path, faults: [] })
      }
      expect(validate((await gateway().raw('/fhir/R4/metadata')).body).filter(({ severity }) => severity === 'error')).toEqual([])
    })

    test('found by name or by id, a person is the same person', async () => {
      const person = await personId(gateway(), 6)
      const patient6 = gateway().as('patient-6')
      const read = await patient6.get(`Patient/${person}`)
      for (const query of [
        `_id=${person}`,
        'birthdate=1949-12-12',
        `identifier=${numberSystemOf('clinic')}|C-0006`,
        'address-postalcode=18131&gender=male',
      ]) {
        expect(found(await patient6.get(`Patient?${query}`))).toEqual([read.body])
      }
    })

    test('a local reference that leads nowhere stays as it is to its system and is never resolved in another partition', async () => {
      const visit = { encounter: { reference: 'Encounter/elsewhere' } }
      await feed(gateway(), 'hospital', [encounter('elsewhere', 'H-0006', '03')])
      await feed(gateway(), 'clinic', [observation('loose', 'C-0006', visit)])
      expect((await clinic().get('Observation/loose')).body).toMatchObject(visit)
      const person = await personId(gateway(), 6)
      const patient6 = gateway().as('patient-6')
      const seen = async () => /Encounter\/([^"]+)"/.exec((await patient6.get(`Observation?patient=${person}`)).text)?.[1]
      // To people what leads nowhere is what leads to a refused record: it is not there, until it leads somewhere they may go.
      expect(await seen()).toBe(undefined)
      await feed(gateway(), 'clinic', [encounter('elsewhere', 'C-0006', '01')])
      const arrived = await patient6.get(`Encounter/${(await seen()) ?? ''}`)
      expect([arrived.status, arrived.body.meta?.source]).toEqual([200, 'urn:oid:1.2.410.100110.10.31100001'])
    })

    test('an address on another server is refused, one on ours is made relative', async () => {
      const foreign = { encounter: { reference: 'https://emr.example.kr/fhir/Encounter/1' } }
      const refused = await clinic().put('Observation/foreign', observation('foreign', 'C-0006', foreign))
      expect([refused.status, issueIds(refused.body)]).toEqual([422, ['foreign-reference']])
      expect(refused.body.issue?.[0]?.expression).toEqual(['Observation.encounter.reference'])
      expect(refused.text).not.toContain('emr.example.kr')
      const own = { encounter: { reference: `${gateway().url}/fhir/R4/Encounter/elsewhere` } }
      await clinic().put('Observation/own-address', observation('own-address', 'C-0006', own))
      expect((await clinic().get('Observation/own-address')).body).toMatchObject({ encounter: { reference: 'Encounter/elsewhere' } })
    })

    test('an Organization from a feed never becomes the institution that decides', async () => {
      const impostor = { resourceType: 'Organization', id: 'tertiary', name: 'somebody else', identifier: [{ value: '1' }] }
      expect((await clinic().put('Organization/tertiary', impostor)).status).toBe(201)
      expect((await gateway().as('clinic-doctor').get('Organization/tertiary')).body['name']).toBe('누리대학교병원')
      expect((await clinic().get('Organization/tertiary')).body['name']).toBe('somebody else')
      expect(found(await gateway().as('patient-6').get('Organization?name=somebody'))).toEqual([])
    })

    test('a transaction stores all or nothing, in the order asked, with references among its entries resolved', async () => {
      const urn = 'urn:uuid:6b1e3f4e-5a59-4a1c-9d0a-0f3a5f0b7c11'
      const { id: _, ...visit } = encounter('x', 'C-0006', '01')
      const bundle = {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            resource: observation('with-visit', 'C-0006', { encounter: { reference: urn } }),
            request: { method: 'PUT', url: 'Observation/with-visit' },
          },
          { fullUrl: urn, resource: visit, request: { method: 'POST', url: 'Encounter' } },
        ],
      }
      const reply = await clinic().post('', bundle)
      expect(reply.body.entry?.map(({ response }) => response?.status)).toEqual(['201 Created', '201 Created'])
      const made = /\/Encounter\/([^/]+)\//.exec(reply.body.entry?.[1]?.response?.location ?? '')?.[1] ?? ''
      expect((await clinic().get('Observation/with-visit')).body).toMatchObject({ encounter: { reference: `Encounter/${made}` } })
      expect((await clinic().get(`Encounter/${made}`)).status).toBe(200)
      const half = transaction([
        observation('half', 'C-0006'),
        observation('bad', 'C-0006', { encounter: { reference: 'https://a.example/Encounter/1' } }),
      ])
      expect((await clinic().post('', half)).status).toBe(422)
      expect((await clinic().get('Observation/half')).status).toBe(404)
      const twice = await clinic().post('', transaction([observation('twice', 'C-0006'), observation('twice', 'C-0006')]))
      expect([twice.status, issueIds(twice.body)]).toEqual([400, ['duplicate-entry']])
    })

    test('a feed under an identifier is taken once: a repeat is answered alike, another body is a conflict', async () => {
      const named = { identifier: { system: 'urn:example:clinic', value: 'batch-7' } }
      const first = await clinic().post('', transaction([observation('once', 'C-0006')], named))
      const again = await clinic().post('', transaction([observation('once', 'C-0006')], named))
      expect([again.status, again.text]).toEqual([200, first.text])
      expect((await clinic().get('Observation/once')).body.meta?.versionId).toBe('1')
      const other = await clinic().post('', transaction([observation('once', 'C-0006', { status: 'amended' })], named))
      expect([other.status, issueIds(other.body)]).toEqual([409, ['duplicate']])
      expect((await hospital().post('', transaction([observation('once', 'H-0006')], named))).status).toBe(200)
    })

    test('each entry of a batch stands for itself', async () => {
      const entry = (method: string, url: string, resource?: object) => ({
        request: { method, url },
        ...(resource === undefined ? {} : { resource }),
      })
      const batch = {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          entry('GET', 'Observation/same-id'),
          entry('PUT', 'Observation/batched', observation('batched', 'C-0006')),
          entry('GET', 'Observation/nowhere'),
          entry('POST', 'Consent', { resourceType: 'Consent' }),
          entry('GET', 'Observation/%E0%A4%A'),
          entry('GET', 'https://elsewhere.example/Patient'),
          entry('GET', 'Observation?_id=batched'),
          entry('DELETE', 'Observation/batched'),
        ],
      }
      const reply = await clinic().post('', batch)
      expect(reply.status).toBe(200)
      expect(reply.body.entry?.map(({ response }) => response?.status)).toEqual([
        '200 OK',
        '201 Created',
        '404 Not Found',
        '403 Forbidden',
        '400 Bad Request',
        '400 Bad Request',
        '200 OK',
        '204 No Content',
      ])
      expect(reply.body.entry?.[6]?.resource?.total).toBe(1)
      // to the millisecond, as what was read says itself
      const [read] = reply.body.entry ?? []
      expect(read?.response).toMatchObject({ lastModified: read?.resource?.meta?.lastUpdated })
    })
  })
}
