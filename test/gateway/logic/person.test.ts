import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Patient } from '../../../fhir-profiles/r4.ts'
import { composePerson, type VisibleRecord } from '../../../gateway/logic/person.ts'

const record = (custodian: string, updatedMs: number, patient: Omit<Patient, 'resourceType'>): VisibleRecord => ({
  patient: { resourceType: 'Patient', ...patient },
  custodian,
  updatedMs,
})
const clinic = record('clinic', 100, {
  name: [{ text: '강하늘' }],
  birthDate: '1968-04-17',
  identifier: [{ system: 'urn:c', value: 'C-1' }],
})
const hospital = record('hospital', 200, { name: [{ text: '강 하늘' }], gender: 'female', identifier: [{ system: 'urn:h', value: 'H-1' }] })

describe('a person', () => {
  test('has the name of the newest record, the numbers of all, and what only one of them knows', () => {
    const { patient, text, updatedMs } = composePerson('p1', [clinic, hospital])
    expect(text).toBe(JSON.stringify(patient))
    expect(patient).toMatchObject({ id: 'p1', name: [{ text: '강 하늘' }], birthDate: '1968-04-17', gender: 'female' })
    expect(patient.identifier?.map(({ value }) => value)).toEqual(['C-1', 'H-1'])
    expect(updatedMs).toBe(200)
  })

  test('carries no id, version or source of a record it was made of', () => {
    const stamped = record('clinic', 1, { id: 'record-1', meta: { versionId: '7', source: 'urn:oid:1.2' }, name: [{ text: '강하늘' }] })
    expect(JSON.stringify(composePerson('p1', [stamped]).patient)).not.toMatch(/record-1|urn:oid|"7"/)
  })

  test('is the same whatever the order of the records', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([clinic, hospital, record('tertiary', 200, { gender: 'male' })], { minLength: 3 }), (records) => {
        expect(composePerson('p1', records)).toEqual(composePerson('p1', [clinic, hospital, record('tertiary', 200, { gender: 'male' })]))
      }),
      { seed: 7 },
    )
  })

  test('has another version when what is seen changes, and the same when it does not', () => {
    const version = (records: readonly VisibleRecord[]): string => composePerson('p1', records).version
    expect(version([{ ...clinic, updatedMs: 999 }])).toBe(version([clinic]))
    expect(version([clinic, hospital])).not.toBe(version([clinic]))
    expect(version([{ ...clinic, patient: { ...clinic.patient, gender: 'female' } }])).not.toBe(version([clinic]))
    expect(version([clinic])).toMatch(/^[\w-]{22}$/)
  })

  test('of whom nothing is visible is an id and nothing else', () => {
    expect(Object.keys(composePerson('p1', []).patient).toSorted()).toEqual(['id', 'meta', 'resourceType'])
  })
})
