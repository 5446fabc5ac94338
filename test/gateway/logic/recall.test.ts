/** Who is told of a change of consent, and what may be said back. */
import { describe, expect, test } from '@jest/globals'
import type { Task } from '../../../fhir-profiles/r4.ts'
import {
  isRecallTask,
  recallActions,
  recallBundle,
  recalledParcels,
  recallsOf,
  recallStep,
  recallTask,
  type Delivery,
  type Ground,
} from '../../../gateway/logic/recall.ts'
import { plainContent } from '../../support/plain-facts.ts'
import { profile, system } from '../../../fhir-profiles/codes.ts'

const ground = (judgedFor: string, id: string, department = '01'): Ground => ({
  judgedFor,
  facts: {
    ...plainContent,
    id,
    type: 'Condition',
    person: 'p',
    custodian: 'clinic',
    sources: ['org:clinic', `dept:${department}`],
    classes: ['Condition'],
  },
})
const delivery = (parcel: string, receiver: string, ...copies: (readonly Ground[])[]): Delivery => ({ parcel, receiver, copies })

const everything = (): boolean => true
const nothing = (): boolean => false
const notFor =
  (...institutions: string[]) =>
  ({ judgedFor }: Ground): boolean =>
    !institutions.includes(judgedFor)
const notFrom =
  (department: string) =>
  ({ facts }: Ground): boolean =>
    !facts.sources.includes(`dept:${department}`)

const toTertiary = delivery('m1', 'tertiary', [ground('tertiary', 'a')], [ground('tertiary', 'b', '03')])
const again = delivery('m2', 'tertiary', [ground('tertiary', 'c')])
const toHospital = delivery('m3', 'hospital', [ground('hospital', 'a')])
/** a report that came back: under the referrer's own view, or under what let the referral go out */
const report = delivery('m4', 'clinic', [ground('clinic', 'r'), ground('tertiary', 'request')])
const all = [toTertiary, again, toHospital, report]

test.each([
  ['a withdrawal reaches everybody who holds a copy, once', everything, nothing, ['tertiary m1 m2', 'hospital m3', 'clinic m4']],
  ['a receiver denied from now on is told alone', everything, notFor('hospital'), ['hospital m3']],
  ['a department denied from now on recalls what holds its records', everything, notFrom('03'), ['tertiary m1']],
  ['a report stays while one of its grounds holds', everything, notFor('clinic'), []],
  ['a report goes with the last ground', everything, notFor('clinic', 'tertiary'), ['tertiary m1 m2', 'clinic m4']],
  ['what was refused before is not recalled twice', nothing, nothing, []],
  ['a consent that another one covers as well recalls nothing', everything, everything, []],
  ['a new permit recalls nothing', nothing, everything, []],
] as const)('%s', (_title, before, after, expected) => {
  const made = recallsOf(all, before, after).map(({ institution, parcels }) => [institution, ...parcels].join(' '))
  expect(made).toEqual(expected)
})

const task: Task = {
  ...recallTask({ institution: 'tertiary', parcels: ['m1', 'm2'] }, { consent: 'c', person: 'p', at: '2026-03-01T09:00:00+09:00' }),
  id: 't',
}

test('the message holds the Task alone: the parcels, never the consent, and the patient only by the number they came with', () => {
  const owner = { display: '누리대학교병원' }
  const anonymous = recallBundle(task, { parcel: 'x', owner, patient: undefined })
  expect(anonymous.entry?.map(({ resource }) => resource?.resourceType)).toEqual(['Task'])
  expect(JSON.stringify(anonymous)).not.toMatch(/Consent|Patient/)
  const [entry] = recallBundle(task, { parcel: 'x', owner, patient: { system: 'urn:n', value: 'T-0001' } }).entry ?? []
  const sent = entry?.resource
  if (sent?.resourceType !== 'Task') throw new Error('a Task is sent')
  expect([sent.for?.identifier?.value, sent.identifier?.[0]?.value, recalledParcels(sent)]).toEqual(['T-0001', 'x', ['m1', 'm2']])
  expect(JSON.stringify(sent)).not.toContain('Consent/')
})

test('a referral that calls itself a recall is a referral', () => {
  expect(isRecallTask(task)).toBe(true)
  expect(isRecallTask({ ...task, meta: { profile: [profile.recallTask, profile.referralTask] } })).toBe(false)
  expect(isRecallTask({ ...task, meta: { profile: [] } })).toBe(false)
})

describe('an acknowledgement', () => {
  const step = (from: Task['status'], to: Task['status'], more: Partial<Task> = {}, actor: 'owner' | 'network' = 'owner') => {
    const outcome = recallStep({ ...task, status: from }, { ...task, status: to, ...more }, actor)
    return outcome.kind === 'ok' ? outcome.task.status : outcome.expression
  }
  test.each([
    ['requested', 'received', {}, 'owner', 'received'],
    ['requested', 'completed', {}, 'owner', 'completed'],
    ['received', 'completed', {}, 'owner', 'completed'],
    ['failed', 'completed', {}, 'owner', 'completed'],
    ['received', 'rejected', {}, 'owner', 'Task.statusReason'],
    ['received', 'rejected', { statusReason: { text: '진료기록 보존 의무' } }, 'owner', 'rejected'],
    ['completed', 'received', {}, 'owner', 'Task.status'],
    ['completed', 'rejected', { statusReason: { text: 'x' } }, 'owner', 'Task.status'],
    ['requested', 'failed', {}, 'owner', 'Task.status'],
    ['requested', 'failed', {}, 'network', 'failed'],
    ['received', 'failed', {}, 'network', 'Task.status'],
    ['completed', 'received', {}, 'network', 'Task.status'],
    ['received', 'completed', { input: [] }, 'owner', 'Task.input'],
    ['received', 'completed', { note: [{ text: 'x' }] }, 'owner', 'Task.note'],
    [
      'received',
      'completed',
      { businessStatus: { coding: [{ system: system.businessStatus, code: 'withheld' }] } },
      'owner',
      'Task.businessStatus',
    ],
  ] as const)('from %s to %s with %j by the %s: %s', (from, to, more, actor, expected) => {
    expect(step(from, to, structuredClone(more) as Partial<Task>, actor)).toBe(expected)
  })

  test('what the institution may do is listed for it', () => {
    expect(recallActions({ ...task, status: 'received' }, 'owner').map(({ status }) => status)).toEqual(['completed', 'rejected'])
    expect(recallActions({ ...task, status: 'completed' }, 'owner')).toEqual([])
  })
})
