/** The only list of rules. A new rule is one file in this folder and one row here. */
import { all, always, never } from '../condition.ts'
import type { Condition, ProvisionRow } from '../types.ts'
import { action } from './action.ts'
import { actor } from './actor.ts'
import { code } from './code.ts'
import { contentClass } from './content-class.ts'
import { dataPeriod } from './data-period.ts'
import { data } from './data.ts'
import { inForce } from './in-force.ts'
import { label } from './label.ts'
import { purpose } from './purpose.ts'
import type { Element, Question, Rule } from './rule.ts'

export const rules: readonly Rule[] = [inForce, actor, purpose, action, label, contentClass, code, dataPeriod, data]

/**
 * For which records the provision concerns the request (`context`) or the record (`data`).
 * Invariant: an unreadable element matches in a deny and never in a permit. `given` is an element already known to match.
 */
export function asked(part: Rule['part'], row: ProvisionRow, question: Question, given?: Element): Condition {
  return all(rules.filter((rule) => rule.part === part && rule.element !== given).map((rule) => answer(rule, row, question)))
}

function answer(rule: Rule, row: ProvisionRow, question: Question): Condition {
  // The bounds of a period that cannot be read were set at write, as wide as its consent is in force.
  if (row.blind.includes(rule.element) && rule.element !== 'period') return row.type === 'deny' ? always : never
  return rule.ask(row, question)
}
