/**
 * The algebra: deny < withhold < silent < permit, once for one record and once for all records at a time.
 * A child that speaks replaces its parent's answer, siblings join by the strictest. Consents join by deny, then permit, then withhold:
 * withholding is a consent that speaks without permitting this, so another consent may still permit it.
 */
import { all, always, any, never, not } from './condition.ts'
import type { Condition, Reason } from './types.ts'

export type Value = 'deny' | 'withhold' | 'silent' | 'permit'

const strictness: Readonly<Record<Value, number>> = { deny: 0, withhold: 1, silent: 2, permit: 3 }

/** A value with the rules that gave it. */
export interface Ruling {
  readonly value: Value
  readonly because: readonly Reason[]
}

export const silence: Ruling = { value: 'silent', because: [] }

/** The strictest of the rulings, with everybody who gave it; silent when there are none. */
export function strictest(rulings: readonly Ruling[]): Ruling {
  const [first, second] = rulings
  if (first === undefined) return silence
  if (second === undefined) return first
  const value = rulings.reduce((least, ruling) => (strictness[ruling.value] < strictness[least] ? ruling.value : least), first.value)
  return { value, because: rulings.filter((ruling) => ruling.value === value).flatMap((ruling) => ruling.because) }
}

/** What a rule with exceptions says: its own answer only where no exception speaks. */
export function settle(children: readonly Ruling[], own: () => Ruling): Ruling {
  const speaking = children.filter((child) => child.value !== 'silent')
  return speaking.length === 0 ? own() : strictest(speaking)
}

/** What all consents say together. */
export function across(consents: readonly Ruling[]): Ruling {
  for (const value of ['deny', 'permit', 'withhold'] as const) {
    const given = consents.filter((consent) => consent.value === value)
    if (given.length > 0) return strictest(given)
  }
  return silence
}

/**
 * The records on which something denies, withholds or permits. The first that holds counts, in this order; where none does, it is silent.
 */
export interface Spread {
  readonly deny: Condition
  readonly withhold: Condition
  readonly permit: Condition
}

export const silentEverywhere: Spread = { deny: never, withhold: never, permit: never }
export const deniesEverywhere: Spread = { ...silentEverywhere, deny: always }
export const withholdsEverywhere: Spread = { ...silentEverywhere, withhold: always }

export function isSilent(spread: Spread): boolean {
  return spread.deny.op === 'false' && spread.withhold.op === 'false' && spread.permit.op === 'false'
}

/** `settle` for all records at a time. */
export function settleSpread(children: readonly Spread[], own: Spread): Spread {
  if (children.length === 0) return own
  const deny = any(children.map((child) => child.deny))
  const withhold = any(children.map((child) => child.withhold))
  const permit = any(children.map((child) => child.permit))
  return {
    deny: any([deny, all([not(withhold), not(permit), own.deny])]),
    withhold: any([withhold, all([not(permit), own.withhold])]),
    permit: any([permit, own.permit]),
  }
}

/** `across` for all records at a time: where the consents permit, given what holds where all are silent. */
export function permitsAcross(consents: readonly Spread[], implicit: Condition): Condition {
  const permits = consents.map((consent) => all([consent.permit, not(consent.withhold)]))
  const withholds = any(consents.map((consent) => consent.withhold))
  return all([not(deniesAcross(consents)), any([...permits, all([not(withholds), implicit])])])
}

export function deniesAcross(consents: readonly Spread[]): Condition {
  return any(consents.map((consent) => consent.deny))
}

/** The spread on some records only; silent on all others. */
export function within(where: Condition, spread: Spread): Spread {
  if (where.op === 'true') return spread
  return { deny: all([where, spread.deny]), withhold: all([where, spread.withhold]), permit: all([where, spread.permit]) }
}
