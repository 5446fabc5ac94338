/** Conditions come out in their simplest form and mean what they meant: each law of the constructors, and generated conditions read slowly. */
import fc from 'fast-check'
import { describe, expect, test } from '@jest/globals'
import {
  all,
  alternatives,
  always,
  any,
  atMost,
  clearedFor,
  custodianIs,
  keyOf,
  matches,
  never,
  not,
  oneOf,
  truth,
} from '../../consent/condition.ts'
import { farFutureMs, farPastMs } from '../../consent/instant.ts'
import type { Condition, Facts } from '../../consent/types.ts'
import { cases, seedOr } from '../support/proof.ts'
import { record } from './support/builders.ts'

const a = oneOf('classes', ['A'])
const b = oneOf('codes', ['B'])
const c = oneOf('relations', ['C'])
const clinic = custodianIs('clinic')
const hospital = custodianIs('hospital')

describe('a condition in its simplest form', () => {
  test.each<readonly [string, Condition, Condition]>([
    ['no key is met by nothing', oneOf('codes', []), never],
    ['keys are sorted, each once', oneOf('codes', ['b', 'a', 'b']), { op: 'codes', anyOf: ['a', 'b'] }],
    ['no code clears nothing', clearedFor([]), never],
    ['what clears is sorted, each once', clearedFor(['b', 'a', 'b']), { op: 'cleared', for: ['a', 'b'] }],
    ['no instant is after the last', atMost('fromMs', farFutureMs), always],
    ['an instant may be before the last', atMost('fromMs', farFutureMs - 1), { op: 'fromMs', atMost: farFutureMs - 1 }],
    ['no instant is before the first', atMost('untilMs', farPastMs - 1), never],
    ['an instant may be the first', atMost('untilMs', farPastMs), { op: 'untilMs', atMost: farPastMs }],
    ['truth', any([truth(true), truth(false)]), { op: 'true' }],
    ['not not', not(not(a)), a],
    ['not true', not(always), never],
    ['not false', not(never), always],
    ['all of nothing', all([]), always],
    ['any of nothing', any([]), never],
    ['all of one', all([a]), a],
    ['any with true', any([a, always, b]), always],
    ['all with false', all([a, never, b]), never],
    ['all without true', all([always, a, always]), a],
    ['any without false', any([never, a, never]), a],
    ['the same twice', all([a, oneOf('classes', ['A'])]), a],
    ['flat', any([any([a, b]), c]), { op: 'or', of: [a, b, c] }],
    ['a and not a among others', all([c, not(a), b, clinic, a]), never],
    [
      'cheap first',
      all([c, not(oneOf('classes', ['X'])), b, oneOf('ids', ['i']), clinic, a]),
      { op: 'and', of: [clinic, oneOf('ids', ['i']), a, b, c, not(oneOf('classes', ['X']))] },
    ],
    ['or merges keys', any([oneOf('codes', ['x']), a, oneOf('codes', ['y'])]), { op: 'or', of: [a, oneOf('codes', ['x', 'y'])] }],
    ['and of refusals merges keys', all([not(oneOf('codes', ['x'])), not(oneOf('codes', ['y']))]), not(oneOf('codes', ['x', 'y']))],
    [
      'and does not merge keys',
      all([oneOf('codes', ['x']), oneOf('codes', ['y'])]),
      { op: 'and', of: [oneOf('codes', ['x']), oneOf('codes', ['y'])] },
    ],
    [
      'or of refusals keeps both',
      any([not(oneOf('codes', ['x'])), not(oneOf('codes', ['y']))]),
      { op: 'or', of: [not(oneOf('codes', ['x'])), not(oneOf('codes', ['y']))] },
    ],
    ['a and not a', all([a, not(a)]), never],
    ['a or not a', any([a, not(a)]), always],
    ['absorbed by or', any([a, all([a, b])]), a],
    ['absorbed by and', all([a, any([a, b])]), a],
    ['shortened by or', any([a, all([not(a), b])]), { op: 'or', of: [a, b] }],
    ['shortened by and', all([a, any([not(a), b])]), { op: 'and', of: [a, b] }],
    ['shortened by a refusal', all([not(a), any([a, b])]), { op: 'and', of: [b, not(a)] }],
    [
      'in the depth',
      all([a, any([b, all([c, not(any([not(a), clinic]))])])]),
      { op: 'and', of: [a, { op: 'or', of: [b, { op: 'and', of: [c, not(clinic)] }] }] },
    ],
    ['one custodian', all([clinic, hospital]), never],
    ['the same custodian', all([clinic, any([clinic, a])]), clinic],
    ['not this custodian says nothing of another', any([clinic, hospital]), { op: 'or', of: [clinic, hospital] }],
    ['another custodian', all([clinic, any([hospital, a])]), { op: 'and', of: [clinic, a] }],
    ['not another custodian', all([clinic, not(hospital)]), clinic],
    ['one id', all([oneOf('ids', ['x']), oneOf('ids', ['y'])]), never],
    ['one person', all([oneOf('persons', ['x']), oneOf('persons', ['y'])]), never],
    ['this id among others', all([oneOf('ids', ['x']), oneOf('ids', ['x', 'y'])]), oneOf('ids', ['x'])],
    ['not these persons', all([oneOf('persons', ['x']), not(oneOf('persons', ['y']))]), oneOf('persons', ['x'])],
    [
      'persons that overlap',
      all([oneOf('persons', ['x', 'y']), oneOf('persons', ['y', 'z'])]),
      { op: 'and', of: [oneOf('persons', ['x', 'y']), oneOf('persons', ['y', 'z'])] },
    ],
    ['among more keys', all([oneOf('codes', ['x']), any([oneOf('codes', ['x', 'y']), a])]), oneOf('codes', ['x'])],
    [
      'none of more keys',
      all([not(oneOf('codes', ['x', 'y'])), any([oneOf('codes', ['x']), a])]),
      { op: 'and', of: [a, not(oneOf('codes', ['x', 'y']))] },
    ],
    [
      'one of two keys refused',
      all([not(oneOf('codes', ['x'])), oneOf('codes', ['x', 'y'])]),
      { op: 'and', of: [oneOf('codes', ['x', 'y']), not(oneOf('codes', ['x']))] },
    ],
    ['the lower limit', all([atMost('fromMs', 1), any([atMost('fromMs', 1), a])]), atMost('fromMs', 1)],
    ['a limit below another', all([atMost('fromMs', 1), atMost('fromMs', 2)]), atMost('fromMs', 1)],
    ['a limit above another', any([atMost('fromMs', 1), atMost('fromMs', 2)]), atMost('fromMs', 2)],
    ['above a limit', all([not(atMost('fromMs', 2)), any([atMost('fromMs', 1), a])]), { op: 'and', of: [a, not(atMost('fromMs', 2))] }],
    [
      'above a limit and at most another',
      all([not(atMost('fromMs', 1)), atMost('fromMs', 2)]),
      { op: 'and', of: [atMost('fromMs', 2), not(atMost('fromMs', 1))] },
    ],
    ['above a limit and at most the same', all([not(atMost('fromMs', 2)), atMost('fromMs', 2)]), never],
    [
      'limits of two elements',
      all([atMost('untilMs', 1), atMost('fromMs', 2)]),
      { op: 'and', of: [atMost('fromMs', 2), atMost('untilMs', 1)] },
    ],
    [
      'keys of two elements',
      all([oneOf('codes', ['x']), oneOf('relations', ['x'])]),
      { op: 'and', of: [oneOf('codes', ['x']), oneOf('relations', ['x'])] },
    ],
  ])('%s', (_title, made, simplest) => {
    expect(made).toEqual(simplest)
  })

  test('cheap comparisons come before long ones', () => {
    const ordered: readonly Condition[] = [
      clinic,
      oneOf('persons', ['x']),
      oneOf('ids', ['x']),
      atMost('confidentiality', 3),
      atMost('fromMs', 3),
      atMost('untilMs', 3),
      oneOf('sensitivities', ['x']),
      clearedFor(['x']),
      oneOf('classes', ['x']),
      oneOf('sources', ['x']),
      oneOf('codes', ['x']),
      oneOf('relations', ['x']),
      not(clearedFor(['y'])),
      any([oneOf('sources', ['y']), clearedFor(['z'])]),
    ]
    expect(all(ordered.toReversed())).toEqual({ op: 'and', of: ordered })
    const [one, two] = [all([clearedFor(['x']), not(a)]), all([clearedFor(['y']), b])]
    expect(any([two, one, not(c)])).toEqual({ op: 'or', of: [not(c), one, two] })
  })

  test('a condition of several is told by its members, `false` has none', () => {
    expect([alternatives(never), alternatives(a), alternatives(any([a, b])), alternatives(all([a, b]))]).toEqual([
      [],
      [a],
      [a, b],
      [all([a, b])],
    ])
  })
})

const sharply = (condition: Condition, facts: Facts): boolean => {
  if (condition.op === 'and') return condition.of.every((member) => sharply(member, facts))
  if (condition.op === 'or') return condition.of.some((member) => sharply(member, facts))
  if (condition.op === 'not') return !sharply(condition.of, facts)
  return matches(condition, facts)
}

const words = fc.subarray(['x', 'y', 'z'], { minLength: 1 })
const atoms: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom(always, never, clinic, hospital),
  fc.tuple(fc.constantFrom('codes', 'ids', 'persons', 'sensitivities', 'relations'), words).map(([op, keys]) => oneOf(op, keys)),
  words.map(clearedFor),
  fc.tuple(fc.constantFrom('fromMs', 'untilMs', 'confidentiality'), fc.integer({ min: 1, max: 4 })).map(([op, limit]) => atMost(op, limit)),
)
/** What was meant, said as it stands, and the same through the constructors. */
const pairs = fc.letrec<{ pair: { readonly raw: Condition; readonly made: Condition } }>((tie) => ({
  pair: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    atoms.map((atom) => ({ raw: atom, made: atom })),
    tie('pair').map(({ raw, made }) => ({ raw: { op: 'not' as const, of: raw }, made: not(made) })),
    fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('pair'), { maxLength: 4 })).map(([op, members]) => ({
      raw: { op, of: members.map(({ raw }) => raw) },
      made: (op === 'and' ? all : any)(members.map(({ made }) => made)),
    })),
  ),
})).pair
const list = fc.subarray(['x', 'y', 'z'])
const facts: fc.Arbitrary<Facts> = fc
  .record({
    custodian: fc.constantFrom('clinic', 'hospital', 'tertiary'),
    id: fc.constantFrom('x', 'y', 'w'),
    person: fc.constantFrom('x', 'y', 'w'),
    codes: list,
    sensitivities: list,
    relations: list,
    fromMs: fc.integer({ min: 0, max: 5 }),
    untilMs: fc.integer({ min: 0, max: 5 }),
    confidentiality: fc.integer({ min: 0, max: 5 }),
  })
  .map((more) => record('clinic', more))

describe('a generated condition', () => {
  test('means in its simplest form what it meant as it was said, and what it means has one key', () => {
    fc.assert(
      fc.property(pairs, fc.array(facts, { minLength: 8, maxLength: 8 }), ({ raw, made }, records) => {
        for (const each of records) {
          expect(matches(made, each)).toBe(sharply(raw, each))
          expect(matches(raw, each)).toBe(sharply(raw, each))
        }
        expect(keyOf(structuredClone(made))).toBe(keyOf(made))
        for (const join of [all, any]) expect(join([made, made])).toEqual(made)
      }),
      { seed: seedOr(20261123), numRuns: cases(1500) },
    )
  })

  test('has another key than any other', () => {
    const others: readonly Condition[] = [
      always,
      never,
      clinic,
      hospital,
      a,
      b,
      c,
      oneOf('codes', ['B', 'C']),
      oneOf('codes', ['B,C']),
      clearedFor(['B']),
      clearedFor(['C']),
      atMost('fromMs', 1),
      atMost('fromMs', 2),
      atMost('untilMs', 1),
      atMost('confidentiality', 1),
      not(a),
      not(b),
      all([a, b]),
      any([a, b]),
      all([a, c]),
    ]
    expect(new Set(others.map(keyOf)).size).toBe(others.length)
  })

  test.each([
    [{ op: 'cleared', for: ['PSY'] }, { sensitivities: [] }, false],
    [{ op: 'cleared', for: ['PSY'] }, { sensitivities: ['PSY'] }, true],
    [{ op: 'cleared', for: ['PSY'] }, { sensitivities: ['PSY', 'HIV'] }, false],
    [{ op: 'confidentiality', atMost: 3 }, { confidentiality: 3 }, true],
    [{ op: 'confidentiality', atMost: 3 }, { confidentiality: 4 }, false],
    [{ op: 'codes', anyOf: ['a', 'b'] }, { codes: ['b', 'c'] }, true],
    [{ op: 'codes', anyOf: ['a', 'b'] }, { codes: ['c'] }, false],
    [{ op: 'sources', anyOf: ['org:a'] }, { sources: ['org:a', 'org:b'] }, true],
    [{ op: 'classes', anyOf: ['Observation'] }, { classes: ['Condition'] }, false],
    [{ op: 'and', of: [] }, {}, true],
    [{ op: 'or', of: [] }, {}, false],
  ] as const)('%j on %j: %s', (condition, more, expected) => {
    expect(matches(condition, record('clinic', more))).toBe(expected)
  })
})
