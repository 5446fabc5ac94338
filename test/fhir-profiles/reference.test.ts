import { describe, expect, test } from '@jest/globals'
import { isExactNumber, parseJson, stringifyExact } from '../../fhir-profiles/json.ts'
import { parseReference, references, rewriteReferences } from '../../fhir-profiles/reference.ts'
import { describeShared, sharedResources } from './shared.ts'

const uuid = 'urn:uuid:0c2b7d0e-0000-4000-8000-000000000001'

describe('reading a reference', () => {
  test.each([
    ['Patient/C-0001', { kind: 'relative', type: 'Patient', id: 'C-0001', version: undefined }],
    ['Patient/1/_history/2', { kind: 'relative', type: 'Patient', id: '1', version: '2' }],
    ['#p1', { kind: 'contained', id: 'p1' }],
    ['#', { kind: 'contained', id: '' }],
    [uuid, { kind: 'urn' }],
    ['urn:oid:1.2.410.100110', { kind: 'urn' }],
    ['https://emr.example.org/fhir/Patient/1', { kind: 'absolute', type: 'Patient', id: '1' }],
    ['https://emr.example.org/guide.pdf', { kind: 'absolute', type: undefined, id: undefined }],
    ['Patient?identifier=a|b', { kind: 'conditional', type: 'Patient' }],
  ])('%s', (value, parsed) => {
    expect(parseReference(value)).toEqual(expect.objectContaining({ ...parsed, value }))
  })

  test.each([
    '',
    'Patient',
    'Patient/',
    '/Patient/1',
    'Patient/1/2',
    'Patient/a b',
    'Patient/../Consent',
    'Practioner/1',
    'Patient/가',
    `Patient/${'x'.repeat(65)}`,
    'urn:uuid:x',
    '#a b',
    'patient/1',
    '../Patient/1',
    'Bot?x=1',
  ])('%j is none', (value) => {
    expect(parseReference(value)).toBe(undefined)
  })
})

const document = {
  resourceType: 'DocumentReference',
  status: 'current',
  subject: { reference: 'Patient/1', display: 'Patient/1' },
  contained: [{ resourceType: 'Observation', id: 'o', subject: { reference: uuid } }],
  extension: [{ url: 'Patient/1', valueReference: { reference: 'Practitioner/2' } }],
  content: [{ attachment: { contentType: 'text/plain', url: 'Binary/3' } }, { attachment: { url: 'https://example.org/x' } }],
  text: { status: 'generated', div: '<div>Patient/1</div>' },
}

describe('finding references', () => {
  test('each is found once, with its place, in contained resources and attachments too', () => {
    expect(references(document).map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      'relative DocumentReference.subject.reference',
      'urn DocumentReference.contained[0].subject.reference',
      'relative DocumentReference.extension[0].valueReference.reference',
      'relative DocumentReference.content[0].attachment.url',
    ])
  })

  test('web addresses under the same name are no references', () => {
    expect(references({ resourceType: 'DetectedIssue', reference: 'https://example.org/a' })).toEqual([])
    expect(references({ resourceType: 'Immunization', education: [{ reference: 'https://example.org/a' }] })).toEqual([])
    expect(
      references({
        resourceType: 'PlanDefinition',
        action: [{ condition: [{ expression: { language: 'text/cql', reference: 'https://example.org/a' } }] }],
      }),
    ).toEqual([])
    expect(references({ resourceType: 'Bundle', entry: [{ fullUrl: uuid, request: { method: 'PUT', url: 'Patient/1' } }] })).toEqual([])
  })
})

describe('rewriting references', () => {
  const rewrite = (value: string) =>
    new Map([
      ['Patient/1', 'Patient/n1'],
      [uuid, 'Patient/n1'],
      ['Binary/3', 'Binary/n3'],
    ]).get(value)

  test('only references change: display, narrative and extension names stay', () => {
    expect(rewriteReferences(document, rewrite)).toEqual({
      ...document,
      subject: { reference: 'Patient/n1', display: 'Patient/1' },
      contained: [{ resourceType: 'Observation', id: 'o', subject: { reference: 'Patient/n1' } }],
      content: [{ attachment: { contentType: 'text/plain', url: 'Binary/n3' } }, { attachment: { url: 'https://example.org/x' } }],
    })
  })

  test('the original is not changed, and what is untouched is shared', () => {
    const before = JSON.stringify(document)
    const after = rewriteReferences(document, rewrite)
    expect(JSON.stringify(document)).toBe(before)
    expect([after.text === document.text, after.extension === document.extension, after.contained === document.contained]).toEqual([
      true,
      true,
      false,
    ])
    expect(rewriteReferences(document, () => undefined)).toBe(document)
  })

  test('a laboratory value keeps its digits', () => {
    const parsed = parseJson('{"resourceType":"Observation","subject":{"reference":"Patient/1"},"valueQuantity":{"value":1.10}}', {
      maxDepth: 9,
      maxBytes: 999,
    })
    const resource = Object(parsed.ok ? parsed.value : undefined)
    expect(isExactNumber(resource.valueQuantity.value)).toBe(true)
    expect(stringifyExact(rewriteReferences(resource, rewrite))).toBe(
      '{"resourceType":"Observation","subject":{"reference":"Patient/n1"},"valueQuantity":{"value":1.10}}',
    )
  })
})

describeShared('published resources', () => {
  test('rewriting every reference there and back gives the same text', () => {
    for (const { value } of sharedResources('fhir-resources/r4-examples')) {
      const originals: string[] = []
      const away = rewriteReferences(Object(value), (text) => `Basic/away-${originals.push(text) - 1}`)
      expect(references(away).filter(({ id }) => id?.startsWith('away-') !== true)).toEqual([])
      const back = rewriteReferences(away, (text) => originals[Number(text.slice('Basic/away-'.length))])
      expect(stringifyExact(back)).toBe(stringifyExact(value))
    }
  })
})
