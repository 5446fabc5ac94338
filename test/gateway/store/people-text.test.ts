import { describe, expect, test } from '@jest/globals'
import { octetsOf, textOf } from '../../../fhir-profiles/octets.ts'
import { peopleTextOf, storedPeopleText } from '../../../gateway/store/people-text.ts'

const own = JSON.stringify({
  resourceType: 'Observation',
  id: 'local-1',
  subject: { reference: 'Patient/C-0001', display: '홍 "길" 동 \\ ' },
  note: [{ text: 'x'.repeat(500) }],
})
const told = own.replace('local-1', 'net-1').replace('Patient/C-0001', 'Patient/person-1')

/** by way of what the database gives */
const back = (text: string, stored: string | null): string =>
  textOf(peopleTextOf(octetsOf(text), stored === null ? null : octetsOf(stored)))

describe('what people read of a record', () => {
  test('is kept as what differs from what its custodian wrote, and comes back to the byte', () => {
    const stored = storedPeopleText(own, told) ?? ''
    expect(stored).toBe(JSON.stringify([7, 'net-1', 13, 'Patient/person-1']))
    expect(back(own, stored)).toBe(told)
  })

  test('is nothing where both are one text, and a text where more than strings differ', () => {
    const corrected = told.replace('{"resourceType"', '{"contained":[{"resourceType":"Provenance"}],"resourceType"')
    expect([storedPeopleText(own, null), storedPeopleText(own, own), back(own, null)]).toEqual([null, null, own])
    expect(storedPeopleText(own, corrected)).toBe(corrected)
    expect(back(own, corrected)).toBe(corrected)
  })

  test('is never guessed from what does not fit', () => {
    expect(() => back('{}', '[7,"net-1"]')).toThrow('does not fit')
    expect(() => back(own, '["7","net-1"]')).toThrow('does not fit')
  })

  test('comes back whatever the strings hold', () => {
    const odd = ['', '"', '\\', '\\"', '\u2028', '[', '{', '한글', '\u0001', ',":']
    for (const a of odd)
      for (const b of odd) {
        const [text, people] = [JSON.stringify({ a, c: 'y'.repeat(99) }), JSON.stringify({ a: b, c: 'y'.repeat(99) })]
        expect(back(text, storedPeopleText(text, people))).toBe(people)
      }
  })
})
