import { describe, expect, test } from '@jest/globals'
import { compartmentParametersOf, compartmentTypes } from '../../fhir-profiles/compartment.ts'
import { system } from '../../fhir-profiles/codes.ts'
import { departmentCode, facts } from '../../fhir-profiles/facts.ts'
import { encounterPaths, factPaths } from '../../fhir-profiles/facts-table.ts'
import { compilePath } from '../../fhir-profiles/path.ts'
import type { Encounter, Resource } from '../../fhir-profiles/r4.ts'
import { isResource, isResourceType, resourceTypes } from '../../fhir-profiles/validate/validate.ts'
import { structureOf } from '../../fhir-profiles/validate/structure.ts'
import type { ElementRule } from '../../fhir-profiles/validate/structure.ts'
import { describeShared, sharedResources } from './shared.ts'
import { inTwoZones } from './plain-process.ts'

const subject = { reference: 'Patient/H-0004' }
const psychiatry: Encounter = {
  resourceType: 'Encounter',
  status: 'finished',
  class: { code: 'AMB' },
  subject,
  serviceType: { coding: [{ system: system.department, code: '0300' }] },
}
const observation = (elements: object = {}): Resource => ({ resourceType: 'Observation', status: 'final', code: {}, subject, ...elements })

describe('whose record it is', () => {
  test('the person the record is about, not one who wrote it', () => {
    expect(facts(observation({ performer: [{ reference: 'Patient/mother' }] })).patient).toBe('Patient/H-0004')
    expect(facts({ resourceType: 'AllergyIntolerance', patient: subject, asserter: { reference: 'Patient/mother' } }).patient).toBe(
      'Patient/H-0004',
    )
    expect(facts({ resourceType: 'Task', status: 'requested', intent: 'order', for: subject }).patient).toBe('Patient/H-0004')
  })

  test('a Patient is their own; a group, a practitioner or a contained person is nobody here', () => {
    expect(facts({ resourceType: 'Patient', id: 'p' }).patient).toBe('Patient/p')
    expect(facts(observation({ subject: { reference: 'Group/1' } })).patient).toBe(undefined)
    expect(facts(observation({ subject: { reference: '#p' } })).patient).toBe(undefined)
    expect(facts({ resourceType: 'Practitioner', id: 'p' }).patient).toBe(undefined)
  })
})

describe('what it contains', () => {
  const contained = [
    { ...psychiatry, id: 'e', meta: { security: [{ system: system.actCode, code: 'PSY' }] } },
    { resourceType: 'Medication', id: 'm', meta: { security: [{ system: system.confidentiality, code: 'R' }] } },
    { resourceType: 'Patient', id: 'p' },
  ]
  test('makes it as sensitive as all of that: labels, departments, and the kinds of records inside', () => {
    expect(facts(observation({ contained }))).toMatchObject({
      classes: ['Observation', 'contained', 'contained:Encounter'],
      departments: ['03'],
      labels: [
        { system: system.actCode, code: 'PSY' },
        { system: system.confidentiality, code: 'R' },
      ],
    })
  })

  test('a drug or a person inside is no record of another kind, and an order`s own department is the one that will act', () => {
    expect(facts(observation({ contained: contained.slice(1) })).classes).toEqual(['Observation'])
    const order: Resource = { resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject }
    expect(facts(Object.assign(order, { contained })).departments).toEqual([])
  })
})

describe('where it was made', () => {
  test('the department of the encounter is the department of what belongs to it', () => {
    expect(facts(psychiatry).departments).toEqual(['03'])
    expect(facts(observation({ encounter: { reference: 'Encounter/1' } }), { encounter: psychiatry })).toMatchObject({
      encounter: 'Encounter/1',
      departments: ['03'],
    })
  })

  test('a department named by its code in place of a reference counts', () => {
    const document: Resource = {
      resourceType: 'DocumentReference',
      status: 'current',
      content: [],
      subject,
      author: [{ identifier: { system: system.department, value: '03' } }],
      context: { encounter: [{ reference: 'Encounter/7' }], practiceSetting: { coding: [{ system: 'http://example.org', code: '99' }] } },
    }
    expect(facts(document)).toMatchObject({ departments: ['03'], encounter: 'Encounter/7' })
  })

  test('a sender that follows the draft of KR Core is understood', () => {
    const draft = { coding: [{ system: system.departmentDraft, code: '03' }] }
    expect(facts({ ...psychiatry, serviceType: draft }).departments).toEqual(['03'])
  })

  test('four digits of the national exchange are two of the claims code; 4 and 04 are different codes', () => {
    expect(['0400', '2300', '04', '4', '0401', 'x'].map(departmentCode)).toEqual(['04', '23', '04', '4', '0401', 'x'])
  })
})

describe('what it says', () => {
  test('classes are the type and its profiles without versions', () => {
    expect(facts(observation({ meta: { profile: ['http://a.example/x|1.0', 'http://a.example/y'] } })).classes).toEqual([
      'Observation',
      'http://a.example/x',
      'http://a.example/y',
    ])
  })

  test('codings from everywhere but meta, quantities left out, labels apart', () => {
    const resource = observation({
      meta: { tag: [{ system: 't', code: 't' }], security: [{ system: system.confidentiality, code: 'R' }] },
      code: { coding: [{ system: system.loinc, code: '1' }, { code: 'local' }] },
      valueQuantity: { value: 1, system: system.ucum, code: 'mg' },
      contained: [{ resourceType: 'Condition', id: 'c', subject, code: { coding: [{ system: system.kcd8, code: 'F20' }] } }],
    })
    expect(facts(resource).codes).toEqual([
      { system: system.loinc, code: '1' },
      { system: '', code: 'local' },
      { system: system.kcd8, code: 'F20' },
    ])
    expect(facts(resource).labels).toEqual([{ system: system.confidentiality, code: 'R' }])
  })

  test('authors are who made it, not who shall carry it out', () => {
    const order: Resource = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject,
      requester: { reference: 'Practitioner/1' },
      performer: [{ reference: 'Practitioner/2' }],
    }
    expect(facts(order).authors).toEqual(['Practitioner/1'])
  })
})

describe('its relevant date', () => {
  const dates = (resource: Resource) => {
    const { span } = facts(resource)
    return span === undefined ? undefined : [new Date(span.fromMs).toISOString(), new Date(span.untilMs).toISOString()]
  }

  test('the date of the finding, not of its paperwork', () => {
    expect(dates(observation({ effectiveDateTime: '2026-03-01T00:00:00Z', issued: '2026-04-01T00:00:00Z' }))?.[0]).toBe(
      '2026-03-01T00:00:00.000Z',
    )
    expect(dates({ resourceType: 'Condition', subject, onsetDateTime: '2020-01-01', recordedDate: '2026-01-01' })?.[0]).toBe(
      '2019-12-31T15:00:00.000Z',
    )
  })

  test('where that is no date, when it was recorded', () => {
    expect(dates({ resourceType: 'Condition', subject, onsetString: 'childhood', recordedDate: '2026-01-01T00:00:00Z' })?.[0]).toBe(
      '2026-01-01T00:00:00.000Z',
    )
    expect(dates({ resourceType: 'Condition', subject, onsetString: '2020-01-01' })).toBe(undefined)
  })

  test('an encounter from its first to its last instant', () => {
    expect(dates({ ...psychiatry, period: { start: '2026-03-01T00:00:00Z', end: '2026-03-02T00:00:00Z' } })).toEqual([
      '2026-03-01T00:00:00.000Z',
      '2026-03-02T00:00:00.999Z',
    ])
  })

  test('the zone of the machine changes nothing', () => {
    const [here, there] = inTwoZones('facts.ts', `it.facts({ resourceType: 'Consent', dateTime: '2026-03' }).span`)
    expect(there).toBe(here)
  })
})

describe('the table of paths', () => {
  const reaches = (type: string, path: string) => {
    let name = type
    for (const step of path.split('.')) {
      const elements: ReadonlyMap<string, ElementRule> = structureOf(name)?.elements ?? new Map()
      const rule = [...elements].find(([key, { element }]) => key === step || element === `${step}[x]`)?.[1]
      if (rule === undefined) return false
      name = rule.type
    }
    return true
  }

  test('every path exists in R4', () => {
    const missing = Object.entries(factPaths).flatMap(([type, row]) =>
      Object.values(row)
        .flat()
        .filter((path) => !reaches(type, path) || compilePath(`${type}.${path}`) === undefined)
        .map((path) => `${type}.${path}`),
    )
    expect(missing).toEqual([])
    expect(Object.keys(factPaths).filter((type) => !isResourceType(type))).toEqual([])
    expect(encounterPaths.filter((path) => !resourceTypes.some((type) => reaches(type, path)))).toEqual([])
  })

  test('every type that HL7 puts into a patient compartment has a person', () => {
    expect(compartmentTypes.filter((type) => type !== 'Patient' && factPaths[type]?.patient === undefined)).toEqual([])
    expect([compartmentParametersOf('Observation'), compartmentParametersOf('Medication'), compartmentParametersOf('constructor')]).toEqual(
      [['subject', 'performer'], [], []],
    )
  })
})

describeShared('published resources', () => {
  test('facts are found in all of them without a throw, and a clinical record has a date', () => {
    const undated = new Map<string, number>()
    for (const { value } of [...sharedResources('fhir-resources/r4-examples'), ...sharedResources('kr-core/examples')]) {
      if (!isResource(value)) continue
      const { type, span } = facts(value)
      if (span === undefined) undated.set(type, (undated.get(type) ?? 0) + 1)
    }
    for (const type of ['DiagnosticReport', 'MedicationRequest', 'Immunization', 'Composition', 'Consent', 'DocumentReference'])
      expect([type, undated.get(type) ?? 0]).toEqual([type, 0])
  })
})
