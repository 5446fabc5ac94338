/**
 * Every record of the generated people and of the nine stories, as the three EMRs tell it, against what their authors marked as sensitive.
 * Both errors are counted: a missing label lets a refused record out, a false one hides care.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toParcel } from '../../../adapters/hl7v2-mllp/map.ts'
import { parseMessage } from '../../../adapters/hl7v2-mllp/message.ts'
import { Chart } from '../../../adapters/sandbox/clinic/chart.ts'
import { seed, seedPopulation } from '../../../adapters/sandbox/clinic/seed.ts'
import { openChart } from '../../../adapters/sandbox/hospital/chart.ts'
import { seedPopulation as seedHospital } from '../../../adapters/sandbox/hospital/population-messages.ts'
import { seedChart } from '../../../adapters/sandbox/hospital/seed.ts'
import { chronic, type Chronic } from '../../../adapters/sandbox/population/conditions.ts'
import { drugs } from '../../../adapters/sandbox/population/drugs.ts'
import { panels, tests } from '../../../adapters/sandbox/population/tests.ts'
import { populationSeed, seedResources } from '../../../adapters/sandbox/tertiary/seed.ts'
import { feedParcel } from '../../../adapters/sql-view/map.ts'
import { sqliteSource } from '../../../adapters/sql-view/sqlite.ts'
import { contentFacts } from '../../../consent/record-facts.ts'
import { facts, isNarrated, type ResourceFacts } from '../../../fhir-profiles/facts.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { narratedRaised } from '../../../gateway/labelled.ts'
import { clinicMapping, mapContext } from '../sql-view/fixture.ts'

const now = new Date('2026-11-22T03:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'population-labels-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function clinicRecords(): Promise<readonly Resource[]> {
  const chart = new Chart(join(folder, 'clinic.db'))
  seed(chart, now, false)
  seedPopulation(chart, now)
  chart.close()
  const source = sqliteSource(join(folder, 'clinic.db'), 100)
  const mapping = clinicMapping()
  const found: Resource[] = []
  for (const view of mapping.views)
    for (const row of await source.rows(view, -1, 100_000))
      found.push(...(feedParcel('parcel', view, row, mapContext(mapping)).bundle.entry ?? []).flatMap(({ resource }) => resource ?? []))
  return found
}

function hospitalRecords(): readonly Resource[] {
  const chart = openChart(join(folder, 'hospital.db'))
  seedChart(chart, now)
  seedHospital(chart, now)
  const bodies = chart.rows('select body from outbox order by seq').map(({ body }) => String(body))
  chart.close()
  const institution = { number: '11100002', name: '한빛종합병원' }
  const context = { institution, departments: {}, unknownDepartment: 'refuse' as const, processingIds: ['P'], utcOffset: '+09:00' }
  return bodies.flatMap((body) => {
    const read = parseMessage(body)
    const mapped = read.ok ? toParcel(read.message, context) : undefined
    if (!mapped?.ok) throw new Error('a message of the sandbox is not readable')
    return (mapped.parcel.bundle.entry ?? []).flatMap(({ resource }) => resource ?? [])
  })
}

/** Labels as intake gives them: from codes, the encounter's department, and for texts the encounter's diagnoses. */
function stored(resources: readonly Resource[]) {
  const last = new Map(resources.map((resource) => [`${resource.resourceType}/${resource.id}`, { resource, read: facts(resource) }]))
  return narratedRaised(
    [...last.values()].map(({ resource, read }) => {
      const encounter = last.get(read.encounter ?? '')
      const departments = read.patient === undefined ? [] : [...read.departments, ...(encounter?.read.departments ?? [])]
      const { sensitivities, confidentiality, labelBasis } = contentFacts(read, departments)
      const isText = isNarrated(resource)
      return {
        resource,
        read,
        type: read.type,
        encounter: read.encounter ?? null,
        isNarrated: isText,
        sensitivities,
        confidentiality,
        labelBasis,
      }
    }),
  )
}

const marks: ReadonlyMap<string, NonNullable<Chronic['sensitive']>> = new Map(
  Object.values<Chronic>(chronic).flatMap(({ kcd, sensitive }) => (sensitive === undefined ? [] : [[kcd, sensitive] as const])),
)

const word = { mental: 'PSY', hiv: 'HIV', genetic: 'GDIS' } as const
type Told = (typeof word)[keyof typeof word]
const guarded: readonly string[] = Object.values(word)

const geneTests: readonly string[] = [tests.gene.loinc, tests.variant.loinc, panels.genes.loinc]
const hivTests: readonly string[] = [tests.hivViralLoad.loinc, tests.cd4.loinc]
/** A diagnosis made without a genetic test, and one of relatives: the authors mark the course as genetic, the law the test (46조). */
const foundWithoutTest = ['E78.0', 'Z80.3']
const psychiatric = [drugs.quetiapine, drugs.lithium, drugs.escitalopram, drugs.sertraline, drugs.methylphenidate].map(({ atc }) => atc)

/** What must be on this record: the sensitivities that the record itself gives away. */
function due(resource: Resource, read: ResourceFacts, marksOfVisit: ReadonlySet<string>): readonly Told[] {
  const codes = read.codes.map(({ code }) => code)
  const isText = resource.resourceType === 'DocumentReference'
  const own = codes.flatMap((code) =>
    resource.resourceType === 'Condition' && !foundWithoutTest.includes(code) ? (marks.get(code) ?? []) : [],
  )
  const told = new Set<Told>(own.map((mark) => word[mark]))
  if (marksOfVisit.has('mental') || codes.some((code) => psychiatric.includes(code))) told.add('PSY')
  if (codes.some((code) => code === drugs.biktarvy.atc || hivTests.includes(code)) || (isText && marksOfVisit.has('hiv'))) told.add('HIV')
  if (codes.some((code) => geneTests.includes(code)) || (isText && marksOfVisit.has('G10'))) told.add('GDIS')
  return [...told].sort()
}

describe.each([
  ['clinic', clinicRecords, { PSY: 0, HIV: 0, GDIS: 0 }],
  ['hospital', async () => hospitalRecords(), { PSY: 100, HIV: 0, GDIS: 0 }],
  ['university hospital', async () => [...seedResources(now), ...populationSeed(now)], { PSY: 100, HIV: 30, GDIS: 10 }],
])('the records of the %s', (name, load, atLeast) => {
  let all: ReturnType<typeof stored> = []
  const visits = new Map<string, Set<string>>()

  beforeAll(async () => {
    all = stored(await load())
    for (const { type, encounter, read } of all) {
      if (type !== 'Condition') continue
      const visit = encounter ?? ''
      const known = visits.get(visit) ?? new Set<string>()
      for (const { code } of read.codes) if (marks.has(code)) known.add(marks.get(code) ?? '').add(code)
      visits.set(visit, known)
    }
  })

  test('carry each sensitivity that gives itself away in them, each with its basis, and no other', () => {
    const missing: string[] = []
    const wrong: string[] = []
    const counts: Record<string, number> = { records: all.length, PSY: 0, HIV: 0, GDIS: 0, reproductive: 0 }
    for (const { resource, read, encounter, sensitivities, labelBasis } of all) {
      const self = `${resource.resourceType}/${resource.id}`
      const visit = resource.resourceType === 'Encounter' ? self : (encounter ?? '')
      const wanted = due(resource, read, visits.get(visit) ?? new Set())
      const has = sensitivities.filter((each) => guarded.includes(each))
      missing.push(...wanted.filter((each) => !has.includes(each)).map((each) => `${self} ${each}`))
      wrong.push(...has.filter((each) => !wanted.some((one) => one === each)).map((each) => `${self} ${each}`))
      for (const each of has) counts[each] = (counts[each] ?? 0) + 1
      // what a text takes from its encounter has its basis in the store
      if (resource.resourceType !== 'DocumentReference')
        expect(new Set(labelBasis.map((text) => text.split(' · ')[0]))).toEqual(new Set(sensitivities))
      if (sensitivities.includes('SEX')) counts['reproductive'] = (counts['reproductive'] ?? 0) + 1
    }
    process.stdout.write(`labels at the ${name}: ${JSON.stringify({ ...counts, missing: missing.length, false: wrong.length })}\n`)
    expect({ missing: missing.slice(0, 8), wrong: wrong.slice(0, 8) }).toEqual({ missing: [], wrong: [] })
    for (const [each, least] of Object.entries(atLeast)) expect(counts[each]).toBeGreaterThanOrEqual(least)
  })
})
