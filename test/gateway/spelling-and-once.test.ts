/** In whose ids a text goes out, and that a message is taken once: small rules on a real database. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hold, open as opened, type HeldContent } from '../../gateway/held.ts'
import { bodyHash, once, type Outcome } from '../../gateway/once.ts'
import { noOctets, octetsOf, textOf, valueOf } from '../../fhir-profiles/octets.ts'
import { Problem } from '../../gateway/problem.ts'
import { inIdsOf } from '../../gateway/spelling.ts'
import type { Context } from '../../gateway/context.ts'
import { createStore, type Store } from '../../gateway/store/store.ts'
import { eachDatabase } from '../support/databases.ts'
import { plainContent } from '../support/plain-facts.ts'

const content = (more: Partial<HeldContent>): HeldContent =>
  opened(
    hold({
      facts: { id: 'net-o', type: 'Observation', person: 'person-1', custodian: 'clinic', sources: [], classes: [], ...plainContent },
      localId: 'o-1',
      version: '1',
      updatedMs: 0,
      text: octetsOf(
        '{"resourceType":"Observation","id":"o-1","subject":{"reference":"Patient/C-1"},"note":[{"text":"감기"}],"valueInteger":1.0}',
      ),
      peopleText: octetsOf(
        '{"resourceType":"Observation","id":"net-o","subject":{"reference":"Patient/rec-c"},"note":[{"text":"감기"}],"valueInteger":1.0}',
      ),
      parties: [],
      deleted: false,
      isNetworkForm: false,
      elements: [],
      ...more,
    }),
  )

eachDatabase('spelling and repeats', (open) => {
  let store: Store
  const tables = () => store
  // the time is all that `once` asks of its context
  const context = { now: () => new Date() } as Context
  beforeAll(async () => {
    store = createStore(await open())
    await tables().identities.addPerson('person-1', 0)
    for (const [institution, localId, record] of [
      ['clinic', 'C-1', 'rec-c'],
      ['hospital', 'H-1', 'rec-h'],
    ] as const) {
      await tables().records.networkIds([{ institution, type: 'Patient', localId, given: record }], () => record)
      await tables().identities.link({ institution, localId, record, person: 'person-1', grade: 'certain' }, 0)
    }
    await tables().records.networkIds([{ institution: 'hospital', type: 'ServiceRequest', localId: 'sr-h', given: 'net-sr' }], () => '')
  })

  describe('spelling', () => {
    const task = content({
      facts: { id: 'net-t', type: 'Task', person: 'person-1', custodian: 'network', sources: [], classes: [], ...plainContent },
      peopleText: octetsOf(
        '{"resourceType":"Task","id":"net-t","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/net-sr"},"for":{"reference":"Patient/person-1"}}',
      ),
      isNetworkForm: true,
    })

    test('people read the person where the record names its patient record, and every other byte as it was written', async () => {
      const [text] = await inIdsOf(tables(), { kind: 'people', house: 'clinic' }, [content({})])
      expect(textOf(text ?? noOctets)).toBe(
        '{"resourceType":"Observation","id":"net-o","subject":{"reference":"Patient/person-1"},"note":[{"text":"감기"}],"valueInteger":1.0}',
      )
    })

    test('a system reads back exactly what it wrote', async () => {
      const [text] = await inIdsOf(tables(), { kind: 'system', institution: 'clinic' }, [content({})])
      expect(text).toEqual(content({}).text)
    })

    test('what the network wrote is spelled in the ids of the system that reads it, where it has any', async () => {
      const [own] = await inIdsOf(tables(), { kind: 'system', institution: 'hospital' }, [task])
      expect(valueOf(own ?? noOctets)).toMatchObject({ focus: { reference: 'ServiceRequest/sr-h' }, for: { reference: 'Patient/H-1' } })
      const [foreign] = await inIdsOf(tables(), { kind: 'system', institution: 'tertiary' }, [task])
      expect(valueOf(foreign ?? noOctets)).toMatchObject({
        focus: { reference: 'ServiceRequest/net-sr' },
        for: { reference: 'Patient/person-1' },
      })
    })
  })

  describe('once', () => {
    let runs = 0
    const outcome: Outcome = { task: 't-1', entries: [{ status: 201, type: 'Task', id: 't-1', version: '1', updatedMs: 5 }] }
    const take = (id: string, body: unknown, work: () => Promise<Outcome> = async () => outcome, sender = 'clinic') =>
      tables().transaction((inside) =>
        once(inside, context, sender, { id, sha256: bodyHash(body) }, async () => {
          runs += 1
          return work()
        }),
      )
    afterAll(() => expect(runs).toBe(7))

    test('a repeat is answered as before and does nothing', async () => {
      expect(await take('m-1', { a: 1, b: [2] })).toEqual(outcome)
      expect(await take('m-1', { b: [2], a: 1 })).toEqual(outcome)
      expect(runs).toBe(1)
    })

    test('the same id with another body is a conflict, of another sender a message of its own', async () => {
      await expect(take('m-1', { a: 2 })).rejects.toThrow(Problem)
      expect(await take('m-1', { a: 2 }, undefined, 'hospital')).toEqual(outcome)
      expect(runs).toBe(2)
    })

    test('two at the same moment run once', async () => {
      const answers = await Promise.all([take('m-2', {}), take('m-2', {}), take('m-2', {})])
      expect([answers, runs]).toEqual([[outcome, outcome, outcome], 3])
    })

    test('what failed was not taken, and may come again', async () => {
      const failing = take('m-3', {}, async () => {
        throw new Problem('unprocessable', 'no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await take('m-3', {})).toEqual(outcome)
      expect(runs).toBe(5)
    })

    test('a message without an id stands for itself each time', async () => {
      await take('', {})
      await take('', {})
      expect(runs).toBe(7)
    })
  })
})
