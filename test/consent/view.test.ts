/** The view over every small case: one root, an exception or none, a second consent or none, marks that no generated consent needs often. */
import { expect, test } from '@jest/globals'
import type { Consent, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { decide } from '../../consent/decide.ts'
import type { AccessRequest, Environment, Facts, ProvisionRow } from '../../consent/types.ts'
import { matches, view } from '../../consent/view.ts'
import {
  at,
  breakGlass,
  consent,
  department,
  now,
  organization,
  purposes,
  receiver,
  record,
  request,
  rowsOf,
  source,
  types,
} from './support/builders.ts'

const unverified: Partial<Consent> = { verification: [{ verified: false }] }
const narrow: ConsentProvision = { actor: [source(department('01'))], class: types('Observation') }
const roots: readonly Consent[] = [
  consent(),
  consent({}, unverified),
  consent({ type: 'deny' }, unverified),
  consent(narrow),
  consent({ ...narrow, type: 'deny' }),
  consent({ actor: [receiver(organization('hospital'))] }),
  consent({ class: types('Condition') }),
  consent({ period: { end: '2025' } }),
  consent({}, { implicitRules: 'urn:x', provision: { type: 'permit', period: { end: '2025' } } }),
  consent({}, { implicitRules: 'urn:x' }),
  consent({ type: 'deny', purpose: purposes('BTG') }),
  consent({}, { organization: [organization('clinic')] }),
]
const exceptions: readonly (ConsentProvision | undefined)[] = [
  undefined,
  { type: 'permit', class: types('Observation') },
  { type: 'deny', class: types('Observation') },
  { type: 'permit', actor: [source(department('01'))] },
  { type: 'deny', actor: [receiver(department('01'))] },
  { type: 'permit', class: types('Condition'), provision: [{ type: 'deny', actor: [source(department('01'))] }] },
]
const seconds: readonly (Consent | undefined)[] = [
  undefined,
  consent({ class: types('Condition') }),
  consent({ type: 'deny', class: types('Condition') }),
  consent(narrow),
  consent({}, unverified),
]
const records: readonly Facts[] = (['clinic', 'tertiary'] as const).flatMap((custodian) =>
  ['Observation', 'Condition'].flatMap((name) => ['01', '03'].map((code) => record(custodian, { department: code, classes: [name] }))),
)
const asked: readonly AccessRequest[] = [
  request('tertiary'),
  breakGlass('tertiary', 'person-1'),
  { ...request('tertiary'), purposes: ['TREAT', 'HPAYMT'] },
]

const withException = (root: Consent, exception: ConsentProvision | undefined): Consent =>
  exception === undefined ? root : { ...root, provision: { ...root.provision, provision: [exception] } }

/** Records shown that are not released, or the other way round. */
function differing(request: AccessRequest, rows: readonly ProvisionRow[], environment: Environment, nowMs: number): readonly Facts[] {
  const { condition } = view(request, new Map([['person-1', rows]]), environment, nowMs)
  return records.filter((facts) => matches(condition, facts) !== decide(request, rows, facts, environment, nowMs).permit)
}

test('shows a record if and only if it is released', () => {
  let turn = 0
  let released = 0
  let refused = 0
  for (const root of roots)
    for (const exception of exceptions)
      for (const second of seconds) {
        const rows = rowsOf(withException(root, exception), ...(second === undefined ? [] : [second]))
        for (const request of asked) {
          turn += 1
          const implicit = turn % 2 === 0 ? 'basic-normal' : 'deny-between-institutions'
          const found = differing(request, rows, { implicit }, now)
          if (found.length > 0) expect({ root, exception, second, request, implicit, found }).toBeUndefined()
          const { condition } = view(request, new Map([['person-1', rows]]), { implicit }, now)
          const seen = records.filter((facts) => matches(condition, facts)).length
          released += seen
          refused += records.length - seen
        }
      }
  expect(Math.min(released, refused)).toBeGreaterThan(1000)
})

test('shows nothing by a consent of which a rule is lost, and the other persons as before', () => {
  const environment = { implicit: 'basic-normal' } as const
  const rows = rowsOf(consent({ provision: [{ type: 'permit', class: types('Observation') }] }))
  for (const left of [rows.slice(1), [...rows, ...rows], rows.map((row) => ({ ...row, path: `${row.path}.9` }))]) {
    expect(differing(request('tertiary'), left, environment, now)).toEqual([])
    const { condition } = view(request('tertiary'), new Map([['person-1', left]]), environment, now)
    expect(records.map((facts) => matches(condition, facts) && facts.custodian !== 'tertiary')).not.toContain(true)
    expect(matches(condition, record('clinic', { person: 'person-2' }))).toBe(true)
  }
})

test('opens an emergency by consent alone where no article of law does yet', () => {
  const before = at('2017-06-20T12:00:00+09:00')
  for (const root of [
    consent({ purpose: purposes('BTG') }),
    consent({ purpose: purposes('BTG'), class: types('Condition') }),
    consent({ purpose: purposes('ETREAT') }),
    consent(),
  ])
    for (const implicit of ['deny', 'basic-normal', 'break-glass-only'] as const)
      for (const purpose of ['BTG', 'ETREAT'])
        expect(
          differing({ ...breakGlass('tertiary', 'person-1'), purposes: ['TREAT', purpose] }, rowsOf(root), { implicit }, before),
        ).toEqual([])
})
