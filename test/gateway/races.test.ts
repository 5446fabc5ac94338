/**
 * Many writers at one moment, at two gateways on one PostgreSQL: what is left is what one writer after another would have left. Larger and
 * repeated in `npm run prove`.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hasPostgres, unopenedDatabase, withoutPostgres, type Made } from '../support/databases.ts'
import { gatewaySetup, type Asker, type Reply } from '../support/gateway-client.ts'
import { startGatewayOn } from '../support/gateway.ts'
import { scale, seedOr } from '../support/proof.ts'
import { randomFrom } from '../support/seeded.ts'
import { feed, observation, patient } from './records.ts'

const writers = scale > 1 ? 64 : 12
const rounds = scale > 1 ? 10 : 1
const title = 'at two gateways at the same moment'

;(hasPostgres ? describe : describe.skip)(hasPostgres ? title : `${title} ${withoutPostgres}`, () => {
  const stops: (() => Promise<void>)[] = []
  let made: Made | undefined
  const doors: Asker[] = []
  const random = randomFrom(seedOr(20261122))
  const pick = (): Asker => {
    const door = doors[Math.floor(random() * doors.length)]
    if (door === undefined) throw new Error('no gateway has started')
    return door
  }
  const atOnce = (work: (door: Asker, at: number) => Promise<Reply>): Promise<Reply[]> =>
    Promise.all(Array.from({ length: writers }, (_, at) => work(pick(), at)))
  const count = (replies: readonly Reply[]) =>
    Object.fromEntries([...Map.groupBy(replies, ({ status }) => status)].map(([status, all]) => [status, all.length]))
  const draft = (value: string, more: object = {}) => {
    const { id: _, ...rest } = observation('x', 'C-0001')
    return { ...rest, identifier: [{ system: 'urn:race', value }], ...more }
  }
  const total = async (value: string) => (await pick().get(`Observation?identifier=urn:race|${value}`)).body.total

  beforeAll(async () => {
    made = await unopenedDatabase('PostgreSQL')
    for (let at = 0; at < 2; at += 1) {
      const setup = await gatewaySetup()
      const gateway = await startGatewayOn(setup, made.source)
      stops.push(() => gateway.stop())
      doors.push(gateway.as('clinic-system'))
      if (at === 0) await feed(gateway, 'clinic', [patient('clinic', 1)])
    }
  }, 120_000)
  afterAll(async () => {
    for (const stop of stops) await stop()
    await made?.remove()
  })

  describe.each(Array.from({ length: rounds }, (_, at) => at + 1))('round %i', (round) => {
    test(`${writers} conditional creates of one thing leave one`, async () => {
      const name = `create-${round}`
      const replies = await atOnce((door) => door.post('Observation', draft(name), { 'if-none-exist': `identifier=urn:race|${name}` }))
      expect(count(replies)).toEqual({ 200: writers - 1, 201: 1 })
      expect([await total(name), new Set(replies.map(({ body }) => body.id)).size]).toEqual([1, 1])
    })

    test(`${writers} conditional updates of one thing are one record, each change a version of it`, async () => {
      const name = `update-${round}`
      const replies = await atOnce((door, at) =>
        door.put(`Observation?identifier=urn:race|${name}`, draft(name, { note: [{ text: `writer ${at}` }] })),
      )
      expect(count(replies)).toEqual({ 200: writers - 1, 201: 1 })
      expect([await total(name), new Set(replies.map(({ headers }) => headers.get('etag'))).size]).toEqual([1, writers])
    })

    test(`${writers} patches of one record are all in it`, async () => {
      const id = `patched-${round}`
      await pick().put(`Observation/${id}`, observation(id, 'C-0001', { note: [{ text: 'first' }] }))
      const replies = await atOnce((door, at) =>
        door.patch(`Observation/${id}`, [{ op: 'add', path: '/note/-', value: { text: `writer ${at}` } }]),
      )
      expect(count(replies)).toEqual({ 200: writers })
      const { note } = (await pick().get(`Observation/${id}`)).body
      expect(Array.isArray(note) && new Set(note.map((each: { text: string }) => each.text)).size).toBe(writers + 1)
    })

    test(`${writers} transactions over shared records, by id and by criteria, all end; each is whole or not there`, async () => {
      const name = `shared-${round}`
      const conditional = {
        resource: draft(name),
        request: { method: 'POST', url: 'Observation', ifNoneExist: `identifier=urn:race|${name}` },
      }
      const records = (at: number) =>
        ['a', 'b', 'c'].map((each) => ({
          resource: observation(`${name}-${each}`, 'C-0001', { note: [{ text: `writer ${at}` }] }),
          request: { method: 'PUT', url: `Observation/${name}-${each}` },
        }))
      const replies = await atOnce((door, at) => {
        const entry = [conditional, ...(at % 2 === 0 ? records(at) : records(at).toReversed())]
        return door.post('', { resourceType: 'Bundle', type: 'transaction', entry })
      })
      expect(count(replies)).toEqual({ 200: writers })
      expect(await total(name)).toBe(1)
      const notes = await Promise.all(['a', 'b', 'c'].map(async (each) => (await pick().get(`Observation/${name}-${each}`)).body))
      expect(new Set(notes.map((body) => JSON.stringify(body['note']))).size).toBe(1)
      expect(new Set(notes.map((body) => body.meta?.versionId))).toEqual(new Set([String(writers)]))
    })

    test(`creates and deletions by one criterion leave at most one record`, async () => {
      const name = `mixed-${round}`
      const at = `identifier=urn:race|${name}`
      const replies = await atOnce((door) =>
        random() < 0.5 ? door.post('Observation', draft(name), { 'if-none-exist': at }) : door.delete(`Observation?${at}`),
      )
      expect(replies.filter(({ status }) => ![200, 201, 204].includes(status)).map(({ text }) => text)).toEqual([])
      expect(await total(name)).toBeLessThanOrEqual(1)
    })
  })
})
