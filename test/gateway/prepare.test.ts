import { describe, expect, test } from '@jest/globals'
import { parseJson } from '../../fhir-profiles/json.ts'
import { profile, system } from '../../fhir-profiles/codes.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import { prepare, type PrepareInput } from '../../gateway/prepare.ts'
import { observation, patient, type Elements } from './records.ts'

const networkIds = new Map([
  ['Patient/C-0001', 'net-patient'],
  ['Encounter/visit', 'net-visit'],
  ['Practitioner/kim', 'net-kim'],
])

function resourceOf(value: Elements | string): Resource {
  const parsed = parseJson(typeof value === 'string' ? value : JSON.stringify(value), { maxDepth: 20, maxBytes: 100_000 })
  if (!parsed.ok || !isResource(parsed.value)) throw new Error('not a resource')
  return parsed.value
}

const prepared = (value: Elements | string, more: Partial<PrepareInput> = {}) => {
  const resource = resourceOf(value)
  return prepare({
    resource,
    institution: 'clinic',
    localId: resource.id ?? '',
    id: 'net-id',
    version: 3,
    updatedMs: Date.UTC(2026, 2, 2),
    isNetworkForm: false,
    networkIdOf: (type, id) => networkIds.get(`${type}/${id}`),
    person: 'person-1',
    custodianKeys: ['org:clinic', 'org:network'],
    encounterSources: [],
    parties: [],
    source: 'urn:oid:1.2.410.100110.10.31100001',
    timeZone: 'Asia/Seoul',
    ...more,
  })
}

describe('one record, twice written', () => {
  const sent = observation('o-1', 'C-0001', {
    encounter: { reference: 'Encounter/visit' },
    performer: [{ reference: 'Practitioner/unknown' }],
  })

  test('in its institution’s ids and in the network’s, with what leads nowhere left as it is', () => {
    const { row } = prepared(sent)
    expect(JSON.parse(row.text)).toMatchObject({
      id: 'o-1',
      subject: { reference: 'Patient/C-0001' },
      encounter: { reference: 'Encounter/visit' },
    })
    expect(JSON.parse(row.peopleText ?? '')).toMatchObject({
      id: 'net-id',
      subject: { reference: 'Patient/net-patient' },
      encounter: { reference: 'Encounter/net-visit' },
      performer: [{ reference: 'Practitioner/unknown' }],
    })
  })

  test('is stamped by the gateway, and keeps what the sender said of profile and security', () => {
    const security = [{ system: system.confidentiality, code: 'R' }]
    const { meta } = JSON.parse(prepared({ ...sent, meta: { versionId: '9', source: 'x', profile: ['urn:p'], security } }).row.text)
    expect(meta).toEqual({
      versionId: '3',
      lastUpdated: '2026-03-02T00:00:00.000Z',
      source: 'urn:oid:1.2.410.100110.10.31100001',
      profile: ['urn:p'],
      security,
    })
  })

  test('keeps every digit', () => {
    const text = JSON.stringify(sent).replace('"value":120', '"value":1.10')
    const { row } = prepared(text)
    expect([row.text, row.peopleText].map((each) => each?.includes('"value":1.10,'))).toEqual([true, true])
  })

  test('is stored once where both are the same', () => {
    expect(prepared({ resourceType: 'Basic', id: 'net-id', code: { text: 'x' } }).row.peopleText).toBeNull()
  })
})

describe('where a record comes from', () => {
  const inDepartment = { serviceType: { coding: [{ system: system.department, code: '0300' }] } }
  const encounter = { resourceType: 'Encounter', id: 'e', status: 'finished', class: { code: 'AMB' }, ...inDepartment }

  test('is its institution, its department anywhere and there, and who wrote it', () => {
    expect(prepared(encounter).row.sources).toEqual(['dept:03', 'dept:clinic:03', 'org:clinic', 'org:network'])
    const written = observation('o', 'C-0001', { performer: [{ reference: 'Practitioner/kim' }] })
    expect(prepared(written).row.sources).toEqual(['org:clinic', 'org:network', 'practitioner:net-kim'])
  })

  test('includes the departments of its encounter, and nothing else of it', () => {
    const inherited = prepared(observation('o', 'C-0001'), { encounterSources: ['dept:03', 'org:elsewhere'] })
    expect(inherited.row.sources).toEqual(['dept:03', 'org:clinic', 'org:network'])
  })

  test('is for a request not the department that is asked', () => {
    const request = { resourceType: 'ServiceRequest', id: 'r', status: 'active', intent: 'order', subject: { reference: 'Patient/C-0001' } }
    const asked = { ...request, performerType: { coding: [{ system: system.department, code: '03' }] } }
    expect(prepared(asked).row.sources).toEqual(['org:clinic', 'org:network'])
  })
})

describe('what a record is found by', () => {
  const rowsOf = (value: Elements, param: string) =>
    prepared(value)
      .index.filter((row) => row.param === param)
      .map(({ system: codeSystem, code }) => [codeSystem, code])

  test('names its references in network ids, and those that no parameter follows as well, for what depends on them', () => {
    const sent = observation('o', 'C-0001', {
      encounter: { reference: 'Encounter/visit' },
      note: [
        { text: 'x', authorReference: { reference: 'Patient/C-0002' } },
        { text: 'y', authorReference: { reference: 'Patient/C-0001' } },
      ],
    })
    expect(rowsOf(sent, 'subject')).toEqual([['Patient', 'net-patient']])
    expect(rowsOf(sent, 'encounter')).toEqual([['Encounter', 'net-visit']])
    expect(rowsOf(sent, '_reference')).toEqual([['Patient', 'C-0002']])
  })

  test('holds of a patient the day of birth and the phone by which others may be the same person', () => {
    const known = patient('clinic', 1)
    expect([rowsOf(known, 'x-birth-day'), rowsOf(known, 'x-phone')]).toEqual([[[null, '1968-04-17']], [[null, '01055010001']]])
    expect(rowsOf(observation('o', 'C-0001'), 'x-birth-day')).toEqual([])
  })

  test('leaves id and time to the record itself', () => {
    expect(prepared(observation('o', 'C-0001')).index.filter((row) => ['_id', '_lastUpdated'].includes(row.param))).toEqual([])
  })

  test('has the profiles it claims among its classes', () => {
    const task = { resourceType: 'Task', id: 't', meta: { profile: [`${profile.referralTask}|1.0`] }, status: 'requested', intent: 'order' }
    expect(prepared(task).row.classes).toEqual(['Task', profile.referralTask])
  })
})

describe('labels', () => {
  test('that cannot be made refuse the record to whom labels decide, and never the record itself', () => {
    const fails = (): never => {
      throw new RangeError('a value of the patient')
    }
    const { row, labelFault } = prepared(observation('o-1', 'C-0001'), { label: fails })
    expect([labelFault, row.confidentiality, row.sensitivities, row.codes]).toEqual(['RangeError', 6, ['?'], ['?']])
    expect(JSON.parse(row.text)).toMatchObject({ id: 'o-1' })
  })

  test('of a department are on the records of its patients, not on the department or its doctors', () => {
    const role = { resourceType: 'PractitionerRole', id: 'r', specialty: [{ coding: [{ system: system.department, code: '03' }] }] }
    expect(prepared(role, { person: null }).row.sensitivities).toEqual([])
    expect(prepared(observation('o-1', 'C-0001'), { encounterSources: ['dept:03'] }).row.sensitivities).toEqual(['PSY'])
  })

  test('of ours are never written into what others read', () => {
    const { row } = prepared(observation('o-1', 'C-0001', { code: { coding: [{ system: system.loinc, code: '20447-9' }] } }))
    expect([row.sensitivities, row.text.includes('HIV'), row.text.includes('security')]).toEqual([['HIV'], false, false])
  })
})

describe('a record whose codes are spelt in the sender’s own way', () => {
  const loinc = (code: string) => ({ coding: [{ system: 'urn:oid:2.16.840.1.113883.6.1', code }] })
  const sent = observation('o-1', 'C-0001', { code: loinc('85354-9'), component: [{ code: loinc('8480-6'), valueString: 'x' }] })

  test('is told as published, with a note that names no place which may be hidden', () => {
    const { row } = prepared(sent, { correctCodes: true })
    expect(row.text).not.toContain(system.loinc)
    const told = row.peopleText ?? ''
    expect(told.split(`"system":"${system.loinc}"`)).toHaveLength(3)
    expect(told).toContain('"valueString":"code.coding[0].system"')
    expect(told).not.toContain('component[0]')
  })

  test('has no note at all where only such places were corrected, and stays as it is where correction is off', () => {
    const { row } = prepared({ ...sent, code: { text: 'blood pressure' } }, { correctCodes: true })
    expect(row.peopleText).toContain(system.loinc)
    expect(row.peopleText).not.toContain('Provenance')
    expect(prepared(sent).row.peopleText).not.toContain(`"system":"${system.loinc}"`)
  })

  test('is found by what was sent and by what is read', () => {
    const codes = prepared(sent, { correctCodes: true }).index.flatMap(({ param, system: of }) => (param === 'code' ? [of] : []))
    expect(codes).toEqual(['urn:oid:2.16.840.1.113883.6.1', system.loinc])
  })
})
