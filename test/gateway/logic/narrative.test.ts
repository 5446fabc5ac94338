import { expect, test } from '@jest/globals'
import { withoutNarrative } from '../../../gateway/logic/narrative.ts'
import { octetsOf, textOf } from '../../../fhir-profiles/octets.ts'

const bareOf = (text: string): string => textOf(withoutNarrative(octetsOf(text)))
const narrative = '"text":{"status":"generated","div":"<div>as the psychiatrist wrote</div>"}'

test('a record leaves its house without its narrative, nor those of what it contains or bundles', () => {
  const inner = `{"resourceType":"Observation",${narrative},"valueQuantity":{"value":1.50}}`
  const text = `{"resourceType":"Bundle","entry":[{"resource":${inner}}],"contained":[${inner}]}`
  const bare = '{"resourceType":"Observation","valueQuantity":{"value":1.50}}'
  expect(bareOf(text)).toBe(`{"resourceType":"Bundle","entry":[{"resource":${bare}}],"contained":[${bare}]}`)
})

test('what is the document itself, and texts of other kinds, stay byte for byte', () => {
  for (const text of [
    `{"resourceType":"Composition","section":[{"title":"소견",${narrative}}]}`,
    '{"resourceType":"Condition","code":{"text":"\\"div\\""}}',
    '{"resourceType":"Observation","valueQuantity":{"value":1.0}}',
  ])
    expect(bareOf(text)).toBe(text)
})
