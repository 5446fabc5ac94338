/**
 * Holes found by reading LEAP's consent engine and its enforcing proxy, each re-enacted here: a refusal that fails to evaluate vanishes;
 * only GET is filtered; verdicts joined to records by position; no purpose matches every purpose; the newest consent wins.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { compile } from '../../consent/compile.ts'
import { decide } from '../../consent/decide.ts'
import type { ProvisionRow } from '../../consent/types.ts'
import { matches, view } from '../../consent/view.ts'
import { condition, feed, found, openEncounter, patient, personId, writeConsent, type Sent } from '../gateway/records.ts'
import { hasPostgres } from '../support/databases.ts'
import type { TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import {
  consent,
  input,
  now,
  organization,
  purposes,
  receiver,
  record,
  request,
  rowsOf,
  sandbox,
  unknownModifier,
} from './support/builders.ts'

const canary = 'Zq7canary'
const held = record('clinic', { person: 'person-1' })
const permit = consent({ actor: [receiver(organization('network'))], purpose: purposes('TREAT') })
const asked = request('tertiary')

describe('D1: a refusal that cannot be evaluated still refuses', () => {
  test.each([
    ['an actor that cannot be fetched', { actor: [receiver({ reference: 'Organization/gone' })] }],
    ['an actor of a kind nobody resolves', { actor: [receiver({ reference: 'CareTeam/x' })] }],
    ['a purpose nobody reads', { purpose: [{ system: 'https://example.org/purposes', code: 'x' }] }],
    ['an extension that may turn it round', { modifierExtension: unknownModifier }],
  ])('%s', (_name, stated) => {
    const refusal = consent({ type: 'deny', ...stated }, { id: 'refusal' })
    const rows = rowsOf(permit, refusal)
    expect(
      decide(
        asked,
        rows.filter((row) => row.consent !== 'refusal'),
        held,
        sandbox,
        now,
      ).permit,
    ).toBe(true)
    expect(decide(asked, rows, held, sandbox, now).permit).toBe(false)
    expect(compile(refusal, input()).unreadable).not.toEqual([])
  })
})

describe('D3: a verdict belongs to its record, wherever that stands in a list', () => {
  // two of one patient who refuses, one of nobody, one of a patient who permits: where LEAP's two arrays drift apart
  const rows = (person: string, one: typeof permit): readonly ProvisionRow[] => compile(one, input({ person })).rows
  const byPerson = new Map([
    ['refuses', rows('refuses', consent({ type: 'deny' }))],
    ['permits', rows('permits', permit)],
  ])
  const records = ['refuses', '', 'refuses', 'permits', '', 'permits'].map((person, at) => record('clinic', { person, id: `r-${at}` }))

  test('in every order', () => {
    const { condition: seen } = view(asked, byPerson, sandbox, now)
    const orders = records.map((_, at) => [...records.slice(at), ...records.slice(0, at)]).flatMap((list) => [list, list.toReversed()])
    for (const list of orders) {
      const shown = list.filter((each) => matches(seen, each)).map(({ id }) => id)
      expect(shown.toSorted()).toEqual(['r-3', 'r-5'])
      for (const each of list)
        expect(decide(asked, byPerson.get(each.person) ?? [], each, sandbox, now).permit).toBe(shown.includes(each.id))
    }
  })
})

describe('D4: a request without a purpose matches no purpose', () => {
  test.each([
    ['a permit for any purpose', consent()],
    ['a permit for treatment', permit],
  ])('%s', (_name, one) => {
    const nothing = { ...asked, purposes: [] }
    expect(decide(nothing, rowsOf(one), held, sandbox, now)).toMatchObject({ permit: false, because: [{ rule: 'no-purpose' }] })
    expect(matches(view(nothing, new Map([['person-1', rowsOf(one)]]), sandbox, now).condition, held)).toBe(false)
  })

  test('nor in the own house', () => {
    expect(decide({ ...request('clinic'), purposes: [] }, [], held, sandbox, now).permit).toBe(false)
  })
})

test('beside them: neither the newest consent nor the last in the list wins, every one in force is judged', () => {
  const older = { ...permit, id: 'older', dateTime: '2020-01-01' }
  const newer = { ...permit, id: 'newer', dateTime: '2026-01-01' }
  for (const refusing of ['older', 'newer']) {
    const pair = [older, newer].map((one) => (one.id === refusing ? { ...one, provision: { type: 'deny' as const } } : one))
    for (const list of [pair, pair.toReversed()]) expect(decide(asked, rowsOf(...list), held, sandbox, now).permit).toBe(false)
  }
})

describe('over HTTP', () => {
  let gateway: TestGateway
  let person = ''
  beforeAll(async () => {
    gateway = await startTestGateway(hasPostgres ? 'PostgreSQL' : 'PGlite')
    const told = (id: string, subject: string): Sent => condition(id, subject, 'I10', { note: [{ text: canary }] })
    // by turns, and one that is nobody's between them
    await feed(gateway, 'clinic', [patient('clinic', 1), patient('clinic', 3), patient('clinic', 2)])
    await feed(gateway, 'clinic', [told('a', 'C-0001'), told('b', 'C-0002'), { resourceType: 'Medication', id: 'm' }, told('c', 'C-0001')])
    await feed(gateway, 'tertiary', [
      patient('tertiary', 1),
      patient('tertiary', 2),
      openEncounter('n', 'T-0001', '01'),
      openEncounter('o', 'T-0002', '01'),
    ])
    await writeConsent(gateway, 1)
    person = await personId(gateway, 2)
  })
  afterAll(async () => gateway.close())

  test('D2: a search by POST is filtered as one by GET is, its query and its form alike', async () => {
    const doctor = gateway.as('tertiary-doctor')
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const [asking, shows] of [
      [person, false],
      [await personId(gateway, 1), true],
    ] as const) {
      const replies = [
        await doctor.get(`Condition?patient=${asking}`),
        await doctor.send('POST', 'Condition/_search', form, `patient=${asking}`),
        await doctor.send('POST', `Condition/_search?patient=${asking}`, form, ''),
        await doctor.send('POST', `Condition/_search?patient=${asking}`, form, `patient=${asking}`),
      ]
      expect(replies.map(({ status, text, body }) => [status, text.includes(canary), body.total])).toEqual(
        replies.map(() => [200, shows, shows ? 2 : 0]),
      )
    }
  })

  test('D3: two persons named in one search: of each what their own consent allows, in every order', async () => {
    const both = [person, await personId(gateway, 1)]
    for (const list of [both, both.toReversed()]) {
      for (const sort of ['_id', '-_id', '_lastUpdated']) {
        const reply = await gateway.as('tertiary-doctor').get(`Condition?patient=${list.join(',')}&_sort=${sort}`)
        const subjects = found(reply).map((each) => JSON.stringify(each['subject']))
        expect([reply.body.total, new Set(subjects).size, subjects.some((subject) => subject.includes(person))]).toEqual([2, 1, false])
      }
    }
  })
})
