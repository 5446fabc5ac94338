/** Codes against value sets. Spec: http://hl7.org/fhir/R4/terminologies.html#strength */
import type { BindingRule } from '../definitions/definition.ts'
import type { Coding, Judge } from './judge.ts'
import { childrenOf, textAt } from './node.ts'
import type { Node } from './node.ts'

/** `absent`: there is no code to look up. */
export type Verdict = 'yes' | 'no' | 'unknown' | 'absent'

/** The codings an element carries: those of a CodeableConcept, itself, or the unit of a Quantity. */
export function codingsOf(node: Node): readonly Coding[] {
  const { name, kind } = node.type
  if (kind === 'primitive') return typeof node.value === 'string' ? [{ code: node.value }] : []
  if (name === 'CodeableConcept') return childrenOf(node, 'coding').flatMap((coding) => codingOf(coding))
  return name === 'Coding' || units.has(name) ? codingOf(node) : []
}

/** Their unit is a code. Spec: http://hl7.org/fhir/R4/datatypes.html#quantity */
export const units: ReadonlySet<string> = new Set(['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'MoneyQuantity', 'SimpleQuantity'])

function codingOf(node: Node): readonly Coding[] {
  const parts = (['system', 'code', 'version', 'display'] as const).flatMap((name) => {
    const text = textAt(node, name)
    return text === undefined ? [] : [[name, text] as const]
  })
  const coding: Coding = Object.fromEntries(parts)
  return coding.code === undefined && coding.system === undefined ? [] : [coding]
}

export function bindingVerdict(judge: Judge, node: Node, valueSet: string): Verdict {
  // a system without a code names nothing that a set could have
  const codings = codingsOf(node).filter(({ code }) => code !== undefined)
  if (codings.length === 0) return 'absent'
  const answers = codings.map((coding) => judge.terminology.inValueSet(valueSet, coding))
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no'
}

export function checkBinding(judge: Judge, node: Node, binding: BindingRule, profile: string | undefined): void {
  const { strength, valueSet, maxValueSet, additional = [] } = binding
  if (valueSet !== undefined && strength === 'required') checkRequired(judge, node, valueSet, profile)
  if (valueSet !== undefined && strength === 'extensible') checkExtensible(judge, node, valueSet, profile)
  if (maxValueSet !== undefined) checkRequired(judge, node, maxValueSet, profile)
  for (const each of additional) {
    // which usage an instance serves is not in the instance
    if (each.purpose === 'required' && !each.hasUsage) checkRequired(judge, node, each.valueSet, profile)
    if (each.purpose === 'maximum' && !each.hasUsage) checkRequired(judge, node, each.valueSet, profile)
    if (each.purpose === 'extensible' && !each.hasUsage) checkExtensible(judge, node, each.valueSet, profile)
  }
}

/** A code is there, of this value set. */
export function checkRequired(judge: Judge, node: Node, valueSet: string, profile: string | undefined): void {
  const verdict = bindingVerdict(judge, node, valueSet)
  const place = { says: [valueSet], profile }
  if (verdict === 'no') judge.findings.add('code-not-in-value-set', node, place)
  if (verdict === 'unknown') judge.findings.add('code-not-checked', node, place)
  // A Quantity without a coded unit has no code to be bound; a concept of text alone has none where one is required.
  const needsCode = (node.type.name === 'CodeableConcept' || node.type.name === 'Coding') && !isExplained(node)
  if (verdict === 'absent' && needsCode) judge.findings.add('code-missing', node, place)
}

/** A data-absent-reason stands for the code. Spec: http://hl7.org/fhir/R4/extension-data-absent-reason.html */
function isExplained(node: Node): boolean {
  return childrenOf(node, 'extension').some((each) => textAt(each, 'url') === 'http://hl7.org/fhir/StructureDefinition/data-absent-reason')
}

/**
 * KR Core: a known system with a code it has is accepted, a local system is accepted, a known system with a code it does not have
 * SHOULD be rejected; networks decide that (`policy.unknownCode`, found by `checkCoding`).
 */
function checkExtensible(judge: Judge, node: Node, valueSet: string, profile: string | undefined): void {
  if (bindingVerdict(judge, node, valueSet) !== 'no') return
  judge.findings.add('code-not-in-extensible', node, { says: [valueSet], profile, severity: judge.policy.extensible })
}

/** A code its own system does not have, whoever binds it; a display that is none of the code's. */
export function checkCoding(judge: Judge, node: Node): void {
  for (const { system, code, display } of codingOf(node)) {
    if (system === undefined || code === undefined || !judge.terminology.knowsSystem(system)) continue
    const displays = judge.terminology.display(system, code)
    if (displays === undefined) judge.findings.add('code-unknown', node, { says: [system], severity: judge.policy.unknownCode })
    else if (display !== undefined && displays.length > 0 && !displays.some((each) => isSameText(each, display))) {
      judge.findings.add('display-differs', node, { child: 'display', says: [system], severity: judge.policy.display })
    }
  }
}

function isSameText(a: string, b: string): boolean {
  const plain = (text: string) => text.trim().replace(/\s+/g, ' ').toLowerCase()
  return plain(a) === plain(b)
}
