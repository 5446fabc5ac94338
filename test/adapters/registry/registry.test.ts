import { expect, test } from '@jest/globals'
import { adapterKind, adapterKinds } from '../../../adapters/registry.ts'

test('each kind of EMR interface is found by its name, and the name is its own', () => {
  expect(adapterKinds.map((each) => each.kind)).toEqual(['fhir-rest', 'hl7v2-mllp', 'sql-view'])
  for (const each of adapterKinds) expect(adapterKind(each.kind)).toBe(each)
})

test('an unknown kind is nobody, also one that every object knows', () => {
  expect(adapterKind('carrier-pigeon')).toBeUndefined()
  expect(adapterKind('constructor')).toBeUndefined()
})

test('no kind takes an empty configuration', () => {
  for (const each of adapterKinds) expect(each.faults({}).length).toBeGreaterThan(0)
})
