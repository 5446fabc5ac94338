/** Whose record is it? Certain links by itself, possible waits for a person, none stands alone. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import type { Body } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { condition, feed, found, numberAt, numberSystemOf, observation, patient, writeConsent, type InstitutionId } from './records.ts'

/** A record that says too little to be sure: same name and birth day, neither phone nor address. */
const bare = { telecom: undefined, address: undefined }
const decision = (verdict: string, more: readonly object[] = []) => [
  { op: 'replace', path: '/status', value: 'completed' },
  { op: 'add', path: '/output', value: [{ type: { text: 'decision' }, valueCode: verdict }, ...more] },
]

/** Persons and Patient records an event names. */
const peopleIn = (event: Body | undefined): readonly (string | undefined)[] =>
  [...JSON.stringify(event?.['entity'] ?? []).matchAll(/"Patient\/([0-9a-f-]{36})[/"]/g)].map(([, id]) => id)

eachGateway('identity', { isSameOnBoth: true }, (gateway) => {
  const as = (name: string) => gateway().as(name)
  /** The person an institution's own doctor finds by the institution's own number. */
  const personAt = async (institution: InstitutionId, number: number): Promise<string> => {
    const query = `identifier=${numberSystemOf(institution)}|${numberAt(institution, number)}`
    const [only, second] = found(await as(`${institution}-doctor`).get(`Patient?${query}`))
    expect([only === undefined, second]).toEqual([false, undefined])
    return only?.id ?? ''
  }
  const reviewsOf = async (institution: InstitutionId, person: string): Promise<readonly Body[]> => {
    const tasks = found(await as(`${institution}-doctor`).get(`Task?patient=${person}`))
    return tasks.filter((task) => JSON.stringify(task['code']).includes('identity-review'))
  }
  const numbersOf = async (name: string): Promise<readonly string[]> => {
    const [person] = found(await as(name).get('Patient'))
    // identifiers as the builder of this suite writes them
    return ((person?.['identifier'] ?? []) as { value: string }[]).map(({ value }) => value).toSorted()
  }

  test('records that agree in name, birth day, sex and phone are one person everywhere', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1)])
    await feed(gateway(), 'hospital', [patient('hospital', 1, { address: undefined })])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1, { telecom: undefined })])
    const persons = new Set([await personAt('clinic', 1), await personAt('hospital', 1), await personAt('tertiary', 1)])
    expect(persons.size).toBe(1)
    expect(await numbersOf('patient-1')).toEqual(['C-0001', 'H-0001', 'T-0001'])
  })

  test('two people of one name and birth day stay two until a person has looked', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 7)])
    await feed(gateway(), 'hospital', [patient('hospital', 8)])
    const [seven, eight] = [await personAt('clinic', 7), await personAt('hospital', 8)]
    expect(seven).not.toBe(eight)
    const [review, second] = await reviewsOf('hospital', eight)
    expect([review?.status, second]).toEqual(['requested', undefined])
    expect(review).toMatchObject({ for: { reference: `Patient/${eight}` }, owner: { reference: 'Organization/hospital' } })
    // grades per field, no values: the candidate is a stranger until somebody decides
    expect(JSON.stringify(review?.['input'])).toContain('phone: disagree')
    expect(JSON.stringify(review)).not.toMatch(/5501|1990-03-03|서부로|시민대로|김민준/)
    expect(await reviewsOf('clinic', seven)).toEqual([])
    expect((await as('clinic-coordinator').get(`Task/${review?.id ?? ''}`)).status).toBe(404)
  })

  test('decided to be different, they stay two, and the same records raise the question no more', async () => {
    const eight = await personAt('hospital', 8)
    const [review] = await reviewsOf('hospital', eight)
    const path = `Task/${review?.id ?? ''}`
    const ifMatch = { 'if-match': 'W/"1"' }
    expect((await as('clinic-coordinator').patch(path, decision('different'), ifMatch)).status).toBe(404)
    expect((await as('hospital-coordinator').patch(path, decision('perhaps'), ifMatch)).status).toBe(422)
    const decided = await as('hospital-coordinator').patch(path, decision('different'), ifMatch)
    expect([decided.status, decided.body.status]).toEqual([200, 'completed'])
    expect((await as('hospital-coordinator').patch(path, decision('same'), { 'if-match': 'W/"2"' })).status).toBe(422)
    await feed(gateway(), 'hospital', [patient('hospital', 8, { maritalStatus: { text: 'married' } })])
    expect(await personAt('hospital', 8)).toBe(eight)
    expect(await personAt('clinic', 7)).not.toBe(eight)
    expect((await reviewsOf('hospital', eight)).map((task) => task.status)).toEqual(['completed'])
  })

  test('decided to be the same, two persons become one and the old id still answers', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 6), condition('before', 'C-0006', 'I10')])
    await feed(gateway(), 'hospital', [patient('hospital', 6, bare), condition('theirs', 'H-0006', 'I48')])
    const [kept, old] = [await personAt('clinic', 6), await personAt('hospital', 6)]
    expect(old).not.toBe(kept)
    const seen = found(await as('hospital-doctor').get('Condition?patient=H-0006'))
    expect(seen[0]).toMatchObject({ subject: { reference: `Patient/${old}` } })
    const [review] = await reviewsOf('hospital', old)
    const decided = await as('hospital-doctor').patch(`Task/${review?.id ?? ''}`, decision('same'), { 'if-match': 'W/"1"' })
    expect(decided.status).toBe(200)
    expect(await personAt('hospital', 6)).toBe(kept)
    expect(await numbersOf('patient-6')).toEqual(['C-0006', 'H-0006'])
    const byOld = await as('hospital-doctor').get(`Patient/${old}`)
    expect([byOld.status, byOld.body.id]).toEqual([200, kept])
    expect((await as('hospital-doctor').get(`Condition?patient=${old}`)).body.total).toBe(1)
    expect(found(await as('hospital-doctor').get('Condition?patient=H-0006'))[0]).toMatchObject({
      subject: { reference: `Patient/${kept}` },
    })
  })

  test('after a merge the patient still reads who looked at either record before', async () => {
    const events = found(await as('patient-6').get('AuditEvent?_count=200'))
    const persons = new Set(
      events.flatMap((event) => [...JSON.stringify(event['entity']).matchAll(/Patient\/([0-9a-f-]{36})"/g)].map(([, id]) => id)),
    )
    expect(persons.size).toBe(2)
  })

  test('a patient who was found among others reads that, and not who the others were', async () => {
    expect((await as('clinic-doctor').get('Patient?gender=male')).body.total).toBeGreaterThan(1)
    const newest = found(await as('patient-6').get('AuditEvent?_count=1'))[0]
    const persons = peopleIn(newest)
    expect(persons).toEqual([await personAt('clinic', 6)])
    expect(JSON.stringify(newest)).toContain('gender=***')
    expect(peopleIn((await as('auditor').get(`AuditEvent/${newest?.id ?? ''}`)).body).length).toBeGreaterThan(1)
    expect(peopleIn((await as('patient-6').get(`AuditEvent/${newest?.id ?? ''}`)).body)).toEqual(persons)
  })

  test('a consent written before a merge rules over both records after it', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 3), condition('c3', 'C-0003', 'I10')])
    await writeConsent(gateway(), 3, 1)
    await feed(gateway(), 'hospital', [patient('hospital', 3, bare), condition('h3', 'H-0003', 'I11')])
    const person = await personAt('clinic', 3)
    const [review] = await reviewsOf('hospital', await personAt('hospital', 3))
    await as('hospital-doctor').patch(`Task/${review?.id ?? ''}`, decision('same'), { 'if-match': 'W/"1"' })
    // a consent that permits the network shows need to nobody in particular: the open encounter does
    await feed(gateway(), 'hospital', [
      {
        resourceType: 'Encounter',
        id: 'now',
        status: 'in-progress',
        class: { system: system.encounterClass, code: 'AMB' },
        subject: { reference: 'Patient/H-0003' },
      },
    ])
    const seen = await as('hospital-doctor').get(`Condition?patient=${person}`)
    expect(
      found(seen)
        .map((each) => JSON.stringify(each['code']).replaceAll(/.*"code":"(I1\d)".*/g, '$1'))
        .toSorted(),
    ).toEqual(['I10', 'I11'])
  })

  test('one institution’s two numbers are two people, however alike', async () => {
    const twin = { ...patient('clinic', 2), id: 'C-9002', identifier: [{ system: numberSystemOf('clinic'), value: 'C-9002' }] }
    await feed(gateway(), 'clinic', [patient('clinic', 2), twin])
    const persons = found(await as('clinic-doctor').get('Patient?birthdate=1957-11-02')).map((each) => each.id)
    expect(new Set(persons).size).toBe(2)
  })

  test('of several who are as like what was asked, the one written last is told first', async () => {
    const ids = ['A-1', 'A-2', 'A-3', 'A-4', 'A-5']
    for (const id of ids) {
      await feed(gateway(), 'clinic', [patient('clinic', 5, { id, identifier: [{ system: numberSystemOf('clinic'), value: id }] })])
      // no two of one millisecond
      await pause(2)
    }
    const matched = await as('clinic-doctor').post('Patient/$match', patient('clinic', 5, { id: undefined, identifier: undefined }))
    const told = found(matched).map((match) => (match['identifier'] as { value: string }[])[0]?.value)
    expect(told).toEqual(ids.toReversed())
  })

  test('somebody nobody else knows is a person of their own, without a question to anybody', async () => {
    await feed(gateway(), 'tertiary', [patient('tertiary', 9)])
    expect(await reviewsOf('tertiary', await personAt('tertiary', 9))).toEqual([])
  })

  test('a record that comes before its patient belongs to the same person afterwards', async () => {
    await feed(gateway(), 'clinic', [observation('early', 'C-0005')])
    await feed(gateway(), 'tertiary', [patient('tertiary', 5)])
    await feed(gateway(), 'clinic', [patient('clinic', 5)])
    expect(await personAt('clinic', 5)).toBe(await personAt('tertiary', 5))
    expect((await as('clinic-doctor').get(`Observation?patient=${await personAt('clinic', 5)}`)).body.total).toBe(1)
  })

  test('a resident number stays at the institution: it is dropped, noted by its place, and never stored', async () => {
    const own = { system: numberSystemOf('clinic'), value: 'C-0004' }
    const typed = { type: { coding: [{ system: system.v2IdentifierType, code: 'SS' }] }, value: 'whatever-it-is' }
    const bySight = { system: 'urn:example:id', value: '850130-1234567' }
    const foreigner = { type: { coding: [{ system: system.v2IdentifierType, code: 'NNKOR' }] }, value: '8501305234567' }
    await feed(gateway(), 'clinic', [patient('clinic', 4, { identifier: [own, typed, bySight, foreigner] })])
    expect((await as('clinic-system').get('Patient/C-0004')).body).toMatchObject({ identifier: [own] })
    expect((await as('clinic-system').get(`Patient?identifier=${bySight.system}|${bySight.value}`)).body.total).toBe(0)
    const { sql } = gateway().context.store
    const kept = ['text from record', 'people_text from record', 'text from record_version', 'code from record_index', 'body from ledger']
    const stored = await sql.query(
      `select * from (${kept.map((column) => `select ${column}`).join(' union all ')}) every(text) where text ~ '850130-?[15]234567|whatever-it-is'`,
    )
    expect(stored.rows).toEqual([])
    const gaps = await sql.query<{ gap: string; element: string }>(`select gap, element from gap where institution = 'clinic'`)
    expect(gaps.rows).toEqual([{ gap: 'dropped-by-law', element: 'Patient.identifier' }])
  })
})
