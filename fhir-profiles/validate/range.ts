/** Least and greatest values, lengths. Spec: http://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.minValue_x_ */
import type { ElementRule } from '../definitions/definition.ts'
import { numberOf } from '../json.ts'
import type { Judge } from './judge.ts'
import type { Node } from './node.ts'

export function checkRange(judge: Judge, node: Node, rule: ElementRule, profile: string | undefined): void {
  const { value } = node
  const place = { profile }
  if (rule.maxLength !== undefined && typeof value === 'string' && lengthOf(value) > rule.maxLength) {
    judge.findings.add('too-long', node, { ...place, says: [String(rule.maxLength)] })
  }
  const below = rule.minValue === undefined ? undefined : order(value, rule.minValue.value)
  const above = rule.maxValue === undefined ? undefined : order(value, rule.maxValue.value)
  if (below !== undefined && below < 0) judge.findings.add('below-minimum', node, place)
  if (above !== undefined && above > 0) judge.findings.add('above-maximum', node, place)
}

/** Negative: `value` is less than `bound`. undefined when the two cannot be compared; times only to the precision both have. */
export function order(value: unknown, bound: unknown): number | undefined {
  const a = numberOf(value)
  const b = numberOf(bound)
  if (a !== undefined && b !== undefined) return a - b
  if (typeof value === 'string' && typeof bound === 'string') return orderOfTimes(value, bound)
  return orderOfQuantities(value, bound)
}

function orderOfTimes(value: string, bound: string): number | undefined {
  if (value.length > 10 && bound.length > 10) {
    const difference = Date.parse(value) - Date.parse(bound)
    return Number.isNaN(difference) ? (value < bound ? -1 : value > bound ? 1 : 0) : difference
  }
  const length = Math.min(value.length, bound.length, 10)
  const a = value.slice(0, length)
  const b = bound.slice(0, length)
  return a < b ? -1 : a > b ? 1 : 0
}

interface QuantityLike {
  readonly value?: unknown
  readonly system?: unknown
  readonly code?: unknown
}

/** Quantities of the same coded unit; others cannot be compared without conversion. */
function orderOfQuantities(value: unknown, bound: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || typeof bound !== 'object' || bound === null) return undefined
  // any object may be asked for these three; what it has is judged below
  const a = value as QuantityLike
  const b = bound as QuantityLike
  if (a.system !== b.system || a.code !== b.code) return undefined
  const [left, right] = [numberOf(a.value), numberOf(b.value)]
  return left === undefined || right === undefined ? undefined : left - right
}

/** In characters of Unicode, as FHIR counts: http://hl7.org/fhir/R4/datatypes.html#string */
export function lengthOf(text: string): number {
  return Array.from(text).length
}
