/**
 * What is left of a visible record that speaks of refused ones, or has one element that is refused: the reply equals that of a store whose
 * records never held the reference, the element, and the words beside it. Two gateways, the same requests, the same bytes.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { seededConsents } from '../../bin/sandbox/stories.ts'
import { system } from '../../fhir-profiles/codes.ts'
import { hasPostgres } from '../support/databases.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { enginesAtThisScale } from '../support/proof.ts'
import { masked } from './masked.ts'
import { condition, encounter, feed, found, observation, openEncounter, patient, personId, type Sent } from './records.ts'

const at = (id: string) => ({ encounter: { reference: `Encounter/${id}` } })
const subject = { reference: 'Patient/H-0004' }
const kcd = (code: string) => ({ coding: [{ system: system.kcd8, code }] })
const loinc = (code: string) => ({ coding: [{ system: system.loinc, code }] })
const to = (reference: string, display?: string) => (display === undefined ? { reference } : { reference, display })
const narrative = { text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">우울증</div>' } }
const drug = { coding: [{ system: system.atc, code: 'C08CA01' }], text: '암로디핀정' }
const dose = {
  timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } },
  doseAndRate: [{ doseQuantity: { value: 1.0, unit: '정' } }],
}
const part = (code: string, value: number) => ({ code: loinc(code), valueQuantity: { value, unit: '1' } })
const hidden = to('Condition/p-1', '중등도 우울에피소드')
const inline = {
  extension: [
    {
      url: 'http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label',
      valueCoding: { system: system.actCode, code: 'PSY' },
    },
  ],
}

interface Twin {
  readonly full: Sent
  /** the same as if what is refused had never been; undefined: the record itself is refused */
  readonly bare: Sent | undefined
}

const same = (sent: Sent): Twin => ({ full: sent, bare: sent })
const refused = (sent: Sent): Twin => ({ full: sent, bare: undefined })
const twin = (sent: Sent, bare: object, full: object): Twin => ({ full: { ...sent, ...full }, bare: { ...sent, ...bare } })

const report: Sent = { resourceType: 'DiagnosticReport', id: 'dr', status: 'final', code: loinc('58410-2'), subject, ...at('med') }
const request: Sent = {
  resourceType: 'MedicationRequest',
  id: 'mr',
  status: 'active',
  intent: 'order',
  medicationCodeableConcept: drug,
  subject,
  ...at('med'),
}
const list: Sent = { resourceType: 'List', id: 'li', status: 'current', mode: 'working', subject }
const procedure: Sent = { resourceType: 'Procedure', id: 'pr', status: 'completed', code: kcd('Z00'), subject }
/** Named by nothing but its identifier, with a type and without: nobody here knows what it leads to. */
const named = (type?: string) => ({
  ...(type === undefined ? {} : { type }),
  identifier: { system: 'urn:hospital:records', value: 'p-1' },
  display: '중등도 우울에피소드',
})
const signer = { identifier: { system: system.doctorLicence, value: '12345' }, display: '주치의' }
const problems: Sent = { ...list, id: 'li-2' }
const repair: Sent = { ...procedure, id: 'pr-2', performer: [{ actor: signer }] }
/** What a record contains is as good as the record itself. */
const containing = (id: string, contained: object): Sent => ({ ...report, id, code: loinc('24323-8'), contained: [contained] })
const inner = { id: 'in', subject }
const manifest: Sent = { resourceType: 'DocumentManifest', id: 'dm', status: 'current', subject }
const absent = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }] }

/** At the hospital. */
const records: readonly Twin[] = [
  same(patient('hospital', 4)),
  refused(encounter('psy', 'H-0004', '03')),
  refused(condition('p-1', 'H-0004', 'F32', at('psy'))),
  refused(observation('p-3', 'H-0004', at('psy'))),
  twin(
    encounter('med', 'H-0004', '01'),
    { reasonCode: [kcd('I10')], diagnosis: [{ condition: to('Condition/h-1') }] },
    {
      reasonCode: [kcd('I10'), kcd('F32')],
      diagnosis: [{ condition: hidden, rank: 1 }, { condition: to('Condition/h-1') }],
      ...narrative,
    },
  ),
  twin(condition('h-1', 'H-0004', 'E11', at('med')), {}, { evidence: [{ detail: [to('Observation/p-3')] }], note: [{ text: '당뇨' }] }),
  same(observation('h-2', 'H-0004', at('med'))),
  twin(
    report,
    { result: [to('Observation/h-2')] },
    {
      result: [to('Observation/h-2'), to('Observation/p-3', '120')],
      conclusionCode: [kcd('F32.1')],
      conclusion: '우울증 의심',
      ...narrative,
    },
  ),
  twin(
    observation('panel', 'H-0004', { code: loinc('58410-2') }),
    { component: [part('718-7', 12.5)] },
    { component: [part('20447-9', 20), part('718-7', 12.5)], note: [{ text: 'HIV 추적' }], ...narrative },
  ),
  twin(
    request,
    { dosageInstruction: [dose] },
    {
      dosageInstruction: [{ ...dose, text: '우울할 때' }],
      reasonCode: [kcd('F32'), { text: '우울증' }],
      reasonReference: [hidden],
      note: [{ text: '우울증' }],
    },
  ),
  twin(list, { entry: [{ item: to('Condition/h-1') }] }, { entry: [{ item: hidden }, { item: to('Condition/h-1') }], ...narrative }),
  twin(procedure, {}, { reasonCode: [{ ...inline, text: '말한 이유' }], note: [{ text: '말한 이유' }], reasonReference: [hidden] }),
  twin(manifest, { content: [absent] }, { content: [hidden] }),
  twin(
    problems,
    { entry: [{ item: to('Condition/h-1') }] },
    { entry: [{ item: named('Condition') }, { item: named() }, { item: to('Condition/h-1') }], ...narrative },
  ),
  twin(repair, {}, { reasonReference: [named()], ...narrative }),
  same(containing('co-1', { ...inner, resourceType: 'Observation', status: 'final', code: loinc('718-7') })),
  refused(containing('co-2', { ...inner, resourceType: 'Condition', code: kcd('F32') })),
  refused(containing('co-3', { ...inner, resourceType: 'Observation', status: 'final', code: loinc('20447-9') })),
  refused(
    containing('co-4', {
      ...inner,
      resourceType: 'Encounter',
      status: 'finished',
      class: { system: system.encounterClass, code: 'AMB' },
      serviceType: { coding: [{ system: system.department, code: '03' }] },
    }),
  ),
  refused(
    containing('co-5', {
      ...inner,
      resourceType: 'Procedure',
      status: 'completed',
      meta: { security: [{ system: system.actCode, code: 'PSY' }] },
    }),
  ),
  // refused whole: its dose is told in words alone, which take the strictest label
  refused({ ...request, id: 'mr-2', reasonCode: [kcd('F32')], dosageInstruction: [{ text: '우울할 때 1정' }] }),
]

/** Note of h-1 goes with nothing: no element of it is labelled. */
const kept = { note: [{ text: '당뇨' }] }

/** H: a hidden condition, O: a hidden observation, V: a hidden visit; where there are none, ids of nothing. */
const paths: readonly string[] = [
  ...['Encounter', 'Condition', 'Observation', 'DiagnosticReport', 'MedicationRequest', 'Procedure'].map((type) => `${type}?patient=P4`),
  'Patient/P4/$everything',
  'Patient/P4/$summary',
  'Encounter?patient=P4&reason-code=F32',
  'Encounter?patient=P4&reason-code=I10',
  'Encounter?patient=P4&reason-code:not=F32',
  'Encounter?patient=P4&_sort=reason-code',
  'Encounter?patient=P4&_sort=-reason-code',
  'Encounter?patient=P4&diagnosis=Condition/HIDDEN',
  'Encounter?diagnosis=HIDDEN',
  'Condition?patient=P4&evidence-detail=Observation/UNSEEN',
  'Condition?patient=P4&evidence-detail:missing=true',
  'Condition?patient=P4&evidence-detail:missing=false',
  'Condition?encounter=VISIT',
  'DiagnosticReport?patient=P4&conclusion=F32.1',
  'DiagnosticReport?patient=P4&conclusion:missing=false',
  'DiagnosticReport?result=Observation/UNSEEN',
  'DiagnosticReport?patient=P4&_sort=conclusion',
  'Observation?patient=P4&component-code=20447-9',
  'Observation?patient=P4&component-code=718-7',
  'Observation?patient=P4&combo-code=20447-9',
  'Observation?patient=P4&_sort=-combo-code',
  'Procedure?patient=P4&reason-reference=Condition/HIDDEN',
  'Procedure?patient=P4&reason-code:missing=false',
  'Procedure?patient=P4&reason-reference:identifier=urn:hospital:records|p-1',
  'List?patient=P4&item:identifier=urn:hospital:records|p-1',
  'List?item:missing=true&patient=P4',
  'DiagnosticReport?patient=P4&_total=accurate',
  'DiagnosticReport?patient=P4&code=24323-8&_summary=count',
  'DiagnosticReport?patient=P4&_has:Composition:entry:status=final',
]

describe.each(enginesAtThisScale(hasPostgres))('records that speak of refused ones, on %s', (engine) => {
  let full: TestGateway
  let bare: TestGateway
  const names = new Map<TestGateway, Readonly<Record<string, string>>>()

  beforeAll(async () => {
    full = await startTestGateway(engine)
    bare = await startTestGateway(engine)
    await Promise.all([fill(full, 'full'), fill(bare, 'bare')])
  })
  afterAll(async () => {
    await full.close()
    await bare.close()
  })

  const fill = async (gateway: TestGateway, which: keyof Twin): Promise<void> => {
    await feed(gateway, 'clinic', [patient('clinic', 4)])
    await feed(gateway, 'tertiary', [patient('tertiary', 4)])
    await feed(gateway, 'tertiary', [openEncounter('now-4', 'T-0004', '01')])
    for (const each of records) {
      const sent = each[which]
      if (sent !== undefined) await feed(gateway, 'hospital', [sent.id === 'h-1' ? { ...sent, ...kept } : sent])
      await pause(2)
    }
    const person = await personId(gateway, 4)
    expect((await gateway.as('patient-4').post('Consent', consentOf(person))).status).toBe(201)
    const first = async (query: string) => found(await gateway.as('patient-4').get(query))[0]
    const condition4 = await first('Condition?code=F32')
    const visit = /Encounter\/([^"]+)/.exec(JSON.stringify(condition4 ?? {}))?.[1] ?? randomUUID()
    const unseen = await first(`Observation?encounter=${visit}`)
    expect([condition4 !== undefined, unseen !== undefined]).toEqual([which === 'full', which === 'full'])
    names.set(gateway, { P4: person, HIDDEN: condition4?.id ?? randomUUID(), UNSEEN: unseen?.id ?? randomUUID(), VISIT: visit })
  }

  const ask = async (gateway: TestGateway, name: string, path: string): Promise<Reply> =>
    gateway.as(name).get(path.replaceAll(/P4|HIDDEN|UNSEEN|VISIT/g, (word) => names.get(gateway)?.[word] ?? word))

  test('answer a doctor elsewhere as if there were nothing to speak of', async () => {
    const unanswered: string[] = []
    for (const path of paths) {
      const replies = [await ask(full, 'tertiary-doctor', path), await ask(bare, 'tertiary-doctor', path)]
      const [one, other] = [masked(full, replies[0]), masked(bare, replies[1])]
      expect({ path, ...one }).toEqual({ path, ...other })
      if (one.status !== 200) unanswered.push(path)
    }
    expect(unanswered).toEqual([])
  })

  test('answer read, version and history alike, element by element', async () => {
    let compared = 0
    for (const type of [
      'Encounter',
      'Condition',
      'Observation',
      'DiagnosticReport',
      'MedicationRequest',
      'List',
      'Procedure',
      'DocumentManifest',
    ]) {
      const replies = [await ask(full, 'tertiary-doctor', `${type}?patient=P4`), await ask(bare, 'tertiary-doctor', `${type}?patient=P4`)]
      const [one = [], other = []] = replies.map((reply) => found(reply).map(({ id }) => id ?? ''))
      for (const [index, id] of one.entries()) {
        for (const tail of ['', '/_history', '/_history/1']) {
          const here = await full.as('tertiary-doctor').get(`${type}/${id}${tail}`)
          expect(masked(full, here)).toEqual(masked(bare, await bare.as('tertiary-doctor').get(`${type}/${other[index]}${tail}`)))
          expect(here.text).not.toMatch(/우울|F32|20447|말한 이유/)
          compared += 1
        }
      }
    }
    expect(compared).toBeGreaterThan(20)
  })

  test('still say to the doctor what is not refused: a report, its dose, its numbers as they were written', async () => {
    const requests = found(await ask(full, 'tertiary-doctor', 'MedicationRequest?patient=P4'))
    expect(requests).toMatchObject([{ medicationCodeableConcept: drug, dosageInstruction: [dose] }])
    expect(found(await ask(full, 'tertiary-doctor', 'Condition?patient=P4&code=E11'))).toMatchObject([kept])
    expect((await ask(full, 'tertiary-doctor', 'Encounter?patient=P4&reason-code=I10')).body.total).toBe(1)
  })

  test('show no earlier version that says what is refused today', async () => {
    await feed(full, 'hospital', [condition('changed', 'H-0004', 'F33')])
    await feed(full, 'hospital', [condition('changed', 'H-0004', 'R53')])
    const id = found(await ask(full, 'tertiary-doctor', 'Condition?patient=P4&code=R53'))[0]?.id ?? ''
    const seenBy = async (name: string) => {
      const history = await full.as(name).get(`Condition/${id}/_history`)
      const first = await full.as(name).get(`Condition/${id}/_history/1`)
      return [history.body.total, history.text.includes('F33'), first.status]
    }
    expect(await seenBy('tertiary-doctor')).toEqual([1, false, 404])
    expect(await seenBy('patient-4')).toEqual([2, true, 200])
  })

  test('say who acted, though by a licence number alone', async () => {
    const acted = found(await ask(full, 'tertiary-doctor', 'Procedure?patient=P4&status=completed'))
    expect(acted.map((each) => each['performer']).filter((each) => each !== undefined)).toEqual([[{ actor: signer }]])
    const own = await full.as('hospital-doctor').get('List?item:identifier=urn:hospital:records|p-1')
    expect(own.status).toBe(200)
  })

  test('come in Bundles that forbid redisclosure, as an empty one does', async () => {
    for (const path of [
      'Encounter?patient=P4',
      'Encounter?patient=P4&reason-code=F32',
      'Patient/P4/$everything',
      'Patient/P4/$summary',
      'Condition?code=Z99',
    ])
      expect([path, (await ask(full, 'tertiary-doctor', path)).body.meta]).toMatchObject([path, { security: [{ code: 'NORDSCLCD' }] }])
  })

  test('are whole to the patient, to the hospital’s own doctors, and to the system that wrote them, byte for byte', async () => {
    for (const name of ['patient-4', 'hospital-doctor']) {
      const reply = await ask(full, name, 'Encounter?patient=P4&reason-code=F32')
      expect({ name, total: reply.body.total, whole: /중등도 우울에피소드/.test(reply.text) }).toEqual({ name, total: 1, whole: true })
    }
    const own = await full.as('hospital-system').get('DiagnosticReport/dr')
    const sent = records.find((each) => each.full.id === 'dr')?.full ?? {}
    expect(own.body).toMatchObject(sent)
  })
})

/** The network's records, but nothing of psychiatry and HIV: by department and wherever it is written. */
function consentOf(person: string): object {
  const story = seededConsents('2026-01-01T09:00:00+09:00')
    .find((each) => each.number === 4)
    ?.make(person)
  const consent = JSON.parse(JSON.stringify(story))
  consent.provision.provision.push({
    type: 'deny',
    securityLabel: ['PSY', 'HIV'].map((code) => ({ system: system.actCode, code })),
  })
  return consent
}
