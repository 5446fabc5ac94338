/** Every release and every refusal stands in the ledger as an AuditEvent, and so does reading it. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { AuditEvent } from '../../fhir-profiles/r4.ts'
import type { Caller, Reply } from '../support/client.ts'
import type { Network } from '../support/sandbox.ts'
import { chartOf, numberAt, personOf, sourceOf } from '../support/stories.ts'

export function ledger(network: () => Network): void {
  const events = async (who: Caller, query: string): Promise<readonly AuditEvent[]> =>
    (await who.get(`AuditEvent?_count=200${query}`)).entries.filter((each) => each.resourceType === 'AuditEvent')
  /** What the ledger says of one request. */
  const about = async (reply: Reply, who = 'auditor', query = ''): Promise<readonly AuditEvent[]> => {
    const id = reply.headers.get('x-request-id') ?? ''
    expect(id).not.toBe('')
    return (await events(await network().as(who), query)).filter((event) => JSON.stringify(event.entity).includes(`"${id}"`))
  }
  const what = (event: AuditEvent | undefined) => ({
    act: event?.subtype?.[0]?.code,
    outcome: event?.outcome,
    who: event?.agent[0]?.who?.identifier?.value,
    institution: event?.agent[1]?.who?.reference,
    purpose: event?.purposeOfEvent?.[0]?.coding?.[0]?.code,
    patients: referencesOf(event).filter((reference) => reference.startsWith('Patient/')).length,
  })

  describe('the ledger', () => {
    test('says of a summary who saw it, for what, which records in which version, under which consent', async () => {
      const person = await personOf(network(), 1)
      const reply = await (await network().as('tertiary-doctor')).get(`Patient/${person}/$summary`)
      const [event, ...more] = await about(reply)
      expect(more).toEqual([])
      expect(what(event)).toMatchObject({
        act: 'summary',
        outcome: '0',
        who: 'tertiary-doctor',
        institution: 'Organization/tertiary',
        purpose: 'TREAT',
      })
      const named = new Set(referencesOf(event).map((reference) => reference.split('/').slice(0, 2).join('/')))
      expect(named).toContain(`Patient/${person}`)
      const shown = reply.entries.filter((each) => sourceOf(each) !== undefined && each.resourceType !== 'Patient')
      expect(shown.length).toBeGreaterThan(20)
      for (const { resourceType, id } of shown) expect(named).toContain(`${resourceType}/${id}`)
      expect([...named].filter((reference) => reference.startsWith('Consent/'))).toHaveLength(1)
    })

    test('says of a refusal whom it concerned, and names no record that stayed hidden', async () => {
      const person = await personOf(network(), 2)
      const doctor = await network().as('tertiary-doctor')
      const chart = await chartOf(await network().as('patient-2'), person)
      const hidden = [...chart.values()].find((each) => sourceOf(each) === 'clinic')
      const read = await doctor.get(`${hidden?.resourceType}/${hidden?.id}`)
      const summary = await doctor.get(`Patient/${await personOf(network(), 7)}/$summary`)
      const unknown = await doctor.get(`Condition/${randomUUID()}`)
      expect([read.status, summary.status, unknown.status]).toEqual([404, 404, 404])
      const refusals = [await about(read), await about(summary), await about(unknown)].map(([event]) => event)
      expect(refusals.map((event) => [event?.outcome, what(event).act, what(event).patients])).toEqual([
        ['4', 'read', 1],
        ['4', 'summary', 1],
        ['4', 'read', 0],
      ])
      for (const event of refusals) expect(referencesOf(event).filter((reference) => !reference.startsWith('Patient/'))).toEqual([])
    })

    test('keeps the names of search parameters and none of their values', async () => {
      const reply = await (await network().as('clinic-doctor')).get(`Patient?identifier=${numberAt(2, 'clinic')}`)
      const [event] = await about(reply)
      expect(what(event)).toMatchObject({ act: 'search-type', outcome: '0', who: 'clinic-doctor' })
      expect(JSON.stringify(event)).toContain('GET /Patient?identifier=***')
      expect(JSON.stringify(event)).not.toContain('C-0002')
    })

    test('holds what the EMRs fed and what was delivered to them', async () => {
      const person = await personOf(network(), 1)
      const all = await events(await network().as('auditor'), `&patient=${person}`)
      const acts = (code: string): readonly AuditEvent[] => all.filter((event) => event.subtype?.[0]?.code === code)
      expect(acts('feed').map((event) => what(event).who)).toEqual(expect.arrayContaining(['clinic-adapter', 'hospital-adapter']))
      expect(acts('delivery').map((event) => what(event).institution)).toContain('Organization/tertiary')
      for (const code of ['referral-request', 'create']) expect([code, acts(code).length > 0]).toEqual([code, true])
    })

    test('is read by the patient as far as it is about them, by auditor and officer whole, by nobody else', async () => {
      const patient = await network().as('patient-2')
      const own = await events(patient, '')
      expect(own.length).toBeGreaterThan(3)
      for (const event of own) expect(referencesOf(event)).toContain(`Patient/${patient.person}`)
      expect(await events(patient, `&patient=${await personOf(network(), 1)}`)).toEqual([])
      const foreign = (await events(await network().as('auditor'), `&patient=${await personOf(network(), 1)}`))[0]
      const [hidden, random] = await Promise.all([patient.get(`AuditEvent/${foreign?.id}`), patient.get(`AuditEvent/${randomUUID()}`)])
      expect([hidden.status, hidden.text]).toEqual([404, random.text])
      expect((await events(await network().as('privacy-officer'), `&patient=${patient.person}`)).length).toBeGreaterThanOrEqual(own.length)
      for (const name of ['tertiary-doctor', 'clinic-system', 'integrator', 'clinic-coordinator'])
        expect([name, (await (await network().as(name)).get('AuditEvent')).status]).toEqual([name, 403])
    })

    test('tells who read the ledger, once per request', async () => {
      for (const name of ['auditor', 'patient-3', 'privacy-officer']) {
        const reply = await (await network().as(name)).get('AuditEvent?_count=5')
        const found = await about(reply)
        expect(found.map((event) => [what(event).who, event.outcomeDesc])).toEqual([[name, 'audit log read']])
      }
    })
  })
}

function referencesOf(event: AuditEvent | undefined): readonly string[] {
  return (event?.entity ?? []).flatMap((entity) => entity.what?.reference ?? [])
}
