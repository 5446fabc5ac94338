import { expect, test } from '@jest/globals'
import { codesOfValueSet } from '../../../fhir-profiles/validate/structure.ts'
import { allMessages } from '../../../fhir-profiles/validate/messages.ts'
import { outcomeOf } from '../../../gateway/logic/finding-issue.ts'

test('every kind of finding has an issue type of R4', () => {
  const types = codesOfValueSet('issue-type')?.get('http://hl7.org/fhir/issue-type')
  const unknown = [...allMessages()].filter(([, { code }]) => types?.has(code) !== true).map(([id, { code }]) => `${id}: ${code}`)
  expect(unknown).toEqual([])
})

test('a resource without fault is answered in words, for an outcome without issues is no FHIR', () => {
  expect(outcomeOf([]).issue).toEqual([
    expect.objectContaining({ severity: 'information', details: expect.objectContaining({ text: '문제가 발견되지 않았습니다' }) }),
  ])
})
