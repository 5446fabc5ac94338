/** What the narrative of a resource must be. Spec: http://hl7.org/fhir/R4/narrative.html */
import type { Judge } from './judge.ts'
import { narrativeOf } from './narrative.ts'
import type { NarrativeFault } from './narrative.ts'
import { childOf, textAt, within } from './node.ts'
import type { Node } from './node.ts'

const ids: Readonly<
  Record<NarrativeFault, 'narrative-not-xml' | 'narrative-entity' | 'narrative-element' | 'narrative-attribute' | 'narrative-root'>
> = {
  'not-xml': 'narrative-not-xml',
  entity: 'narrative-entity',
  element: 'narrative-element',
  attribute: 'narrative-attribute',
  'not-a-div': 'narrative-root',
  namespace: 'narrative-root',
  'too-deep': 'narrative-not-xml',
}

export function checkNarrative(judge: Judge, node: Node): void {
  const div = childOf(node, 'div')
  if (typeof div?.value !== 'string') return
  const { faults, hasContent, links, anchors } = narrativeOf(div.value)
  for (const fault of faults) judge.findings.add(ids[fault], div)
  if (faults.length > 0) return
  if (!hasContent) judge.findings.add('narrative-empty', div)
  if (links.some((link) => unlinkable.test(link))) judge.findings.add('narrative-link-scheme', div)
  const inner = links.filter((link) => link.startsWith('#') && link.length > 1).map((link) => link.slice(1))
  const missing = inner.filter((anchor) => !anchors.has(anchor))
  if (missing.length > 0 && !missing.every((anchor) => anchorsAround(judge, node).has(anchor))) judge.findings.add('narrative-link', div)
}

const core = 'http://hl7.org/fhir/StructureDefinition/'

/** What a profile asks of the narrative's parts. Spec: http://hl7.org/fhir/extensions/StructureDefinition-narrative-language-control.html */
export function checkControls(judge: Judge, node: Node, controls: Readonly<Record<string, unknown>>, profile: string): void {
  const div = childOf(node, 'div')
  if (node.type.name !== 'Narrative' || typeof div?.value !== 'string') return
  const { hasUnmarked, sectionLanguages } = narrativeOf(div.value)
  const wanted = controls[`${core}narrative-language-control`]
  const place = { profile, says: [profile] }
  if (controls[`${core}narrative-source-control`] !== undefined && hasUnmarked) judge.findings.add('narrative-source', node, place)
  if (typeof wanted === 'string' && !hasLanguages(wanted, sectionLanguages, textAt(node.resource, 'language'))) {
    judge.findings.add('narrative-language', node, place)
  }
}

/** `_no`: no sections by language; `_yes`: some; `_resource`: one in the resource's language; else one in the language named. */
function hasLanguages(wanted: string, present: readonly string[], own: string | undefined): boolean {
  if (wanted === '_no') return present.length === 0
  if (wanted === '_yes') return present.length > 0
  return present.includes(wanted === '_resource' ? (own ?? '') : wanted)
}

/** What a browser would not follow, or should not. */
const unlinkable = /^(?:urn|javascript|vbscript|data):/i

/** Anchors of the other narratives of the resource, its contained resources and its bundle, and the ids of its elements. */
function anchorsAround(judge: Judge, node: Node): ReadonlySet<string> {
  const found = new Set<string>()
  const top = judge.root.resource.type.name === 'Bundle' ? judge.root : node.container
  for (const each of within(top)) {
    const { value } = each
    if (each.name === 'div' && typeof value === 'string') for (const anchor of narrativeOf(value).anchors) found.add(anchor)
    if (each.name === 'id' && typeof value === 'string') found.add(value)
  }
  return found
}
