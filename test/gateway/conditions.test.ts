/** Writes by criteria, patches, transactions and histories: what a system may do with its own partition. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hasPostgres } from '../support/databases.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { enginesAtThisScale } from '../support/proof.ts'
import { feed, issueIds, observation, openEncounter, patient, personId, writeConsent } from './records.ts'
import { histories } from './rest/histories.ts'

const bundle = (entry: readonly object[], type = 'transaction') => ({ resourceType: 'Bundle', type, entry })
const draft = (value: string, more: object = {}) => {
  const { id: _, ...rest } = observation('x', 'C-0005')
  return { ...rest, identifier: [{ system: 'urn:c', value }], ...more }
}
const by = (value: string) => `identifier=urn:c|${value}`
const statuses = (reply: Reply) => reply.body.entry?.map(({ response }) => Number.parseInt(response?.status ?? '0', 10))

describe.each(enginesAtThisScale(hasPostgres))('the rest of REST, on %s', (engine) => {
  let running: TestGateway | undefined
  const gateway = (): TestGateway => {
    if (running === undefined) throw new Error('the gateway has not started')
    return running
  }
  beforeAll(async () => {
    running = await startTestGateway(engine)
  }, 120_000)
  afterAll(async () => running?.close())
  const clinic = () => gateway().as('clinic-system')
  const total = async (value: string) => (await clinic().get(`Observation?${by(value)}`)).body.total

  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 5), openEncounter('visit-5', 'C-0005', '01')])
    await feed(gateway(), 'hospital', [patient('hospital', 5)])
  })

  describe('writes by criteria', () => {
    test('a conditional create writes once, then finds what it wrote', async () => {
      const create = () => clinic().post('Observation', draft('once'), { 'if-none-exist': by('once') })
      const [first, second] = [await create(), await create()]
      expect([first.status, second.status, second.body.id]).toEqual([201, 200, first.body.id])
      expect([second.headers.get('etag'), await total('once')]).toEqual(['W/"1"', 1])
    })

    test('a conditional update creates, then changes the one it matches', async () => {
      const update = (status: string) => clinic().put(`Observation?${by('put')}`, draft('put', { status }))
      const [first, second] = [await update('preliminary'), await update('final')]
      expect([first.status, second.status, second.body.id, second.headers.get('etag')]).toEqual([201, 200, first.body.id, 'W/"2"'])
      const other = await clinic().put(`Observation?${by('put')}`, { ...draft('put'), id: 'another' })
      expect([other.status, issueIds(other.body)]).toEqual([400, ['id-mismatch']])
      const named = await clinic().put(`Observation?${by('named')}`, { ...draft('named'), id: 'my-own' })
      expect([named.status, named.body.id]).toEqual([201, 'my-own'])
    })

    test('criteria that match several records write nothing', async () => {
      await clinic().post('Observation', draft('twin'))
      await clinic().post('Observation', draft('twin'))
      for (const reply of [
        await clinic().post('Observation', draft('twin'), { 'if-none-exist': by('twin') }),
        await clinic().put(`Observation?${by('twin')}`, draft('twin')),
        await clinic().patch(`Observation?${by('twin')}`, [{ op: 'replace', path: '/status', value: 'amended' }]),
        await clinic().delete(`Observation?${by('twin')}`),
      ])
        expect([reply.status, issueIds(reply.body), reply.body.issue?.[0]?.code]).toEqual([412, ['multiple-matches'], 'multiple-matches'])
      expect(await total('twin')).toBe(2)
    })

    test.each(['', '_count=1', 'identifier=', 'colour=red', '_page=x', '_id=a&_summary=count'])(
      'criteria `%s` write nothing',
      async (query) => {
        const replies = [
          await clinic().put(`Observation?${query}`, draft('odd'), { prefer: 'handling=lenient' }),
          await clinic().delete(`Observation?${query}`, { prefer: 'handling=lenient' }),
        ]
        expect(replies.map(({ status }) => status)).toEqual([400, 400])
      },
    )

    test('what another institution holds is not there for them', async () => {
      await feed(gateway(), 'hospital', [observation('theirs', 'H-0005', { identifier: [{ system: 'urn:c', value: 'theirs' }] })])
      const created = await clinic().post('Observation', draft('theirs'), { 'if-none-exist': by('theirs') })
      expect(created.status).toBe(201)
      expect((await clinic().delete(`Observation?${by('theirs')}`)).status).toBe(204)
      expect((await gateway().as('hospital-system').get('Observation/theirs')).status).toBe(200)
    })

    test('who may not search may not ask by criteria', async () => {
      const { body } = await gateway().systemToken('clinic', 'system/Observation.c')
      const send = (headers: Record<string, string>) =>
        gateway().raw('/fhir/R4/Observation', {
          method: 'POST',
          headers: { authorization: `Bearer ${String(body['access_token'])}`, 'content-type': 'application/fhir+json', ...headers },
          body: JSON.stringify(draft('blind')),
        })
      expect((await send({ 'if-none-exist': by('blind') })).status).toBe(403)
      expect((await send({})).status).toBe(201)
    })

    test('a patient writes the same consent once, however often it is sent', async () => {
      const consent = await writeConsent(gateway(), 5, 1)
      const { id: _, meta: __, ...again } = consent.body
      const reply = await gateway()
        .as('patient-5')
        .post('Consent', again, { 'if-none-exist': `_id=${consent.body.id}` })
      expect([reply.status, reply.body.id]).toEqual([200, consent.body.id])
    })
  })

  describe('what is sent again', () => {
    test('the same content about nobody is no new version, another spelling of a number is', async () => {
      const place = { resourceType: 'Location', id: 'same', name: '본관', position: { longitude: 'V', latitude: 37.5 } }
      const put = (value: string) => clinic().put('Location/same', JSON.stringify(place).replace('"V"', value))
      expect((await put('1.10')).headers.get('etag')).toBe('W/"1"')
      const repeated = await put('1.10')
      expect([repeated.status, repeated.headers.get('etag')]).toEqual([200, 'W/"1"'])
      const read = await clinic().get('Location/same')
      expect((await clinic().put('Location/same', read.text)).headers.get('etag')).toBe('W/"1"')
      expect((await put('1.1')).headers.get('etag')).toBe('W/"2"')
    })

    test('of a patient it is: a number of versions must not tell of what is hidden', async () => {
      const put = () => clinic().put('Observation/same', observation('same', 'C-0005'))
      expect([(await put()).headers.get('etag'), (await put()).headers.get('etag')]).toEqual(['W/"1"', 'W/"2"'])
    })

    test('If-None-Match of an update asks for a new record', async () => {
      const put = () => clinic().put('Observation/fresh', observation('fresh', 'C-0005'), { 'if-none-match': '*' })
      expect([(await put()).status, (await put()).status]).toEqual([201, 412])
    })

    test('the answer is what Prefer asks for', async () => {
      const put = (prefer: string) =>
        clinic().put('Observation/preferred', observation('preferred', 'C-0005', { note: [{ text: prefer }] }), { prefer })
      expect((await put('return=minimal')).text).toBe('')
      expect((await put('return=representation')).body.resourceType).toBe('Observation')
      expect((await put('return=OperationOutcome')).body).toMatchObject({
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'information' }],
      })
    })
  })

  describe('patches', () => {
    const parameters = (...parts: readonly object[]) => ({ resourceType: 'Parameters', parameter: [{ name: 'operation', part: parts }] })
    const replace = (path: string, value: object) =>
      parameters({ name: 'type', valueCode: 'replace' }, { name: 'path', valueString: path }, { name: 'value', ...value })
    const fhirPath = (path: string, body: object, headers = {}) =>
      clinic().send('PATCH', path, { 'content-type': 'application/fhir+json', ...headers }, JSON.stringify(body))

    test('an EMR patches its own record in either form, and keeps the digits of what it does not touch', async () => {
      const exact = JSON.stringify(observation('patched', 'C-0005', { valueQuantity: { value: 'V' } })).replace('"V"', '7.50')
      await clinic().put('Observation/patched', exact)
      const json = await clinic().patch('Observation/patched', [{ op: 'replace', path: '/status', value: 'amended' }], {
        'if-match': 'W/"1"',
      })
      expect([json.status, json.body.status, json.text.includes('"value":7.50')]).toEqual([200, 'amended', true])
      const path = await fhirPath('Observation/patched', replace('Observation.status', { valueCode: 'corrected' }))
      expect([path.status, path.body.status, path.text.includes('"value":7.50')]).toEqual([200, 'corrected', true])
      expect(
        (await fhirPath('Observation/patched', replace('Observation.status', { valueCode: 'final' }), { 'if-match': 'W/"1"' })).status,
      ).toBe(412)
      const criteria = await fhirPath('Observation?_id=patched', replace('Observation.status', { valueCode: 'final' }))
      expect([criteria.status, criteria.headers.get('etag')]).toEqual([200, 'W/"4"'])
    })

    test.each([
      ['Observation.repeat(children()).first()', 422],
      ["Observation.status.matches('(a+)+$')", 422],
      ['Observation.where(status.where(true).exists())', 422],
      ['Observation.(', 422],
      ['Observation.id', 422],
    ])('the path `%s` changes nothing', async (path, status) => {
      await clinic().put('Observation/unpatched', observation('unpatched', 'C-0005'))
      const reply = await fhirPath('Observation/unpatched', replace(path, { valueString: 'x' }))
      expect([reply.status, issueIds(reply.body)]).toEqual([status, ['patch']])
    })

    test('a patch of what is not there finds nothing, and one of an invalid result is refused', async () => {
      expect((await clinic().patch('Observation/absent', [{ op: 'remove', path: '/note' }])).status).toBe(404)
      await clinic().put('Observation/strict', observation('strict', 'C-0005'))
      expect((await clinic().patch('Observation/strict', [{ op: 'remove', path: '/status' }])).status).toBe(400)
      expect((await clinic().patch('Observation/strict', [{ op: 'replace', path: '/id', value: 'other' }])).status).toBe(422)
    })
  })

  describe('transactions', () => {
    const post = (url: string, resource: object, more: object = {}, request: object = {}) => ({
      resource,
      ...more,
      request: { method: 'POST', url, ...request },
    })

    test('entries are done in the order of the standard and answered in their own', async () => {
      await clinic().put('Observation/leaves', observation('leaves', 'C-0005'))
      const urn = 'urn:uuid:6fc92493-6bef-402a-bbba-d949f3812cc8'
      const reply = await clinic().post(
        '',
        bundle([
          { request: { method: 'GET', url: `Observation?${by('ordered')}` } },
          {
            resource: observation('stays', 'C-0005', { hasMember: [{ reference: urn }] }),
            request: { method: 'PUT', url: 'Observation/stays' },
          },
          post('Observation', draft('ordered', { encounter: { reference: 'Encounter?identifier=urn:c|new' } }), { fullUrl: urn }),
          post('Encounter', { ...openEncounter('x', 'C-0005', '01'), identifier: [{ system: 'urn:c', value: 'new' }] }),
          { request: { method: 'DELETE', url: 'Observation/leaves' } },
          { request: { method: 'GET', url: 'Observation/leaves/_history' } },
        ]),
      )
      expect([reply.status, statuses(reply)]).toEqual([200, [200, 201, 201, 201, 204, 200]])
      expect(reply.body.entry?.[0]?.resource?.total).toBe(1)
      const [, , made, visit] = (reply.body.entry ?? []).map(
        ({ response }) => response?.location?.split('/fhir/R4/')[1]?.split('/_history')[0],
      )
      expect((await clinic().get('Observation/stays')).body).toMatchObject({ hasMember: [{ reference: made }] })
      expect((await clinic().get(made ?? '')).body).toMatchObject({ encounter: { reference: visit } })
    })

    test.each([
      ['a read that fails', [{ request: { method: 'GET', url: 'Observation/nowhere' } }], 404],
      [
        'a version that is stale',
        [{ resource: observation('never-there', 'C-0005'), request: { method: 'PUT', url: 'Observation/never-there', ifMatch: 'W/"3"' } }],
        412,
      ],
      [
        'a reference that leads nowhere',
        [post('Observation', draft('x', { encounter: { reference: 'Encounter?identifier=urn:c|none' } }))],
        412,
      ],
      ['a record written twice', [{ request: { method: 'DELETE', url: 'Observation/rolled' } }], 400],
      [
        'one fullUrl for two entries',
        [
          post('Observation', draft('x'), { fullUrl: 'urn:uuid:6fc92493-6bef-402a-bbba-d949f3812c00' }),
          post('Observation', draft('x'), { fullUrl: 'urn:uuid:6fc92493-6bef-402a-bbba-d949f3812c00' }),
        ],
        400,
      ],
      [
        'criteria asked twice',
        [
          post('Observation', draft('x'), {}, { ifNoneExist: by('x') }),
          { resource: draft('x'), request: { method: 'PUT', url: `Observation?${by('x')}` } },
        ],
        400,
      ],
      ['an operation', [{ resource: { resourceType: 'Parameters' }, request: { method: 'POST', url: 'ValueSet/$lookup' } }], 400],
      [
        'a patch that does not apply',
        [{ resource: { resourceType: 'Parameters', parameter: [{ name: 'x' }] }, request: { method: 'PATCH', url: 'Patient/C-0005' } }],
        422,
      ],
    ])('%s undoes all of it', async (_what, more, status) => {
      const own = { resource: observation('rolled', 'C-0005'), request: { method: 'PUT', url: 'Observation/rolled' } }
      expect((await clinic().post('', bundle([own, ...more]))).status).toBe(status)
      expect((await clinic().get('Observation/rolled')).status).toBe(404)
    })

    test('bodies come back where Prefer asks for them', async () => {
      const reply = await clinic().post('', bundle([post('Observation', draft('shown'))]), { prefer: 'return=representation' })
      expect(reply.body.entry?.[0]?.resource?.resourceType).toBe('Observation')
    })

    test('in a batch a version that is known is not sent again, and a patch comes as a resource', async () => {
      await clinic().put('Observation/known', observation('known', 'C-0005'))
      const binary = {
        resourceType: 'Binary',
        contentType: 'application/json-patch+json',
        data: btoa('[{"op":"replace","path":"/status","value":"amended"}]'),
      }
      const reply = await clinic().post(
        '',
        bundle(
          [
            { request: { method: 'GET', url: 'Observation/known', ifNoneMatch: 'W/"1"' } },
            { resource: binary, request: { method: 'PATCH', url: 'Observation/known', ifMatch: 'W/"1"' } },
            { request: { method: 'DELETE', url: `Observation?${by('never')}` } },
          ],
          'batch',
        ),
      )
      expect(statuses(reply)).toEqual([304, 200, 204])
    })

    test('people read in a transaction and write in none', async () => {
      const patientId = await personId(gateway(), 5)
      const ask = (entry: readonly object[]) => gateway().as('patient-5').post('', bundle(entry))
      expect((await ask([{ request: { method: 'GET', url: `Patient/${patientId}` } }])).status).toBe(200)
      expect((await ask([{ request: { method: 'DELETE', url: `Consent/${patientId}` } }])).status).toBe(403)
    })
  })

  histories(gateway)
})
