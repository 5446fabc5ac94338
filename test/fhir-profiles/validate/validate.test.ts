import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseJson } from '../../../fhir-profiles/json.ts'
import { isRecord, isResource, isResourceOf, validate } from '../../../fhir-profiles/validate/validate.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

const patient = (elements: object = {}) => ({ resourceType: 'Patient', ...elements })
const observation = (elements: object = {}) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...elements })
/** id and place of each issue */
const found = (resource: unknown) => validate(resource).map(({ id, expression }) => `${id} ${expression}`)

describe('what is sound', () => {
  test('a patient with every kind of element', () => {
    const resource = patient({
      id: 'C-0001',
      meta: {
        profile: ['http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-patient'],
        lastUpdated: '2026-03-01T09:00:00+09:00',
      },
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">홍길동</div>' },
      contained: [{ resourceType: 'Organization', id: 'o', name: '해맑은의원' }],
      extension: [{ url: 'http://example.org/a', extension: [{ url: 'b', valueDecimal: 1.5 }] }],
      active: true,
      name: [{ text: '홍길동', given: ['길', null], _given: [null, { extension: [{ url: 'http://example.org/c', valueCode: 'x' }] }] }],
      birthDate: '1980-03',
      _birthDate: { id: 'b' },
      deceasedBoolean: false,
      managingOrganization: { reference: '#o' },
    })
    expect(validate(resource)).toEqual([])
  })

  test('a value kept with its written digits is a decimal, not an integer', () => {
    const parsed = parseJson('{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10}}', {
      maxDepth: 9,
      maxBytes: 999,
    })
    expect(parsed.ok && validate(parsed.value)).toEqual([])
    const whole = parseJson('{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueInteger":1.0}', {
      maxDepth: 9,
      maxBytes: 999,
    })
    expect(parsed.ok && whole.ok && found(whole.value)).toEqual(['wrong-format Observation.value.ofType(integer)'])
  })

  test('a value that is only an extension satisfies what is required', () => {
    expect(
      validate({
        resourceType: 'Observation',
        _status: { extension: [{ url: 'http://example.org/a', valueCode: 'x' }] },
        code: { text: 'x' },
      }),
    ).toEqual([])
  })
})

describe('what is found, and where', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing', null, ['not-a-resource resourceType']],
    ['a list', [], ['not-a-resource resourceType']],
    ['no type', { id: 'x' }, ['not-a-resource resourceType']],
    ['an unknown type', { resourceType: 'Person2' }, ['unknown-type resourceType']],
    ['the name of a datatype', { resourceType: 'HumanName' }, ['unknown-type resourceType']],
    ['a type of a later release', { resourceType: 'SubscriptionStatus' }, ['unknown-type resourceType']],
    ['an unknown element', patient({ name1: 'x' }), ['unknown-element Patient.name1']],
    ['an unknown element, deep', patient({ contact: [{ name: { first: 'x' } }] }), ['unknown-element Patient.contact[0].name.first']],
    ['a type inside a datatype', patient({ name: [{ resourceType: 'HumanName' }] }), ['unknown-element Patient.name[0].resourceType']],
    ['extensions of what is no primitive', patient({ _name: [{ id: 'x' }] }), ['unknown-element Patient._name']],
    ['one where a list is due', patient({ name: { text: 'x' } }), ['not-an-array Patient.name']],
    ['a list where one is due', patient({ birthDate: ['1980'] }), ['wrong-json-kind Patient.birthDate']],
    ['text where an object is due', patient({ name: ['x'] }), ['not-an-object Patient.name[0]']],
    ['an object where text is due', patient({ birthDate: { value: '1980' } }), ['wrong-json-kind Patient.birthDate']],
    ['a number as text', observation({ valueInteger: '1' }), ['wrong-json-kind Observation.value.ofType(integer)']],
    ['true as text', patient({ active: 'true' }), ['wrong-json-kind Patient.active']],
    ['null', patient({ active: null }), ['null-value Patient.active']],
    ['null in a list without an extension', patient({ name: [{ given: ['a', null] }] }), ['null-value Patient.name[0].given[1]']],
    ['an empty list', patient({ name: [] }), ['empty-array Patient.name']],
    ['an empty object', patient({ name: [{}] }), ['empty-value Patient.name[0]']],
    ['an empty text', patient({ name: [{ text: '' }] }), ['empty-value Patient.name[0].text']],
    ['a missing element', { resourceType: 'Observation', status: 'final' }, ['missing-element Observation']],
    ['a missing element, deep', patient({ link: [{ type: 'refer' }] }), ['missing-element Patient.link[0]']],
    ['two values of one choice', patient({ deceasedBoolean: true, deceasedDateTime: '2026' }), ['several-choices Patient.deceased']],
    ['a choice of a type it does not have', patient({ deceasedString: 'x' }), ['unknown-element Patient.deceasedString']],
    ['a bare choice', observation({ value: 1 }), ['unknown-element Observation.value']],
    ['a day that does not exist', patient({ birthDate: '2026-02-30' }), ['wrong-format Patient.birthDate']],
    [
      'a time without a zone',
      observation({ effectiveDateTime: '2026-03-01T09:00:00' }),
      ['wrong-format Observation.effective.ofType(dateTime)'],
    ],
    ['a date where an instant is due', observation({ issued: '2026-03-01' }), ['wrong-format Observation.issued']],
    ['an id with a sign it may not have', patient({ id: '홍길동' }), ['id-format Patient.id']],
    ['an id of 65 signs', patient({ id: 'x'.repeat(65) }), ['id-format Patient.id']],
    ['a code with a space at its end', patient({ language: 'ko ' }), ['wrong-format Patient.language']],
    ['a URI with a space', patient({ implicitRules: 'http://a b' }), ['wrong-format Patient.implicitRules']],
    ['base64 of a wrong length', patient({ photo: [{ data: 'abc' }] }), ['wrong-format Patient.photo[0].data']],
    ['a rank of zero', patient({ telecom: [{ rank: 0 }] }), ['wrong-format Patient.telecom[0].rank']],
    [
      'narrative that brings a document type',
      patient({ text: { status: 'empty', div: '<!DOCTYPE x><div></div>' } }),
      ['wrong-format Patient.text.div'],
    ],
    ['a code outside its list', patient({ gender: 'm' }), ['code-not-in-value-set Patient.gender']],
    [
      'a concept outside its list',
      {
        resourceType: 'Condition',
        subject: { reference: 'Patient/1' },
        clinicalStatus: { coding: [{ system: 'http://example.org', code: 'active' }] },
      },
      ['code-not-in-value-set Condition.clinicalStatus'],
    ],
    ['an extension without its name', patient({ extension: [{ valueString: 'x' }] }), ['missing-element Patient.extension[0]']],
    ['an extension of a primitive that is no object', patient({ birthDate: '1980', _birthDate: 'x' }), ['not-an-object Patient.birthDate']],
    ['a reference that is none', observation({ subject: { reference: '환자 1' } }), ['reference-format Observation.subject.reference']],
    [
      'a dangling contained reference',
      observation({ subject: { reference: '#p' } }),
      ['reference-not-contained Observation.subject.reference'],
    ],
    [
      'a contained resource with an unknown element',
      patient({ contained: [{ resourceType: 'Device', id: 'd', x: 1 }] }),
      ['unknown-element Patient.contained[0].x'],
    ],
    [
      'a resource contained in a contained one',
      patient({ contained: [{ resourceType: 'Patient', id: 'd', contained: [{ resourceType: 'Device', id: 'e' }] }] }),
      ['contained-in-contained Patient.contained[0].contained'],
    ],
    [
      'an entry of a Bundle',
      { resourceType: 'Bundle', type: 'batch', entry: [{ resource: patient({ gender: 'm' }) }] },
      ['code-not-in-value-set Bundle.entry[0].resource.gender'],
    ],
    [
      'an unknown type in a Bundle',
      { resourceType: 'Bundle', type: 'batch', entry: [{ resource: { resourceType: 'X' } }] },
      ['unknown-type Bundle.entry[0].resource.resourceType'],
    ],
  ])('%s', (_, resource, issues) => {
    expect(found(resource)).toEqual(issues)
  })

  test('each issue carries its FHIR code', () => {
    const codes = (resource: unknown) => validate(resource).map(({ severity, code }) => `${severity} ${code}`)
    expect(codes({ resourceType: 'X' })).toEqual(['error not-supported'])
    expect(codes({ resourceType: 'Observation', status: 'final' })).toEqual(['error required'])
    expect(codes(patient({ gender: 'm' }))).toEqual(['error code-invalid'])
    expect(codes(patient({ birthDate: 'x' }))).toEqual(['error value'])
    expect(codes(patient({ x: 'x' }))).toEqual(['error structure'])
  })

  test.each([
    [
      'a reference to another type than the definition lists, as R4’s own examples have',
      observation({ performer: [{ reference: 'Encounter/1' }] }),
    ],
    ['a reference to a type R4 does not have', observation({ performer: [{ reference: 'Practioner/1' }] })],
    ['a reference by criteria', observation({ subject: { reference: 'Patient?identifier=a|b' } })],
    ['what the server sets itself', patient({ meta: { lastUpdated: '2000-01-01T00:00:00', versionId: 'v 1' } })],
    ['a media type of its own making', patient({ photo: [{ contentType: 'picture' }] })],
    ['a language under another name', patient({ communication: [{ language: { coding: [{ system: 'urn:x', code: 'Korean' }] } }] })],
    ['an OID with a leading zero', patient({ identifier: [{ system: 'urn:oid:1.2.410.0100', value: '1' }] })],
    ['an extension nobody knows', patient({ extension: [{ url: 'http://example.org/x', valueCode: 'y' }] })],
    ['a code its system does not have', observation({ category: [{ coding: [{ system: 'http://loinc.org', code: 'x' }] }] })],
    ['an invariant that is broken', patient({ contact: [{ gender: 'male' }] })],
  ])('%s is taken, and told by $validate', (_, resource) => {
    expect(validate(resource)).toEqual([])
  })

  test('no message repeats a value or a name that came from outside', () => {
    const secret = '900101-1234567'
    const resource = patient({
      [`홍길동 ${secret}`]: 1,
      id: secret + ' ',
      gender: secret,
      birthDate: secret,
      name: [{ [`__${secret}`]: secret }],
      active: secret,
    })
    expect(validate(resource)).toHaveLength(6)
    expect(JSON.stringify(validate(resource))).not.toContain(secret)
  })
})

describe('bounds', () => {
  test('at most fifty issues are told', () => {
    expect(validate(patient({ name: Array.from({ length: 1000 }, () => ({ x: 1 })) }))).toHaveLength(50)
  })

  test('a resource nested without end is one issue', () => {
    let extension: object = { url: 'x', valueString: 'x' }
    for (let depth = 0; depth < 5000; depth += 1) extension = { url: 'x', extension: [extension] }
    expect(validate(patient({ extension: [extension] })).map(({ id }) => id)).toEqual(['too-deep'])
  })

  test('whatever the value, the answer is a list of issues', () => {
    const name = fc.constantFrom(
      'resourceType',
      'name',
      '_birthDate',
      'birthDate',
      'contained',
      'extension',
      'url',
      'valueString',
      'deceasedBoolean',
      'Patient',
      'Bundle',
    )
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        name,
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(name, tie('value')),
        fc.array(tie('value'), { maxLength: 4 }),
      ),
    })).value
    fc.assert(
      fc.property(json, (value) => {
        expect(Array.isArray(validate(value))).toBe(true)
        expect(Array.isArray(validate(isRecord(value) ? { ...value, resourceType: 'Patient' } : value))).toBe(true)
      }),
      { numRuns: 1000, seed: 20261121 },
    )
  })
})

test('guards tell the compiler what a value is', () => {
  expect([patient(), { resourceType: 'X' }, {}, null, 'Patient', []].map(isResource)).toEqual([true, false, false, false, false, false])
  expect([isResourceOf(patient(), 'Patient'), isResourceOf(patient(), 'Observation')]).toEqual([true, false])
})
