import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { EmrAdapter, RecordQuery } from '../../../adapters/contract.ts'
import { fhirRest } from '../../../adapters/fhir-rest/adapter.ts'
import type { FaultMode } from '../../../adapters/sandbox/tertiary/faults.ts'
import { type RecordedPorts, adapterPorts, collect } from '../../support/adapter-suite.ts'
import { type TertiaryUnderTest, deadlineMs, openTertiary, patientNumbers } from './tertiary-harness.ts'

let emr: TertiaryUnderTest
let ports: RecordedPorts
let adapter: EmrAdapter

function connect(config: Readonly<Record<string, unknown>> = {}): EmrAdapter {
  ports = adapterPorts(emr)
  adapter = fhirRest.create({ ...emr.config, ...config }, ports)
  return adapter
}

beforeEach(async () => {
  emr = await openTertiary()
  connect()
})
afterEach(async () => {
  await adapter.close()
  await emr.close()
})

const record = (patientId: string, types: readonly string[] = [], maxResources = 500): RecordQuery => ({
  kind: 'record',
  patientId,
  types,
  maxResources,
})

describe('what the university hospital holds', () => {
  test('a whole record comes with the patient first, from every clinical type the hospital keeps', async () => {
    const { resources, gaps } = await collect(adapter, record('pt-1002'))
    expect(gaps).toEqual([])
    expect(resources[0]).toMatchObject({ resourceType: 'Patient', id: 'pt-1002' })
    expect([...new Set(resources.map((resource) => resource.resourceType))].toSorted()).toEqual(
      ['Condition', 'DiagnosticReport', 'Encounter', 'MedicationRequest', 'Observation', 'Patient', 'Procedure'].toSorted(),
    )
  })

  test('a record of some types asks for those only, and says which types it cannot ask for', async () => {
    const { resources, gaps } = await collect(adapter, record('pt-1001', ['AllergyIntolerance', 'CarePlan']))
    expect(resources.map((resource) => resource.resourceType)).toEqual(['AllergyIntolerance'])
    expect(gaps).toEqual([{ gap: 'not-held', element: 'CarePlan', reason: 'this interface does not ask for the type' }])
    expect((await emr.asked?.())?.filter((access) => access.includes('Observation'))).toEqual([])
  })

  test('a patient is found by the number of the hospital, and by name and birth date', async () => {
    const byNumber = await collect(adapter, { kind: 'patient', system: patientNumbers(), value: 'T-0004', maxResources: 5 })
    expect(byNumber.resources.map((patient) => patient.id)).toEqual(['pt-1004'])
    const byName = await collect(adapter, { kind: 'candidates', name: '윤아린', birthDate: '2018-06-09', maxResources: 5 })
    expect(byName.resources.map((patient) => patient.id)).toEqual(['pt-1005'])
    expect((await collect(adapter, { kind: 'patient', system: patientNumbers(), value: 'T-0007', maxResources: 5 })).resources).toEqual([])
  })

  test.each([
    ['pt-1001', []],
    ['pt-1002', ['IMP']],
    ['pt-1009', ['EMER']],
  ])('who is under care now is known: %s %j', async (patientId, classes) => {
    const { resources } = await collect(adapter, { kind: 'current-encounters', patientId, maxResources: 10 })
    expect(resources.map((resource) => (resource.resourceType === 'Encounter' ? resource.class.code : ''))).toEqual(classes)
  })

  test('one resource is read by type and id; what the hospital does not have is nothing, not a gap', async () => {
    const one = await collect(adapter, { kind: 'read', type: 'Condition', id: 'co-4-1-1', maxResources: 1 })
    expect(one.resources).toHaveLength(1)
    expect(await collect(adapter, { kind: 'read', type: 'Condition', id: 'co-0', maxResources: 1 })).toEqual({ resources: [], gaps: [] })
  })

  test('an id that would climb to another address is never asked for', async () => {
    const { gaps } = await collect(adapter, { kind: 'read', type: 'Patient', id: '..', maxResources: 1 })
    expect(gaps.map((gap) => gap.gap)).toEqual(['unmappable'])
    expect(await emr.asked?.()).toEqual([])
  })

  test('more than may be brought at once is cut, and says so', async () => {
    const { resources, gaps } = await collect(adapter, record('pt-1002', [], 3))
    expect(resources).toHaveLength(3)
    expect(gaps.map((gap) => gap.gap)).toEqual(['truncated'])
  })

  test('results on later pages come too', async () => {
    for (let index = 0; index < 230; index++) await emr.fhir('PUT', `Observation/many-${index}`, observation(`many-${index}`))
    const { resources, gaps } = await collect(adapter, record('pt-1006', ['Observation'], 1000))
    expect(resources.filter((resource) => resource.id?.startsWith('many-'))).toHaveLength(230)
    expect(gaps).toEqual([])
  })

  test('a resident registration number never leaves the hospital, and its absence is told', async () => {
    const patient = (await emr.fhir('GET', 'Patient/pt-1003')).body
    const identifier = [
      { system: patientNumbers(), value: 'T-0003' },
      { system: 'urn:oid:1.2.3', value: '790825-2000000' },
      { type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'SS' }] }, value: 'masked' },
    ]
    await emr.fhir('PUT', 'Patient/pt-1003', { ...patient, identifier })
    const { resources, gaps } = await collect(adapter, record('pt-1003', ['Patient']))
    expect(resources[0]).toMatchObject({ identifier: [{ value: 'T-0003' }] })
    expect(JSON.stringify(resources)).not.toContain('790825')
    expect(gaps.map((gap) => `${gap.gap} ${gap.element}`)).toEqual(['dropped-by-law Patient.identifier'])
  })
})

describe('a hospital whose server misbehaves', () => {
  const cases: readonly (readonly [FaultMode, string, string])[] = [
    ['hang', 'no-answer', 'no complete answer within the deadline'],
    ['drip', 'no-answer', 'no complete answer within the deadline'],
    ['garbage', 'no-answer', 'the answer is not the FHIR resource expected (status 200)'],
    ['error', 'no-answer', 'the EMR failed (status 500)'],
    ['redirect', 'no-answer', 'the answer was a redirect, which is not followed'],
    ['other-patient', 'not-permitted-by-source', 'the EMR answered another patient or record than asked'],
  ]
  test.each(cases)('%s becomes one gap %s, within the deadline, with no record of anybody', async (mode, gap, reason) => {
    await emr.fault(mode)
    const startedAt = performance.now()
    const answer = await collect(adapter, record('pt-1001'))
    expect(performance.now() - startedAt).toBeLessThan(deadlineMs + 1_000)
    expect(answer).toEqual({ resources: [], gaps: [{ gap, element: 'Patient', reason }] })
  })

  test('the wrong person is never taken for a candidate, a numbered patient or somebody under care', async () => {
    await emr.fault('other-patient')
    const queries: readonly RecordQuery[] = [
      { kind: 'candidates', name: '강하늘', birthDate: '1968-04-17', maxResources: 20 },
      { kind: 'patient', system: patientNumbers(), value: 'T-0001', maxResources: 20 },
      { kind: 'current-encounters', patientId: 'pt-1001', maxResources: 20 },
    ]
    for (const query of queries) {
      const { resources, gaps } = await collect(adapter, query)
      expect(resources).toEqual([])
      expect(new Set(gaps.map((gap) => gap.gap))).toEqual(new Set(['not-permitted-by-source']))
    }
  })

  test('ten thousand resources in one answer are cut at what was asked for', async () => {
    await emr.fault('flood')
    const { resources, gaps } = await collect(connect({ deadlineMs: 10_000 }), record('pt-1001', ['Observation', 'Condition'], 300))
    expect(resources).toHaveLength(300)
    expect(gaps.map((gap) => gap.gap)).toEqual(['truncated'])
  })

  test('an answer larger than the bound is not read to its end', async () => {
    await emr.fault('flood')
    const { resources, gaps } = await collect(connect({ maxBytes: 20_000 }), record('pt-1001', ['Observation'], 300))
    expect(resources).toEqual([])
    expect(gaps).toEqual([{ gap: 'no-answer', element: 'Observation', reason: 'the answer is larger than the bound' }])
  })

  test('pages without end are followed so far and no further', async () => {
    await emr.fault('endless')
    const { resources, gaps } = await collect(connect({ maxPages: 3, deadlineMs: 5_000 }), record('pt-1001', ['Observation'], 5_000))
    expect(resources).toHaveLength(150)
    expect(gaps).toEqual([{ gap: 'truncated', element: 'Observation', reason: 'the EMR has more pages than are followed' }])
  })

  test('a next page at another address is not followed, and the credentials do not go there', async () => {
    await emr.fault('stray-link')
    const { resources, gaps } = await collect(adapter, record('pt-1001', ['Observation'], 5_000))
    expect(resources).toHaveLength(50)
    expect(gaps).toEqual([{ gap: 'truncated', element: 'Observation', reason: 'the next page is at another origin' }])
  })

  test('a hospital that no longer admits us is named so', async () => {
    const stranger = connect({ token: 'revoked' })
    expect((await collect(stranger, record('pt-1001'))).gaps).toEqual([
      { gap: 'no-answer', element: 'Patient', reason: 'the EMR did not accept our credentials (status 401)' },
    ])
    expect(await stranger.check(new AbortController().signal)).toEqual({
      ok: false,
      reason: 'the EMR did not accept our credentials (status 401)',
    })
  })

  test('a hospital that failed again and again is left alone, answers at once, and is tried again later', async () => {
    connect({ breakAfterFailures: 2, breakForMs: 300, deadlineMs: 1_000 })
    await emr.fault('hang')
    await collect(adapter, record('pt-1001'))
    await collect(adapter, record('pt-1001'))
    const startedAt = performance.now()
    const { gaps } = await collect(adapter, record('pt-1001'))
    expect(performance.now() - startedAt).toBeLessThan(700)
    expect(gaps.map((gap) => gap.reason)).toEqual(['the EMR failed several times in a row and is left alone for a while'])
    await emr.fault('none')
    await new Promise((resolve) => setTimeout(resolve, 350))
    expect((await collect(adapter, record('pt-1001', ['Patient']))).resources).toHaveLength(1)
  })

  test('a reader who stops early stops the requests too', async () => {
    await emr.fault('endless')
    for await (const item of adapter.fetch(record('pt-1001', ['Observation'], 5_000), new AbortController().signal)) {
      expect(item).toBeDefined()
      break
    }
    const before = (await emr.asked?.())?.length
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await emr.asked?.())?.length).toBe(before)
  })
})

function observation(id: string) {
  return { resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/pt-1006' } }
}
