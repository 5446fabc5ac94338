/**
 * Judging over some rules only. Two questions of the law are asked of the same consents with most rules looked away from:
 * does somebody of the own house have to be kept from the own chart, and does a refusal name the emergency itself?
 */
import { emergencyPurposes } from './rules/purpose.ts'
import type { ContextElement, Question } from './rules/rule.ts'
import type { ProvisionRow } from './types.ts'

export interface Lens {
  /** whether the rule is looked at */
  counts(row: ProvisionRow, question: Question): boolean
  /** the element that a rule looked at is known to match */
  readonly given?: ContextElement
}

export const wholeConsent: Lens = { counts: () => true }

/**
 * Rules that name, as receiver, a practitioner or a department of the caller's own institution. Naming the institution alone does not
 * blind it to its own chart. A deny whose actors cannot be read may name them, so it counts.
 */
export const insideTheHouse: Lens = {
  counts: (row, { request }) =>
    (row.receivers ?? []).some((key) => request.insideReceiver.includes(key)) || (row.type === 'deny' && row.blind.includes('actor')),
  given: 'actor',
}

/**
 * Rules that name break-glass or emergency treatment; a general refusal does not count. A deny that names one of the two means the other
 * as well, a permit only what it names. A deny whose purposes cannot be read may name them, so it counts.
 */
export const namedEmergency: Lens = {
  counts(row, { purpose }) {
    const named = row.purposes ?? []
    if (row.type === 'permit') return named.includes(purpose)
    return row.blind.includes('purpose') || emergencyPurposes.some((code) => named.includes(code))
  },
  given: 'purpose',
}
