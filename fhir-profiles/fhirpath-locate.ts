/**
 * Where in a resource a FHIRPath expression leads. Only what selects is taken: no function that calculates, repeats or matches patterns, so
 * that no expression from outside costs more than a look through the resource. Spec: http://hl7.org/fhirpath/N1/
 */
import fhirpath from 'fhirpath'
import context from 'fhirpath/fhir-context/r4/index.js'

/** From the resource down; empty = the resource itself. */
export type Location = readonly { readonly name: string; readonly index: number | undefined }[]

const selecting: ReadonlySet<string> = new Set(['where', 'first', 'last', 'ofType', 'as', 'extension', 'single', 'exists', 'not', 'empty'])
const maxLength = 500
/** weights of answers, which R4 may leave undefined and the engine's types do not */
const { score: _, ...model } = context

/** The places in document order, or why the expression is not taken. */
export function locate(resource: unknown, expression: string): readonly Location[] | string {
  if (expression.length > maxLength) return `a FHIRPath expression has at most ${maxLength} characters`
  try {
    if (!isSelecting(fhirpath.parse(expression), 0)) return `the FHIRPath expression may use ${[...selecting].join(', ')} only`
    const found: Location[] = []
    const located = {
      fn: (nodes: readonly unknown[]) => {
        found.push(...nodes.map(locationOf))
        return []
      },
      arity: { 0: [] },
      internalStructures: true,
    }
    fhirpath.evaluate(resource, `(${expression}).located()`, {}, model, { userInvocationTable: { located } })
    return found
  } catch (error) {
    // The engine throws whatever it finds wrong with an expression, quoting it: the expression is the caller's, and so is the fault.
    if (error instanceof Error) return 'the FHIRPath expression cannot be read'
    throw error
  }
}

/** A `where` within a `where` would look through the resource as often as it has elements. */
function isSelecting(node: unknown, depth: number): boolean {
  if (typeof node !== 'object' || node === null) return true
  const name = 'type' in node && node.type === 'Functn' && 'text' in node ? String(node.text) : undefined
  if (name !== undefined && (!selecting.has(name) || (name === 'where' && depth > 0))) return false
  const children: readonly unknown[] = 'children' in node && Array.isArray(node.children) ? node.children : []
  return children.every((child) => isSelecting(child, name === 'where' ? depth + 1 : depth))
}

function locationOf(node: unknown): Location {
  const steps: { name: string; index: number | undefined }[] = []
  for (let at = node; isNode(at) && isNode(at.parentResNode); at = at.parentResNode) {
    steps.unshift({ name: String(at.propName), index: typeof at.index === 'number' ? at.index : undefined })
  }
  return steps
}

function isNode(value: unknown): value is { readonly parentResNode: unknown; readonly propName: unknown; readonly index: unknown } {
  return typeof value === 'object' && value !== null && 'parentResNode' in value && 'propName' in value && 'index' in value
}
