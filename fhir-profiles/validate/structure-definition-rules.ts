/** A StructureDefinition that is itself validated: its differential has to fit its base. Spec: http://hl7.org/fhir/R4/profiling.html */
import { definitionOf } from '../definitions/definition-of.ts'
import type { Judge } from './judge.ts'
import type { Node } from './node.ts'

export function checkStructureDefinition(judge: Judge, node: Node): void {
  const definition = definitionOf(node.plain)
  if (definition?.base === undefined || !definition.isProfile) return
  if (definition.hasSnapshot) return
  const base = judge.definitions.find(definition.base)
  if (base === undefined || base.url === definition.url) return
  const unknown = judge.definitions.unknownPaths(definition)
  for (const path of unknown) judge.findings.add('differential-path', node, { child: 'differential', says: [isPath.test(path) ? path : ''] })
}

/** A path is repeated only if it is one. */
const isPath = /^[A-Za-z][A-Za-z0-9.[\]]{0,200}$/
