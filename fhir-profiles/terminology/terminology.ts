/**
 * What a validator, a search and an operation ask of code systems and value sets. Pure: what is not held is `unknown`, never guessed.
 * Spec: http://hl7.org/fhir/R4/terminology-service.html
 */
export interface AskedCoding {
  readonly system?: string
  readonly code?: string
  readonly version?: string
  readonly display?: string
}

export type Membership = 'yes' | 'no' | 'unknown'

export interface Terminology {
  /**
   * Whether a coding is in a value set (canonical, a `|version` is allowed). `unknown` where the set is not held, or where membership hangs
   * on a system that is not held. A coding without a system is asked as a plain code: `yes` if any system of the set has it there.
   */
  inValueSet(url: string, coding: AskedCoding): Membership
  /** Whether every code of this system is held, so that a code that is not found is wrong. */
  knowsSystem(url: string): boolean
  /** The displays of a code, the preferred one first, designations after it; undefined where system or code is not held. */
  display(system: string, code: string): readonly string[] | undefined
}
