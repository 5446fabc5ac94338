/** FHIRPath functions that need more than the resource: resolve, conformsTo, memberOf, htmlChecks. Spec: http://hl7.org/fhir/R4/fhirpath.html#functions */
import type fhirpath from 'fhirpath'
import { system } from '../codes.ts'
import { isRecord } from './guards.ts'
import { holds } from './judge.ts'
import type { Coding, Judge } from './judge.ts'
import { narrativeFaults } from './narrative.ts'
import { within } from './node.ts'
import type { Node } from './node.ts'
import { checkProfile } from './profile-pass.ts'
import { resolveText } from './resolve.ts'

interface Current {
  readonly judge: Judge | undefined
  readonly node: Node | undefined
}

export function pathFunctions(current: () => Current): fhirpath.UserInvocationTable {
  return {
    resolve: {
      fn: (inputs: readonly unknown[]) => inputs.flatMap((input) => targetsOf(current(), input)),
      arity: { 0: [] },
    },
    conformsTo: {
      fn: (inputs: readonly unknown[], url: unknown) => inputs.map((input) => conforms(current(), input, String(url))),
      arity: { 1: ['String'] },
    },
    memberOf: {
      fn: (inputs: readonly unknown[], url: unknown) => inputs.flatMap((input) => isMember(current(), input, String(url))),
      arity: { 1: ['String'] },
    },
    htmlChecks: {
      fn: (inputs: readonly unknown[]) => inputs.map((input) => typeof input !== 'string' || narrativeFaults(input).length === 0),
      arity: { 0: [] },
    },
    precision: {
      fn: (inputs: readonly unknown[]) => inputs.map((input) => precisionOf(String(input))),
      arity: { 0: [] },
    },
  }
}

/** What every expression may name. Spec: http://hl7.org/fhir/R4/fhirpath.html#vars */
export const pathConstants: Readonly<Record<string, string>> = {
  ucum: system.ucum,
  sct: system.snomed,
  loinc: system.loinc,
}

/**
 * Digits after the point of a number, digits of a time without its zone. Zeros at a number's end are lost before they come here.
 * Spec: https://build.fhir.org/ig/HL7/FHIRPath/#precision--integer
 */
function precisionOf(text: string): number {
  if (/^-?\d+(?:\.\d+)?$/.test(text) && !/^\d{4}$/.test(text)) return text.split('.')[1]?.length ?? 0
  return text.replace(/(?:Z|[+-]\d\d:\d\d)$/, '').replace(/\D/g, '').length
}

function targetsOf({ judge, node }: Current, input: unknown): readonly unknown[] {
  const text = typeof input === 'string' ? input : isRecord(input) ? input['reference'] : undefined
  if (judge === undefined || node === undefined || typeof text !== 'string') return []
  return resolveText(judge, node, text).map(({ plain }) => plain)
}

/** Throws for a profile nobody holds: then the whole expression cannot be told. */
function conforms({ judge, node }: Current, input: unknown, url: string): boolean {
  if (judge?.definitions.find(url) === undefined) throw new Error('a profile that is not held')
  const found = node === undefined ? undefined : nodeOf(node, input)
  if (found === undefined) return false
  return holds(judge, (trial) => checkProfile(trial, found, url))
}

/** The node an expression's value was taken from. */
function nodeOf(from: Node, value: unknown): Node | undefined {
  let top = from
  while (top.parent !== undefined) top = top.parent
  for (const node of within(top)) if (node.plain === value) return node
  return undefined
}

/** No answer where the set is not at hand: an expression then says nothing. */
function isMember({ judge }: Current, input: unknown, url: string): boolean[] {
  if (judge === undefined) return []
  const answers = codingsIn(input).map((coding) => judge.terminology.inValueSet(url, coding))
  if (answers.includes('yes')) return [true]
  return answers.includes('unknown') ? [] : [false]
}

function codingsIn(input: unknown): readonly Coding[] {
  if (typeof input === 'string') return [{ code: input }]
  if (!isRecord(input)) return []
  const codings: readonly unknown[] = Array.isArray(input['coding']) ? input['coding'] : [input]
  return codings.flatMap((coding) => {
    if (!isRecord(coding)) return []
    const { system, code } = coding
    return typeof code === 'string' ? [{ code, ...(typeof system === 'string' ? { system } : {}) }] : []
  })
}
