import { describe, expect, test } from '@jest/globals'
import { classOf, knownTypes, lettersFor, mayRun, mayTouch, roles } from '../../../gateway/logic/access.ts'
import type { Interaction, Operation, Role } from '../../../gateway/logic/access.ts'
import type { Role as ConfiguredRole } from '../../../gateway/config.ts'

const interactions: readonly Interaction[] = [
  'read',
  'vread',
  'history-instance',
  'history-type',
  'search-type',
  'create',
  'update',
  'patch',
  'delete',
]
const ofClass = (name: string): readonly string[] => knownTypes.filter((type) => classOf(type) === name)

/** every single-record interaction a role has on any type of the list */
const held = (role: Role, types: readonly string[]): string[] =>
  types.flatMap((type) =>
    interactions.filter((interaction) => mayTouch(role, type, interaction)).map((interaction) => `${type} ${interaction}`),
  )

describe('who may touch what, before any data is looked at', () => {
  test('the privacy officer, the auditor, the coordinator and the integrator never read clinical content', () => {
    const papers = ['Binary', 'Bundle', 'Composition', 'DocumentReference']
    const clinical = ofClass('clinical').filter((type) => !papers.includes(type))
    // that one consent replaced another is a Provenance, which the officer alone reads (judged per instance)
    const chart = clinical.filter((type) => type !== 'Provenance')
    expect(held('privacy-officer', chart)).toEqual([])
    for (const role of ['auditor', 'coordinator', 'integrator'] as const) expect(held(role, clinical)).toEqual([])
    for (const role of ['privacy-officer', 'auditor', 'integrator'] as const) expect(held(role, [...papers, 'Patient'])).toEqual([])
    for (const role of ['auditor', 'integrator'] as const) expect(held(role, ['Task'])).toEqual([])
  })

  test('the auditor reads AuditEvents and nothing else; the integrator reads nothing', () => {
    expect(knownTypes.filter((type) => lettersFor('auditor', type) !== '')).toEqual(['AuditEvent'])
    expect(held('integrator', knownTypes)).toEqual([])
  })

  test('nobody writes the audit', () => {
    for (const role of roles) expect(held(role, ['AuditEvent']).filter((one) => /create|update|patch|delete/.test(one))).toEqual([])
  })

  test('consents are written by patients, proxies and the privacy officer, and by nobody deleted', () => {
    const writers = roles.filter((role) => mayTouch(role, 'Consent', 'create') || mayTouch(role, 'Consent', 'update'))
    expect(writers).toEqual(['patient', 'proxy', 'privacy-officer'])
    expect(roles.filter((role) => mayTouch(role, 'Consent', 'delete'))).toEqual([])
  })

  test('a directed consent travels inside a referral of a doctor or of an EMR, and of nobody else', () => {
    expect(roles.filter((role) => mayTouch(role, 'Consent', 'refer'))).toEqual(['system', 'doctor'])
    expect(roles.filter((role) => mayTouch(role, 'Consent', 'answer'))).toEqual([])
  })

  test('clinicians read charts and write them only as part of a referral or its answer', () => {
    for (const role of ['doctor', 'nurse'] as const) {
      expect(mayTouch(role, 'Observation', 'read')).toBe(true)
      expect(held(role, ofClass('clinical')).filter((one) => /create|update|patch|delete/.test(one))).toEqual([])
    }
    expect([mayTouch('doctor', 'DocumentReference', 'refer'), mayTouch('doctor', 'DiagnosticReport', 'answer')]).toEqual([true, true])
  })

  test('a nurse answers but does not refer', () => {
    expect(knownTypes.filter((type) => mayTouch('nurse', type, 'refer'))).toEqual([])
    expect(mayTouch('nurse', 'Task', 'answer')).toBe(true)
  })

  test('an EMR feeds every clinical type into its own partition', () => {
    for (const type of [...ofClass('clinical'), ...ofClass('identity'), 'Organization', 'Practitioner', 'Task']) {
      expect([type, lettersFor('system', type)]).toEqual([type, 'crudsFA'])
    }
  })

  test('patients read their own record and change nothing but their consents', () => {
    for (const role of ['patient', 'proxy'] as const) {
      const written = held(role, knownTypes).filter((one) => /create|update|patch|delete/.test(one))
      expect(written).toEqual(['Consent create', 'Consent update', 'Consent patch'])
      expect(mayTouch(role, 'AuditEvent', 'search-type')).toBe(true)
    }
  })

  test('a type nobody knows is refused to everybody', () => {
    for (const type of ['Foo', 'Subscription', 'toString', '__proto__', 'constructor', '', '*']) {
      expect(classOf(type)).toBeUndefined()
      for (const role of roles)
        expect([...interactions, 'refer', 'answer'].some((one) => mayTouch(role, type, one as Interaction))).toBe(false)
    }
  })

  test('every type has one class', () => {
    expect(knownTypes.every((type) => classOf(type) !== undefined)).toBe(true)
    expect(new Set(knownTypes).size).toBe(knownTypes.length)
    expect(knownTypes).toContain('Provenance')
  })

  test('the roles of the table are the roles of the configuration', () => {
    // Assignable both ways, or this file does not compile.
    const fromConfig = (role: ConfiguredRole): Role => role
    const toConfig = (role: Role): ConfiguredRole => role
    expect(roles.map((role) => fromConfig(toConfig(role)))).toEqual(roles)
  })
})

test.each<readonly [Operation, readonly Role[]]>([
  ['summary', ['doctor', 'nurse', 'patient', 'proxy']],
  ['match', ['system', 'doctor', 'nurse']],
  ['explain', ['patient', 'proxy', 'privacy-officer']],
  ['consent-consult', ['system', 'privacy-officer']],
  ['inclusion-proof', ['patient', 'proxy', 'privacy-officer', 'auditor']],
  ['quarantine', ['integrator']],
])('$%s is for %j only', (operation, expected) => {
  expect(roles.filter((role) => mayRun(role, operation))).toEqual(expected)
})
