/**
 * Is this resource what R4, its profiles and its network ask for? Pure: definitions, codes and policy come in, findings go out.
 * Spec: http://hl7.org/fhir/R4/validation.html
 */
import { definitionsWith } from '../definitions/definitions.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { positionOf } from '../json-position.ts'
import type { Position } from '../json-position.ts'
import { checkNode } from './element-pass.ts'
import { Findings } from './finding.ts'
import type { Finding } from './finding.ts'
import { invariantsOf } from './invariant.ts'
import type { Judge, Policy, Terminology } from './judge.ts'
import type { Node } from './node.ts'
import { openPolicy } from './policy.ts'
import { checkProfile } from './profile-pass.ts'
import { readResource } from './read-nodes.ts'
import { typesOf } from './type-info.ts'

export type { Finding, Severity } from './finding.ts'
export type { Coding, Policy, Terminology } from './judge.ts'
export { krCorePolicy, openPolicy } from './policy.ts'

export interface ValidatorOptions {
  readonly definitions?: Definitions
  readonly terminology: Terminology
  readonly policy?: Partial<Policy>
  /** a resource outside the one judged, by canonical url or reference: a Questionnaire, a referenced Patient */
  readonly outside?: (reference: string) => unknown
}

export interface ValidateRequest {
  /** canonical urls of profiles to be met beside those the resource claims */
  readonly profiles?: readonly string[]
  readonly maxDepth?: number
  readonly maxFindings?: number
  /** asked only when there are findings: `() => jsonPositions(text)`, or what `readXml` gave */
  readonly positions?: () => ReadonlyMap<string, Position>
}

export interface Validator {
  /** All findings, in the order of the resource; valid means none of severity error or fatal. Total: bad input is a finding, nothing throws. */
  validate(resource: unknown, request?: ValidateRequest): readonly Finding[]
}

export function validatorWith(options: ValidatorOptions): Validator {
  const definitions = options.definitions ?? definitionsWith([])
  const types = typesOf(definitions)
  const invariants = invariantsOf()
  const policy = { ...openPolicy, ...options.policy }
  const outsideOf = (maxDepth: number) => {
    const read = new Map<string, Node | undefined>()
    return (reference: string): Node | undefined => {
      if (!read.has(reference)) {
        const resource = options.outside?.(reference)
        const findings = new Findings(1)
        read.set(reference, resource === undefined ? undefined : readResource({ types, findings, maxDepth }, resource))
      }
      return read.get(reference)
    }
  }
  const judgeOf = (root: Node, findings: Findings, maxDepth: number): Judge => {
    const shared = { definitions, types, terminology: options.terminology, policy, invariants }
    return { ...shared, findings, root, outside: outsideOf(maxDepth), active: new Map() }
  }
  return {
    validate(resource, request = {}) {
      const maxDepth = request.maxDepth ?? 100
      const findings = new Findings(request.maxFindings ?? 100)
      const root = readResource({ types, findings, maxDepth }, resource)
      if (root === undefined) return located(findings.list, request)
      const judge = judgeOf(root, findings, maxDepth)
      checkNode(judge, root)
      for (const profile of request.profiles ?? []) checkProfile(judge, root, profile)
      const list = policy.judgesContained ? findings.list : findings.list.filter(({ steps }) => !steps.includes('contained'))
      return located(list, request)
    },
  }
}

function located(list: readonly Finding[], { positions }: ValidateRequest): readonly Finding[] {
  if (list.length === 0 || positions === undefined) return list
  const map = positions()
  return list.map((finding) => ({ ...finding, ...positionOf(map, finding.steps) }))
}

export function isValid(findings: readonly Finding[]): boolean {
  return !findings.some(({ severity }) => severity === 'error' || severity === 'fatal')
}
