/** Is a question asked, given what has been answered? Spec: http://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import { isEqual } from './equal.ts'
import { childrenOf, textAt } from './node.ts'
import type { Node } from './node.ts'
import type { Answering } from './questionnaire-response.ts'
import { order } from './range.ts'

/** Extensions that hold a FHIRPath expression in place of enableWhen. */
const expressions: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression',
  'http://phr.kanta.fi/StructureDefinition/fiphr-ext-questionnaire-enablewhen',
])

export function isEnabled(answering: Answering, question: Node, holder: Node): boolean {
  const expression = expressionOf(question)
  if (expression !== undefined) return answering.judge.invariants.isTrue(answering.judge, answering.response, expression)
  const conditions = childrenOf(question, 'enableWhen')
  if (conditions.length === 0) return true
  const meets = (condition: Node): boolean => isMet(condition, holder)
  return textAt(question, 'enableBehavior') === 'any' ? conditions.some(meets) : conditions.every(meets)
}

function expressionOf(question: Node): string | undefined {
  for (const extension of childrenOf(question, 'extension')) {
    if (!expressions.has(textAt(extension, 'url') ?? '')) continue
    const [value] = childrenOf(extension, 'value[x]')
    return typeof value?.value === 'string' ? value.value : value === undefined ? undefined : textAt(value, 'expression')
  }
  return undefined
}

/** The answers nearest to the question: in its own group first, then in the groups around it. */
function answersTo(linkId: string, holder: Node): readonly Node[] {
  for (let at: Node | undefined = holder; at !== undefined; at = at.parent) {
    const found = itemsBelow(at, linkId)
    if (found.length > 0) return found.flatMap((item) => childrenOf(item, 'answer'))
    if (at.type.kind === 'resource') break
  }
  return []
}

function itemsBelow(node: Node, linkId: string): readonly Node[] {
  const items = childrenOf(node, 'item')
  const below = [...items, ...childrenOf(node, 'answer')].flatMap((each) => itemsBelow(each, linkId))
  return [...items.filter((item) => textAt(item, 'linkId') === linkId), ...below]
}

function isMet(condition: Node, holder: Node): boolean {
  const operator = textAt(condition, 'operator')
  const [wanted] = childrenOf(condition, 'answer[x]')
  const values = answersTo(textAt(condition, 'question') ?? '', holder).flatMap((answer) => childrenOf(answer, 'value[x]'))
  if (wanted === undefined) return true
  switch (operator) {
    case 'exists':
      return wanted.value === values.length > 0
    case '=':
      return values.some((value) => isSame(value, wanted))
    case '!=':
      return values.length > 0 && !values.some((value) => isSame(value, wanted))
    default:
      return values.some((value) => compares(order(value.value, wanted.value), operator ?? ''))
  }
}

function compares(difference: number | undefined, operator: string): boolean {
  if (difference === undefined) return false
  if (operator === '>') return difference > 0
  if (operator === '<') return difference < 0
  if (operator === '>=') return difference >= 0
  return operator === '<=' && difference <= 0
}

/** Codings are the same by system and code, whatever they display. */
export function isSame(value: Node, wanted: Node): boolean {
  if (value.type.name !== wanted.type.name) return false
  if (value.type.name === 'Coding')
    return textAt(value, 'system') === textAt(wanted, 'system') && textAt(value, 'code') === textAt(wanted, 'code')
  return isEqual(value.value, wanted.value)
}
