/**
 * Invariants: by hand-written code where there is some for the very expression (`native-invariants.ts`), else by fhirpath.js, compiled
 * once. Spec: http://hl7.org/fhir/R4/fhirpath.html
 */
import fhirpath from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4/index.js'
import type { Constraint } from '../definitions/definition.ts'
import { correctedExpressions } from './corrected-expressions.ts'
import type { Judge } from './judge.ts'
import { nativeInvariants } from './native-invariants.ts'
import type { Node } from './node.ts'
import { BeyondUs, compilePath } from './path-expression.ts'
import { pathConstants, pathFunctions } from './path-functions.ts'

// the package's two descriptions of a model differ in how they write what may be absent
const model = r4 as fhirpath.Model

export interface Invariants {
  /** adds a finding when the constraint does not hold at the node; `owner`: the resource whose definition states it, if not the node's own */
  judge(judge: Judge, node: Node, constraint: Constraint, profile?: string, owner?: Node): void
  isTrue(judge: Judge, node: Node, expression: string): boolean
  /** does the expression, evaluated on the node's resource, select the node? */
  selects(judge: Judge, expression: string, node: Node): boolean
}

type Evaluate = (data: unknown, variables: Readonly<Record<string, unknown>>) => readonly unknown[]

/** `undefined`: the engine cannot evaluate it. */
type Answer = boolean | undefined

export function invariantsOf(): Invariants {
  const select = engine()
  const paths = new Map<string, QuickPath | undefined>()
  const written = new Map<string, string>()
  const quickPath = (expression: string): QuickPath | undefined => {
    if (!paths.has(expression)) paths.set(expression, compilePath(inFhirTypes(expression)))
    return paths.get(expression)
  }
  const answer = (judge: Judge, node: Node, expression: string, owner?: Node): Answer => {
    const native = nativeInvariants.get(expression)
    if (native !== undefined) return native(node, judge)
    const quick = quickly(quickPath(expression), node, owner)
    if (quick !== undefined) return quick
    const meant = written.get(expression) ?? inFhirTypes(expression)
    written.set(expression, meant)
    const result = select(judge, node, meant, owner)
    return result === undefined ? undefined : isTrue(result)
  }
  return {
    judge(judge, node, constraint, profile, owner) {
      // an element with extensions only has no value an expression could be about
      if (node.plain === undefined) return
      const result = answer(judge, node, correctedExpressions.get(constraint.expression) ?? constraint.expression, owner)
      const place = { says: [constraint.key, constraint.human], profile }
      if (result === undefined) judge.findings.add('invariant-not-evaluated', node, place)
      else if (!result) judge.findings.add('invariant', node, { ...place, severity: severityOf(constraint, judge) })
    },
    isTrue: (judge, node, expression) => answer(judge, node, expression) === true,
    selects(judge, expression, node) {
      const found = select(judge, node.resource, expression) ?? []
      return found.some((each) => each === node.plain) || (found.length === 1 && found[0] === true)
    },
  }
}

export type Select = (judge: Judge, node: Node, expression: string, owner?: Node) => readonly unknown[] | undefined

/** fhirpath.js with what FHIR adds to it, each expression compiled once; undefined where it cannot evaluate one. */
export function engine(): Select {
  const compiled = new Map<string, Evaluate | undefined>()
  // what the functions of an expression look at: evaluation is synchronous, one at a time
  const current: { judge: Judge | undefined; node: Node | undefined } = { judge: undefined, node: undefined }
  const functions = pathFunctions(() => current)
  const compile = (base: string, expression: string): Evaluate | undefined => {
    const key = `${base} ${expression}`
    if (!compiled.has(key)) compiled.set(key, compileExpression(base, expression, functions))
    return compiled.get(key)
  }
  return (judge, node, expression, owner = node.resource) => {
    const evaluate = compile(baseOf(node), expression)
    if (evaluate === undefined) return undefined
    const before = { ...current }
    Object.assign(current, { judge, node })
    try {
      return evaluate(node.plain, { ...pathConstants, resource: owner.plain, rootResource: owner.container.plain })
    } catch {
      // the engine throws on what it does not support, and on several values where one is wanted: the answer is "cannot be told"
      return undefined
    } finally {
      Object.assign(current, before)
    }
  }
}

/** A path whose type fhirpath's model knows: `Patient.contact`, `Observation.valueQuantity`. */
function baseOf(node: Node): string {
  const { parent, key, type } = node
  return parent === undefined || key === undefined || type.kind === 'resource' || type.name.includes('.')
    ? type.name
    : `${parent.type.name}.${key}`
}

type QuickPath = NonNullable<ReturnType<typeof compilePath>>

/** undefined: only the full engine can tell. */
function quickly(path: QuickPath | undefined, node: Node, owner = node.resource): Answer {
  if (path === undefined) return undefined
  try {
    return path(node, owner)
  } catch (error) {
    if (error instanceof BeyondUs) return undefined
    throw error
  }
}

function severityOf({ key, severity }: Constraint, judge: Judge): 'error' | 'warning' | 'information' {
  if (severity !== 'warning') return 'error'
  const stated = key === 'dom-6' ? judge.policy.bestPractice : 'warning'
  return stated === 'fatal' ? 'error' : stated
}

function compileExpression(base: string, expression: string, functions: fhirpath.UserInvocationTable): Evaluate | undefined {
  try {
    const evaluate = fhirpath.compile({ base, expression }, model, {
      userInvocationTable: functions,
      traceFn: () => undefined,
    })
    return (data, variables) => {
      const result: unknown = evaluate(data, { ...variables })
      return Array.isArray(result) ? result : []
    }
  } catch {
    // an expression the engine's grammar does not take: told as `invariant-not-evaluated`
    return undefined
  }
}

/** In invariants: `is Boolean` of a FHIR boolean is meant, and so the reference validator reads them. FHIRPath by itself tells the two apart. */
function inFhirTypes(expression: string): string {
  const lower = (type: string): string => type.charAt(0).toLowerCase() + type.slice(1)
  return expression
    .replace(
      /\b(is|as) (Boolean|String|Integer|Decimal|Date|DateTime|Time)\b/g,
      (_, word: string, type: string) => `${word} ${lower(type)}`,
    )
    .replace(
      /\b(is|as|ofType)\((Boolean|String|Integer|Decimal|Date|DateTime|Time)\)/g,
      (_, word: string, type: string) => `${word}(${lower(type)})`,
    )
}

/** Nothing is not true; one value that is no boolean is. Spec: http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections */
function isTrue(result: readonly unknown[]): boolean {
  const [first] = result
  return result.length > 0 && (typeof first === 'boolean' ? first : true)
}
