/** What happens at the same moment: nobody's write is lost, nothing waits for ever, and one person does not become two. */
import { beforeAll, expect, test } from '@jest/globals'
import type { Reply } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { feed, found, numberAt, numberSystemOf, observation, patient, transaction, type InstitutionId } from './records.ts'

const everywhere: readonly InstitutionId[] = ['clinic', 'hospital', 'tertiary']
const times = <T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)))
const statuses = (replies: readonly Reply[]): readonly number[] => replies.map(({ status }) => status).toSorted((a, b) => a - b)

eachGateway('at the same moment', {}, (gateway) => {
  const clinic = () => gateway().as('clinic-system')
  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 7)])
  })

  test('eight updates of one record are eight versions of it', async () => {
    const replies = await times(8, (at) =>
      clinic().put('Observation/busy', observation('busy', 'C-0007', { note: [{ text: `writer ${at}` }] })),
    )
    expect(statuses(replies)).toEqual([200, 200, 200, 200, 200, 200, 200, 201])
    expect(new Set(replies.map(({ headers }) => headers.get('etag'))).size).toBe(8)
    const history = await clinic().get('Observation/busy/_history')
    expect(new Set(found(history).map((each) => JSON.stringify(each['note']))).size).toBe(8)
  })

  test('of those who saw the same version, one changes it', async () => {
    await clinic().put('Observation/wanted', observation('wanted', 'C-0007'))
    const replies = await times(6, () =>
      clinic().put('Observation/wanted', observation('wanted', 'C-0007', { status: 'amended' }), { 'if-match': 'W/"1"' }),
    )
    expect(statuses(replies)).toEqual([200, 412, 412, 412, 412, 412])
  })

  test('transactions over the same records in opposite order all end', async () => {
    const records = (writer: number) =>
      Array.from({ length: 6 }, (_, at) => observation(`crossed-${at}`, 'C-0007', { note: [{ text: `writer ${writer}` }] }))
    const replies = await times(6, (at) => clinic().post('', transaction(at % 2 === 0 ? records(at) : records(at).toReversed())))
    expect(statuses(replies)).toEqual([200, 200, 200, 200, 200, 200])
    expect((await clinic().get('Observation/crossed-0')).body.meta?.versionId).toBe('6')
  })

  test('the same feed sent twice at once is stored once', async () => {
    const bundle = transaction([observation('doubled', 'C-0007')], { identifier: { system: 'urn:example', value: 'doubled' } })
    const replies = await times(4, () => clinic().post('', bundle))
    expect([statuses(replies), new Set(replies.map(({ text }) => text)).size]).toEqual([[200, 200, 200, 200], 1])
    expect((await clinic().get('Observation/doubled')).body.meta?.versionId).toBe('1')
  })

  test('records that come before their patient, all at once, are one person’s', async () => {
    await times(5, (at) => clinic().put(`Observation/early-${at}`, observation(`early-${at}`, 'C-0002')))
    await feed(gateway(), 'clinic', [patient('clinic', 2)])
    expect((await gateway().as('clinic-doctor').get('Observation?patient=C-0002')).body.total).toBe(5)
  })

  test('a person whom three institutions send at once is one person', async () => {
    for (const number of [1, 3, 4, 5, 6, 9]) {
      await Promise.all(everywhere.map((institution) => feed(gateway(), institution, [patient(institution, number)])))
      const persons = await Promise.all(
        everywhere.map(async (institution) => {
          const query = `identifier=${numberSystemOf(institution)}|${numberAt(institution, number)}`
          return found(await gateway().as(`${institution}-doctor`).get(`Patient?${query}`))[0]?.id
        }),
      )
      expect({ number, persons: new Set(persons).size }).toEqual({ number, persons: 1 })
    }
  })
})
