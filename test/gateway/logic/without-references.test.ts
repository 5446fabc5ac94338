/** A visible record names nothing that is refused, and keeps everything else as it was written. */
import { describe, expect, test } from '@jest/globals'
import { idsNamedIn, withoutReferences } from '../../../gateway/logic/without-references.ts'

const to = (id: string) => ({ reference: `Observation/${id}`, type: 'Observation', display: `value of ${id}`, identifier: { value: id } })
const without = (resource: object, ...refused: readonly string[]): object => withoutReferences(resource, (id) => refused.includes(id))
const narrative = { status: 'generated', div: '<div>all of it</div>' }
const base = { resourceType: 'X', code: { text: 'kept' } }

describe('what a record says of a refused one', () => {
  test.each([
    ['an element', { ...base, encounter: to('h') }, base],
    ['one of a list', { ...base, result: [to('a'), to('h')] }, { ...base, result: [to('a')] }],
    ['the last of a list', { ...base, result: [to('h')] }, base],
    [
      'an item whose only sense it was',
      { ...base, entry: [{ item: to('h'), date: '2026' }, { item: to('a') }] },
      { ...base, entry: [{ item: to('a') }] },
    ],
    ['one of several in an item', { ...base, evidence: [{ code: ['x'], detail: [to('h')] }] }, { ...base, evidence: [{ code: ['x'] }] }],
    ['an item left empty', { ...base, evidence: [{ detail: [to('h')] }] }, base],
    ['a version of it', { ...base, focus: { reference: 'Observation/h/_history/2' } }, base],
    ['an extension', { ...base, extension: [{ url: 'urn:x', valueReference: to('h') }] }, base],
    ['its file', { ...base, content: [{ attachment: { url: 'Binary/h', title: 't' } }] }, base],
    ['a section with nothing else', { ...base, section: [{ title: 'x', text: narrative, entry: [to('h')] }] }, base],
    [
      'a contained resource about it, and what points there',
      { ...base, contained: [{ id: 'c', subject: to('h') }], reason: [{ reference: '#c' }] },
      base,
    ],
  ])('%s goes', (_, resource, wanted) => {
    expect(without(resource, 'h')).toEqual(wanted)
  })

  test('narrative goes with it, of the record and of the section, and other texts stay', () => {
    const section = [
      { title: 'a', text: narrative, entry: [to('a')] },
      { title: 'h', text: narrative, entry: [to('h'), to('a')] },
    ]
    expect(without({ ...base, text: narrative, section }, 'h')).toEqual({
      ...base,
      section: [section[0], { title: 'h', entry: [to('a')] }],
    })
  })

  test('where nothing is refused the record is the same object', () => {
    const resource = { ...base, text: narrative, result: [to('a')], url: 'http://example.org/Observation/h' }
    expect(without(resource, 'h')).toBe(resource)
  })
})

test('what a text names is found without reading it as JSON', () => {
  expect(idsNamedIn('{"a":{"reference":"Observation/x-1"},"b":"Binary/y/_history/2","c":"x/y","d":"http://a/Patient/1"}')).toEqual([
    'x-1',
    'y',
  ])
})
