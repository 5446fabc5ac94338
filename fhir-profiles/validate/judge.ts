/** What every rule of the validator is given: definitions, codes, policy, the resource, and where findings go. */
import type { Definition } from '../definitions/definition.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Terminology } from '../terminology/terminology.ts'
import { Findings } from './finding.ts'
import type { Severity } from './finding.ts'
import type { Invariants } from './invariant.ts'
import type { Node } from './node.ts'
import type { Types } from './type-info.ts'

export type { AskedCoding as Coding, Terminology } from '../terminology/terminology.ts'

/** What a network or an institution decides where the standard leaves it open. */
export interface Policy {
  /** an extension no loaded definition describes */
  readonly unknownExtension: Severity
  /** a code its known, complete code system does not have, under an extensible binding or none (KR Core: SHOULD reject) */
  readonly unknownCode: Severity
  /** an extensible binding not met, by a system other than the set's */
  readonly extensible: Severity
  /** a profile named in meta.profile that is not loaded */
  readonly unknownProfile: Severity
  /** urls at example.org, which only examples may use */
  readonly exampleUrl: Severity
  /** HTML in markdown */
  readonly htmlInMarkdown: Severity
  /** a contained resource nothing refers to */
  readonly unreferencedContained: Severity
  /** HTML in strings that are no markup */
  readonly htmlInString: Severity
  /** resources marked experimental */
  readonly experimental: Severity
  /** a reference to what looks like a FHIR server, by a type R4 does not have */
  readonly restfulReference: Severity
  /** the national OID of an institution whose number begins with 0, which R4 does not allow and every 상급종합병원 has */
  readonly nationalOid: Severity
  /** a display that is none of its code's */
  readonly display: Severity
  /** false: contained resources are not looked at */
  readonly judgesContained: boolean
  /** best practice rules of the specification (dom-6) */
  readonly bestPractice: Severity
  /** also say what obligations a profile puts on sender and receiver */
  readonly tellsObligations: boolean
}

export interface Judge {
  readonly definitions: Definitions
  readonly types: Types
  readonly terminology: Terminology
  readonly policy: Policy
  readonly invariants: Invariants
  readonly findings: Findings
  readonly root: Node
  /** resources outside the one judged, by canonical url or reference, as nodes: a Questionnaire, a Measure, a Patient */
  readonly outside: (reference: string) => Node | undefined
  /** profiles being judged at a node: a profile that leads back to itself ends here */
  readonly active: Map<Node, Set<Definition>>
}

/** Does `rule` find no error? What it says is thrown away. */
export function holds(judge: Judge, rule: (trial: Judge) => void): boolean {
  const findings = new Findings(1000)
  rule({ ...judge, findings })
  return findings.errors === 0
}
