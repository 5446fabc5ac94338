/**
 * A member that is sensitive as such: what it keeps is hidden from whoever is refused its label, and so is every word of others that names
 * it. Two gateways, the same requests, the same bytes; the second never held the naming.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { seededConsents } from '../../bin/sandbox/stories.ts'
import { system } from '../../fhir-profiles/codes.ts'
import { hasPostgres, unopenedDatabase } from '../support/databases.ts'
import { gatewaySetup, type TestGateway } from '../support/gateway-client.ts'
import { startGatewayOn, startTestGateway } from '../support/gateway.ts'
import { enginesAtThisScale } from '../support/proof.ts'
import { masked } from './masked.ts'
import { condition, encounter, feed, found, numberSystemOf, observation, openEncounter, patient, personId, type Sent } from './records.ts'

const options = { sensitivities: { hospital: ['PSY'] } }
const number = '11100002'
const subject = { reference: 'Patient/C-0004' }
const to = (reference: string) => ({ reference })
const loinc = (code: string) => ({ coding: [{ system: system.loinc, code }] })
const numbered = { identifier: { system: system.institutionNumber, value: number } }
const absent = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] }
const doctor: Sent = { resourceType: 'Practitioner', id: 'pr-1', name: [{ text: '김담당' }] }
const organization = (id: string): Sent => ({
  resourceType: 'Organization',
  id,
  name: '의뢰처',
  identifier: [{ system: system.institutionNumber, value: number }],
})
const workplace: Sent = {
  resourceType: 'PractitionerRole',
  id: 'role-1',
  practitioner: to('Practitioner/pr-1'),
  organization: to('Organization/o-1'),
}
const letter = {
  resourceType: 'Composition',
  status: 'final',
  type: loinc('57133-1'),
  subject,
  date: '2026-03-02T12:00:00+09:00',
  title: '회송서',
}
const report = { resourceType: 'DiagnosticReport', status: 'final', code: loinc('58410-2'), subject }
const procedure = { resourceType: 'Procedure', status: 'completed', code: { coding: [{ system: system.kcd8, code: 'Z00' }] }, subject }

interface Twin {
  readonly full: Sent
  /** undefined: refused whole */
  readonly bare: Sent | undefined
}
const same = (sent: Sent): Twin => ({ full: sent, bare: sent })
const refused = (full: Sent): Twin => ({ full, bare: undefined })
const naming = (bare: Sent, more: object, without: object = {}): Twin => ({ full: { ...bare, ...more }, bare: { ...bare, ...without } })

/** Of the clinic, about its patient who was at the hospital too. */
const records: readonly Twin[] = [
  same(organization('o-1')),
  same(doctor),
  same(workplace),
  naming(
    patient('clinic', 4),
    { identifier: [...own(), { system: numberSystemOf('hospital'), value: 'H-0004' }], managingOrganization: numbered },
    { identifier: own() },
  ),
  naming(encounter('e-1', 'C-0004', '01'), {
    serviceProvider: to('Organization/o-1'),
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">의뢰처</div>' },
  }),
  naming(encounter('e-2', 'C-0004', '01'), {
    hospitalization: { origin: to('Organization/hospital'), preAdmissionIdentifier: { value: '7' } },
  }),
  naming(
    observation('o-1', 'C-0004'),
    { performer: [{ display: '한빛 종합병원 검사실' }, to('Practitioner/pr-1')] },
    { performer: [to('Practitioner/pr-1')] },
  ),
  naming(condition('c-1', 'C-0004', 'I10'), { recorder: to('PractitionerRole/role-1') }),
  naming({ ...report, id: 'dr-1' }, { performer: [numbered], conclusion: '그곳에서 채취함' }),
  naming(
    { ...procedure, id: 'p-1' },
    {
      contained: [{ resourceType: 'Organization', id: 'org', name: '한빛종합병원' }],
      performer: [{ actor: to('Practitioner/pr-1'), onBehalfOf: to('#org') }],
    },
  ),
  naming({ ...letter, id: 'l-1' }, { custodian: numbered, author: [{ display: '한빛종합병원' }] }, { author: [absent] }),
  // what names it in words, a code or a file cannot be parted from the record
  refused(condition('c-2', 'C-0004', 'J45', { note: [{ text: '한빛종합병원에서 진단받음' }] })),
  refused({ ...procedure, id: 'p-2', code: { ...procedure.code, text: '한빛종합병원 의뢰 처치' } }),
  refused(observation('o-2', 'C-0004', { meta: { tag: [{ system: 'urn:clinic', code: `from-${number}` }] } })),
  // its directory comes only after it
  refused(encounter('e-3', 'C-0004', '01', { serviceProvider: to('Organization/o-2') })),
  same(organization('o-2')),
  // another name that only ends like it
  same(observation('o-3', 'C-0004', { performer: [{ display: '새한빛종합병원' }] })),
]

function own(): readonly unknown[] {
  const { identifier } = patient('clinic', 4)
  return Array.isArray(identifier) ? identifier : []
}

const types = ['Encounter', 'Observation', 'Condition', 'DiagnosticReport', 'Procedure', 'Composition'] as const
const paths: readonly string[] = [
  'Patient/P4',
  'Patient/P4/$everything',
  'Patient/P4/$summary',
  ...types.map((type) => `${type}?patient=P4`),
  'Patient?identifier=HOSPITAL|H-0004',
  'Encounter?patient=P4&service-provider:missing=true',
  'Encounter?patient=P4&service-provider:missing=false',
  'Encounter?patient=P4&service-provider.identifier=NUMBER',
  'Encounter?patient=P4&_include=Encounter:service-provider',
  'Observation?patient=P4&performer:missing=false',
  'DiagnosticReport?patient=P4&performer:identifier=NUMBER',
  'DiagnosticReport?patient=P4&performer:missing=true&_total=accurate',
  'Condition?patient=P4&_summary=count',
  'Condition?patient=P4&_elements=recorder',
  'Procedure?patient=P4&performer:missing=true',
  'Composition?patient=P4&author:missing=false',
  'Patient?_has:Encounter:patient:service-provider:missing=false',
  'Condition?_source=urn:oid:1.2.410.100110.10.11100002',
  'Organization?name=한빛종합병원',
  'Organization/hospital',
]

describe.each(enginesAtThisScale(hasPostgres))('a member that is sensitive as such, on %s', (engine) => {
  let full: TestGateway
  let bare: TestGateway
  const names = new Map<TestGateway, Readonly<Record<string, string>>>()

  const fill = async (gateway: TestGateway, which: keyof Twin): Promise<void> => {
    await feed(gateway, 'tertiary', [patient('tertiary', 4), openEncounter('now-4', 'T-0004', '01')])
    if (which === 'full') await feed(gateway, 'hospital', [patient('hospital', 4), condition('sleep', 'H-0004', 'G47')])
    for (const each of records) {
      const sent = each[which]
      if (sent !== undefined) await feed(gateway, 'clinic', [sent])
      await pause(2)
    }
    const person = await personId(gateway, 4)
    expect((await gateway.as('patient-4').post('Consent', withoutPsychiatry(person))).status).toBe(201)
    names.set(gateway, {
      P4: person,
      HOSPITAL: encodeURIComponent(numberSystemOf('hospital')),
      NUMBER: encodeURIComponent(`${system.institutionNumber}|${number}`),
    })
  }
  beforeAll(async () => {
    full = await startTestGateway(engine, options)
    bare = await startTestGateway(engine, options)
    await Promise.all([fill(full, 'full'), fill(bare, 'bare')])
  })
  afterAll(async () => {
    await full.close()
    await bare.close()
  })
  const ask = async (gateway: TestGateway, name: string, path: string) =>
    gateway.as(name).get(path.replaceAll(/P4|HOSPITAL|NUMBER/g, (word) => names.get(gateway)?.[word] ?? word))

  test('is not named to a doctor who is refused its label, by whatever is asked', async () => {
    const unanswered: string[] = []
    for (const path of paths) {
      const [one, other] = [await ask(full, 'tertiary-doctor', path), await ask(bare, 'tertiary-doctor', path)]
      expect({ path, ...masked(full, one) }).toEqual({ path, ...masked(bare, other) })
      if (one.status !== 200) unanswered.push(path)
      if (!path.startsWith('Organization')) expect([path, one.text]).toEqual([path, expect.not.stringMatching(/(?<!새)한빛|의뢰처|채취함/)])
    }
    expect(unanswered).toEqual([])
  })

  test('is not named in versions and histories either', async () => {
    let compared = 0
    for (const type of types) {
      const [one, other] = await Promise.all(
        [full, bare].map(async (gateway) => found(await ask(gateway, 'tertiary-doctor', `${type}?patient=P4`))),
      )
      for (const [at, { id = '' }] of (one ?? []).entries())
        for (const tail of ['', '/_history', '/_history/1']) {
          const here = await ask(full, 'tertiary-doctor', `${type}/${id}${tail}`)
          expect(masked(full, here)).toEqual(masked(bare, await ask(bare, 'tertiary-doctor', `${type}/${other?.[at]?.id}${tail}`)))
          compared += 1
        }
    }
    expect(compared).toBeGreaterThan(20)
  })

  test('is told to the patient, to those who wrote it, and keeps its own', async () => {
    for (const name of ['patient-4', 'clinic-doctor']) {
      expect([name, (await ask(full, name, 'Procedure?patient=P4')).text]).toEqual([name, expect.stringContaining('한빛종합병원')])
      expect([name, (await ask(full, name, 'Encounter?patient=P4&service-provider:missing=false')).body.total]).toEqual([name, 2])
    }
    expect((await ask(full, 'hospital-doctor', 'Condition?code=G47')).body.total).toBe(1)
    const sent = records.find((each) => each.full.id === 'p-1')?.full ?? {}
    expect((await full.as('clinic-system').get('Procedure/p-1')).body).toMatchObject(sent)
  })

  test('is why a record has its labels', async () => {
    const basisOf = async (type: string, localId: string, institution = 'clinic') => {
      const ids = await full.context.store.records.networkIds([{ institution, type, localId }], () => 'none')
      return full.context.store.raised.basis([...ids.values()][0] ?? '')
    }
    expect(await basisOf('Condition', 'sleep', 'hospital')).toEqual(['PSY · kept by hospital'])
    expect(await basisOf('Condition', 'c-2')).toEqual(['PSY · names hospital'])
    expect(await basisOf('DiagnosticReport', 'dr-1')).toEqual(['PSY · names hospital'])
    expect(await basisOf('Encounter', 'e-1')).toEqual(['PSY · names a place by way of its directory'])
    expect(await basisOf('Encounter', 'e-3')).toEqual(['PSY · names a place by way of its directory'])
    expect(await basisOf('Observation', 'o-3')).toEqual([])
  })
})

test('a member becomes sensitive, and is so no longer: what is stored follows at the next start', async () => {
  const made = await unopenedDatabase(hasPostgres ? 'PostgreSQL' : 'PGlite')
  const seenAfter = async (more: object, fill?: (gateway: Pick<TestGateway, 'as'>) => Promise<void>): Promise<readonly string[]> => {
    const gateway = await startGatewayOn(await gatewaySetup(more), made.source)
    try {
      await fill?.(gateway)
      const reply = await gateway.as('tertiary-doctor').get(`Condition?patient=${await personId(gateway, 4)}`)
      return found(reply)
        .map((each) => JSON.stringify(each['code']).replaceAll(/.*"code":"(\w+)".*/g, '$1'))
        .sort()
    } finally {
      await gateway.stop()
    }
  }
  try {
    const before = await seenAfter({}, async (gateway) => {
      await feed(gateway, 'tertiary', [patient('tertiary', 4), openEncounter('now-4', 'T-0004', '01')])
      await feed(gateway, 'hospital', [patient('hospital', 4), condition('sleep', 'H-0004', 'G47')])
      const named = condition('c-1', 'C-0004', 'I10', { recorder: to('Organization/o-1') })
      await feed(gateway, 'clinic', [patient('clinic', 4), organization('o-1'), named, condition('c-2', 'C-0004', 'J45')])
      expect((await gateway.as('patient-4').post('Consent', withoutPsychiatry(await personId(gateway, 4)))).status).toBe(201)
    })
    expect(before).toEqual(['G47', 'I10', 'J45'])
    expect(await seenAfter(options)).toEqual(['J45'])
    expect(await seenAfter(options)).toEqual(['J45'])
    expect(await seenAfter({})).toEqual(['G47', 'I10', 'J45'])
  } finally {
    await made.remove()
  }
}, 60_000)

/** The network's records, but nothing that is psychiatry. */
function withoutPsychiatry(person: string): object {
  const story = seededConsents('2026-01-01T09:00:00+09:00')
    .find((each) => each.number === 4)
    ?.make(person)
  const consent = JSON.parse(JSON.stringify(story))
  consent.provision.provision = [{ type: 'deny', securityLabel: [{ system: system.actCode, code: 'PSY' }] }]
  return consent
}
