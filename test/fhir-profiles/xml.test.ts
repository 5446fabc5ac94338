import { describe, expect, test } from '@jest/globals'
import { definitionsWith } from '../../fhir-profiles/definitions/definitions.ts'
import { isExactNumber } from '../../fhir-profiles/json.ts'
import { jsonPositions, positionOf } from '../../fhir-profiles/json-position.ts'
import { typesOf } from '../../fhir-profiles/validate/type-info.ts'
import { readXml } from '../../fhir-profiles/xml.ts'

const types = typesOf(definitionsWith([]))
const limits = { maxBytes: 100_000, maxDepth: 30 }
const read = (text: string) => readXml(text, types, limits)
const faultsOf = (text: string) => read(text).faults.map(({ id }) => id)
const patient = (inner: string) => `<Patient xmlns="http://hl7.org/fhir">${inner}</Patient>`

describe('FHIR XML', () => {
  test('becomes the JSON it means: lists, extensions of primitives, contained resources, narrative as written', () => {
    const { value, faults } = read(
      patient(
        '<id value="a"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b</p></div></text>' +
          '<contained><Basic><id value="b"/></Basic></contained><active value="true"/>' +
          '<name><given value="x"/><given><extension url="http://e"><valueCode value="y"/></extension></given></name>' +
          '<birthDate id="d" value="2020-01-01"/><multipleBirthInteger value="2"/>',
      ),
    )
    expect(faults).toEqual([])
    expect(value).toEqual({
      resourceType: 'Patient',
      id: 'a',
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b</p></div>' },
      contained: [{ resourceType: 'Basic', id: 'b' }],
      active: true,
      name: [{ given: ['x', null], _given: [null, { extension: [{ url: 'http://e', valueCode: 'y' }] }] }],
      birthDate: '2020-01-01',
      _birthDate: { id: 'd' },
      multipleBirthInteger: 2,
    })
  })

  test('keeps every digit of a decimal', () => {
    const { value } = read('<Observation xmlns="http://hl7.org/fhir"><valueQuantity><value value="1.10"/></valueQuantity></Observation>')
    expect(JSON.stringify(value)).toContain('"value":1.10')
    expect(isExactNumber(1)).toBe(false)
  })

  test('with a document type, an entity, too deep, too large or unclosed is refused', () => {
    expect(faultsOf(`<!DOCTYPE a [<!ENTITY x "y">]>${patient('')}`)).toEqual(['xml-doctype'])
    expect(faultsOf(patient('<id value="&x;"/>'))).toEqual(['xml-malformed'])
    expect(faultsOf(patient('<name>'.repeat(40) + '</name>'.repeat(40)))).toEqual(['xml-too-deep'])
    expect(faultsOf(patient(' '.repeat(100_001)))).toEqual(['xml-too-large'])
    expect(faultsOf('<Patient xmlns="http://hl7.org/fhir">')).toEqual(['xml-malformed'])
  })

  test('with text between elements, unknown attributes, another namespace or elements out of order says so', () => {
    expect(faultsOf(patient('hello'))).toEqual(['xml-text'])
    expect(faultsOf(patient('<id value="a" other="b"/>'))).toEqual(['xml-attribute'])
    expect(faultsOf('<Patient/>')).toEqual(['xml-namespace'])
    expect(faultsOf(patient('<birthDate value="2020"/><active value="true"/>'))).toEqual(['xml-order'])
  })
})

test('a finding is placed at the line and column of its value, or of what holds it', () => {
  const text = '{\n  "resourceType": "Patient",\n  "name": [\n    { "family": "a" }\n  ]\n}'
  const positions = jsonPositions(text)
  expect(positionOf(positions, ['name', 0, 'family'])).toEqual({ line: 4, column: 17 })
  expect(positionOf(positions, ['name', 0, 'given'])).toEqual({ line: 4, column: 5 })
  expect(positionOf(positions, ['name[0]', 'family'])).toEqual({ line: 4, column: 17 })
})
