/**
 * The attacks of the threat model that one request can show, as a table: id, request, and what must come back. Each is asked twice, about
 * what is there and refused, and about what is not there at all; the answers are the same. docs/threat-model.md names them all.
 */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Asker, Reply, RequestHeaders } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { condition, encounter, feed, found, issueIds, numberSystemOf, openEncounter, patient, personId } from './records.ts'

/** HIDDEN: a psychiatric condition that the asker is refused, or nobody's id. PERSON: whose it is, or nobody. NUMBER: the number there. */
interface Attack {
  readonly id: string
  readonly what: string
  readonly path: string
  /** GET when absent */
  readonly method?: string
  readonly headers?: RequestHeaders
  readonly body?: object
  /** tertiary-doctor, who treats the person, when absent */
  readonly as?: string
  readonly status: number
}

const refused = (id: string, what: string, path: string, more: Partial<Attack> = {}): Attack => ({ id, what, path, status: 400, ...more })
const absent = (id: string, what: string, path: string, more: Partial<Attack> = {}): Attack => ({ id, what, path, status: 404, ...more })

const attacks: readonly Attack[] = [
  refused('A01', 'a reverse chain to a diagnosis', 'Patient?_has:Condition:patient:code=F32', { status: 200 }),
  refused('A02', 'a chain to a hidden patient', 'Condition?subject.identifier=NUMBER', { status: 200 }),
  refused('A03', 'a chain to a number, for halving', 'Condition?patient=PERSON&encounter.length=gt10', { status: 200 }),
  refused('A05', 'a filter expression over hidden parts', 'Condition?_filter=code%20eq%20F32'),
  refused('A05', 'a composite of a visible and a hidden part', 'Observation?patient=PERSON&code-value-quantity=8480-6$gt5', {
    status: 200,
  }),
  refused('A06', 'words in narrative', 'Condition?patient=PERSON&_text=depress'),
  refused('A06', 'words anywhere', 'Condition?patient=PERSON&_content=depress'),
  refused('A07', 'membership of a list', 'Condition?_list=HIDDEN', { status: 200 }),
  absent('A07', 'membership of a group', 'Group/HIDDEN'),
  refused('A08', 'an exact total', 'Condition?patient=PERSON&_total=accurate', { status: 200 }),
  refused('A08', 'a count without content', 'Condition?patient=PERSON&_summary=count', { status: 200 }),
  refused('A09', 'an estimate of the planner', 'Condition?code=F32&_total=estimate', { status: 200 }),
  refused('A12', 'elements by name', 'Condition?patient=PERSON&_elements=code', { status: 200 }),
  refused('A13', 'an include', 'Condition?patient=PERSON&_include=Condition:encounter', { status: 200 }),
  refused('A13', 'an include of an include', 'Condition?patient=PERSON&_include:iterate=*', { status: 200 }),
  refused('A13', 'a reverse include', 'Condition?_id=HIDDEN&_revinclude=*', { status: 200 }),
  refused('A14', 'a search in contained resources', 'Condition?patient=PERSON&_contained=true'),
  absent('A20', 'an old version of what is denied', 'Condition/HIDDEN/_history/1'),
  absent('A22', 'the feed of a type', 'Condition/_history', { status: 200 }),
  absent('A22', 'the feed of everything', '_history', { status: 403 }),
  absent('A24', 'a guess at a version it has', 'Condition/HIDDEN', { headers: { 'if-none-match': 'W/"1"' } }),
  absent('A24', 'a guess at a time it changed', 'Condition/HIDDEN', { headers: { 'if-modified-since': 'Wed, 01 Jan 2020 00:00:00 GMT' } }),
  absent('A25', 'a read', 'Condition/HIDDEN'),
  absent('A25', 'HEAD', 'Condition/HIDDEN', { method: 'HEAD' }),
  absent('A25', 'a history', 'Condition/HIDDEN/_history'),
  absent('A27', 'a document made on the fly', 'Composition/HIDDEN/$document'),
  absent('A27', 'last observations', 'Observation/$lastn'),
  absent('A27', 'a graph', 'Patient/PERSON/$graph'),
  absent('A29', 'a compartment', 'Patient/PERSON/Condition', { status: 200 }),
  absent('A29', 'everything in a compartment', 'Patient/PERSON/*?_type=Condition', { status: 200 }),
  absent('A33', 'a deletion by search', 'Condition?code=F32', { method: 'DELETE', status: 403 }),
  absent('A35', 'a consent written by a doctor', 'Consent', { method: 'POST', body: { resourceType: 'Consent' }, status: 403 }),
  absent('A36', 'a label lowered by patch', 'Condition/HIDDEN', {
    method: 'PATCH',
    body: [{ op: 'remove', path: '/meta/security' }],
    headers: { 'content-type': 'application/json-patch+json', 'if-match': 'W/"1"' },
    status: 403,
  }),
  absent('A38', 'GraphQL', '$graphql?query={Condition(id:"HIDDEN"){code{text}}}'),
  absent('A38', 'GraphQL in a record', 'Condition/HIDDEN/$graphql'),
  absent('A39', 'a file by id', 'Binary/HIDDEN'),
  absent('A40', 'a part of a record by bytes', 'Condition/HIDDEN', { headers: { range: 'bytes=0-10' } }),
  absent('A41', 'an imaging study by guess', 'ImagingStudy/HIDDEN'),
  refused('A42', 'a subscription', 'Subscription', { method: 'POST', body: { resourceType: 'Subscription' }, as: 'tertiary-system' }),
  absent('A43', 'a subscription by id', 'Subscription/HIDDEN', { as: 'tertiary-system' }),
  absent('A45', 'an export', '$export'),
  refused('A45', 'an export of all patients', 'Patient/$export'),
  absent('A46', 'an export of a group', 'Group/HIDDEN/$export'),
  absent('A53', 'a purpose in a header', 'Condition/HIDDEN', { headers: { 'x-purpose-of-use': 'BTG', 'x-consent-scope': '' } }),
  absent('A59', 'another institution in a header', 'Condition/HIDDEN', {
    headers: { 'x-institution': 'hospital', 'x-tenant-id': 'hospital' },
  }),
  absent('A59', 'the id it has at the other institution', 'Condition/hidden', { as: 'tertiary-system' }),
]

eachGateway('an attack', { isSameOnBoth: true }, (gateway) => {
  const as = (name: string): Asker => gateway().as(name)
  const there = { HIDDEN: '', PERSON: '', NUMBER: `${numberSystemOf('hospital')}|H-0002` }
  const nowhere = { HIDDEN: randomUUID(), PERSON: randomUUID(), NUMBER: `${numberSystemOf('hospital')}|H-9999` }

  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), patient('clinic', 2)])
    await feed(gateway(), 'hospital', [patient('hospital', 2), encounter('psy', 'H-0002', '03'), condition('hidden', 'H-0002', 'F32')])
    await feed(gateway(), 'tertiary', [patient('tertiary', 2), openEncounter('er', 'T-0002', '24')])
    there.PERSON = await personId(gateway(), 2)
    there.HIDDEN = found(await as('patient-2').get(`Condition?code=F32&patient=${there.PERSON}`))[0]?.id ?? ''
    expect(there.HIDDEN).not.toBe('')
  })

  const filled = (text: string, names: typeof there): string =>
    text.replaceAll('HIDDEN', names.HIDDEN).replaceAll('PERSON', names.PERSON).replaceAll('NUMBER', encodeURIComponent(names.NUMBER))
  /** Without what differs between any two replies, and without the ids that were asked for. */
  const told = (reply: Reply, names: typeof there) => {
    let text = reply.text.replaceAll(reply.headers.get('x-request-id') ?? '-', 'REQUEST').replaceAll(gateway().url, '')
    for (const [name, value] of Object.entries(names)) text = text.replaceAll(value, name).replaceAll(encodeURIComponent(value), name)
    text = text.replaceAll(/_page=[\w-]+/g, '_page=sealed').replaceAll(/"lastUpdated":"[^"]*"/g, '')
    const headers = ['etag', 'last-modified', 'location', 'content-type', 'allow', 'www-authenticate', 'cache-control']
    return { status: reply.status, text, headers: headers.map((name) => reply.headers.get(name)) }
  }
  const ask = async (attack: Attack, names: typeof there) => {
    const { method = 'GET', headers = {}, body } = attack
    const typed = body === undefined ? headers : { 'content-type': 'application/fhir+json', ...headers }
    const sent = body === undefined ? undefined : JSON.stringify(body)
    return told(await as(attack.as ?? 'tertiary-doctor').send(method, filled(attack.path, names), typed, sent), names)
  }

  test.each(attacks)('$id: $what learns nothing ($path)', async (attack) => {
    const answer = await ask(attack, there)
    expect([answer.status, answer.text]).toEqual([attack.status, expect.not.stringMatching(/F32|depress.*code/)])
    expect(answer).toEqual(await ask(attack, nowhere))
  })

  test('A30: entries of a batch, whatever their addresses look like, go through the same door', async () => {
    const batch = async (names: typeof there) => {
      const urls = [
        'Condition/HIDDEN',
        '/Condition/HIDDEN',
        `${gateway().url}/fhir/R4/Condition/HIDDEN`,
        'http://elsewhere.test/Condition/HIDDEN',
      ]
      const odd = ['../../Condition/HIDDEN', 'Patient/../Condition/HIDDEN', 'metadata', '$graphql', 'Condition%2FHIDDEN', '_history']
      const entry = [...urls, ...odd].map((url) => ({
        fullUrl: `${gateway().url}/fhir/R4/Condition/${names.HIDDEN}`,
        request: { method: 'GET', url: filled(url, names) },
      }))
      return as('tertiary-doctor').post('', { resourceType: 'Bundle', type: 'batch', entry })
    }
    const reply = await batch(there)
    const statuses = (reply.body.entry ?? []).map(({ response }) => Number.parseInt(response?.status ?? '0', 10))
    for (const status of statuses) expect([400, 403, 404]).toContain(status)
    expect(told(reply, there)).toEqual(told(await batch(nowhere), nowhere))
  })

  test('A32: a conditional create tells nobody whether a record matches elsewhere', async () => {
    const create = async (names: typeof there) => {
      const draft = condition('x', 'T-0002', 'I10')
      const reply = await as('tertiary-system').post(
        'Patient',
        { ...patient('tertiary', 3), identifier: draft['identifier'] },
        {
          'if-none-exist': `identifier=${encodeURIComponent(names.NUMBER)}`,
        },
      )
      const { status, text } = told(reply, names)
      return { status, text: text.replaceAll(reply.body.id ?? '-', 'ID') }
    }
    const answer = await create(there)
    expect(answer.status).toBe(201)
    expect(answer).toEqual(await create(nowhere))
  })

  test('A34: a reference to a guessed id is answered alike, whether it leads to something or nowhere', async () => {
    const write = async (id: string, names: typeof there) => {
      const reply = await as('tertiary-system').put(
        `Condition/${id}`,
        condition(id, 'T-0002', 'I10', { evidence: [{ detail: [{ reference: `Condition/${names.HIDDEN}` }] }] }),
      )
      const { status, text } = told(reply, names)
      return { status, text: text.replaceAll(id, 'ID') }
    }
    const answer = await write('guess-1', there)
    expect([200, 201]).toContain(answer.status)
    expect(answer).toEqual(await write('guess-2', nowhere))
  })

  test('A35: a link that an EMR writes into its own patient opens nobody else’s record', async () => {
    const link = [{ other: { reference: `Patient/${there.PERSON}` }, type: 'seealso' }]
    await feed(gateway(), 'clinic', [patient('clinic', 1, { link })])
    const linked = await personId(gateway(), 1)
    expect(linked).not.toBe(there.PERSON)
    expect(found(await as('clinic-doctor').get(`Condition?patient=${linked}`))).toEqual([])
    expect((await as('patient-1').get(`Patient/${linked}/$everything`)).text).not.toContain('F32')
  })

  test('A35: a patient writes no consent for somebody else, and does not learn whether there is such a person', async () => {
    const consent = { resourceType: 'Consent', status: 'active', patient: { reference: 'Patient/PERSON' } }
    const write = async (names: typeof there) => {
      const body: unknown = JSON.parse(filled(JSON.stringify(consent), names))
      return told(await as('patient-1').post('Consent', body), names)
    }
    const answer = await write(there)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer).toEqual(await write(nowhere))
  })

  test('A21: a version from before a correction, about another patient or another department, is not shown with the record', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 4)])
    await feed(gateway(), 'tertiary', [patient('tertiary', 4), openEncounter('er-4', 'T-0004', '24'), encounter('psy-2', 'T-0002', '03')])
    const system = as('tertiary-system')
    await system.put('Condition/moved', condition('moved', 'T-0002', 'F32', { encounter: { reference: 'Encounter/psy-2' } }))
    await system.put('Condition/moved', condition('moved', 'T-0002', 'F32'))
    await system.put('Condition/moved', condition('moved', 'T-0004', 'I10'))
    await system.put('Condition/moved', condition('moved', 'T-0004', 'I11'))
    const id = found(await as('tertiary-doctor').get('Condition?code=I11'))[0]?.id ?? ''
    const status = async (name: string, path: string) => (await as(name).get(path)).status
    const versions = ['1', '2', '3', '4']
    for (const [name, at, wanted] of [
      ['tertiary-doctor', id, [404, 404, 200, 200]],
      ['patient-4', id, [404, 404, 200, 200]],
      ['patient-2', id, [404, 404, 404, 404]],
      ['tertiary-system', 'moved', [200, 200, 200, 200]],
    ] as const) {
      const statuses = await Promise.all(versions.map((version) => status(name, `Condition/${at}/_history/${version}`)))
      expect([name, statuses]).toEqual([name, wanted])
    }
    expect((await as('patient-4').get(`Condition/${id}/_history`)).text).not.toContain('F32')
  })

  describe('A47: a link to a next page', () => {
    test('is of no use to another user', async () => {
      const link = (await as('tertiary-doctor').get('Patient?_count=1&birthdate=gt1900')).body.link?.find(
        ({ relation }) => relation === 'self',
      )
      const path = link?.url.split('/fhir/R4/')[1] ?? ''
      expect(path).toContain('_page=')
      expect((await as('tertiary-doctor').get(path)).status).toBe(200)
      for (const name of ['clinic-doctor', 'tertiary-coordinator', 'patient-2']) {
        const reply = await as(name).get(path)
        expect([name, reply.status >= 400, issueIds(reply.body).length]).toEqual([name, true, 1])
      }
    })
  })

  test('A48: nothing clinical may be kept by a cache on the way', async () => {
    for (const path of [`Patient/${there.PERSON}`, `Patient/${there.PERSON}/$summary`, `Condition?patient=${there.PERSON}`]) {
      const reply = await as('tertiary-doctor').get(path)
      expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, expect.stringContaining('no-store')])
    }
  })
})
