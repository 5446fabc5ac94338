import { expect, test } from '@jest/globals'
import { allMessages } from '../../../fhir-profiles/validate/messages.ts'
import { issueTypes, outcomeOf } from '../../../gateway/logic/finding-issue.ts'

test('every kind of finding reaches the sender under the issue type it has', () => {
  const types: readonly string[] = issueTypes
  const unknown = [...allMessages()].filter(([, { code }]) => !types.includes(code)).map(([id, { code }]) => `${id}: ${code}`)
  expect(unknown).toEqual([])
})

test('a resource without fault is answered in words, for an outcome without issues is no FHIR', () => {
  expect(outcomeOf([]).issue).toEqual([
    expect.objectContaining({ severity: 'information', details: expect.objectContaining({ text: '문제가 발견되지 않았습니다' }) }),
  ])
})
