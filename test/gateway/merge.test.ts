/** An institution merges two of its own patient numbers: the records follow, and nobody comes under another's consent unasked. */
import { expect, test } from '@jest/globals'
import type { Body } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { condition, feed, found, numberSystemOf, observation, patient, writeConsent, type InstitutionId } from './records.ts'

/** What ADT^A40 becomes: the one who stays, and the one who is given up with its link. */
const merge = (survivor: string, merged: string) => [
  { resourceType: 'Patient', id: survivor, identifier: [{ system: numberSystemOf('hospital'), value: survivor }] },
  {
    resourceType: 'Patient',
    id: merged,
    active: false,
    identifier: [{ system: numberSystemOf('hospital'), value: merged }],
    link: [{ other: { reference: `Patient/${survivor}` }, type: 'replaced-by' }],
  },
]

/** A second number of a seeded person at one institution. */
const second = (institution: InstitutionId, number: number, id: string, more: object = {}) => ({
  ...patient(institution, number, { identifier: [{ system: numberSystemOf(institution), value: id }], ...more }),
  id,
})

eachGateway('merge of patient numbers', {}, (gateway) => {
  const as = (name: string) => gateway().as(name)
  const personAt = async (id: string, institution: InstitutionId = 'hospital'): Promise<string> => {
    const [only, other] = found(await as(`${institution}-doctor`).get(`Patient?identifier=${numberSystemOf(institution)}|${id}`))
    expect([only === undefined, other]).toEqual([false, undefined])
    return only?.id ?? ''
  }
  const reviews = async (person: string): Promise<readonly Body[]> =>
    found(await as('hospital-coordinator').get(`Task?patient=${person}`)).filter((task) =>
      JSON.stringify(task['code']).includes('identity-review'),
    )
  const codes = async (person: string): Promise<readonly string[]> =>
    found(await as('hospital-doctor').get(`Condition?patient=${person}`)).map(({ id }) => id ?? '')

  test('two numbers of one person: what was under the one given up is found under the one who stays', async () => {
    await feed(gateway(), 'hospital', [patient('hospital', 1), observation('o-1', 'H-0001')])
    await feed(gateway(), 'hospital', [second('hospital', 1, 'H-0101'), condition('c-1', 'H-0101', 'I10')])
    const [before, other] = [await personAt('H-0001'), await personAt('H-0101')]
    expect(before).not.toBe(other)
    await feed(gateway(), 'hospital', merge('H-0001', 'H-0101'))
    expect(await personAt('H-0101')).toBe(before)
    expect((await codes(before)).length).toBe(1)
    expect(await codes(other)).toEqual(await codes(before))
    const [person] = found(await as('hospital-doctor').get(`Patient?_id=${before}`))
    // the demographics a merge does not repeat are still there
    expect([person?.['birthDate'] !== undefined, person?.['active']]).toEqual([true, undefined])
    expect(await reviews(before)).toEqual([])
  })

  test('the record given up is inactive and linked, and a late message for it changes neither', async () => {
    await feed(gateway(), 'hospital', [second('hospital', 1, 'H-0101'), observation('o-late', 'H-0101')])
    await feed(gateway(), 'hospital', merge('H-0001', 'H-0101'))
    const { context } = gateway()
    const { rows } = await context.store.sql.query<{ local_id: string; text: string }>(
      `select local_id, text from record where institution = 'hospital' and type = 'Patient' and local_id in ('H-0001', 'H-0101') order by local_id`,
    )
    const [survivor, merged] = rows.map(({ text }) => JSON.parse(text) as Record<string, unknown>)
    expect(survivor).toMatchObject({ link: [{ other: { reference: 'Patient/H-0101' }, type: 'replaces' }] })
    expect(merged).toMatchObject({ active: false, link: [{ other: { reference: 'Patient/H-0001' }, type: 'replaced-by' }] })
    expect(JSON.stringify(survivor)).toContain('birthDate')
    const person = await personAt('H-0001')
    expect(found(await as('hospital-doctor').get(`Observation?patient=${person}`)).length).toBe(2)
  })

  test('a number nobody ever sent lands as a linked record of the one who stays', async () => {
    await feed(gateway(), 'hospital', merge('H-0001', 'H-0999'))
    expect(await personAt('H-0999')).toBe(await personAt('H-0001'))
  })

  test('different people by their own demographics: two they stay, and a person is asked', async () => {
    await feed(gateway(), 'hospital', [second('hospital', 2, 'H-0102')])
    await feed(gateway(), 'hospital', merge('H-0001', 'H-0102'))
    const [one, two] = [await personAt('H-0001'), await personAt('H-0102')]
    expect(one).not.toBe(two)
    const [review, more] = await reviews(two)
    expect([review?.status, more]).toEqual(['requested', undefined])
    expect(JSON.stringify(review?.['input'])).toContain('name: disagree')
    await feed(gateway(), 'hospital', merge('H-0001', 'H-0102'))
    expect((await reviews(two)).length).toBe(1)
  })

  test('two consents: until a person has decided, each is under the refusals of both', async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 3)])
    await feed(gateway(), 'hospital', [patient('hospital', 3), condition('c-3', 'H-0003', 'E11.9')])
    const refusing = await personAt('H-0003')
    await writeConsent(gateway(), 3)
    await feed(gateway(), 'hospital', [
      second('hospital', 3, 'H-0103', { telecom: undefined, address: undefined }),
      condition('c-103', 'H-0103', 'J45.9'),
    ])
    const bare = await personAt('H-0103')
    expect(bare).not.toBe(refusing)
    const { context } = gateway()
    const denies = async (person: string): Promise<number> =>
      (await context.store.consents.provisionsOf([person])).filter(({ type }) => type === 'deny').length
    expect(await denies(refusing)).toBeGreaterThan(0)
    expect(await denies(bare)).toBe(0)
    // a consent of its own: now neither is bare
    await context.store.sql.query(
      `insert into provision select consent || '-other', version, $1, controller, path, 'permit', false, '{}', null, null, null, null, null, null, from_ms, until_ms
       from provision where person = $2 and path = ''`,
      [bare, refusing],
    )
    await feed(gateway(), 'hospital', merge('H-0003', 'H-0103'))
    expect(await personAt('H-0103')).toBe(bare)
    expect(await denies(bare)).toBe(await denies(refusing))
    // what the other one permitted permits nothing here
    const foreign = (await context.store.consents.provisionsOf([bare])).filter(
      ({ consent, type }) => type === 'permit' && !consent.endsWith('-other'),
    )
    expect(foreign.every(({ fromMs, untilMs }) => fromMs > untilMs)).toBe(true)
    const [review] = await reviews(bare)
    const decided = await as('hospital-coordinator').patch(
      `Task/${review?.id ?? ''}`,
      [
        { op: 'replace', path: '/status', value: 'completed' },
        { op: 'add', path: '/output', value: [{ type: { text: 'decision' }, valueCode: 'different' }] },
      ],
      { 'if-match': 'W/"1"' },
    )
    expect(decided.status).toBe(200)
    expect([await denies(bare), await personAt('H-0103')]).toEqual([0, bare])
  })
})
