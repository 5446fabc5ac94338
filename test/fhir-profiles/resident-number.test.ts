import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isResidentNumber, maskResidentNumbers } from '../../fhir-profiles/resident-number.ts'
import { generateAlike } from '../support/proof.ts'

generateAlike(fc)

describe('resident registration numbers', () => {
  test.each([
    '7001011234567',
    '700101-1234567',
    '700101 1234567',
    ' 700101–1234567 ',
    '000229-3234567',
    '850730-5234567',
    '７００１０１１２３４５６７',
  ])('%s is one', (text) => {
    expect(isResidentNumber(text)).toBe(true)
  })

  test.each([
    '7013011234567',
    '7001321234567',
    '010229-3234567',
    '700101-123456',
    '700101123456789',
    'H-0001',
    '11100002',
    '20260302093000',
    '700101-1******',
    '',
  ])('%s is none', (text) => {
    expect(isResidentNumber(text)).toBe(false)
  })

  test('in free text they are masked and everything else stays', () => {
    expect(maskResidentNumbers('보호자 700101-1234567, 연락처 010-5501-0001')).toEqual({
      text: '보호자 ******-*******, 연락처 010-5501-0001',
      found: true,
    })
    expect(maskResidentNumbers('7001011234567 와 8507302234567')).toEqual({ text: '******-******* 와 ******-*******', found: true })
    expect(maskResidentNumbers('접수 20260302093000, 계좌 123-456789-01234')).toMatchObject({ found: false })
  })

  test('no text leaves with a number that would be recognised', () => {
    const number = fc.tuple(
      fc.date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
      fc.integer({ min: 0, max: 9_999_999 }),
      fc.constantFrom('', '-', ' '),
    )
    fc.assert(
      fc.property(fc.string(), number, fc.string(), (before, [birth, serial, mark], after) => {
        const digits = `${birth.toISOString().slice(2, 10).replaceAll('-', '')}${mark}${String(serial).padStart(7, '0')}`
        const free = `${before} ${digits} ${after}`
        const isReal = isResidentNumber(digits)
        const masked = maskResidentNumbers(free)
        expect(masked.text.includes(digits)).toBe(isReal ? false : masked.text.includes(digits))
      }),
    )
  })
})
