import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matches } from '../../../consent/view.ts'
import type { Condition, Facts } from '../../../consent/types.ts'
import { couldMatch } from '../../../gateway/logic/wholesale.ts'

const custodianKeys = ['org:hospital', 'org:network']
const about = { custodian: 'hospital', person: 'p1', custodianKeys }

const keys = fc.subarray(['org:hospital', 'org:clinic', 'org:network', 'dept:03', 'dept:01', 'practitioner:kim'])
const atoms: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom<Condition>({ op: 'true' }, { op: 'false' }),
  keys.map((anyOf): Condition => ({ op: 'sources', anyOf })),
  fc.subarray(['Observation', 'Condition']).map((anyOf): Condition => ({ op: 'classes', anyOf })),
  fc.subarray(['r1', 'r2']).map((anyOf): Condition => ({ op: 'ids', anyOf })),
  fc
    .tuple(fc.constantFrom('codes', 'sensitivities', 'relations'), fc.subarray(['a|1', 'PSY', 'r1', '?']))
    .map(([op, anyOf]): Condition => ({ op, anyOf })),
  fc.subarray(['PSY', 'HIV']).map((codes): Condition => ({ op: 'cleared', for: codes })),
  fc
    .tuple(fc.constantFrom('confidentiality', 'fromMs', 'untilMs'), fc.constantFrom(0, 3, 4, 10, 20))
    .map(([op, atMost]): Condition => ({ op, atMost })),
  fc.constantFrom('hospital', 'clinic').map((is): Condition => ({ op: 'custodian', is })),
  fc.subarray(['p1', 'p2']).map((anyOf): Condition => ({ op: 'persons', anyOf })),
)
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    atoms,
    fc
      .tuple(fc.constantFrom<'and' | 'or'>('and', 'or'), fc.array(tie('condition'), { maxLength: 3 }))
      .map(([op, of]): Condition => ({ op, of })),
    tie('condition').map((of): Condition => ({ op: 'not', of })),
  ),
}))
/** Whatever the hospital may hold about the person. */
const facts: fc.Arbitrary<Facts> = fc.record({
  id: fc.constantFrom('r1', 'r2', 'r3'),
  type: fc.constant('Observation'),
  person: fc.constant('p1'),
  custodian: fc.constant('hospital'),
  sources: fc.subarray(['dept:03', 'dept:01', 'practitioner:kim']).map((more) => [...custodianKeys, ...more]),
  classes: fc.subarray(['Observation', 'Condition']),
  codes: fc.subarray(['a|1', '?']),
  confidentiality: fc.constantFrom(3, 4, 6),
  sensitivities: fc.subarray(['PSY', 'HIV', '?']),
  fromMs: fc.constantFrom(0, 10),
  untilMs: fc.constantFrom(10, 20),
  relations: fc.subarray(['r1', '?']),
})

test('an institution that is not asked holds nothing the view would have shown', () => {
  fc.assert(
    fc.property(condition, facts, (view, held) => couldMatch(view, about) || !matches(view, held)),
    { seed: 20261122, numRuns: 3000 },
  )
})

test('an institution denied as a whole is not asked; one of whom a department is denied is', () => {
  const whole: Condition = { op: 'not', of: { op: 'sources', anyOf: ['org:hospital'] } }
  const part: Condition = { op: 'not', of: { op: 'sources', anyOf: ['dept:03'] } }
  expect([couldMatch(whole, about), couldMatch(part, about)]).toEqual([false, true])
})

test('a caller without a relation asks nobody but the own institution', () => {
  const reach: Condition = {
    op: 'or',
    of: [
      { op: 'custodian', is: 'clinic' },
      { op: 'persons', anyOf: [] },
    ],
  }
  expect([couldMatch(reach, about), couldMatch(reach, { ...about, custodian: 'clinic' })]).toEqual([false, true])
})
