/**
 * Could anything this institution holds about this person pass the view? An institution denied wholesale is not asked at all, so that
 * neither its silence nor its delay can tell anybody that it knows the patient.
 */
import type { ActorKey, Condition } from '../../consent/types.ts'

export interface Wholesale {
  readonly custodian: string
  readonly person: string
  readonly custodianKeys: readonly ActorKey[]
}

export function couldMatch(condition: Condition, about: Wholesale): boolean {
  return evaluate(condition, about) !== 'no'
}

type Maybe = 'yes' | 'no' | 'maybe'

function evaluate(condition: Condition, about: Wholesale): Maybe {
  switch (condition.op) {
    case 'true':
      return 'yes'
    case 'false':
      return 'no'
    case 'and': {
      const parts = condition.of.map((part) => evaluate(part, about))
      return parts.includes('no') ? 'no' : parts.every((part) => part === 'yes') ? 'yes' : 'maybe'
    }
    case 'or': {
      const parts = condition.of.map((part) => evaluate(part, about))
      return parts.includes('yes') ? 'yes' : parts.every((part) => part === 'no') ? 'no' : 'maybe'
    }
    case 'not': {
      const part = evaluate(condition.of, about)
      return part === 'maybe' ? 'maybe' : part === 'yes' ? 'no' : 'yes'
    }
    case 'sources':
      return condition.anyOf.some((key) => about.custodianKeys.includes(key)) ? 'yes' : condition.anyOf.length === 0 ? 'no' : 'maybe'
    case 'cleared':
    case 'confidentiality':
    case 'fromMs':
    case 'untilMs':
      return 'maybe'
    case 'classes':
    case 'codes':
    case 'sensitivities':
    case 'relations':
    case 'ids':
      return condition.anyOf.length === 0 ? 'no' : 'maybe'
    case 'custodian':
      return condition.is === about.custodian ? 'yes' : 'no'
    case 'persons':
      return condition.anyOf.includes(about.person) ? 'yes' : 'no'
    default:
      return condition satisfies never
  }
}
