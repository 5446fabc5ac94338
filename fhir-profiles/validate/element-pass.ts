/** What R4 itself says about each element of a resource that has been read: codes, invariants, references, extensions, rules of its type. */
import { checkAttachment, checkMarkup, checkUri } from './datatype-rules.ts'
import { checkBinding, checkCoding, units } from './binding.ts'
import { checkExtension } from './extension-rules.ts'
import type { Judge } from './judge.ts'
import { checkNarrative } from './narrative-rules.ts'
import type { Node } from './node.ts'
import { checkTypeProfiles } from './profile-pass.ts'
import { checkRange } from './range.ts'
import { checkReference, checkTargets } from './reference-rules.ts'
import { checkResource } from './resource-rules.ts'

/** Rules a datatype brings with it, wherever it stands. */
const byType: Readonly<Record<string, (judge: Judge, node: Node) => void>> = {
  Reference: checkReference,
  Extension: checkExtension,
  Narrative: checkNarrative,
  Attachment: checkAttachment,
  Coding: checkCoding,
  ...Object.fromEntries([...units].map((type) => [type, checkCoding])),
  markdown: checkMarkup,
  string: checkMarkup,
  uri: checkUri,
  url: checkUri,
  canonical: checkUri,
  oid: checkUri,
  uuid: checkUri,
}

export function checkNode(judge: Judge, node: Node): void {
  if (judge.findings.isFull) return
  const { element, type } = node
  checkUniversal(judge, node)
  for (const constraint of type.constraints) judge.invariants.judge(judge, node, constraint)
  if (element !== undefined) checkPlace(judge, node, element)
  byType[type.name]?.(judge, node)
  for (const list of node.children.values()) for (const child of list) checkNode(judge, child)
  if (type.kind === 'resource') checkResource(judge, node)
}

/** What the type above says about the element it holds. */
function checkPlace(judge: Judge, node: Node, element: NonNullable<Node['element']>): void {
  const { rule, typeRule } = element
  for (const constraint of element.constraints) judge.invariants.judge(judge, node, constraint)
  if (rule.binding !== undefined) checkBinding(judge, node, rule.binding, undefined)
  if (rule.maxLength !== undefined || rule.minValue !== undefined || rule.maxValue !== undefined) checkRange(judge, node, rule, undefined)
  if (typeRule?.profiles !== undefined) checkTypeProfiles(judge, node, [typeRule], undefined)
  if (typeRule?.targets !== undefined && node.type.name === 'Reference') checkTargets(judge, node, [typeRule], undefined)
}

/** ele-1 and ext-1, on every element. Spec: http://hl7.org/fhir/R4/element.html#invs, http://hl7.org/fhir/R4/extensibility.html#invs */
function checkUniversal(judge: Judge, node: Node): void {
  const { children, type } = node
  if (type.kind === 'resource') return
  const own = children.size - (children.has('id') ? 1 : 0)
  // an empty object has been reported when it was read
  if (node.value === undefined || typeof node.value === 'object') {
    if (own === 0 && children.size > 0) judge.findings.add('element-empty', node)
  }
  if (type.name === 'Extension' && children.has('extension') === children.has('value[x]')) judge.findings.add('extension-value', node)
}
