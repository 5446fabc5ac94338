/** The table of BALP profiles, held against IHE's own examples: what IHE calls conforming conforms here, and a missing part is named. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { balpFaults } from '../../fhir-profiles/balp-check.ts'
import { balpProfiles, restUrl } from '../../fhir-profiles/balp.ts'
import type { AuditEvent } from '../../fhir-profiles/r4.ts'
import { auditEvent, type AuditAct } from '../../gateway/logic/audit.ts'

const folder = new URL('../../../shared/cases/audit/balp/', import.meta.url)
const shared = existsSync(folder)
const profileOf = (url: string) => balpProfiles.find((profile) => profile.url === url)

;(shared ? describe : describe.skip)(`the examples of IHE (${shared ? 'all' : 'skipped: ../shared absent'})`, () => {
  // what a folder of ours holds is AuditEvents: its README says so
  const events = shared ? readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as AuditEvent) : []
  const known = events.filter((event) => event.meta?.profile?.some((url) => profileOf(url) !== undefined) === true)

  test('cover most profiles of the table', () => {
    expect(known.length).toBeGreaterThanOrEqual(19)
    expect(new Set(known.flatMap((event) => event.meta?.profile ?? [])).size).toBeGreaterThanOrEqual(8)
  })

  test('conform to the profile they claim', () => {
    for (const event of known) {
      for (const url of event.meta?.profile ?? []) {
        const profile = profileOf(url)
        expect([event.id, profile === undefined ? ['unknown'] : balpFaults(event, profile)]).toEqual([event.id, []])
      }
    }
  })
})

const act: AuditAct = {
  id: 'a-1',
  at: '2026-03-02T00:00:00.000Z',
  action: 'R',
  interaction: 'read',
  outcome: 'success',
  who: {
    subject: 'tertiary-doctor',
    name: '',
    role: 'doctor',
    institution: 'tertiary',
    purposes: ['TREAT'],
    address: '192.0.2.7',
    tokenId: 'jti-1',
    clientId: 'app-1',
  },
  persons: ['p1'],
  entities: [{ type: 'Condition', id: 'c1', version: '3' }],
  consents: [],
  requestId: 'q-1',
  query: 'GET /Condition/***',
  note: '',
  source: 'https://gateway.test',
}

describe('an entry that lost a part', () => {
  const good = auditEvent(act)
  const profile = profileOf(restUrl('Read', true))
  const faults = (event: AuditEvent) => (profile === undefined ? ['no profile'] : balpFaults(event, profile))
  const agents = (change: (agent: AuditEvent['agent'][number]) => object | undefined): AuditEvent => ({
    ...good,
    // what is left is an agent, or is not there: that is what is asked
    agent: good.agent.flatMap((agent) => (change(agent) ?? []) as AuditEvent['agent']),
  })
  const hasCode = (agent: AuditEvent['agent'][number], code: string): boolean => agent.type?.coding?.[0]?.code === code

  test.each<readonly [string, AuditEvent, readonly string[]]>([
    ['none', good, []],
    ['its client', agents((agent) => (hasCode(agent, '110152') ? undefined : agent)), ['agent[client] occurs 0 times']],
    [
      'where the client was',
      agents((agent) => (hasCode(agent, '110152') ? { ...agent, network: undefined } : agent)),
      ['agent[client].network.address is missing'],
    ],
    ['who asked', agents((agent) => (agent.requestor ? { ...agent, who: undefined } : agent)), ['agent[user].who is missing']],
    ['its success', { ...good, outcome: '8' }, ['outcome is not 0']],
    ['its patient', { ...good, entity: good.entity?.filter(({ type }) => type?.code !== '1') ?? [] }, ['entity[patient] occurs 0 times']],
    ['its record', { ...good, entity: good.entity?.filter(({ type }) => type?.code !== '2') ?? [] }, ['entity[data] occurs 0 times']],
    ['its interaction', { ...good, subtype: [] }, ['subtype is none of read, vread']],
  ])('(%s) is said to have lost it', (_part, event, wanted) => {
    expect(faults(event)).toEqual(wanted)
  })

  test('claims the profile of its interaction, with the patient where there is exactly one', () => {
    const claim = (more: Partial<AuditAct>) => auditEvent({ ...act, ...more }).meta?.profile?.[0]?.split('BasicAudit.')[1]
    expect([
      claim({}),
      claim({ persons: [] }),
      claim({ persons: ['p1', 'p2'] }),
      claim({ interaction: 'delete', action: 'D' }),
      claim({ outcome: 'refused' }),
      claim({ interaction: 'summary' }),
      claim({ interaction: 'create', action: 'C', entities: [...act.entities, ...act.entities] }),
    ]).toEqual(['PatientRead', 'Read', 'Read', 'PatientDelete', undefined, undefined, undefined])
  })
})
