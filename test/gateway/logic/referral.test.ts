import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { profile, system } from '../../../fhir-profiles/codes.ts'
import type { Task } from '../../../fhir-profiles/r4.ts'
import { actorOf, availableActions, isReferralTask, openingFault, transition, transitionTable } from '../../../gateway/logic/referral.ts'
import type { Actor, BusinessStatus, Status } from '../../../gateway/logic/referral.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

const statuses: readonly Status[] = [
  'draft',
  'requested',
  'received',
  'accepted',
  'rejected',
  'ready',
  'cancelled',
  'in-progress',
  'on-hold',
  'failed',
  'completed',
  'entered-in-error',
]
const businesses: readonly (BusinessStatus | undefined)[] = [undefined, 'withheld', 'interim-note']
const actors: readonly Actor[] = ['requester', 'owner', 'network']

const business = (code: string) => ({ coding: [{ system: system.businessStatus, code }] })
const reason = { text: '병상이 없습니다' }
const report = [{ type: { text: '회신서' }, valueReference: { reference: 'DocumentReference/d1' } }]
const note = [{ text: '검사를 마쳤습니다' }]

function referral(status: Status = 'requested', code?: BusinessStatus): Task {
  return {
    resourceType: 'Task',
    id: 't1',
    meta: { versionId: '1', profile: [profile.referralTask] },
    status,
    intent: 'order',
    ...(code === undefined ? {} : { businessStatus: business(code) }),
    identifier: [{ system: 'urn:oid:1.2.410.100110.10.31100001', value: 'REF-1' }],
    focus: { reference: 'ServiceRequest/s1' },
    for: { reference: 'Patient/p1' },
    requester: { reference: 'Organization/clinic' },
    owner: { reference: 'Organization/tertiary' },
    authoredOn: '2026-03-01',
  }
}

const outcome = (current: Task, changes: Partial<Task>, actor: Actor) => transition(current, { ...current, ...changes }, actor)

describe('the lawful steps, and no other', () => {
  /** Written apart from the code: `actor: from[/business] > to[/business]`. */
  const lawful = new Set(
    `network: requested > received · owner: requested > received
     owner: requested > accepted · owner: received > accepted
     owner: requested > rejected · owner: received > rejected · owner: accepted > rejected
     owner: accepted > in-progress
     owner: accepted > in-progress/interim-note · owner: in-progress > in-progress/interim-note
     owner: in-progress/interim-note > in-progress/interim-note
     owner: accepted > completed · owner: in-progress > completed · owner: in-progress/interim-note > completed
     requester: requested > cancelled · requester: received > cancelled · requester: accepted > cancelled
     requester: on-hold/withheld > cancelled
     network: requested > on-hold/withheld · network: on-hold/withheld > requested
     network: requested > failed · network: received > failed · network: accepted > failed
     network: in-progress > failed · network: in-progress/interim-note > failed · network: on-hold/withheld > failed`
      .split(/·|\n/)
      .map((step) => step.trim())
      .filter((step) => step !== ''),
  )
  const state = (status: Status, code: BusinessStatus | undefined): string => (code === undefined ? status : `${status}/${code}`)

  test('the table holds exactly these', () => {
    const table = transitionTable.map((row) => `${row.actor}: ${state(row.from, row.fromBusiness)} > ${state(row.to, row.toBusiness)}`)
    expect(table.sort()).toEqual([...lawful].sort())
  })

  test('every state, actor and wish: granted where the table says so, refused everywhere else', () => {
    let granted = 0
    for (const from of statuses.flatMap((status) => businesses.map((code) => [status, code] as const))) {
      for (const actor of actors) {
        const current = referral(...from)
        for (const [status, code] of statuses.flatMap((wanted) => businesses.map((one) => [wanted, one] as const))) {
          const { businessStatus: _, ...rest } = current
          const said = actor === 'owner' ? { output: report, note } : {}
          const wanted: Task = {
            ...rest,
            ...said,
            status,
            statusReason: reason,
            ...(code === undefined ? {} : { businessStatus: business(code) }),
          }
          const answer = transition(current, wanted, actor)
          if (answer.kind === 'ok') {
            granted += 1
            expect(lawful).toContain(`${actor}: ${state(...from)} > ${state(answer.task.status, codeOf(answer.task))}`)
            expect(answer.task.status).toBe(status)
          } else {
            expect(lawful).not.toContain(`${actor}: ${state(...from)} > ${state(status, code)}`)
          }
        }
      }
    }
    expect(granted).toBeGreaterThanOrEqual(lawful.size)
  })

  const codeOf = (task: Task): BusinessStatus | undefined => {
    const code = task.businessStatus?.coding?.[0]?.code
    return code === 'withheld' || code === 'interim-note' ? code : undefined
  }

  test.each(['rejected', 'cancelled', 'completed', 'failed', 'entered-in-error'] as const)(
    '%s is the end: nobody may do anything more',
    (end) => {
      for (const actor of actors) expect(availableActions(referral(end), actor)).toEqual([])
    },
  )
})

describe('what must be said with a step', () => {
  test.each([
    ['a refusal without a reason', 'requested', { status: 'rejected' }, 'owner', 'requires-reason', 'Task.statusReason'],
    [
      'a refusal with an empty reason',
      'requested',
      { status: 'rejected', statusReason: { text: ' ' } },
      'owner',
      'requires-reason',
      'Task.statusReason',
    ],
    ['a cancellation without a reason', 'received', { status: 'cancelled' }, 'requester', 'requires-reason', 'Task.statusReason'],
    ['giving up without a reason', 'requested', { status: 'failed' }, 'network', 'requires-reason', 'Task.statusReason'],
    ['completion without a report', 'accepted', { status: 'completed' }, 'owner', 'requires-report', 'Task.output'],
    [
      'completion with words instead of a report',
      'in-progress',
      { status: 'completed', output: [{ type: {}, valueString: '끝' }] },
      'owner',
      'requires-report',
      'Task.output',
    ],
    [
      'an interim answer that says nothing',
      'accepted',
      { status: 'in-progress', businessStatus: business('interim-note') },
      'owner',
      'requires-note',
      'Task.note',
    ],
  ] as const)('%s is refused', (_, from, changes, actor, rule, expression) => {
    expect(transition(referral(from), { ...referral(from), ...changesOf(changes) }, actor)).toMatchObject({
      kind: 'refused',
      rule,
      expression,
    })
  })

  const changesOf = (changes: object): Partial<Task> => structuredClone(changes)

  test('accepted, noted, noted again, completed with a report: the reply finds its way', () => {
    const steps: readonly (readonly [Partial<Task>, string])[] = [
      [{ status: 'received' }, 'received'],
      [{ status: 'accepted' }, 'accepted'],
      [{ status: 'in-progress', businessStatus: business('interim-note'), note }, 'interim-note'],
      [{ note: [...note, { text: '입원 예정' }] }, 'interim-note'],
      [{ status: 'completed', output: report }, 'completed'],
    ]
    let task = referral()
    for (const [changes, event] of steps) {
      const answer = outcome(task, changes, 'owner')
      expect(answer).toMatchObject({ kind: 'ok', event })
      if (answer.kind === 'ok') task = answer.task
    }
    expect(task).toMatchObject({ status: 'completed', output: report })
    expect(task.businessStatus).toBeUndefined()
  })

  test('withheld by consent and resumed by a new permit, without a word about why', () => {
    const held = outcome(referral(), { status: 'on-hold', businessStatus: business('withheld') }, 'network')
    expect(held).toMatchObject({ kind: 'ok', event: 'withheld' })
    if (held.kind !== 'ok') return
    expect(held.task.statusReason).toBeUndefined()
    const resumed = outcome(held.task, { status: 'requested' }, 'network')
    expect(resumed).toMatchObject({ kind: 'ok', event: 'resumed' })
    expect(resumed.kind === 'ok' && resumed.task.businessStatus).toBe(undefined)
  })

  test('a refused step names what may be done instead', () => {
    const answer = outcome(referral('received'), { status: 'completed', output: report }, 'owner')
    expect(answer).toMatchObject({ kind: 'refused', rule: 'not-lawful', expression: 'Task.status' })
    expect(answer.kind === 'refused' && answer.allowed.map((action) => action.status)).toEqual(['accepted', 'rejected'])
  })

  test('a business status of one’s own invention is refused', () => {
    expect(outcome(referral('accepted'), { status: 'in-progress', businessStatus: business('whatever') }, 'owner')).toMatchObject({
      rule: 'unknown-business-status',
    })
  })
})

describe('what nobody may change', () => {
  const others: readonly (readonly [string, Partial<Task>])[] = [
    ['owner', { owner: { reference: 'Organization/hospital' } }],
    ['requester', { requester: { reference: 'Organization/hospital' } }],
    ['for', { for: { reference: 'Patient/p2' } }],
    ['focus', { focus: { reference: 'ServiceRequest/s2' } }],
    ['identifier', { identifier: [] }],
    ['id', { id: 't2' }],
    ['intent', { intent: 'plan' }],
    ['input', { input: [{ type: {}, valueString: 'x' }] }],
    ['partOf', { partOf: [{ reference: 'Task/x' }] }],
    ['restriction', { restriction: { period: { end: '2030-01-01' } } }],
    ['authoredOn', { authoredOn: '2020-01-01' }],
    ['code', { code: { text: 'x' } }],
    ['meta.profile', { meta: { profile: [] } }],
    ['meta.security', { meta: { profile: [profile.referralTask], security: [{ code: 'U' }] } }],
    ['extension', { extension: [{ url: 'urn:x', valueString: 'x' }] }],
  ]

  test.each(others)('%s stays as it was, and the refusal names it', (name, changes) => {
    for (const actor of actors) {
      const wanted = { status: 'accepted' as const, statusReason: reason, ...changes }
      expect(outcome(referral(), wanted, actor)).toMatchObject({ kind: 'refused', rule: 'immutable', expression: `Task.${name}` })
    }
  })

  test('leaving an element out is a change too, save what the server keeps', () => {
    const { focus: _, ...without } = referral()
    expect(transition(referral(), { ...without, status: 'accepted' }, 'owner')).toMatchObject({ expression: 'Task.focus' })
    const { meta: __, ...bare } = referral()
    const answer = transition(referral(), { ...bare, status: 'accepted', lastModified: '2026-03-02' }, 'owner')
    expect(answer.kind === 'ok' && answer.task.meta).toEqual(referral().meta)
    expect(answer.kind === 'ok' && answer.task.lastModified).toBe(undefined)
  })

  test('what was said stays said: notes and reports are only added', () => {
    const noted = { ...referral('accepted'), note, output: report }
    expect(outcome(noted, { status: 'in-progress', note: [] }, 'owner')).toMatchObject({ rule: 'immutable', expression: 'Task.note' })
    expect(outcome(noted, { status: 'completed', output: [{ ...report[0], type: { text: '다른 문서' } }] }, 'owner')).toMatchObject({
      rule: 'immutable',
      expression: 'Task.output',
    })
  })

  test('the requester cannot write the answer', () => {
    expect(outcome(referral(), { status: 'cancelled', statusReason: reason, output: report }, 'requester')).toMatchObject({
      expression: 'Task.output',
    })
  })

  test('the order of keys is no change', () => {
    const turned = Object.fromEntries(Object.entries(referral()).toReversed())
    // The same entries in another order are the same Task.
    expect(transition(referral(), { ...(turned as unknown as Task), status: 'accepted' }, 'owner').kind).toBe('ok')
  })
})

test('however parties push, a granted step keeps every fixed element and is one of the offered actions', () => {
  const step = fc.record({ actor: fc.constantFrom(...actors), status: fc.constantFrom(...statuses), code: fc.constantFrom(...businesses) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let task = referral()
      for (const { actor, status, code } of steps) {
        const offered = availableActions(task, actor).map((action) => action.event)
        const changes = actor === 'owner' ? { output: report, note: [...(task.note ?? []), { text: 'x' }] } : {}
        const answer = outcome(
          task,
          { status, statusReason: reason, ...(code === undefined ? {} : { businessStatus: business(code) }), ...changes },
          actor,
        )
        if (answer.kind !== 'ok') continue
        expect(offered).toContain(answer.event)
        task = answer.task
      }
      const { status: _, businessStatus: __, statusReason: ___, note: ____, output: _____, ...fixed } = task
      const { status: ______, ...before } = referral()
      expect(fixed).toEqual(before)
    }),
  )
})

describe('who is who', () => {
  test('the parties are the institutions the Task names; nobody’s token makes them the network', () => {
    expect(actorOf(referral(), 'clinic')).toBe('requester')
    expect(actorOf(referral(), 'tertiary')).toBe('owner')
    expect(actorOf(referral(), 'hospital')).toBeUndefined()
    expect(actorOf(referral(), 'network')).toBeUndefined()
  })

  test('a referral is a Task with our profile, with or without a version', () => {
    expect(isReferralTask(referral())).toBe(true)
    expect(isReferralTask({ ...referral(), meta: { profile: [`${profile.referralTask}|0.1.0`] } })).toBe(true)
    expect(isReferralTask({ ...referral(), meta: {} })).toBe(false)
  })

  test.each<readonly [string, Partial<Task>]>([
    ['Task.status', { status: 'completed' }],
    ['Task.output', { output: report }],
    ['Task.businessStatus', { businessStatus: business('withheld') }],
    ['Task.owner', { owner: { reference: 'Organization/clinic' } }],
    ['Task.focus', { focus: {} }],
  ])('a referral that starts in the middle is refused at %s', (expression, changes) => {
    expect(openingFault({ ...referral(), ...changes })).toMatchObject({ expression })
    expect(openingFault(referral())).toBeUndefined()
  })
})
