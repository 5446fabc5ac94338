/** A StructureDefinition that is itself validated: its differential has to fit its base. Spec: http://hl7.org/fhir/R4/profiling.html */
import { definitionOf } from '../definitions/definition-of.ts'
import { coreUrl } from '../definitions/definitions.ts'
import type { Definition } from '../definitions/definition.ts'
import { shared } from '../definitions/differential.ts'
import { isEqual } from './equal.ts'
import type { Judge } from './judge.ts'
import type { Node } from './node.ts'

export function checkStructureDefinition(judge: Judge, node: Node): void {
  const definition = definitionOf(node.plain)
  if (definition?.base === undefined || !definition.isProfile) return
  if (definition.hasSnapshot) return
  const base = judge.definitions.find(definition.base)
  if (base === undefined || base.url === definition.url) return
  const unknown = judge.definitions.unknownPaths(definition)
  checkFixed(judge, node, definition, base)
  for (const path of unknown)
    judge.findings.add('differential-path', node, { child: 'differential', says: [isPath.test(path) ? path : ''] })
}

/** What the base fixes stays fixed. Spec: http://hl7.org/fhir/R4/profiling.html#limitations */
function checkFixed(judge: Judge, node: Node, definition: Definition, base: Definition): void {
  const tree = judge.definitions.tree(base)
  if (tree === undefined) return
  for (const { path, slice, fixed } of definition.elements) {
    const before = slice === undefined && fixed !== undefined ? shared(tree, path)?.rule.fixed : undefined
    // the url of an extension is its own, unless it builds on another extension
    const isOwnUrl = path === 'Extension.url' && base.url === `${coreUrl}Extension`
    if (before !== undefined && fixed !== undefined && !isOwnUrl && !isEqual(fixed.value, before.value)) {
      judge.findings.add('fixed-differs-from-base', node, { child: 'differential', says: [isPath.test(path) ? path : ''] })
    }
  }
}

/** A path is repeated only if it is one. */
const isPath = /^[A-Za-z][A-Za-z0-9.[\]]{0,200}$/
