import { createRequire } from 'node:module'
import { describe, expect, test } from '@jest/globals'
import fhirpath from 'fhirpath'
import { parseJson } from '../../fhir-profiles/json.ts'
import { compilePath } from '../../fhir-profiles/path.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { extractIndex, normaliseText, searchParametersOf, searchableTypes } from '../../fhir-profiles/search-parameters.ts'
import { isResource, isResourceType } from '../../fhir-profiles/validate/validate.ts'
import { describeShared, sharedResources } from './shared.ts'
import { inTwoZones } from './plain-process.ts'

const model: fhirpath.Model = createRequire(import.meta.url)('fhirpath/fhir-context/r4')
const zone = 'Asia/Seoul'
const subject = { reference: 'Patient/1' }

/** The rows of one parameter, without its name. */
function rows(resource: Resource, param: string) {
  return extractIndex(resource, zone).flatMap(({ param: name, ...row }) => (name === param ? [row] : []))
}

describe('the table', () => {
  test('every parameter has an expression we can follow, and the common ones everywhere', () => {
    expect(searchableTypes).toHaveLength(searchableTypes.filter(isResourceType).length)
    expect(searchableTypes.length).toBeGreaterThan(140)
    for (const type of searchableTypes) expect(searchParametersOf(type).size).toBeGreaterThan(5)
    expect([...searchParametersOf('constructor').keys()]).toEqual(['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag'])
  })

  test('a parameter says what it is', () => {
    expect(searchParametersOf('Observation').get('value-quantity')).toMatchObject({ type: 'quantity', targets: [] })
    expect(searchParametersOf('Encounter').get('patient')).toMatchObject({ type: 'reference', targets: ['Patient'] })
    for (const type of searchableTypes) {
      for (const { targets } of searchParametersOf(type).values()) expect(targets.filter((target) => !isResourceType(target))).toEqual([])
    }
  })
})

describe('what a resource is found by', () => {
  test('identifiers with their system, codes with the one their list implies', () => {
    const patient: Resource = {
      resourceType: 'Patient',
      id: 'p',
      identifier: [{ system: 'urn:oid:1', value: 'C-0001' }, { value: 'x' }, { system: 's' }],
      gender: 'female',
    }
    expect(rows(patient, 'identifier')).toEqual([
      { kind: 'token', system: 'urn:oid:1', code: 'C-0001' },
      { kind: 'token', system: undefined, code: 'x' },
    ])
    expect(rows(patient, 'gender')).toEqual([{ kind: 'token', system: 'http://hl7.org/fhir/administrative-gender', code: 'female' }])
    // the record itself answers by its id
    expect(rows(patient, '_id')).toEqual([])
  })

  test('names by every part, composed and in lower case', () => {
    const patient: Resource = { resourceType: 'Patient', name: [{ text: 'KIM 길동'.normalize('NFD'), family: '홍', given: ['길동'] }] }
    expect(rows(patient, 'name')).toEqual(
      ['kim 길동', '홍', '길동'].map((text) => ({ kind: 'string', text, exact: text.replace('kim', 'KIM') })),
    )
    expect(normaliseText('É'.normalize('NFD'))).toBe('e')
  })

  test('dates as spans in the configured zone; periods and timings by their ends', () => {
    const birth: Resource = { resourceType: 'Patient', birthDate: '1980-03-01' }
    expect(rows(birth, 'birthdate')).toEqual([
      { kind: 'date', fromMs: Date.parse('1980-03-01T00:00:00+09:00'), untilMs: Date.parse('1980-03-02T00:00:00+09:00') - 1 },
    ])
    const order: Resource = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject,
      occurrenceTiming: { event: ['2026-03-05T00:00:00Z', '2026-03-01T00:00:00Z'] },
    }
    expect(rows(order, 'occurrence')).toEqual([
      { kind: 'date', fromMs: Date.parse('2026-03-01T00:00:00Z'), untilMs: Date.parse('2026-03-05T00:00:00.999Z') },
    ])
  })

  test('`date` of an Observation follows whichever kind it was given', () => {
    const observation: Resource = {
      resourceType: 'Observation',
      status: 'final',
      code: {},
      effectivePeriod: { start: '2026-03-01T00:00:00Z' },
    }
    expect(rows(observation, 'date')).toMatchObject([{ fromMs: Date.parse('2026-03-01T00:00:00Z') }])
  })

  test('references by type and id; what points into the resource itself gives none', () => {
    const observation: Resource = {
      resourceType: 'Observation',
      status: 'final',
      code: {},
      subject: { reference: 'Group/1' },
      performer: [
        { reference: '#x' },
        { reference: 'Practitioner/2/_history/1' },
        { reference: 'https://a.example/Practitioner/3' },
        { identifier: { value: 'x' } },
      ],
    }
    expect(rows(observation, 'performer')).toEqual([
      { kind: 'reference', type: 'Practitioner', id: '2' },
      { kind: 'reference', type: '', id: 'https://a.example/Practitioner/3' },
    ])
    expect([rows(observation, 'patient'), rows(observation, 'subject').length]).toEqual([[], 1])
  })

  test('quantities as numbers, also when their digits were kept', () => {
    const parsed = parseJson(
      '{"resourceType":"Observation","status":"final","code":{},"valueQuantity":{"value":6.50,"system":"http://unitsofmeasure.org","code":"%","unit":"pct"}}',
      { maxDepth: 9, maxBytes: 999 },
    )
    const resource = parsed.ok ? parsed.value : undefined
    expect(isResource(resource) && rows(resource, 'value-quantity')).toEqual([
      { kind: 'quantity', low: 6.5, high: 6.5, system: 'http://unitsofmeasure.org', code: '%' },
      { kind: 'quantity', low: 6.5, high: 6.5, system: undefined, code: 'pct' },
    ])
  })

  test('a patient is deceased by flag or by date, and alive where nothing is said', () => {
    const deceased = (elements: object) =>
      rows({ resourceType: 'Patient', ...elements }, 'deceased').map((row) => ('code' in row ? row.code : undefined))
    expect([
      deceased({}),
      deceased({ deceasedBoolean: false }),
      deceased({ deceasedBoolean: true }),
      deceased({ deceasedDateTime: '2026' }),
    ]).toEqual([['false'], ['false'], ['true'], ['true']])
  })

  test('a phone number is found as a phone, not as an email', () => {
    const patient: Resource = {
      resourceType: 'Patient',
      telecom: [
        { system: 'phone', value: '010' },
        { system: 'email', value: 'a@b' },
      ],
    }
    expect([rows(patient, 'phone'), rows(patient, 'telecom').length]).toEqual([[{ kind: 'token', system: undefined, code: '010' }], 2])
  })

  test('a code given twice is one row; unreadable values give none', () => {
    const coding = [
      { system: 's', code: 'c' },
      { system: 's', code: 'c' },
    ]
    const condition = { resourceType: 'Condition' as const, subject, code: { coding }, recordedDate: 'yesterday' }
    expect([rows(condition, 'code').length, rows(condition, 'recorded-date').length]).toEqual([1, 0])
  })
})

test('only the part of FHIRPath we vouch for is compiled', () => {
  for (const expression of [
    'Patient.name.first()',
    'Patient.name | Patient.contact.name[0]',
    'name',
    'Patient.birthDate > today()',
    'Patient.',
  ]) {
    expect(compilePath(expression)).toBe(undefined)
  }
  expect(compilePath('Patient.name')?.({ resourceType: 'Observation' })).toEqual([])
})

test('the zone of the machine changes no index row', () => {
  const expression = `it.extractIndex({ resourceType: 'Patient', id: 'p', birthDate: '1980-03', meta: { lastUpdated: '2026-03-01T09:00:00Z' } }, 'Asia/Seoul')`
  const [here, there] = inTwoZones('search-parameters.ts', expression)
  expect(there).toBe(here)
})

describeShared('held against fhirpath.js', () => {
  const resources = ['fhir-resources/r4-examples', 'kr-core/examples', 'consent/pcf']
    .flatMap((folder) => sharedResources(folder))
    .flatMap(({ value }) => (isResource(value) ? [value] : []))

  test('on published resources our walk finds what the full engine finds', () => {
    const differences: string[] = []
    const engines = new Map<string, (resource: unknown) => unknown>()
    for (const resource of resources) {
      for (const { name, expression } of searchParametersOf(resource.resourceType).values()) {
        // `resolve()` needs a server; what our walk does not follow is the engine's own.
        if (expression.includes('resolve()') || compilePath(expression) === undefined) continue
        const key = `${resource.resourceType} ${name}`
        const engine = engines.get(key) ?? fhirpath.compile({ base: resource.resourceType, expression }, model)
        engines.set(key, engine)
        const plain: unknown = JSON.parse(JSON.stringify(resource))
        const ours = compilePath(expression)?.(Object(plain)).map(({ value }) => value)
        if (distinct(ours) !== distinct(engine(plain))) differences.push(`${key} ${resource.id}`)
      }
    }
    // `|` of the engine also folds quantities that are equal in value (1 and 1.0).
    expect(
      differences.filter((difference) => !/^Observation (combo|component)-(code-)?value-(quantity|concept) decimal$/.test(difference)),
    ).toEqual([])
    expect(engines.size).toBeGreaterThan(200)
  })
})

function distinct(values: unknown): string {
  return JSON.stringify([...new Set((Array.isArray(values) ? values : []).map((value) => JSON.stringify(value)))].toSorted())
}
