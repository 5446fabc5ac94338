/** The hook of a decision service: whole for the officer, one word for a system about its own institution, and no oracle for anybody. */
import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import { roles, mayRun, type Role } from '../../gateway/logic/access.ts'
import { hooks } from '../../gateway/routes.ts'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import {
  condition,
  feed,
  numberAt,
  numberSystemOf,
  observation,
  openEncounter,
  patient,
  writeConsent,
  type Elements,
  type InstitutionId,
} from './records.ts'

const nameOf: Readonly<Record<Role, string>> = {
  system: 'tertiary-system',
  doctor: 'tertiary-doctor',
  nurse: 'clinic-nurse',
  coordinator: 'clinic-coordinator',
  patient: 'patient-1',
  proxy: 'guardian-5',
  'privacy-officer': 'privacy-officer',
  auditor: 'auditor',
  integrator: 'integrator',
}

const actor = (id: InstitutionId) => [{ system: system.institutionNumber, value: sandboxInstitutions[id].number }]
const patientId = (number: number, at: InstitutionId = 'tertiary') => [{ system: numberSystemOf(at), value: numberAt(at, number) }]
const asking = (number: number, more: Elements = {}): Elements => ({ patientId: patientId(number), actor: actor('tertiary'), ...more })

async function consult(gateway: TestGateway, name: string, context: Elements): Promise<Reply> {
  const token = await gateway.as(name).token()
  return gateway.raw('/cds-services/patient-consent-consult', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ hook: 'patient-consent-consult', hookInstance: randomUUID(), context }),
  })
}

interface Card {
  readonly summary: string
  readonly indicator: string
  readonly extension: {
    readonly decision: string
    readonly obligations: readonly Elements[]
    readonly basedOn: readonly Elements[]
    readonly content?: { readonly entry: readonly unknown[] }
  }
}

// one card, as its own schema states
const cardOf = (reply: Reply): Card => (reply.body['cards'] as readonly [Card])[0]

eachGateway('patient-consent-consult', { isSameOnBoth: true }, (gateway) => {
  test('is discovered by everybody and asked with a token alone, by the roles of the table', async () => {
    for (const number of [1, 2, 3, 4]) {
      for (const id of ['clinic', 'hospital', 'tertiary'] as const) await feed(gateway(), id, [patient(id, number)])
    }
    await feed(gateway(), 'clinic', [patient('clinic', 5)])
    for (const number of [1, 3, 4]) await writeConsent(gateway(), number)
    await feed(
      gateway(),
      'tertiary',
      [2, 3, 4].map((number) => openEncounter(`now-${number}`, numberAt('tertiary', number), '01')),
    )
    const services = await gateway().raw('/cds-services')
    expect(JSON.parse(services.text)).toEqual({
      services: [expect.objectContaining({ id: 'patient-consent-consult', hook: 'patient-consent-consult' })],
    })
    expect((await gateway().raw('/cds-services/patient-consent-consult', { method: 'POST', body: '{}' })).status).toBe(401)
    for (const { access } of hooks) {
      for (const role of roles) {
        const { status } = await consult(gateway(), nameOf[role], {})
        expect({ role, isOpen: status !== 403, isFault: status >= 500 }).toEqual({
          role,
          isOpen: access.by === 'operation' && mayRun(role, access.operation),
          isFault: false,
        })
      }
    }
  })

  test('the officer is told the decision, what is left out, and the consent it rests on', async () => {
    const cards = await Promise.all([1, 2, 3, 4].map(async (number) => cardOf(await consult(gateway(), 'privacy-officer', asking(number)))))
    expect(cards.map(({ summary, indicator }) => [summary, indicator])).toEqual([
      ['CONSENT_PERMIT', 'info'],
      ['NO_CONSENT', 'warning'],
      ['CONSENT_DENY', 'warning'],
      ['CONSENT_PERMIT', 'info'],
    ])
    expect(cards[0]?.extension.obligations[1]).toEqual({
      id: { system: system.actCode, code: 'REDACT' },
      parameters: { codes: [{ system: system.actCode, code: 'GDIS' }] },
    })
    expect(cards.map(({ extension }) => extension.basedOn.length)).toEqual([1, 0, 1, 1])
    expect(cardOf(await consult(gateway(), 'privacy-officer', asking(1, { purposeOfUse: 'HRESCH' }))).summary).toBe('NO_CONSENT')
    expect(cardOf(await consult(gateway(), 'privacy-officer', asking(1, { category: [{ code: 'research' }] }))).summary).toBe('NO_CONSENT')
    expect(
      cardOf(await consult(gateway(), 'privacy-officer', { ...asking(1), patientId: [{ system: 'urn:x', value: 'nobody' }] })).summary,
    ).toBe('NO_CONSENT')
  })

  test('content comes back without what may not go, and without what comes from nowhere known', async () => {
    const from = (id: InstitutionId, resource: Elements): Elements => ({ resource: { ...resource, meta: { source: numberSystemOf(id) } } })
    const psychiatric = { meta: {}, code: { coding: [{ system: system.kcd8, code: 'F20' }] } }
    const content = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        from('hospital', observation('a', 'x')),
        from('hospital', condition('b', 'x', 'Z14', {})),
        from('tertiary', condition('c', 'x', 'Z14', {})),
        { resource: observation('d', 'x') },
        from('clinic', { ...condition('e', 'x', 'F20'), ...psychiatric }),
      ],
    }
    const ids = async (number: number) => {
      const { extension } = cardOf(await consult(gateway(), 'privacy-officer', asking(number, { content })))
      return extension.content?.entry.map((entry) => JSON.stringify(entry).match(/"id":"(.)"/)?.[1])
    }
    expect([await ids(1), await ids(2), await ids(3)]).toEqual([['a', 'c', 'e'], ['c'], ['c']])
  })

  test('a system hears one word about its own institution: refused, never asked, unrelated and unknown are one answer', async () => {
    const told = async (context: Elements) => (await consult(gateway(), 'tertiary-system', context)).text
    const [unrelated, none, denied, permitted] = await Promise.all([1, 2, 3, 4].map(async (number) => told(asking(number))))
    const unknown = await told({ ...asking(1), patientId: [{ system: numberSystemOf('tertiary'), value: 'T-9999' }] })
    const foreign = await told({ ...asking(1), patientId: patientId(4, 'hospital') })
    expect(permitted).toContain('"summary":"CONSENT_PERMIT"')
    expect(permitted).toContain('"basedOn":[]')
    expect(permitted).not.toContain('REDACT')
    expect(none).toContain('"summary":"NO_CONSENT"')
    expect([unrelated, denied, unknown, foreign]).toEqual([none, none, none, none])
    for (const more of [
      { actor: actor('clinic') },
      { purposeOfUse: 'HRESCH' },
      { class: [{ code: 'Condition' }] },
      { content: { resourceType: 'Bundle', type: 'collection' } },
    ]) {
      expect((await consult(gateway(), 'tertiary-system', asking(4, more))).status).toBe(403)
    }
  })

  test('what cannot be read is refused by name', async () => {
    const tries: readonly (readonly [Elements, number])[] = [
      [{ patientId: patientId(1) }, 400],
      [{ actor: actor('clinic') }, 400],
      [asking(1, { surprise: true }), 400],
      [asking(1, { purposeOfUse: 'BTG' }), 400],
      [asking(1, { content: { resourceType: 'Bundle' } }), 400],
      [asking(1, { actor: [{ system: 'urn:x', value: 'y' }] }), 422],
      [asking(1, { actor: [...actor('clinic'), ...actor('tertiary')] }), 422],
    ]
    const eleven = <T>(item: T): T[] => Array.from({ length: 11 }, () => item)
    const long = ['patientId', 'actor', 'class', 'category'] as const
    const items = { patientId: patientId(1)[0], actor: actor('clinic')[0], class: 'Condition', category: 'patient-privacy' }
    for (const name of long) {
      const reply = await consult(gateway(), 'privacy-officer', asking(1, { [name]: eleven(items[name]) }))
      expect([name, reply.status, reply.body.issue?.[0]]).toEqual([
        name,
        400,
        expect.objectContaining({ diagnostics: `\`${name}\`: at most 10 are taken, 11 came`, expression: [`context.${name}`] }),
      ])
    }
    for (const [context, status] of tries) expect((await consult(gateway(), 'privacy-officer', context)).status).toBe(status)
  })
})
