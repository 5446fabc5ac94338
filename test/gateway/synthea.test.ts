/** Real records: whole lives as Synthea writes them, stored as transactions by a system and brought back whole. */
import { expect, test } from '@jest/globals'
import { withoutResidentNumbers } from '../../fhir-profiles/resident-identifier.ts'
import { describeShared, sharedFiles } from '../fhir-profiles/shared.ts'
import type { Body, TestGateway } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { found } from './records.ts'

const bundles = sharedFiles('fhir-resources/synthea-r4')

describeShared('Synthea records', () => {
  test('the four bundles are there', () => expect(bundles).toHaveLength(4))

  eachGateway('one life per transaction', { isSameOnBoth: true }, (gateway) => {
    test.each(bundles)('$name is stored entry by entry, and $everything returns every entry', async ({ bytes }) => {
      // a Bundle, as the first test and the gateway hold it to be
      const sent = JSON.parse(bytes.toString('utf8')) as Body
      const system = gateway().as('tertiary-system')
      const stored = await system.post('', bytes.toString('utf8'))
      expect({ status: stored.status, issue: stored.body.issue }).toEqual({ status: 200, issue: undefined })
      expect(new Set(stored.body.entry?.map(({ response }) => response?.status))).toEqual(new Set(['201 Created']))
      expect(stored.body.entry).toHaveLength(sent.entry?.length ?? 0)
      const locations = (stored.body.entry ?? []).map(
        ({ response }) => (response?.location ?? '').split('/fhir/R4/')[1]?.split('/_history')[0],
      )
      const patient = locations.find((path) => path?.startsWith('Patient/'))
      const everything = await system.get(`${patient}/$everything`)
      expect([everything.status, everything.body.total]).toEqual([200, sent.entry?.length])
      expect(new Set(found(everything).map(({ resourceType, id }) => `${resourceType}/${id}`))).toEqual(new Set(locations))
      await expectUnchanged(gateway(), { sent, locations })
    })
  })
})

/** One record of each type is read back as it was sent, but for the ids and what the gateway stamps. */
async function expectUnchanged(
  gateway: TestGateway,
  { sent, locations }: { sent: Body; locations: readonly (string | undefined)[] },
): Promise<void> {
  const types = new Map((sent.entry ?? []).map(({ resource }, at) => [resource?.resourceType, at]))
  const ids = new Map((sent.entry ?? []).map(({ fullUrl }, at) => [fullUrl ?? '', locations[at] ?? '']))
  for (const at of types.values()) {
    const read = await gateway.as('tertiary-system').get(locations[at] ?? '')
    // numbers typed as social security numbers stop at the edge, whichever state gave them
    const { resource } = withoutResidentNumbers(sent.entry?.[at]?.resource ?? {})
    const expected: unknown = JSON.parse(renamed(JSON.stringify({ ...resource, id: undefined, meta: undefined }), ids))
    expect({ ...read.body, id: undefined, meta: undefined }).toEqual(expected)
  }
}

/** Only references name other entries of the Bundle; a uuid elsewhere is the sender's own. */
function renamed(text: string, ids: ReadonlyMap<string, string>): string {
  return text.replaceAll(/"reference":"([^"]+)"/g, (whole, target: string) =>
    ids.has(target) ? `"reference":"${ids.get(target)}"` : whole,
  )
}
