/** Free words about a record stay in the house that wrote them and with the patient, by every way out. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hasPostgres } from '../support/databases.ts'
import type { TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { condition, feed, found, openEncounter, patient, personId, writeConsent } from './records.ts'

const words = 'Zq7words'
let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway(hasPostgres ? 'PostgreSQL' : 'PGlite')
  const text = { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${words}</div>` }
  await feed(gateway, 'clinic', [patient('clinic', 1, { text }), condition('c', 'C-0001', 'I10', { text })])
  await feed(gateway, 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
  await writeConsent(gateway, 1)
})
afterAll(async () => gateway.close())

test.each([
  ['tertiary-doctor', false],
  ['clinic-doctor', true],
  ['patient-1', true],
])('%s', async (name, reads) => {
  const person = await personId(gateway, 1)
  const all = await gateway.as(name).get(`Condition?patient=${person}`)
  const id = found(all)[0]?.id ?? ''
  expect(id).not.toBe('')
  const ways = ['', '/_history', '/_history/1'].map((path) => `Condition/${id}${path}`)
  const replies = await Promise.all([...ways, `Patient/${person}/$everything`].map((path) => gateway.as(name).get(path)))
  expect([all, ...replies].map(({ status, text }) => [status, text.includes(words)])).toEqual([all, ...replies].map(() => [200, reads]))
  // the whole narrative, never one made of several houses' records
  for (const path of [`Patient/${person}`, `Patient/${person}/$summary`])
    expect((await gateway.as(name).get(path)).text.includes(words) && !reads).toBe(false)
})

test('its system reads back what it sent', async () => {
  expect((await gateway.as('clinic-system').get('Condition/c')).text).toContain(words)
})
