/** Which words of a record name a sensitive place, and which part of the record they label. */
import { describe, expect, test } from '@jest/globals'
import { namingParts, noPlaces, placesOf } from '../../consent/places.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'

const places = placesOf([
  { id: 'mind', name: '해솔정신건강의학과의원', number: '31100009', sensitivities: ['PSY'], departments: [{ code: '01' }] },
  { id: 'general', name: '서울병원', number: '11100002', departments: [{ code: '01' }, { code: '07', sensitivities: ['HIV'] }] },
])
const codesOf = (value: unknown) => places.named(value).map(({ sensitivity, basis }) => `${sensitivity} · ${basis}`)

test.each([
  ['its address', { reference: 'Organization/mind' }],
  ['a version of it on another server', { reference: 'https://elsewhere.test/fhir/Organization/mind/_history/2' }],
  ['one of its departments', { reference: 'Organization/mind-01' }],
  ['its number', { identifier: { value: '31100009' } }],
  ['an OID that holds its number', { system: 'urn:oid:1.2.410.100110.10.31100009' }],
  ['its name', { display: '해솔정신건강의학과의원' }],
  ['its name in a part called text or div that is no narrative', { text: { note: '해솔정신건강의학과의원' } }],
  ['its name in a div of its own', { div: '해솔정신건강의학과의원' }],
  ['its name beside nothing and a number', { a: null, b: 5, c: '해솔정신건강의학과의원' }],
  ['its name with blanks, in a sentence', [{ text: '3월부터 해솔 정신건강의학과 의원에서' }]],
])('a place is named by %s', (_what, value) => {
  expect(codesOf(value)).toEqual(['PSY · names mind'])
})

test.each([
  ['an address that only begins alike', { reference: 'Organization/mindful' }],
  ['a longer number', { value: '1311000091' }],
  ['a name that ends in it', { display: '새해솔정신건강의학과의원' }],
  ['another department of the house', { reference: 'Organization/general-01' }],
  ['narrative, which stays in the house', { text: { status: 'generated', div: '<div>해솔정신건강의학과의원</div>' } }],
])('a place is not named by %s', (_what, value) => {
  expect(codesOf(value)).toEqual([])
})

test('a department is sensitive by itself: what it keeps, and what names it, whatever the rest of its house is', () => {
  expect(codesOf({ reference: 'Organization/general-07' })).toEqual(['HIV · names general-07'])
  expect(places.of('general', ['01'])).toEqual([])
  expect(places.of('general', ['01', '07'])).toEqual([{ sensitivity: 'HIV', basis: 'kept by general-07' }])
  expect(places.of('mind', [])).toEqual([{ sensitivity: 'PSY', basis: 'kept by mind' }])
})

describe('of a record that names one', () => {
  // As a sender would write it: only the elements looked at here.
  const pathsOf = (resource: object) => namingParts(resource as Resource, places).map(({ path }) => path)
  const here = { reference: 'Organization/mind' }

  test.each([
    ['a reference', { resourceType: 'Observation', performer: [{ display: '의사' }, here] }, ['performer[1]']],
    ['an identifier', { resourceType: 'Patient', identifier: [{ value: '1' }, { system: 'urn:oid:1.31100009' }] }, ['identifier[1]']],
    ['an agent', { resourceType: 'Provenance', agent: [{ who: { display: '의사' }, onBehalfOf: here }] }, ['agent[0]']],
    ['the owner of a task', { resourceType: 'Task', owner: here, requester: here }, ['owner', 'requester']],
    ['an extension', { resourceType: 'Basic', extension: [{ url: 'urn:x', valueReference: here }] }, ['extension[0]']],
    [
      'a reference with the id of an element, which nothing leads to',
      { resourceType: 'Observation', performer: [{ id: 'o', ...here }, { reference: '#o' }] },
      ['performer[0]'],
    ],
    [
      'what is contained without an id, which nothing leads to',
      {
        resourceType: 'Procedure',
        contained: [{ resourceType: 'Organization', name: '해솔정신건강의학과의원' }],
        performer: [{ actor: { reference: '#undefined' } }],
      },
      ['contained[0]'],
    ],
    [
      'what is contained, and not who has nothing to do with it',
      {
        resourceType: 'Procedure',
        contained: [{ resourceType: 'Organization', id: 'o', name: '해솔정신건강의학과의원' }],
        performer: [{ actor: { display: '의사' } }],
      },
      ['contained[0]'],
    ],
    [
      'what is contained, and what leads to it',
      {
        resourceType: 'Procedure',
        contained: [
          { resourceType: 'Organization', id: 'o', name: '해솔정신건강의학과의원' },
          { resourceType: 'PractitionerRole', id: 'r', organization: { reference: '#o' } },
        ],
        performer: [{ actor: { reference: '#r' } }],
      },
      ['contained[0]', 'contained[1]', 'performer[0]'],
    ],
  ])('%s is a part that may go by itself', (_what, resource, paths) => {
    expect(pathsOf(resource)).toEqual(paths)
  })

  test.each([
    ['words', { resourceType: 'Condition', note: [{ text: '해솔정신건강의학과의원' }] }],
    ['whom it is about', { resourceType: 'Condition', subject: { identifier: { system: 'urn:oid:1.31100009', value: '7' } } }],
    ['the patient of an allergy', { resourceType: 'AllergyIntolerance', patient: here }],
    ['whom a task is for', { resourceType: 'Task', for: here }],
    ['what a task is about', { resourceType: 'Task', focus: here }],
    ['a code', { resourceType: 'Condition', code: { text: '해솔정신건강의학과의원' } }],
  ])('%s cannot be parted from it', (_what, resource) => {
    expect(pathsOf(resource)).toEqual([])
  })

  test('narrative takes nothing along: it stays in the house', () => {
    const contained = [{ resourceType: 'Organization', id: 'o', name: '해솔정신건강의학과의원' }]
    expect(pathsOf({ resourceType: 'Procedure', text: { status: 'generated', div: '#o' }, contained })).toEqual(['contained[0]'])
  })

  test('a part that names one place and leads to another carries the labels of both', () => {
    const resource = {
      resourceType: 'Procedure',
      contained: [{ resourceType: 'Organization', id: 'o', name: '해솔정신건강의학과의원' }],
      performer: [{ actor: { reference: '#o' }, onBehalfOf: { reference: 'Organization/general-07' } }],
    }
    const [, performer] = namingParts(resource as unknown as Resource, places)
    expect(performer?.bases.map(({ sensitivity }) => sensitivity)).toEqual(['HIV', 'PSY'])
  })

  test('nothing is looked for where there is no such place', () => {
    expect(placesOf([])).toBe(noPlaces)
    expect(placesOf([{ id: 'plain', name: '서울의원', number: '31100008', departments: [{ code: '01' }] }])).toBe(noPlaces)
    expect(noPlaces.isEmpty).toBe(true)
  })
})
