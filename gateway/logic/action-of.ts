/**
 * Which action of a consent each route asks for (consent.md, item 9): total over all we offer, so that a new one cannot go without.
 * `correct` is judged by the role table alone: an institution corrects the records in its own custody and nobody else's, which no consent
 * stops (treatment in-house), and nobody but its own system writes them. A delivery is a disclosure to one who stores it: a refusal of
 * either stops it, a permit needs to name disclosure only.
 */
import type { Action } from '../../consent/types.ts'
import type { Interaction, Operation } from './access.ts'

export const actionOf = {
  read: 'access',
  vread: 'access',
  'history-instance': 'access',
  'history-type': 'access',
  'history-system': 'access',
  'search-type': 'access',
  create: 'correct',
  update: 'correct',
  patch: 'correct',
  delete: 'correct',
  refer: 'correct',
  answer: 'correct',
  summary: 'access',
  everything: 'access',
  // whoever exports stores it, as the receiver of a delivery does
  export: 'disclose',
  compartment: 'access',
  match: 'access',
  validate: 'none',
  explain: 'none',
  'available-actions': 'none',
  resend: 'none',
  'process-message': 'correct',
  'inclusion-proof': 'none',
  'consent-consult': 'none',
  quarantine: 'none',
  subscription: 'access',
  terminology: 'none',
  delivery: 'disclose',
} as const satisfies Record<Interaction | Operation | 'delivery', Action | 'none'>
