import { describe, expect, test } from '@jest/globals'
import { roles } from '../../../gateway/logic/access.ts'
import { grounds, judgePurposes } from '../../../gateway/logic/purpose.ts'
import type { PurposeRequest } from '../../../gateway/logic/purpose.ts'

const ask = (changes: Partial<PurposeRequest>) =>
  judgePurposes({ role: 'doctor', purposes: [], ground: undefined, person: undefined, ...changes })

test.each([
  ['doctor', 'TREAT'],
  ['nurse', 'TREAT'],
  ['coordinator', 'TREAT'],
  ['system', 'TREAT'],
  ['patient', 'PATRQT'],
  ['proxy', 'PATRQT'],
  ['privacy-officer', 'HOPERAT'],
  ['integrator', 'HOPERAT'],
  ['auditor', 'HOPERAT'],
] as const)('%s acts for %s, and for nothing else', (role, purpose) => {
  expect(ask({ role })).toEqual({ kind: 'ok', purposes: [purpose], breakGlass: undefined })
  for (const other of ['TREAT', 'PATRQT', 'HOPERAT', 'HRESCH', 'HMARKT'].filter((one) => one !== purpose)) {
    expect(ask({ role, purposes: [other] })).toMatchObject({ kind: 'refused', rule: 'not-entitled' })
    expect(ask({ role, purposes: [purpose, other] })).toMatchObject({ kind: 'refused', rule: 'not-entitled' })
  }
})

describe('break-glass', () => {
  const open = { purposes: ['TREAT', 'BTG'], ground: 'unconscious', person: 'p9' } as const

  test.each(grounds)('a doctor opens one patient’s record on the ground `%s`', (ground) => {
    expect(ask({ ...open, ground })).toEqual({ kind: 'ok', purposes: ['TREAT', 'BTG'], breakGlass: { ground, person: 'p9' } })
  })

  test('nobody but a doctor', () => {
    for (const role of roles.filter((one) => one !== 'doctor'))
      expect(ask({ ...open, role })).toMatchObject({ kind: 'refused', rule: 'not-entitled' })
  })

  test('never without a coded ground, never without one person', () => {
    expect(ask({ ...open, ground: undefined })).toMatchObject({ rule: 'no-ground' })
    expect(ask({ ...open, ground: 'curiosity' })).toMatchObject({ rule: 'no-ground' })
    expect(ask({ ...open, person: undefined })).toMatchObject({ rule: 'no-person' })
    expect(ask({ ...open, person: '' })).toMatchObject({ rule: 'no-person' })
  })

  test('combines with TREAT only', () => {
    expect(ask({ ...open, purposes: ['TREAT', 'BTG', 'ETREAT'] })).toMatchObject({ rule: 'mixed-purposes' })
    expect(ask({ ...open, purposes: ['BTG', 'HRESCH'] })).toMatchObject({ rule: 'not-entitled' })
  })

  test('an order or a repetition changes nothing, and BTG always carries TREAT', () => {
    for (const purposes of [['BTG', 'TREAT'], ['BTG'], ['TREAT', 'BTG', 'BTG']]) {
      expect(ask({ ...open, purposes })).toMatchObject({ purposes: ['TREAT', 'BTG'] })
    }
  })

  test('a ground without break-glass is a mistake worth telling', () => {
    expect(ask({ ground: 'emergency' })).toMatchObject({ rule: 'ground-without-emergency' })
  })
})
