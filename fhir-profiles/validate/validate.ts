/**
 * What intake asks of the validator, of every record and always: its form. Types, names, cardinality, formats, choices, required codes and the
 * shape of references, as R4 itself has them; the same reader and the same rules as `validator.ts`, of which this is a part. What else is wrong
 * with a record is told by `$validate`, and refused where an institution has agreed on profiles: the table in docs/validation.md.
 * Spec: http://hl7.org/fhir/R4/validation.html
 */
import { definitionsWith } from '../definitions/definitions.ts'
import { bundledTerminology } from '../terminology/terminology.ts'
import { lazily } from '../terminology/source.ts'
import { checkRequired } from './binding.ts'
import { Findings } from './finding.ts'
import type { Finding } from './finding.ts'
import { invariantsOf } from './invariant.ts'
import type { Judge } from './judge.ts'
import type { Node } from './node.ts'
import { openPolicy } from './policy.ts'
import { readResource } from './read-nodes.ts'
import { checkReferenceForm } from './reference-rules.ts'
import { typesOf } from './type-info.ts'
import type { ElementInfo } from './type-info.ts'

export { isRecord, isResource, isResourceOf } from './guards.ts'
export type { Finding } from './finding.ts'
export { isResourceType, resourceTypes } from './structure.ts'

export interface ValidateOptions {
  /** objects within one another */
  readonly maxDepth?: number
  readonly maxIssues?: number
}

const base = lazily(() => {
  const definitions = definitionsWith([])
  return { definitions, types: typesOf(definitions), terminology: bundledTerminology(), policy: openPolicy, invariants: invariantsOf() }
})

/** Every fault of form found in a resource: an empty list means that it can be taken in. Total and bounded. */
export function validate(resource: unknown, options: ValidateOptions = {}): readonly Finding[] {
  const shared = base()
  const findings = new Findings(options.maxIssues ?? 50)
  const pending: Node[] = []
  const root = readResource({ types: shared.types, findings, maxDepth: options.maxDepth ?? 100, pending }, resource)
  if (root !== undefined) {
    const judge: Judge = { ...shared, findings, root, outside: () => undefined, active: new Map() }
    for (const node of pending) checkForm(judge, node)
  }
  return findings.list.length === 0 ? findings.list : findings.list.filter(isRefused)
}

/** Codes that were found in their list before, by element: most of what is sent is the same few. */
const accepted = new Map<ElementInfo, Set<string>>()
const maxAccepted = 1_000

function checkForm(judge: Judge, node: Node): void {
  const { element, value } = node
  if (element?.codeList !== undefined) checkList(judge, node, element, element.codeList, value)
  if (node.type.name === 'Reference') checkReferenceForm(judge, node)
}

function checkList(judge: Judge, node: Node, element: ElementInfo, list: string, value: unknown): void {
  if (typeof value !== 'string') return checkRequired(judge, node, list, undefined)
  const known = accepted.get(element) ?? new Set()
  if (known.has(value)) return
  const before = judge.findings.list.length
  checkRequired(judge, node, list, undefined)
  if (judge.findings.list.length === before && !judge.findings.isFull && known.size < maxAccepted) accepted.set(element, known.add(value))
}

/** The server replaces `meta.versionId` and `meta.lastUpdated`, whatever they say. Spec: http://hl7.org/fhir/R4/resource.html#Meta */
function isRefused({ severity, steps }: Finding): boolean {
  if (severity !== 'error' && severity !== 'fatal') return false
  const [above, last] = steps.slice(-2)
  return above !== 'meta' || (last !== 'versionId' && last !== 'lastUpdated')
}
