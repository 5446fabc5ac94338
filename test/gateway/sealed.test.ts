import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { openPage, sealPage } from '../../gateway/sealed.ts'
import type { Caller } from '../../gateway/security/caller.ts'

const key = randomBytes(32)
const doctor: Caller = {
  subject: 'clinic-doctor',
  name: 'a doctor',
  role: 'doctor',
  institution: 'clinic',
  departments: ['01'],
  practitioner: 'clinic-doctor',
  person: '',
  purposes: ['TREAT'],
  scopes: ['user/*.rs'],
  breakGlass: { kind: 'none' },
  jti: 'j',
  clientId: 'c',
}
const page = { type: 'Patient', query: [['name', '강하늘'] as const], place: ['강하늘', 50, null] }

test('a page link opens for whom it was made, and says nothing to who reads it', () => {
  const sealed = sealPage(key, doctor, page)
  expect(openPage(key, doctor, sealed)).toEqual(page)
  expect(Buffer.from(sealed, 'base64url').toString('utf8')).not.toContain('강하늘')
  expect(sealPage(key, doctor, page)).not.toBe(sealed)
})

test('it outlives the token it was made under', () => {
  expect(openPage(key, { ...doctor, jti: 'another', purposes: ['HOPERAT'] }, sealPage(key, doctor, page))).toEqual(page)
})

test.each([{ subject: 'clinic-nurse' }, { institution: 'hospital' }, { role: 'nurse' as const }])('it does not open for %j', (other) => {
  expect(openPage(key, { ...doctor, ...other }, sealPage(key, doctor, page))).toBeUndefined()
})

test('it does not open under another key', () => {
  expect(openPage(randomBytes(32), doctor, sealPage(key, doctor, page))).toBeUndefined()
})

test('an edit of a single bit closes it', () => {
  const sealed = Buffer.from(sealPage(key, doctor, page), 'base64url')
  fc.assert(
    fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
      const edited = Buffer.from(sealed)
      edited.writeUInt8(edited.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      return openPage(key, doctor, edited.toString('base64url')) === undefined
    }),
    { seed: 11 },
  )
})

test('whatever is no link at all is refused and does not fail', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.base64String({ maxLength: 400 }), fc.constant('A'.repeat(40_000))),
      (text) => openPage(key, doctor, text) === undefined,
    ),
    { seed: 13 },
  )
})
