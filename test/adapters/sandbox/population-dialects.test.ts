import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Hl7Message } from '@medplum/core'
import type { Gap } from '../../../adapters/contract.ts'
import { toParcel } from '../../../adapters/hl7v2-mllp/map.ts'
import { parseMessage } from '../../../adapters/hl7v2-mllp/message.ts'
import { Chart } from '../../../adapters/sandbox/clinic/chart.ts'
import { seed, seedPopulation } from '../../../adapters/sandbox/clinic/seed.ts'
import { openChart } from '../../../adapters/sandbox/hospital/chart.ts'
import { seedPopulation as seedHospital } from '../../../adapters/sandbox/hospital/population-messages.ts'
import { agreements } from '../../../adapters/sandbox/population/agreements.ts'
import { population } from '../../../adapters/sandbox/population/population.ts'
import type { Place } from '../../../adapters/sandbox/population/conditions.ts'
import { populationSeed, seedResources } from '../../../adapters/sandbox/tertiary/seed.ts'
import { feedParcel } from '../../../adapters/sql-view/map.ts'
import type { SqlRow } from '../../../adapters/sql-view/source.ts'
import { sqliteSource } from '../../../adapters/sql-view/sqlite.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { facts } from '../../../fhir-profiles/facts.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { clinicMapping, mapContext } from '../sql-view/fixture.ts'

const now = new Date('2026-11-22T03:00:00Z')
const people = population('2026-11-22')
const folder = mkdtempSync(join(tmpdir(), 'population-'))
afterAll(() => rmSync(folder, { recursive: true }))

const visitsAt = (place: Place) => people.flatMap(({ visits }) => visits.filter((visit) => visit.place === place))
const errors = (resources: readonly Resource[]) =>
  resources.flatMap((resource) => validate(resource).map(({ expression, diagnostics }) => `${resource.id} ${expression}: ${diagnostics}`))
const countOf = (resources: readonly Resource[], type: string): number =>
  resources.filter(({ resourceType }) => resourceType === type).length
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

describe('the clinic', () => {
  const database = join(folder, 'clinic.db')
  const gaps: Gap[] = []
  const resources: Resource[] = []

  beforeAll(async () => {
    const chart = new Chart(database)
    seed(chart, now, false)
    seedPopulation(chart, now)
    seedPopulation(chart, now)
    chart.close()
    const source = sqliteSource(database, 100)
    const mapping = clinicMapping()
    for (const view of mapping.views) {
      const rows: readonly SqlRow[] = await source.rows(view, -1, 100_000)
      for (const row of rows.filter((each) => /^C-1\d{3}$/.test(String(each['PT_NO'])))) {
        const parcel = feedParcel('parcel', view, row, mapContext(mapping))
        gaps.push(...parcel.gaps)
        resources.push(...(parcel.bundle.entry ?? []).flatMap(({ resource }) => resource ?? []))
      }
    }
  })

  test('every row of the generated people is mapped without a gap', () => {
    expect(gaps).toEqual([])
  })

  test('every mapped row is valid FHIR R4', () => {
    expect(errors(resources).slice(0, 5)).toEqual([])
  })

  test('nothing of the year of care is lost on the way, nor doubled by a second start', () => {
    const visits = visitsAt('clinic')
    expect(countOf(resources, 'Patient')).toBe(people.filter(({ at }) => at.includes('clinic')).length)
    expect(countOf(resources, 'Encounter')).toBe(visits.length)
    expect(countOf(resources, 'Condition')).toBe(sum(visits.map(({ diagnoses }) => diagnoses.length)))
    expect(countOf(resources, 'MedicationRequest')).toBe(sum(visits.map(({ prescriptions }) => prescriptions.length)))
    expect(countOf(resources, 'Immunization')).toBe(sum(visits.map(({ vaccinations }) => vaccinations.length)))
    const measured = sum(visits.map(({ panels, vitals }) => sum(panels.map(({ results }) => results.length)) + Object.keys(vitals).length))
    expect(countOf(resources, 'Observation')).toBe(measured)
  })

  test('an old database without the newer tables is opened and completed', () => {
    const old = join(folder, 'old.db')
    const made = new DatabaseSync(old)
    made.exec('CREATE TABLE PTNT_MST (PT_NO TEXT PRIMARY KEY, CHG_NO INTEGER); CREATE VIEW V_IF_PTNT AS SELECT * FROM PTNT_MST')
    made.close()
    const chart = new Chart(old)
    expect(chart.rows('SELECT PT_NO, GRD_NM FROM V_IF_PTNT')).toEqual([])
    chart.close()
  })
})

describe('the hospital', () => {
  const context = {
    institution: { number: '11100002', name: '한빛종합병원' },
    departments: {},
    unknownDepartment: 'refuse' as const,
    processingIds: ['P'],
    utcOffset: '+09:00',
  }
  const bodies: string[] = []
  const gaps: Gap[] = []
  const resources: Resource[] = []

  beforeAll(() => {
    const chart = openChart(join(folder, 'hospital.db'))
    seedHospital(chart, now)
    seedHospital(chart, now)
    bodies.push(...chart.rows('select body from outbox order by seq').map(({ body }) => String(body)))
    chart.close()
    for (const body of bodies) {
      const read = parseMessage(body)
      if (!read.ok) throw new Error(read.fault)
      const mapped = toParcel(read.message, context)
      if (!mapped.ok) throw new Error(mapped.refusal.reason)
      gaps.push(...mapped.parcel.gaps)
      resources.push(...(mapped.parcel.bundle.entry ?? []).flatMap(({ resource }) => resource ?? []))
    }
  })

  test('@medplum/core parses every message, each with its own control id', () => {
    const parsed = bodies.map((body) => Hl7Message.parse(body))
    expect(new Set(parsed.map((message) => message.getSegment('MSH')?.getField(10)?.toString())).size).toBe(bodies.length)
    expect(new Set(parsed.map((message) => message.getSegment('MSH')?.getField(9)?.toString()))).toEqual(
      new Set(['ADT^A04^ADT_A01', 'ORU^R01^ORU_R01']),
    )
  })

  test('nothing a message says is left out', () => {
    expect([...new Set(gaps.map(({ element }) => element))]).toEqual([])
  })

  test('every mapped resource is valid FHIR R4', () => {
    expect(errors(resources).slice(0, 5)).toEqual([])
  })

  test('every visit, diagnosis and report arrives; prescriptions have no message here', () => {
    const visits = visitsAt('hospital')
    // A result names its visit once more.
    const encounters = resources.flatMap((each) => (each.resourceType === 'Encounter' ? (each.id ?? '') : []))
    expect(new Set(encounters).size).toBe(visits.length)
    expect(countOf(resources, 'Condition')).toBe(sum(visits.map(({ diagnoses }) => diagnoses.length)))
    expect(countOf(resources, 'DiagnosticReport')).toBe(sum(visits.map(({ panels, documents }) => panels.length + documents.length)))
    expect(countOf(resources, 'MedicationRequest')).toBe(0)
  })

  test('psychiatry is seen in its department, which a patient may refuse', () => {
    const psychiatric = resources.filter((each) => each.resourceType === 'Encounter' && facts(each).departments.includes('03'))
    expect(psychiatric.length).toBeGreaterThan(20)
  })
})

describe('the university hospital', () => {
  const resources = populationSeed(now)
  const present = agreements(people, '2026-11-22').filter((each) => each.present !== undefined)

  test('every resource is valid FHIR R4', () => {
    expect(errors(resources).slice(0, 5)).toEqual([])
  })

  test('no id is used twice, nor one of the stories', () => {
    const ids = [...seedResources(now), ...resources].map(({ resourceType, id }) => `${resourceType}/${id}`)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('everything of the year of care is there, documents and procedures too', () => {
    const visits = visitsAt('tertiary')
    expect(countOf(resources, 'Patient')).toBe(people.filter(({ at }) => at.includes('tertiary')).length)
    expect(countOf(resources, 'Encounter')).toBe(visits.length + present.length)
    expect(countOf(resources, 'MedicationRequest')).toBe(sum(visits.map(({ prescriptions }) => prescriptions.length)))
    expect(countOf(resources, 'DocumentReference')).toBe(sum(visits.map(({ documents }) => documents.length)))
    expect(countOf(resources, 'Procedure')).toBe(sum(visits.map(({ procedures }) => procedures.length)))
    expect(countOf(resources, 'DiagnosticReport')).toBe(sum(visits.map(({ panels }) => panels.length)))
  })

  test('whoever is there now has a visit that began and has not ended', () => {
    const open = resources.flatMap((each) => (each.resourceType === 'Encounter' && each.status === 'in-progress' ? [each] : []))
    expect(open.map(({ subject }) => subject?.reference ?? '').sort()).toEqual(
      present.map(({ number }) => `Patient/pt-${1000 + number}`).sort(),
    )
    for (const { period, class: kind } of open) {
      expect([Date.parse(period?.start ?? '') < now.getTime(), period?.end]).toEqual([true, undefined])
      expect(['AMB', 'EMER']).toContain(kind.code)
    }
  })
})
