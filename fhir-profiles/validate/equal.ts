/** Fixed values and patterns. Spec: http://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ and .pattern_x_ */
import { numberOf } from '../json.ts'
import { isRecord } from './guards.ts'

/** The same JSON, whatever the order of keys; 1.0 equals 1. */
export function isEqual(left: unknown, right: unknown): boolean {
  const a = numberOf(left) ?? left
  const b = numberOf(right) ?? right
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]))
  if (!isRecord(a) || !isRecord(b)) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
}

/** Everything the pattern says is in the value; of a list, each item of the pattern in some item of the value. */
export function hasPattern(value: unknown, pattern: unknown): boolean {
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  if (Array.isArray(pattern)) return pattern.every((wanted) => items.some((item) => hasPattern(item, wanted)))
  if (!isRecord(pattern)) return isEqual(value, pattern)
  return isRecord(value) && Object.keys(pattern).every((key) => Object.hasOwn(value, key) && hasPattern(value[key], pattern[key]))
}
