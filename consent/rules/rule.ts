/**
 * What a rule is: one element of a provision, read once at write and asked at every decision.
 * A rule never guesses. What it cannot read it reports; `index.ts` then makes the element match in a deny and void a permit.
 */
import type { ConsentProvision } from '../../fhir-profiles/r4.ts'
import type { AccessRequest, ActorDirectory, Condition, ProvisionRow, Purpose } from '../types.ts'

/** The part of a compiled row that provisions state and children inherit. */
export type Terms = Pick<
  ProvisionRow,
  'receivers' | 'sources' | 'purposes' | 'actions' | 'classes' | 'labels' | 'codes' | 'dates' | 'data' | 'fromMs' | 'untilMs'
>

/** What is needed to read a provision: names to keys, and where its days begin. */
export interface Reading {
  readonly directory: ActorDirectory
  /** IANA name of the zone in which partial dates are read, e.g. `Asia/Seoul` */
  readonly timeZone: string
  /** the consent claims a profile of IHE PCF, under which `related` is followed both ways by permits too */
  readonly relatesBothWays: boolean
}

/** Something that could not be read, and where: the material of the privacy officer's task. */
export interface Unreadable {
  readonly expression: string
  readonly reason: string
}

/** What one element of a provision says; `terms` replace what was inherited. */
export interface Stated {
  readonly terms: Partial<Terms>
  readonly unreadable: readonly Unreadable[]
}

/** One purpose at a time: a request for several is permitted when each of them is. */
export interface Question {
  readonly request: AccessRequest
  readonly purpose: Purpose
  readonly nowMs: number
}

export type ContextElement = 'period' | 'actor' | 'purpose' | 'action'
export type DataElement = 'securityLabel' | 'class' | 'code' | 'dataPeriod' | 'data'

/** undefined = the provision does not state this element */
type Reader = (provision: ConsentProvision, expression: string, reading: Reading) => Stated | undefined

/** Does the provision concern this request? */
export interface ContextRule {
  /** the element of `Consent.provision` it reads, and its name in `ProvisionRow.blind` */
  readonly element: ContextElement
  readonly part: 'context'
  readonly read: Reader
  /** For which records the readable content matches, in the form of the row's type; everything about the request is decided here. */
  readonly ask: (row: ProvisionRow, question: Question) => Condition
}

/** Does it concern this record? The request says nothing about that. A permit that fails here withholds. */
export interface DataRule {
  readonly element: DataElement
  readonly part: 'data'
  readonly read: Reader
  readonly ask: (row: ProvisionRow) => Condition
}

export type Rule = ContextRule | DataRule

/** One repeat of an element: its value, or why it cannot be read. */
export type Read<T> = { readonly value: T } | { readonly reason: string }

export interface Repeats<T> {
  readonly values: readonly T[]
  readonly unreadable: readonly Unreadable[]
}

/** Reads each repeat; an empty list is not FHIR, and what it was meant to say cannot be known. */
export function readRepeats<S, T>(repeats: readonly S[], expression: string, read: (repeat: S) => Read<T>): Repeats<T> {
  if (repeats.length === 0) return { values: [], unreadable: [{ expression, reason: 'an empty list states nothing readable' }] }
  const results = repeats.map((repeat, index) => ({ at: `${expression}[${index}]`, result: read(repeat) }))
  return {
    values: results.flatMap(({ result }) => ('value' in result ? [result.value] : [])),
    unreadable: results.flatMap(({ at, result }) => ('reason' in result ? [{ expression: at, reason: result.reason }] : [])),
  }
}

/** A FHIR extension we do not know may turn the meaning of its element round. Spec: http://hl7.org/fhir/R4/extensibility.html#modifierExtension */
export function isModified(element: { readonly modifierExtension?: readonly unknown[] }): boolean {
  return element.modifierExtension !== undefined
}

/** Sorted and without repeats, so that the order of a consent's elements never shows. */
export function sorted<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort()
}
