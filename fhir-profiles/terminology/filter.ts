/**
 * The filters of a value set over a held code system. What the table cannot say is `unknown`.
 * Spec: http://hl7.org/fhir/R4/valueset-filter-operator.html
 */
import type { PackedFilter } from './bundle.ts'
import type { CodeTable } from './code-table.ts'

export type Answer = 'yes' | 'no' | 'unknown'

/** Whether the concept at a place passes. */
export type Test = (at: number) => Answer

const never: Test = () => 'no'
const unknown: Test = () => 'unknown'
/** ids, displays and words longer than any published code are not matched against expressions */
const maxMatchedLength = 512

export function testOf(table: CodeTable, [property, op, value]: PackedFilter): Test {
  if (op === 'regex') return byExpression(table, property, value)
  if (property === 'concept' || property === 'code') return byConcept(table, op, value)
  if (property === 'parent' || property === 'child') return byNeighbour(table, property, value)
  return byProperty(table, property, { op, value })
}

function byConcept(table: CodeTable, op: string, value: string): Test {
  switch (op) {
    case '=':
      return (at) => said(table.codeAt(at) === value)
    case 'in':
      return isListed(table, value, true)
    case 'not-in':
      return isListed(table, value, false)
    case 'is-a':
      return related(table, value, (at, other) => at === other || table.isBelow(at, other))
    case 'descendent-of':
      return related(table, value, (at, other) => table.isBelow(at, other))
    case 'is-not-a':
      return related(table, value, (at, other) => at !== other && !table.isBelow(at, other), true)
    case 'generalizes':
      return related(table, value, (at, other) => at === other || table.isBelow(other, at))
    case 'exists':
      return () => said(value !== 'false')
    default:
      return unknown
  }
}

/** @param otherwise of every concept, when the system does not have the code the filter names */
function related(table: CodeTable, code: string, holds: (at: number, other: number) => boolean, otherwise = false): Test {
  const other = table.indexOf(code)
  if (other >= 0) return (at) => said(holds(at, other))
  return table.content === 'complete' ? () => said(otherwise) : unknown
}

function isListed(table: CodeTable, value: string, isWanted: boolean): Test {
  const codes = new Set(value.split(',').map((code) => code.trim()))
  return (at) => said(codes.has(table.codeAt(at)) === isWanted)
}

function byNeighbour(table: CodeTable, property: string, value: string): Test {
  const other = table.indexOf(value)
  if (other < 0) return table.content === 'complete' ? never : unknown
  return (at) => said(property === 'parent' ? table.parentsOf(at).includes(other) : table.parentsOf(other).includes(at))
}

function byProperty(table: CodeTable, property: string, { op, value }: { readonly op: string; readonly value: string }): Test {
  const wanted = new Set(op === 'in' || op === 'not-in' ? value.split(',').map((each) => each.trim()) : [value])
  const valuesOf = (at: number): readonly string[] =>
    property === 'display'
      ? [table.displayAt(at)]
      : table.detailsOf(at).properties.flatMap(([code, each]) => (code === property ? [String(each)] : []))
  switch (op) {
    case '=':
    case 'in':
      return (at) => said(valuesOf(at).some((each) => wanted.has(each)))
    case 'not-in':
      return (at) => said(!valuesOf(at).some((each) => wanted.has(each)))
    case 'exists':
      return (at) => said(valuesOf(at).length > 0 === (value !== 'false'))
    default:
      return unknown
  }
}

/** The whole value must match. An expression that JavaScript cannot read says nothing. */
function byExpression(table: CodeTable, property: string, value: string): Test {
  const expression = expressionOf(value)
  if (expression === undefined) return unknown
  const matches = (text: string): boolean => text.length <= maxMatchedLength && expression.test(text)
  if (property === 'code' || property === 'concept') return (at) => said(matches(table.codeAt(at)))
  if (property === 'display') return (at) => said(matches(table.displayAt(at)))
  return (at) => said(table.detailsOf(at).properties.some(([code, each]) => code === property && matches(String(each))))
}

function expressionOf(value: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${value})$`, 'u')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function said(is: boolean): Answer {
  return is ? 'yes' : 'no'
}
