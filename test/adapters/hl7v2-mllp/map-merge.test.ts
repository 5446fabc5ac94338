import { describe, expect, test } from '@jest/globals'
import { header, map, mapped, pid, resources } from './bench.ts'

describe('ADT^A40 and REF^I14', () => {
  test('the number given up is an inactive record with its link to the one who stays', () => {
    const [survivor, merged] = resources(mapped(header('ADT^A40^ADT_A39'), pid, 'MRG|H-0101^^^&1.2.410.100110.10.11100002&ISO^MR'))
    expect(survivor).toMatchObject({ resourceType: 'Patient', id: 'H-0001' })
    expect(merged).toMatchObject({
      id: 'H-0101',
      active: false,
      identifier: [{ system: 'urn:oid:1.2.410.100110.10.11100002', value: 'H-0101' }],
      link: [{ other: { reference: 'Patient/H-0001' }, type: 'replaced-by' }],
    })
  })

  test('a merge without a second number, or into itself, is refused at MRG-1', () => {
    for (const mrg of ['MRG|', 'MRG|H-0001', 'PV1|1|O']) {
      expect(map(header('ADT^A40'), pid, mrg)).toMatchObject({ refusal: { code: 'AE', place: { segment: 'MRG', field: 1 } } })
    }
  })

  test('a referral is taken back by its sender’s own number', () => {
    const parcel = mapped(header('REF^I14^REF_I12'), 'RF1|E|||||R7^HIS', pid, 'PV1|1|N', 'NTE|1||환자가 원하지 않음')
    expect([parcel.kind, parcel.gaps]).toEqual(['referral-response', []])
    expect(resources(parcel)).toMatchObject([
      { status: 'cancelled', statusReason: { text: '환자가 원하지 않음' }, identifier: [{ value: 'R7' }] },
    ])
  })
})
