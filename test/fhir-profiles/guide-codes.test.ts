import { describe, expect, test } from '@jest/globals'
import { labelSets } from '../../consent/label-sets.ts'
import { extension, profile, system } from '../../fhir-profiles/codes.ts'
import { auditEvent, type AuditAct } from '../../gateway/logic/audit.ts'
import { grounds } from '../../gateway/logic/purpose.ts'
import { recallTask } from '../../gateway/logic/recall.ts'
import { transitionTable } from '../../gateway/logic/referral.ts'
import { destinationTypes, groundRows } from '../../gateway/logic/route-rules.ts'
import { guideResources, guideWorld } from '../support/guide.ts'
import { broken } from '../support/plain-profile.ts'

const world = guideWorld()
const base = 'https://care-network.kr/fhir'
const codeSystems = new Set(guideResources('CodeSystem').map(({ url }) => url))

function codesOf(valueSet: string): readonly string[] {
  return [...(world.valueSets.get(`${base}/ValueSet/${valueSet}`) ?? [])].map((each) => each.slice(each.indexOf('|') + 1)).sort()
}

describe('the guide and the product mean the same', () => {
  test('every code system, profile and extension of ours that goes over the wire is in the package', () => {
    const named = Object.values(system).filter((url) => url.startsWith(`${base}/CodeSystem/`))
    expect(named.filter((url) => !codeSystems.has(url))).toEqual([])
    expect([...Object.values(profile), ...Object.values(extension)].filter((url) => !world.definitions.has(url))).toEqual([])
  })

  test.each([
    ['break-glass-ground', [...grounds]],
    ['sensitivity', labelSets.map(({ sensitivity }) => sensitivity)],
    ['referral-institution', [...destinationTypes.keys()]],
    ...[1, 2, 3].map((tier): [string, string[]] => [
      `tier-${tier}-institution`,
      [...destinationTypes].filter(([, level]) => level === tier).map(([type]) => type),
    ]),
    ['referral-task-status', transitionTable.flatMap(({ from, to }) => [from, to])],
    ['referral-business-status', transitionTable.flatMap(({ fromBusiness, toBusiness }) => [fromBusiness ?? [], toBusiness ?? []].flat())],
  ])('value set %s holds what the code knows', (valueSet, known) => {
    expect(codesOf(valueSet)).toEqual([...new Set(known)].sort())
  })

  test('tier exemptions are those of the rules', () => {
    const system = guideResources('CodeSystem').find(({ id }) => id === 'tier-exemption')
    expect(system?.concept?.map(({ code }) => code).sort()).toEqual(groundRows.map(({ ground }) => ground).sort())
  })
})

const act: AuditAct = {
  id: 'a1',
  at: '2026-11-22T06:08:56.912Z',
  action: 'R',
  interaction: 'read',
  outcome: 'success',
  who: {
    subject: 'tertiary-doctor',
    name: 'doctor',
    role: 'doctor',
    institution: 'tertiary',
    purposes: ['TREAT'],
    address: '127.0.0.1',
    tokenId: 'jti',
    clientId: 'app',
  },
  persons: ['p1'],
  entities: [{ type: 'Observation', id: 'o1', version: '1' }],
  consents: [{ id: 'c1', version: '1' }],
  requestId: 'r1',
  query: '',
  note: '',
  source: 'http://localhost:8080',
}

describe('what the gateway writes meets the guide', () => {
  test.each<[string, Partial<AuditAct>]>([
    ['a read', {}],
    ['a search', { interaction: 'search-type', action: 'E', query: 'GET /Observation?patient=***' }],
    ['a refusal', { outcome: 'refused', entities: [] }],
    ['a feed about nobody', { interaction: 'feed', action: 'C', persons: [], entities: [] }],
    ['a delivery', { interaction: 'delivery', requestId: '', recipient: { institution: 'clinic', address: '10.0.0.1' } }],
    ['break-glass', { interaction: 'break-glass', action: 'E', note: 'break-glass: emergency' }],
    ['a sign-in', { interaction: 'login', action: 'E', persons: [], entities: [], consents: [], requestId: '' }],
    [
      'a referral sent by the network itself',
      { interaction: 'referral-received', action: 'U', requestId: '', who: { ...act.who, address: '', tokenId: '', clientId: '' } },
    ],
  ])('the access log entry of %s', (_, differing) => {
    expect([...broken(auditEvent({ ...act, ...differing }), `${base}/StructureDefinition/care-audit-event`, world)]).toEqual([])
  })

  test('a recall', () => {
    const task = recallTask({ institution: 'tertiary', parcels: ['p-1'] }, { consent: 'c1', person: 'p1', at: act.at })
    expect([...broken(task, profile.recallTask, world)]).toEqual([])
  })
})
