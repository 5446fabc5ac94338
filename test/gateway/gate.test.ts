/** One gate: every row of the route table × every role × a sample of types agrees with the role table, and nothing leaves unreleased. */
import type { Response } from 'express'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { documentType } from '../../fhir-profiles/codes.ts'
import { knownTypes, mayRun, mayTouch, roles, type Role } from '../../gateway/logic/access.ts'
import { mint } from '../../gateway/released.ts'
import { reply } from '../../gateway/reply.ts'
import { routes, type Route } from '../../gateway/routes.ts'
import { hasPostgres } from '../support/databases.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { condition, feed, found, openEncounter, patient, personId, referral, taskOf, writeConsent } from './records.ts'

const nameOf: Readonly<Record<Role, string>> = {
  system: 'clinic-system',
  doctor: 'clinic-doctor',
  nurse: 'clinic-nurse',
  coordinator: 'clinic-coordinator',
  patient: 'patient-1',
  proxy: 'guardian-5',
  'privacy-officer': 'privacy-officer',
  auditor: 'auditor',
  integrator: 'integrator',
}

/** one of each class and each row of the role table that stands alone */
const sample = [
  'Observation',
  'Bundle',
  'Binary',
  'DocumentReference',
  'Task',
  'ServiceRequest',
  'Consent',
  'AuditEvent',
  'Contract',
  'Patient',
  'Organization',
]

/** in clinical records and nowhere else */
const canary = 'Zq7canary'
const paper = (id: string) => ({
  resourceType: 'DocumentReference',
  id,
  status: 'current',
  type: { coding: [documentType.referralNote] },
  description: canary,
  subject: { reference: 'Patient/C-0001' },
  content: [{ attachment: { contentType: 'text/plain', data: 'eA==', title: canary } }],
})

let gateway: TestGateway
// the table asks no database: one engine is enough, the quicker one where there is a choice
beforeAll(async () => {
  gateway = await startTestGateway(hasPostgres ? 'PostgreSQL' : 'PGlite')
  const note = { note: [{ text: canary }] }
  await feed(gateway, 'clinic', [patient('clinic', 1), patient('clinic', 5), condition('kept', 'C-0001', 'I10', note), paper('private')])
  await feed(gateway, 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
  await writeConsent(gateway, 1)
})
afterAll(async () => gateway.close())

/** Sends what a row of the table stands for, with nothing in it: the gate comes before the body. */
async function knock(role: Role, route: Route, type: string): Promise<Reply> {
  const path = route.path.replace(':type', type).replace(':id', 'nothing-here').replace(':version', '1')
  const isForm = path.endsWith('_search')
  const hasBody = !isForm && route.method !== 'GET' && route.method !== 'DELETE'
  const media = route.method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json'
  return gateway.as(nameOf[role]).send(route.method, path, hasBody ? { 'content-type': media } : {}, hasBody ? '{}' : undefined)
}

describe('the role table', () => {
  for (const route of routes) {
    const { access } = route
    if (access.by !== 'type') continue
    test(`${route.method} ${route.path} opens to the roles of the table and to nobody else`, async () => {
      for (const role of roles) {
        for (const type of sample) {
          const { status } = await knock(role, route, type)
          const isOpen = mayTouch(role, type, access.interaction)
          expect({ role, type, isOpen: status !== 403, isFault: status >= 500 }).toEqual({ role, type, isOpen, isFault: false })
        }
      }
    })
  }

  for (const route of routes) {
    const { access } = route
    if (access.by !== 'operation') continue
    test(`${route.method} ${route.path} runs for the roles of the table and for nobody else`, async () => {
      for (const role of roles) {
        const { status } = await knock(role, route, 'Patient')
        expect({ role, isOpen: status !== 403, isFault: status >= 500 }).toEqual({
          role,
          isOpen: mayRun(role, access.operation),
          isFault: false,
        })
      }
    })
  }

  test('a transaction is refused to every role that may not write what is in it', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: { resourceType: 'Basic', id: 'b', code: { text: 'x' } }, request: { method: 'PUT', url: 'Basic/b' } }],
    }
    for (const role of roles) {
      const { status } = await gateway.as(nameOf[role]).post('', bundle)
      expect({ role, status }).toEqual({ role, status: role === 'system' ? 200 : 403 })
    }
  })
})

describe('what may leave', () => {
  test('a reply that was not released is refused at run time, whatever it looks like', () => {
    const sent: string[] = []
    // only what reply() touches
    const response = {
      writeHead: () => response,
      end: (text: unknown) => sent.push(String(text)),
    } as unknown as Response
    const real = mint(200, {}, '{}')
    const forged = [
      { status: 200, headers: {}, text: canary },
      Object.assign({}, real, { text: canary }),
      Object.create(real),
      structuredClone(real),
      null,
    ]
    for (const each of forged) {
      // what the compiler refuses is tried here all the same
      expect(() => reply(response, each as typeof real, { method: 'GET', ifNoneMatch: '', ifModifiedSince: '' })).toThrow(
        'must have been released',
      )
    }
    expect(sent).toEqual([])
    reply(response, real, { method: 'GET', ifNoneMatch: '', ifModifiedSince: '' })
    expect(sent).toEqual(['{}'])
  })

  test.each(['privacy-officer', 'auditor', 'integrator'])('the %s is shown nothing clinical by any address', async (name) => {
    const person = await personId(gateway, 1)
    const kept = found(await gateway.as('clinic-doctor').get('Condition?patient=C-0001'))[0]?.id ?? ''
    expect((await gateway.as('clinic-doctor').get(`Condition/${kept}`)).text).toContain(canary)
    const asker = gateway.as(name)
    const paths = knownTypes.flatMap((type) => [type, `${type}?patient=${person}`, `${type}/${kept}`, `${type}/${person}`])
    const operations = [`Patient/${person}/$everything`, `Patient/${person}/$summary`, `Condition/${kept}/_history`]
    for (const path of [...paths, ...operations]) {
      const { text } = await asker.get(path)
      expect({ path, leaks: text.includes(canary) || text.includes('010-5501-0001') }).toEqual({ path, leaks: false })
    }
  })

  test('a coordinator sees the papers of referrals and no other paper', async () => {
    const sent = referral('gate', 1, { entries: [{ resource: paper('sent'), request: { method: 'PUT', url: 'DocumentReference/sent' } }] })
    const submitted = await gateway.as('clinic-system').post('', sent)
    expect(submitted.status).toBe(200)
    const all = found(await gateway.as('clinic-doctor').get('DocumentReference?patient=C-0001')).map((each) => each.id ?? '')
    expect(all).toHaveLength(2)
    for (const [name, query] of [
      ['clinic-coordinator', ''],
      ['clinic-coordinator', '?patient=C-0001'],
      ['tertiary-coordinator', `?patient=${await personId(gateway, 1)}`],
    ]) {
      const papers = await gateway.as(name ?? '').get(`DocumentReference${query}`)
      expect([name, papers.body.total, found(papers).length]).toEqual([name, 1, 1])
    }
    const statuses = await Promise.all(
      all.map(async (id) => (await gateway.as('clinic-coordinator').get(`DocumentReference/${id}`)).status),
    )
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 404])
    expect((await gateway.as('tertiary-coordinator').get(`Task/${taskOf(submitted)}`)).status).toBe(200)
    expect((await gateway.as('hospital-coordinator').get(`Task/${taskOf(submitted)}`)).status).toBe(404)
    for (const type of ['Condition', 'Patient', 'Observation']) expect((await gateway.as('clinic-coordinator').get(type)).status).toBe(403)
  })
})
