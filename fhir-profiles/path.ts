/**
 * The part of FHIRPath that search parameters and our own tables use, compiled to a walk over plain JSON that knows the type of what it
 * finds: `A.b.c`, `A.b | A.c`, `A.value.ofType(Quantity)`, `A.subject.where(resolve() is Patient)`, `A.telecom.where(system='phone')`,
 * `A.extension('url').value`.
 * Twenty times as fast as a full engine; the tests hold it against fhirpath.js. Spec: http://hl7.org/fhirpath/N1/
 */
import { isExactNumber } from './json.ts'
import { parseReference } from './reference.ts'
import { isRecord } from './validate/guards.ts'
import { structureOf } from './validate/structure.ts'
import type { ElementRule } from './validate/structure.ts'

export interface Found {
  readonly value: unknown
  /** datatype, nested structure (`Patient.contact`) or resource type */
  readonly type: string
  /** undefined for the resource itself */
  readonly rule: ElementRule | undefined
}

export type Path = (resource: { readonly resourceType: string }) => readonly Found[]

export type Step = (items: readonly Found[]) => readonly Found[]

/** undefined for an expression outside the part named above. */
export function compilePath(expression: string): Path | undefined {
  const alternatives = expression.split(' | ').map(compileAlternative)
  const complete = alternatives.filter((path) => path !== undefined)
  if (complete.length < alternatives.length) return undefined
  const [only, second] = complete
  if (only !== undefined && second === undefined) return only
  return (resource) => complete.flatMap((path) => path(resource))
}

/** The same from items already found, by a path relative to them: `code`, `value.ofType(Quantity)`. */
export function compileRelative(expression: string): Step | undefined {
  const alternatives = expression.split(' | ').map((text) => compileSteps(`.${text}`))
  const complete = alternatives.filter((steps) => steps !== undefined)
  if (complete.length < alternatives.length) return undefined
  return (items) => complete.flatMap((steps) => run(steps, items))
}

const step = /\.(?:(ofType)\((\w+)\)|where\(resolve\(\) is (\w+)\)|where\((\w+) ?= ?'([^']*)'\)|extension\('([^']+)'\)|([a-z]\w*)(?!\())/y

function compileAlternative(text: string): Path | undefined {
  const expression = text.replace(/^\((.*)\)((?:\.\w+)*)$/, '$1$2')
  const type = /^[A-Z]\w*/.exec(expression)?.[0]
  if (type === undefined) return undefined
  const steps = compileSteps(expression.slice(type.length))
  if (steps === undefined) return undefined
  return (resource) => {
    const root: Found = { value: resource, type: resource.resourceType, rule: undefined }
    return type === 'Resource' || type === root.type ? run(steps, [root]) : []
  }
}

function run(steps: readonly Step[], items: readonly Found[]): readonly Found[] {
  let found = items
  for (const next of steps) {
    if (found.length === 0) return found
    found = next(found)
  }
  return found
}

function compileSteps(expression: string): readonly Step[] | undefined {
  const steps: Step[] = []
  step.lastIndex = 0
  while (step.lastIndex < expression.length) {
    const found = step.exec(expression)
    if (found === null) return undefined
    const [, ofType, wantedType, target, field, text, url, name] = found
    if (ofType !== undefined) steps.push((items) => items.filter((item) => item.type === wantedType))
    else if (target !== undefined) steps.push((items) => items.filter(({ value }) => refersTo(value, target)))
    else if (field !== undefined) steps.push((items) => items.filter(({ value }) => isRecord(value) && value[field] === text))
    else if (url !== undefined) steps.push(extension(url))
    else if (name !== undefined) steps.push(child(name))
  }
  return steps
}

function extension(url: string): Step {
  const all = child('extension')
  return (items) => all(items).filter(({ value }) => isRecord(value) && value['url'] === url)
}

function refersTo(value: unknown, type: string): boolean {
  const text = isRecord(value) ? value['reference'] : undefined
  return typeof text === 'string' && parseReference(text)?.type === type
}

/** The children of one name: also `valueQuantity`, `valueString` … for `value`. */
function child(name: string): Step {
  const keysByType = new Map<string, readonly (readonly [key: string, rule: ElementRule])[]>()
  const keysOf = (type: string) => {
    const known = keysByType.get(type)
    if (known !== undefined) return known
    const keys = [...(structureOf(type)?.elements ?? [])].filter(([key, rule]) => key === name || rule.element === `${name}[x]`)
    keysByType.set(type, keys)
    return keys
  }
  return (items) => {
    const found: Found[] = []
    for (const { value, type } of items) {
      if (!isRecord(value) || isExactNumber(value)) continue
      for (const [key, rule] of keysOf(type)) addValues(found, value[key], rule)
    }
    return found
  }
}

function addValues(found: Found[], value: unknown, rule: ElementRule): void {
  if (value === undefined || value === null) return
  if (!Array.isArray(value)) found.push({ value, type: typeOf(value, rule), rule })
  else for (const item of value) addValues(found, item, rule)
}

function typeOf(value: unknown, rule: ElementRule): string {
  if (rule.type !== 'Resource' || !isRecord(value)) return rule.type
  return typeof value['resourceType'] === 'string' ? value['resourceType'] : rule.type
}
