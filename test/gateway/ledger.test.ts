/** What happened is in the ledger, once; what was asked and whose data it was about is nowhere else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import canonicalize from 'canonicalize'
import { validate } from '../../fhir-profiles/validate/validate.ts'
import { leafHash } from '../../gateway/logic/chain.ts'
import { unopenedDatabase, type Made } from '../support/databases.ts'
import { clientOf, gatewaySetup, type Body, type Reply, type TestGateway } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { startNode, type TestProcess } from '../support/processes.ts'
import {
  condition,
  encounter,
  feed,
  found,
  observation,
  openEncounter,
  patient,
  personId,
  referral,
  taskOf,
  transaction,
  withdraw,
  writeConsent,
} from './records.ts'

interface Row extends Record<string, unknown> {
  readonly seq: number
  readonly body: string
  /** of its leaf, sealed or waiting to be */
  readonly hash: Buffer
}

async function rowsAfter(gateway: TestGateway, seq: number): Promise<readonly Row[]> {
  const found = await gateway.context.store.sql.query<Row>(
    `select seq, body, coalesce((select p.hash from ledger_pending p where p.seq = l.seq), (select f.hash from ledger_leaf f where f.seq = l.seq)) as hash
     from ledger l where seq > $1 order by seq`,
    [seq],
  )
  // the network delivers, and withholds, beside the requests of this suite
  return found.rows.filter(({ body }) => !body.includes('"identifier":{"value":"network"}'))
}

const eventOf = (row: Row): Body => JSON.parse(row.body) as Body // our own AuditEvents: what is in them is what is tested

eachGateway('the ledger', {}, (gateway) => {
  let last = 0
  /** Runs one request and answers the events it left. */
  const eventsOf = async (ask: () => Promise<Reply>): Promise<{ status: number; events: readonly Body[] }> => {
    const { status } = await ask()
    const rows = await rowsAfter(gateway(), last)
    last = rows.at(-1)?.seq ?? last
    return { status, events: rows.map(eventOf) }
  }
  const as = (name: string) => gateway().as(name)
  let person = ''
  let hidden = ''

  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 2), condition('own', 'C-0002', 'I10')])
    await feed(gateway(), 'hospital', [patient('hospital', 2), encounter('psy', 'H-0002', '03'), condition('hidden', 'H-0002', 'F32')])
    await feed(gateway(), 'tertiary', [patient('tertiary', 2), openEncounter('er', 'T-0002', '24')])
    person = await personId(gateway(), 2)
    hidden = found(await as('patient-2').get(`Condition?code=F32&patient=${person}`))[0]?.id ?? ''
    last = (await rowsAfter(gateway(), 0)).at(-1)?.seq ?? 0
  })

  const one = { action: 'R', outcome: '0' }
  const requests: readonly (readonly [title: string, ask: () => Promise<Reply>, status: number, event: object])[] = [
    ['a read', () => as('clinic-system').get('Condition/own'), 200, one],
    ['a read of a person', () => as('clinic-doctor').get(`Patient/${person}`), 200, one],
    ['a version', () => as('clinic-system').get('Condition/own/_history/1'), 200, one],
    ['a history', () => as('clinic-system').get('Condition/own/_history'), 200, one],
    ['a search', () => as('clinic-doctor').get(`Condition?patient=${person}`), 200, { ...one, action: 'E' }],
    ['a search for persons', () => as('clinic-doctor').get('Patient?name=nobody'), 200, { ...one, action: 'E' }],
    ['a search that finds nothing', () => as('clinic-doctor').get('Condition?code=none'), 200, { ...one, action: 'E' }],
    ['a summary', () => as('clinic-doctor').get(`Patient/${person}/$summary`), 200, one],
    ['a whole record', () => as('patient-2').get(`Patient/${person}/$everything`), 200, one],
    ['a match', () => as('clinic-doctor').post('Patient/$match', { resourceType: 'Patient', birthDate: '1957-11-02' }), 200, one],
    ['a create', () => as('clinic-system').post('Basic', { resourceType: 'Basic', code: { text: 'x' } }), 201, { ...one, action: 'C' }],
    ['an update', () => as('clinic-system').put('Condition/own', condition('own', 'C-0002', 'I11')), 200, { ...one, action: 'U' }],
    ['a deletion', () => as('clinic-system').delete('Condition/never'), 204, { ...one, action: 'D' }],
    [
      'a transaction',
      () => as('clinic-system').post('', transaction([observation('a', 'C-0002'), observation('b', 'C-0002')])),
      200,
      { ...one, action: 'C' },
    ],
    ['a referral', () => as('clinic-system').post('', referral('ledger', 2)), 200, { ...one, action: 'C' }],
    ['a look at the ledger', () => as('auditor').get('AuditEvent?_count=1'), 200, { ...one, action: 'E' }],
    ['a look at one entry that is not there', () => as('auditor').get('AuditEvent/none'), 404, { ...one, outcome: '4' }],
    ['a read that is refused', () => as('clinic-doctor').get(`Condition/${hidden}`), 404, { ...one, outcome: '4' }],
    ['a read of nothing', () => as('clinic-doctor').get('Condition/nothing'), 404, { ...one, outcome: '4' }],
    ['a person that is refused', () => as('hospital-doctor').get('Patient/nobody'), 404, { ...one, outcome: '4' }],
    ['a summary that is refused', () => as('clinic-doctor').get('Patient/nobody/$summary'), 404, { ...one, outcome: '4' }],
    ['a whole record that is refused', () => as('clinic-system').get('Patient/nobody/$everything'), 404, { ...one, outcome: '4' }],
    ['a history that is refused', () => as('clinic-doctor').get('Patient/nobody/_history'), 404, { ...one, outcome: '4' }],
  ]

  test.each(requests)('%s leaves exactly one entry, which says who, what and how it ended', async (_title, ask, status, event) => {
    const done = await eventsOf(ask)
    expect(done.status).toBe(status)
    expect(done.events).toHaveLength(1)
    expect(done.events[0]).toMatchObject(event)
    expect(validate(done.events[0]).filter((issue) => issue.severity === 'error')).toEqual([])
    const text = JSON.stringify(done.events[0])
    expect(text).toContain('"requestor":true')
    expect(text).toContain('urn:ietf:params:oauth:jti:')
  })

  test('what the token alone refuses, and what is not understood, reaches no record and leaves no entry', async () => {
    for (const [ask, status] of [
      [() => gateway().raw('/fhir/R4/Patient'), 401],
      [() => as('auditor').get('Patient'), 403],
      [() => as('clinic-doctor').get('Patient?colour=blue'), 400],
      [() => as('clinic-system').put('Condition/own', { resourceType: 'Condition', id: 'own' }), 400],
      [() => as('clinic-system').put('Condition/own', condition('own', 'C-0002', 'I10'), { 'if-match': 'W/"99"' }), 412],
      [() => as('clinic-system').get('Spaceship'), 404],
      [() => as('clinic-doctor').get('Organization/clinic'), 200],
      [() => gateway().raw('/fhir/R4/metadata'), 200],
    ] as const) {
      expect(await eventsOf(ask)).toEqual({ status, events: [] })
    }
  })

  test('a batch leaves one entry for each of its own requests', async () => {
    const get = (url: string) => ({ request: { method: 'GET', url } })
    const batch = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [get('Condition/own'), get('Condition/nothing'), get('Condition?code=I11')],
    }
    const { events } = await eventsOf(() => as('clinic-system').post('', batch))
    // they are asked together and stand in the order they were answered in
    expect(events.map((event) => `${String(event['action'])} ${String(event['outcome'])}`).sort()).toEqual(['E 0', 'R 0', 'R 4'])
  })

  test('a repeat that is answered from memory changed nothing and leaves no second entry', async () => {
    const bundle = transaction([observation('repeated', 'C-0002')], { identifier: { system: 'urn:example', value: 'ledger-1' } })
    expect((await eventsOf(() => as('clinic-system').post('', bundle))).events).toHaveLength(1)
    expect((await eventsOf(() => as('clinic-system').post('', bundle))).events).toHaveLength(0)
  })

  test('a consent, an answer to a referral and a withdrawal are entries about the person', async () => {
    const kindOf = (event: Body) => JSON.stringify(event['subtype']).match(/"code":"([^"]*)"/)?.[1]
    const about = (events: readonly Body[]) => [events.map(kindOf), JSON.stringify(events).includes(`Patient/${person}`)]
    let consent: Reply | undefined
    const written = await eventsOf(async () => (consent = await writeConsent(gateway(), 2, 1)))
    expect(about(written.events)).toEqual([['create'], true])
    const task = taskOf(await as('clinic-system').post('', referral('answered', 2)))
    const { headers } = await as('tertiary-coordinator').get(`Task/${task}`)
    await eventsOf(() => as('clinic-system').get('Condition/own'))
    const accept = [{ op: 'replace', path: '/status', value: 'accepted' }]
    const ifMatch = { 'if-match': headers.get('etag') ?? '' }
    const answered = await eventsOf(() => as('tertiary-coordinator').patch(`Task/${task}`, accept, ifMatch))
    expect([answered.status, ...about(answered.events)]).toEqual([200, ['referral-response'], true])
    const ended = await eventsOf(async () => withdraw(gateway(), 2, consent ?? (await writeConsent(gateway(), 2, 1))))
    expect([ended.status, ...about(ended.events)]).toEqual([200, ['patch'], true])
  })

  test('a refusal names the person and the consents asked, and never the hidden record', async () => {
    const { events } = await eventsOf(() => as('clinic-doctor').get(`Condition/${hidden}`))
    const entities = JSON.stringify(events[0]?.['entity'])
    expect(entities).toContain(`Patient/${person}`)
    expect(entities.replaceAll(`/Condition/${hidden}"`, '')).not.toContain(`"reference":"Condition/${hidden}`)
  })

  test('what was asked for is written as names without values', async () => {
    const { events } = await eventsOf(() => as('clinic-doctor').get(`Patient?name=Zq7canary&identifier=urn:x|900101-1234567&_count=3`))
    const text = JSON.stringify(events)
    expect(text).toContain('name=***&identifier=***&_count=***')
    expect(text).not.toMatch(/Zq7canary|900101/)
  })

  test('every entry is canonical JSON, its hash is of exactly these bytes, and its id begins with its time', async () => {
    const rows = await rowsAfter(gateway(), 0)
    expect(rows.length).toBeGreaterThan(30)
    for (const { body, hash } of rows) {
      expect(canonicalize(JSON.parse(body))).toBe(body)
      expect(leafHash(body)).toEqual(hash)
      const { id, recorded } = JSON.parse(body) as { id: string; recorded: string }
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
      expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(Date.parse(recorded))
    }
  })

  test('a patient reads the entries about themselves, and no others', async () => {
    const own = await as('patient-2').get('AuditEvent?_count=100')
    expect(own.body.total).toBeGreaterThan(5)
    for (const event of found(own)) expect(JSON.stringify(event['entity'])).toContain(`Patient/${person}`)
    await feed(gateway(), 'clinic', [patient('clinic', 3)])
    const stranger = await personId(gateway(), 3)
    expect((await as('patient-2').get(`AuditEvent?patient=${stranger}`)).body.total).toBe(0)
    const foreign = found(await as('privacy-officer').get(`AuditEvent?patient=${stranger}`))[0]?.id ?? ''
    expect((await as('auditor').get(`AuditEvent/${foreign}`)).status).toBe(200)
    expect((await as('patient-2').get(`AuditEvent/${foreign}`)).status).toBe(404)
  })

  test('the officer searches by person and by time', async () => {
    const total = async (query: string) =>
      (await as('privacy-officer').get(`AuditEvent?patient=${person}&_count=0&${query}`)).body.total ?? -1
    const today = new Date().toISOString()
    const before = await total(`date=le${today}`)
    // deliveries about the same person may still be entered while this runs
    const after = await total(`date=gt${today}`)
    expect(before).toBeGreaterThan(5)
    expect(await total(`date=lt${today}`)).toBeLessThanOrEqual(before)
    expect(await total('')).toBeGreaterThanOrEqual(before + after)
    expect(await total('date=ge2100-01-01')).toBe(0)
    expect(await total('date=ge2020-01-01&date=lt2021-01-01')).toBe(0)
    expect((await as('privacy-officer').get('AuditEvent?date=ne2020-01-01')).status).toBe(400)
    expect((await as('privacy-officer').get('AuditEvent?agent=x')).status).toBe(400)
  })
})

describe('logs and metrics of a gateway in a process of its own', () => {
  const canaries = ['Zq7name', 'Zq7street', 'Zq7number', 'Zq7id', 'zq7word', 'Zq7query', 'Zq7note', 'Zq7header']
  let running: TestProcess
  let database: Made
  let client: Omit<TestGateway, 'context' | 'close'>
  beforeAll(async () => {
    database = await unopenedDatabase('PGlite')
    const dataDir = 'dataDir' in database.source ? database.source.dataDir : ''
    // one institution's adapter cannot even listen: the others are served all the same
    const setup = await gatewaySetup({ tertiary: 'broken' })
    writeFileSync(join(dataDir, 'gateway.json'), JSON.stringify(setup.content))
    const program = fileURLToPath(new URL('../../bin/carenet.mjs', import.meta.url))
    running = startNode([program, 'serve', '--config', join(dataDir, 'gateway.json')], {
      env: { CARENET_DATA_DIR: dataDir, LOG_LEVEL: 'trace' },
    })
    await running.line(/^gateway /)
    client = clientOf(setup)
  })
  afterAll(async () => {
    await running.stop()
    await database.remove()
  })

  test('hold no name, number, id or word of what was sent, whether it was taken or refused', async () => {
    const person = patient('clinic', 1, {
      id: 'Zq7id',
      name: [{ text: 'Zq7name' }],
      address: [{ text: 'Zq7street' }],
      identifier: [{ system: 'urn:x', value: 'Zq7number' }],
    })
    const system = client.as('clinic-system')
    const doctor = client.as('clinic-doctor')
    await system.post('', transaction([person, observation('zq7word', 'Zq7id', { note: [{ text: 'Zq7note' }] })]))
    const replies = [
      await system.get('Observation/zq7word'),
      await system.get('Patient/Zq7id/$everything'),
      await doctor.get('Patient?name=Zq7query'),
      await doctor.get('Patient/zq7word/$summary'),
      await doctor.get('Zq7word/zq7word'),
      await client.raw('/zq7word/Zq7name'),
      await system.put('Patient/Zq7id', { ...person, gender: 'Zq7note' }),
      await system.send('PUT', 'Patient/Zq7id', { 'content-type': 'application/fhir+json' }, '{"Zq7note'),
      await system.post('Patient', {
        ...person,
        id: undefined,
        managingOrganization: { reference: 'https://Zq7note.example/Organization/1' },
      }),
      await client.raw('/fhir/R4/Patient?name=Zq7query', { headers: { authorization: 'Bearer Zq7header', 'user-agent': 'Zq7header' } }),
      await client.raw('/oauth/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'Zq7note', assertion: 'Zq7header' }) }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 404, 404, 404, 400, 400, 422, 401, 400])
    const metrics = (await client.raw('/metrics')).text
    expect(metrics).toContain('carenet_requests_total{method="GET",route="/fhir/R4/Observation/:id",status="200"} 1')
    const log = running.output()
    expect(log.split('\n').filter((line) => line.includes('"event":"request"')).length).toBeGreaterThanOrEqual(replies.length)
    for (const canary of canaries)
      expect({ canary, inLog: log.includes(canary), inMetrics: metrics.includes(canary) }).toEqual({
        canary,
        inLog: false,
        inMetrics: false,
      })
  })

  test('grow with the routes there are, not with what strangers ask for', async () => {
    for (let at = 0; at < 30; at += 1) await client.raw(`/fhir/R4/Stranger${'x'.repeat(at)}/a/b`)
    const routes = new Set(
      [...(await client.raw('/metrics')).text.matchAll(/carenet_requests_total\{[^}]*route="([^"]*)"/g)].map(([, route]) => route),
    )
    expect(routes.size).toBeLessThan(12)
  })
})
