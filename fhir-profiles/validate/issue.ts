/** What a validator finds. `id` is stable and meant for programs, `diagnostics` for people; neither ever holds a value of the resource. */
export interface Issue {
  readonly severity: 'fatal' | 'error' | 'warning'
  /** FHIR issue type: http://hl7.org/fhir/R4/valueset-issue-type.html */
  readonly code: 'structure' | 'required' | 'value' | 'code-invalid' | 'not-supported'
  /** FHIRPath of the place: `Patient.contact[0].name` */
  readonly expression: string
  readonly id: IssueId
  readonly diagnostics: string
}

export type IssueId =
  | 'not-a-resource'
  | 'unknown-type'
  | 'unknown-element'
  | 'wrong-json-kind'
  | 'null-value'
  | 'empty-value'
  | 'missing-element'
  | 'several-choices'
  | 'wrong-format'
  | 'server-set-format'
  | 'code-not-in-value-set'
  | 'reference-format'
  | 'reference-target'
  | 'reference-not-contained'
  | 'contained-in-contained'
  | 'too-deep'

export const issueCodes: Readonly<Record<IssueId, Issue['code']>> = {
  'not-a-resource': 'structure',
  'unknown-type': 'not-supported',
  'unknown-element': 'structure',
  'wrong-json-kind': 'structure',
  'null-value': 'structure',
  'empty-value': 'structure',
  'missing-element': 'required',
  'several-choices': 'structure',
  'wrong-format': 'value',
  'server-set-format': 'value',
  'code-not-in-value-set': 'code-invalid',
  'reference-format': 'value',
  'reference-target': 'value',
  'reference-not-contained': 'value',
  'contained-in-contained': 'structure',
  'too-deep': 'structure',
}
