/**
 * What the validator finds, as FHIR issues: English in `diagnostics`, Korean in `details.text`, the stable id as code, line and column where the
 * text was given. Spec: http://hl7.org/fhir/R4/operationoutcome.html
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { OperationOutcome, OperationOutcomeIssue } from '../../fhir-profiles/r4.ts'
import type { Finding } from '../../fhir-profiles/validate/validator.ts'

/** One thing to tell that is no finding of the validator: what the operation itself looked at. */
export interface Told {
  readonly severity: 'error' | 'information'
  readonly code: OperationOutcomeIssue['code']
  readonly id: string
  readonly diagnostics: string
  readonly korean: string
  readonly expression?: string
}

/** http://hl7.org/fhir/extensions/StructureDefinition-operationoutcome-issue-line.html; of column 1 on like the line */
const place = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-'

export function outcomeOf(findings: readonly Finding[], told: readonly Told[] = []): OperationOutcome {
  const issue = [...told.map(toldIssue), ...findings.map(issueOf)]
  return { resourceType: 'OperationOutcome', issue: issue.length === 0 ? [toldIssue(nothingFound)] : issue }
}

const nothingFound: Told = {
  severity: 'information',
  code: 'informational',
  id: 'valid',
  diagnostics: 'nothing was found against it',
  korean: '문제가 발견되지 않았습니다',
}

export function issueOf(finding: Finding): OperationOutcomeIssue {
  const { severity, code, id, diagnostics, korean, expression, line, column } = finding
  const extension = [
    ...(line === undefined ? [] : [{ url: `${place}line`, valueInteger: line }]),
    ...(column === undefined ? [] : [{ url: `${place}col`, valueInteger: column }]),
  ]
  return {
    ...(extension.length === 0 ? {} : { extension }),
    severity,
    code,
    details: { coding: [{ system: system.problem, code: id }], text: korean },
    diagnostics,
    expression: [expression],
  }
}

function toldIssue({ severity, code, id, diagnostics, korean, expression }: Told): OperationOutcomeIssue {
  return {
    severity,
    code,
    details: { coding: [{ system: system.problem, code: id }], text: korean },
    diagnostics,
    ...(expression === undefined ? {} : { expression: [expression] }),
  }
}
