/** Who walks through ids and numbers is stopped, and what stops them tells nothing of who exists. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import { system } from '../../fhir-profiles/codes.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { condition, feed, found, issueIds, numberAt, numberSystemOf, openEncounter, patient } from './records.ts'

let gateway: TestGateway
const persons: string[] = []
beforeAll(async () => {
  gateway = await startTestGateway('PGlite', {
    rateLimits: {
      requestsPerMinute: { people: 60 },
      personsPerHour: { doctor: 4, nurse: 0, 'privacy-officer': 4 },
      emergenciesPerHour: 2,
    },
  })
  const numbers = [1, 2, 3, 4, 5]
  await feed(gateway, 'tertiary', [
    ...numbers.map((number) => patient('tertiary', number)),
    openEncounter('now', 'T-0002', '01'),
    condition('hidden', 'T-0001', 'I10'),
  ])
  for (const number of numbers) {
    const [row] = await gateway.context.store.identities.byLocal('tertiary', [numberAt('tertiary', number)])
    persons.push(row?.person ?? '')
  }
})
afterAll(async () => gateway.close())

/** Everything of a reply that a caller could compare, but for the ids it was asked with. */
function seen({ status, body, headers }: Reply): unknown {
  const retryAfter = headers.get('retry-after')
  return { status, issues: issueIds(body), total: body.total, hasToWait: retryAfter !== null && /^[1-9]\d{0,3}$/.test(retryAfter) }
}

async function walk(name: string, ids: readonly string[], numbers: readonly string[]): Promise<readonly unknown[]> {
  const asker = gateway.as(name)
  const replies = [
    await asker.get(`Patient/${ids[0]}`),
    await asker.get(`Patient/${ids[0]}/$summary`),
    await asker.get(`Observation?patient=${ids[0]}`),
    await asker.get(`Patient/${ids[1]}/$everything`),
    await asker.get(`Patient?identifier=${numberSystemOf('tertiary')}|${numbers[0]}`),
    await asker.get(`Condition?subject=Patient/${ids[2]}`),
    await asker.get(`Patient/${ids[3]}/$summary`),
    await asker.get(`Patient?identifier=${numberSystemOf('tertiary')}|${numbers[1]}`),
    await asker.post('Patient/_search', `_id=${ids[3]}`, { 'content-type': 'application/x-www-form-urlencoded' }),
    await asker.post('Patient/$match', patient('tertiary', 3)),
    await asker.get(`Patient/${ids[0]}`),
    await asker.get('Condition'),
  ]
  return replies.map(seen)
}

describe('different persons asked about', () => {
  test('exhaust the same whether they exist and are hidden, or were never there', async () => {
    const existing = await walk('clinic-doctor', persons, ['T-0001', 'T-0002'])
    const invented = await walk(
      'hospital-doctor',
      persons.map(() => randomUUID()),
      ['T-9991', 'T-9992'],
    )
    expect(existing).toEqual(invented)
    const throttled = { status: 429, issues: ['lookup-rate'], total: undefined, hasToWait: true }
    expect(existing.map((reply) => JSON.stringify(reply) === JSON.stringify(throttled))).toEqual(
      // ids 0 and 1, a number and id 2 are four; what was asked about before is not a fifth, nor is nobody in particular
      [false, false, false, false, false, false, true, true, true, true, false, false],
    )
  })

  test('are refused as throttled, with whole seconds to wait and nothing of whom was asked about', async () => {
    const reply = await gateway.as('clinic-doctor').get(`Patient/${persons[4]}`)
    expect(reply.status).toBe(429)
    const waitS = Number(reply.headers.get('retry-after'))
    expect(Number.isInteger(waitS) && waitS > 3000 && waitS <= 3600).toBe(true)
    expect(reply.body.issue).toEqual([
      {
        severity: 'error',
        code: 'throttled',
        details: { coding: [{ system: expect.any(String), code: 'lookup-rate' }] },
        diagnostics: `too many different persons were asked about within an hour; try again in ${waitS} s`,
      },
    ])
  })

  test('are counted entry by entry in a batch', async () => {
    const entry = [...persons, randomUUID()].map((id) => ({ request: { method: 'GET', url: `Patient/${id}` } }))
    const reply = await gateway.as('tertiary-doctor').post('', { resourceType: 'Bundle', type: 'batch', entry })
    const statuses = reply.body.entry?.map(({ response }) => response?.status.slice(0, 3))
    expect(statuses).toEqual(['200', '200', '200', '200', '429', '429'])
  })

  test('are not counted for a role without a limit', async () => {
    for (let count = 0; count < 10; count += 1) {
      expect((await gateway.as('clinic-nurse').get(`Patient/${randomUUID()}`)).status).toBe(404)
    }
  })

  test('are counted the same by an explanation and by a decision service, which look people up as well', async () => {
    const officer = gateway.as('privacy-officer')
    const token = await officer.token()
    const consult = (...values: readonly string[]) =>
      gateway.raw('/cds-services/patient-consent-consult', {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          hook: 'patient-consent-consult',
          hookInstance: randomUUID(),
          context: {
            patientId: values.map((value) => ({ system: numberSystemOf('tertiary'), value })),
            actor: [{ system: system.institutionNumber, value: sandboxInstitutions.clinic.number }],
          },
        }),
      })
    const parameter = (id: string) => ({
      resourceType: 'Parameters',
      parameter: [
        { name: 'person', valueString: id },
        { name: 'institution', valueString: 'clinic' },
      ],
    })
    const [first = '', second = ''] = persons
    const replies = [
      await officer.get(`Consent/$explain?person=${first}&institution=clinic`),
      await officer.post('Consent/$explain', parameter(randomUUID())),
      await consult('T-0001', 'T-9999'),
      await officer.get(`Consent/$explain?person=${second}&institution=clinic`),
      await officer.post('Consent/$explain', parameter(second)),
      await officer.post('Consent/$explain', parameter(randomUUID())),
      await consult('T-0002'),
      await consult('T-9998'),
      await officer.get(`Consent/$explain?person=${first}&institution=clinic`),
    ]
    const isThrottled = replies.map((reply) => reply.status === 429 && issueIds(reply.body)[0] === 'lookup-rate')
    expect(isThrottled).toEqual([false, false, false, true, true, true, true, true, false])
  })

  test('leave an entry in the ledger for each refusal, which an auditor reads and which names no patient', async () => {
    const entries = found(await gateway.as('auditor').get('AuditEvent?_count=200')).filter((event) =>
      /"lookup-rate"/.test(JSON.stringify(event)),
    )
    // five of clinic-doctor, four of hospital-doctor, two of tertiary-doctor, five of privacy-officer
    expect(entries).toHaveLength(16)
    for (const event of entries) {
      expect(event).toMatchObject({ outcome: '4', outcomeDesc: 'too many different persons asked about within an hour' })
      expect(JSON.stringify(event)).not.toMatch(/"Patient\/[^"]*"/)
    }
    expect(entries.filter((event) => JSON.stringify(event).includes('clinic-doctor'))).toHaveLength(5)
  })
})

test('emergencies of one doctor: the third person within an hour is refused before anybody is looked up, known or not', async () => {
  const declare = (name: string, of: string) =>
    gateway.token(name, { purposes: ['TREAT', 'BTG'], patient: of, reason: 'unconscious', note: '의식 없음' })
  const number = (text: string) => `${numberSystemOf('tertiary')}|${text}`
  await declare('tertiary-doctor', number('T-0001'))
  await declare('tertiary-doctor', persons[1] ?? '')
  await declare('tertiary-doctor', persons[1] ?? '')
  const refusal = /too many emergencies were declared within an hour/
  await expect(declare('tertiary-doctor', number('T-0003'))).rejects.toThrow(refusal)
  await expect(declare('tertiary-doctor', number('T-9999'))).rejects.toThrow(refusal)
  await expect(declare('tertiary-doctor', randomUUID())).rejects.toThrow(refusal)
  const ledger = await gateway.context.store.ledger.find({ limit: 500, offset: 0 })
  expect(ledger.bodies.filter((body) => body.includes('"emergency-rate"'))).toHaveLength(3)
})

test('requests of one caller: a minute’s worth at once, then 429; everybody else goes on', async () => {
  const officer = gateway.as('auditor')
  const replies: Reply[] = []
  for (let count = 0; count < 80 && replies.at(-1)?.status !== 429; count += 1) replies.push(await officer.get('Organization'))
  const last = replies.at(-1)
  expect(last?.status).toBe(429)
  expect(replies.length).toBeGreaterThan(40)
  expect(last && issueIds(last.body)).toEqual(['request-rate'])
  expect(last?.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  expect((await gateway.as('privacy-officer').get('Organization')).status).not.toBe(429)
  for (let count = 0; count < 100; count += 1) expect((await gateway.as('clinic-system').get('Patient/C-0001')).status).toBe(404)
})

test('the metrics count refusals by limit and role, and nothing else', async () => {
  const { text } = await gateway.raw('/metrics')
  const lines = text.split('\n').filter((line) => line.startsWith('carenet_rate_limited_total'))
  expect(lines.sort()).toEqual([
    'carenet_rate_limited_total{limit="emergencies",role="doctor"} 3',
    'carenet_rate_limited_total{limit="persons",role="doctor"} 11',
    'carenet_rate_limited_total{limit="persons",role="privacy-officer"} 5',
    'carenet_rate_limited_total{limit="requests",role="auditor"} 1',
  ])
  for (const name of [
    'carenet_requests_total',
    'carenet_request_seconds',
    'carenet_parcels',
    'carenet_quarantine',
    'carenet_ledger_unsealed',
  ])
    expect(text).toContain(`# HELP ${name} `)
  expect(text).toContain('carenet_ledger_unsealed_age_seconds ')
})
