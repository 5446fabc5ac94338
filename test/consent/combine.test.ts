/** The algebra, exhaustively: whatever rules and consents say, joining them for one record and for all records at a time comes to the same. */
import { expect, test } from '@jest/globals'
import {
  across,
  deniesAcross,
  deniesEverywhere,
  isSilent,
  permitsAcross,
  settle,
  settleSpread,
  silence,
  silentEverywhere,
  strictest,
  within,
  withholdsEverywhere,
  type Ruling,
  type Spread,
  type Value,
} from '../../consent/combine.ts'
import { always, custodianIs, never } from '../../consent/condition.ts'

const values: readonly Value[] = ['deny', 'withhold', 'silent', 'permit']
const spreads: Readonly<Record<Value, Spread>> = {
  deny: deniesEverywhere,
  withhold: withholdsEverywhere,
  silent: silentEverywhere,
  permit: { ...silentEverywhere, permit: always },
}
const ruled = (value: Value, rule = value): Ruling => ({
  value,
  because: value === 'silent' ? [] : [{ rule, consent: 'c', version: '1', path: '' }],
})
/** The first that holds counts. */
const valueOf = ({ deny, withhold, permit }: Spread): Value =>
  deny.op === 'true' ? 'deny' : withhold.op === 'true' ? 'withhold' : permit.op === 'true' ? 'permit' : 'silent'
const lists = (length: number): readonly (readonly Value[])[] =>
  length === 0 ? [[]] : lists(length - 1).flatMap((list) => values.map((value) => [value, ...list]))
const upTo = (length: number) => Array.from({ length: length + 1 }, (_, at) => lists(at)).flat()

test('deny is stricter than withhold, withhold than silent, silent than permit, in any order', () => {
  for (const list of upTo(3)) {
    const expected = values.find((value) => list.includes(value)) ?? 'silent'
    expect({ list, value: strictest(list.map((value) => ruled(value))).value }).toEqual({ list, value: expected })
  }
  expect(strictest([])).toBe(silence)
})

test('an exception that speaks replaces the rule, exceptions join by the strictest', () => {
  for (const list of upTo(3))
    for (const own of values) {
      const speaking = list.filter((value) => value !== 'silent')
      const expected = speaking.length === 0 ? own : values.find((value) => speaking.some((each) => each === value))
      expect({
        list,
        own,
        value: settle(
          list.map((value) => ruled(value)),
          () => ruled(own),
        ).value,
      }).toEqual({ list, own, value: expected })
      const spread = settleSpread(
        list.map((value) => spreads[value]),
        spreads[own],
      )
      expect({ list, own, value: valueOf(spread) }).toEqual({ list, own, value: expected })
    }
})

test('consents join by deny, then permit, then withhold', () => {
  for (const list of upTo(3)) {
    const expected = (['deny', 'permit', 'withhold'] as const).find((value) => list.includes(value)) ?? 'silent'
    expect({ list, value: across(list.map((value) => ruled(value))).value }).toEqual({ list, value: expected })
    const all = list.map((value) => spreads[value])
    expect({ list, denies: deniesAcross(all).op }).toEqual({ list, denies: `${expected === 'deny'}` })
    for (const implicit of [always, never]) {
      const permits = expected === 'permit' || (expected === 'silent' && implicit === always)
      expect({ list, permits: permitsAcross(all, implicit).op }).toEqual({ list, permits: `${permits}` })
    }
  }
})

test('a consent that withholds and permits the same record withholds it', () => {
  const both: Spread = { deny: never, withhold: always, permit: always }
  expect(permitsAcross([both], always)).toEqual(never)
  expect(valueOf(settleSpread([both], spreads.deny))).toBe('withhold')
})

test('everybody who gave the answer is named, and nobody else', () => {
  const rulings = [ruled('permit', 'a' as Value), ruled('deny', 'b' as Value), ruled('silent'), ruled('deny', 'c' as Value)]
  const rules = (ruling: Ruling) => ruling.because.map(({ rule }) => rule)
  expect([rules(strictest(rulings)), rules(across(rulings)), rules(across(rulings.slice(0, 1)))]).toEqual([['b', 'c'], ['b', 'c'], ['a']])
})

test('a spread is silent when it says nothing about any record, and can be limited to some', () => {
  expect(values.filter((value) => isSilent(spreads[value]))).toEqual(['silent'])
  const where = custodianIs('clinic')
  expect(within(always, spreads.deny)).toBe(spreads.deny)
  for (const value of ['deny', 'withhold', 'permit'] as const)
    expect(within(where, spreads[value])).toEqual({ ...silentEverywhere, [value]: where })
})
