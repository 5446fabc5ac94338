/**
 * Every finding: severity, FHIR issue type, and its words in English and Korean (`messages.json`, one line each). {0} … are names from
 * definitions, never values.
 */
import type { OperationOutcomeIssue } from '../r4.ts'
import type { Severity } from './finding.ts'
import table from './messages.json' with { type: 'json' }

/** http://hl7.org/fhir/R4/valueset-issue-type.html */
export type IssueCode = OperationOutcomeIssue['code']

export interface Message {
  readonly severity: Severity
  readonly code: IssueCode
  readonly en: string
  readonly ko: string
}

export type FindingId = keyof typeof table

// the table's keys are the ids, and its rows begin with one of the four severities and a FHIR issue type: a test holds all three
const rows = Object.entries(table) as readonly (readonly [FindingId, readonly string[]])[]

function messageOf([severity = 'error', code = '', en = '', ko = '']: readonly string[]): Message {
  // as above
  return { severity: severity as Severity, code: code as IssueCode, en, ko }
}

const known: ReadonlyMap<FindingId, Message> = new Map(rows.map(([id, row]) => [id, messageOf(row)]))
const missing: Message = messageOf(['error', 'exception', 'a finding without words', '설명이 없는 결과입니다'])

export function messageFor(id: FindingId): Message {
  return known.get(id) ?? missing
}

/** All of them, for tables of what may be found. */
export function allMessages(): ReadonlyMap<FindingId, Message> {
  return known
}
