import canonicalize from 'canonicalize'
import { expect, test } from '@jest/globals'
import { canonicalText, unchanging } from '../../../gateway/logic/canonical.ts'

const shared = unchanging({ system: 'urn:x', code: '한글' })

test.each([
  ['members out of order, and some left out', { b: 1, a: [true, null, { z: '', y: undefined }], 한: 'é"\\\n', A: {} }],
  ['code units, not letters, are compared', { '\u{1f600}': 1, '\ufb33': 2, '€': 3, '\r': 4, '1': 5 }],
  ['a part that is kept, wherever it stands', { later: shared, entity: [shared, { type: shared }] }],
])('an entry is written as RFC 8785 says: %s', (_title, value) => {
  expect(canonicalText(value)).toBe(canonicalize(value))
})

test('half a surrogate pair has no canonical form and is refused', () => {
  expect(() => canonicalText({ name: '\ud800' })).toThrow('surrogate')
})
