/** Histories page by page, and the forms an answer takes; the clinic and the hospital hold person 5. */
import { describe, expect, test } from '@jest/globals'
import type { Reply, TestGateway } from '../../support/gateway-client.ts'
import { condition, feed, observation, personId, writeConsent } from '../records.ts'

export function histories(gateway: () => TestGateway): void {
  const clinic = () => gateway().as('clinic-system')

  describe('history', () => {
    const ids = (reply: Reply) => reply.body.entry?.map(({ resource, response }) => `${resource?.id ?? 'deleted'} ${response?.etag ?? ''}`)
    const next = (reply: Reply) => reply.body.link?.find(({ relation }) => relation === 'next')?.url.split('/fhir/R4/')[1]

    test('of one record: pages by sealed links, since a time, and as it was at a time', async () => {
      for (const status of ['registered', 'preliminary', 'final'])
        await clinic().put('Observation/story', observation('story', 'C-0005', { status }))
      const first = await clinic().get('Observation/story/_history?_count=2')
      expect([ids(first), first.body.total]).toEqual([['story W/"3"', 'story W/"2"'], undefined])
      const second = await clinic().get(next(first) ?? '')
      expect([ids(second), next(second)]).toEqual([['story W/"1"'], undefined])
      expect(
        (
          await gateway()
            .as('hospital-system')
            .get(next(first) ?? '')
        ).status,
      ).toBe(400)
      expect((await clinic().get('Observation/story/_history?_since=2999')).body.total).toBe(0)
      const at = (await clinic().get('Observation/story/_history/2')).body.meta?.lastUpdated ?? ''
      expect(ids(await clinic().get(`Observation/story/_history?_at=${encodeURIComponent(at)}`))).toContain('story W/"2"')
      expect((await clinic().get('Observation/story/_history?_after=0%20x%201')).status).toBe(400)
    })

    test('of a type and of everything: the own partition only, deletions without their content', async () => {
      await clinic().put('Goal/aim', {
        resourceType: 'Goal',
        id: 'aim',
        lifecycleStatus: 'active',
        description: { text: 'walk' },
        subject: { reference: 'Patient/C-0005' },
      })
      await clinic().delete('Goal/aim')
      const goals = await clinic().get('Goal/_history')
      expect([ids(goals), goals.body.entry?.[0]?.['request' as never]]).toEqual([
        ['deleted W/"2"', 'aim W/"1"'],
        { method: 'DELETE', url: 'Goal/aim' },
      ])
      expect((await gateway().as('hospital-system').get('Goal/_history')).body.total).toBe(0)
      expect(ids(await clinic().get('_history?_count=2'))).toEqual(['deleted W/"2"', 'aim W/"1"'])
      expect((await gateway().as('clinic-doctor').get('_history')).status).toBe(403)
    })

    test('of a type, to a doctor: what the house holds, under the view, with full pages', async () => {
      await feed(gateway(), 'hospital', [condition('hidden-5', 'H-0005', 'F32')])
      await feed(gateway(), 'clinic', [condition('seen-5', 'C-0005', 'I10')])
      const reply = await gateway().as('clinic-doctor').get('Condition/_history?_count=1')
      expect(reply.body.entry).toHaveLength(1)
      expect(reply.text).not.toContain('F32')
    })

    test('of a type, to a patient: what each house holds of them, and of nobody else', async () => {
      await feed(gateway(), 'clinic', [condition('others', 'C-0006', 'J45')])
      const patient = gateway().as('patient-5')
      const first = await patient.get('Condition/_history?_count=1')
      const rest = await patient.get(next(first) ?? '')
      const all = first.text + rest.text
      expect([first.body.entry?.length, all.includes('F32'), all.includes('I10'), all.includes('J45')]).toEqual([1, true, true, false])
    })

    test('of consents, to the privacy officer: wherever they lie', async () => {
      const { id } = (await writeConsent(gateway(), 5, 1)).body
      expect(ids(await gateway().as('privacy-officer').get('Consent/_history'))).toContain(`${id ?? ''} W/"1"`)
    })
  })

  describe('the form of an answer', () => {
    const read = (query: string, headers = {}) => clinic().get(`Patient/C-0005?${query}`, headers)

    test('fewer elements are marked as fewer; what the standard requires, and what turns meaning around, stays', async () => {
      const { body } = await read('_elements=gender')
      expect(Object.keys(body).toSorted()).toEqual(['gender', 'id', 'meta', 'resourceType'])
      expect(body.meta).toMatchObject({ tag: [{ code: 'SUBSETTED' }] })
      expect(Object.keys((await read('_summary=true')).body)).toEqual(expect.arrayContaining(['identifier', 'name', 'birthDate']))
      expect((await read('_summary=data')).body.meta).toMatchObject({ tag: [{ code: 'SUBSETTED' }] })
      expect((await read('_summary=false')).body.meta).not.toHaveProperty('tag')
      expect((await read('_summary=all')).status).toBe(400)
      expect((await clinic().get('Observation/known/_history?_elements=code')).text).not.toContain('valueQuantity')
      const seen = await gateway()
        .as('patient-5')
        .get(`Patient/${await personId(gateway(), 5)}?_elements=gender`)
      expect(Object.keys(seen.body)).not.toContain('name')
    })

    test('pretty is for people, and says the same', async () => {
      const [pretty, plain] = [await read('_pretty=true'), await read('_format=json')]
      expect(pretty.text.split('\n').length).toBeGreaterThan(5)
      expect(pretty.body).toEqual(plain.body)
    })

    test('what is known is not sent again', async () => {
      const { headers } = await read('')
      const since = headers.get('last-modified') ?? ''
      expect((await read('', { 'if-modified-since': since })).status).toBe(304)
      expect((await read('', { 'if-modified-since': 'Wed, 01 Jan 2020 00:00:00 GMT' })).status).toBe(200)
      expect((await read('', { 'if-none-match': '"9", W/"1"' })).status).toBe(304)
      expect((await read('', { 'if-none-match': 'W/"9"', 'if-modified-since': since })).status).toBe(200)
    })
  })
}
