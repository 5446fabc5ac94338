/** What the law opens without consent and what it keeps closed in spite of one, as conditions. The rows are in `kr.ts`. */
import { any, custodianIs, not, oneOf } from '../condition.ts'
import { withNarrower } from '../label-order.ts'
import { unknownWord, type AccessRequest, type Condition } from '../types.ts'
import { ceilingRows, rowAt, statuteRows, type CeilingRow } from './kr.ts'

/**
 * Records that may be given to anybody but the patient at all. What stays in the house is not given.
 * A record without labels may be of the kind that is left out, so it is left out.
 */
export function ceiling(request: AccessRequest, nowMs: number): Condition {
  const row = rowAt(ceilingRows, nowMs)
  const known = ceilings.get(row) ?? new Map<string, Condition>()
  ceilings.set(row, known)
  const made = known.get(request.institution) ?? ceilingOf(row, request.institution)
  known.set(request.institution, made)
  return made
}

/** By the row in force and the institution that asks, which comes from the directory: few, and the same for every request. */
const ceilings = new Map<CeilingRow | undefined, Map<string, Condition>>()

function ceilingOf(row: CeilingRow | undefined, institution: string): Condition {
  const leftOut = row === undefined ? [] : [...withNarrower(row.sensitivities), unknownWord]
  return any([custodianIs(institution), not(oneOf('sensitivities', leftOut))])
}

/** Whether an officer's release of this person's records rests on an article in force. */
export function isStatutory(request: AccessRequest, person: string, nowMs: number): boolean {
  const { statute } = request.basis
  if (statute.kind !== 'person' || statute.person !== person) return false
  return statuteRows.some((row) => row.article === statute.article && row.fromMs <= nowMs)
}
