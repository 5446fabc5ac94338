import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { extension, system } from '../../../fhir-profiles/codes.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { publishedSystem } from '../../../fhir-profiles/terminology/aliases.ts'
import { correctionOf, normalize } from '../../../fhir-profiles/terminology/normalize.ts'
import { bundledSource } from '../../../fhir-profiles/terminology/terminology.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'

const condition = (coding: { system: string; code: string; display?: string }): Resource => ({
  resourceType: 'Condition',
  subject: { reference: 'Patient/1' },
  code: { coding: [coding], text: '기침' },
})
const codingOf = (resource: Resource) => (resource.resourceType === 'Condition' ? resource.code?.coding?.[0] : undefined)

test.each([
  [system.kcd8, 'R05.', 'R05'],
  [system.kcd8, 'I614', 'I61.4'],
  [system.kcd8, 'i61.4', 'I61.4'],
  ['http://hl7.org/fhir/sid/icd-10', 'E119', 'E11.9'],
])('a diagnosis of %s written `%s` is read as %s, and what was sent stays beside it', (of, sent, read) => {
  const { resource, changes } = normalize(condition({ system: of, code: sent, display: '병' }))
  expect(codingOf(resource)).toEqual({
    extension: [{ url: extension.asSent, extension: [{ url: 'code', valueString: sent }] }],
    system: of,
    code: read,
    display: '병',
  })
  expect(changes).toEqual([{ path: 'code.coding[0].code', rule: 'kcd-form' }])
})

test.each([
  [system.kcd8, 'I61.4'],
  [system.kcd8, 'A17.0†'],
  [system.kcd8, '기침'],
  ['http://hl7.org/fhir/sid/icd-10-cm', 'E119'],
  ['urn:local', 'I614'],
  [system.department, '1'],
  [system.department, '0312'],
  [system.ediMedication, 'LOCAL-7'],
])('a code of %s written `%s` is nobody’s to change', (of, code) => {
  const before = condition({ system: of, code })
  expect(normalize(before)).toEqual({ resource: before, changes: [] })
  expect(normalize(before).resource).toBe(before)
})

test.each([
  ['https://hira.or.kr/CodeSystem/medical-subject', system.department],
  ['http://www.mohw.go.kr/CodeSystem/practitioner-specialty', system.department],
  ['https://biz.kpis.or.kr/CodeSystem/kdcode', system.kdCode],
  ['https://hira.or.kr/knpi', system.institutionNumber],
  ['1.2.410.100110.40.2.3.2', system.kcd8],
  ['urn:oid:2.16.840.1.113883.6.96', system.snomed],
  ['https://loinc.org/', system.loinc],
  ['http://www.LOINC.org', system.loinc],
  ['http://hl7.org/fhir/v2/0203', 'http://terminology.hl7.org/CodeSystem/v2-0203'],
  ['http://hl7.org/fhir/v3/ActCode', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'],
  ['urn:oid:1.2.410.100110.10.31100001', 'urn:oid:1.2.410.100110.10.31100001'],
  ['phone', 'phone'],
  [system.loinc, system.loinc],
])('the system `%s` is known as %s', (written, name) => {
  expect(publishedSystem(written)).toBe(name)
})

test('the object identifiers of HL7’s own lists are known from the lists', () => {
  const oids = bundledSource().oids()
  const { resource } = normalize(condition({ system: 'urn:oid:2.16.840.1.113883.5.4', code: 'AMB' }), (name) => oids.get(name))
  expect(codingOf(resource)?.system).toBe('http://terminology.hl7.org/CodeSystem/v3-ActCode')
})

test('a department in four digits is the one in two, under its draft name as well', () => {
  const { resource, changes } = normalize(condition({ system: 'https://hira.or.kr/CodeSystem/medical-subject', code: '0300' }))
  expect(codingOf(resource)).toMatchObject({ system: system.department, code: '03' })
  expect(changes.map(({ rule }) => rule)).toEqual(['system-alias', 'department-digits'])
})

test('an institution named by its object identifier is named by its number', () => {
  const { resource } = normalize({
    resourceType: 'Organization',
    name: '의원',
    identifier: [{ system: 'https://hira.or.kr/knpi', value: '1.2.410.100110.10.31100001' }],
  })
  expect(resource).toMatchObject({ identifier: [{ system: system.institutionNumber, value: '31100001' }] })
})

test('the one name of the exchange for three claims lists is read by the type of the record', () => {
  const coded = { coding: [{ system: 'urn:oid:1.2.410.100110.40.2.3.3', code: 'ZZ1' }] }
  const procedure = normalize({ resourceType: 'Procedure', status: 'completed', subject: { reference: 'Patient/1' }, code: coded }).resource
  const condition = normalize({ resourceType: 'Condition', subject: { reference: 'Patient/1' }, code: coded })
  expect(procedure).toMatchObject({ code: { coding: [{ system: system.ediProcedure }] } })
  expect(condition.changes).toEqual([])
})

test('consents, documents and what is attested stay as they were signed', () => {
  const coding = { system: 'https://hira.or.kr/CodeSystem/medical-subject', code: '0300' }
  const consent: Resource = { resourceType: 'Consent', status: 'active', scope: { coding: [coding] }, category: [{ coding: [coding] }] }
  expect(normalize(consent).resource).toBe(consent)
  const labelled: Resource = { ...condition({ system: 'urn:x', code: 'y' }), meta: { security: [coding] } }
  expect(normalize(labelled).resource).toBe(labelled)
})

test('a corrected record is valid FHIR with the note inside it, and the note says places and rules, no values', () => {
  const { resource, changes } = normalize(condition({ system: system.kcd8, code: 'B200' }))
  const note = correctionOf(changes, Date.parse('2026-03-01T00:00:00Z'))
  expect(JSON.stringify(note)).not.toMatch(/B20/)
  expect(JSON.stringify(note)).toContain('code.coding[0].code')
  const faults = validate({ ...resource, contained: [note] }).filter(({ severity }) => severity === 'error' || severity === 'fatal')
  expect(faults).toEqual([])
})

test('what was corrected once is not corrected again', () => {
  const codes = fc.stringMatching(/^[A-Za-z]\d{2}\.?\d{0,4}\.?$/)
  const systems = fc.constantFrom(system.kcd8, '1.2.410.100110.40.2.3.2', 'http://hl7.org/fhir/sid/icd-10', 'urn:local', system.department)
  fc.assert(
    fc.property(systems, codes, (of, code) => {
      const once = normalize(condition({ system: of, code })).resource
      expect(normalize(once).resource).toBe(once)
    }),
    { seed: 20261122, numRuns: 200 },
  )
})
