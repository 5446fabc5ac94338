/** Numbers that payers and welfare offices gave the patient: IN2 and DB1 → Patient.identifier. Pure. HL7 v2.5.1 §6.5.7, §3.4.8 */
import { system } from '../../fhir-profiles/codes.ts'
import { isResidentNumber } from '../../fhir-profiles/resident-number.ts'
import type { Identifier } from '../../fhir-profiles/r4.ts'
import { localSystem, type Draft } from './draft.ts'
import type { Segment } from './message.ts'

/** IN2 field → HL7 table 0203 */
const payerFields: readonly (readonly [number, string])[] = [
  [6, 'MC'],
  [8, 'MA'],
  [10, 'MI'],
  [61, 'MB'],
]

/** The names of case holders (IN2-7) stay out: they need not be the patient's. */
export function payerNumbers(segments: readonly Segment[], draft: Draft): readonly Identifier[] {
  return segments.flatMap((segment) => {
    if (segment.name === 'IN2') return payerFields.flatMap(([field, type]) => numberIn(segment, field, type, draft))
    // DB1-2: whose disability it is; only the patient's own number belongs to the patient
    if (segment.name === 'DB1' && segment.at(2)?.toUpperCase() === 'PT') return numberIn(segment, 3, undefined, draft)
    return []
  })
}

function numberIn(segment: Segment, field: number, type: string | undefined, draft: Draft): readonly Identifier[] {
  const value = segment.at(field)
  if (value === undefined) return []
  const element = `${segment.name}-${field}`
  if (isResidentNumber(value)) {
    draft.gaps.add(element, 'a resident number is not exchanged', 'dropped-by-law')
    return []
  }
  const named = type === undefined ? {} : { type: { coding: [{ system: system.v2IdentifierType, code: type }] } }
  return [{ ...named, system: localSystem(draft.context, element), value }]
}
