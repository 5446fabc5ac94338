/** Each rule asked about one record, in a permit and in a refusal: what is named, what is next to it, what is not known. */
import { expect, test } from '@jest/globals'
import { all, matches } from '../../consent/condition.ts'
import { covers } from '../../consent/rules/purpose.ts'
import { contextOf, dataOf } from '../../consent/rules/index.ts'
import type { AccessRequest, DataTarget, Facts, ProvisionRow, TargetFound } from '../../consent/types.ts'
import { at, consent, now, record, request, rowsOf } from './support/builders.ts'

const [plain] = rowsOf(consent())
const rowOf = (type: 'permit' | 'deny', more: Partial<ProvisionRow>): ProvisionRow => {
  if (plain === undefined) throw new Error('a consent has a row')
  return { ...plain, type, ...more }
}
/** [as a permit, as a refusal] */
const asked = (more: Partial<ProvisionRow>, facts: Partial<Facts>): readonly boolean[] =>
  (['permit', 'deny'] as const).map((type) => matches(all(dataOf(rowOf(type, more))), record('clinic', facts)))
const inContext = (
  more: Partial<ProvisionRow>,
  about: Partial<AccessRequest> = {},
  facts: Partial<Facts> = {},
  nowMs = now,
): readonly boolean[] =>
  (['permit', 'deny'] as const).map((type) => {
    const question = { request: request('tertiary', about), purpose: about.purposes?.[0] ?? 'TREAT', nowMs }
    return matches(all(contextOf(rowOf(type, more), question)), record('clinic', facts))
  })

test('data: the record named, what it refers to, what refers to it, and its author', () => {
  const target = (meaning: DataTarget['meaning'], found: TargetFound, bothWays = false) => ({
    data: [{ meaning, reference: 'r1', bothWays, found }],
  })
  const read = { kind: 'read', refersTo: ['r2'] } as const
  const closed = { kind: 'closed', custodian: 'clinic' } as const
  const elsewhere = { kind: 'closed', custodian: 'hospital' } as const
  const unknown = { kind: 'unknown' } as const
  const near = (meaning: DataTarget['meaning'], found: TargetFound, bothWays = false) =>
    [{ id: 'r1' }, { id: 'r2' }, { id: 'r3', relations: ['r1'] }, { id: 'r4', relations: ['?'] }, { id: 'r5' }]
      .map((facts) =>
        asked(target(meaning, found, bothWays), facts)
          .map((is) => (is ? 'y' : 'n'))
          .join(''),
      )
      .join(' ')
  expect(near('instance', read)).toBe('yy nn nn nn nn')
  expect(near('related', read)).toBe('yy yy ny ny nn')
  expect(near('dependents', read)).toBe('yy ny yy ny nn')
  expect(near('related', read, true)).toBe('yy yy yy ny nn')
  expect(near('dependents', read, true)).toBe('yy yy yy ny nn')
  expect(near('instance', closed)).toBe('yy nn nn nn nn')
  expect(near('related', closed)).toBe('yy ny ny ny ny')
  expect(near('dependents', closed)).toBe('yy ny yy ny ny')
  expect(near('related', elsewhere)).toBe('yy nn ny ny nn')
  for (const meaning of ['instance', 'related', 'dependents'] as const) expect(near(meaning, unknown)).toBe('ny ny ny ny ny')
  const author = { data: [{ meaning: 'authoredby', reference: 'practitioner:kim', bothWays: false, found: unknown } as const] }
  expect([
    asked(author, { sources: ['practitioner:kim'] }),
    asked(author, { sources: ['practitioner:lee'], id: 'practitioner:kim' }),
  ]).toEqual([
    [true, true],
    [false, false],
  ])
  expect([asked({ data: [] }, {}), asked({ data: null }, {})]).toEqual([
    [false, false],
    [true, true],
  ])
})

test('code: one of those named; a refusal also means what is not coded, unless it names nothing', () => {
  const of = (codes: readonly string[] | null, has: readonly string[]) => asked({ codes }, { codes: has })
  expect([of(null, []), of(['a', 'b'], ['b']), of(['a'], ['b']), of(['a'], ['?']), of([], ['?']), of([], ['a'])]).toEqual([
    [true, true],
    [true, true],
    [false, false],
    [false, true],
    [false, false],
    [false, false],
  ])
})

test('class: what a record contains is refused with it and not permitted by its name', () => {
  const of = (classes: readonly string[] | null, has: readonly string[]) => asked({ classes }, { classes: has })
  expect([
    of(null, []),
    of(['A'], ['A']),
    of(['A'], ['B']),
    of(['A'], ['A', 'contained', 'contained:B']),
    of(['A'], ['B', 'contained', 'contained:A']),
  ]).toEqual([
    [true, true],
    [true, true],
    [false, false],
    [false, true],
    [false, true],
  ])
})

test('label: a permit clears up to what it names, a refusal starts there', () => {
  const of = (confidentialities: readonly number[], sensitivities: readonly string[], has: number, words: readonly string[]) =>
    asked({ labels: { confidentialities, sensitivities } }, { confidentiality: has, sensitivities: words })
  expect([of([4], [], 3, []), of([4], [], 4, []), of([4], [], 5, []), of([2, 4], [], 3, [])]).toEqual([
    [true, false],
    [true, true],
    [false, true],
    [true, true],
  ])
  expect([
    of([], ['PSY'], 3, []),
    of([], ['PSY'], 3, ['PSY']),
    of([], ['PSY'], 3, ['PSY', 'HIV']),
    of([], ['PSY'], 3, ['?']),
    of([], [], 6, ['?']),
  ]).toEqual([
    [false, false],
    [true, true],
    [false, true],
    [false, true],
    [false, false],
  ])
  expect([of([3], ['PSY'], 3, ['HIV']), of([3], ['PSY'], 4, ['PSY']), of([5], ['PSY'], 3, ['PSY'])]).toEqual([
    [true, true],
    [true, true],
    [true, true],
  ])
})

test('dates: a permit needs all of the record inside, a refusal any of it', () => {
  const of = (fromMs: number, untilMs: number) => asked({ dates: { fromMs: 10, untilMs: 20 } }, { fromMs, untilMs })
  expect([of(10, 20), of(9, 20), of(10, 21), of(9, 10), of(20, 21), of(0, 9), of(21, 30), of(0, 30)]).toEqual([
    [true, true],
    [false, true],
    [false, true],
    [false, true],
    [false, true],
    [false, false],
    [false, false],
    [false, true],
  ])
})

test('what cannot be read matches in a refusal and never in a permit', () => {
  for (const element of ['securityLabel', 'class', 'code', 'dataPeriod', 'data'])
    expect(asked({ blind: [element] }, {})).toEqual([false, true])
  for (const element of ['actor', 'purpose', 'action']) expect(inContext({ blind: [element] })).toEqual([false, true])
  expect(asked({ blind: ['code'], classes: ['A'], codes: ['x'] }, { classes: ['A'] })).toEqual([false, true])
  expect(asked({ blind: ['code'], classes: ['A'] }, { classes: ['B'] })).toEqual([false, false])
  expect([asked({ blind: ['verification'] }, {}), inContext({ blind: ['period'] })]).toEqual([
    [true, true],
    [true, true],
  ])
  expect(inContext({ blind: ['period'], untilMs: now - 1 })).toEqual([false, false])
})

test('period: its first and its last millisecond count', () => {
  const of = (nowMs: number) => inContext({ fromMs: 10, untilMs: 20 }, {}, {}, nowMs)[0]
  expect([9, 10, 20, 21].map(of)).toEqual([false, true, true, false])
})

test('actor: the caller as receiver, or where the record comes from', () => {
  const of = (receivers: readonly string[] | null, sources: readonly string[] | null) => inContext({ receivers, sources })[0]
  expect([of(null, null), of(['org:tertiary'], []), of(['org:clinic'], []), of([], []), of(['org:clinic'], ['org:clinic'])]).toEqual([
    true,
    true,
    false,
    false,
    true,
  ])
  expect([of(['org:x', 'dept:01'], null), of(null, ['dept:01']), of(null, ['dept:09'])]).toEqual([true, true, false])
})

test('action: a permit names it, a refusal reaches what follows from it in other houses', () => {
  const own = { custodian: 'tertiary' }
  const of = (actions: ProvisionRow['actions'], action: AccessRequest['action'], facts: Partial<Facts> = {}) =>
    inContext({ actions }, { action }, facts)
      .map((is) => (is ? 'y' : 'n'))
      .join('')
  const every = ['access', 'collect', 'correct', 'disclose', 'use'] as const
  expect(every.map((action) => of(['access'], action))).toEqual(['yy', 'nn', 'nn', 'nn', 'nn'])
  expect(every.map((action) => of(['collect'], action))).toEqual(['nn', 'yy', 'nn', 'ny', 'nn'])
  expect(every.map((action) => of(['correct'], action))).toEqual(['nn', 'nn', 'yy', 'nn', 'nn'])
  expect(every.map((action) => of(['disclose'], action))).toEqual(['ny', 'nn', 'nn', 'yy', 'nn'])
  expect(every.map((action) => of(['use'], action))).toEqual(['ny', 'nn', 'nn', 'nn', 'yy'])
  expect([
    of(['use'], 'access', own),
    of(['collect'], 'disclose', own),
    of(['access'], 'access', own),
    of(null, 'use'),
    of([], 'use'),
  ]).toEqual(['nn', 'nn', 'yy', 'yy', 'nn'])
})

test('purpose: what a broader word means, and words of other systems', () => {
  const of = (purposes: readonly string[] | null, purpose = 'COC') => inContext({ purposes }, { purposes: [purpose] })
  expect([of(null), of(['TREAT']), of(['HRESCH']), of(['urn:x|y']), of(['HRESCH', 'urn:x|y']), of([])]).toEqual([
    [true, true],
    [true, true],
    [false, false],
    [false, true],
    [false, true],
    [false, false],
  ])
  expect([
    covers('HOPERAT', 'HTEST'),
    covers('PurposeOfUse', 'HTEST'),
    covers('HTEST', 'HOPERAT'),
    covers('x', 'y'),
    covers('y', 'y'),
  ]).toEqual([true, true, false, false, true])
  expect(['ERTREAT', 'ETREAT', 'BTG'].map((asking) => covers('PurposeOfUse', asking))).toEqual([true, false, false])
})

test('the same row is asked again with the same answer, another row with its own', () => {
  const row = rowOf('deny', { codes: ['a'] })
  expect(dataOf(row)).toBe(dataOf(row))
  expect(dataOf(rowOf('deny', { codes: ['b'] }))).not.toEqual(dataOf(row))
  expect(
    contextOf(
      rowOf('permit', { receivers: [], sources: [] }),
      { request: request('clinic'), purpose: 'TREAT', nowMs: at('2026-01-01') },
      'actor',
    ),
  ).toEqual([])
})
