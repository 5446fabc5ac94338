/** One provision read on top of what it inherits: e(n) = e(parent) ⊕ stated(n). Unknown marks are inherited and never replaced. */
import type { ConsentProvision } from '../fhir-profiles/r4.ts'
import { farFutureMs, farPastMs } from './instant.ts'
import { rules } from './rules/index.ts'
import { isModified, sorted, type Reading, type Terms, type Unreadable } from './rules/rule.ts'

export interface Effective {
  readonly terms: Terms
  /** names of elements, here or above, that could not be read */
  readonly blind: readonly string[]
}

export interface ReadProvision extends Effective {
  /** what could not be read in this provision itself */
  readonly unreadable: readonly Unreadable[]
}

export const nothingStated: Effective = {
  terms: {
    receivers: null,
    sources: null,
    purposes: null,
    actions: null,
    classes: null,
    labels: null,
    codes: null,
    dates: null,
    data: null,
    fromMs: farPastMs,
    untilMs: farFutureMs,
  },
  blind: [],
}

const ruled: ReadonlySet<string> = new Set(rules.map((rule) => rule.element))
const structural: ReadonlySet<string> = new Set(['id', 'extension', 'modifierExtension', 'type', '_type', 'provision'])

export function readProvision(provision: ConsentProvision, expression: string, parent: Effective, reading: Reading): ReadProvision {
  let terms = parent.terms
  const blind = [...parent.blind]
  const unreadable: Unreadable[] = []
  for (const rule of rules) {
    const own = rule.read(provision, expression, reading)
    if (own === undefined) continue
    terms = { ...terms, ...own.terms }
    unreadable.push(...own.unreadable)
    if (own.unreadable.length > 0) blind.push(rule.element)
  }
  for (const element of Object.keys(provision).filter((key) => !ruled.has(key) && !structural.has(key))) {
    unreadable.push({ expression: `${expression}.${element}`, reason: 'element is not read' })
    blind.push(element)
  }
  if (isModified(provision)) {
    // It may turn round anything its provision says, and all below it.
    unreadable.push({ expression: `${expression}.modifierExtension`, reason: 'unknown modifierExtension' })
    blind.push('modifierExtension', ...ruled)
  }
  if (blind.includes('period')) terms = { ...terms, fromMs: farPastMs, untilMs: farFutureMs }
  return { terms, blind: sorted(blind), unreadable }
}
