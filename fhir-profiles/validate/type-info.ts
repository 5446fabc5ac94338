/** The types of R4 as the reader of resources needs them: JSON keys, what each holds, what must be there. Compiled when first met. */
import type { BindingRule, Constraint, ElementRule, TypeRule } from '../definitions/definition.ts'
import { coreUrl } from '../definitions/definitions.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Tree } from '../definitions/tree.ts'
import { shared } from '../definitions/differential.ts'
import { lazily } from '../terminology/source.ts'
import { primitiveJudge } from './primitive.ts'
import type { PrimitiveVerdict } from './primitive.ts'

export type Kind = 'resource' | 'complex' | 'primitive'

export interface TypeInfo {
  /** `Patient`, `Patient.contact`, `Quantity`, `code` */
  readonly name: string
  readonly kind: Kind
  /** invariants of the type itself, whoever uses it */
  readonly constraints: readonly Constraint[]
  /** by JSON key: `valueQuantity` */
  readonly elements: ReadonlyMap<string, ElementInfo>
  readonly required: readonly { readonly name: string; readonly keys: readonly string[] }[]
}

export interface ElementInfo {
  /** as in the definition: `value[x]` */
  readonly name: string
  /** JSON key: `valueQuantity` */
  readonly key: string
  /** JSON key of a primitive's id and extensions: `_valueString` */
  readonly siblingKey: string
  readonly isList: boolean
  readonly isChoice: boolean
  /** name of a type, of a nested element, or `Resource` */
  readonly type: string
  readonly kind: Kind
  /** what `type` names; undefined for `Resource`, which the value itself has to name, and for names R4 does not have */
  readonly info: () => TypeInfo | undefined
  /** the list its code has to be from, whoever asks: the value set of a required binding */
  readonly codeList: string | undefined
  /** its form hangs on more than its own text: on that list, or on where it points */
  readonly isPending: boolean
  /** of a primitive */
  readonly form: (value: unknown) => PrimitiveVerdict
  readonly typeRule: TypeRule | undefined
  readonly rule: ElementRule
  /** invariants R4 states at this element, beyond its type's own */
  readonly constraints: readonly Constraint[]
}

export interface Types {
  /** undefined for a name R4 does not have */
  of(name: string): TypeInfo | undefined
}

/** Judged by hand-written code for every element (`universal.ts`), so no expression runs for them. */
const universal: ReadonlySet<string> = new Set(['ele-1', 'ext-1'])

export function typesOf(definitions: Definitions): Types {
  const compiled = new Map<string, TypeInfo | undefined>()
  const of = (name: string): TypeInfo | undefined => {
    if (compiled.has(name)) return compiled.get(name)
    const info = compile(name, definitions, of)
    compiled.set(name, info)
    return info
  }
  return { of }
}

function rootOf(definitions: Definitions, type: string): { root: Tree; kind: Kind } | undefined {
  const definition = definitions.find(coreUrl + type)
  const root = definition === undefined || definition.isProfile ? undefined : definitions.tree(definition)
  return definition === undefined || root === undefined ? undefined : { root, kind: kindOf(definition.kind) }
}

function kindOf(kind: string): Kind {
  return kind === 'primitive-type' ? 'primitive' : kind === 'resource' ? 'resource' : 'complex'
}

type Of = (name: string) => TypeInfo | undefined

function compile(name: string, definitions: Definitions, of: Of): TypeInfo | undefined {
  const [type = ''] = name.split('.')
  const own = rootOf(definitions, type)
  const tree = own === undefined ? undefined : shared(own.root, name)
  if (own === undefined || tree === undefined) return undefined
  const isNested = name.includes('.')
  const elements = new Map<string, ElementInfo>()
  const required: { name: string; keys: readonly string[] }[] = []
  for (const child of tree.children.values()) {
    // a primitive's value is the JSON value itself
    if (own.kind === 'primitive' && child.name === 'value') continue
    const infos = infosOf(child, name, definitions, of)
    for (const [key, info] of infos) elements.set(key, info)
    if ((child.rule.min ?? 0) > 0) required.push({ name: child.name, keys: infos.map(([key]) => key) })
  }
  return {
    name,
    kind: isNested ? 'complex' : own.kind,
    // what a nested element must meet is stated at the element that holds it
    constraints: isNested ? [] : (tree.rule.constraints ?? []).filter(({ key }) => !universal.has(key)),
    elements,
    required,
  }
}

/** Required by R4, yet what senders write there is often none: told by `$validate`, not held against a record (docs/validation.md). */
const notHeldAgainst: ReadonlySet<string> = new Set(['http://hl7.org/fhir/ValueSet/mimetypes'])

function listOf(binding: BindingRule | undefined): string | undefined {
  const { strength, valueSet } = binding ?? {}
  return strength === 'required' && valueSet !== undefined && !notHeldAgainst.has(valueSet.split('|')[0] ?? '') ? valueSet : undefined
}

function infosOf(child: Tree, parent: string, definitions: Definitions, of: Of): [key: string, info: ElementInfo][] {
  const { rule, name } = child
  const isChoice = name.endsWith('[x]')
  const constraints = (rule.constraints ?? []).filter(({ key }) => !universal.has(key))
  const codeList = listOf(rule.binding)
  const infoOf = (key: string, type: string, kind: Kind, typeRule: TypeRule | undefined): [string, ElementInfo] => [
    key,
    {
      name,
      key,
      siblingKey: `_${key}`,
      isList: rule.max === -1 || (rule.max ?? 1) > 1,
      isChoice,
      rule,
      constraints,
      type,
      kind,
      info: kind === 'resource' ? () => undefined : lazily(() => of(type)),
      codeList,
      isPending: codeList !== undefined || type === 'Reference',
      form: primitiveJudge(type),
      typeRule,
    },
  ]
  const inner = rule.content ?? (child.children.size > 0 ? `${parent}.${name}` : undefined)
  if (inner !== undefined) return [infoOf(name, inner, 'complex', rule.types?.[0])]
  return (rule.types ?? []).map((typeRule) => {
    const type = typeRule.code
    const kind = type === 'Resource' ? 'resource' : kindOf(definitions.find(coreUrl + type)?.kind ?? 'complex')
    return infoOf(isChoice ? name.slice(0, -3) + type.charAt(0).toUpperCase() + type.slice(1) : name, type, kind, typeRule)
  })
}
