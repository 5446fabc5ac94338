import { describe, expect, test } from '@jest/globals'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { header, mapped, only, pid } from './bench.ts'

describe('who pays for a referral', () => {
  const letter = [
    header('REF^I12^REF_I12'),
    'RF1|P^Pending^HL70283|R^Routine^HL70280||||R7^HIS|20260302100000|||^심장 초음파 의뢰',
    'PRD|RP^Referring provider^HL70286|한^지안|||||40011^MD',
    'PRD|RT^Referred to provider^HL70286|||NP^^^&1.2.410.100110.10.01100003&ISO^^^^^누리대학교병원',
    `${pid}|||||010-0000-0001`,
    'PV1|1|O||||||||IM|||||||||V1',
  ]

  test.each([
    ['IN1-15', 'IN1|1|x|y||||||||||||5', 'IN1|', '5'],
    ['IN1-2', 'IN1|1|4^건강보험|y', 'IN1|', '4'],
    ['PV1-20 of the visit', 'PV1|1|O||||||||IM|||||||||V1|5', 'PV1|', '5'],
  ])('who pays is read from %s', (_where, line, instead, code) => {
    const lines = letter.filter((each) => !each.startsWith(instead))
    const parcel = mapped(...lines.slice(0, 5), line, ...lines.slice(5))
    expect(only(parcel, 'ServiceRequest')).toMatchObject({
      insurance: [{ reference: '#coverage' }],
      contained: [{ type: { coding: [{ code }] }, beneficiary: { reference: 'Patient/H-0001' } }],
    })
    expect(validate(only(parcel, 'ServiceRequest'))).toEqual([])
  })

  test('a private insurance is no national payer, and the Gap says so', () => {
    const parcel = mapped(...letter.slice(0, 5), 'IN1|1|P01|ACME', ...letter.slice(5))
    expect(only(parcel, 'ServiceRequest').insurance).toBeUndefined()
    expect(parcel.gaps.map(({ element }) => element)).toContain('IN1-15')
  })
})
