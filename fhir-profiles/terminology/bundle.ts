/**
 * The compact form in which code systems, value sets and concept maps are committed and held: one letter per element, concepts as columns.
 * `pack.ts` makes it of FHIR resources, `published.ts` makes FHIR resources of it.
 */

/** `content` of a code system; only of a complete one can it be said that a code is not in it. http://hl7.org/fhir/R4/valueset-codesystem-content-mode.html */
export type Content = 'complete' | 'fragment' | 'example' | 'not-present' | 'supplement'

/** what is the same in all three: '' where a text is absent */
export type Head = readonly [url: string, id: string, version: string, name: string, title: string, status: string]

export interface PackedSystem {
  readonly h: Head
  readonly k: Content
  /** codes are told apart without regard to case */
  readonly i?: 1
  readonly o?: string
  readonly c: readonly string[]
  /** displays: 0 = none, 1 = the code itself */
  readonly d: readonly (string | 0 | 1)[]
  /** parents, by place; -1 = none. Absent for a plain list */
  readonly p?: readonly (number | readonly number[])[]
}

export type PropertyValue = string | number | boolean

export interface PackedDetails {
  /** url of the code system */
  readonly u: string
  /** definitions, by place; 0 = none */
  readonly f?: readonly (string | 0)[]
  /** designations, by place */
  readonly x?: Readonly<Record<string, readonly (readonly [language: string, value: string])[]>>
  readonly q?: Readonly<Record<string, readonly (readonly [code: string, value: PropertyValue])[]>>
}

export interface PackedSet {
  readonly h: Head
  readonly n: readonly PackedPart[]
  readonly e?: readonly PackedPart[]
}

export interface PackedPart {
  readonly s?: string
  readonly v?: string
  readonly c?: readonly (string | readonly [code: string, display: string])[]
  readonly f?: readonly PackedFilter[]
  readonly u?: readonly string[]
}

export type PackedFilter = readonly [property: string, op: string, value: string]

export interface PackedMap {
  readonly h: Head
  /** source and target value sets, '' where not named */
  readonly s: string
  readonly t: string
  readonly g: readonly PackedGroup[]
}

export interface PackedGroup {
  readonly s: string
  readonly t: string
  readonly e: readonly (readonly [code: string, targets: readonly MapTarget[]])[]
  readonly m?: { readonly mode: string; readonly code?: string; readonly display?: string; readonly url?: string }
}

export type MapTarget = readonly [code: string, equivalence: string, display: string, comment: string]

export interface Bundle {
  readonly systems: readonly PackedSystem[]
  readonly details: readonly PackedDetails[]
  readonly sets: readonly PackedSet[]
  readonly maps: readonly PackedMap[]
}
