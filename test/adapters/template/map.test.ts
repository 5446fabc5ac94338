import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { readConfig } from '../../../adapters/template/config.ts'
import { toInboxRow, toParcel } from '../../../adapters/template/map.ts'
import { referralParcel } from '../../support/adapter-suite.ts'

const sample = (name: string) => readFileSync(new URL(`../../../adapters/template/samples/${name}`, import.meta.url), 'utf8')

test('a day of records becomes a feed, and what cannot be carried is told by its place', () => {
  const mapped = toParcel('feed.jsonl', sample('feed.jsonl'), '31100001')
  expect(mapped.ok && mapped.parcel.kind).toBe('feed')
  expect(mapped.ok && mapped.parcel.bundle.entry?.map((entry) => entry.request?.url)).toEqual(['Patient/X-0001', 'Condition/dx-1'])
  expect(mapped.ok && mapped.parcel.gaps.map((gap) => `${gap.gap} ${gap.element}`)).toEqual([
    'dropped-by-law patient.rrn',
    'unmappable line 3',
  ])
  expect(JSON.stringify(mapped)).not.toContain('not carried')
})

test('an answer quotes the parcel it answers', () => {
  const mapped = toParcel('answer.jsonl', sample('answer.jsonl'), '31100001')
  expect(mapped.ok && mapped.parcel.kind).toBe('referral-response')
  expect(mapped.ok && mapped.parcel.bundle.entry?.[0]?.resource).toMatchObject({ status: 'rejected', identifier: [{ value: 'parcel-1' }] })
})

test('a file that is not JSON lines is refused whole', () => {
  expect(toParcel('x.jsonl', '{"table":"patient"}\nnot json', '31100001')).toEqual({ ok: false, reason: 'line 2 is not a JSON object' })
})

test('what the EMR gets is one flat row', () => {
  expect(toInboxRow(referralParcel('p-1', '31100001'))).toMatchObject({
    parcel: 'p-1',
    kind: 'referral-request',
    state: 'requested',
    patientBirth: '19700101',
    documents: ['referral'],
  })
})

test('a relative folder would depend on where the gateway was started', () => {
  expect(readConfig({ folder: 'drop' })).toEqual({ ok: false, faults: ['`folder` must be an absolute path'] })
})
