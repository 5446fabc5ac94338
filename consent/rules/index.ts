/** The only list of rules. A new rule is one file in this folder and one row here. */
import { never, truth } from '../condition.ts'
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
import type { ContextElement, Question, Rule } from './rule.ts'

export const rules: readonly Rule[] = [inForce, actor, purpose, action, label, contentClass, code, dataPeriod, data]

const contextRules = rules.filter((rule) => rule.part === 'context')
const dataRules = rules.filter((rule) => rule.part === 'data')

/**
 * For which records the provision concerns the request: all of these must hold, and the first that holds for no record stands for them all.
 * Invariant: an unreadable element matches in a deny and never in a permit. `given` is an element already known to match.
 */
export function contextOf(row: ProvisionRow, question: Question, given?: ContextElement): readonly Condition[] {
  const rest = given === undefined ? contextRules : contextRules.filter((rule) => rule.element !== given)
  return needed(rest, row, (rule) => rule.ask(row, question))
}

/** For which records it concerns the record, in the same form. It depends on the row alone, so it is worked out once. */
export function dataOf(row: ProvisionRow): readonly Condition[] {
  const known = dataOfRows.get(row)
  if (known !== undefined) return known
  const found = needed(dataRules, row, (rule) => rule.ask(row))
  dataOfRows.set(row, found)
  return found
}

const dataOfRows = new WeakMap<ProvisionRow, readonly Condition[]>()

function needed<R extends Rule>(from: readonly R[], row: ProvisionRow, ask: (rule: R) => Condition): readonly Condition[] {
  const found: Condition[] = []
  for (const rule of from) {
    // The bounds of a period that cannot be read were set at write, as wide as its consent is in force.
    const isBlind = row.blind.length > 0 && rule.element !== 'period' && row.blind.includes(rule.element)
    const said = isBlind ? truth(row.type === 'deny') : ask(rule)
    if (said.op === 'false') return [never]
    if (said.op !== 'true') found.push(said)
  }
  return found
}
