import { expect, test } from '@jest/globals'
import { allMessages } from '../../../fhir-profiles/validate/messages.ts'

test('every finding has a severity, a FHIR issue type and words in English and Korean that ask for the same names', () => {
  for (const [id, { severity, code, en, ko }] of allMessages()) {
    expect(['fatal', 'error', 'warning', 'information']).toContain(severity)
    expect(code).toMatch(/^[a-z-]+$/)
    expect(ko).toMatch(/[가-힣]/)
    const names = (text: string) => [...new Set(text.match(/\{\d\}/g) ?? [])].toSorted()
    expect([id, names(ko)]).toEqual([id, names(en)])
  }
})
