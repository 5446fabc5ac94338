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
  return all(answers(part, row, question, given))
}

/** The same as its members, which must all hold; the first that holds for no record stands for them all. */
export function answers(part: Rule['part'], row: ProvisionRow, question: Question, given?: Element): readonly Condition[] {
  const found: Condition[] = []
  for (const rule of parts[part]) {
    const said = rule.element === given ? always : answer(rule, row, question)
    if (said.op === 'false') return [never]
    if (said.op !== 'true') found.push(said)
  }
  return found
}

const parts: Readonly<Record<Rule['part'], readonly Rule[]>> = {
  context: rules.filter((rule) => rule.part === 'context'),
  data: rules.filter((rule) => rule.part === 'data'),
}

function answer(rule: Rule, row: ProvisionRow, question: Question): Condition {
  // The bounds of a period that cannot be read were set at write, as wide as its consent is in force.
  if (row.blind.length > 0 && row.blind.includes(rule.element) && rule.element !== 'period') return row.type === 'deny' ? always : never
  return rule.ask(row, question)
}
