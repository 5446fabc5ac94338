/** Elements more sensitive than their record: which they are, what a record is without them, and by what they are judged. */
import { describe, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { placesOf } from '../../consent/places.ts'
import { elementFacts, isSeparate, labelledElements, redact } from '../../consent/redact.ts'
import { record } from './support/builders.ts'

const coded = (code: string) => ({ coding: [{ system: system.kcd8, code }] })
const security = (code: string) => ({ meta: { security: [{ system: system.confidentiality, code }] } })
// what is not under test is left out
const resource = (resourceType: string, more: object): Resource => ({ resourceType, ...more }) as Resource
const pathsOf = (one: Resource, departments: readonly string[] = []) => labelledElements(one, departments).map(({ path }) => path)

describe('an element more sensitive than its record', () => {
  test('is told by its path, with its own codes, the broader ones and its labels', () => {
    const visit = resource('Encounter', { reasonCode: [coded('I10'), coded('F32.1'), coded('F3')] })
    expect(labelledElements(visit, [])).toEqual([
      {
        path: 'reasonCode[1]',
        codes: ['F32', 'F32.1'].map((code) => `${system.kcd8}|${code}`),
        sensitivities: ['PSY'],
        confidentiality: 4,
      },
    ])
  })

  test('does not count where the record is as sensitive without it', () => {
    const visit = resource('Encounter', { reasonCode: [coded('F32.1'), coded('B24')] })
    expect(pathsOf(visit)).toEqual(['reasonCode[0]', 'reasonCode[1]'])
    expect(pathsOf(visit, ['03'])).toEqual(['reasonCode[1]'])
    const about = resource('Condition', { code: coded('F20'), evidence: [{ code: [coded('F32')] }, { code: [coded('B24')] }] })
    expect(pathsOf(about)).toEqual(['evidence[1]'])
  })

  test('does not count where the whole record is kept by a place as sensitive', () => {
    const places = placesOf([{ id: 'mind', name: '해솔의원', number: '31100009', sensitivities: ['PSY'], departments: [] }])
    const seen = resource('Observation', { performer: [{ reference: 'Organization/mind' }] })
    expect(labelledElements(seen, [], { places, bases: [] }).map(({ path }) => path)).toEqual(['performer[0]'])
    expect(labelledElements(seen, [], { places, bases: places.of('mind', []) })).toEqual([])
    const said = resource('Observation', { performer: [{ reference: 'Organization/mind' }], note: [{ text: '해솔의원에서' }] })
    expect(labelledElements(said, [], { places, bases: [] })).toEqual([])
  })

  test('may be more confidential only', () => {
    const contained = { resourceType: 'Condition', id: 'a', ...security('V') }
    const said = resource('Composition', { ...security('R'), section: [{ title: 'a', entry: [contained] }, { title: 'b' }] })
    expect(labelledElements(said, [])).toEqual([{ path: 'section[0]', codes: [], sensitivities: [], confidentiality: 5 }])
    expect(pathsOf(resource('Composition', { ...security('V'), section: [{ title: 'a', entry: [contained] }] }))).toEqual([])
  })

  test('may be a single value', () => {
    expect(pathsOf(resource('Patient', { maritalStatus: coded('F20'), contact: [{ relationship: [coded('I10')] }] }))).toEqual([
      'maritalStatus',
    ])
    expect(pathsOf(resource('FamilyMemberHistory', { condition: coded('Z14') }))).toEqual(['condition'])
  })

  test.each([
    ['Appointment', 'reasonCode'],
    ['CarePlan', 'activity category'],
    ['CareTeam', 'reasonCode'],
    ['ClinicalImpression', 'finding'],
    ['Communication', 'reasonCode'],
    ['CommunicationRequest', 'reasonCode'],
    ['Composition', 'section event'],
    ['Condition', 'evidence stage'],
    ['DeviceRequest', 'reasonCode'],
    ['DiagnosticReport', 'conclusionCode'],
    ['Encounter', 'reasonCode type diagnosis'],
    ['EpisodeOfCare', 'diagnosis type'],
    ['FamilyMemberHistory', 'condition reasonCode'],
    ['ImagingStudy', 'reasonCode'],
    ['Immunization', 'reasonCode'],
    ['List', 'entry'],
    ['MedicationAdministration', 'reasonCode'],
    ['MedicationRequest', 'reasonCode'],
    ['MedicationStatement', 'reasonCode'],
    ['Observation', 'component'],
    ['Patient', 'maritalStatus contact communication'],
    ['Procedure', 'reasonCode complication'],
    ['QuestionnaireResponse', 'item'],
    ['ServiceRequest', 'reasonCode orderDetail'],
  ])('can be taken out of %s: %s, and nothing else', (type, names) => {
    const elements = [...names.split(' '), 'code', 'vaccineCode', 'procedure']
    const one = resource(type, Object.fromEntries(elements.map((name) => [name, name === 'code' ? coded('I10') : [coded('F20')]])))
    const other = resource(type, Object.fromEntries(names.split(' ').map((name) => [name, [coded('F20')]])))
    expect(pathsOf(one)).toEqual([])
    expect(pathsOf(other)).toEqual(names.split(' ').map((name) => `${name}[0]`))
  })

  test('is not looked for in other types', () => {
    expect(pathsOf(resource('AllergyIntolerance', { code: coded('I10'), reaction: [{ manifestation: [coded('F20')] }] }))).toEqual([])
  })

  test('cannot be parted from a dose told in words alone', () => {
    const drug = (more: object) => resource('MedicationRequest', { reasonCode: [coded('F20')], ...more })
    const isParted = (more: object) => pathsOf(drug(more)).length === 1
    expect(isParted({ dosageInstruction: [{ text: '우울증에 하루 한 번' }] })).toBe(false)
    expect(isParted({ dosageInstruction: [{ timing: {} }, { text: '우울증에 하루 한 번' }] })).toBe(false)
    expect(isParted({ dosage: { text: '우울증에 하루 한 번' } })).toBe(false)
    expect(isParted({ dosageInstruction: ['하루 한 번'] })).toBe(false)
    expect(isParted({ dosageInstruction: [{ text: '하루 한 번', timing: {} }] })).toBe(true)
    expect(isParted({ dosageInstruction: [{ text: '하루 한 번', doseAndRate: [] }, { sequence: 1 }] })).toBe(true)
    expect(isParted({ note: [{ text: '하루 한 번' }] })).toBe(true)
  })
})

describe('a record without an element', () => {
  const visit = resource('Encounter', {
    status: 'finished',
    class: { code: 'AMB' },
    text: { status: 'generated', div: '<div>F32</div>' },
    extension: [
      { url: 'urn:a', valueString: '우울' },
      { url: 'urn:b', valueMarkdown: '우울' },
      { url: 'urn:c', valueBoolean: true },
    ],
    type: [{ text: '상담' }, coded('I10'), { ...coded('I11'), text: '고혈압' }],
    reasonCode: [coded('F32.1'), coded('I10')],
  })

  test('is the record itself when there is none', () => {
    expect(redact(visit, [])).toBe(visit)
  })

  test('loses the element, the narrative, and the words beside it', () => {
    expect(redact(visit, ['reasonCode[0]'])).toEqual({
      resourceType: 'Encounter',
      status: 'finished',
      class: { code: 'AMB' },
      extension: [{ url: 'urn:c', valueBoolean: true }],
      type: [coded('I10'), { ...coded('I11'), text: '고혈압' }],
      reasonCode: [coded('I10')],
    })
  })

  test.each(['note', 'conclusion', 'presentedForm', 'patientInstruction', 'description', 'comment', 'summary', 'valueString'])(
    'loses its %s, once or many times',
    (name) => {
      const kept = { status: 'active', [`${name}X`]: 'a', [`x${name}`]: 'b' }
      const told = resource('CarePlan', { ...kept, activity: [coded('F20')], [name]: '우울' })
      expect(redact(told, ['activity[0]'])).toMatchObject(kept)
      expect(redact(told, ['activity[0]'])).not.toHaveProperty([name])
      const often = resource('CarePlan', { ...kept, activity: [coded('F20')], [name]: ['우울', '불안'] })
      expect(redact(often, ['activity[0]'])).not.toHaveProperty([name])
    },
  )

  test('loses the words of a dose, and keeps the dose', () => {
    const dose = { text: '자기 전', patientInstruction: '자기 전', additionalInstruction: [coded('I10')], timing: { code: { text: 'QD' } } }
    const left = { additionalInstruction: [coded('I10')], timing: { code: { text: 'QD' } } }
    const drug = resource('MedicationRequest', { status: 'active', reasonCode: [coded('F20')], dosageInstruction: [dose] })
    expect(redact(drug, ['reasonCode[0]'])).toMatchObject({ dosageInstruction: [left] })
    expect(JSON.stringify(redact(drug, ['reasonCode[0]']))).not.toContain('자기 전')
    const statement = resource('MedicationStatement', { status: 'active', reasonCode: [coded('F20')], dosage: [dose] })
    expect(JSON.stringify(redact(statement, ['reasonCode[0]']))).not.toContain('자기 전')
  })

  test('keeps what is coded nowhere but is no such element', () => {
    const one = resource('Procedure', {
      status: 'completed',
      code: { text: '상담' },
      reasonCode: [coded('F20'), { text: '불면' }],
      complication: [{}],
    })
    expect(redact(one, ['reasonCode[0]'])).toMatchObject({ code: { text: '상담' } })
    expect(redact(one, ['reasonCode[0]'])).not.toHaveProperty('reasonCode')
  })
})

test('an element is judged as its record with the labels and codes of both', () => {
  const facts = record('clinic', { codes: ['s|b', 's|a'], sensitivities: ['PSY'], confidentiality: 4 })
  const element = { codes: ['s|c', 's|a'], sensitivities: ['HIV'], confidentiality: 3 }
  expect(elementFacts(facts, element)).toEqual({
    ...facts,
    codes: ['s|a', 's|b', 's|c'],
    sensitivities: ['HIV', 'PSY'],
    confidentiality: 4,
  })
  expect(elementFacts(facts, { ...element, confidentiality: 5 }).confidentiality).toBe(5)
})

test('a part is separate where its element may be taken out by itself, and nowhere else', () => {
  const asked = ['component[2].code.coding[0].code', 'component', 'code.coding[0].code', 'componentOf'].map((path) =>
    isSeparate('Observation', path),
  )
  expect(asked).toEqual([true, true, false, false])
  expect(isSeparate('Binary', 'component')).toBe(false)
})
