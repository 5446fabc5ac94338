/** What holds where no consent speaks: one configured value per environment, no built-in default. */
import { always, custodianIs, never } from './condition.ts'
import { covers } from './rules/purpose.ts'
import type { Question } from './rules/rule.ts'
import type { Condition, ImplicitPolicy } from './types.ts'

/**
 * `deny`: nothing. `deny-between-institutions`: normal care inside one institution. `basic-normal`: normal care everywhere.
 * Normal care is treatment; emergency treatment is not part of it, nor is any other purpose.
 */
export function implicitly(policy: ImplicitPolicy, question: Question): Condition {
  if (!covers('TREAT', question.purpose)) return never
  switch (policy) {
    case 'deny':
      return never
    case 'deny-between-institutions':
      return custodianIs(question.request.institution)
    case 'basic-normal':
      return always
    default:
      return policy satisfies never
  }
}

/** Whether silence could release a record of one institution to another, so that a withdrawal has to write a refusal of its own. */
export function permitsBetweenInstitutions(policy: ImplicitPolicy): boolean {
  return policy === 'basic-normal'
}
