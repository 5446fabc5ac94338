/**
 * Every way a request can fail, in one table. Edges throw `Problem`; `reply.ts` turns it into an OperationOutcome.
 * Messages say what, where and the next step; never a stored value, a name or SQL text.
 * Spec: http://hl7.org/fhir/R4/http.html#Status-Codes, http://hl7.org/fhir/R4/valueset-issue-type.html
 */
import type { OperationOutcome } from '../fhir-profiles/r4.ts'
import { system } from '../fhir-profiles/codes.ts'
import { DatabaseAway } from './away.ts'

type IssueCode = OperationOutcome['issue'][number]['code']

const kinds = {
  invalid: { status: 400, code: 'invalid' },
  'not-supported': { status: 400, code: 'not-supported' },
  unauthenticated: { status: 401, code: 'login' },
  forbidden: { status: 403, code: 'forbidden' },
  'not-found': { status: 404, code: 'not-found' },
  'method-not-allowed': { status: 405, code: 'not-supported' },
  'not-acceptable': { status: 406, code: 'not-supported' },
  conflict: { status: 409, code: 'conflict' },
  duplicate: { status: 409, code: 'duplicate' },
  gone: { status: 410, code: 'deleted' },
  precondition: { status: 412, code: 'conflict' },
  'too-large': { status: 413, code: 'too-long' },
  'unsupported-media': { status: 415, code: 'not-supported' },
  unprocessable: { status: 422, code: 'business-rule' },
  'too-costly': { status: 422, code: 'too-costly' },
  busy: { status: 429, code: 'throttled' },
  fault: { status: 500, code: 'exception' },
  unavailable: { status: 503, code: 'transient' },
} as const satisfies Record<string, { status: number; code: IssueCode }>

export type ProblemKind = keyof typeof kinds

export interface ProblemIssue {
  /** stable id of the catalogue, e.g. `unknown-element` */
  readonly id: string
  readonly diagnostics: string
  /** the same in Korean */
  readonly text?: string | undefined
  /** FHIRPath of the place, where there is one */
  readonly expression?: string | undefined
  readonly code?: IssueCode | undefined
}

export interface ProblemDetails {
  /** stable id; defaults to the kind */
  readonly id?: string
  readonly expression?: string
  readonly issues?: readonly ProblemIssue[]
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

export class Problem extends Error {
  readonly kind: ProblemKind
  readonly issues: readonly ProblemIssue[]
  readonly headers: Readonly<Record<string, string>>

  constructor(kind: ProblemKind, message: string, details: ProblemDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = kind
    this.issues = details.issues ?? [{ id: details.id ?? kind, diagnostics: message, expression: details.expression }]
    this.headers = details.headers ?? {}
  }

  get status(): number {
    return kinds[this.kind].status
  }

  /** What the caller is told; a fault tells nothing but its request id. */
  toOutcome(requestId: string): OperationOutcome {
    const next = this.kind === 'fault' ? `internal fault; quote request id ${requestId} to the operator` : undefined
    return {
      resourceType: 'OperationOutcome',
      issue: this.issues.map((issue) => ({
        severity: this.kind === 'fault' ? 'fatal' : 'error',
        code: issue.code ?? kinds[this.kind].code,
        details: {
          coding: [{ system: system.problem, code: issue.id }],
          ...(issue.text === undefined || next !== undefined ? {} : { text: issue.text }),
        },
        diagnostics: next ?? issue.diagnostics,
        ...(issue.expression === undefined ? {} : { expression: [issue.expression] }),
      })),
    }
  }
}

/** Anything thrown that is not a Problem is a fault: logged with its cause, told to nobody. What nothing was done for may be asked again. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof DatabaseAway)
    return new Problem('unavailable', 'the database does not answer or has too much to do; nothing was done, ask again in a few seconds', {
      id: 'database-away',
      headers: { 'retry-after': '5' },
      cause: thrown,
    })
  return thrown instanceof Problem ? thrown : new Problem('fault', 'internal fault', { cause: thrown })
}

/** The one answer for what is missing and what is hidden (contract, promise 1). */
export function notFound(): Problem {
  return new Problem('not-found', 'no such resource for this caller; check the id and the patient relation', { id: 'not-found' })
}
