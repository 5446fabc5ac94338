/** What a caller may do wrong, each with its own test: a clear refusal, no echo of what was sent, and the gateway goes on. */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { eachGateway } from '../support/gateway.ts'
import { addresses, bodies, bundles, clinic, credentials, limits } from './bad-input/faults.ts'
import { expectRefused } from './bad-input/refusal.ts'
import { tokens } from './bad-input/tokens.ts'
import { feed, observation, patient } from './records.ts'

eachGateway('wrong input', { limits, isSameOnBoth: true }, (gateway) => {
  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), ...Array.from({ length: 8 }, (_, at) => observation(`many-${at}`, 'C-0001'))])
  })
  afterEach(async () => {
    // whatever was sent, the next one is served
    expect((await gateway().raw('/health/ready')).status).toBe(200)
    expect((await clinic(gateway()).get('Patient/C-0001')).status).toBe(200)
  })

  describe.each([
    ['bodies', bodies],
    ['addresses', addresses],
    ['bundles', bundles],
    ['credentials', credentials],
  ] as const)('%s', (_name, faults) => {
    test.each(faults)('$title is refused as such', async (fault) => {
      expectRefused(await fault.ask(gateway()), fault)
      if (fault.status === 400) expect((await clinic(gateway()).get('Observation/bad')).status).toBe(404)
    })
  })

  tokens(gateway)

  test('a page is never larger than the gateway allows, however many are asked for', async () => {
    const reply = await clinic(gateway()).get('Observation?_count=5000')
    expect([reply.status, reply.body.entry?.length, reply.body.total]).toEqual([200, limits.maxPageSize, 8])
  })

  test('the page link of another caller is refused', async () => {
    const page = await clinic(gateway()).get('Observation?_count=3')
    const next = page.body.link?.find((link) => link.relation === 'next')?.url.split('/fhir/R4/')[1] ?? ''
    expect((await clinic(gateway()).get(next)).status).toBe(200)
    for (const other of ['hospital-system', 'clinic-doctor'])
      expectRefused(await gateway().as(other).get(next), { status: 400, id: 'page-link' })
    expectRefused(await clinic(gateway()).get(next.replace('Observation?', 'Condition?')), { status: 400, id: 'page-link' })
  })
})
