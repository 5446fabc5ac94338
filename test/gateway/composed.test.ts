/** What is remembered of a person is remembered under all it was made of. */
import { expect, test } from '@jest/globals'
import { octetsOf, textOf } from '../../fhir-profiles/octets.ts'
import { personOf } from '../../gateway/composed.ts'
import { composePerson } from '../../gateway/logic/person.ts'
import type { Patient } from '../../fhir-profiles/r4.ts'

const chart = (custodian: string, updatedMs: number, more: Partial<Patient>) => {
  const patient: Patient = { resourceType: 'Patient', ...more }
  return { custodian, updatedMs, patient, text: octetsOf(JSON.stringify(patient)) }
}
const clinic = chart('clinic', 100, { name: [{ text: '강하늘' }], identifier: [{ system: 'urn:c', value: 'C-1' }] })
const hospital = chart('hospital', 200, { name: [{ text: '강 하늘' }], gender: 'female' })

test.each([
  ['one record', [clinic]],
  ['two records', [clinic, hospital]],
  ['two records, the other one newer', [{ ...clinic, updatedMs: 300 }, hospital]],
  ['the same two written at the same time', [{ ...clinic, updatedMs: 200 }, hospital]],
  ['the same two of one custodian', [clinic, { ...hospital, custodian: 'clinic' }]],
  ['one with less in it, as a caller sees it who is refused the rest', [chart('clinic', 100, { name: [{ text: '강하늘' }] })]],
  ['no record', []],
])('%s: the first time and from memory it is what the records come to', (_name, charts) => {
  for (const person of ['p1', 'p2', 'p1'])
    for (let time = 0; time < 2; time += 1) {
      const told = personOf(person, charts)
      const { id, text, version, updatedMs } = composePerson(person, charts)
      expect({ ...told, text: textOf(told.text) }).toEqual({ id, text, version, updatedMs })
    }
  expect(personOf('p1', charts)).toBe(personOf('p1', [...charts]))
})
