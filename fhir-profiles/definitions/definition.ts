/**
 * A StructureDefinition in the compact form the validator reads: what judges instances is kept, what explains itself to people is left out.
 * The R4 definitions are committed in this form, profiles from packages are brought into it when they are loaded (`definition-of.ts`).
 * Spec: http://hl7.org/fhir/R4/structuredefinition.html
 */

export interface Definition {
  readonly url: string
  readonly version?: string | undefined
  readonly name: string
  /** the type constrained or defined: `Patient`, `Extension` */
  readonly type: string
  readonly kind: string
  /** canonical url of the definition this one builds on */
  readonly base?: string | undefined
  /** a profile (`derivation: constraint`), not a type of its own */
  readonly isProfile: boolean
  readonly isAbstract?: boolean | undefined
  /** where an extension may stand */
  readonly contexts?: readonly ExtensionContext[] | undefined
  readonly contextInvariants?: readonly string[] | undefined
  /** true: `elements` are the snapshot; false: only what differs from `base` */
  readonly hasSnapshot: boolean
  readonly elements: readonly ElementRule[]
  /** other profiles the same instance has to meet (http://hl7.org/fhir/StructureDefinition/structuredefinition-imposeProfile) */
  readonly imposes?: readonly string[] | undefined
}

export interface ExtensionContext {
  readonly type: string
  readonly expression: string
}

/** One ElementDefinition. In a differential everything but `path` may be absent, which means: as in the base. */
export interface ElementRule {
  readonly id?: string | undefined
  readonly path: string
  readonly slice?: string | undefined
  readonly min?: number | undefined
  /** -1 for `*` */
  readonly max?: number | undefined
  readonly types?: readonly TypeRule[] | undefined
  /** id of the element whose content this one shares */
  readonly content?: string | undefined
  readonly fixed?: ValueRule | undefined
  readonly pattern?: ValueRule | undefined
  readonly binding?: BindingRule | undefined
  readonly slicing?: SlicingRule | undefined
  readonly constraints?: readonly Constraint[] | undefined
  readonly isModifier?: boolean | undefined
  readonly isMustSupport?: boolean | undefined
  readonly maxLength?: number | undefined
  readonly minValue?: ValueRule | undefined
  readonly maxValue?: ValueRule | undefined
  /** of a primitive type's value */
  readonly regex?: string | undefined
  /** obligation codes that bind whoever writes or reads the element */
  readonly obligations?: readonly string[] | undefined
  /** R5, also used in R4 by extension: the value may be absent only if one of these extensions stands for it; empty = never absent */
  readonly valueAlternatives?: readonly string[] | undefined
  /** extensions of the element definition the rule layer obeys, by url */
  readonly controls?: Readonly<Record<string, unknown>> | undefined
}

export interface TypeRule {
  readonly code: string
  readonly profiles?: readonly string[] | undefined
  readonly targets?: readonly string[] | undefined
  readonly aggregation?: readonly string[] | undefined
}

export interface ValueRule {
  /** `CodeableConcept` of `fixedCodeableConcept` */
  readonly type: string
  readonly value: unknown
}

export interface BindingRule {
  readonly strength: string
  readonly valueSet?: string | undefined
  readonly maxValueSet?: string | undefined
  readonly additional?: readonly AdditionalBinding[] | undefined
}

export interface AdditionalBinding {
  readonly purpose: string
  readonly valueSet: string
  readonly hasUsage: boolean
}

export interface SlicingRule {
  readonly discriminators: readonly { readonly type: string; readonly path: string }[]
  readonly rules: string
  readonly isOrdered: boolean
}

export interface Constraint {
  readonly key: string
  readonly severity: string
  readonly expression: string
  readonly human: string
}
