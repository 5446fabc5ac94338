/** What holds where no consent speaks: one configured value per environment, no built-in default. */
import { always, custodianIs, never } from './condition.ts'
import { covers } from './rules/purpose.ts'
import type { Question } from './rules/rule.ts'
import type { Condition, ImplicitPolicy, Purpose } from './types.ts'

/** What each policy takes for normal use, everywhere or in the own house; emergency treatment is no part of any. */
const normalUse: Readonly<Record<ImplicitPolicy, readonly Purpose[]>> = {
  'deny-between-institutions': ['TREAT'],
  'basic-normal': ['TREAT'],
  'all-normal': ['TREAT', 'HPAYMT', 'HOPERAT'],
  'break-glass-only': [],
  deny: [],
}

/**
 * `deny-between-institutions`: treatment inside one institution. `basic-normal`: treatment everywhere. `all-normal`: also payment and
 * operations. `break-glass-only`: nothing but a declared emergency. `deny`: nothing.
 */
export function implicitly(policy: ImplicitPolicy, question: Question): Condition {
  if (!normalUse[policy].some((purpose) => covers(purpose, question.purpose))) return never
  return policy === 'deny-between-institutions' ? custodianIs(question.request.institution) : always
}

/** Whether a declared emergency is opened where no consent speaks and no article does. */
export function opensEmergencies(policy: ImplicitPolicy): boolean {
  return policy === 'break-glass-only'
}

/** Whether silence could release a record of one institution to another, so that a withdrawal has to write a refusal of its own. */
export function permitsBetweenInstitutions(policy: ImplicitPolicy): boolean {
  return policy === 'basic-normal' || policy === 'all-normal'
}
