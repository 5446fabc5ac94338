import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { knownTypes, mayTouch, roles } from '../../../gateway/logic/access.ts'
import type { Interaction } from '../../../gateway/logic/access.ts'
import { allows, levelOf, parseScopes, scopesForRole } from '../../../gateway/logic/scope.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

describe('a scope means what it says, or nothing', () => {
  test.each([
    ['patient/Observation.rs', { level: 'patient', type: 'Observation', letters: 'rs' }],
    ['system/*.cruds', { level: 'system', type: '*', letters: 'cruds' }],
    ['user/Task.u', { level: 'user', type: 'Task', letters: 'u' }],
  ])('%s', (text, scope) => {
    expect(parseScopes(text)).toEqual({ scopes: [scope], other: [], unknown: [] })
  })

  test.each([
    ['letters out of order', 'user/Observation.sr'],
    ['a letter twice', 'user/Observation.rr'],
    ['no letters', 'user/Observation.'],
    ['version 1 read', 'patient/*.read'],
    ['version 1 write', 'patient/Observation.write'],
    ['version 1 all', 'patient/*.*'],
    ['a filter', 'patient/Observation.rs?category=laboratory'],
    ['an unknown type', 'user/Foo.rs'],
    ['an unknown level', 'admin/*.cruds'],
    ['another case', 'Patient/observation.rs'],
    ['no scope at all', 'everything'],
    ['a tab', 'user/Task.r\tuser/Task.u'],
  ])('%s is reported, never guessed', (_, text) => {
    expect(parseScopes(text)).toEqual({ scopes: [], other: [], unknown: [text] })
  })

  test('launch and identity scopes open no resource', () => {
    const parsed = parseScopes('openid fhirUser launch/patient offline_access')
    expect(parsed).toMatchObject({ scopes: [], unknown: [] })
    expect(allows(parsed.scopes, { level: 'user', type: 'Patient', interaction: 'read' })).toBe(false)
  })
})

describe('what an application may do', () => {
  const may = (text: string, level: 'patient' | 'user' | 'system', type: string, interaction: Interaction): boolean =>
    allows(parseScopes(text).scopes, { level, type, interaction })

  test('read is read, vread and the history of one record; search is search and the history of a type', () => {
    for (const interaction of ['read', 'vread', 'history-instance'] as const)
      expect(may('user/Task.r', 'user', 'Task', interaction)).toBe(true)
    for (const interaction of ['search-type', 'history-type'] as const) {
      expect(may('user/Task.r', 'user', 'Task', interaction)).toBe(false)
      expect(may('user/Task.s', 'user', 'Task', interaction)).toBe(true)
    }
  })

  test('a patch is an update', () => {
    expect([may('user/Task.u', 'user', 'Task', 'patch'), may('user/Task.c', 'user', 'Task', 'patch')]).toEqual([true, false])
  })

  test('a patient’s application does not act as a user, nor a user’s as a system', () => {
    expect(may('patient/*.cruds', 'user', 'Task', 'read')).toBe(false)
    expect(may('user/*.cruds', 'system', 'Task', 'read')).toBe(false)
  })

  test('a search over all types needs a scope for all types', () => {
    expect(may('user/Task.rs user/Patient.rs', 'user', '*', 'search-type')).toBe(false)
    expect(may('user/*.rs', 'user', '*', 'search-type')).toBe(true)
  })

  test('more scopes never allow less', () => {
    const scope = fc.constantFrom('user/Task.r', 'user/*.s', 'patient/Task.cruds', 'user/Consent.cu', 'system/*.d', 'user/Foo.r')
    const request = fc.record({
      level: fc.constantFrom('patient', 'user', 'system'),
      type: fc.constantFrom('Task', 'Consent', 'Patient'),
      interaction: fc.constantFrom<Interaction>('read', 'search-type', 'create', 'update', 'delete'),
    })
    fc.assert(
      fc.property(fc.array(scope), scope, request, (some, more, asked) => {
        const before = allows(parseScopes(some.join(' ')).scopes, asked)
        expect(before && !allows(parseScopes([...some, more].join(' ')).scopes, asked)).toBe(false)
      }),
    )
  })
})

describe('the scopes of a role', () => {
  test.each(roles)('%s: all understood, all of its own level', (role) => {
    const parsed = parseScopes(scopesForRole(role).join(' '))
    expect(parsed.unknown).toEqual([])
    expect(parsed.scopes.every((scope) => scope.level === levelOf(role))).toBe(true)
  })

  test.each(roles)('%s: they reach as far as the table of roles', (role) => {
    const { scopes } = parseScopes(scopesForRole(role).join(' '))
    const interactions: readonly Interaction[] = ['read', 'search-type', 'create', 'update', 'delete', 'refer']
    const short = knownTypes.flatMap((type) =>
      interactions
        .filter((interaction) => mayTouch(role, type, interaction) && !allows(scopes, { level: levelOf(role), type, interaction }))
        .map((interaction) => `${type} ${interaction}`),
    )
    expect(short).toEqual([])
  })
})
