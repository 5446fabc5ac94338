/**
 * The law above all (consent.md): a reply of a store that holds records a caller is refused equals the reply of a store that never held
 * them. Two gateways, one with and one without; the same requests; the same bytes, once ids, times and sealed links are masked.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import { eachDatabase, hasPostgres } from '../support/databases.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import {
  condition,
  encounter,
  feed,
  found,
  numberSystemOf,
  observation,
  openEncounter,
  patient,
  personId,
  writeConsent,
  type InstitutionId,
  type Sent,
} from './records.ts'

interface Stored {
  readonly at: InstitutionId
  readonly resource: Sent
  /** refused to the tertiary hospital's people */
  readonly hidden?: true
}

const at = (id: string) => ({ encounter: { reference: `Encounter/${id}` } })

/** 4 permits the network but not psychiatry, 2 consents to nothing, 7 is known to the clinic alone. In an order that mixes them. */
const records: readonly Stored[] = [
  { at: 'clinic', resource: patient('clinic', 7), hidden: true },
  { at: 'clinic', resource: patient('clinic', 4) },
  { at: 'hospital', resource: patient('hospital', 4, { maritalStatus: { text: 'single' } }) },
  { at: 'tertiary', resource: patient('tertiary', 4) },
  { at: 'tertiary', resource: openEncounter('now-4', 'T-0004', '01') },
  { at: 'clinic', resource: condition('c-1', 'C-0004', 'I10', { recordedDate: '2026-01-05' }) },
  { at: 'hospital', resource: encounter('psy', 'H-0004', '03'), hidden: true },
  { at: 'hospital', resource: condition('p-1', 'H-0004', 'F32', { ...at('psy'), recordedDate: '2026-01-04' }), hidden: true },
  { at: 'hospital', resource: encounter('med', 'H-0004', '01') },
  { at: 'hospital', resource: condition('h-1', 'H-0004', 'E11', { ...at('med'), recordedDate: '2026-01-03' }) },
  { at: 'hospital', resource: condition('p-2', 'H-0004', 'A00', { ...at('psy'), recordedDate: '2026-01-01' }), hidden: true },
  { at: 'hospital', resource: observation('p-3', 'H-0004', { ...at('psy'), valueQuantity: { value: 9 } }), hidden: true },
  { at: 'tertiary', resource: condition('t-1', 'T-0004', 'K29', { recordedDate: '2026-01-02' }) },
  { at: 'tertiary', resource: observation('t-2', 'T-0004') },
  { at: 'hospital', resource: condition('p-4', 'H-0004', 'Z99', at('psy')), hidden: true },
  { at: 'clinic', resource: patient('clinic', 2), hidden: true },
  { at: 'clinic', resource: condition('c-2', 'C-0002', 'F20'), hidden: true },
  { at: 'tertiary', resource: patient('tertiary', 2) },
  { at: 'tertiary', resource: openEncounter('now-2', 'T-0002', '24') },
  { at: 'hospital', resource: patient('hospital', 2), hidden: true },
  { at: 'hospital', resource: condition('h-2', 'H-0002', 'B20'), hidden: true },
  { at: 'tertiary', resource: condition('t-3', 'T-0002', 'I10') },
]

/** The same for both stores: P4, P2 and P7 are the persons, HIDDEN a psychiatric condition or, where there is none, an id of nothing. */
const paths: readonly string[] = [
  'Patient/P4',
  'Patient/P2',
  'Patient/P7',
  'Patient',
  'Patient?_sort=birthdate',
  'Patient?_count=1',
  'Patient?_count=0',
  'Patient?birthdate=1957-11-02',
  `Patient?name=${encodeURIComponent('오')}`,
  'Patient?_id=P2',
  'Patient?_id=P7',
  ...(['clinic', 'hospital', 'tertiary'] as const).flatMap((id) => {
    const letter = { clinic: 'C', hospital: 'H', tertiary: 'T' }[id]
    return [2, 4, 7].map((number) => `Patient?identifier=${numberSystemOf(id)}|${letter}-000${number}`)
  }),
  ...['P4', 'P2', 'P7'].flatMap((person) => [
    `Condition?patient=${person}`,
    `Condition?patient=${person}&_count=0`,
    `Condition?patient=${person}&code=F32,F20,B20,A00`,
    `Task?patient=${person}`,
    `Patient/${person}/$everything`,
    `Patient/${person}/$summary`,
  ]),
  ...['P4', 'P2'].flatMap((person) => [
    `Condition?patient=${person}&_count=1&_sort=code`,
    `Condition?patient=${person}&_sort=-code`,
    `Condition?patient=${person}&_sort=recorded-date`,
    `Condition?patient=${person}&code:not=E11`,
    `Condition?patient=${person}&encounter:missing=false`,
    `Condition?subject=Patient/${person}`,
    `Observation?patient=${person}`,
    `Encounter?patient=${person}&_sort=date`,
    `Consent?patient=${person}`,
    `Patient/${person}/$everything?_type=Condition`,
    `Patient/${person}/$everything?_type=Patient`,
  ]),
  'Condition?patient=P4&_count=2&_sort=-_lastUpdated',
  `Condition?patient=P4&code=${system.kcd8}|`,
  'Condition?patient=P4&recorded-date=ge2026-01-01',
  'Condition?_count=0',
  'Condition?code=F32',
  'Condition?encounter=HIDDEN',
  'Condition?_id=HIDDEN',
  'Condition/HIDDEN',
  'Condition/HIDDEN/_history',
  'Condition/HIDDEN/_history/1',
  'Encounter/HIDDEN',
]

eachDatabase('a store with refused records and a store without them', (_open, engine) => {
  let full: TestGateway
  let bare: TestGateway
  const names = new Map<TestGateway, Readonly<Record<string, string>>>()

  beforeAll(async () => {
    full = await startTestGateway(engine)
    bare = await startTestGateway(engine)
    await Promise.all([fill(full, true), fill(bare, false)])
  })
  afterAll(async () => {
    await full.close()
    await bare.close()
  })

  const fill = async (gateway: TestGateway, withHidden: boolean): Promise<void> => {
    let hasConsent = false
    for (const { at: institution, resource, hidden } of records) {
      if (hidden && !withHidden) continue
      await feed(gateway, institution, [resource])
      // no two records of one millisecond: their order would be that of their random ids
      await pause(2)
      if (!hasConsent && resource.id === 'T-0004') hasConsent = (await writeConsent(gateway, 4)).status === 201
    }
    const hidden = found(await gateway.as('patient-4').get('Condition?code=F32'))[0]?.id
    const person2 = found(await gateway.as('tertiary-doctor').get('Patient?birthdate=1957-11-02'))[0]?.id ?? ''
    names.set(gateway, {
      P4: await personId(gateway, 4),
      P2: person2,
      P7: withHidden ? await personId(gateway, 7) : randomUUID(),
      HIDDEN: hidden ?? randomUUID(),
    })
    expect(hidden === undefined).toBe(!withHidden)
  }

  const ask = async (gateway: TestGateway, name: string, path: string): Promise<Reply> =>
    gateway.as(name).get(path.replaceAll(/P[247]\b(?!-)|HIDDEN/g, (word) => names.get(gateway)?.[word] ?? word))

  const expectSame = async (name: string, path: string): Promise<readonly Reply[]> => {
    const replies = [await ask(full, name, path), await ask(bare, name, path)]
    const [one, other] = [masked(full, replies[0]), masked(bare, replies[1])]
    expect({ name, path, ...one }).toEqual({ name, path, ...other })
    return replies
  }

  test('answer the doctor alike, byte for byte', async () => {
    for (const path of paths) await expectSame('tertiary-doctor', path)
  })

  test.each(['tertiary-coordinator', 'tertiary-system'])('answer the %s alike, byte for byte', async (name) => {
    for (const path of paths.filter((each) => /everything|_count|identifier|Task|HIDDEN/.test(each))) await expectSame(name, path)
  })

  test('give the doctor the same pages, one after another', async () => {
    for (const first of ['Condition?patient=P4&_count=1&_sort=code', 'Condition?_count=2', 'Patient?_count=1&_sort=birthdate']) {
      let [one, other] = await expectSame('tertiary-doctor', first)
      for (let page = 0; page < 6; page += 1) {
        const [next, otherNext] = [nextOf(one), nextOf(other)]
        expect(next === undefined).toBe(otherNext === undefined)
        if (next === undefined || otherNext === undefined) break
        ;[one, other] = [await full.as('tertiary-doctor').get(next), await bare.as('tertiary-doctor').get(otherNext)]
        expect(masked(full, one)).toEqual(masked(bare, other))
      }
    }
  })

  test('show every record the doctor may see alike, by read, version and history', async () => {
    for (const [type, query] of [
      ['Condition', 'patient=P4&_sort=code'],
      ['Encounter', 'patient=P4&_sort=date'],
      ['Condition', 'patient=P2'],
    ]) {
      const [one, other] = (await expectSame('tertiary-doctor', `${type}?${query}`)).map((reply) =>
        found(reply).map((each) => each.id ?? ''),
      )
      expect(one?.length).toBeGreaterThan(0)
      for (const [index, id] of (one ?? []).entries()) {
        for (const tail of ['', '/_history', '/_history/1', '/_history/2']) {
          const [here, there] = [`${type}/${id}${tail}`, `${type}/${other?.[index] ?? ''}${tail}`]
          expect(masked(full, await full.as('tertiary-doctor').get(here))).toEqual(
            masked(bare, await bare.as('tertiary-doctor').get(there)),
          )
        }
      }
    }
  })

  test('answer a match on what the hospital itself knows of the patient alike', async () => {
    for (const number of [2, 4, 7]) {
      const { id: _, identifier: __, ...asked } = patient('clinic', number)
      const [one, other] = [
        await full.as('tertiary-doctor').post('Patient/$match', asked),
        await bare.as('tertiary-doctor').post('Patient/$match', asked),
      ]
      expect(masked(full, one)).toEqual(masked(bare, other))
    }
  })

  test('differ where they should: the patient sees it all', async () => {
    const [one, other] = [await ask(full, 'patient-4', 'Condition?patient=P4'), await ask(bare, 'patient-4', 'Condition?patient=P4')]
    expect([one.body.total, other.body.total]).toEqual([6, 3])
  })

  test('a change to what is refused changes no version that others hold', async () => {
    const before = await ask(full, 'tertiary-doctor', 'Patient/P4')
    await feed(full, 'hospital', [condition('p-1', 'H-0004', 'F33', at('psy')), condition('p-9', 'H-0004', 'F34', at('psy'))])
    const { headers, text } = await ask(full, 'tertiary-doctor', 'Patient/P4')
    expect([headers.get('etag'), text]).toEqual([before.headers.get('etag'), before.text])
    await expectSame('tertiary-doctor', 'Condition?patient=P4&_sort=-_lastUpdated')
    await expectSame('tertiary-doctor', 'Patient/P4/$everything')
  })
})

describe('an institution that is away', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startTestGateway(hasPostgres ? 'PostgreSQL' : 'PGlite', { tertiary: 'away' })
    await feed(gateway, 'clinic', [patient('clinic', 2), patient('clinic', 4)])
    await feed(gateway, 'hospital', [patient('hospital', 4)])
    await writeConsent(gateway, 4)
    while (!gateway.context.health.isDown('tertiary')) await pause(20)
  })
  afterAll(async () => gateway.close())

  test('is named to everybody alike, whether it knows the patient, was permitted, or was not even asked', async () => {
    const noticesOf = async (number: number, name: string): Promise<readonly string[]> => {
      const reply = await gateway.as(name).get(`Patient/${await personId(gateway, number)}/$everything`)
      expect(reply.status).toBe(200)
      return (reply.body.entry ?? []).filter(({ search }) => search?.mode === 'outcome').map(({ resource }) => JSON.stringify(resource))
    }
    const [told] = await noticesOf(4, 'clinic-doctor')
    expect(told).toContain('누리대학교병원 did not answer')
    for (const [number, name] of [
      [2, 'clinic-doctor'],
      [2, 'patient-2'],
      [4, 'patient-4'],
      [4, 'hospital-doctor'],
    ] as const)
      expect(await noticesOf(number, name)).toEqual(await noticesOf(4, 'clinic-doctor'))
  })

  test('does not keep the rest of the network waiting', async () => {
    const startedAt = performance.now()
    const reply = await gateway.as('clinic-doctor').get(`Patient/${await personId(gateway, 4)}/$summary`)
    expect([reply.status, performance.now() - startedAt < 4000]).toEqual([200, true])
  })
})

function nextOf(reply: Reply | undefined): string | undefined {
  return reply?.body.link?.find((link) => link.relation === 'next')?.url.split('/fhir/R4/')[1]
}

/** Ids by the order in which they appear, times and sealed links by a word; whatever is left must be equal. */
function masked(gateway: TestGateway, reply: Reply | undefined): { status: number | undefined; headers: object; text: string } {
  const ids = new Map<string, string>()
  const words = (text: string): string =>
    text
      .replaceAll(gateway.url, 'BASE')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
        ids.set(id, ids.get(id) ?? `id-${ids.size}`)
        return ids.get(id) ?? ''
      })
      .replaceAll(/_page=[\w-]+/g, '_page=sealed')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, 'TIME')
      .replaceAll(/(versionId":"|W\/")[\w-]{22}"/g, '$1hash"')
  const headers = [...(reply?.headers ?? [])].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name))
  const text = words(reply?.text ?? '')
  return { status: reply?.status, headers: Object.fromEntries(headers.map(([name, value]) => [name, words(value)])), text }
}
