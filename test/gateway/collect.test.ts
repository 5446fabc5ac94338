/** consent.md, item 9: storing a foreign copy is `collect`; who may not, is sent nothing, and may still read where the patient lets them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import { hasPostgres } from '../support/databases.ts'
import type { TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { condition, feed, openEncounter, patient, personId, referral, taskOf, writeConsent } from './records.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway(hasPostgres ? 'PostgreSQL' : 'PGlite')
  await feed(gateway, 'clinic', [patient('clinic', 1), condition('c', 'C-0001', 'I10')])
  await feed(gateway, 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
})
afterAll(async () => gateway.close())

test('a refusal of collection by the receiver stops the delivery of records to it, not its reading', async () => {
  const person = await personId(gateway, 1)
  await writeConsent(gateway, 1)
  const refusal = {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: system.consentScope, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: `Patient/${person}` },
    organization: [{ reference: 'Organization/network' }],
    provision: {
      type: 'deny',
      action: [{ coding: [{ system: system.consentAction, code: 'collect' }] }],
      actor: [{ role: { coding: [{ system: system.participation, code: 'IRCP' }] }, reference: { reference: 'Organization/tertiary' } }],
    },
  }
  const written = await gateway.as('patient-1').post('Consent', refusal)
  expect({ status: written.status, issue: written.body.issue }).toEqual({ status: 201, issue: undefined })
  const submitted = await gateway.as('clinic-system').post('', referral('collect', 1))
  expect(submitted.status).toBe(200)
  const state = async () => (await gateway.as('clinic-doctor').get(`Task/${taskOf(submitted)}`)).body
  for (let tries = 0; tries < 200 && (await state()).status === 'requested'; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 25))
  expect(await state()).toMatchObject({ status: 'on-hold', businessStatus: { coding: [{ code: 'withheld' }] } })
  expect((await gateway.as('tertiary-doctor').get(`Condition?patient=${person}`)).body.total).toBe(1)
})
