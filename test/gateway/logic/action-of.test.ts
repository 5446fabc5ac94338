import { expect, test } from '@jest/globals'
import { knownTypes, mayTouch, roles, type Interaction } from '../../../gateway/logic/access.ts'
import { actionOf } from '../../../gateway/logic/action-of.ts'

const writes: readonly Interaction[] = ['create', 'update', 'patch', 'delete']

test('only the custodian`s own system corrects records; others move Tasks, give consent and verify relations', () => {
  const written = roles.flatMap((role) =>
    knownTypes.flatMap((type) => (role !== 'system' && writes.some((write) => mayTouch(role, type, write)) ? [`${role} ${type}`] : [])),
  )
  expect(written.toSorted()).toEqual([
    'coordinator Task',
    'doctor Task',
    'nurse Task',
    'patient Consent',
    'privacy-officer Consent',
    'privacy-officer RelatedPerson',
    'privacy-officer Task',
    'proxy Consent',
  ])
  expect(writes.map((write) => actionOf[write])).toEqual(writes.map(() => 'correct'))
})
